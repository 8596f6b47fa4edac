/** What a shard may spend of the run's cap (policy/money/cap.ts), and what it has spent: each fetch is paid for before it is sent. */
import {
  type Amount,
  assumedBytes,
  type CapPrices,
  costOfFetch,
  costOfRestore,
  covers,
  minus,
  nothing,
  plus,
} from "../../../policy/money/cap.ts";
import type { Purse } from "../../task/task.ts";

export interface Allowance extends Purse {
  /** By this attempt, what is on its way included. */
  spent(): Amount;
  /** By all attempts. */
  total(): Amount;
  /** The least that was refused; undefined while nothing was. */
  short(): Amount | undefined;
}

/**
 * @param granted what the shard may spend in all
 * @param before what earlier attempts have spent
 */
export function createAllowance(granted: Amount, before: Amount, prices: CapPrices): Allowance {
  let spent = nothing;
  let short: Amount | undefined;
  const pay = (amount: Amount): boolean => {
    // A smaller one may fit all the same; it must not be told as what is lacking, or it would be given again and again.
    if (covers(granted, plus(plus(before, spent), amount))) {
      spent = plus(spent, amount);
      return true;
    }
    short =
      short === undefined
        ? amount
        : { nano: Math.min(short.nano, amount.nano), bytes: Math.min(short.bytes, amount.bytes) };
    return false;
  };
  return {
    payFetch: (size = assumedBytes, paid) => pay(costOfFetch(size, prices, paid)),
    fetched(expected = assumedBytes, size = expected, paid) {
      // It is on its way, and is paid for.
      if (size > expected) spent = plus(spent, costOfFetch(size - expected, { ...prices, requests: 0 }, paid));
    },
    payRestore: (size = assumedBytes, storageClass, tier) => pay(costOfRestore(size, storageClass, tier, prices)),
    notRestored(size = assumedBytes, storageClass, tier) {
      const of = (bytes: number) => costOfRestore(bytes, storageClass, tier, prices);
      spent = minus(spent, minus(of(size), of(0)));
    },
    spent: () => spent,
    total: () => plus(before, spent),
    short: () => short,
  };
}
