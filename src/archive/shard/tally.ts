/** How far a shard is, as its done marker will say. */
import type { MarkerCounts } from "../../ledger/counts.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { OpenedShard } from "./open-shard.ts";

/** Counts of the whole shard, earlier attempts' outcomes included. */
export interface ShardTally {
  add(outcome: Outcome): void;
  /** Rows that are over. */
  ended(): number;
  counts(): MarkerCounts;
}

export function startTally(opened: OpenedShard): ShardTally {
  const counts = { archived: 0, skipped: 0, failed: 0, bytes: 0 };
  const add = (outcome: Outcome) => {
    if (outcome.outcome === "pending") return;
    counts[outcome.outcome]++;
    if (outcome.outcome === "archived") counts.bytes += outcome.receivedSize ?? 0;
  };
  for (const { outcome } of opened.past.values()) add(outcome);
  return { add, ended: () => counts.archived + counts.skipped + counts.failed, counts: () => ({ ...counts }) };
}
