/** The outcomes of shards, folded from what their attempts recorded. */
import { readSegment } from "../archive/open-shard.ts";
import type { Bucket } from "../cos/bucket.ts";
import { isCosError } from "../cos/error.ts";
import { readAttempts } from "../ledger/attempts.ts";
import { type FoldedRow, foldShard, sameBytes } from "../ledger/fold.ts";
import { parseAttemptObject } from "../ledger/layout.ts";
import { patiently } from "../ledger/patience.ts";
import type { LedgerStore, Listing } from "../ledger/store.ts";
import type { Outcome } from "../outcome.ts";
import { addRequests, type Tally } from "../report/tally.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ShardFold {
  readonly shard: number;
  readonly rows: ReadonlyMap<number, FoldedRow>;
}

/** Shards read at once. */
const READS = 8;

/**
 * Folds every shard that a listing of `outcomes/…` tells of, in order, a few at a time, so that a group of a million rows
 * needs no more memory than a few shards. What the attempts' requests came to is added to `tally`.
 */
export async function* foldListed(
  ledger: LedgerStore,
  objects: Listing["objects"],
  tally: Tally,
): AsyncGenerator<ShardFold> {
  const byShard = new Map<number, (typeof objects)[number][]>();
  for (const object of objects) {
    const parsed = parseAttemptObject(object.key);
    if (parsed === undefined) continue;
    const those = byShard.get(parsed.shard);
    if (those === undefined) byShard.set(parsed.shard, [object]);
    else those.push(object);
  }
  const shards = [...byShard].sort(([a], [b]) => a - b);
  const fold = async ([shard, listed]: (typeof shards)[number]): Promise<ShardFold> => {
    const records = [];
    for (const attempt of readAttempts(listed)) {
      const outcomes: Outcome[] = [];
      for (const path of attempt.segments) {
        const segment = await readSegment(ledger, path);
        outcomes.push(...segment.outcomes);
        if (segment.trailer !== undefined) addRequests(tally, segment.trailer.requests, segment.trailer.retries);
      }
      records.push({ attempt: attempt.id, outcomes });
    }
    return { shard, rows: foldShard(records) };
  };
  for (let from = 0; from < shards.length; from += READS) {
    yield* await Promise.all(shards.slice(from, from + READS).map(fold));
  }
}

/**
 * Where two attempts archived different bytes under one key, only the archive can say which it holds: HEAD it, and take the
 * record that tells of those bytes, or correct the newest by what is there.
 */
export async function resolved(
  row: FoldedRow,
  archive: Bucket,
  tally: Tally,
  around: Pick<Surroundings, "clock" | "random">,
): Promise<Outcome> {
  const { outcome, conflicts } = row;
  const { archiveKey } = outcome;
  if (conflicts.length === 0 || archiveKey === undefined) return outcome;
  const onTry = () => addRequests(tally, { "archive.head": 1 });
  try {
    const there = await patiently(() => archive.head(archiveKey), { ...around, onTry });
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
