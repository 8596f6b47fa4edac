/**
 * Writes one part of the report. Where a delivery has no time to end it, it leaves a draft: the part as far as it came, and
 * how it stands. The next one goes on there, so that even one that has time for a single shard ends every part. Of several
 * drafts any would do, for each holds all rows of the shards before where it ends; the furthest is taken.
 */

import { ulid } from "ulid";
import { endedRows } from "../../ledger/counts.ts";
import { planOfShard, type RunDocument } from "../../ledger/plan/run-document.ts";
import { readShardRows } from "../../ledger/plan/shard-rows.ts";
import { type Draft, type DraftContent, readDraft, writeDraft, writeDraftFiles } from "../../ledger/report/draft.ts";
import { writeFailures, writeResults } from "../../ledger/report/part-files.ts";
import type { Progress } from "../../ledger/report/progress.ts";
import type { ShardsOver } from "../../ledger/shard/done-marker.ts";
import { foldPart, type Looking, rowsOver, wholeFold } from "../../ledger/shard/whole-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { failuresHeader, failuresLine } from "../../report/failures-csv.ts";
import { createGzipText } from "../../report/gzip-text.ts";
import { resultsHeader, resultsLine } from "../../report/results-csv.ts";
import { addOutcome, addRequests, emptyTally, type Tally } from "../../report/tally.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { PieceTime } from "./piece-time.ts";
import type { Part } from "./report-parts.ts";
import { resolved } from "./resolved.ts";

/** Tells a tally of the ledger's requests, each once. */
export interface Meter {
  /** Adds those since the last time, and `coming` that follow at once. */
  tell(tally: Tally, coming: number): void;
}

export function createMeter(ledger: LedgerStore): Meter {
  let told = ledger.requests();
  return {
    tell(tally, coming) {
      const sent = ledger.requests() + coming;
      addRequests(tally, { ledger: sent - told });
      told = sent;
    },
  };
}

export interface Resumable {
  /** Where progress is recorded, and what of it is there. */
  readonly under: string;
  readonly progress: Progress;
  readonly pieceTime: PieceTime;
  readonly meter: Meter;
  /** Asked right before the part is written: is it still wanted? */
  readonly isWanted?: () => Promise<boolean>;
}

export interface PartOptions {
  /** Of its shards, those that are over: as many of their rows are in it. */
  readonly over: ShardsOver;
  /** What becomes of one that lacks some of them for good. */
  readonly lacking: Looking["lacking"];
  readonly resumable?: Resumable;
  /** As the run was asked, unless it is said. */
  readonly csvSafe?: boolean | undefined;
}

/**
 * Writes the results and the failures of a part, as far as its shards have come, and resolves with what they come to;
 * undefined where the time was over, or an outcome is not listed yet (then there is a draft of it), or where the part is no longer wanted.
 */
export async function writePart(
  ledger: LedgerStore,
  run: RunDocument,
  part: Part,
  surroundings: Surroundings,
  { over, lacking, resumable, csvSafe = run.request.options.csvSafe }: PartOptions,
): Promise<Tally | undefined> {
  const { source, archive } = run.request;
  const { shardSize } = run.request.options;
  const archiveBucket = surroundings.open("archive", archive);
  const begun = resumable && (await furthestDraft(ledger, part, over, resumable));
  const from = begun?.next ?? part.from;
  const tally = begun?.tally ?? emptyTally();
  const results = createGzipText(begun?.results);
  if (begun === undefined) results.add(resultsHeader);
  const failures = createFailures(ledger, part.number, begun);
  const { clock, log, random } = surroundings;
  const { pieceTime } = resumable ?? {};
  const leave = async (next: number, { under, meter }: Resumable) => {
    if (next === from) return;
    const draft = { part: part.number, next, id: ulid(clock.now(), random) };
    await leaveDraft(ledger, run, draft, { under, meter }, tally, { results: results.end(), ...failures.soFar() });
  };
  pieceTime?.begin();
  for await (const first of foldPart(ledger, from, part.to, over)) {
    const looking = { run: run.run, clock, log, pieceTime, lacking };
    const fold = await wholeFold(ledger, first, over.get(first.shard), looking);
    if (fold === undefined) {
      if (resumable !== undefined) await leave(first.shard, resumable);
      return undefined;
    }
    const { shard, rows, recordedAt } = fold;
    fold.countIn(tally);
    const failed = [];
    for (const [row, folded] of [...rows].sort(([a], [b]) => a - b)) {
      const outcome = await resolved(folded, archiveBucket, tally, surroundings);
      // A tally counts what is over; what is pending is what is left of the run's rows.
      if (outcome.outcome === "pending") continue;
      addOutcome(tally, outcome, { first: shard * shardSize, recordedAt: recordedAt(folded) });
      results.add(resultsLine(source.bucket, outcome, csvSafe));
      if (outcome.outcome === "failed") failed.push({ row, outcome });
    }
    if (failed.length > 0) {
      const planned = (await readShardRows(ledger, planOfShard(run, shard), shard)) ?? [];
      for (const { row, outcome } of failed) {
        const { archiveKey, storageClass } = planned[row] ?? {};
        failures.add(failuresLine(source.bucket, { outcome, archiveKey, storageClass }));
      }
      await failures.writeFull();
    }
    if (resumable === undefined) continue;
    resumable.pieceTime.ended();
    const next = shard + 1;
    if (next === part.to || resumable.pieceTime.forAnother()) continue;
    await leave(next, resumable);
    return undefined;
  }
  if (resumable?.isWanted !== undefined && !(await resumable.isWanted())) return undefined;
  await Promise.all([writeResults(ledger, part.number, results.end()), failures.end()]);
  return tally;
}

/** Undefined where there is none that holds all rows of the shards before where it ends: an older version went on where a shard lacked some. */
async function furthestDraft(
  ledger: LedgerStore,
  part: Part,
  over: ShardsOver,
  { under, progress }: Pick<Resumable, "under" | "progress">,
): Promise<(DraftContent & Pick<Draft, "next">) | undefined> {
  for (const draft of progress.drafts.get(part.number) ?? []) {
    const content = await readDraft(ledger, under, draft);
    if (endedRows(content.tally) >= rowsOver(over, part.from, draft.next)) return { ...content, next: draft.next };
  }
  return undefined;
}

/** Characters of failures in one file. A part of which every row failed comes to tens of megabytes. */
const FAILURES_A_FILE = 16_000_000;

/** The failures of a part, in files that are each a manifest; no more than one of them is held. */
function createFailures(ledger: LedgerStore, part: number, begun?: Pick<DraftContent, "failures" | "failuresFiles">) {
  let files = begun?.failuresFiles ?? 0;
  let lines = [begun?.failures ?? failuresHeader];
  let length = Math.max(0, (lines[0] ?? "").length - failuresHeader.length);
  /** A draft of an older version has a column less, the last one: its file goes on with as many. */
  let isNarrow = begun !== undefined && !begun.failures.startsWith(failuresHeader);
  const write = async () => {
    const body = lines.join("");
    lines = [failuresHeader];
    length = 0;
    isNarrow = false;
    await writeFailures(ledger, part, files++, body);
  };
  return {
    add(line: string): void {
      lines.push(isNarrow ? line.replace(/,[^,"]*\n$/, "\n") : line);
      length += line.length;
    },
    async writeFull(): Promise<void> {
      if (length >= FAILURES_A_FILE) await write();
    },
    /** Writes the rest; of a part without failures an empty manifest, so that it is plain that there are none. */
    async end(): Promise<void> {
      if (length > 0 || files === 0) await write();
    },
    soFar: () => ({ failures: lines.join(""), failuresFiles: files }),
  };
}

async function leaveDraft(
  ledger: LedgerStore,
  { run }: Pick<RunDocument, "run">,
  draft: Draft,
  { under, meter }: Pick<Resumable, "under" | "meter">,
  tally: Tally,
  { results, failures, failuresFiles }: Omit<DraftContent, "tally">,
): Promise<void> {
  await writeDraftFiles(ledger, under, draft, { results, failures });
  meter.tell(tally, 1);
  await writeDraft(ledger, under, draft, run, { tally, failuresFiles });
}
