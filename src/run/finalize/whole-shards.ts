/**
 * Shards of which the listing shows all that was written. A store may list late: the marker that says that a shard is over is there, and an outcome
 * that was written before it is not. What such a marker tells is known, so that shard alone is listed again, until it shows as much.
 */

import type { ShardOver, ShardsOver } from "../../ledger/shard/done-marker.ts";
import { foldEach, type ShardFold } from "../../ledger/shard/fold-shards.ts";
import { describeOutcomesOf, type ListedShard, listShard, listShards } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { counted } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { PieceTime } from "./piece-time.ts";

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

/** As `foldShards`, and of shards that are over also those of which nothing is listed. */
export function foldPart(ledger: LedgerStore, from: number, to: number, over: ShardsOver): AsyncGenerator<ShardFold> {
  return foldEach(ledger, withUnlisted(listShards(ledger, from, to), from, to, over));
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
  /** Without it there is time for whatever comes. */
  readonly pieceTime?: PieceTime | undefined;
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
  { run, clock, log, pieceTime, lacking }: Looking,
): Promise<ShardFold | undefined> {
  if (over === undefined || endedIn(first) >= over.rows) return first;
  const { shard } = first;
  for (let pause = SOON_MS; ; pause = Math.min(2 * pause, LATEST_MS)) {
    const listed = await listShard(ledger, shard);
    for await (const fold of foldEach(ledger, [listed])) {
      const ended = endedIn(fold);
      if (ended >= over.rows) return fold;
      const left = LISTED_BY_MS - (listed.serverTime - over.writtenAt);
      if (left <= 0 && lacking === "left out") return fold;
      if (left <= 0) throw lacks(ledger, run, shard, ended, over.rows);
      if (pieceTime?.has(pause) === false) return undefined;
      const why = "Outcomes that were written are not listed yet; they are listed again.";
      tellWait(log, why, pause, { run, shard, rows: over.rows - ended });
    }
    await clock.sleep(pause);
    // The next piece is none the slower for it.
    pieceTime?.begin();
  }
}

function endedIn({ rows }: ShardFold): number {
  let ended = 0;
  for (const { outcome } of rows.values()) if (outcome.outcome !== "pending") ended++;
  return ended;
}

const lacks = (ledger: LedgerStore, run: string, shard: number, ended: number, rows: number): UserError =>
  new UserError(
    "LedgerIncomplete",
    `The ledger of the run ${JSON.stringify(run)} does not add up: its shard ${shard} is marked as done, but there are outcomes of ${ended} of its ${counted(rows, "row")} below ${describeOutcomesOf(ledger, shard)}; something else deletes or writes there.`,
  );
