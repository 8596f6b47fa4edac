/** The report of a run, written anew from its ledger whatever state the run is in. */
import { UserError } from "../errors.ts";
import { runPrefix } from "../ledger/layout.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { Summary } from "../report/summary.ts";
import type { Tally } from "../report/tally.ts";
import { doneGroups, groupsOf, readGroupTally, writeGroupReport, writeSummary } from "./finalize.ts";
import type { Place } from "./messages.ts";
import { statusOf } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";

export interface WrittenReport {
  readonly ledger: LedgerStore;
  readonly summary: Summary;
  /** Key prefix of everything about the run in the ledger bucket, ending in `/`. */
  readonly prefix: string;
}

/** Errors: UserError `NoSuchRun`, `RunNotPlanned`, `LedgerIncomplete`. */
export async function writeReport(place: Place, id: string, around: Surroundings): Promise<WrittenReport> {
  const { ledger, run, summary: listed } = await statusOf(place, id, around);
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(id)} is still being planned, so there are no rows to report; try again when it has a plan.`,
    );
  }
  const over = await doneGroups(ledger);
  const tallies: Tally[] = [];
  for (let group = 0; group < groupsOf(run); group++) {
    const written = await writeGroupReport(ledger, run, group, around);
    const marker = over.get(group);
    // The same outcomes; the marker also knows what finalizing cost.
    tallies.push(marker === undefined ? written : await readGroupTally(ledger, marker.path));
  }
  // A run that ended did so then, not now.
  const { clock } = around;
  const endedAt = listed.endedAt === null ? undefined : Date.parse(listed.endedAt);
  const then = endedAt === undefined ? around : { ...around, clock: { ...clock, now: () => endedAt } };
  const summary = await writeSummary(ledger, run, tallies, listed.state, then);
  return { ledger, summary, prefix: runPrefix(place.prefix, id) };
}
