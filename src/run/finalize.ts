/** The report of a run, group by group: each step writes what follows from the ledger, whoever else does the same. */
import { ulid } from "ulid";
import { UserError } from "../errors.ts";
import { controlReason, readControl } from "../ledger/control.ts";
import { groupOf, groupPath, type Marker, parseMarker, paths, shardsPerGroup } from "../ledger/layout.ts";
import { type RunDocument, shardPath } from "../ledger/run-document.ts";
import { unreadable } from "../ledger/segment.ts";
import { decodeShardRows } from "../ledger/shard-rows.ts";
import type { LedgerStore } from "../ledger/store.ts";
import { failuresHeader, failuresLine } from "../report/failures-csv.ts";
import { createGzipText } from "../report/gzip-text.ts";
import { reportHtml } from "../report/html.ts";
import { resultsHeader, resultsLine } from "../report/results-csv.ts";
import { parseSummary, type RunState, type Summary, summaryToTally, tallyToSummary } from "../report/summary.ts";
import { addOutcome, addRequests, emptyTally, mergeTally, type Tally } from "../report/tally.ts";
import { foldListed, resolved } from "./shard-outcomes.ts";
import type { Surroundings } from "./surroundings.ts";

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

/** Writes the results and failures of one group, as far as its shards have come. Resolves with what they come to. */
export async function writeGroupReport(
  ledger: LedgerStore,
  run: RunDocument,
  group: number,
  around: Surroundings,
): Promise<Tally> {
  const { source, archive } = run.request;
  const tally = emptyTally();
  const { objects } = await ledger.list(paths.groupOutcomes(group));
  const archiveBucket = around.open("archive", archive);
  const results = createGzipText();
  results.add(resultsHeader);
  const failures = createFailures(ledger, group);
  for await (const { shard, rows } of foldListed(ledger, objects, tally)) {
    if (groupOf(shard) !== group) continue;
    const failed = [];
    for (const [row, folded] of [...rows].sort(([a], [b]) => a - b)) {
      const outcome = await resolved(folded, archiveBucket, tally, around);
      // A tally counts what is over; what is pending is what is left of the run's rows.
      if (outcome.outcome === "pending") continue;
      addOutcome(tally, outcome);
      results.add(resultsLine(source.bucket, outcome));
      if (outcome.outcome === "failed") failed.push({ row, outcome });
    }
    if (failed.length === 0) continue;
    const path = shardPath(run, shard);
    const bytes = await ledger.get(path);
    const planned = bytes === undefined ? [] : decodeShardRows(bytes, ledger.describe(path));
    for (const { row, outcome } of failed) {
      failures.add(failuresLine(source.bucket, { outcome, archiveKey: planned[row]?.archiveKey }));
    }
    await failures.writeFull();
  }
  await Promise.all([ledger.put(paths.results(group), results.end()), failures.end()]);
  return tally;
}

/** Characters of failures in one file. A group of which every row failed comes to hundreds of megabytes. */
const FAILURES_A_FILE = 16_000_000;

/** The failures of a group, in files that are each a manifest; no more than one of them is held. */
function createFailures(ledger: LedgerStore, group: number) {
  let part = 0;
  let lines = [failuresHeader];
  let length = 0;
  const write = async () => {
    const body = lines.join("");
    lines = [failuresHeader];
    length = 0;
    await ledger.put(paths.failures(group, part++), body);
  };
  return {
    add(line: string): void {
      lines.push(line);
      length += line.length;
    },
    async writeFull(): Promise<void> {
      if (length >= FAILURES_A_FILE) await write();
    },
    /** Writes the rest; of a group without failures an empty manifest, so that it is plain that there are none. */
    async end(): Promise<void> {
      if (length > 0 || part === 0) await write();
    },
  };
}

/** A group whose shards are over: its report, then its marker, which holds the tally. */
export async function finalizeGroup(
  ledger: LedgerStore,
  run: RunDocument,
  group: number,
  around: Surroundings,
): Promise<Tally> {
  const before = ledger.requests();
  const tally = await writeGroupReport(ledger, run, group, around);
  addRequests(tally, { ledger: ledger.requests() - before + 1 });
  const { archived, skipped, failed, bytes } = tally;
  const id = ulid(around.clock.now(), around.random);
  const body = tallyToSummary(tally, { run: run.run, state: "running" });
  await ledger.put(groupPath(group, { archived, skipped, failed, bytes }, id), `${JSON.stringify(body)}\n`);
  return tally;
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

/** The tally in a group's marker. */
export async function readGroupTally(ledger: LedgerStore, path: string): Promise<Tally> {
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
