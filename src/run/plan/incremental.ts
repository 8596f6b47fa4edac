/**
 * The nightly run: the listing of the source beside that of the archive. Both come in the order of their keys' UTF-8 bytes, so
 * one pass over both tells, without a request for any key, what the archive holds already:
 *
 *   in both, of one size and with the MD5s of the same bytes for ETags      unchanged
 *   in both, of one size, and archived at least 15 minutes after the source's Last-Modified   unchanged
 *   in both otherwise                          an ordinary row, which asks by HEAD (--if-exists skip) as ever
 *   in the source alone                        an ordinary row
 *   in the archive alone                       deleted from the source: reported, never deleted from the archive
 *
 * What is unchanged is counted, and in no shard: a night with nothing new writes next to nothing.
 *
 * Fifteen minutes, because a fetch that began before the source was replaced may be put after it: no function, and so no task,
 * lives longer. Under --if-exists keep whatever is there stays, so it is enough that something is.
 */

import { expectationOfRow, holdsOriginal, infoOfListed } from "../../archive/proof/identity.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { Row } from "../../manifest/row.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { isArchiveClass } from "../../vocabulary/choices.ts";
import { quote } from "../../vocabulary/errors.ts";
import type { Compared, PlanEntry } from "./entry.ts";

export type Pages = AsyncIterable<readonly ListedObject[]>;

/** How much later than the source's Last-Modified a copy must have been put to be surely of what the source is now. */
export const settledAfterMs = 15 * 60_000;

/** Entries of one batch, more or less. */
const BATCH = 1_000;

/**
 * What goes before a source key to make its archive key, where that is all: then both listings have one order. Else why not;
 * undefined where the run looks at no archive before it fetches.
 */
export function comparisonOf(
  request: Pick<RunRequest, "run" | "archive" | "options">,
): (Compared & { readonly by: "head" }) | { readonly by: "listing"; readonly before: string } | undefined {
  const { ifExists, archiveKey } = request.options;
  if (ifExists !== "skip" && ifExists !== "keep") return undefined;
  const template = archiveKey.replaceAll("{run}", request.run);
  const literal = template.endsWith("{key}") ? template.slice(0, -"{key}".length) : undefined;
  if (literal === undefined || /[{}]/.test(literal)) {
    return {
      by: "head",
      reason: `--archive-key ${quote(archiveKey)} orders the archive's keys otherwise than the source's, so each key is asked by HEAD`,
    };
  }
  return { by: "listing", before: request.archive.prefix + literal };
}

/** A row of a listing. Its etag is worth something where it is an MD5, of the object or of its parts. */
export function listedRow({ key, size, etag, storageClass }: ListedObject): Row {
  const bare = etag.toLowerCase();
  const row = /^[0-9a-f]{32}(-\d{1,5})?$/.test(bare) ? { key, size, etag: bare } : { key, size };
  return isArchiveClass(storageClass) ? { ...row, storageClass } : row;
}

export interface MergeOptions {
  /** What goes before a source key to make its archive key; every page of the archive begins so. */
  readonly before: string;
  readonly ifExists: RunRequest["options"]["ifExists"];
  /** May a worker list the archive once more, instead of a HEAD for each key that it lacks? */
  readonly mayListAgain?: boolean | undefined;
  /** Rows listed before, for their numbers. */
  readonly line: number;
}

/** Rows in the order of the source, and between them what the source no longer has. */
export async function* mergeListings(source: Pages, archive: Pages, options: MergeOptions): PlanEntryBatches {
  const { before, ifExists } = options;
  let { line } = options;
  const there = reader(archive, before);
  let batch: PlanEntry[] = [];
  for await (const page of source) {
    for (const object of page) {
      let copy = there.now() ?? (await there.ahead());
      while (copy !== undefined && compareKeys(copy.key, object.key) < 0) {
        batch.push(deleted(copy));
        copy = there.next() ?? (await there.ahead());
        if (batch.length >= BATCH) {
          yield batch;
          batch = [];
        }
      }
      const row = listedRow(object);
      const at = { line: ++line };
      const message = copy?.key === object.key ? unchanged(row, object, copy, ifExists) : undefined;
      const modified = object.lastModified;
      if (message !== undefined) batch.push({ kind: "unchanged", row, at, message, modified, countOnly: true });
      else {
        const absent = options.mayListAgain === true && copy?.key !== object.key;
        batch.push({ kind: "row", row, at, absent, modified });
      }
      if (copy?.key === object.key) there.next();
    }
    if (batch.length >= BATCH) {
      yield batch;
      batch = [];
    }
  }
  for (let copy = there.now() ?? (await there.ahead()); copy !== undefined; ) {
    batch.push(deleted(copy));
    if (batch.length >= BATCH) {
      yield batch;
      batch = [];
    }
    copy = there.next() ?? (await there.ahead());
  }
  if (batch.length > 0) yield batch;
}

export type PlanEntryBatches = AsyncGenerator<readonly PlanEntry[]>;

/** What the archive has of a key that the source has no more: new until it is found among those that were known before. */
function deleted(copy: ListedObject): Extract<PlanEntry, { kind: "deleted" }> {
  const { key, size, etag } = listedRow(copy);
  return { kind: "deleted", key, size, ...(etag === undefined ? undefined : { etag }), isNew: true };
}

/**
 * Tells which of the deleted keys an earlier run had found already. Both are in the order of keys.
 * @param known called once, where there is any deleted key; resolves with what no run is known of by undefined
 */
export async function* tellNewlyDeleted(
  entries: AsyncIterable<readonly PlanEntry[]>,
  known: () => Promise<{ readonly run: string; readonly keys: AsyncIterable<string> } | undefined>,
): PlanEntryBatches {
  let keys: AsyncIterator<string> | undefined;
  let last: IteratorResult<string, unknown> | undefined;
  for await (const batch of entries) {
    if (!batch.some(({ kind }) => kind === "deleted")) {
      yield batch;
      continue;
    }
    if (last === undefined) {
      const before = await known();
      keys = before?.keys[Symbol.asyncIterator]();
      last = (await keys?.next()) ?? { done: true, value: undefined };
      if (before !== undefined) yield [{ kind: "since", run: before.run }];
    }
    const told: PlanEntry[] = [];
    for (const entry of batch) {
      if (entry.kind !== "deleted") {
        told.push(entry);
        continue;
      }
      while (!last.done && compareKeys(last.value, entry.key) < 0) {
        last = (await keys?.next()) ?? { done: true, value: undefined };
      }
      told.push(!last.done && last.value === entry.key ? { ...entry, isNew: false } : entry);
    }
    yield told;
  }
}

/**
 * Why the archive need not be asked, as the report says it; undefined where it must.
 * @param source as it was listed, where it was
 */
export function unchanged(
  row: Row,
  source: ListedObject | undefined,
  copy: ListedObject,
  ifExists: MergeOptions["ifExists"],
): string | undefined {
  if (ifExists === "keep") return "the archive key is taken, and --if-exists keep leaves it as it is";
  const since = `the archive holds it since ${new Date(copy.lastModified).toISOString()}`;
  if (holdsOriginal(expectationOfRow(row), infoOfListed(copy))) return `${since}, with the same MD5`;
  if (source === undefined || copy.size !== source.size) return undefined;
  if (copy.lastModified - source.lastModified < settledAfterMs) return undefined;
  return `${since}, and the source has not changed since`;
}

/** One object after the other; only a new page needs waiting for. Keys come without what is before them. */
function reader(pages: Pages, before: string) {
  const iterator = pages[Symbol.asyncIterator]();
  let page: readonly ListedObject[] = [];
  let at = 0;
  const now = (): ListedObject | undefined => {
    const object = page[at];
    return object === undefined ? undefined : { ...object, key: object.key.slice(before.length) };
  };
  return {
    now,
    next() {
      at++;
      return now();
    },
    /** The first of the next page; undefined at the end. */
    async ahead(): Promise<ListedObject | undefined> {
      for (;;) {
        const next = await iterator.next();
        if (next.done) return undefined;
        // The folder itself, as consoles store it, is nobody's copy.
        page = next.value.filter(({ key }) => key.length > before.length);
        at = 0;
        if (page.length > 0) return now();
      }
    },
  };
}

/** Plain rows, where nothing is compared. */
export async function* rowsOfListing(source: Pages, line: number): PlanEntryBatches {
  let n = line;
  for await (const page of source) {
    yield page.map((object) => {
      const row = listedRow(object);
      return { kind: "row" as const, row, at: { line: ++n }, modified: object.lastModified };
    });
  }
}
