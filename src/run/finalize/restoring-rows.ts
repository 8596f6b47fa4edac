/** What of a run that is not over waits until its originals are restored: people are told, whoever works on it just now, or nobody. */
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { isShardOver, readMarkers } from "../../ledger/report/run-markers.ts";
import { readRestoring } from "../../ledger/shard/restoring-marker.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { RunState, Summary } from "../../report/summary.ts";

/** By LISTs alone; undefined where nothing waits. */
export async function restoringRowsOf(
  ledger: LedgerStore,
  { request, shards }: Pick<RunDocument, "request"> & Partial<Pick<RunDocument, "shards">>,
  state: RunState,
): Promise<Summary["restoring"]> {
  const how = restoreOf(request.options);
  if (how === undefined || state === "complete" || shards === undefined) return undefined;
  const [asleep, view] = await Promise.all([readRestoring(ledger), readMarkers(ledger, { shards })]);
  const waiting = [...asleep.shards.values()].filter(({ shard }) => !isShardOver(view, shard));
  if (waiting.length === 0) return undefined;
  return {
    rows: waiting.reduce((sum, { rows }) => sum + rows, 0),
    lookAt: new Date(Math.min(...waiting.map(({ until }) => until))).toISOString(),
    days: how.days,
  };
}
