/**
 * The task of one row: tries until it is over, or until this delivery can do no more for it. Every try is charged to the
 * row, over all deliveries, so that no row is tried for ever; a throttled one says nothing about the row and is charged
 * only where the bucket refuses it for long.
 */
import { type CosError, isCosError } from "../../objects/error.ts";
import { backoffMs, isStrain, judge, rowBackoff } from "../../policy/retry.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { expectationOfRow } from "./identity.ts";
import { OutOfTime, outOfTimeCode } from "./out-of-time.ts";
import { failed, pending, replyOf } from "./outcome-of.ts";
import { beforeTry, NotNow } from "./requests.ts";
import type { Side, Task, TaskContext, TaskMemory } from "./task.ts";
import { tryRow } from "./try-row.ts";

/** What the whole run should know about how a task ended. */
export type TaskEnd =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** Refused as if for lack of permission: perhaps every key is. */
  | { readonly kind: "refused"; readonly outcome: Outcome; readonly by: Side }
  /** No row can succeed. The outcome is `pending` and charges nothing. */
  | { readonly kind: "halt"; readonly outcome: Outcome; readonly reason: string };

/** Throttled as often as this within one delivery, the row waits for the next. */
const THROTTLES = 20;

export async function archiveTask(task: Task, context: TaskContext): Promise<TaskEnd> {
  const { options, pace, clock, random } = context;
  const memory = startMemory(task, context);
  let throttles = 0;
  for (;;) {
    let error: CosError;
    const triesBefore = memory.tries;
    try {
      const turn = beforeTry(context);
      if (turn !== undefined) await turn;
      const outcome = await tryRow(task, memory, context);
      pace.succeeded();
      return { kind: "outcome", outcome };
    } catch (thrown) {
      if (thrown instanceof NotNow) {
        // What was not begun is not charged.
        if (memory.tries > triesBefore) memory.tries--;
        return { kind: "outcome", outcome: pending(task, memory, "Interrupted", thrown.message) };
      }
      // The configuration, or credentials that are gone: no row can do without.
      if (thrown instanceof UserError) {
        memory.tries = 0;
        return {
          kind: "halt",
          outcome: pending(task, memory, thrown.code, thrown.message),
          reason: thrown.message,
        };
      }
      if (!isCosError(thrown)) {
        const message = `a fault in cos-originals: ${ensureError(thrown).message}`;
        return { kind: "outcome", outcome: overOrPending(task, memory, context, "ProgramFault", message) };
      }
      error = thrown;
    }
    const said = { ...replyOf(error) };
    if (error.code === "RequestAborted" && context.signal?.aborted) {
      return { kind: "outcome", outcome: givenUp(task, memory, context, said) };
    }
    const verdict = judge(error);
    if (isStrain(error)) pace.strained();
    if (verdict !== "throttle" && error.status > 0) pace.answered();
    if (verdict === "terminal")
      return { kind: "outcome", outcome: failed(task, memory, error.code, error.message, said) };
    if (verdict === "refused")
      return {
        kind: "refused",
        outcome: failed(task, memory, error.code, error.message, said),
        by: memory.asked,
      };
    if (verdict === "halt") {
      memory.tries = 0;
      return { kind: "halt", outcome: pending(task, memory, error.code, error.message, said), reason: error.message };
    }

    const size = memory.expectation.size;
    let waitMs: number;
    if (verdict === "throttle") {
      memory.tries--;
      if (++throttles >= THROTTLES) {
        memory.tries++;
        return { kind: "outcome", outcome: overOrPending(task, memory, context, error.code, error.message, said) };
      }
      // The pace makes every try wait; this one also gets out of step with the others.
      waitMs = backoffMs(0, rowBackoff, random);
    } else {
      if (task.charged + memory.tries >= options.maxAttempts) {
        return { kind: "outcome", outcome: overOrPending(task, memory, context, error.code, error.message, said) };
      }
      waitMs = backoffMs(memory.tries - 1, rowBackoff, random, error.retryAfterMs);
    }
    if (!context.mayWait(Math.max(waitMs, pace.waitMs()), size)) {
      return { kind: "outcome", outcome: pending(task, memory, error.code, error.message, said) };
    }
    await clock.sleep(waitMs, context.stopping ?? context.signal);
    if (context.stopping?.aborted) {
      return { kind: "outcome", outcome: pending(task, memory, error.code, error.message, said) };
    }
  }
}

/** What was in flight was ended from outside: the process is to end at once, or its time is over. */
function givenUp(task: Task, memory: TaskMemory, context: TaskContext, said: Partial<Outcome>): Outcome {
  const why: unknown = context.signal?.reason;
  if (!(why instanceof OutOfTime)) {
    memory.tries--;
    return pending(task, memory, "Interrupted", "the process was asked to stop", said);
  }
  context.pace.strained();
  // Of several at once each may have been slowed down by the others. One that was alone had all there is, and is charged, or
  // an original that no delivery has time for would be fetched for ever.
  if (why.running > 1) memory.tries--;
  return overOrPending(task, memory, context, outOfTimeCode, why.message, said);
}

function startMemory(task: Task, context: TaskContext): TaskMemory {
  const expectation = expectationOfRow(task.planned);
  const { ifExists } = context.options;
  return {
    expectation,
    askArchive: task.unsure || ifExists !== "overwrite",
    noMd5: false,
    badDigest: false,
    asked: "source",
    refetched: false,
    changed: false,
    tries: 0,
    startedAt: context.clock.now(),
    clock: context.clock,
  };
}

function overOrPending(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  code: string,
  message: string,
  said: Partial<Outcome> = {},
): Outcome {
  const charged = task.charged + memory.tries;
  if (charged < context.options.maxAttempts) return pending(task, memory, code, message, said);
  return failed(task, memory, "RetriesExhausted", `given up after ${charged} tries, the last one: ${message}`, said);
}
