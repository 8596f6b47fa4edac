/**
 * `done/<group>/<shard>~<counts>~<attempt>`: the shard is over. A shard may have several, all folded from the same segments.
 * What counts is in the name, so counting costs LISTs only.
 */
import { endedRows, type Marker, type MarkerCounts } from "../counts.ts";
import { donePath, parseMarker, paths } from "../layout.ts";
import { type LedgerStore, pagesAfter } from "../store.ts";

export function writeDoneMarker(
  ledger: LedgerStore,
  shard: number,
  counts: MarkerCounts,
  attempt: string,
): Promise<void> {
  return ledger.put(donePath(shard, counts, attempt), "");
}

export async function isDone(ledger: LedgerStore, shard: number): Promise<boolean> {
  return (await ledger.listPage(paths.doneOfShard(shard))).objects.length > 0;
}

export interface DoneMarker extends Marker {
  /** By the store's clock, ms since the epoch. */
  readonly writtenAt: number;
}

/** What a done marker promises of the listing of its shard's outcomes, all of which were written before it. */
export interface ShardOver {
  /** Rows that have an outcome: all there are. */
  readonly rows: number;
  /** By the store's clock, ms since the epoch. */
  readonly writtenAt: number;
}

/** Shards that are over. */
export type ShardsOver = ReadonlyMap<number, ShardOver>;

/** Any marker of a shard says the same of it. */
export const shardOver = (marker: DoneMarker): ShardOver => ({
  rows: endedRows(marker),
  writtenAt: marker.writtenAt,
});

/** Of the shards of this group and those after it, in order. */
export function doneMarkers(ledger: LedgerStore, fromGroup = 0): AsyncGenerator<DoneMarker> {
  return markersAfter(ledger, paths.doneOfGroup(fromGroup));
}

/** The first shard from `from` on and below `to` that is over. */
export async function nextOver(ledger: LedgerStore, from: number, to: number): Promise<number | undefined> {
  for await (const { number } of markersAfter(ledger, paths.doneOfShard(from).slice(0, -1))) {
    return number < to ? number : undefined;
  }
  return undefined;
}

/** Which of the shards from `from` on and below `to` are over, and how many markers they have. */
export async function doneShards(
  ledger: LedgerStore,
  from: number,
  to: number,
): Promise<{ readonly markers: number; readonly over: ShardsOver }> {
  const over = new Map<number, ShardOver>();
  let markers = 0;
  for await (const marker of markersAfter(ledger, paths.doneOfShard(from).slice(0, -1))) {
    if (marker.number >= to) break;
    markers++;
    over.set(marker.number, shardOver(marker));
  }
  return { markers, over };
}

async function* markersAfter(ledger: LedgerStore, after: string): AsyncGenerator<DoneMarker> {
  for await (const { objects } of pagesAfter(ledger, paths.allDone, after)) {
    for (const { key, lastModified } of objects) {
      const marker = parseMarker(key);
      if (marker !== undefined) yield { ...marker, writtenAt: lastModified };
    }
  }
}
