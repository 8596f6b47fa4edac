/**
 * A run is on trial until a row of it is archived: what refuses every row is to be found out on a few of them, from all over the
 * plan. Pure.
 */
import { counted, verbOf } from "../vocabulary/counted.ts";

/** Rows that may fail after a paid fetch while nothing is archived. Each is fetched at most twice. */
export const trialRows = 5;

/** Refusals of one kind in a row, without anything paid, after which a run on trial is halted. */
export const trialRefusals = 10;

/** Who resumes a run for the second time knows what its trial showed, and wants the rest all the same. */
const TRIALS = 2;

export const isTrialLost = (rows: number): boolean => rows >= trialRows;

/** @param how the last of them failed */
export const trialLostReason = (rows: number, how: string): string =>
  `${verbOf(rows, "the only row that was fetched could not", `none of the first ${counted(rows, "row")} that were fetched could`)} be archived: ${how}`;

export interface TrialState {
  /** A row of the run was archived. */
  readonly archived: boolean;
  /** How often the run was resumed. */
  readonly resumes: number;
}

export const isOnTrial = (state: TrialState): boolean => !state.archived && !isWaived(state);

export const isWaived = ({ resumes }: Pick<TrialState, "resumes">): boolean => resumes >= TRIALS;

/** Of those rows, how many one shard may use up: shards are tried side by side. */
export function trialAllowance(shards: number): number {
  return Math.floor(trialRows / Math.max(1, Math.min(trialRows, shards)));
}

/** Of a shard that is not over: how many of its rows were fetched in vain, and how many may be. */
export interface SharedTrial {
  readonly shard: number;
  readonly spent: number;
  readonly share: number;
}

/**
 * Where no other shard is left to be tried, and each has used up its share, what those that are over left of the trial goes to them: or
 * they would wait for each other for ever.
 * @param open all shards that are not over
 * @param vain rows of the run fetched in vain
 * @returns their shares from now on, of those that get more
 */
export function sharedAnew(open: readonly SharedTrial[], vain: number): readonly { shard: number; share: number }[] {
  const left = trialRows - vain;
  if (left <= 0 || open.length === 0 || open.some(({ spent, share }) => spent < share)) return [];
  return open.slice(0, left).map(({ shard, spent }, at) => {
    const more = Math.floor(left / open.length) + (at < left % open.length ? 1 : 0);
    return { shard, share: spent + more };
  });
}

/** Where a trial begins in the spread order: after a resume with others than before. */
export const trialStart = ({ resumes }: Pick<TrialState, "resumes">): number => resumes * trialRows;

/** 0 to count - 1, each once, such that any few that follow each other lie all over it; from the `start`-th on. */
export function* spread(count: number, start = 0): Generator<number> {
  let step = Math.max(1, Math.round(count * 0.618));
  while (gcd(step, count) !== 1) step++;
  for (let n = 0; n < count; n++) yield ((start + n) * step) % count;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
