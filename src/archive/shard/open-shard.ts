/**
 * The opening of one delivery of a shard: say that an attempt begins, look at what others did, and decide. The decision is
 * made on one listing that includes this attempt's own marker, so of two that open at once at least one sees the other;
 * ledger/shard/attempts.ts has the rule by which only one of them goes on.
 */

import { type Control, readStanding, type Standing, saysStop } from "../../ledger/control.ts";
import { noShardRows, type PlannedRow, packedShardRows } from "../../ledger/plan/shard-rows.ts";
import { type Attempt, claimOf, isAlive } from "../../ledger/shard/attempts.ts";
import { isDone } from "../../ledger/shard/done-marker.ts";
import { writeEndMarker } from "../../ledger/shard/end-marker.ts";
import { type FoldedRow, foldShard } from "../../ledger/shard/fold.ts";
import { readRecords } from "../../ledger/shard/fold-shards.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import { readOpenMarker, shownWorker, writeOpenMarker } from "../../ledger/shard/open-marker.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type Amount, nothing, plus } from "../../policy/money/cap.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { outOfTimeCode } from "../task/out-of-time.ts";
import { awaitClaim } from "./await-claim.ts";
import { signOpening } from "./opening-sign.ts";

export interface OpenedShard {
  readonly kind: "open";
  /** What the run's controls said. */
  readonly standing: Standing;
  readonly rows: readonly PlannedRow[];
  /** What earlier attempts recorded, by row. */
  readonly past: ReadonlyMap<number, FoldedRow>;
  /** Earlier attempts that stopped uncleanly. */
  readonly crashes: number;
  /** Of the attempt before this one, where it stopped uncleanly: its worker, and its last sign of life, ms since the epoch by the ledger's clock. */
  readonly takenOver?: { readonly attempt: string; readonly from: string; readonly lastSign: number } | undefined;
  /** Some attempt has not ended cleanly, or not yet: it may have archived rows that nothing records. */
  readonly unsure: boolean;
  /** Attempts of processes that are known to be gone, however fresh their last sign of life. */
  readonly gone: ReadonlySet<string>;
  /** Some attempt had to give up what was in flight, because its time was over: it expected too much. */
  readonly ranLate: boolean;
  /** Earlier attempts. */
  readonly earlier: number;
  /** When its newest sign of life was sent, ms by the clock's `elapsed`: a heartbeat is due a heartbeat later. */
  readonly signedAt: number;
  /** Of a run with a cap: what earlier attempts have spent. */
  readonly spent: Amount;
  /** How long the slowest look at the shard took, ms. */
  readonly lookMs: number;
}

export type Opening =
  | OpenedShard
  /** It is over already. */
  | { readonly kind: "done" }
  /** There is a later hand-over of it: this message is a late copy. */
  | { readonly kind: "superseded" }
  | { readonly kind: "stopped"; readonly control: Control }
  /** Another attempt is alive, or may have taken this one for dead meanwhile. */
  | { readonly kind: "yield" };

/** What one look at the shard shows. */
type Look =
  | Exclude<Opening, OpenedShard>
  | { readonly kind: "wait" }
  | {
      readonly kind: "free";
      readonly standing: Standing;
      readonly others: readonly Attempt[];
      readonly gone: ReadonlySet<string>;
      readonly serverTime: number;
      readonly unpackRows: (() => Promise<readonly PlannedRow[] | undefined>) | undefined;
    };

export interface OpeningOptions {
  readonly ledger: LedgerStore;
  /** That wrote the shard's rows. */
  readonly plan: string;
  /** The plan that run.json names, where it is not `plan`. */
  readonly ruling?: string | undefined;
  readonly shard: number;
  readonly seq: number;
  readonly attempt: string;
  /** What the open marker says of this process, so that a later one on the same machine can tell that it is gone. */
  readonly worker: string;
  /** Is the process that wrote such a text known to be gone? Then nobody waits for its sign of life to grow old. */
  readonly isGone: (worker: string) => boolean;
  readonly clock: Clock;
  /** Milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

export async function openShard(options: OpeningOptions): Promise<Opening> {
  const over = new AbortController();
  try {
    return await open(options, over.signal);
  } finally {
    over.abort();
  }
}

async function open(options: OpeningOptions, over: AbortSignal): Promise<Opening> {
  const { ledger, plan, ruling = plan, shard, seq, attempt, worker, clock } = options;
  const sign = signOpening({
    clock,
    sign: () => writeOpenMarker(ledger, { shard, attempt, seq }, { worker, plan: ruling }),
    over,
  });
  /** Where another plan took the place of the first, hand-overs of that one are no longer anybody's. */
  const isOvertaken = async (others: readonly Attempt[]): Promise<boolean> => {
    for (const other of others) {
      if ((other.seq ?? 0) <= seq) continue;
      const marker = await readOpenMarker(ledger, shard, other);
      if (marker?.plan === undefined || marker.plan === ruling) return true;
    }
    return false;
  };
  let planned: ReturnType<typeof packedShardRows> | undefined;
  let lookMs = 0;
  const timedLook = async (): Promise<Look> => {
    const began = clock.elapsed();
    const shown = await look();
    lookMs = Math.max(lookMs, clock.elapsed() - began);
    return shown;
  };
  const look = async (): Promise<Look> => {
    const [, done, standing] = await Promise.all([sign.written, isDone(ledger, shard), readStanding(ledger)]);
    if (done) return { kind: "done" };
    const { control } = standing;
    if (saysStop(control)) return { kind: "stopped", control };

    planned ??= packedShardRows(ledger, plan, shard);
    const [{ attempts, serverTime }, unpackRows] = await Promise.all([listShard(ledger, shard), planned]);
    const others = attempts.filter((other) => other.id !== attempt);
    if (await isOvertaken(others)) return { kind: "superseded" };
    const gone = new Set<string>();
    for (const other of others) {
      if (!isAlive(other, serverTime)) continue;
      const marker = await readOpenMarker(ledger, shard, other);
      if (marker !== undefined && options.isGone(marker.worker)) gone.add(other.id);
    }
    const present = others.filter((other) => !gone.has(other.id));
    const claim = claimOf(present, attempt, serverTime);
    if (claim.kind === "taken") return { kind: "yield" };
    if (claim.kind === "contested") return { kind: "wait" };
    return { kind: "free", standing, others, gone, serverTime, unpackRows };
  };
  const latest = await awaitClaim(timedLook, options);
  if (latest.kind !== "free") {
    await writeEndMarker(ledger, shard, attempt);
    return latest.kind === "wait" ? { kind: "yield" } : latest;
  }
  const { standing, others, gone, serverTime, unpackRows } = latest;
  if (unpackRows === undefined) throw noShardRows(ledger, plan, shard);
  const [rows, records] = await Promise.all([unpackRows(), readRecords(ledger, others)]);
  if (rows === undefined) throw noShardRows(ledger, plan, shard);
  if (!sign.isFresh()) {
    await writeEndMarker(ledger, shard, attempt);
    return { kind: "yield" };
  }
  const isDead = (other: Attempt) => !other.ended && (gone.has(other.id) || !isAlive(other, serverTime));
  const before = others.at(-1);
  const takenOver = before !== undefined && isDead(before) ? before : undefined;
  return {
    kind: "open",
    standing,
    rows,
    past: foldShard(records),
    crashes: others.filter(isDead).length,
    takenOver: takenOver && {
      attempt: takenOver.id,
      from: await readOpenMarker(ledger, shard, takenOver).then(
        (marker) => shownWorker(marker?.worker ?? ""),
        () => "",
      ),
      lastSign: takenOver.lastSign,
    },
    unsure: others.some((other) => !other.ended),
    gone,
    ranLate: records.some(({ outcomes }) => outcomes.some(({ code }) => code === outOfTimeCode)),
    earlier: others.length,
    spent: records.reduce((sum, { spent = nothing }) => plus(sum, spent), nothing),
    signedAt: sign.sentAt(),
    lookMs,
  };
}
