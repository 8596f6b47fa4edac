/**
 * Writes one part of the report. Where a delivery has no time to end it, it leaves a draft: the part as far as it came, and
 * how it stands. The next one goes on there, so that even one that has time for a single shard ends every part. Of several
 * drafts any would do, for each holds all rows of the shards before where it ends; the furthest is taken.
 */
import { ulid } from "ulid";
import * as z from "zod";
import { type Draft, draftPaths, isStoppedReport, parseDraft, parseMarker, paths } from "../../ledger/layout.ts";
import { type RunDocument, shardPath } from "../../ledger/plan/run-document.ts";
import { decodeShardRows } from "../../ledger/plan/shard-rows.ts";
import { unreadable } from "../../ledger/shard/segment.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { failuresHeader, failuresLine } from "../../report/failures-csv.ts";
import { createGzipText } from "../../report/gzip-text.ts";
import { resultsHeader, resultsLine } from "../../report/results-csv.ts";
import { parseSummary, summaryToTally, tallyToSummary } from "../../report/summary.ts";
import { addOutcome, addRequests, emptyTally, type Tally } from "../../report/tally.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { PieceTime } from "./piece-time.ts";
import type { Part } from "./report-parts.ts";
import { foldShards, resolved } from "./shard-outcomes.ts";

/** What earlier deliveries made of the parts whose progress is recorded below one prefix. */
export interface Progress {
  /** Paths of the markers of parts that are written, by part. */
  readonly written: ReadonlyMap<number, string>;
  /** The furthest draft of each other part. */
  readonly drafts: ReadonlyMap<number, Draft>;
  /** Of a run that was stopped: its report is written. */
  readonly reported: boolean;
}

/** `under`: paths.parts(…) or paths.stopped(…). */
export async function readProgress(ledger: LedgerStore, under: string): Promise<Progress> {
  const written = new Map<number, string>();
  const drafts = new Map<number, Draft>();
  let reported = false;
  for (const { key } of (await ledger.list(under)).objects) {
    const marker = parseMarker(key);
    if (marker !== undefined) written.set(marker.number, key);
    const draft = parseDraft(key);
    if (draft !== undefined && draft.next > (drafts.get(draft.part)?.next ?? -1)) drafts.set(draft.part, draft);
    reported ||= isStoppedReport(key);
  }
  return { written, drafts, reported };
}

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

/**
 * Writes the results and the failures of a part, as far as its shards have come, and resolves with what they come to;
 * undefined where the time was over (then there is a draft of it), or where the part is no longer wanted.
 */
export async function writePart(
  ledger: LedgerStore,
  run: RunDocument,
  part: Part,
  surroundings: Surroundings,
  resumable?: Resumable,
): Promise<Tally | undefined> {
  const { source, archive } = run.request;
  const archiveBucket = surroundings.open("archive", archive);
  const draft = resumable?.progress.drafts.get(part.number);
  const begun = draft && resumable && (await readDraft(ledger, resumable.under, draft));
  const tally = begun?.tally ?? emptyTally();
  const results = createGzipText(begun?.results);
  if (begun === undefined) results.add(resultsHeader);
  const failures = createFailures(ledger, part.number, begun);
  resumable?.pieceTime.begin();
  for await (const { shard, rows } of foldShards(ledger, draft?.next ?? part.from, part.to, tally)) {
    const failed = [];
    for (const [row, folded] of [...rows].sort(([a], [b]) => a - b)) {
      const outcome = await resolved(folded, archiveBucket, tally, surroundings);
      // A tally counts what is over; what is pending is what is left of the run's rows.
      if (outcome.outcome === "pending") continue;
      addOutcome(tally, outcome);
      results.add(resultsLine(source.bucket, outcome));
      if (outcome.outcome === "failed") failed.push({ row, outcome });
    }
    if (failed.length > 0) {
      const path = shardPath(run, shard);
      const bytes = await ledger.get(path);
      const planned = bytes === undefined ? [] : decodeShardRows(bytes, ledger.describe(path));
      for (const { row, outcome } of failed) {
        failures.add(failuresLine(source.bucket, { outcome, archiveKey: planned[row]?.archiveKey }));
      }
      await failures.writeFull();
    }
    if (resumable === undefined) continue;
    resumable.pieceTime.ended();
    const next = shard + 1;
    if (next === part.to || resumable.pieceTime.forAnother()) continue;
    const id = ulid(surroundings.clock.now(), surroundings.random);
    const { number } = part;
    await writeDraft(ledger, run, { part: number, next, id }, resumable, { tally, results: results.end(), failures });
    return undefined;
  }
  if (resumable?.isWanted !== undefined && !(await resumable.isWanted())) return undefined;
  await Promise.all([ledger.put(paths.results(part.number), results.end()), failures.end()]);
  return tally;
}

/** Characters of failures in one file. A part of which every row failed comes to tens of megabytes. */
const FAILURES_A_FILE = 16_000_000;

interface Failures {
  /** Full files that are written. */
  readonly files: number;
  /** The file after these, as far as it came. */
  readonly text: string;
}

/** The failures of a part, in files that are each a manifest; no more than one of them is held. */
function createFailures(ledger: LedgerStore, part: number, begun?: { readonly failures: Failures }) {
  let files = begun?.failures.files ?? 0;
  let lines = [begun?.failures.text ?? failuresHeader];
  let length = (lines[0] ?? "").length - failuresHeader.length;
  const write = async () => {
    const body = lines.join("");
    lines = [failuresHeader];
    length = 0;
    await ledger.put(paths.failures(part, files++), body);
  };
  return {
    add(line: string): void {
      lines.push(line);
      length += line.length;
    },
    async writeFull(): Promise<void> {
      if (length >= FAILURES_A_FILE) await write();
    },
    /** Writes the rest; of a part without failures an empty manifest, so that it is plain that there are none. */
    async end(): Promise<void> {
      if (length > 0 || files === 0) await write();
    },
    soFar: (): Failures => ({ files, text: lines.join("") }),
  };
}

const draftSchema = z.strictObject({ tally: z.unknown(), failuresFiles: z.int().min(0) });

async function writeDraft(
  ledger: LedgerStore,
  { run }: Pick<RunDocument, "run">,
  draft: Draft,
  { under, meter }: Pick<Resumable, "under" | "meter">,
  soFar: { readonly tally: Tally; readonly results: Buffer; readonly failures: { soFar(): Failures } },
): Promise<void> {
  const { tally, results } = soFar;
  const failures = soFar.failures.soFar();
  const at = draftPaths(under, draft);
  await Promise.all([ledger.put(at.results, results), ledger.put(at.failures, failures.text)]);
  meter.tell(tally, 1);
  const body = { tally: tallyToSummary(tally, { run, state: "running" }), failuresFiles: failures.files };
  await ledger.put(at.draft, `${JSON.stringify(body)}\n`);
}

async function readDraft(ledger: LedgerStore, under: string, draft: Draft) {
  const at = draftPaths(under, draft);
  const read = async (path: string): Promise<Buffer> => {
    const bytes = await ledger.get(path);
    if (bytes !== undefined) return bytes;
    throw new UserError("LedgerIncomplete", `The ledger object ${ledger.describe(path)} was written but is gone.`);
  };
  const [body, results, failures] = await Promise.all([read(at.draft), read(at.results), read(at.failures)]);
  try {
    const { tally, failuresFiles } = draftSchema.parse(JSON.parse(body.toString("utf8")));
    return {
      tally: summaryToTally(parseSummary(tally)),
      results,
      failures: { files: failuresFiles, text: failures.toString("utf8") },
    };
  } catch (cause) {
    throw unreadable(ledger.describe(at.draft), "is no draft of this version", cause);
  }
}
