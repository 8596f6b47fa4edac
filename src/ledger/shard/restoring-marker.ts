/**
 * `restoring/<shard>~n<rows>~u<until>~<attempt>`: all that is left of the shard are originals that are being restored from an archive
 * class, and until then nobody need look at them. Written by the attempt that found it so, in the place of handing the shard on; reconcile
 * sends it again when it is time. Until it is over a shard may have many; the latest moment counts, for each was written when the one
 * before was past.
 */
import { parseRestoring, paths, type RestoringShard, restoringPath } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

export function writeRestoringMarker(ledger: LedgerStore, restoring: RestoringShard, attempt: string): Promise<void> {
  return ledger.put(restoringPath(restoring, attempt), "");
}

export interface Restoring {
  /** By shard; of shards that are over by now too. */
  readonly shards: ReadonlyMap<number, RestoringShard>;
  /** The clock that `until` is by, when it was looked at. */
  readonly now: number;
}

export async function readRestoring(ledger: LedgerStore): Promise<Restoring> {
  const { objects, serverTime } = await ledger.list(paths.restoring);
  const shards = new Map<number, RestoringShard>();
  for (const { key } of objects) {
    const marker = parseRestoring(key);
    if (marker !== undefined && marker.until >= (shards.get(marker.shard)?.until ?? 0))
      shards.set(marker.shard, marker);
  }
  return { shards, now: serverTime };
}

/** Until when nobody need be at work for the sake of this object, ms since the epoch by the ledger's clock; undefined of other objects. */
export const sleepsUntil = (path: string): number | undefined => parseRestoring(path)?.until;
