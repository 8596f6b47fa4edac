/** What the listing of `outcomes/<shard>/` says about the attempts on a shard. Pure. */
import type { ListedObject } from "../cos/bucket.ts";
import { parseAttemptObject } from "./layout.ts";

export interface Attempt {
  /** ULID: sorts by when it began, by its worker's clock. */
  readonly id: string;
  /** The hand-over it worked for; undefined while its open marker is not listed. */
  readonly seq: number | undefined;
  /** Paths of its segments, in order. */
  readonly segments: readonly string[];
  /** It stopped cleanly. */
  readonly ended: boolean;
  /** Its newest object's Last-Modified, by the store's clock, ms since the epoch. */
  readonly lastSign: number;
}

/** An attempt without a sign of life for longer than this is taken for dead. */
export const lifeMs = 30_000;

/** Attempts in the order of their ids. Objects of other kinds are passed over. */
export function readAttempts(objects: readonly ListedObject[]): readonly Attempt[] {
  const byId = new Map<
    string,
    { id: string; seq: number | undefined; segments: { n: number; path: string }[]; ended: boolean; lastSign: number }
  >();
  for (const listed of objects) {
    const parsed = parseAttemptObject(listed.key);
    if (parsed === undefined) continue;
    const id = parsed.object.attempt;
    let attempt = byId.get(id);
    if (attempt === undefined) {
      attempt = { id, seq: undefined, segments: [], ended: false, lastSign: Number.NEGATIVE_INFINITY };
      byId.set(id, attempt);
    }
    attempt.lastSign = Math.max(attempt.lastSign, listed.lastModified);
    if (parsed.object.kind === "open") attempt.seq = parsed.object.seq;
    else if (parsed.object.kind === "end") attempt.ended = true;
    else attempt.segments.push({ n: parsed.object.n, path: listed.key });
  }
  return [...byId.values()]
    .map((attempt) => ({ ...attempt, segments: attempt.segments.sort((a, b) => a.n - b.n).map(({ path }) => path) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The attempt that `own` must yield to: alive, not ended, and of the smaller id. Of two that open at once the smaller goes
 * on; overlap would cost money, never truth.
 */
export function attemptToYieldTo(attempts: readonly Attempt[], own: string, serverTime: number): Attempt | undefined {
  return attempts.find((other) => other.id < own && !other.ended && serverTime - other.lastSign <= lifeMs);
}

/** The highest hand-over number that any attempt worked for. */
export function newestSeq(attempts: readonly Attempt[]): number {
  return attempts.reduce((newest, attempt) => Math.max(newest, attempt.seq ?? 0), 0);
}
