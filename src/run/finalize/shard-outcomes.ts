/** The outcomes of shards, folded from what their attempts recorded. */
import pLimit from "p-limit";
import { readSegment } from "../../archive/shard/open-shard.ts";
import { parseAttemptObject, paths } from "../../ledger/layout.ts";
import { type Attempt, isAlive, readAttempts } from "../../ledger/shard/attempts.ts";
import { type AttemptRecords, type FoldedRow, foldShard, sameBytes } from "../../ledger/shard/fold.ts";
import type { LedgerStore, Listing } from "../../ledger/store.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { isCosError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { addRequests, type Tally } from "../../report/tally.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface ShardFold {
  readonly shard: number;
  readonly rows: ReadonlyMap<number, FoldedRow>;
}

/** What a LIST tells of the attempts on one shard. */
interface ListedShard {
  readonly shard: number;
  readonly objects: Listing["objects"];
}

/** Segments read at once, ahead of the shard that is folded. They wait as they lie in the ledger: packed, they are small. */
const READS = 32;
/** Of an attempt that recorded nothing: its open marker, and the two LISTs beside it. Of others a trailer tells. */
const OPENING_REQUESTS = 3;

/**
 * Folds the shards from `from` on and below `to`, in order, as far as any attempt has recorded something. They are listed
 * page by page and unpacked one at a time, so a group of a million rows needs no more memory than a shard. What the
 * attempts' requests came to is added to `tally`.
 */
export function foldShards(ledger: LedgerStore, from: number, to: number, tally: Tally): AsyncGenerator<ShardFold> {
  return foldEach(ledger, listedShards(ledger, from, to), tally);
}

/** The same of every shard that a listing of `outcomes/…` tells of. */
export function foldListed(ledger: LedgerStore, objects: Listing["objects"], tally: Tally): AsyncGenerator<ShardFold> {
  const byShard = new Map<number, (typeof objects)[number][]>();
  for (const object of objects) {
    const parsed = parseAttemptObject(object.key);
    if (parsed === undefined) continue;
    const those = byShard.get(parsed.shard);
    if (those === undefined) byShard.set(parsed.shard, [object]);
    else those.push(object);
  }
  const shards = [...byShard].map(([shard, those]) => ({ shard, objects: those })).sort((a, b) => a.shard - b.shard);
  return foldEach(ledger, shards, tally);
}

/** The first shard from `from` on and below `to` of which any attempt has recorded something. */
export async function nextRecorded(ledger: LedgerStore, from: number, to: number): Promise<number | undefined> {
  for await (const { shard, objects } of listedShards(ledger, from, to)) {
    if (readAttempts(objects).some(({ segments }) => segments.length > 0)) return shard;
  }
  return undefined;
}

/** Is an attempt on one of these shards alive? */
export async function isAnyAlive(ledger: LedgerStore, from: number, to: number): Promise<boolean> {
  for await (const { objects, serverTime } of listedShards(ledger, from, to)) {
    if (readAttempts(objects).some((attempt) => isAlive(attempt, serverTime))) return true;
  }
  return false;
}

async function* listedShards(
  ledger: LedgerStore,
  from: number,
  to: number,
): AsyncGenerator<ListedShard & { readonly serverTime: number }> {
  let shard: number | undefined;
  let objects: Listing["objects"][number][] = [];
  for (let after: string | undefined = paths.outcomes(from).slice(0, -1); after !== undefined; ) {
    const page: Awaited<ReturnType<LedgerStore["listPage"]>> = await ledger.listPage(paths.allOutcomes, after);
    const { serverTime } = page;
    for (const object of page.objects) {
      const its = parseAttemptObject(object.key)?.shard;
      if (its === undefined) continue;
      if (its !== shard) {
        if (shard !== undefined) yield { shard, objects, serverTime };
        shard = its;
        objects = [];
      }
      if (its >= to) return;
      objects.push(object);
    }
    after = page.more;
    if (after === undefined && shard !== undefined) yield { shard, objects, serverTime };
  }
}

async function* foldEach(
  ledger: LedgerStore,
  shards: AsyncIterable<ListedShard> | Iterable<ListedShard>,
  tally: Tally,
): AsyncGenerator<ShardFold> {
  const limit = pLimit(READS);
  const begun: { readonly shard: number; readonly attempts: readonly Attempt[]; readonly read: Reads }[] = [];
  let ahead = 0;
  const foldFirst = async (): Promise<ShardFold> => {
    const { shard, attempts, read } = begun.shift()!;
    ahead -= read.size;
    return { shard, rows: foldShard(await recordsOf(ledger, attempts, read, tally)) };
  };
  try {
    for await (const { shard, objects } of shards) {
      while (ahead >= READS) yield await foldFirst();
      const attempts = readAttempts(objects);
      const read: Reads = new Map();
      for (const path of attempts.flatMap(({ segments }) => segments)) {
        const bytes = limit(() => ledger.get(path));
        // Who folds no further waits for none of them.
        bytes.catch(() => undefined);
        read.set(path, bytes);
      }
      ahead += read.size;
      begun.push({ shard, attempts, read });
    }
    while (begun.length > 0) yield await foldFirst();
  } finally {
    limit.clearQueue();
  }
}

/** Segments on their way, by path. */
type Reads = Map<string, Promise<Buffer | undefined>>;

async function recordsOf(
  { describe }: LedgerStore,
  attempts: readonly Attempt[],
  read: Reads,
  tally: Tally,
): Promise<AttemptRecords[]> {
  const arrived = { describe, get: async (path: string) => read.get(path) };
  const records: AttemptRecords[] = [];
  for (const attempt of attempts) {
    const outcomes: Outcome[] = [];
    for (const path of attempt.segments) {
      const segment = await readSegment(arrived, path);
      for (const outcome of segment.outcomes) outcomes.push(outcome);
      if (segment.trailer !== undefined) addRequests(tally, segment.trailer.requests, segment.trailer.retries);
    }
    // What it sent before its first trailer that never came, and after its last.
    const untold = (attempt.segments.length === 0 ? OPENING_REQUESTS : 0) + (attempt.ended ? 1 : 0);
    addRequests(tally, { ledger: untold });
    records.push({ attempt: attempt.id, outcomes });
  }
  return records;
}

/**
 * Where two attempts archived different bytes under one key, only the archive can say which it holds: HEAD it, and take the
 * record that tells of those bytes, or correct the newest by what is there.
 */
export async function resolved(
  row: FoldedRow,
  archive: Bucket,
  tally: Tally,
  surroundings: Pick<Surroundings, "clock" | "random">,
): Promise<Outcome> {
  const { outcome, conflicts } = row;
  const { archiveKey } = outcome;
  if (conflicts.length === 0 || archiveKey === undefined) return outcome;
  const onTry = () => addRequests(tally, { "archive.head": 1 });
  try {
    const there = await withRetries(() => archive.head(archiveKey), { ...surroundings, onTry });
    const holds: Outcome = {
      ...outcome,
      receivedSize: there.size,
      receivedEtag: there.etag,
      receivedCrc64: there.crc64,
    };
    return [outcome, ...conflicts].find((record) => sameBytes(record, holds)) ?? holds;
  } catch (error) {
    if (isCosError(error) && error.status === 404 && error.code !== "NoSuchBucket") {
      const message = `archived, but no longer there: ${error.message}`;
      return { ...outcome, outcome: "failed", code: "ArchiveMissing", message };
    }
    throw error;
  }
}
