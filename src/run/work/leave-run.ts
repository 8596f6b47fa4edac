/** What a process writes of a run when it leaves it: the report, however the run stands, and what others were not told yet. */

import type { OpenSink } from "../../events/sink.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Summary } from "../../report/summary.ts";
import { writeSummary } from "../finalize/finalize.ts";
import { settleEvents } from "../finalize/settle-events.ts";
import { writeParts } from "../inspect/report.ts";
import type { Place } from "../messages/messages.ts";
import type { Reconciled } from "../reconcile/reconcile.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface LeftRun {
  readonly ledger: LedgerStore;
  readonly place: Place;
  readonly run: RunDocument;
  readonly surroundings: Surroundings;
  readonly openSink: OpenSink;
  /** Who is to stop at once leaves what others were not told to whoever continues the run. */
  readonly giveUp: AbortSignal | undefined;
}

/**
 * @param state as it was when it was looked at last
 * @param look looks once more: what was in flight then is recorded by now
 */
export async function leaveRun(left: LeftRun, state: Reconciled, look: () => Promise<Reconciled>): Promise<Summary> {
  const now = state.kind === "over" ? state : await look();
  if (now.kind === "again") return writeReport(left, "incomplete");
  const summary = now.kind === "over" ? now.summary : await writeReport(left, now.state);
  const { ledger, place, run, surroundings, openSink, giveUp } = left;
  const ended = summary.state;
  if (ended === "complete" || ended === "halted" || ended === "cancelled") {
    surroundings.meter?.({ kind: "run-ended", state: ended });
  }
  if (giveUp?.aborted) return summary;
  const settling = { ledger, place, request: run.request, openSink, surroundings };
  return settleEvents(settling, summary, Number.POSITIVE_INFINITY);
}

async function writeReport(
  { ledger, run, surroundings }: LeftRun,
  state: "incomplete" | "halted" | "cancelled",
): Promise<Summary> {
  const tallies = await writeParts(ledger, run, surroundings);
  return writeSummary(ledger, run, tallies, state, surroundings);
}
