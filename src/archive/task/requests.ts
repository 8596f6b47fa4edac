/** The requests of one task, each counted where it is sent. */

import { verdict } from "../../cos/exchange/error-from-reply.ts";
import type { Headers, ObjectInfo, ObjectResponse } from "../../objects/bucket.ts";
import { BucketError, isBucketError } from "../../objects/error.ts";
import type { Keeping } from "../../policy/history.ts";
import { judge } from "../../policy/retry.ts";
import { isAborted } from "../../vocabulary/abort-watch.ts";
import { catalogue } from "../../vocabulary/codes/catalogue.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { RestoreAnswer, RestoreStep } from "./frozen.ts";
import { holdUpTo } from "./next-step.ts";
import type { Task, TaskContext } from "./task.ts";

/** No fetch may begin now: the work is to stop, or there is no time to wait for its turn. The row is left as it was. */
export class NotNow extends Error {
  override readonly name = "NotNow";

  readonly code: "Interrupted" | "OnTrial" | "CapReached";

  constructor(message: string, code: NotNow["code"] = "Interrupted") {
    super(message);
    this.code = code;
  }
}

/** Where a request was refused for coming too fast, or could not be sent at all, all slow down, at once and whatever else its task waits for. */
export function slowDown(error: unknown, sentAt: number, context: TaskContext): void {
  if (!isBucketError(error)) return;
  const verdict = judge(error);
  if (verdict === "throttle") {
    context.throttled?.();
    context.pace.throttled(sentAt, error.retryAfterMs);
  }
  if (verdict === "scarce") context.pace.scarce();
}

/** Throws NotNow where the pace makes a request wait for longer than there is time. */
function checkTime(context: TaskContext): void {
  const waitMs = context.pace.waitMs();
  // Not the time that this row needs: it was let in, perhaps as the one that always is.
  if (waitMs > 0 && !context.mayWait(waitMs, 0)) {
    throw new NotNow(`the next fetch may begin in ${Math.ceil(waitMs)} ms, for which no time is left`);
  }
}

/** Undefined where a try may begin at once. Throws NotNow, or rejects with it, where it may not begin any more. */
export function beforeTry(context: TaskContext): Promise<void> | undefined {
  checkTime(context);
  const turn = context.pace.beforeTry(context.stopping ?? context.signal);
  return turn?.then(() => {
    if (isAborted(context.stopping)) throw new NotNow("the work was asked to stop");
  });
}

/** Throws NotNow where the run has a cap and the shard's allowance has no room for it. */
function pay(may: boolean | undefined): void {
  if (may === false)
    throw new NotNow("what this shard may spend of --max-cost and --max-bytes is used up", "CapReached");
}

/** Of what a fetch brings, as far as it is known that it comes all at once: bytes that are waited for before it is sent. */
export const bytesAhead = (size: number | undefined): number => (size !== undefined && size <= holdUpTo ? size : 0);

/**
 * GET ?ci-process=originImage (document 1045/73029); of an archive, and where `plain` says so, a plain GET. A 200 that says X-ErrNo is an
 * error all the same.
 * @param size that is expected, bytes
 */
export async function fetchOriginal(
  task: Task,
  context: TaskContext,
  size: number | undefined,
  plain: boolean,
): Promise<ObjectResponse> {
  const { pace, stopping, signal } = context;
  const admitted = context.mayFetch?.(task.row, plain) ?? true;
  const isPaid = !plain && context.options.fromArchive === undefined;
  if (!(typeof admitted === "boolean" ? admitted : await admitted)) {
    throw new NotNow("nothing of the run is archived yet, and of this shard no more is fetched before", "OnTrial");
  }
  checkTime(context);
  const ahead = bytesAhead(size);
  const turn = pace.beforeFetch(stopping ?? signal, ahead);
  if (turn !== undefined) await turn;
  let sentAt: number | undefined;
  try {
    const cleared = context.cleared?.();
    if (cleared !== undefined) await cleared;
    if (isAborted(stopping)) throw new NotNow("the work was asked to stop");
    pay(context.purse?.payFetch(size, isPaid));
    context.requests[isPaid ? "source.get" : "source.plain"]++;
    sentAt = context.clock.elapsed();
    const reply = await context.source.get(task.planned.key, {
      originImage: isPaid,
      versionId: task.planned.versionId,
      bufferUpTo: holdUpTo,
      inPieces: true,
      signal,
    });
    context.purse?.fetched(size, reply.size, isPaid);
    if (reply.errNo === undefined || reply.errNo === 0) return reply;
    reply.stream?.destroy();
    throw errorOf(task.planned.key, reply, reply.errNo);
  } catch (error) {
    // They were waited for, and others may come in their place.
    pace.received(-ahead);
    if (sentAt !== undefined) slowDown(error, sentAt, context);
    throw error;
  }
}

/** The number that comes with a placeholder picture (the bucket's "4xx image setting"). */
const PLACEHOLDER = -6101;

const fetchedForNothing = { retryable: false, throttled: false } as const;

function errorOf(key: string, { status, requestId }: ObjectInfo, errNo: number): BucketError {
  const said = `GET of the original of ${JSON.stringify(key)} answered ${status} with X-ErrNo ${errNo}`;
  if (errNo === PLACEHOLDER) {
    const message = `${said}: a placeholder of the bucket's 4xx image setting; ${catalogue.PlaceholderReply.advice}`;
    return new BucketError(message, { code: "PlaceholderReply", status, errNo, requestId, ...fetchedForNothing });
  }
  const code = `ErrNo${errNo}`;
  // A number that decides nothing by itself is taken for a passing failure of the image service, as a 500 is.
  const meaning = verdict(500, code, errNo);
  return new BucketError(`${said}.`, { code, status, errNo, requestId, ...meaning });
}

export async function headSource(task: Task, context: TaskContext): Promise<ObjectInfo> {
  context.requests["source.head"]++;
  const sentAt = context.clock.elapsed();
  try {
    const { versionId } = task.planned;
    const info = await context.source.head(task.planned.key, { versionId, signal: context.signal });
    context.answered?.("source.head", sentAt);
    return info;
  } catch (error) {
    if (isMissing(error)) context.answered?.("source.head", sentAt);
    slowDown(error, sentAt, context);
    throw error;
  }
}

/** There is no such object, which whoever may not look is not told. */
const isMissing = (error: unknown): boolean =>
  isBucketError(error) && error.status === 404 && error.code !== "NoSuchBucket";

/** POST Object restore (document 436/12633). */
export async function restoreSource(
  { storageClass, tier, days }: Omit<RestoreStep, "kind">,
  task: Task,
  context: TaskContext,
  size: number | undefined,
): Promise<RestoreAnswer> {
  const { pace, source, stopping, signal } = context;
  const { key, versionId } = task.planned;
  if (source.restore === undefined) throw new Error(`nothing of ${source.address} can be restored`);
  const turn = pace.beforeRestore(stopping ?? signal);
  if (turn !== undefined) await turn;
  const cleared = context.cleared?.();
  if (cleared !== undefined) await cleared;
  if (isAborted(stopping)) throw new NotNow("the work was asked to stop");
  const { purse } = context;
  pay(purse?.payRestore(size, storageClass, tier));
  context.requests["source.restore"]++;
  const sentAt = context.clock.elapsed();
  const answered = () => context.answered?.("source.restore", sentAt);
  try {
    const answer = await source.restore(key, { tier, days, versionId, signal });
    answered();
    if (answer === "begun") return "begun";
    purse?.notRestored(size, storageClass, tier);
    return "readable";
  } catch (error) {
    // After a fault of the service, or without an answer, nobody knows whether it was begun.
    if (isBucketError(error) && (error.throttled || (error.status >= 400 && error.status < 500)))
      purse?.notRestored(size, storageClass, tier);
    const code = isBucketError(error) ? error.code : undefined;
    if (code === "RestoreAlreadyInProgress" || code === "RestoreNonArchiveObject") {
      answered();
      return code === "RestoreAlreadyInProgress" ? "under-way" : "readable";
    }
    if (code === "InvalidObjectState") {
      answered();
      return { unrestorable: ensureError(error).message };
    }
    slowDown(error, sentAt, context);
    throw error;
  }
}

/** Copies what the archive holds under the task's key, as long as it is that, with what it is stored as. */
export async function copyInArchive(
  to: Keeping,
  there: ObjectInfo,
  task: Task,
  context: TaskContext,
): Promise<ObjectInfo> {
  const { archive, options, requests, clock, signal } = context;
  requests["archive.copy"]++;
  const sentAt = clock.elapsed();
  const storageClass = there.headers["x-cos-storage-class"];
  const headers: Headers = {
    // A copy is STANDARD unless it says otherwise (document 436/10881).
    ...(storageClass === undefined ? undefined : { "x-cos-storage-class": storageClass }),
    ...(options.encryption === undefined ? undefined : { "x-cos-server-side-encryption": options.encryption }),
  };
  try {
    return await archive.copy(to.key, task.archiveKey, { ifMatch: to.etag, headers, signal });
  } catch (error) {
    slowDown(error, sentAt, context);
    throw error;
  }
}

/** What the archive holds under the task's key; undefined where nothing is. */
export async function headArchive(task: Task, context: TaskContext): Promise<ObjectInfo | undefined> {
  context.requests["archive.head"]++;
  const sentAt = context.clock.elapsed();
  try {
    const info = await context.archive.head(task.archiveKey, { signal: context.signal });
    context.answered?.("archive.head", sentAt);
    return info;
  } catch (error) {
    if (isMissing(error)) {
      context.answered?.("archive.head", sentAt);
      return undefined;
    }
    slowDown(error, sentAt, context);
    throw error;
  }
}
