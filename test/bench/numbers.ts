/** Medians and ranges. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length === 0
      ? Number.NaN
      : sorted.length % 2 === 1
        ? sorted[middle]!
        : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Round by round, so that what slowed down a whole round slows down both. */
export function ratio(of: readonly number[], to: readonly number[]): Spread {
  const rounds = Math.min(of.length, to.length);
  return spread(Array.from({ length: rounds }, (_, round) => of[round]! / to[round]!));
}
