/**
 * A run is on trial until a row of it is archived: what refuses every row is to be found out on a few of them, from all over the
 * plan. Pure.
 */

/** Rows that may fail after a paid fetch while nothing is archived. Each is fetched at most twice. */
export const trialRows = 5;

/** Refusals of one kind in a row, without anything paid, after which a run on trial is halted. */
export const trialRefusals = 10;

/** Who resumes a run for the second time knows what its trial showed, and wants the rest all the same. */
const TRIALS = 2;

export interface TrialState {
  /** A row of the run was archived. */
  readonly archived: boolean;
  /** How often the run was resumed. */
  readonly resumes: number;
}

export const isOnTrial = ({ archived, resumes }: TrialState): boolean => !archived && resumes < TRIALS;

/** Of those rows, how many one shard may use up: shards are tried side by side. */
export function trialAllowance(shards: number): number {
  return Math.floor(trialRows / Math.max(1, Math.min(trialRows, shards)));
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
