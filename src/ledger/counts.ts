/** What the marker of a shard, a part or a group says in its name, so that counting costs LISTs only. */
export interface MarkerCounts {
  readonly archived: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of archived objects. */
  readonly bytes: number;
}

export type MutableCounts = { -readonly [name in keyof MarkerCounts]: number };

export const emptyCounts = (): MutableCounts => ({ archived: 0, skipped: 0, failed: 0, bytes: 0 });

/** Rows that are over. */
export const endedRows = ({ archived, skipped, failed }: MarkerCounts): number => archived + skipped + failed;

/** In place. */
export function addCounts(to: MutableCounts, counts: MarkerCounts): void {
  to.archived += counts.archived;
  to.skipped += counts.skipped;
  to.failed += counts.failed;
  to.bytes += counts.bytes;
}

export interface Marker extends MarkerCounts {
  /** The shard, the part, or the group. */
  readonly number: number;
  /** The attempt, or the finalizer's id. */
  readonly by: string;
}
