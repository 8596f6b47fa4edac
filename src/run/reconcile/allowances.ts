/**
 * What of a run's cap its shards may spend: given out as they are sent, so far as what is spent and what is given out stay within it
 * (policy/money/cap.ts). Two reconcilers may look at one time: what the other gave out is listed again before more is.
 */
import { goesPlain } from "../../archive/task/knowledge.ts";
import { noMoney, readShardCaps, type ShardCap, writeCap } from "../../ledger/caps.ts";
import { readCaps } from "../../ledger/control.ts";
import { planOfShard, type RunDocument } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { readShardRows } from "../../ledger/plan/shard-rows.ts";
import { isShardOver, type RunMarkers } from "../../ledger/report/run-markers.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import {
  type Amount,
  assumedBytes,
  type Caps,
  capOf,
  costOfFetch,
  costOfRestore,
  grantFor,
  minus,
  moneyOf,
  nothing,
  plus,
  reservedOf,
} from "../../policy/money/cap.ts";
import { isArchiveClass } from "../../vocabulary/choices.ts";

export interface Allowances {
  /** May the shard be sent? Gives it an allowance where it has none, or has used its own up. */
  admits(shard: number): Promise<boolean>;
  /** Has it used up what it was given? Then nothing of it is under way. */
  isShort(shard: number): boolean;
  short(): readonly number[];
  /** Why the run is to be halted: the cap had no room for what is next, and nothing is under way that could leave some. */
  reached(): string | undefined;
}

/** Shards whose money one page of a LIST tells: of so many it is read before each grant, of more as much more seldom. */
const FEW = 300;

/** Undefined of a run without a cap. */
export async function openAllowances(
  ledger: LedgerStore,
  run: RunDocument,
  view: RunMarkers,
): Promise<Allowances | undefined> {
  const { prices, options } = run.request;
  if (prices === undefined) return undefined;
  const [caps, read] = await Promise.all([readCaps(ledger, options), readShardCaps(ledger)]);
  const cap = capOf(caps);
  if (cap === undefined) return undefined;
  let shards = new Map(read);
  /** By this reconciler: a LIST may not show them yet. */
  const given = new Map<number, ShardCap>();
  let asOld = 0;
  const isOver = (shard: number) => isShardOver(view, shard);
  const isShort = (shard: number) => shards.get(shard)?.short !== undefined && !isOver(shard);
  const reservedNow = () => reservedOf(Array.from(shards, ([shard, money]) => ({ ...money, isOver: isOver(shard) })));
  let reserved = reservedNow();
  let isRefused = false;

  /**
   * What another reconciler gave out since. It is written before its shard is sent, so whoever passes over that shard as sent, and so comes to
   * another one, finds it here.
   */
  const lookAgain = async () => {
    if (asOld++ % Math.ceil((shards.size + 1) / FEW) !== 0) return;
    shards = new Map(await readShardCaps(ledger));
    for (const [shard, own] of given) {
      const listed = shards.get(shard) ?? noMoney;
      if (listed.n < own.n) shards.set(shard, { ...listed, n: own.n, granted: own.granted, short: undefined });
    }
    reserved = reservedNow();
  };

  const wantedOf = async (shard: number): Promise<Amount> => {
    const rows = (await readShardRows(ledger, planOfShard(run, shard), shard)) ?? [];
    const restore = restoreOf(options);
    let sum = nothing;
    for (const { key, settled, size = assumedBytes, storageClass } of rows) {
      if (settled !== undefined) continue;
      const isPaid = options.fromArchive === undefined && !goesPlain({ key }, options);
      sum = plus(sum, costOfFetch(size, prices, isPaid));
      if (restore !== undefined && storageClass !== undefined && isArchiveClass(storageClass)) {
        sum = plus(sum, costOfRestore(size, storageClass, restore.tier, prices));
      }
    }
    return sum;
  };
  return {
    isShort,
    short: () => [...shards.keys()].filter(isShort).sort((a, b) => a - b),
    async admits(shard) {
      const has = ({ granted, short }: ShardCap) => granted !== undefined && short === undefined;
      if (has(shards.get(shard) ?? noMoney)) return true;
      await lookAgain();
      const money: ShardCap = shards.get(shard) ?? noMoney;
      if (has(money)) return true;
      const amount = grantFor(money, await wantedOf(shard), cap, reserved);
      if (amount === undefined) {
        isRefused = true;
        return false;
      }
      const n = money.n + 1;
      await writeCap(ledger, { kind: "granted", shard, n, amount });
      const now = { ...money, n, granted: amount, short: undefined };
      shards.set(shard, now);
      given.set(shard, now);
      reserved = plus(reserved, minus(amount, money.spent ?? nothing));
      return true;
    },
    reached() {
      const isUnderWay = ([shard, { granted }]: readonly [number, ShardCap]) =>
        granted !== undefined && !isOver(shard) && !isShort(shard);
      return isRefused && ![...shards].some(isUnderWay) ? reasonOf(caps, reserved, prices.currency) : undefined;
    },
  };
}

function reasonOf({ maxCost, maxBytes }: Caps, spent: Amount, currency: string): string {
  const money =
    maxCost === undefined ? [] : [`--max-cost ${maxCost} ${currency}, of which ${textOf(moneyOf(spent))} are spent`];
  const bytes = maxBytes === undefined ? [] : [`--max-bytes ${maxBytes}, of which ${spent.bytes} are fetched`];
  return `what comes next would pass ${[...money, ...bytes].join(", or ")}; resume the run with more to go on`;
}

const textOf = (money: number) => String(Number(money.toPrecision(6)));
