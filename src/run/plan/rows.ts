/** The rows a request asks for, as a stream of manifest entries. */

import { parallelListing } from "../../cos/listing/parallel.ts";
import { ledgerWithin } from "../../ledger/own-keys.ts";
import type { RowsSource, RunRequest } from "../../ledger/plan/request.ts";
import { parseInventory, readInventoryFile } from "../../manifest/inventory.ts";
import { readManifest } from "../../manifest/read-manifest.ts";
import type { ManifestEntry } from "../../manifest/row.ts";
import type { Bucket, ListedObject } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { addressOf } from "../../vocabulary/address.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isBucketName } from "../../vocabulary/names.ts";
import { needOf } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import { deletedBefore } from "../places/deleted-before.ts";
import { listWithout, withoutLedgers } from "../places/without-ledgers.ts";
import { defaultLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { type PlanEntry, type ReadUpTo, skipRows } from "./entry.ts";
import { comparisonOf, mergeListings, type Pages, rowsOfListing, tellNewlyDeleted } from "./incremental.ts";

/** Where reading begins, and what it leaves out. */
export interface ReadingPlace {
  /** The run's ledger: what lies there is no copy of anything. */
  readonly ledger?: Place | undefined;
  /** Go on behind this; from the beginning where absent. */
  readonly from?: ReadUpTo | undefined;
  /** Ends the reading, which throws its reason, even where no row comes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the rows of a request, anew at each call, in batches. Of a listing what the archive already holds is settled on the way. Not of a
 * `file`: only the process that was given the file can read it.
 *
 * Errors: UserError (`ManifestMissing`, `ManifestForbidden`, `ManifestChanged`, `ManifestFrozen`, `ManifestElsewhere`, and what a manifest's text
 * gets wrong), BucketError.
 */
export function rowsOf(
  request: Pick<RunRequest, "run" | "source" | "archive" | "rows" | "options">,
  surroundings: Surroundings,
  { ledger, from, signal }: ReadingPlace = {},
): AsyncIterable<readonly PlanEntry[]> {
  const { rows, source } = request;
  switch (rows.kind) {
    case "object":
      return rows.format === "cos-inventory" || rows.format === "s3-inventory"
        ? inventory(rows, request, surroundings, from, signal)
        : skipRows(manifestObject(rows, source.bucket, surroundings, signal), from?.rows ?? 0);
    case "inline":
      return skipRows(inlineRows(rows.keys, source.bucket), from?.rows ?? 0);
    case "listing":
      return listing(request, rows.prefix, surroundings, ledger ?? defaultLedger(request.archive), from);
    case "file":
      throw new UserError(
        "ManifestElsewhere",
        `The manifest ${quote(rows.name)} was a file of the process that began this run before its plan was whole; start it there again.`,
      );
  }
}

type ObjectRows = Extract<RowsSource, { kind: "object" }>;

async function* manifestObject(
  rows: ObjectRows,
  sourceBucket: string,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ManifestEntry[]> {
  const { key, etag, format, keyEncoding } = rows;
  const bucket = surroundings.open("manifest", rows);
  const name = `${bucket.address}/${key}`;
  const body = await getStream(bucket, key, name, surroundings, etag);
  yield* readManifest(body, { name, format, keyEncoding, sourceBucket, signal });
}

/** The manifest.json, and then the files it names: their own proofs tell where one was replaced in the meantime. */
async function* inventory(
  rows: ObjectRows,
  { run, source, options }: Pick<RunRequest, "run" | "source" | "options">,
  surroundings: Surroundings,
  from: ReadUpTo | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly PlanEntry[]> {
  const { key, etag, keyEncoding, region } = rows;
  const bucket = surroundings.open("manifest", rows);
  const name = `${bucket.address}/${key}`;
  const manifest = parseInventory(
    await wholeManifest(await getStream(bucket, key, name, surroundings, etag), name),
    name,
  );
  const destination = destinationOf(manifest.destinationBucket, bucket.name);
  const files = destination === bucket.name ? bucket : surroundings.open("manifest", { bucket: destination, region });
  const open = (part: string) => openBody(files, part, surroundings);
  // Only so do they not all lie under one archive key.
  const allVersions = options.archiveKey.includes("{versionId}");
  const left = { olderVersions: 0, deleteMarkers: 0 };
  const leftOut = (what: keyof typeof left) => void left[what]++;
  const reading = { name, sourceBucket: source.bucket, keyEncoding, allVersions, leftOut, open, signal };
  for (const [part, file] of manifest.files.entries()) {
    if (part < (from?.part ?? 0)) continue;
    yield [{ kind: "part", part }];
    const entries = readInventoryFile(manifest, file, reading);
    yield* skipRows(entries, part === from?.part ? from.rows : 0);
  }
  if (left.olderVersions + left.deleteMarkers === 0) return;
  const all = left.olderVersions > 0 ? "; an --archive-key with {versionId} in it archives all" : "";
  surroundings.log.warn(`Rows of the inventory that are no newest versions were left out${all}.`, { run, ...left });
}

/** Of a manifest.json, which names its files in some 200 bytes each. */
const mostManifestBytes = 32 * 1024 * 1024;

async function wholeManifest(body: AsyncIterable<Uint8Array>, name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostManifestBytes) {
      throw new UserError(
        "InventoryInvalid",
        `reading the inventory ${name}: it has more than ${mostManifestBytes / 1024 ** 2} MiB, which no manifest.json has; give the inventory's manifest.json`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * An inventory's files lie in its destination bucket, which is where its manifest.json lies as well, unless somebody copied
 * that. COS may name it without its APPID.
 */
function destinationOf(destination: string | undefined, own: string): string {
  if (destination === undefined || own === destination || own.startsWith(`${destination}-`)) return own;
  return isBucketName(destination) ? destination : own;
}

/** The bytes of an object. */
async function openBody(
  bucket: Bucket,
  key: string,
  surroundings: Surroundings,
  headers?: Readonly<Record<string, string>>,
): Promise<AsyncIterable<Uint8Array>> {
  const request = { bufferUpTo: 0, ...(headers === undefined ? undefined : { headers }) };
  const reply = await withRetries(() => bucket.get(key, request), surroundings);
  return reply.kind === "stream" ? reply.stream : once(reply.bytes);
}

/** The manifest that the run's id was made of: where it was replaced since, that is another run. */
async function getStream(
  bucket: Bucket,
  key: string,
  name: string,
  surroundings: Surroundings,
  etag: string,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await openBody(bucket, key, surroundings, { "if-match": `"${etag}"` });
  } catch (error) {
    throw manifestTrouble(error, name);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Missing, forbidden and changed are different things to do something about. */
export function manifestTrouble(error: unknown, name: string): unknown {
  // A clock that is wrong, or a token that is renewed, is refused with 403 as well, and may be accepted later.
  if (!isBucketError(error) || error.retryable) return error;
  if (error.code === "InvalidObjectState") {
    return new UserError(
      "ManifestFrozen",
      `The manifest ${quote(name)} is stored in an archive class (${error.code}); restore it first.`,
    );
  }
  if (error.status === 404) {
    return new UserError(
      "ManifestMissing",
      `The manifest ${quote(name)} does not exist (${error.code}); check the bucket and the key.`,
    );
  }
  if (error.status === 403) {
    return new UserError(
      "ManifestForbidden",
      `The manifest ${quote(name)} may not be read (${error.code}); the credentials need ${needOf("cos", "get", "head")} on it.`,
    );
  }
  if (error.status === 412) {
    return new UserError(
      "ManifestChanged",
      `The manifest ${quote(name)} was replaced after the run was asked for; ask for it anew.`,
    );
  }
  return error;
}

const INLINE_BATCH = 1000;

/** Inline rows go through the same reader as a JSON manifest, so that they are checked the same way. */
async function* inlineRows(keys: readonly unknown[], sourceBucket: string): AsyncGenerator<readonly ManifestEntry[]> {
  async function* text() {
    yield Buffer.from("[");
    for (let from = 0; from < keys.length; from += INLINE_BATCH) {
      const part = keys.slice(from, from + INLINE_BATCH).map((key) => JSON.stringify(key));
      yield Buffer.from(`${from === 0 ? "" : ","}${part.join(",")}`);
    }
    yield Buffer.from("]");
  }
  yield* readManifest(text(), { name: "keys", format: "json", sourceBucket });
}

/** The source's listing, beside the archive's where that tells what is unchanged. */
async function* listing(
  request: Pick<RunRequest, "run" | "source" | "archive" | "rows" | "options">,
  prefix: string,
  surroundings: Surroundings,
  ledger: Place,
  from: ReadUpTo | undefined,
): AsyncGenerator<readonly PlanEntry[]> {
  const { clock, random, log, open } = surroundings;
  const line = from?.rows ?? 0;
  const sent = { "source.list": 0, "archive.list": 0 };
  const counting = (type: keyof typeof sent) => ({ clock, random, log, onRequest: () => void sent[type]++ });
  yield [{ kind: "requests", sent }];
  const originals = open("source", request.source);
  // Ledgers may lie in the source's bucket: what a run wrote of itself is no original.
  const source = withoutLedgers(
    listWithout(
      (range) => parallelListing(originals, prefix, { ...counting("source.list"), ...range }),
      ledgerWithin({ bucket: request.source.bucket, prefix }, ledger),
      from?.key,
    ),
    request.source.bucket,
    (address) =>
      log.warn("A ledger lies in the source, and its objects are left out of the listing.", { ledger: address }),
  );
  const comparison = comparisonOf(request);
  if (comparison?.by !== "listing") {
    if (comparison !== undefined) yield [{ kind: "compared", compared: comparison }];
    return yield* rowsOfListing(source, line);
  }
  const { before } = comparison;
  const within = { ...addressOf(request.archive), prefix: before + prefix };
  const bucket = open("archive", request.archive);
  const archive = withoutLedgers(
    listWithout(
      (range) => parallelListing(bucket, within.prefix, { ...counting("archive.list"), ...range }),
      ledgerWithin(within, ledger),
      from?.key === undefined ? undefined : before + from.key,
    ),
    request.archive.bucket,
    () => undefined,
  );
  const first = await firstPage(archive);
  if (first.kind === "refused") {
    const reason = `the archive ${bucket.address} may not be listed (${first.code}), so each key is asked by HEAD`;
    yield [{ kind: "compared", compared: { by: "head", reason } }];
    return yield* rowsOfListing(source, line);
  }
  yield [{ kind: "compared", compared: { by: "listing" } }];
  const { ifExists } = request.options;
  const merged = mergeListings(source, first.pages, {
    before,
    ifExists,
    mayListAgain: bucket.offers.listsCheaply,
    line,
  });
  yield* tellNewlyDeleted(merged, () => deletedBefore(ledger, request, surroundings));
}

/** A run needs not be allowed to list its archive: it is told here, before anything was read. */
async function firstPage(
  pages: AsyncGenerator<readonly ListedObject[]>,
): Promise<{ kind: "pages"; pages: Pages } | { kind: "refused"; code: string }> {
  try {
    const first = await pages.next();
    const all = async function* () {
      if (!first.done) yield first.value;
      yield* pages;
    };
    return { kind: "pages", pages: all() };
  } catch (error) {
    if (isBucketError(error) && error.code === "AccessDenied") return { kind: "refused", code: error.code };
    throw error;
  }
}
