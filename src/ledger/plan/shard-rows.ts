/** The rows of one shard, as planned: gzipped JSON lines, a row's position is its line. */
import { gzipSync } from "node:zlib";
import * as z from "zod";
import type { Row } from "../../manifest/row.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { incomplete, readParsed, unreadable } from "../document.ts";
import { paths } from "../layout.ts";
import { decodeLines } from "../lines.ts";
import type { LedgerStore } from "../store.ts";

const settledCodes = [
  "InvalidRow",
  "Duplicate",
  "ArchiveKeyCollision",
  "Unchanged",
  "ArchiveKeyInSource",
  "ArchiveKeyInLedger",
] as const;
export type SettledCode = (typeof settledCodes)[number];

/** What a run needs (needs.ts) whose rows have the last two codes, which older versions take for damage. */
export const needOfForbiddenKeys = "forbidden-keys";

/** A row that planning settled is recorded by the shard as it is, without a request. */
export interface Settled {
  readonly outcome: "failed" | "skipped";
  readonly code: SettledCode;
  readonly message: string;
}

export interface PlannedRow extends Row {
  readonly settled?: Settled | undefined;
}

const plannedRowSchema = z.object({
  key: z.string(),
  versionId: z.string().optional(),
  size: z.int().min(0).optional(),
  etag: z.string().optional(),
  crc64: z.string().optional(),
  archiveKey: z.string().optional(),
  storageClass: z.string().optional(),
  settled: z
    .object({
      outcome: z.enum(["failed", "skipped"]),
      code: z.enum(settledCodes),
      message: z.string(),
    })
    .optional(),
});

/** What passes here passes the schema, and comes out of it as it is; what does not may pass it all the same. */
function isPlainRow(value: unknown): value is PlannedRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let keyed = false;
  for (const name in value) {
    const field = (value as Record<string, unknown>)[name];
    switch (name) {
      case "key":
        if (typeof field !== "string") return false;
        keyed = true;
        break;
      case "size":
        if (!Number.isSafeInteger(field) || (field as number) < 0) return false;
        break;
      case "versionId":
      case "etag":
      case "crc64":
      case "archiveKey":
      case "storageClass":
        if (typeof field !== "string") return false;
        break;
      default:
        return false;
    }
  }
  return keyed;
}

export function encodeShardRows(rows: readonly PlannedRow[]): Buffer {
  let lines = "";
  for (const row of rows) lines += `${JSON.stringify(row)}\n`;
  return gzipSync(lines, { level: 1 });
}

/** Throws UserError `LedgerUnreadable` that names `where`. */
export function decodeShardRows(bytes: Buffer, where: string): readonly PlannedRow[] {
  const rows: PlannedRow[] = [];
  for (const value of decodeLines(bytes, where)) {
    if (isPlainRow(value)) {
      rows.push(value);
      continue;
    }
    const parsed = plannedRowSchema.safeParse(value);
    if (!parsed.success) throw unreadable(where, "holds a line that is no row");
    rows.push(parsed.data);
  }
  return rows;
}

export function writeShardRows(
  ledger: LedgerStore,
  plan: string,
  shard: number,
  rows: readonly PlannedRow[],
): Promise<void> {
  return ledger.put(paths.shard(plan, shard), encodeShardRows(rows));
}

/** The rows as they lie there, packed, and what unpacks them, or reads them once more where it can't; undefined where they are missing. */
export async function packedShardRows(
  ledger: Pick<LedgerStore, "get" | "describe">,
  plan: string,
  shard: number,
): Promise<(() => Promise<readonly PlannedRow[] | undefined>) | undefined> {
  const path = paths.shard(plan, shard);
  let bytes = await ledger.get(path);
  const readOnce = async () => {
    const first = bytes;
    bytes = undefined;
    return first ?? (await ledger.get(path));
  };
  return bytes && (() => readParsed({ describe: ledger.describe, get: readOnce }, path, decodeShardRows));
}

/** @param plan that wrote the shard: planOfShard(…). Undefined where its rows are missing. Throws UserError `LedgerUnreadable`. */
export async function readShardRows(
  ledger: LedgerStore,
  plan: string,
  shard: number,
): Promise<readonly PlannedRow[] | undefined> {
  return readParsed(ledger, paths.shard(plan, shard), decodeShardRows);
}

/** @param so what can't be done without them */
export function shardRowsGone(ledger: LedgerStore, plan: string, shard: number, so: string): UserError {
  return incomplete(ledger.describe(paths.shard(plan, shard)), `is gone, so ${so}.`);
}

export function noShardRows(ledger: LedgerStore, plan: string, shard: number): UserError {
  return new UserError(
    "LedgerIncomplete",
    `The rows of shard ${shard} are missing: ${ledger.describe(paths.shard(plan, shard))} does not exist, though run.json names its plan.`,
  );
}
