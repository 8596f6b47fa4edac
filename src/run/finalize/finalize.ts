/** The report of a run, group by group: each step writes what follows from the ledger, whoever else does the same. */
import { ulid } from "ulid";
import { controlReason, readControl } from "../../ledger/control.ts";
import { groupPath, type Marker, parseMarker, partPath, paths, shardsPerGroup } from "../../ledger/layout.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { unreadable } from "../../ledger/shard/segment.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { reportHtml } from "../../report/html.ts";
import { parseSummary, type RunState, type Summary, summaryToTally, tallyToSummary } from "../../report/summary.ts";
import { addRequests, emptyTally, mergeTally, type Tally } from "../../report/tally.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { PieceTime } from "./piece-time.ts";
import { type Part, partsOf } from "./report-parts.ts";
import { createMeter, type Meter, readProgress, writePart } from "./write-part.ts";

/** How many groups a run has, and how many shards one of them. */
export const groupsOf = (run: Pick<RunDocument, "shards">): number => Math.ceil(run.shards / shardsPerGroup);
export const shardsIn = (run: Pick<RunDocument, "shards">, group: number): number =>
  Math.min(shardsPerGroup, run.shards - group * shardsPerGroup);

/** Done markers of this group and those after it. A shard may have several, all folded from the same segments. */
export async function* doneMarkers(ledger: LedgerStore, fromGroup = 0): AsyncGenerator<Marker> {
  let after: string | undefined = paths.doneOfGroup(fromGroup);
  while (after !== undefined) {
    const page: Awaited<ReturnType<LedgerStore["listPage"]>> = await ledger.listPage(paths.allDone, after);
    for (const { key } of page.objects) {
      const marker = parseMarker(key);
      if (marker !== undefined) yield marker;
    }
    after = page.more;
  }
}

/** Group markers, one a group. */
export async function doneGroups(ledger: LedgerStore): Promise<ReadonlyMap<number, { marker: Marker; path: string }>> {
  const { objects } = await ledger.list(paths.groups);
  const groups = new Map<number, { marker: Marker; path: string }>();
  for (const { key } of objects) {
    const marker = parseMarker(key);
    if (marker !== undefined) groups.set(marker.number, { marker, path: key });
  }
  return groups;
}

/**
 * A group whose shards are over: the parts of its report, then its marker, which holds the tally. What earlier deliveries
 * wrote of them is not written again. Resolves with the tally, or with undefined where the time was over.
 */
export async function finalizeGroup(
  ledger: LedgerStore,
  run: RunDocument,
  group: number,
  surroundings: Surroundings,
  pieceTime: PieceTime,
): Promise<Tally | undefined> {
  const meter = createMeter(ledger);
  const under = paths.parts(group);
  const progress = await readProgress(ledger, under);
  const parts = partsOf(run, group);
  const missing = parts.filter(({ number }) => !progress.written.has(number));
  const tallies = new Map<number, Tally>();
  for (const part of missing) {
    if (!pieceTime.forAnother()) return undefined;
    const tally = await writePart(ledger, run, part, surroundings, { under, progress, pieceTime, meter });
    if (tally === undefined) return undefined;
    // Each of its shards was marked as done, after its last trailer.
    addRequests(tally, { ledger: part.to - part.from });
    tallies.set(part.number, tally);
    // After the last of them the group's own marker says the same.
    if (tallies.size < missing.length) await writePartMarker(ledger, run, under, part, tally, meter, surroundings);
  }
  await Promise.all(
    [...progress.written].map(async ([number, path]) => tallies.set(number, await readTally(ledger, path))),
  );
  const whole = parts.map(({ number }) => tallies.get(number) ?? emptyTally()).reduce(mergeTally, emptyTally());
  meter.tell(whole, 1);
  const id = ulid(surroundings.clock.now(), surroundings.random);
  await ledger.put(groupPath(group, whole, id), tallyBody(run, whole));
  return whole;
}

/** Records that a part is written, and what it comes to. */
export async function writePartMarker(
  ledger: LedgerStore,
  run: Pick<RunDocument, "run">,
  under: string,
  part: Part,
  tally: Tally,
  meter: Meter,
  { clock, random }: Pick<Surroundings, "clock" | "random">,
): Promise<string> {
  meter.tell(tally, 1);
  const path = partPath(under, part.number, tally, ulid(clock.now(), random));
  await ledger.put(path, tallyBody(run, tally));
  return path;
}

const tallyBody = ({ run }: Pick<RunDocument, "run">, tally: Tally) =>
  `${JSON.stringify(tallyToSummary(tally, { run, state: "running" }))}\n`;

/**
 * The run's report: summary.json and report.html over all groups. Throws UserError `LedgerIncomplete` where a run that is said
 * to be complete does not add up to its rows.
 */
export async function writeSummary(
  ledger: LedgerStore,
  run: RunDocument,
  tallies: readonly Tally[],
  state: RunState,
  { clock }: Surroundings,
): Promise<Summary> {
  const whole = tallies.reduce(mergeTally, emptyTally());
  const ended = whole.archived + whole.skipped + whole.failed;
  if (state === "complete" && ended !== run.rows) {
    throw new UserError(
      "LedgerIncomplete",
      `The ledger of the run ${JSON.stringify(run.run)} does not add up: all its shards are marked as done, but ${ended} of ${run.rows} rows have an outcome below ${ledger.describe("outcomes/")}; something else deletes or writes there.`,
    );
  }
  const summary = tallyToSummary(
    { ...whole, pending: run.rows - ended },
    await factsOf(ledger, run, state, clock.now()),
  );
  await ledger.put(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
  await ledger.put(paths.html, reportHtml(summary));
  return summary;
}

export async function factsOf(
  ledger: LedgerStore,
  run: Pick<RunDocument, "run" | "request"> & Partial<Pick<RunDocument, "deletedFromSource" | "requests">>,
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
    deletedFromSource: run.deletedFromSource,
    requests: run.requests,
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

/** The tally in the marker of a group or a part. */
export async function readTally(ledger: LedgerStore, path: string): Promise<Tally> {
  const summary = await readSummaryAt(ledger, path);
  if (summary !== undefined) return summaryToTally(summary);
  throw new UserError("LedgerIncomplete", `The ledger object ${ledger.describe(path)} was listed but is gone.`);
}

/** The summary of a run that is over and written; undefined where it is not. */
export function readSummary(ledger: LedgerStore): Promise<Summary | undefined> {
  return readSummaryAt(ledger, paths.summary);
}

async function readSummaryAt(ledger: LedgerStore, path: string): Promise<Summary | undefined> {
  const bytes = await ledger.get(path);
  if (bytes === undefined) return undefined;
  try {
    return parseSummary(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw unreadable(ledger.describe(path), "is no summary of this version", cause);
  }
}
