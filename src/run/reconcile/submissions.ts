/**
 * Which shards of a plan have been sent to the queue. In the ledger it is a few markers, `submitted/<plan>/upto-<n>~<id>`
 * and `submitted/<plan>/again-<shard>~<id>`; written after the sends, so that what is lost in between is only sent twice.
 */
import { ulid } from "ulid";
import { paths } from "../../ledger/layout.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";

export interface Submitted {
  /** Shards below this one were sent. */
  readonly upTo: number;
  /** When each range was sent, oldest first: shards below `upTo` and not below the one before. ms since the epoch. */
  readonly at: readonly { readonly upTo: number; readonly at: number }[];
  /** Shards that were sent again, and when last. */
  readonly again: ReadonlyMap<number, number>;
  /** The clock by which those times are. */
  readonly now: number;
}

export interface Submissions {
  read(): Promise<Submitted>;
  sentUpTo(shard: number): Promise<void>;
  sentAgain(shard: number): Promise<void>;
}

export function ledgerSubmissions(ledger: LedgerStore, plan: string, clock: Clock, random: Random): Submissions {
  const prefix = paths.submitted(plan);
  const mark = (name: string) => ledger.put(`${prefix}${name}~${ulid(clock.now(), random)}`, "");
  return {
    async read() {
      const { objects, serverTime } = await ledger.list(prefix);
      const at: { upTo: number; at: number }[] = [];
      const again = new Map<number, number>();
      for (const { key, lastModified } of objects) {
        const match = /\/(upto|again)-(\d+)~[0-9A-Z]{26}$/.exec(key);
        if (match === null) continue;
        const number = Number(match[2]);
        if (match[1] === "upto") at.push({ upTo: number, at: lastModified });
        else again.set(number, Math.max(again.get(number) ?? 0, lastModified));
      }
      at.sort((a, b) => a.upTo - b.upTo || a.at - b.at);
      return { upTo: at.at(-1)?.upTo ?? 0, at, again, now: serverTime };
    },
    sentUpTo: (shard) => mark(`upto-${String(shard).padStart(9, "0")}`),
    sentAgain: (shard) => mark(`again-${String(shard).padStart(9, "0")}`),
  };
}

/** Of a queue that lives and dies with this process: a new process sends every shard anew. */
export function processSubmissions(clock: Clock): Submissions {
  const at: { upTo: number; at: number }[] = [];
  const again = new Map<number, number>();
  return {
    read: async () => ({ upTo: at.at(-1)?.upTo ?? 0, at: [...at], again: new Map(again), now: clock.now() }),
    async sentUpTo(upTo) {
      at.push({ upTo, at: clock.now() });
    },
    async sentAgain(shard) {
      again.set(shard, clock.now());
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
