/**
 * What LISTs tell of a manifest's rows, before they become shards: of the source what the originals are, where the rows do not say it, and
 * of the archive which it holds already. A HEAD each would tell the same, so LISTs are sent only as far as they cost less
 * (cos/listing/of-keys.ts), and what they do not tell a HEAD still does. A manifest may be in any order, so its rows are looked at some
 * thousands at a time: no more are held.
 *
 * What is concluded is what a listing of both buckets would conclude (incremental.ts). A row that names a version is told nothing of by
 * the source's listing, which has the newest.
 */
import { chooseProof } from "../../archive/proof/choose-proof.ts";
import { expectationOfRow } from "../../archive/proof/identity.ts";
import { tellUnlisted } from "../../archive/shard/listed-copies.ts";
import { type ListedKeys, listKeys } from "../../cos/listing/of-keys.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { Row } from "../../manifest/row.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { archiveKeyFault, archiveKeyOf } from "../../policy/archive-key.ts";
import { headsOfAList } from "../../policy/listing.ts";
import { putLimit } from "../../vocabulary/limits.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { ListedSide, PlanEntries, PlanEntry } from "./entry.ts";
import { listedRow, unchanged } from "./incremental.ts";

/** Rows that are looked at together: what lies apart in the manifest may lie side by side in the bucket. */
const BLOCK = 10_000;
/** Where reading them takes longer, fewer are looked at together: a delivery has to plan a shard in its time. */
const SLOW_MS = 2_000;
/** For the LISTs of one block, at most. */
const MOST_MS = 20_000;
/** Where LISTs told too little, as many blocks are passed over after the last of several that they did so for. */
const MOST_PASSED = 63;

export interface ListingRows {
  /** No LIST begins in the last quarter of the time before it, milliseconds by the clock's `elapsed`. */
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Asked = Pick<RunRequest, "run" | "source" | "archive" | "rows" | "options">;

/** The same entries, in their order, with what LISTs tell of them. Those of a listing have been compared already. */
export function withListings(
  entries: PlanEntries,
  request: Asked,
  surroundings: Pick<Surroundings, "open" | "clock" | "random" | "log">,
  listing: ListingRows = {},
): PlanEntries {
  return request.rows.kind === "listing" ? entries : listed(entries, request, surroundings, listing);
}

async function* listed(
  entries: PlanEntries,
  request: Asked,
  surroundings: Pick<Surroundings, "open" | "clock" | "random" | "log">,
  listing: ListingRows,
): AsyncGenerator<readonly PlanEntry[]> {
  const { ifExists, expect } = request.options;
  const { clock } = surroundings;
  const sent: Record<string, number> = {};
  const sideOf = (side: "source" | "archive") => createSide(side, request[side], sent, surroundings, listing);
  const source = sideOf("source");
  const archive = ifExists === "skip" || ifExists === "keep" ? sideOf("archive") : undefined;
  yield [
    { kind: "requests", sent },
    { kind: "listed", listed: { source: source.told, archive: archive?.told } },
  ];

  const tell = async (block: readonly PlanEntry[]): Promise<readonly PlanEntry[]> => {
    const copies = archive?.list(block.flatMap((entry) => archiveKeyIn(entry, request) ?? []));
    // It is waited for below; until then nobody would hear that it failed, and the process would end of it.
    copies?.catch(() => undefined);
    // Where the reply to the fetch is trusted, the source is asked only of what the archive may hold already.
    const maybe = expect === "get" ? await copies : undefined;
    const originals = await source.list(block.flatMap((entry) => sourceKeyIn(entry, request, maybe) ?? []));
    const there = await copies;
    return block.map((entry) => withWord(entry, request, originals, there));
  };
  let block: PlanEntry[] = [];
  let begun = clock.elapsed();
  for await (const batch of entries) {
    if (block.length === 0) begun = clock.elapsed();
    for (const entry of batch) block.push(entry);
    if (block.length < BLOCK && clock.elapsed() - begun < SLOW_MS) continue;
    yield await tell(block);
    block = [];
  }
  if (block.length > 0) yield await tell(block);
}

/** The key of a row that costs a HEAD of the source, as far as planning can tell, where a LIST would say what the HEAD does. */
function sourceKeyIn(entry: PlanEntry, request: Asked, copies: ListedKeys | undefined): string | undefined {
  const { source, options } = request;
  if (entry.kind !== "row" || !entry.row.key.startsWith(source.prefix)) return undefined;
  const { row } = entry;
  if (!saysNoMore(row)) return undefined;
  if (chooseProof(expectationOfRow(row), options.proof, (row.size ?? 0) <= putLimit) !== undefined) return undefined;
  if (options.expect !== "get") return row.key;
  const copy = copies?.of(archiveKeyIn(entry, request) ?? "");
  return copy === undefined || copy === "none" ? undefined : row.key;
}

function archiveKeyIn(entry: PlanEntry, { run, source, archive, options }: Asked): string | undefined {
  if (entry.kind !== "row" || !entry.row.key.startsWith(source.prefix)) return undefined;
  const key = archiveKeyOf(entry.row, options.archiveKey, archive.prefix, run);
  return archiveKeyFault(key) === undefined ? key : undefined;
}

function withWord(
  entry: PlanEntry,
  request: Asked,
  originals: ListedKeys | undefined,
  copies: ListedKeys | undefined,
): PlanEntry {
  if (entry.kind !== "row") return entry;
  const { at } = entry;
  const original = originalOf(entry.row, originals);
  const modified = entry.modified ?? original?.lastModified;
  const row = original === undefined ? entry.row : toldRow(entry.row, original);
  const key = copies === undefined ? undefined : archiveKeyIn(entry, request);
  const copy = key === undefined ? undefined : copies?.of(key);
  if (copy === undefined) return row === entry.row ? entry : { kind: "row", row, at, modified };
  if (copy === "none") return { kind: "row", row, at, modified, absent: true };
  // That something is newer than what an archive holds says nothing: it may be what the keys are brought back for.
  const since = request.options.fromArchive === undefined ? original : undefined;
  const message = unchanged(row, since, copy, request.options.ifExists);
  return message === undefined ? { kind: "row", row, at, modified } : { kind: "unchanged", row, at, message, modified };
}

/** What the manifest says of a row is what it was to be: an original of another size has changed since, and is asked for by HEAD. */
function originalOf(row: Row, originals: ListedKeys | undefined): ListedObject | undefined {
  if (!saysNoMore(row)) return undefined;
  const original = originals?.of(row.key);
  if (original === undefined || original === "none") return undefined;
  return row.size === undefined || row.size === original.size ? original : undefined;
}

/** Than its key, and perhaps its size. */
const saysNoMore = ({ versionId, etag, crc64 }: Row): boolean =>
  versionId === undefined && etag === undefined && crc64 === undefined;

function toldRow(row: Row, original: ListedObject): Row {
  const { storageClass } = row;
  return { ...row, ...listedRow(original), ...(storageClass === undefined ? undefined : { storageClass }) };
}

/** One of the two buckets, block by block. */
function createSide(
  side: "source" | "archive",
  place: RunRequest["archive"],
  sent: Record<string, number>,
  { open, clock, random, log }: Pick<Surroundings, "open" | "clock" | "random" | "log">,
  { deadline = Number.POSITIVE_INFINITY, signal }: ListingRows,
) {
  const told: ListedSide = { rows: 0, lists: 0 };
  /** Blocks in a row that LISTs told too little of. */
  let vain = 0;
  let pass = 0;
  const onRequest = () => {
    sent[`${side}.list`] = (sent[`${side}.list`] ?? 0) + 1;
  };
  return {
    told,
    async list(keys: readonly string[]): Promise<ListedKeys | undefined> {
      if (keys.length < headsOfAList || told.refused !== undefined) return undefined;
      const bucket = open(side, place);
      if (!bucket.offers.listsCheaply) return undefined;
      if (pass > 0) {
        pass--;
        return undefined;
      }
      const now = clock.elapsed();
      const until = now + Math.min(MOST_MS, (deadline - now) / 4);
      const listed = await listKeys(bucket, keys, { clock, random, signal, until, onRequest });
      told.rows += listed.told;
      told.lists += listed.lists;
      const paid = listed.told >= headsOfAList * listed.lists;
      vain = paid ? 0 : vain + 1;
      pass = Math.min(MOST_PASSED, 2 ** vain - 1);
      if (listed.fault !== undefined && tellUnlisted(listed.fault, bucket, log)) told.refused = listed.fault.message;
      return listed;
    },
  };
}
