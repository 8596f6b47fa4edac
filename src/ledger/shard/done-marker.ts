/**
 * `done/<group>/<shard>~<counts>~<attempt>`: the shard is over. A shard may have several, all folded from the same segments.
 * What counts is in the name, so counting costs LISTs only.
 */
import type { Marker, MarkerCounts } from "../counts.ts";
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

/** Of the shards of this group and those after it, in order. */
export function doneMarkers(ledger: LedgerStore, fromGroup = 0): AsyncGenerator<Marker> {
  return markersAfter(ledger, paths.doneOfGroup(fromGroup));
}

/** How many there are of the shards from `from` on and below `to`. */
export async function countDoneMarkers(ledger: LedgerStore, from: number, to: number): Promise<number> {
  let count = 0;
  for await (const { number } of markersAfter(ledger, paths.doneOfShard(from).slice(0, -1))) {
    if (number >= to) break;
    count++;
  }
  return count;
}

async function* markersAfter(ledger: LedgerStore, after: string): AsyncGenerator<Marker> {
  for await (const { objects } of pagesAfter(ledger, paths.allDone, after)) {
    for (const { key } of objects) {
      const marker = parseMarker(key);
      if (marker !== undefined) yield marker;
    }
  }
}
