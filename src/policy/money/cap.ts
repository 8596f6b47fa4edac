/**
 * `--max-cost` and `--max-bytes`. Reconcile gives each shard that it sends an allowance, while what is spent and what is given out and not
 * over stay within the cap; a worker spends at most its shard's allowance, and one that is used up may be followed by another. So no
 * worker waits for another, and the cap is passed by no more than what was in flight at crashes. Pure.
 *
 * Money is counted as if none of the month's free volume were left, in billionths of the currency, so that sums are exact.
 */
import { archiveKind, type RestoreTier } from "../../vocabulary/choices.ts";
import { GB } from "./cost.ts";
import { listPrices } from "./list-prices.ts";
import type { RestorePrices } from "./restore-price.ts";

/** Money in billionths, and bytes fetched; of a cap Infinity is no cap. */
export interface Amount {
  readonly nano: number;
  readonly bytes: number;
}

export const nothing: Amount = { nano: 0, bytes: 0 };

export const plus = (a: Amount, b: Amount): Amount => ({ nano: a.nano + b.nano, bytes: a.bytes + b.bytes });
export const minus = (a: Amount, b: Amount): Amount => ({ nano: a.nano - b.nano, bytes: a.bytes - b.bytes });
/** Is there as much of both? */
export const covers = (whole: Amount, part: Amount): boolean => whole.nano >= part.nano && whole.bytes >= part.bytes;

const BILLION = 1e9;

/** What a run was asked to keep to: money in the currency of its prices; undefined is no cap. */
export interface Caps {
  readonly maxCost?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** Undefined where there is neither. */
export function capOf({ maxCost, maxBytes }: Caps): Amount | undefined {
  if (maxCost === undefined && maxBytes === undefined) return undefined;
  return {
    nano: maxCost === undefined ? Number.POSITIVE_INFINITY : Math.floor(maxCost * BILLION),
    bytes: maxBytes ?? Number.POSITIVE_INFINITY,
  };
}

export const moneyOf = ({ nano }: Amount): number => nano / BILLION;

/** What a run with a cap is reckoned by, whoever works it. */
export interface CapPrices extends RestorePrices {
  readonly currency: string;
  readonly processing: number;
  readonly requests: number;
}

/** Of one original beside its fetch: HEADs of source and archive, the PUT, and its part of what goes to the ledger. */
const REQUESTS_A_FETCH = 6;

/** @param size in bytes; @param paid by the image service, and not a plain GET */
export function costOfFetch(size: number, prices: CapPrices, paid = true): Amount {
  const processing = paid ? (size / GB) * prices.processing : 0;
  const requests = (REQUESTS_A_FETCH / 10_000) * prices.requests;
  return { nano: Math.ceil((processing + requests) * BILLION), bytes: size };
}

export function costOfRestore(size: number, storageClass: string, tier: RestoreTier, prices: CapPrices): Amount {
  const kind = archiveKind(storageClass);
  const given = { ARCHIVE: prices.restoreArchive, DEEP_ARCHIVE: prices.restoreDeepArchive }[kind];
  const perGb = given ?? listPrices.restore[kind][tier];
  return { nano: Math.ceil(((size / GB) * perGb + prices.restoreRequests / 10_000) * BILLION), bytes: 0 };
}

/** Of an original whose size nobody tells before it is fetched. */
export const assumedBytes = 1024 ** 2;

/** What the ledger tells of one shard's money. */
export interface ShardMoney {
  /** Over all its grants; undefined where it has none. */
  readonly granted: Amount | undefined;
  /** By what its attempts said last; undefined where none has said anything. */
  readonly spent: Amount | undefined;
  /** It needs more than it was given, at least so much. */
  readonly short: Amount | undefined;
  readonly isOver: boolean;
}

/** What of the cap is spent, or may be. What is over, or needs more to spend anything, has said what it spent; of what is under way all may be. */
export function reservedOf(shards: Iterable<ShardMoney>): Amount {
  let sum = nothing;
  for (const { granted = nothing, spent, short, isOver } of shards) {
    sum = plus(sum, isOver || short !== undefined ? (spent ?? granted) : granted);
  }
  return sum;
}

/**
 * What a shard may spend in all from now on; undefined where the cap has no room for it.
 *
 * @param wanted what its rows come to, as far as they tell
 */
export function grantFor(
  shard: Pick<ShardMoney, "granted" | "spent" | "short">,
  wanted: Amount,
  cap: Amount,
  reserved: Amount,
): Amount | undefined {
  const room = { nano: left(cap.nano, reserved.nano), bytes: left(cap.bytes, reserved.bytes) };
  const needed = shard.short ?? { nano: Math.min(1, wanted.nano), bytes: Math.min(1, wanted.bytes) };
  if (!covers(room, needed)) return undefined;
  const more = (name: keyof Amount) =>
    cap[name] === Number.POSITIVE_INFINITY ? cap[name] : Math.min(room[name], Math.max(wanted[name], needed[name]));
  return plus(shard.spent ?? nothing, { nano: more("nano"), bytes: more("bytes") });
}

/** What no cap bounds is not used up by what is given out of it. */
const left = (cap: number, used: number): number => (cap === Number.POSITIVE_INFINITY ? cap : cap - used);
