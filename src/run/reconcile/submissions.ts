/** Which shards of a plan have been sent to the queue: as the ledger says, or as this process knows. */

import { ulid } from "ulid";
import { readSubmitted, type Submitted, writeSubmittedAgain, writeSubmittedUpTo } from "../../ledger/plan/submitted.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { ageOf, type Clock, type Moment, momentOf, type Random } from "../../vocabulary/clock.ts";
import type { Submissions } from "../messages/delivery.ts";

export function ledgerSubmissions(ledger: LedgerStore, plan: string, clock: Clock, random: Random): Submissions {
  const id = () => ulid(clock.now(), random);
  return {
    read: () => readSubmitted(ledger, plan),
    sentUpTo: (shard) => writeSubmittedUpTo(ledger, plan, shard, id()),
    sentAgain: (shard) => writeSubmittedAgain(ledger, plan, shard, id()),
  };
}

/** Of a queue that lives and dies with this process: a new process sends every shard anew. */
export function processSubmissions(clock: Clock): Submissions {
  const at: { upTo: number; at: number }[] = [];
  const again = new Map<number, Moment>();
  const sentAgainAt = (now: number) =>
    new Map(Array.from(again, ([shard, moment]) => [shard, now - ageOf(moment, clock)] as const));
  return {
    async read() {
      const now = clock.elapsed();
      return { upTo: at.at(-1)?.upTo ?? 0, at: [...at], again: sentAgainAt(now), now };
    },
    async sentUpTo(upTo) {
      at.push({ upTo, at: clock.elapsed() });
    },
    async sentAgain(shard) {
      again.set(shard, momentOf(clock));
    },
  };
}

/** When a shard was sent last; undefined where it was not. */
export function sentAt(submitted: Submitted, shard: number): number | undefined {
  const first = submitted.at.find(({ upTo }) => shard < upTo)?.at;
  const again = submitted.again.get(shard);
  if (first === undefined) return again;
  return again === undefined ? first : Math.max(first, again);
}
