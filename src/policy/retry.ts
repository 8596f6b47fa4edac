/** What a refusal means for the row, for the run, and how long to wait before trying again. Pure. */

import type { Random } from "../vocabulary/clock.ts";
import { effectOf, entryOf, errNoEntry } from "../vocabulary/codes/catalogue.ts";

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
  /** Nothing was sent, as this process may open no more: fewer at once; it says nothing about the row or the service. */
  | "scarce"
  /** No row can succeed: stop the run, with this as the reason. */
  | "halt"
  /** Perhaps this key, perhaps every key: counted, and halted on a streak that a probe confirms. */
  | "refused";

export function judge(failure: Failure): Verdict {
  const effect = errNoEntry(failure.errNo)?.effect ?? effectOf(failure.code);
  // An ended token that could be renewed is worth another try: then the error says so.
  if (failure.status === 402 || (effect === "run-halted" && !failure.retryable)) return "halt";
  if (entryOf(failure.code)?.scarce) return "scarce";
  if (failure.throttled) return "throttle";
  if (effect === "refused") return "refused";
  return failure.retryable ? "retry" : "terminal";
}

/**
 * Does a failure look as if too much is asked of the service at once: 503, or no answer in time? Then fewer tasks should run
 * at once; what it means for the row is for `judge` to say.
 */
export function isStrain(failure: Failure): boolean {
  const late = failure.code === "ETIMEDOUT" || entryOf(failure.code)?.strain || errNoEntry(failure.errNo)?.strain;
  return failure.status === 503 || failure.status === 504 || late === true;
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
/** Of a shard that made no progress (docs/architecture.md, "One shard"). */
export const shardBackoff: Backoff = { baseMs: 30_000, capMs: 15 * 60_000 };

/**
 * The longest that a Retry-After is waited for. One reply may say a day, and be wrong; what comes after is for a later delivery to
 * find out.
 */
export const longestRetryAfterMs = 2 * 60_000;

/** How much of a Retry-After is waited for. */
export const waitedFor = (retryAfterMs: number): number => Math.min(retryAfterMs, longestRetryAfterMs);

/**
 * Exponential backoff with full jitter: a random time up to base × growth^try, at most the cap. `retryAfterMs`, where the
 * service says it, is waited for in full up to the longest, the jitter on top of it.
 * @param tried how often it was tried so far, from 0
 */
export function backoffMs(tried: number, backoff: Backoff, random: Random, retryAfterMs = 0): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * (backoff.growth ?? 2) ** Math.min(tried, 30));
  return Math.round(waitedFor(retryAfterMs) + random() * ceiling);
}

/** Between the base and the cap, for a message given back: never at once, so that nothing spins. */
export function giveBackMs(tried: number, random: Random): number {
  return Math.round(
    shardBackoff.baseMs +
      backoffMs(tried, { baseMs: shardBackoff.baseMs, capMs: shardBackoff.capMs - shardBackoff.baseMs }, random),
  );
}
