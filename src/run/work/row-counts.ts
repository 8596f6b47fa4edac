/** What one process did, counted over the shards it worked. */
import type { MarkerCounts } from "../../ledger/counts.ts";

/** Rows ended by this process. A shard's counts include what earlier attempts had ended: those are taken off. */
export function createRowCounts() {
  const total = { archived: 0, skipped: 0, failed: 0, bytes: 0 };
  const live = new Set<() => MarkerCounts>();
  let messages = 0;
  const add = (to: typeof total, counts: MarkerCounts) => {
    to.archived += counts.archived;
    to.skipped += counts.skipped;
    to.failed += counts.failed;
    to.bytes += counts.bytes;
  };
  return {
    follow(of: () => MarkerCounts): () => MarkerCounts {
      const before = of();
      const since = () => {
        const now = of();
        return {
          archived: now.archived - before.archived,
          skipped: now.skipped - before.skipped,
          failed: now.failed - before.failed,
          bytes: now.bytes - before.bytes,
        };
      };
      live.add(since);
      return since;
    },
    settle(since: (() => MarkerCounts) | undefined) {
      messages++;
      if (since === undefined) return;
      live.delete(since);
      add(total, since());
    },
    sum(): MarkerCounts {
      const all = { ...total };
      for (const since of live) add(all, since());
      return all;
    },
    messages: () => messages,
  };
}
