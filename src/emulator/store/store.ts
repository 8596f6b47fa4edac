/**
 * Tables of rows, and the bytes that rows name, under one data directory:
 *
 *   log             a line a commit, with all its changes; the tables are the fold of these lines
 *   bodies/<uuid>   bytes (bodies.ts)
 *   emulator.lock   keeps a second emulator out
 *
 * A process killed at any moment leaves each commit done or not begun. A log that is mostly of the past is written
 * anew at the start.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";
import { type Body, openBodies } from "./bodies.ts";
import { lockDirectory } from "./lock.ts";
import { type Log, openLog } from "./log.ts";
import type { Row } from "./records.ts";
import { createSortedTable, type SortedTable } from "./sorted-table.ts";

export interface Change {
  readonly table: string;
  readonly key: string;
  /** Null: removed. */
  readonly row: Row | null;
}

export type Table<R extends Row> = Pick<SortedTable<R>, "size" | "get" | "values" | "keys">;
export type Store = ReturnType<typeof openStore>;

const REWRITE_ABOVE_CHANGES = 4096;

function bytesOf(row: Row): Body {
  if ("versions" in row) return row.versions.flatMap((version) => ("body" in version ? version.body : []));
  return "body" in row ? row.body : [];
}

/** Throws UserError DataDirInUse, DataDirUnreadable. */
export function openStore(dataDir: string) {
  if (existsSync(join(dataDir, "buckets"))) throw unreadable(dataDir, "another version of the emulator wrote it");
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDirectory(dataDir);
  const path = join(dataDir, "log");
  const bodies = openBodies(join(dataDir, "bodies"));
  const tables = new Map<string, SortedTable<Row>>();
  let rows = 0;
  let changes = 0;

  function apply({ table: name, key, row }: Change): void {
    const table = tables.get(name) ?? createSortedTable();
    const before = table.get(key);
    if (row) table.set(key, row);
    else table.delete(key);
    if (table.size > 0) tables.set(name, table);
    else tables.delete(name);
    rows += Number(row !== null) - Number(before !== undefined);
    changes++;
    if (row) bodies.hold(bytesOf(row));
    if (before) bodies.release(bytesOf(before));
  }

  function applyLine(line: string): void {
    for (const change of JSON.parse(line) as Change[]) apply(change);
  }

  /** The log is replaced as a whole or not at all. */
  function rewrite(): void {
    rmSync(`${path}.new`, { force: true });
    const fresh = openLog(`${path}.new`, applyLine);
    for (const [table, { keys, get }] of tables) {
      for (const key of keys()) fresh.append(JSON.stringify([{ table, key, row: get(key) }]));
    }
    renameSync(`${path}.new`, path);
    log.close();
    log = fresh;
  }

  let log: Log;
  try {
    log = openLog(path, applyLine);
  } catch (error) {
    unlock();
    throw unreadable(dataDir, `its log is damaged (${ensureError(error).message})`, error);
  }
  bodies.sweep();
  if (changes > REWRITE_ABOVE_CHANGES && changes > 2 * rows) rewrite();

  return {
    bodies,
    /** As it is until the next commit. */
    table: <R extends Row>(name: string): Table<R> => (tables.get(name) ?? createSortedTable()) as SortedTable<R>,
    /** All changes or none. From then on the bytes that rows name are held. */
    commit(...made: readonly Change[]): void {
      const line = JSON.stringify(made);
      log.append(line);
      applyLine(line);
    },
    close(): void {
      log.close();
      bodies.close();
      unlock();
    },
  };
}

function unreadable(dataDir: string, why: string, cause?: unknown): UserError {
  const message = `The emulator's data directory ${quote(dataDir)} can't be read: ${why}; remove it or name another.`;
  return new UserError("DataDirUnreadable", message, { cause });
}
