/** What a LIST tells of shards: which attempts there were on each, and whether they are alive. */
import type { ListedObject } from "../../objects/bucket.ts";
import { parseAttemptObject, paths } from "../layout.ts";
import { type LedgerStore, pagesAfter } from "../store.ts";
import { type Attempt, isAlive, readAttempts } from "./attempts.ts";

export interface ListedShard {
  readonly shard: number;
  readonly attempts: readonly Attempt[];
  /** The store's own clock when it answered, ms since the epoch. */
  readonly serverTime: number;
}

export async function listShard(ledger: LedgerStore, shard: number): Promise<ListedShard> {
  const { objects, serverTime } = await ledger.list(paths.outcomes(shard));
  return { shard, attempts: readAttempts(objects), serverTime };
}

/** The shards from `from` on and below `to` that any attempt has opened, in order, page by page. */
export async function* listShards(ledger: LedgerStore, from: number, to: number): AsyncGenerator<ListedShard> {
  let shard: number | undefined;
  let objects: ListedObject[] = [];
  let serverTime = 0;
  for await (const page of pagesAfter(ledger, paths.allOutcomes, paths.outcomes(from).slice(0, -1))) {
    serverTime = page.serverTime;
    for (const object of page.objects) {
      const its = parseAttemptObject(object.key)?.shard;
      if (its === undefined) continue;
      if (its !== shard) {
        if (shard !== undefined) yield { shard, attempts: readAttempts(objects), serverTime };
        shard = its;
        objects = [];
      }
      if (its >= to) return;
      objects.push(object);
    }
  }
  if (shard !== undefined) yield { shard, attempts: readAttempts(objects), serverTime };
}

/** The shards of a group that any attempt has opened, in order. */
export async function listGroup(ledger: LedgerStore, group: number): Promise<readonly ListedShard[]> {
  const { objects, serverTime } = await ledger.list(paths.groupOutcomes(group));
  const byShard = new Map<number, ListedObject[]>();
  for (const object of objects) {
    const shard = parseAttemptObject(object.key)?.shard;
    if (shard === undefined) continue;
    const those = byShard.get(shard);
    if (those === undefined) byShard.set(shard, [object]);
    else those.push(object);
  }
  return [...byShard]
    .map(([shard, those]) => ({ shard, attempts: readAttempts(those), serverTime }))
    .sort((a, b) => a.shard - b.shard);
}

/** The first shard from `from` on and below `to` of which any attempt has recorded something. */
export async function nextRecorded(ledger: LedgerStore, from: number, to: number): Promise<number | undefined> {
  for await (const { shard, attempts } of listShards(ledger, from, to)) {
    if (attempts.some(({ segments }) => segments.length > 0)) return shard;
  }
  return undefined;
}

/** Is an attempt on one of these shards alive? */
export async function isAnyAlive(ledger: LedgerStore, from: number, to: number): Promise<boolean> {
  for await (const { attempts, serverTime } of listShards(ledger, from, to)) {
    if (attempts.some((attempt) => isAlive(attempt, serverTime))) return true;
  }
  return false;
}

/** Where outcomes lie, for messages. */
export const describeOutcomes = (ledger: LedgerStore): string => ledger.describe(paths.allOutcomes);
/** Those of one shard. */
export const describeOutcomesOf = (ledger: LedgerStore, shard: number): string =>
  ledger.describe(paths.outcomes(shard));
