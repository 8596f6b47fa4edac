/** What a refusal means for the row, for the run, and how long to wait before trying again. Pure. */
import type { Random } from "../vocabulary/clock.ts";

/** The part of a failed request that decides. */
export interface Failure {
  readonly code: string;
  readonly status: number;
  readonly errNo?: number | undefined;
  readonly retryable: boolean;
  readonly throttled: boolean;
}

export type Verdict =
  /** The row is over: it will never succeed. */
  | "terminal"
  /** The same request may succeed later; the row is charged one try. */
  | "retry"
  /** Too many requests: all slow down; it says nothing about the row. */
  | "throttle"
  /** No row can succeed: stop the run, with this as the reason. */
  | "halt"
  /** Perhaps this key, perhaps every key: counted, and halted on a streak that a probe confirms. */
  | "refused";

/** Refusals that do not depend on the key. */
const HALTING = new Set([
  "InvalidAccessKeyId",
  "ExpiredToken",
  "InvalidToken",
  "PaymentRequired",
  "NoSuchBucket",
  "MissingCredentials",
]);
const REFUSING = new Set(["AccessDenied", "AccessForbidden", "SignatureDoesNotMatch", "NoProcessAuthority"]);
/** X-ErrNo of an account that has not paid (document 460/8523). */
const OVERDUE = -162;
/** X-ErrNo of a refusal by Original Image Protection: the request itself was wrong for this object. */
const PROTECTED = -154;

export function judge(failure: Failure): Verdict {
  // An ended token that could be renewed is worth another try: then the error says so.
  const halting = HALTING.has(failure.code) && !failure.retryable;
  if (failure.errNo === OVERDUE || failure.status === 402 || halting) return "halt";
  if (failure.throttled) return "throttle";
  if (failure.errNo === PROTECTED || REFUSING.has(failure.code)) return "refused";
  return failure.retryable ? "retry" : "terminal";
}

/** How clients and services name an answer that did not come in time. */
const LATE = new Set([
  "BodyTimeout",
  "ETIMEDOUT",
  "HeadersTimeout",
  "RequestTimeout",
  "UND_ERR_CONNECT_TIMEOUT",
  "UserNetworkTooSlow",
]);
/** X-ErrNo of image processing, and of reading the origin, that took too long (document 460/8523). */
const LATE_NUMBERS = new Set([-901, -902]);

/**
 * Does a failure look as if too much is asked of the service at once: 503, or no answer in time? Then fewer tasks should run
 * at once; what it means for the row is for `judge` to say.
 */
export function isStrain(failure: Failure): boolean {
  const late = LATE.has(failure.code) || (failure.errNo !== undefined && LATE_NUMBERS.has(failure.errNo));
  return failure.status === 503 || failure.status === 504 || late;
}

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  /** How much longer each wait may be than the one before; 2 where absent. */
  readonly growth?: number | undefined;
}

/**
 * Of a row. What fails by chance succeeds at once when asked again; what fails a second and a third time is an outage, and five
 * tries are to outlast a short one: they are 19 s apart in all on average, 38 s at most. A row that waits keeps its place, so
 * an outage uses up few rows.
 */
export const rowBackoff: Backoff = { baseMs: 250, capMs: 30_000, growth: 5 };
export const throttleBackoff: Backoff = { baseMs: 1_000, capMs: 30_000 };
/** Of a shard that made no progress (design.md, One shard). */
export const shardBackoff: Backoff = { baseMs: 30_000, capMs: 15 * 60_000 };

/**
 * Exponential backoff with full jitter: a random time up to base × growth^try, at most the cap. `retryAfterMs`, where the
 * service says it, is waited for in full, the jitter on top of it.
 * @param tried how often it was tried so far, from 0
 */
export function backoffMs(tried: number, backoff: Backoff, random: Random, retryAfterMs = 0): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * (backoff.growth ?? 2) ** Math.min(tried, 30));
  return Math.round(retryAfterMs + random() * ceiling);
}

/** Between the base and the cap, for a message given back: never at once, so that nothing spins. */
export function giveBackMs(tried: number, random: Random): number {
  return Math.round(
    shardBackoff.baseMs +
      backoffMs(tried, { baseMs: shardBackoff.baseMs, capMs: shardBackoff.capMs - shardBackoff.baseMs }, random),
  );
}
