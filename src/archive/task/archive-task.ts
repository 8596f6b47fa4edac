/**
 * The task of one row: step by step until it is over, or until this delivery can do no more for it. Every try is charged to the
 * row, over all deliveries, so that no row is tried for ever; a throttled one says nothing about the row and is charged only
 * where the bucket refuses it for long.
 */
import { type BucketError, isBucketError } from "../../objects/error.ts";
import { backoffMs, isStrain, judge, longestRetryAfterMs, rowBackoff } from "../../policy/retry.ts";
import { type Code, mayBeOfEveryRow } from "../../vocabulary/codes/catalogue.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { RowRequest } from "../../vocabulary/row-request.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import { doStep } from "./do-step.ts";
import { isBelieved, type Knowledge, newTry, startAnew, startKnowledge } from "./knowledge.ts";
import { nextStep } from "./next-step.ts";
import { OutOfTime, outOfTimeCode } from "./out-of-time.ts";
import { failed, outcomeOf, pending, replyOf } from "./outcome-of.ts";
import { beforeTry, NotNow } from "./requests.ts";
import type { RowWork, StepResult } from "./step-result.ts";
import { rulesOf } from "./step-result.ts";
import type { Task, TaskContext } from "./task.ts";

/** What the whole run should know about how a task ended. */
export type TaskEnd =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** The row has failed in a way in which perhaps every row does. `by`: the request that was refused, or whose reply is not believed. */
  | { readonly kind: "refused"; readonly outcome: Outcome; readonly by: RowRequest }
  /** No row can succeed. The outcome is `pending` and charges nothing. */
  | { readonly kind: "halt"; readonly outcome: Outcome; readonly reason: string; readonly by: RowRequest };

/** Replies that are not the service's, after which the row has failed: those alone are counted, for on a bad night other things go wrong too. */
const FOREIGN_TRIES = 2;
const foreign: ReadonlySet<string> = new Set<Code>(["NotTheService", "BareReply"]);

/** Throttled, or without a connection, as often as this within one delivery, the row waits for the next. */
const THROTTLES = 20;

export async function archiveTask(task: Task, context: TaskContext): Promise<TaskEnd> {
  const { pace } = context;
  const rules = rulesOf(context);
  const row: RowWork = { task, context, rules };
  let knowledge = startKnowledge(task, rules, context.clock.elapsed());
  let met: Met = { throttles: 0, foreign: 0 };
  for (;;) {
    const tried = await tryOnce(knowledge, row, met.throttles);
    if (tried.kind === "ended") {
      const { outcome, begunAt } = tried;
      if (begunAt === undefined) pace.succeeded();
      else pace.succeeded({ begunAt, size: movedBytes(outcome) });
      return endOf(outcome);
    }
    const next = afterFailure(tried, knowledge.tries, met, row);
    if (next.kind !== "wait") return next;
    ({ knowledge, met } = next);
    const { code, message } = next.error;
    tellWait(context.log, "Rows wait before they are tried again.", next.waitMs, {
      run: context.run,
      code,
      reason: message,
    });
    const waited = pace.waitsToRetry(next.waitMs);
    await context.clock.sleep(next.waitMs, context.stopping ?? context.signal);
    waited();
    if (context.stopping?.aborted) return { kind: "outcome", outcome: leave(next.knowledge, next.error, row) };
  }
}

function endOf(outcome: Outcome): TaskEnd {
  const { code } = outcome;
  if (outcome.outcome !== "failed" || code === undefined || !mayBeOfEveryRow(code)) return { kind: "outcome", outcome };
  return { kind: "refused", outcome, by: code === "ArchiveMismatch" ? "archive.put" : "source.get" };
}

type Failed = Extract<StepResult, { kind: "failed" }>;

interface Ended {
  readonly kind: "ended";
  readonly outcome: Outcome;
  /** When the try began, ms by the clock's `elapsed`; undefined where it may have waited for others since. */
  readonly begunAt: number | undefined;
}

/** Those of an original that was not archived are none. */
function movedBytes({ outcome, receivedSize, expectedSize }: Outcome): number | undefined {
  return outcome === "archived" ? (receivedSize ?? expectedSize) : 0;
}

/** Steps until the row is over or one of them fails. @param uncharged tries before it that the row is not charged with */
async function tryOnce(before: Knowledge, row: RowWork, uncharged: number): Promise<Ended | Failed> {
  const { task, context, rules } = row;
  try {
    const turn = beforeTry(context);
    if (turn !== undefined) await turn;
  } catch (thrown) {
    return { kind: "failed", knowledge: before, thrown, by: "source.get" };
  }
  const begunAt = context.isOnTrial?.() ? undefined : context.clock.elapsed();
  let knowledge = newTry(before);
  if (uncharged + knowledge.tries > 1) context.retried();
  try {
    for (;;) {
      if (!isBelieved(knowledge)) {
        const before = knowledge;
        knowledge = startAnew(before, task, rules);
        letGo(before, knowledge);
      }
      const step = nextStep(knowledge, rules);
      if (step.kind === "end") {
        const outcome = outcomeOf(task, knowledge, step.verdict, context.clock.elapsed());
        return { kind: "ended", outcome, begunAt };
      }
      const result = await doStep(step, knowledge, row);
      letGo(knowledge, result.knowledge);
      if (result.knowledge.tries > knowledge.tries) context.retried();
      knowledge = result.knowledge;
      if (result.kind === "failed") return result;
    }
  } catch (thrown) {
    return { kind: "failed", knowledge, thrown, by: "source.get" };
  } finally {
    letGo(knowledge, undefined);
  }
}

/** A stream that nobody will read any more is ended, or its connection would be lost. */
function letGo(before: Knowledge, after: Knowledge | undefined): void {
  if (before.body?.kind === "stream" && after?.body !== before.body) before.body.stream.destroy();
}

/** What went wrong with a row in this delivery, how often. */
interface Met {
  readonly throttles: number;
  readonly foreign: number;
}

/** The row is tried once more after `waitMs`, unless the work stops meanwhile. */
interface Wait {
  readonly kind: "wait";
  readonly knowledge: Knowledge;
  readonly met: Met;
  readonly waitMs: number;
  readonly error: BucketError;
}

/** @param triesBefore of the try that failed: where it did not begin, there are no more of them now */
function afterFailure({ knowledge, thrown, by }: Failed, triesBefore: number, met: Met, row: RowWork): TaskEnd | Wait {
  const { task, context } = row;
  const { throttles } = met;
  const now = context.clock.elapsed();
  if (thrown instanceof NotNow) {
    // What was not begun is not charged.
    const begun = knowledge.tries > triesBefore;
    const outcome = pending(task, begun ? uncharged(knowledge) : knowledge, now, thrown.code, thrown.message);
    return { kind: "outcome", outcome };
  }
  // The configuration, or credentials that are gone: no row can do without.
  if (thrown instanceof UserError) return halt(knowledge, thrown.code, thrown.message, {}, by, row);
  if (!isBucketError(thrown)) {
    const message = `a fault in cos-originals: ${ensureError(thrown).message}`;
    return { kind: "outcome", outcome: overOrPending(knowledge, "ProgramFault", message, {}, row) };
  }
  const { code, message } = thrown;
  const said = replyOf(thrown);
  if (code === "RequestAborted" && context.signal?.aborted) {
    return { kind: "outcome", outcome: givenUp(knowledge, said, row) };
  }
  const verdict = judge(thrown);
  if (isStrain(thrown)) context.pace.strained();
  if (verdict !== "throttle" && thrown.status > 0) context.pace.answered();
  const isLong = (thrown.retryAfterMs ?? 0) > longestRetryAfterMs;
  switch (verdict) {
    case "terminal":
    case "refused": {
      const outcome = failed(task, knowledge, now, code, message, said);
      return mayBeOfEveryRow(code, thrown.errNo) ? { kind: "refused", outcome, by } : { kind: "outcome", outcome };
    }
    case "halt":
      return halt(knowledge, code, message, said, by, row);
    case "throttle":
      if (isLong) return { kind: "outcome", outcome: leaveForLater(uncharged(knowledge), thrown, row) };
      if (throttles + 1 >= THROTTLES) {
        return { kind: "outcome", outcome: overOrPending(knowledge, code, message, said, row) };
      }
      // The pace makes every try wait; this one also gets out of step with the others.
      return waitOrLeave(uncharged(knowledge), throttled(met), backoffMs(0, rowBackoff, context.random), thrown, row);
    case "scarce":
      return throttles + 1 < THROTTLES
        ? waitOrLeave(
            uncharged(knowledge),
            throttled(met),
            backoffMs(throttles, rowBackoff, context.random),
            thrown,
            row,
          )
        : { kind: "outcome", outcome: leave(uncharged(knowledge), thrown, row) };
    case "retry": {
      const isForeign = foreign.has(code);
      // Whoever answers in the service's place will most likely do so again, for every row.
      if (isForeign && met.foreign + 1 >= FOREIGN_TRIES) {
        return { kind: "refused", outcome: failed(task, knowledge, now, code, message, said), by };
      }
      if (task.charged + knowledge.tries >= context.options.maxAttempts) {
        return { kind: "outcome", outcome: overOrPending(knowledge, code, message, said, row) };
      }
      if (isLong) return { kind: "outcome", outcome: leaveForLater(knowledge, thrown, row) };
      return waitOrLeave(
        knowledge,
        isForeign ? { ...met, foreign: met.foreign + 1 } : met,
        backoffMs(knowledge.tries - 1, rowBackoff, context.random, thrown.retryAfterMs),
        thrown,
        row,
      );
    }
  }
}

const throttled = (met: Met): Met => ({ ...met, throttles: met.throttles + 1 });

const uncharged = (knowledge: Knowledge): Knowledge => ({ ...knowledge, tries: knowledge.tries - 1 });

function waitOrLeave(knowledge: Knowledge, met: Met, waitMs: number, error: BucketError, row: RowWork): TaskEnd | Wait {
  const { context } = row;
  return context.mayWait(Math.max(waitMs, context.pace.waitMs()), knowledge.expectation.size)
    ? { kind: "wait", knowledge, met, waitMs, error }
    : { kind: "outcome", outcome: leave(knowledge, error, row) };
}

/** Another delivery goes on with the row. */
function leave(knowledge: Knowledge, error: BucketError, { task, context }: RowWork): Outcome {
  return pending(task, knowledge, context.clock.elapsed(), error.code, error.message, replyOf(error));
}

/** The service asks for more time than a delivery waits. */
function leaveForLater(knowledge: Knowledge, error: BucketError, row: RowWork): Outcome {
  const { run, log } = row.context;
  const { code, message, retryAfterMs = 0 } = error;
  const fields = { run, code, reason: message };
  tellWait(
    log,
    "Rows are left for a later delivery: the service asks for longer than one waits.",
    retryAfterMs,
    fields,
  );
  return leave(knowledge, error, row);
}

function halt(
  knowledge: Knowledge,
  code: string,
  reason: string,
  said: Partial<Outcome>,
  by: RowRequest,
  { task, context }: RowWork,
): TaskEnd {
  const outcome = pending(task, { ...knowledge, tries: 0 }, context.clock.elapsed(), code, reason, said);
  return { kind: "halt", outcome, reason, by };
}

/** What was in flight was ended from outside: the process is to end at once, or its time is over. */
function givenUp(knowledge: Knowledge, said: Partial<Outcome>, row: RowWork): Outcome {
  const { task, context } = row;
  const why: unknown = context.signal?.reason;
  if (!(why instanceof OutOfTime)) {
    const now = context.clock.elapsed();
    return pending(task, uncharged(knowledge), now, "Interrupted", "the process was asked to stop", said);
  }
  context.pace.strained();
  // Of several at once each may have been slowed down by the others. One that was alone had all there is, and is charged, or
  // an original that no delivery has time for would be fetched for ever.
  const charged = why.running > 1 ? uncharged(knowledge) : knowledge;
  return overOrPending(charged, outOfTimeCode, why.message, said, row);
}

function overOrPending(
  knowledge: Knowledge,
  code: string,
  message: string,
  said: Partial<Outcome>,
  { task, context }: RowWork,
): Outcome {
  const now = context.clock.elapsed();
  const charged = task.charged + knowledge.tries;
  if (charged < context.options.maxAttempts) return pending(task, knowledge, now, code, message, said);
  return failed(
    task,
    knowledge,
    now,
    "RetriesExhausted",
    `given up after ${charged} ${nounOf(charged, "try")}, the last one: ${message}`,
    said,
  );
}
