/** What the workers of one run bring, set against each other, and what each may take of what they share. Pure. */

/** Who works the same run, as one of them sees it. */
export interface Company {
  /** That fetched lately, this one included. */
  readonly workers: number;
  /** What this one brings, as a multiple of what is fair; 1 where that is not known. */
  readonly share: number;
}

export const alone: Company = { workers: 1, share: 1 };

/** What a worker says of itself with each sign of life. */
export interface Sign {
  readonly slot: number;
  /** Rows so far. */
  readonly archived: number;
  /** The slot in which it last fetched something. */
  readonly fetched: number;
}

/** Signs as old as this, in slots, say nothing of now. */
export const oldSlots = 3;

/** Who brings less than so much of what the most diligent one does is held back by something of its own. */
const CONTENDER = 0.5;

/**
 * @param signs of each worker the newest
 * @param before those that were known at the last look
 * @returns undefined where this worker does not find its own sign: then it can't know who else is overlooked
 */
export function companyOf(
  own: string,
  slot: number,
  signs: ReadonlyMap<string, Sign>,
  before: ReadonlyMap<string, Sign>,
): Company | undefined {
  if (!signs.has(own)) return undefined;
  let workers = 1;
  const brought: number[] = [];
  let mine: number | undefined;
  for (const [worker, sign] of signs) {
    const isOld = slot - sign.slot > oldSlots || slot - sign.fetched > oldSlots;
    if (worker !== own && isOld) continue;
    if (worker !== own) workers++;
    const former = before.get(worker);
    if (former === undefined || sign.slot <= former.slot) continue;
    const each = (sign.archived - former.archived) / (sign.slot - former.slot);
    brought.push(each);
    if (worker === own) mine = each;
  }
  return { workers, share: mine === undefined ? 1 : shareOf(mine, brought) };
}

/**
 * What one brings as a multiple of what those who contend with it bring on average; 1 where it does not contend.
 * @param brought by each of them in the same time, its own included
 */
export function shareOf(own: number, brought: readonly number[]): number {
  const most = Math.max(...brought);
  const contenders = brought.filter((each) => each >= CONTENDER * most);
  const fair = contenders.reduce((sum, each) => sum + each, 0) / contenders.length;
  return own < CONTENDER * most || !(fair > 0) ? 1 : own / fair;
}

/** For so long a worker goes by what it was told of others, in ms: signs are given once in a third of it. */
export const toldMs = 30_000;

/** What was told of others, and when, ms by the clock's `elapsed`. */
export interface Told {
  readonly company: Company;
  readonly at: number;
}

/** Of several runs that one process works, the one that most others work too; undefined where nothing is known any more. */
export function largestTold(told: Iterable<Told>, now: number): Told | undefined {
  let largest: Told | undefined;
  for (const each of told) {
    if (now - each.at > toldMs) continue;
    if (largest === undefined || each.company.workers > largest.company.workers) largest = each;
  }
  return largest;
}

/**
 * A second, of a budget that the workers of a run share. A newcomer that knows of nobody takes what is left where all that may be there are.
 * @param newcomers budget ÷ the most that may be there
 */
export function partOf(newcomers: number, mostWorkers: number, told: Told | undefined, now: number): number {
  if (told === undefined || now - told.at > toldMs) return newcomers;
  return (newcomers * mostWorkers) / Math.max(1, told.company.workers);
}
