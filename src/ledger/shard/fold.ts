/**
 * What is true of a shard, from everything its attempts recorded. Pure: counters, progress, resume, redrive and reports
 * are all this fold.
 */
import type { Amount } from "../../policy/money/cap.ts";
import type { Outcome, OutcomeKind } from "../../vocabulary/outcome.ts";

/** One attempt's records, in the order it wrote them. */
export interface AttemptRecords {
  readonly attempt: string;
  readonly outcomes: readonly Outcome[];
  /** Of a run with a cap: what it spent. */
  readonly spent?: Amount | undefined;
}

export interface FoldedRow {
  /** The best of what was recorded. */
  readonly outcome: Outcome;
  /** Tries charged to the row over all attempts. */
  readonly charged: number;
  /** Other `archived` records whose bytes differ from `outcome`'s, or else from each other's: only the archive can say which it holds. */
  readonly conflicts: readonly Outcome[];
}

const RANK: Readonly<Record<OutcomeKind, number>> = { archived: 3, skipped: 2, failed: 1, pending: 0 };

/**
 * Of one row's outcomes archived beats skipped beats failed beats pending; the newest among equals. Within an attempt a
 * later record of a row takes an earlier one's place, its tries included (a row may be recorded before it is tried).
 * @returns by row position
 */
export function foldShard(attempts: readonly AttemptRecords[]): ReadonlyMap<number, FoldedRow> {
  const inOrder = [...attempts].sort((a, b) => (a.attempt < b.attempt ? -1 : a.attempt > b.attempt ? 1 : 0));
  const rows = new Map<number, { outcome: Outcome; charged: number; conflicts: Outcome[] }>();
  for (const { outcomes } of inOrder) {
    const last = new Map<number, Outcome>();
    for (const outcome of outcomes) {
      const earlier = last.get(outcome.row);
      if (earlier === undefined || RANK[outcome.outcome] >= RANK[earlier.outcome]) last.set(outcome.row, outcome);
    }
    for (const [row, outcome] of last) {
      const folded = rows.get(row);
      if (folded === undefined) {
        rows.set(row, { outcome, charged: outcome.attempts, conflicts: [] });
        continue;
      }
      folded.charged += outcome.attempts;
      const [better, other] =
        RANK[outcome.outcome] >= RANK[folded.outcome.outcome] ? [outcome, folded.outcome] : [folded.outcome, outcome];
      if (other.outcome === "archived") folded.conflicts.push(other);
      folded.outcome = better;
    }
  }
  for (const folded of rows.values()) {
    if (folded.conflicts.length > 0) folded.conflicts = conflictsOf(folded.outcome, folded.conflicts);
  }
  return rows;
}

/** Agreement is not transitive, for a record may say little: each is compared with the newest, then with each other. */
function conflictsOf(newest: Outcome, others: readonly Outcome[]): Outcome[] {
  const differing = others.filter((other) => !sameBytes(other, newest));
  return differing.length > 0 ? differing : others.filter((one) => others.some((other) => !sameBytes(one, other)));
}

/** Do two records of `archived` tell of the same bytes, as far as they tell? */
export function sameBytes(a: Outcome, b: Outcome): boolean {
  const agree = (x: string | number | undefined, y: string | number | undefined) =>
    x === undefined || y === undefined || x === y;
  return (
    agree(a.receivedSize, b.receivedSize) &&
    agree(a.receivedEtag, b.receivedEtag) &&
    agree(a.receivedCrc64, b.receivedCrc64)
  );
}
