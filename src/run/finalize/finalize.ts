/** The report of a run, group by group: each step writes what follows from the ledger, whoever else does the same. */

import { ulid } from "ulid";
import { controlReason, readControl } from "../../ledger/control.ts";
import { endedRows, type MarkerCounts } from "../../ledger/counts.ts";
import { groupsOf } from "../../ledger/group.ts";
import { noPlainRows, readPlainRows } from "../../ledger/plan/plain-rows.ts";
import { overByPlan, type RunDocument } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { noProgress, progressOfGroup, readProgress } from "../../ledger/report/progress.ts";
import { namesOfParts, writeSummaryFiles } from "../../ledger/report/summary.ts";
import { readTally, type TallyMarker, writeGroupMarker, writePartMarker } from "../../ledger/report/tally-markers.ts";
import type { ShardsOver } from "../../ledger/shard/done-marker.ts";
import { describeOutcomes } from "../../ledger/shard/listed-shards.ts";
import { rowsOver } from "../../ledger/shard/whole-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type Cost, usualPrices } from "../../policy/money/cost.ts";
import { listPrices } from "../../policy/money/list-prices.ts";
import { costOfRun, plannedCost, plannedRequests, rowsToWork } from "../../policy/money/run-cost.ts";
import { type RunState, type Summary, tallyToSummary } from "../../report/summary.ts";
import { addRequests, emptyTally, mergeTally, sumOfRequests, type Tally } from "../../report/tally.ts";
import { storeOf } from "../../vocabulary/address.ts";
import { nounOf, verbOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { askedOf, writerOf } from "./asked-of.ts";
import type { PieceTime } from "./piece-time.ts";
import { type Part, partsOf } from "./report-parts.ts";
import { restoringRowsOf } from "./restoring-rows.ts";
import { undeliveredOf } from "./settle-events.ts";
import { writeDeleted } from "./write-deleted.ts";
import { createMeter, type Meter, writePart } from "./write-part.ts";

/** A group of which every shard is over. */
export interface GroupOver {
  readonly group: number;
  /** What the markers of its shards tell. */
  readonly over: ShardsOver;
}

/**
 * A group whose shards are over: the parts of its report, then its marker, which holds the tally. What earlier deliveries
 * wrote of them is not written again, unless it comes to fewer rows than the shards' markers tell of, as an older version left it where a LIST came
 * too early. Resolves with the tally, or with undefined where the time was over, or an outcome is not listed yet. Throws UserError
 * `LedgerIncomplete` where one never will be.
 */
export async function finalizeGroup(
  ledger: LedgerStore,
  run: RunDocument,
  { group, over }: GroupOver,
  surroundings: Surroundings,
  pieceTime: PieceTime,
): Promise<Tally | undefined> {
  const meter = createMeter(ledger);
  const under = progressOfGroup(group);
  const parts = partsOf(run, group);
  // Where all of it is one part and there is time for it, it is written no matter how far others came.
  const isFresh = pieceTime.isUnlimited && parts.length === 1;
  const progress = isFresh ? noProgress : await readProgress(ledger, under);
  const written = new Map(
    parts.flatMap((part) => {
      const marker = progress.written.get(part.number);
      return marker === undefined || endedRows(marker) < rowsOver(over, part.from, part.to)
        ? []
        : [[part.number, marker]];
    }),
  );
  const missing = parts.filter(({ number }) => !written.has(number));
  const tallies = new Map<number, Tally>();
  for (const part of missing) {
    if (!pieceTime.forAnother()) return undefined;
    const resumable = { under, progress, pieceTime, meter };
    const tally = await writePart(ledger, run, part, surroundings, { over, lacking: "refused", resumable });
    if (tally === undefined) return undefined;
    // Each of its shards was marked as done, after its last trailer.
    addRequests(tally, { ledger: part.to - part.from });
    tallies.set(part.number, tally);
    // After the last of them the group's own marker says the same.
    if (tallies.size < missing.length) await markPart(ledger, run, under, part, tally, meter, surroundings);
  }
  await Promise.all(
    [...written.values()].map(async (marker) => tallies.set(marker.number, await readTally(ledger, marker))),
  );
  const whole = parts.map(({ number }) => tallies.get(number) ?? emptyTally()).reduce(mergeTally, emptyTally());
  meter.tell(whole, 1);
  await writeGroupMarker(ledger, run.run, group, whole, ulid(surroundings.clock.now(), surroundings.random));
  return whole;
}

function doesNotAddUp(ledger: LedgerStore, run: string, tally: MarkerCounts, rows: number): UserError {
  const ended = endedRows(tally);
  return new UserError(
    "LedgerIncomplete",
    `The ledger of the run ${JSON.stringify(run)} does not add up: all its shards are marked as done, but ${ended} of ${rows} ${nounOf(rows, "row")} ${verbOf(ended, "has", "have")} an outcome below ${describeOutcomes(ledger)}; something else deletes or writes there.`,
  );
}

/** Records that a part is written, and what it comes to. */
export function markPart(
  ledger: LedgerStore,
  run: Pick<RunDocument, "run">,
  under: string,
  part: Part,
  tally: Tally,
  meter: Meter,
  { clock, random }: Pick<Surroundings, "clock" | "random">,
): Promise<TallyMarker> {
  meter.tell(tally, 1);
  return writePartMarker(ledger, run.run, under, part.number, tally, ulid(clock.now(), random));
}

/**
 * The run's report: summary.json and report.html over all groups. Throws UserError `LedgerIncomplete` where a run that is said
 * to be complete does not add up to its rows.
 */
export async function writeSummary(
  ledger: LedgerStore,
  run: RunDocument,
  tallies: readonly Tally[],
  state: RunState,
  surroundings: Pick<Surroundings, "clock" | "settings"> & Partial<Pick<Surroundings, "worker">>,
): Promise<Summary> {
  const { clock, settings } = surroundings;
  const whole = wholeTally(run, tallies);
  const ended = endedRows(whole);
  if (state === "complete" && ended !== run.rows) throw doesNotAddUp(ledger, run.run, whole, run.rows);
  const [facts, cost] = await Promise.all([
    factsOf(ledger, run, state, clock.now()),
    costsOf(run, whole, ledger, settings),
  ]);
  const writtenBy = writerOf(surroundings);
  const summary = tallyToSummary({ ...whole, pending: run.rows - ended }, { ...facts, cost, writtenBy });
  const { language } = settings;
  const files = filesOf(run, summary);
  if (files === undefined) {
    await writeDeleted(ledger, run);
    await writeSummaryFiles(ledger, summary, { language });
  } else await Promise.all([writeDeleted(ledger, run), writeSummaryFiles(ledger, summary, { language, files })]);
  return summary;
}

/** Rows of which a part's failures may take several files, which alone a LIST tells of. */
const MANY_FAILED = 50_000;

/** What lies beside the page of a report, as far as it follows from the run; undefined where a LIST has to tell. */
function filesOf(run: RunDocument, { state, failed }: Summary) {
  if (state !== "complete" || failed >= MANY_FAILED) return undefined;
  const groups = Array.from({ length: groupsOf(run) }, (_, group) => partsOf(run, group));
  return namesOfParts(
    groups.flat().map(({ number }) => number),
    run.compared?.by === "listing" && run.deletedFromSource !== undefined,
  );
}

/** Of all groups together, and of the rows that are in none. */
export function wholeTally(run: Pick<RunDocument, "countedOnly">, tallies: readonly Tally[]): Tally {
  const whole = tallies.reduce(mergeTally, emptyTally());
  whole.skipped += overByPlan(run).skipped;
  return whole;
}

/** Undefined of a run that restores, for what that comes to is written nowhere. */
async function costsOf(
  run: RunDocument,
  { requests, bytes, plainBytes, archived }: Tally,
  ledger: LedgerStore,
  settings: Surroundings["settings"],
): Promise<Summary["cost"]> {
  const { archive, options } = run.request;
  if (restoreOf(options) !== undefined) return undefined;
  const prices = settings.prices ?? usualPrices;
  const restores = options.fromArchive !== undefined;
  const places = { archive, ledger: { store: storeOf(ledger.describe("")) } };
  const sent = sumOfRequests(requests, run.requests ?? {});
  const spent = costOfRun({ requests: sent, bytes, plainBytes }, restores, prices, places);
  if (spent === null) return undefined;
  // Where all was archived, and nothing by a plain GET, none was planned.
  const mayBePlain = !restores && (plainBytes > 0 || archived < rowsToWork(run));
  const plain = (mayBePlain ? await readPlainRows(ledger, run) : undefined) ?? noPlainRows;
  const how = { asksArchive: options.ifExists !== "overwrite", plain, restores };
  const planned = plannedCost(run, how, prices, places);
  const range = ({ from, upTo }: Cost) => ({ from, upTo });
  return {
    currency: prices.currency,
    listPricesOf: listPrices.asOf,
    planned: planned && range(planned),
    spent: range(spent),
    plannedRequests: plannedRequests(run, how),
  };
}

export async function factsOf(
  ledger: LedgerStore,
  run: Pick<RunDocument, "run" | "request"> &
    Partial<
      Pick<
        RunDocument,
        "plan" | "shards" | "compared" | "countedOnly" | "deletedFromSource" | "leftOut" | "limited" | "requests"
      >
    >,
  state: RunState,
  now: number,
) {
  const control = state === "halted" || state === "cancelled" ? await readControl(ledger) : undefined;
  const { rows } = run.request;
  return {
    run: run.run,
    state,
    startedAt: Date.parse(run.request.askedAt),
    ...(state === "running" ? { now } : { endedAt: now }),
    reason: control === undefined ? undefined : await controlReason(ledger, control),
    redriveOf: run.request.redriveOf,
    asked: askedOf(ledger, run.request),
    unchanged: run.countedOnly,
    deletedFromSource: run.deletedFromSource,
    deletedUnknown: run.plan === undefined ? undefined : whyDeletedUnknown(run),
    leftOut: run.leftOut,
    limited: run.limited,
    requests: run.requests,
    restoring: await restoringRowsOf(ledger, run, state),
    undelivered: await undeliveredOf(ledger, run.request, state),
    manifest:
      rows.kind === "file"
        ? rows.name
        : rows.kind === "object"
          ? `cos://${rows.bucket}/${rows.key}`
          : rows.kind === "listing"
            ? `cos://${run.request.source.bucket}/${rows.prefix}*`
            : undefined,
  };
}

/** Why it was not looked for what is deleted; undefined where it was, or where no listing was asked for, which alone could tell. */
function whyDeletedUnknown({
  request,
  compared,
  limited,
}: Pick<RunDocument, "request"> & Partial<Pick<RunDocument, "compared" | "limited">>) {
  if (request.rows.kind !== "listing" || request.options.fromArchive !== undefined) return undefined;
  if (limited) return "--limit ended the listing before its end";
  if (compared?.by === "listing") return undefined;
  return compared?.reason ?? `--if-exists ${request.options.ifExists} compares no listings`;
}
