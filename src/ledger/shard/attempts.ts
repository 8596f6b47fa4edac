/** What the listing of `outcomes/<shard>/` says about the attempts on a shard. Pure. */
import type { ListedObject } from "../../objects/bucket.ts";
import { giveBackMs } from "../../policy/retry.ts";
import { parseAttemptObject } from "../layout.ts";
import { endingOf } from "./end-marker.ts";

export interface Attempt {
  /** ULID: sorts by when it began, by its worker's clock. */
  readonly id: string;
  /** The hand-over it worked for; undefined while its open marker is not listed. */
  readonly seq: number | undefined;
  /** Paths of its segments, in order. */
  readonly segments: readonly string[];
  /** It stopped cleanly. */
  readonly ended: boolean;
  /** And its process stopped with it; absent where that is not known. */
  readonly processStopped?: true;
  /** It got on, and left the rest to whoever is next, at once. */
  readonly handedOver?: true;
  /** Its newest object's Last-Modified, by the store's clock, ms since the epoch. */
  readonly lastSign: number;
}

/** An attempt without a sign of life for longer than this is taken for dead. */
export const lifeMs = 30_000;

/** Attempts in the order of their ids. Objects of other kinds are passed over. */
export function readAttempts(objects: readonly ListedObject[]): readonly Attempt[] {
  const byId = new Map<
    string,
    {
      id: string;
      seq: number | undefined;
      segments: { n: number; path: string }[];
      ended: boolean;
      processStopped?: true;
      handedOver?: true;
      lastSign: number;
    }
  >();
  for (const listed of objects) {
    const parsed = parseAttemptObject(listed.key);
    if (parsed === undefined) continue;
    const id = parsed.object.attempt;
    let attempt = byId.get(id);
    if (attempt === undefined) {
      attempt = {
        id,
        seq: undefined,
        segments: [],
        ended: false,
        lastSign: listed.lastModified,
      };
      byId.set(id, attempt);
    }
    attempt.lastSign = Math.max(attempt.lastSign, listed.lastModified);
    if (parsed.object.kind === "open") attempt.seq = parsed.object.seq;
    else if (parsed.object.kind === "end") {
      attempt.ended = true;
      Object.assign(attempt, endingOf(listed.size));
    } else attempt.segments.push({ n: parsed.object.n, path: listed.key });
  }
  return [...byId.values()]
    .map((attempt) => ({ ...attempt, segments: attempt.segments.sort((a, b) => a.n - b.n).map(({ path }) => path) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** How an attempt that opens finds its shard. */
export type Claim =
  | { readonly kind: "free" }
  /** Another is at work, or of two that open it is the smaller. */
  | { readonly kind: "taken"; readonly by: Attempt }
  /** Larger ones have opened, and do not show whether that was before they could see this one. */
  | { readonly kind: "contested"; readonly by: Attempt };

/**
 * What the others that are alive leave to `own`, which has opened. Whoever is at work goes on, whatever its id: ids are made by
 * clocks that may differ. Of those that have only opened, the smallest goes on; but a larger one may have looked before it
 * was there and begin at any moment, so it waits until that one either ends or is at work. Thus no two ever begin, as long as
 * what was written is listed and nobody is taken for dead.
 */
export function claimOf(attempts: readonly Attempt[], own: string, serverTime: number): Claim {
  const alive = attempts.filter((other) => other.id !== own && isAlive(other, serverTime));
  const taken = alive.find((other) => other.id < own || isAtWork(other));
  if (taken !== undefined) return { kind: "taken", by: taken };
  const [contested] = alive;
  return contested === undefined ? { kind: "free" } : { kind: "contested", by: contested };
}

/**
 * The attempt that `own`, at work, must yield to: the smaller of two that work at once, because a LIST lagged or one was
 * taken for dead. One that has only opened yields itself.
 */
export function attemptToYieldTo(attempts: readonly Attempt[], own: string, serverTime: number): Attempt | undefined {
  return attempts.find((other) => other.id < own && isAtWork(other) && isAlive(other, serverTime));
}

/** It may still be at work: it has not ended, and its last sign is fresh. */
export function isAlive({ ended, lastSign }: Attempt, serverTime: number): boolean {
  return !ended && serverTime - lastSign <= lifeMs;
}

/**
 * From when on a shard may be taken by whoever no queue gives it to, ms by the store's clock: when nobody is at work on it, and, unless the newest
 * attempt handed it over, the time for which a queue would have hidden its message is over since that one's last sign.
 */
export function freeAt(attempts: readonly Attempt[]): number {
  const newest = attempts.reduce<Attempt | undefined>(
    (latest, each) => (latest === undefined || each.lastSign >= latest.lastSign ? each : latest),
    undefined,
  );
  const isFree = newest === undefined || newest.handedOver === true;
  // The middle: what is taken by chance needs no other jitter.
  const given = isFree ? Number.NEGATIVE_INFINITY : newest.lastSign + giveBackMs(attempts.length - 1, () => 0.5);
  return attempts.reduce((at, { ended, lastSign }) => (ended ? at : Math.max(at, lastSign + lifeMs + 1)), given);
}

/** It wrote a segment: each attempt that begins does, at its first heartbeat at the latest. */
const isAtWork = ({ segments }: Attempt): boolean => segments.length > 0;

/** The highest hand-over number that any attempt worked for. */
export function newestSeq(attempts: readonly Attempt[]): number {
  return attempts.reduce((newest, attempt) => Math.max(newest, attempt.seq ?? 0), 0);
}
