/** The rows of a run that brings keys back from an archive: which object of the archive, or of its history, goes to which key. */
import pLimit from "p-limit";
import { parallelListing } from "../../cos/listing/parallel.ts";
import { ledgerWithin } from "../../ledger/own-keys.ts";
import type { Bucket, ListedObject } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { withRetries } from "../../objects/retrying.ts";
import type { VersionMarker, VersionsPage } from "../../objects/versions.ts";
import { archiveKeyOf } from "../../policy/archive-key.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { listWithout, withoutLedgers } from "../places/without-ledgers.ts";
import type { PlanEntries, PlanEntry } from "../plan/entry.ts";
import { listedRow } from "../plan/incremental.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { type Found, newestBy, newestVersion, stateByHistory, stateByVersions, stateNow } from "./state-at.ts";

/** What is brought back, from where. */
export interface Wanted {
  readonly archive: Place;
  readonly ledger: Place;
  /** What keys were archived under. */
  readonly archiveKey: string;
  /** Only keys that begin so; "": all. */
  readonly prefix: string;
  /** As of when, ms since the epoch; undefined: as it is now. */
  readonly at: number | undefined;
  /** How it is known what was there then. */
  readonly by: "now" | "versions" | { readonly history: string };
}

/** What goes before a key in the archive. Throws UserError `InvalidSetting` where a template does not say so. */
export function beforeKey({ archive, archiveKey }: Pick<Wanted, "archive" | "archiveKey">): string {
  const literal = archiveKey.endsWith("{key}") ? archiveKey.slice(0, -"{key}".length) : undefined;
  if (literal !== undefined && !/[{}]/.test(literal)) return archive.prefix + literal;
  throw new UserError(
    "InvalidSetting",
    `--archive-key ${quote(archiveKey)} does not end in {key} alone, so the archive's keys don't tell whose they are; say which keys to bring back with --manifest.`,
  );
}

/** All that the archive held, in its order; read anew at each call. */
export async function* allRows(
  wanted: Wanted,
  bucket: Bucket,
  { clock, random, log }: Pick<Surroundings, "clock" | "random" | "log">,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly PlanEntry[]> {
  const { archive, ledger, prefix, by, at } = wanted;
  const before = beforeKey(wanted);
  const sent = { "source.list": 0 };
  const onRequest = () => void sent["source.list"]++;
  yield [{ kind: "requests", sent }];
  const listing = { clock, random, log, signal, onRequest };
  const within = { ...archive, prefix: before + prefix };
  const without = (pages: AsyncIterable<readonly ListedObject[]>) =>
    withoutLedgers(pages, archive.bucket, () => undefined);
  const present = () =>
    without(
      listWithout(
        (range) => parallelListing(bucket, within.prefix, { ...listing, ...range }),
        ledgerWithin(within, ledger),
        undefined,
      ),
    );
  const then = at ?? Number.POSITIVE_INFINITY;
  const found =
    by === "now"
      ? stateNow(present())
      : by === "versions"
        ? stateByVersions(withoutLedgersOf(versionsOf(bucket, within.prefix, listing), without), then)
        : stateByHistory(present(), parallelListing(bucket, by.history + within.prefix, listing), by.history, then);
  let line = 0;
  let batch: PlanEntry[] = [];
  for await (const each of found) {
    // The folder itself, as consoles store it, is nobody's copy.
    if (each.archiveKey.length <= before.length) continue;
    batch.push(entryOf(each, each.archiveKey.slice(before.length), ++line));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const BATCH = 1_000;

function entryOf({ object }: Found, key: string, line: number): PlanEntry {
  const { versionId } = object;
  const row = { ...listedRow(object), archiveKey: key };
  return { kind: "row", row: versionId === undefined ? row : { ...row, versionId }, at: { line } };
}

/** What lies in anybody's ledger is no original; versions are told by their keys. */
async function* withoutLedgersOf(
  pages: AsyncIterable<VersionsPage>,
  without: (pages: AsyncIterable<readonly ListedObject[]>) => AsyncIterable<readonly ListedObject[]>,
): AsyncGenerator<VersionsPage> {
  for await (const { versions, next } of pages) {
    const kept = new Set<ListedObject>();
    const inOrder = versions.toSorted((a, b) => compareKeys(a.key, b.key));
    for await (const page of without(once(inOrder))) for (const object of page) kept.add(object);
    yield { versions: versions.filter((version) => kept.has(version)), next };
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

interface Listing {
  readonly clock: Surroundings["clock"];
  readonly random: Surroundings["random"];
  readonly log: Surroundings["log"];
  readonly signal?: AbortSignal | undefined;
  readonly onRequest: () => void;
}

/** One page after the other: where a key's versions end, only the page before tells. */
async function* versionsOf(bucket: Bucket, prefix: string, listing: Listing): AsyncGenerator<VersionsPage> {
  const { signal, onRequest } = listing;
  if (bucket.listVersions === undefined) throw new Error(`${bucket.address} has no versions`);
  const list = bucket.listVersions.bind(bucket);
  let after: VersionMarker | undefined;
  do {
    const page: VersionsPage = await withRetries(() => list({ prefix, after, signal }), {
      ...listing,
      onTry: onRequest,
    });
    yield page;
    after = page.next;
  } while (after !== undefined);
}

/** Requests at once, of a manifest's rows. */
const AT_ONCE = 16;

/**
 * The rows of a manifest of keys. One of which the archive held nothing at that time can't be brought back, and is told; what is not there now the
 * run finds out.
 */
export async function* namedRows(
  entries: PlanEntries,
  wanted: Wanted,
  bucket: Bucket,
  surroundings: Pick<Surroundings, "clock" | "random" | "log">,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly PlanEntry[]> {
  const { archive, archiveKey: template, prefix, at } = wanted;
  const limit = pLimit(AT_ONCE);
  const sent = { "source.list": 0, "source.head": 0 };
  yield [{ kind: "requests", sent }];
  const find = at === undefined ? undefined : createFinder(wanted, bucket, surroundings, sent, signal);
  const bring = async (entry: PlanEntry): Promise<PlanEntry | undefined> => {
    if (entry.kind !== "row") return entry;
    const { row, at: position } = entry;
    const { key } = row;
    if (!key.startsWith(prefix)) return undefined;
    const archiveKey = archiveKeyOf(row, template, archive.prefix, "");
    if (at === undefined || find === undefined)
      return { kind: "row", row: { key: archiveKey, archiveKey: key }, at: position };
    const object = await find(archiveKey, at);
    if (object !== undefined) return entryOf({ archiveKey, object }, key, position.line);
    const message = `row ${position.line}: the archive held nothing of ${quote(key)} at ${isoTime(at)}, as far as is known`;
    return { kind: "invalid", key, fault: "value", message, at: position };
  };
  for await (const batch of entries) {
    const brought = await Promise.all(batch.map((entry) => limit(bring, entry)));
    const rows = brought.filter((entry) => entry !== undefined);
    if (rows.length > 0) yield rows;
  }
}

/** Looks for what one key of the archive held. */
function createFinder(
  { by }: Wanted,
  bucket: Bucket,
  surroundings: Pick<Surroundings, "clock" | "random" | "log">,
  sent: { "source.list": number; "source.head": number },
  signal: AbortSignal | undefined,
): (archiveKey: string, at: number) => Promise<Found["object"] | undefined> {
  const counting = (type: keyof typeof sent) => () => void sent[type]++;
  const listing = { ...surroundings, signal, onRequest: counting("source.list") };
  if (by === "versions") {
    return async (archiveKey, at) => {
      const its = [];
      for await (const { versions } of versionsOf(bucket, archiveKey, listing)) {
        its.push(...versions.filter(({ key }) => key === archiveKey));
        if (versions.some(({ key }) => key !== archiveKey)) break;
      }
      return newestVersion(its, at);
    };
  }
  if (by === "now") throw new Error("what lies there now is not looked for by time");
  return async (archiveKey, at) => {
    const retrying = { ...surroundings, signal, onTry: counting("source.head") };
    const present = await withRetries(() => bucket.head(archiveKey, { signal }), retrying).catch((error: unknown) => {
      if (isBucketError(error) && error.status === 404 && error.code !== "NoSuchBucket") return undefined;
      throw error;
    });
    const copies: ListedObject[] = [];
    const prefix = `${by.history}${archiveKey}~`;
    for await (const page of parallelListing(bucket, prefix, { ...listing, inFlight: 1 })) copies.push(...page);
    const { size, etag, lastModified, headers } = present ?? {};
    const now =
      size === undefined || lastModified === undefined
        ? undefined
        : { key: archiveKey, size, etag: etag ?? "", lastModified, storageClass: headers?.["x-cos-storage-class"] };
    return newestBy(now, copies, { archiveKey, prefix: by.history, at });
  };
}
