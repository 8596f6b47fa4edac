/**
 * A row was archived, and nothing says so: by a version that knows no trial, or by a worker that died before it wrote it down. Whoever
 * reconciles knows by the counts; the workers, whose shares of the trial may be used up, know by the mark alone.
 */
import { doneMarkers } from "../../ledger/shard/done-marker.ts";
import { foldShards } from "../../ledger/shard/fold-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { sampleOf, writeFirstArchived } from "../../ledger/trial.ts";

/** Ends the trial of a run of which some shard that is over has archived rows. */
export async function markArchived(ledger: LedgerStore): Promise<void> {
  for await (const { number, archived } of doneMarkers(ledger)) {
    if (archived === 0) continue;
    for await (const { rows } of foldShards(ledger, number, number + 1)) {
      for (const { outcome } of rows.values()) {
        const sample = sampleOf(outcome);
        if (sample !== undefined) return writeFirstArchived(ledger, sample);
      }
    }
  }
}
