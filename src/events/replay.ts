/** All archived objects of a run, told of once more, whatever state it is in: for a pipeline that lost them, or that came later. */

import type { RunDocument } from "../ledger/plan/run-document.ts";
import { describeOutcomes } from "../ledger/shard/listed-shards.ts";
import { whatToDo, wholeShards } from "../ledger/shard/whole-shards.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { Clock } from "../vocabulary/clock.ts";
import { counted, verbOf } from "../vocabulary/counted.ts";
import type { Log } from "../vocabulary/log.ts";
import { archivedEvents } from "./archived-event.ts";
import type { Sink } from "./sink.ts";

export interface Replayed {
  /** Events that were taken. */
  readonly sent: number;
  /** Why not all were; absent where they were. */
  readonly why?: string | undefined;
}

export interface ReplayOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Archived rows, as far as markers tell of them. */
  readonly archived: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many were taken so far. */
  readonly onShard?: ((sent: number) => void) | undefined;
}

/** Ends at the first shard that is not taken. What is not listed yet is waited for, and else told by a later replay. */
export async function replay(
  ledger: LedgerStore,
  run: RunDocument,
  sink: Sink,
  { clock, log, archived, signal, onShard }: ReplayOptions,
): Promise<Replayed> {
  let sent = 0;
  let found = 0;
  let lacking = 0;
  for await (const shard of wholeShards(ledger, run, { clock, log, signal, lacking: "left out" })) {
    lacking += shard.lacking;
    for (const { outcome } of shard.rows.values()) if (outcome.outcome === "archived") found++;
    const events = archivedEvents(run.request, shard.rows);
    const end = await sink.deliver(events, { signal, insist: true });
    if (end.kind !== "delivered") {
      return { sent: sent + end.taken, why: end.kind === "undelivered" ? end.why : "it was interrupted" };
    }
    sent += events.length;
    onShard?.(sent);
  }
  const untold = Math.max(lacking, archived - found);
  return untold > 0 ? { sent, why: unlistedText(ledger, untold) } : { sent };
}

const unlistedText = (ledger: LedgerStore, rows: number): string =>
  `of ${counted(rows, "row")} that ${verbOf(rows, "is", "are")} over no outcome is listed below ${describeOutcomes(ledger)}; ${whatToDo}`;
