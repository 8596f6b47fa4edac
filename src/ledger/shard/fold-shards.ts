/** The outcomes of shards, folded from what their attempts recorded. */
import pLimit from "p-limit";
import { nothing, plus } from "../../policy/money/cap.ts";
import { addTrailer } from "../../report/figures/figures.ts";
import { addAtOnce, addRequests, type Tally } from "../../report/tally.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { LedgerStore } from "../store.ts";
import type { Attempt } from "./attempts.ts";
import { type AttemptRecords, type FoldedRow, foldShard } from "./fold.ts";
import { type ListedShard, listShards } from "./listed-shards.ts";
import { readSegment, type Trailer } from "./segment.ts";

export interface ShardFold {
  readonly shard: number;
  readonly rows: ReadonlyMap<number, FoldedRow>;
  /** When one of these rows' outcomes was written down, by its worker's clock, ms since the epoch; undefined where nothing tells. */
  readonly recordedAt: (row: FoldedRow) => number | undefined;
  /** Adds what its attempts' requests came to, in place. */
  countIn(tally: Tally): void;
}

/** Segments read at once, ahead of the shard that is folded. They wait as they lie in the ledger: packed, they are small. */
const READS = 32;
/** Of an attempt that recorded nothing: its open marker, and the two LISTs beside it. Of others a trailer tells. */
const OPENING_REQUESTS = 3;

/**
 * Folds the shards from `from` on and below `to`, in order, as far as any attempt has recorded something. They are listed
 * page by page and unpacked one at a time, so a group of a million rows needs no more memory than a shard.
 */
export function foldShards(ledger: LedgerStore, from: number, to: number): AsyncGenerator<ShardFold> {
  return foldEach(ledger, listShards(ledger, from, to));
}

/** The same of shards that are listed already. */
export async function* foldEach(
  ledger: LedgerStore,
  shards: AsyncIterable<ListedShard> | Iterable<ListedShard>,
): AsyncGenerator<ShardFold> {
  const limit = pLimit(READS);
  const begun: { readonly shard: number; readonly attempts: readonly Attempt[]; readonly read: Reads }[] = [];
  let ahead = 0;
  const foldFirst = async (): Promise<ShardFold> => {
    const { shard, attempts, read } = begun.shift()!;
    ahead -= read.size;
    const get = (path: string) => {
      const first = read.get(path);
      read.delete(path);
      return first ?? ledger.get(path);
    };
    const arrived = { describe: ledger.describe, get };
    const { records, times, trailers, untold } = await toldBy(arrived, attempts);
    const countIn = (tally: Tally): void => {
      for (const trailer of trailers) {
        addTrailer(tally.figures, trailer);
        addRequests(tally, trailer.requests, trailer.retries);
        addAtOnce(tally, trailer.atOnce);
      }
      addRequests(tally, { ledger: untold });
    };
    return { shard, rows: foldShard(records), recordedAt: ({ outcome }) => times.get(outcome), countIn };
  };
  try {
    for await (const { shard, attempts } of shards) {
      while (ahead >= READS) yield await foldFirst();
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

/** What attempts on one shard recorded, all read at once. */
export function readRecords(ledger: LedgerStore, attempts: readonly Attempt[]): Promise<AttemptRecords[]> {
  return Promise.all(
    attempts.map(async ({ id, segments }) => {
      const read = await Promise.all(segments.map((path) => readSegment(ledger, path)));
      const spent = read.reduce((sum, { trailer }) => plus(sum, trailer?.spent ?? nothing), nothing);
      return { attempt: id, outcomes: read.flatMap(({ outcomes }) => outcomes), spent };
    }),
  );
}

/** What attempts recorded, and when; their trailers; and how many requests to the ledger no trailer tells of. */
async function toldBy(ledger: Pick<LedgerStore, "get" | "describe">, attempts: readonly Attempt[]) {
  const records: AttemptRecords[] = [];
  const times = new Map<Outcome, number>();
  const trailers: Trailer[] = [];
  let untold = 0;
  for (const attempt of attempts) {
    const outcomes: Outcome[] = [];
    for (const path of attempt.segments) {
      const segment = await readSegment(ledger, path);
      const writtenAt = Date.parse(segment.trailer?.to ?? "");
      for (const outcome of segment.outcomes) {
        outcomes.push(outcome);
        if (!Number.isNaN(writtenAt)) times.set(outcome, writtenAt);
      }
      if (segment.trailer !== undefined) trailers.push(segment.trailer);
    }
    // What it sent before its first trailer that never came, and after its last.
    untold += (attempt.segments.length === 0 ? OPENING_REQUESTS : 0) + (attempt.ended ? 1 : 0);
    records.push({ attempt: attempt.id, outcomes });
  }
  return { records, times, trailers, untold };
}
