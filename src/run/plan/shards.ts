/** From what a manifest or a listing says to the rows of shards, with what planning alone can settle. No I/O of its own. */

import { goesPlain } from "../../archive/task/knowledge.ts";
import { ledgerKeys, mayBeLedgerKey } from "../../ledger/own-keys.ts";
import type { DeletedKey } from "../../ledger/plan/deleted-keys.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { PlannedRow, Settled } from "../../ledger/plan/shard-rows.ts";
import type { Row } from "../../manifest/row.ts";
import { archiveKeyFault, archiveKeyOf } from "../../policy/archive-key.ts";
import { sameBucket } from "../../vocabulary/address.ts";
import { quote } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import {
  type Compared,
  isRow,
  type LeftOutBy,
  type ListedRows,
  type PlanEntries,
  type PlanEntry,
  type ReadUpTo,
} from "./entry.ts";
import type { GivenKeys } from "./keys/given-keys.ts";

export interface PlanCounts {
  rows: number;
  /** Of the rows whose size the manifest tells. */
  bytes: number;
  /** Among the rows to be worked, those that go by plain GETs; their bytes as far as they tell. */
  plain?: { rows: number; bytes: number };
  duplicates: number;
  collisions: number;
  invalid: number;
  /** Among `invalid`: their archive keys lie in the source or in a ledger. */
  forbidden?: number;
  /** Of a listing compared with the archive's, and what LISTs told of a manifest's. */
  unchanged?: number;
  /** Among them: in no shard. */
  countedOnly?: number;
  /** How it was compared; absent where it was not. */
  compared?: Compared;
  /** Rows to be worked of which a listing told that the archive does not have them. */
  absent?: number;
  /** What LISTs told of a manifest's rows. */
  listed?: ListedRows;
  /** What was read and is not in scope. */
  leftOut?: { [By in LeftOutBy]?: number | undefined };
  /** Reading ended at --limit: what comes after was not looked at. */
  limited?: boolean;
  /** Keys of the archive that the source no longer has: how many, the first of them, and how many no earlier run had found. */
  deleted?: { count: number; keys: string[]; new: number };
  /** That earlier run. */
  deletedSince?: string;
  /** Requests of each reading, by type. */
  readonly requests: Readonly<Record<string, number>>[];
}

export function noCounts(): PlanCounts {
  return { rows: 0, bytes: 0, duplicates: 0, collisions: 0, invalid: 0, requests: [] };
}

/** As many deleted keys are named. */
const DELETED_KEYS = 100;

/**
 * What is unchanged is recorded without a request, and need not count for as much as what is worked: a shard has so many times as many rows
 * where they are, and no more than the largest shard that may be asked for.
 */
const UNCHANGED = 5;
const MOST_ROWS = 10_000;

export interface PlannedShard {
  /** None: only so that it can be noted how far reading is. */
  readonly rows: readonly PlannedRow[];
  /** Where reading stands behind its last row; undefined where nothing is left to read. */
  readonly readUpTo: ReadUpTo | undefined;
}

/** What planning a row needs of the request, and where the ledger is, which no row may be archived into. */
export type PlanRequest = Pick<RunRequest, "run" | "source" | "archive" | "options"> & {
  readonly ledger: Pick<Place, "store" | "bucket" | "prefix">;
};

export interface PlanProgress {
  /** Go on from what they hold. */
  readonly counts: PlanCounts;
  /** Undefined where no two rows can have one archive key. */
  readonly givenKeys: GivenKeys | undefined;
  /** Behind which the entries begin; undefined at the beginning. */
  readonly readUpTo: ReadUpTo | undefined;
  /** Asked now and then while rows go by that are in no shard: is it to be noted how far reading is? Never where absent. */
  readonly isDue?: (() => boolean) | undefined;
  /** Is given each key that the source no longer has. */
  readonly onDeleted?: ((deleted: DeletedKey) => void) | undefined;
}

/** Makes shards of manifest entries, one at a time. */
export async function* planFrom(
  entries: PlanEntries,
  request: PlanRequest,
  { counts, givenKeys, readUpTo: from = { part: 0, rows: 0 }, isDue, onDeleted }: PlanProgress,
): AsyncGenerator<PlannedShard> {
  const { options } = request;
  const forbidden = forbiddenKeys(request);
  let readUpTo = from;
  let rows: PlannedRow[] = [];
  let toWork = 0;
  const { limit = Number.POSITIVE_INFINITY } = options;
  const mostRows = Math.max(options.shardSize, Math.min(MOST_ROWS, UNCHANGED * options.shardSize));
  let passed = 0;
  for await (const batch of entries) {
    for (const entry of batch) {
      if (entry.kind === "left-out") {
        counts.leftOut ??= {};
        counts.leftOut[entry.by] = (counts.leftOut[entry.by] ?? 0) + 1;
        readUpTo = { part: readUpTo.part, rows: readUpTo.rows + 1, key: entry.key };
        if (++passed % mostRows === 0 && isDue?.()) {
          if (rows.length > 0) givenKeys?.nextShard();
          yield { rows, readUpTo };
          rows = [];
          toWork = 0;
        }
        continue;
      }
      if (!isRow(entry)) {
        if (entry.kind === "part") readUpTo = entry.part === readUpTo.part ? readUpTo : { part: entry.part, rows: 0 };
        else if (entry.kind === "deleted") noteDeleted(entry, counts, onDeleted);
        else note(entry, counts);
        continue;
      }
      const row = settle(entry, request, forbidden, givenKeys, counts);
      counts.rows++;
      readUpTo = { part: readUpTo.part, rows: readUpTo.rows + 1, key: row.key };
      if (entry.kind === "unchanged" && entry.countOnly && row.settled?.code === "Unchanged") {
        counts.countedOnly = (counts.countedOnly ?? 0) + 1;
        if (++passed % mostRows === 0 && isDue?.()) {
          if (rows.length > 0) givenKeys?.nextShard();
          yield { rows, readUpTo };
          rows = [];
          toWork = 0;
        }
        continue;
      }
      if (row.settled === undefined && entry.kind === "row" && entry.absent) counts.absent = (counts.absent ?? 0) + 1;
      if (row.settled?.code !== "Unchanged") toWork++;
      if (row.settled === undefined) {
        counts.bytes += row.size ?? 0;
        if (goesPlain(row, options)) notePlain(row, counts);
      }
      rows.push(row);
      if (counts.rows - (counts.unchanged ?? 0) >= limit) {
        counts.limited = true;
        yield { rows, readUpTo: undefined };
        return;
      }
      if (toWork === options.shardSize || rows.length === mostRows) {
        givenKeys?.nextShard();
        yield { rows, readUpTo };
        rows = [];
        toWork = 0;
      }
    }
  }
  if (rows.length > 0) yield { rows, readUpTo: undefined };
}

function notePlain({ size = 0 }: PlannedRow, counts: PlanCounts): void {
  counts.plain ??= { rows: 0, bytes: 0 };
  counts.plain.rows++;
  counts.plain.bytes += size;
}

/** Keys of a listing are all different; so are their archive keys, where nothing of a key gets lost. */
export function mayRepeat({ rows, options }: Pick<RunRequest, "rows" | "options">): boolean {
  const fields = [...options.archiveKey.matchAll(/\{(\w+)\}/g)].map(([, field]) => field);
  const constant = new Set(["run", "versionId"]);
  return !(rows.kind === "listing" && fields.filter((field) => !constant.has(field as string)).join() === "key");
}

function note(
  entry: Extract<PlanEntry, { kind: "since" | "compared" | "requests" | "listed" }>,
  counts: PlanCounts,
): void {
  if (entry.kind === "requests") {
    counts.requests.push(entry.sent);
    return;
  }
  if (entry.kind === "listed") {
    counts.listed = entry.listed;
    return;
  }
  if (entry.kind === "since") {
    counts.deletedSince ??= entry.run;
    return;
  }
  // Where it was asked by HEAD in part, it is not to be called compared.
  if (counts.compared?.by !== "head") counts.compared = entry.compared;
}

function noteDeleted(
  { kind: _, ...deleted }: Extract<PlanEntry, { kind: "deleted" }>,
  counts: PlanCounts,
  onDeleted: PlanProgress["onDeleted"],
): void {
  counts.deleted ??= { count: 0, keys: [], new: 0 };
  counts.deleted.count++;
  if (deleted.isNew) counts.deleted.new++;
  if (counts.deleted.keys.length < DELETED_KEYS) counts.deleted.keys.push(deleted.key);
  onDeleted?.(deleted);
}

/** Which archive keys are never written, and why: those of the source, and those of any ledger. */
function forbiddenKeys({ source, archive, ledger }: PlanRequest) {
  const own = ledgerKeys(archive, ledger);
  const originals = sameBucket(source, archive) ? source.prefix : undefined;
  return (key: string): { readonly code: Settled["code"]; readonly why: string } | undefined => {
    if (originals !== undefined && key.startsWith(originals)) {
      return { code: "ArchiveKeyInSource", why: `lies in the source, whose keys begin with ${quote(originals)}` };
    }
    if (own !== undefined && key.startsWith(own)) {
      const why = `lies in the ledger, whose keys begin with ${quote(own)}; give it another, or the ledger another place with --ledger`;
      return { code: "ArchiveKeyInLedger", why };
    }
    return mayBeLedgerKey(key)
      ? { code: "ArchiveKeyInLedger", why: "is one of a run's ledger; archive under another prefix or template" }
      : undefined;
  };
}

/** What planning alone can say of a row. */
function settle(
  entry: Extract<PlanEntry, { kind: "row" | "invalid" | "unchanged" }>,
  { source, archive, options, run }: PlanRequest,
  forbidden: ReturnType<typeof forbiddenKeys>,
  givenKeys: GivenKeys | undefined,
  counts: PlanCounts,
): PlannedRow {
  const invalid = (row: Row, message: string): PlannedRow => {
    counts.invalid++;
    const settled: Settled = { outcome: "failed", code: "InvalidRow", message };
    return { ...row, settled };
  };
  if (entry.kind === "invalid") return invalid({ key: entry.key }, entry.message);
  const { row, at } = entry;
  const { history } = options.fromArchive ?? {};
  if (!row.key.startsWith(source.prefix) && !(history !== undefined && row.key.startsWith(history))) {
    return invalid(
      row,
      `row ${at.line}: the key ${quote(row.key)} lies outside the source prefix ${quote(source.prefix)}`,
    );
  }
  const archiveKey = archiveKeyOf(row, options.archiveKey, archive.prefix, run);
  const fault = archiveKeyFault(archiveKey);
  if (fault !== undefined) return invalid(row, `row ${at.line}: ${fault}`);
  const forbiddenBy = forbidden(archiveKey);
  if (forbiddenBy !== undefined) {
    counts.invalid++;
    counts.forbidden = (counts.forbidden ?? 0) + 1;
    const message = `row ${at.line}: the archive key ${quote(archiveKey)} ${forbiddenBy.why}`;
    return { ...row, settled: { outcome: "failed", code: forbiddenBy.code, message } };
  }
  const repetition = givenKeys?.give(archiveKey, `${row.versionId ?? ""}\n${row.key}`) ?? "new";
  if (repetition === "new") {
    if (entry.kind === "row") return row;
    counts.unchanged = (counts.unchanged ?? 0) + 1;
    return { ...row, settled: { outcome: "skipped", code: "Unchanged", message: entry.message } };
  }
  if (repetition === "duplicate") {
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
