/** The report of a run, written from its ledger whatever state the run is in. */

import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { groupMarkers, readTally } from "../../ledger/report/tally-markers.ts";
import { runPrefix } from "../../ledger/runs.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { addFigures, emptyFigures, type Figures } from "../../report/figures/figures.ts";
import type { Summary } from "../../report/summary.ts";
import { addRequests, type Tally } from "../../report/tally.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { writeSummary } from "../finalize/finalize.ts";
import { doneOf, partsBegun } from "../finalize/report-parts.ts";
import { writePart } from "../finalize/write-part.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { statusOf } from "./status.ts";

export interface WrittenReport {
  readonly ledger: LedgerStore;
  readonly summary: Summary;
  /** Key prefix of everything about the run in the ledger bucket, ending in `/`. */
  readonly prefix: string;
}

/** What a report is to be like. */
export interface ReportOptions {
  /** No cell of the results is a formula to a spreadsheet; absent: as the run was asked. */
  readonly csvSafe?: boolean | undefined;
}

/** Every part anew. Errors: UserError `NoSuchRun`, `RunNotPlanned`, `LedgerIncomplete`. */
export async function writeReport(
  place: Place,
  id: string,
  surroundings: Surroundings,
  { csvSafe }: ReportOptions = {},
): Promise<WrittenReport> {
  const { ledger, run, summary: listed } = await statusOf(place, id, surroundings);
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(id)} is still being planned, so there are no rows to report; try again when it has a plan.`,
    );
  }
  const tallies = await writeParts(ledger, run, surroundings, { finalizedToo: true, csvSafe });
  // A run that ended did so then, not now.
  const { clock } = surroundings;
  const endedAt = listed.endedAt === null ? undefined : Date.parse(listed.endedAt);
  const then = endedAt === undefined ? surroundings : { ...surroundings, clock: { ...clock, now: () => endedAt } };
  const summary = await writeSummary(ledger, run, tallies, listed.state, then);
  return { ledger, summary, prefix: runPrefix(place.prefix, id) };
}

/**
 * Writes the parts of which anything is recorded, as far as their shards have come; those of groups that are finalized only
 * where they are wanted too. Resolves with tallies that come to the whole run.
 */
export async function writeParts(
  ledger: LedgerStore,
  run: RunDocument,
  surroundings: Surroundings,
  { finalizedToo = false, csvSafe }: ReportOptions & { readonly finalizedToo?: boolean } = {},
): Promise<readonly Tally[]> {
  const over = await groupMarkers(ledger);
  const tallies: Tally[] = [];
  const figuresOfGroup = new Map<number, Figures>();
  for await (const part of partsBegun(ledger, run, (group) => finalizedToo || !over.has(group))) {
    const done = await doneOf(ledger, part);
    const tally = await writePart(ledger, run, part, surroundings, { over: done.over, lacking: "left out", csvSafe });
    if (tally === undefined) continue;
    const figures = figuresOfGroup.get(part.group) ?? emptyFigures();
    addFigures(figures, tally.figures);
    figuresOfGroup.set(part.group, figures);
    // Of a group that is over its marker tells: the same outcomes, and what finalizing cost.
    if (over.has(part.group)) continue;
    addRequests(tally, { ledger: done.markers });
    tallies.push(tally);
  }
  for (const [group, marker] of over) {
    const tally = await readTally(ledger, marker);
    // An older version's marker has none, and what was just read has them all.
    const figures = finalizedToo ? figuresOfGroup.get(group) : undefined;
    tallies.push({ ...tally, figures: figures ?? tally.figures });
  }
  return tallies;
}
