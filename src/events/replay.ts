/** All archived objects of a run, told of once more, whatever state it is in: for a pipeline that lost them, or that came later. */
import type { RunDocument } from "../ledger/plan/run-document.ts";
import { foldShards } from "../ledger/shard/fold-shards.ts";
import type { LedgerStore } from "../ledger/store.ts";
import { archivedEvents } from "./archived-event.ts";
import type { Sink } from "./sink.ts";

export interface Replayed {
  /** Events that were taken. */
  readonly sent: number;
  /** Why it ended before all were; absent where they were. */
  readonly why?: string | undefined;
}

/** Ends at the first shard that is not taken. @param onShard is told how many were taken so far */
export async function replay(
  ledger: LedgerStore,
  run: RunDocument,
  sink: Sink,
  {
    signal,
    onShard,
  }: { readonly signal?: AbortSignal | undefined; readonly onShard?: ((sent: number) => void) | undefined } = {},
): Promise<Replayed> {
  let sent = 0;
  for await (const { rows } of foldShards(ledger, 0, run.shards)) {
    const events = archivedEvents(run.request, rows);
    const end = await sink.deliver(events, { signal, insist: true });
    if (end.kind !== "delivered") {
      return { sent: sent + end.taken, why: end.kind === "undelivered" ? end.why : "it was interrupted" };
    }
    sent += events.length;
    onShard?.(sent);
  }
  return { sent };
}
