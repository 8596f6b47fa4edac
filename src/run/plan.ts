/**
 * Planning: rows become shards in the ledger. Safe to do twice and side by side: each planner writes under a plan id of its
 * own, and only the plan that run.json names counts.
 */
import { ulid } from "ulid";
import { archiveKeyFault, archiveKeyOf } from "../archive/archive-key.ts";
import type { Clock, Random } from "../clock.ts";
import { quote, UserError } from "../errors.ts";
import { paths } from "../ledger/layout.ts";
import { type RunDocument, type RunRequest, runDocumentSchema } from "../ledger/run-document.ts";
import { unreadable } from "../ledger/segment.ts";
import { encodeShardRows, type PlannedRow, type Settled } from "../ledger/shard-rows.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { ManifestEntry, Row } from "../manifest/row.ts";
import { toolVersion } from "../version.ts";
import { createSeen, type Seen } from "./seen.ts";

export interface PlanCounts {
  rows: number;
  /** Of the rows whose size the manifest tells. */
  bytes: number;
  duplicates: number;
  collisions: number;
  invalid: number;
}

/** Shard files under way at once. */
const WRITES = 4;

/** Turns manifest entries into planned rows, one shard at a time. */
export async function* planShards(
  entries: AsyncIterable<readonly ManifestEntry[]>,
  request: Pick<RunRequest, "run" | "source" | "archive" | "options">,
  counts: PlanCounts,
  random: Random,
): AsyncGenerator<readonly PlannedRow[]> {
  const seen = createSeen(random);
  let shard: PlannedRow[] = [];
  for await (const batch of entries) {
    for (const entry of batch) {
      const row = settle(entry, request, seen, counts);
      counts.rows++;
      counts.bytes += row.settled === undefined ? (row.size ?? 0) : 0;
      shard.push(row);
      if (shard.length === request.options.shardSize) {
        yield shard;
        shard = [];
        seen.nextShard();
      }
    }
  }
  if (shard.length > 0) yield shard;
}

/**
 * Refuses, before anything is written, a manifest that holds no row, or of whose first shard not one row can be read
 * (UserError `EmptyManifest`, `ManifestNotAsSaid`).
 */
export async function checkManifest(
  entries: AsyncIterable<readonly ManifestEntry[]>,
  request: Pick<RunRequest, "rows" | "options">,
): Promise<void> {
  let rows = 0;
  let firstFault: string | undefined;
  for await (const batch of entries) {
    for (const entry of batch) {
      if (entry.kind === "row" || entry.fault === "value") return;
      firstFault ??= entry.message;
    }
    rows += batch.length;
    if (rows >= request.options.shardSize) break;
  }
  if (firstFault !== undefined) throw notAsSaid(request, firstFault);
  if (request.rows.kind !== "listing") throw emptyManifest(request);
}

function notAsSaid(request: Pick<RunRequest, "rows">, fault: string): UserError {
  const { rows } = request;
  const name =
    rows.kind === "file" ? rows.name : rows.kind === "object" ? `cos://${rows.bucket}/${rows.key}` : rows.kind;
  const format = "format" in rows ? rows.format : rows.kind;
  return new UserError(
    "ManifestNotAsSaid",
    `The manifest ${quote(name)} is not ${format}: not one row of it can be read, ${fault}; say what it is with --format.`,
  );
}

/** What planning alone can say of a row. */
function settle(
  entry: ManifestEntry,
  request: Pick<RunRequest, "run" | "source" | "archive" | "options">,
  seen: Seen,
  counts: PlanCounts,
): PlannedRow {
  const invalid = (row: Row, message: string): PlannedRow => {
    counts.invalid++;
    const settled: Settled = { outcome: "failed", code: "InvalidRow", message };
    return { ...row, settled };
  };
  if (entry.kind === "invalid") return invalid({ key: entry.key }, entry.message);
  const { row, at } = entry;
  const { source, archive, options, run } = request;
  if (!row.key.startsWith(source.prefix)) {
    return invalid(
      row,
      `row ${at.line}: the key ${quote(row.key)} lies outside the source prefix ${quote(source.prefix)}`,
    );
  }
  const archiveKey = archiveKeyOf(row, options.archiveKey, archive.prefix, run);
  const fault = archiveKeyFault(archiveKey);
  if (fault !== undefined) return invalid(row, `row ${at.line}: ${fault}`);
  const sighting = seen.see(archiveKey, `${row.versionId ?? ""}\n${row.key}`);
  if (sighting === "new") return row;
  if (sighting === "duplicate") {
    counts.duplicates++;
    return {
      ...row,
      settled: { outcome: "skipped", code: "Duplicate", message: `row ${at.line} repeats an earlier row` },
    };
  }
  counts.collisions++;
  const message = `row ${at.line}: an earlier row of another source is archived under ${quote(archiveKey)}`;
  return { ...row, settled: { outcome: "failed", code: "ArchiveKeyCollision", message } };
}

export interface Planner {
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Writes one plan and makes it the run's, unless another was first: then that one is the run's. */
export async function writePlan(
  entries: AsyncIterable<readonly ManifestEntry[]>,
  request: RunRequest,
  { ledger, clock, random }: Planner,
): Promise<RunDocument> {
  const plan = ulid(clock.now(), random);
  const counts: PlanCounts = { rows: 0, bytes: 0, duplicates: 0, collisions: 0, invalid: 0 };
  const writes = new Set<Promise<void>>();
  let fault: unknown;
  let shards = 0;
  for await (const rows of planShards(entries, request, counts, random)) {
    const write = ledger.put(paths.shard(plan, shards++), encodeShardRows(rows)).catch((error: unknown) => {
      fault ??= error;
    });
    writes.add(write);
    write.finally(() => writes.delete(write));
    if (writes.size >= WRITES) await Promise.race(writes);
    if (fault !== undefined) throw fault;
  }
  await Promise.all(writes);
  if (fault !== undefined) throw fault;
  const { rows, bytes, ...settled } = counts;
  const document: RunDocument = {
    schema: "cos-originals/run@1",
    run: request.run,
    plan,
    request,
    shards,
    rows,
    bytes,
    settled,
    plannedAt: new Date(clock.now()).toISOString(),
    tool: toolVersion,
  };
  await ledger.create(paths.run, `${JSON.stringify(document)}\n`);
  // Whether it was there before or our own answer was lost: what is there now is the run's.
  const ruling = await readRun(ledger);
  if (ruling === undefined) {
    throw new UserError(
      "LedgerIncomplete",
      `${ledger.describe(paths.run)} was written but is not there; is something deleting from the ledger?`,
    );
  }
  return ruling;
}

function emptyManifest(request: Pick<RunRequest, "rows">): UserError {
  const { rows } = request;
  const name =
    rows.kind === "file" ? rows.name : rows.kind === "object" ? `cos://${rows.bucket}/${rows.key}` : rows.kind;
  return new UserError(
    "EmptyManifest",
    `The manifest ${quote(name)} holds no rows, so there is nothing to archive; is it the right file?`,
  );
}

/** Undefined where the run is not planned yet. */
export async function readRun(ledger: LedgerStore): Promise<RunDocument | undefined> {
  const bytes = await ledger.get(paths.run);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable(ledger.describe(paths.run), "is not JSON", cause);
  }
  const parsed = runDocumentSchema.safeParse(value);
  if (!parsed.success) throw unreadable(ledger.describe(paths.run), "is no run document of this version");
  return parsed.data;
}
