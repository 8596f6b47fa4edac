/**
 * What the archive holds of a shard's rows, as LISTs tell, before the first of them is worked: it spares them a HEAD each, as far as the
 * keys lie dense enough (cos/listing/of-keys.ts). It is as of the moment of the LIST, so it serves `--if-exists skip` alone, where a copy
 * that is put meanwhile is overwritten whoever tells of it: `keep` and `fail` promise more. What an earlier attempt may have archived is
 * always asked by HEAD.
 */
import { type ListedKeys, listKeys } from "../../cos/listing/of-keys.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { FoldedRow } from "../../ledger/shard/fold.ts";
import type { RequestCounts } from "../../ledger/shard/segment.ts";
import type { Bucket, ListedObject } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { archiveKeyOf } from "../../policy/archive-key.ts";
import { headsOfAList } from "../../policy/listing.ts";
import { ageOf, type Clock, type Moment, momentOf, type Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { OpenedShard } from "./open-shard.ts";

export interface ListedCopies {
  readonly listed: ListedKeys;
  /** When the first LIST began. */
  readonly at: Moment;
  readonly clock: Clock;
}

/** Longer is not relied on it: another run may have archived the same since, and to fetch it again would be paid for. */
const MOST_MS = 15 * 60_000;
/** Listing takes no longer than this, nor a longer share of the time that is left. */
const LONGEST_MS = 10_000;
const SHARE = 1 / 8;

/** Undefined where no LIST was worth it. */
export async function listCopies(
  { rows, past, unsure }: OpenedShard,
  work: {
    readonly request: RunRequest;
    readonly archive: Bucket;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    /** Counted on. */
    readonly requests: RequestCounts;
    /** Of this process, so that a refusal is met once. */
    readonly leave: { refused: boolean };
    readonly deadline: number;
    readonly signal: AbortSignal;
  },
): Promise<ListedCopies | undefined> {
  const { request, archive, clock, random, log, requests, leave, deadline, signal } = work;
  const { run, options } = request;
  if (options.ifExists !== "skip" || unsure || leave.refused || !archive.offers.listsCheaply) return undefined;
  const keys = rows.flatMap((row, at) =>
    row.settled === undefined && !past.has(at)
      ? archiveKeyOf(row, options.archiveKey, request.archive.prefix, run)
      : [],
  );
  if (keys.length < headsOfAList) return undefined;
  const at = momentOf(clock);
  const until = at.elapsed + Math.min(LONGEST_MS, (deadline - at.elapsed) * SHARE);
  const onRequest = () => {
    requests["archive.list"]++;
  };
  const listed = await listKeys(archive, keys, { clock, random, signal, until, onRequest });
  if (listed.fault !== undefined && tellUnlisted(listed.fault, archive, log, run)) leave.refused = true;
  return { listed, at, clock };
}

/** What is told of a row that is worked now, and was not worked before. */
export function listedFor(
  archiveKey: string,
  past: FoldedRow | undefined,
  copies: ListedCopies | undefined,
): ListedObject | "none" | undefined {
  if (copies === undefined || past !== undefined || ageOf(copies.at, copies.clock) > MOST_MS) return undefined;
  return copies.listed.of(archiveKey);
}

/**
 * Says that a bucket could not be listed, and what follows.
 * @returns may it not be listed at all? Then nobody tries again
 */
export function tellUnlisted(fault: Error, bucket: Pick<Bucket, "address">, log: Log, run?: string): boolean {
  const isPassing = isBucketError(fault) && fault.retryable;
  const code = isBucketError(fault) ? fault.code : undefined;
  log.warn("A bucket can't be listed, so each key is asked for by HEAD.", {
    ...(run === undefined ? undefined : { run }),
    bucket: bucket.address,
    ...(code === undefined ? undefined : { code }),
    reason: fault.message,
  });
  return !isPassing;
}
