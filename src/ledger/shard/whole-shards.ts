/**
 * Shards of which the listing shows all that was written: whoever reads outcomes of shards that are over reads them here. A store may list late:
 * the marker that says that a shard is over is there, and an outcome that was written before it is not. What such a marker tells is known, so that
 * shard alone is listed again, until it shows as much.
 */

import type { Clock } from "../../vocabulary/clock.ts";
import { counted } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import { groupsOf, shardsIn, shardsPerGroup } from "../group.ts";
import type { LedgerStore } from "../store.ts";
import { type DoneMarker, doneMarkers, type ShardOver, type ShardsOver, shardOver } from "./done-marker.ts";
import { foldEach, type ShardFold } from "./fold-shards.ts";
import { describeOutcomesOf, type ListedShard, listShard, listShards } from "./listed-shards.ts";

/** What was written so long ago is listed, or is gone. */
const LISTED_BY_MS = 120_000;
/** Between two looks: longer, the longer it takes. */
const SOON_MS = 2_000;
const LATEST_MS = 15_000;

/** As many as the markers of the shards from `from` on and below `to` tell of. */
export function rowsOver(over: ShardsOver, from: number, to: number): number {
  let rows = 0;
  for (let shard = from; shard < to; shard++) rows += over.get(shard)?.rows ?? 0;
  return rows;
}

/** As `foldShards`, and of shards that are over also those of which nothing is listed; only those that are wanted. */
export function foldPart(
  ledger: LedgerStore,
  from: number,
  to: number,
  over: ShardsOver,
  isWanted?: (shard: number) => boolean,
): AsyncGenerator<ShardFold> {
  const listed = withUnlisted(listShards(ledger, from, to), from, to, over);
  return foldEach(ledger, isWanted === undefined ? listed : wantedOf(listed, isWanted));
}

async function* wantedOf(
  listed: AsyncIterable<ListedShard>,
  isWanted: (shard: number) => boolean,
): AsyncGenerator<ListedShard> {
  for await (const each of listed) if (isWanted(each.shard)) yield each;
}

async function* withUnlisted(
  listed: AsyncIterable<ListedShard>,
  from: number,
  to: number,
  over: ShardsOver,
): AsyncGenerator<ListedShard> {
  let next = from;
  function* upTo(end: number): Generator<ListedShard> {
    for (; next < end; next++) if (over.has(next)) yield { shard: next, attempts: [], serverTime: 0 };
  }
  for await (const each of listed) {
    yield* upTo(each.shard);
    yield each;
    next = each.shard + 1;
  }
  yield* upTo(to);
}

export interface Looking {
  readonly run: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Without it there is time for whatever comes. `begin`: what is waited for makes no piece the slower. */
  readonly pieceTime?: { has(ms: number): boolean; begin(): void } | undefined;
  /** Who aborts it gets what is listed. */
  readonly signal?: AbortSignal | undefined;
  /** What becomes of a shard that lacks outcomes for good. */
  readonly lacking: "refused" | "left out";
}

/**
 * The fold of a shard once its listing shows as many rows as its marker tells of; undefined where there is no time to wait for that. Throws UserError
 * `LedgerIncomplete` where so much time is over that they are gone, unless they may be left out.
 */
export async function wholeFold(
  ledger: LedgerStore,
  first: ShardFold,
  over: ShardOver | undefined,
  { run, clock, log, pieceTime, signal, lacking }: Looking,
): Promise<ShardFold | undefined> {
  if (over === undefined || endedIn(first) >= over.rows) return first;
  const { shard } = first;
  for (let pause = SOON_MS; ; pause = Math.min(2 * pause, LATEST_MS)) {
    const listed = await listShard(ledger, shard);
    for await (const fold of foldEach(ledger, [listed])) {
      const ended = endedIn(fold);
      if (ended >= over.rows) return fold;
      const left = LISTED_BY_MS - (listed.serverTime - over.writtenAt);
      if (signal?.aborted || (left <= 0 && lacking === "left out")) return fold;
      if (left <= 0) throw lacks(ledger, run, shard, ended, over.rows);
      if (pieceTime?.has(pause) === false) return undefined;
      const why = "Outcomes that were written are not listed yet; they are listed again.";
      tellWait(log, why, pause, { run, shard, rows: over.rows - ended });
    }
    await clock.sleep(pause, signal);
    pieceTime?.begin();
  }
}

export interface WholeShard extends ShardFold {
  /** Its rows that are over. */
  readonly ended: number;
  /** Of so many more no outcome is listed, though its marker tells of them. */
  readonly lacking: number;
}

export interface WholeShardsOptions extends Omit<Looking, "run" | "pieceTime"> {
  /** A shard all of whose markers are so is passed over. */
  readonly isPassed?: (marker: DoneMarker) => boolean;
  /** Told of each how many of its rows are over. */
  readonly onPassed?: (ended: number) => void;
}

/** The shards of a run, as far as any attempt has recorded something or they are over; in order, group by group. Throws as `wholeFold`. */
export async function* wholeShards(
  ledger: LedgerStore,
  run: { readonly run: string; readonly shards: number },
  { isPassed, onPassed, ...looking }: WholeShardsOptions,
): AsyncGenerator<WholeShard> {
  for (let group = 0; group < groupsOf(run); group++) {
    const from = group * shardsPerGroup;
    const to = from + shardsIn(run, group);
    const over = new Map<number, ShardOver>();
    const read = new Set<number>();
    for await (const marker of doneMarkers(ledger, group)) {
      if (marker.number >= to) break;
      over.set(marker.number, shardOver(marker));
      if (isPassed?.(marker) !== true) read.add(marker.number);
    }
    for (const [shard, { rows }] of over) if (!read.has(shard)) onPassed?.(rows);
    for await (const first of foldPart(ledger, from, to, over, (shard) => read.has(shard) || !over.has(shard))) {
      const its = over.get(first.shard);
      // Without a piece's time there is time for whatever comes.
      const fold = (await wholeFold(ledger, first, its, { ...looking, run: run.run })) ?? first;
      const ended = endedIn(fold);
      yield { ...fold, ended, lacking: Math.max(0, (its?.rows ?? 0) - ended) };
    }
  }
}

function endedIn({ rows }: ShardFold): number {
  let ended = 0;
  for (const { outcome } of rows.values()) if (outcome.outcome !== "pending") ended++;
  return ended;
}

/** For a sentence that says so of outcomes that are not listed, however often one looks. */
export const whatToDo =
  "try again in some minutes, for a store may list late; where it stays so, something else deletes or writes there.";

const lacks = (ledger: LedgerStore, run: string, shard: number, ended: number, rows: number): UserError =>
  new UserError(
    "LedgerIncomplete",
    `The ledger of the run ${JSON.stringify(run)} does not add up: its shard ${shard} is marked as done, but there are outcomes of ${ended} of its ${counted(rows, "row")} below ${describeOutcomesOf(ledger, shard)}; ${whatToDo}`,
  );
