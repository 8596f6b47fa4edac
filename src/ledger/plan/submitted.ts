/**
 * Markers of what was sent to the queue: `submitted/<plan>/upto-<n>~<id>`, the shards below that one, and `again-<shard>~<id>`.
 * Written after the sends, so that what is lost in between is only sent twice.
 */
import { parseSubmitted, paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

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

export async function readSubmitted(ledger: LedgerStore, plan: string): Promise<Submitted> {
  const { objects, serverTime } = await ledger.list(paths.submitted(plan));
  const at: { upTo: number; at: number }[] = [];
  const again = new Map<number, number>();
  for (const { key, lastModified } of objects) {
    const marker = parseSubmitted(key);
    if (marker === undefined) continue;
    if (marker.kind === "upTo") at.push({ upTo: marker.shard, at: lastModified });
    else again.set(marker.shard, Math.max(again.get(marker.shard) ?? 0, lastModified));
  }
  at.sort((a, b) => a.upTo - b.upTo || a.at - b.at);
  return { upTo: at.at(-1)?.upTo ?? 0, at, again, now: serverTime };
}

/** Was any shard of the plan sent to a queue? */
export async function isSubmitted(ledger: LedgerStore, plan: string): Promise<boolean> {
  return (await ledger.listPage(paths.submitted(plan))).objects.length > 0;
}

/** @param id a ULID of its own */
export function writeSubmittedUpTo(ledger: LedgerStore, plan: string, shard: number, id: string): Promise<void> {
  return ledger.put(paths.submittedUpTo(plan, shard, id), "");
}

/** @param id a ULID of its own */
export function writeSubmittedAgain(ledger: LedgerStore, plan: string, shard: number, id: string): Promise<void> {
  return ledger.put(paths.submittedAgain(plan, shard, id), "");
}
