/** What restoring the originals in archive classes comes to, before it is begun: rows, bytes, requests, money, time. Pure. */
import { archiveKind, isArchiveClass, longestRestoreMs, type RestoreTier } from "../../vocabulary/choices.ts";
import { restoresPerSecond } from "../../vocabulary/limits.ts";
import { lookedAtFirst, looksUntil } from "../restore.ts";
import { listPrices } from "./list-prices.ts";

/** List prices of restoring. */
export interface RestorePrices {
  /** 10,000 restores that are asked for. */
  readonly restoreRequests: number;
  /** A GB, by class; undefined: that of the list, by the tier. */
  readonly restoreArchive?: number | undefined;
  readonly restoreDeepArchive?: number | undefined;
}

export interface RestoresOfClass {
  readonly storageClass: string;
  readonly rows: number;
  /** As far as the rows tell. */
  readonly bytes: number;
  readonly rowsWithSize: number;
  /** The longest that a restore takes, by the service's documents; null: the tier is not one of this class, and the rows will fail. */
  readonly longestSeconds: number | null;
}

/** Of the rows to archive: those that are restored first; and by class those, too, that the tier does not restore. */
export interface RestoreEstimate {
  readonly tier: RestoreTier;
  readonly days: number;
  /** Those that are restored. */
  readonly rows: number;
  readonly byClass: readonly RestoresOfClass[];
  /** Until the last one is restored, at the longest. */
  readonly longestSeconds: number;
}

/** Requests of one look at a shard that waits, to the ledger. */
const LEDGER_A_LOOK = 10;

/**
 * Counts rows as planning goes through them.
 *
 * @param how they are restored; undefined: they are not
 */
export function createRestoreEstimate(how: { readonly tier: RestoreTier; readonly days: number } | undefined) {
  const classes = new Map<string, { rows: number; bytes: number; rowsWithSize: number }>();
  let inShard = new Set<string>();
  /** Of all shards, each class in each. */
  let looks = 0;
  let ledgerLooks = 0;
  const longestMs = (storageClass: string) =>
    how === undefined ? undefined : longestRestoreMs(storageClass, how.tier);
  return {
    /** Is this row in an archive class, and restored by the tier? Then it is counted; `undefined`: it is in none, or none is restored. */
    add({
      storageClass,
      size,
    }: {
      readonly storageClass?: string | undefined;
      readonly size?: number | undefined;
    }): "restored" | "by-no-such-tier" | undefined {
      if (how === undefined || storageClass === undefined || !isArchiveClass(storageClass)) return undefined;
      const name = storageClass.toUpperCase();
      if (longestMs(name) !== undefined) inShard.add(name);
      const its = classes.get(name) ?? { rows: 0, bytes: 0, rowsWithSize: 0 };
      classes.set(name, its);
      its.rows++;
      if (size !== undefined) {
        its.rowsWithSize++;
        its.bytes += size;
      }
      return longestMs(name) === undefined ? "by-no-such-tier" : "restored";
    },
    endShard(): void {
      const times = Array.from(inShard, (name) => looksUntil(longestMs(name) ?? 0));
      inShard = new Set();
      looks += times.reduce((sum, each) => sum + each, 0);
      ledgerLooks += Math.max(0, ...times);
    },
    /** Beside those of each row. */
    requests: () => ({ "source.head": looks * lookedAtFirst, ledger: ledgerLooks * LEDGER_A_LOOK }),
    estimate(): RestoreEstimate | null {
      if (how === undefined) return null;
      const byClass = [...classes]
        .map(([storageClass, its]) => {
          const ms = longestMs(storageClass);
          return { storageClass, ...its, longestSeconds: ms === undefined ? null : ms / 1000 };
        })
        .sort((a, b) => (a.storageClass < b.storageClass ? -1 : 1));
      const rows = byClass.reduce((sum, its) => sum + (its.longestSeconds === null ? 0 : its.rows), 0);
      const longest = Math.max(0, ...byClass.map(({ longestSeconds }) => longestSeconds ?? 0));
      return { ...how, rows, byClass, longestSeconds: longest + rows / restoresPerSecond };
    },
  };
}

const GB = 1024 ** 3;

/** @param averageBytes of a row that tells no size */
export function restoreCost(
  { byClass, tier }: Pick<RestoreEstimate, "byClass" | "tier">,
  averageBytes: number,
  prices: RestorePrices,
): number {
  const given = { ARCHIVE: prices.restoreArchive, DEEP_ARCHIVE: prices.restoreDeepArchive };
  return byClass
    .filter(({ longestSeconds }) => longestSeconds !== null)
    .reduce((sum, { storageClass, rows, rowsWithSize, bytes }) => {
      const kind = archiveKind(storageClass);
      const volume = (bytes + (rows - rowsWithSize) * averageBytes) / GB;
      const perGb = given[kind] ?? listPrices.restore[kind][tier];
      return sum + volume * perGb + (rows / 10_000) * prices.restoreRequests;
    }, 0);
}
