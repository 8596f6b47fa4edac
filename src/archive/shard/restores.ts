/**
 * The rows of a shard that wait until their originals are restored from an archive class. They take hours, and others of the shard
 * don't: so they are left alone until it is time for a look, and of many that are due a few are looked at first.
 */
import type { FoldedRow } from "../../ledger/shard/fold.ts";
import { isWorthALook, lookedAtFirst, untilNextLook } from "../../policy/restore.ts";
import { spread } from "../../policy/trial.ts";
import type { Code } from "../../vocabulary/codes/catalogue.ts";
import type { Outcome, RestoreWait } from "../../vocabulary/outcome.ts";

export interface Restores {
  /** A row has ended, or was left. */
  record(outcome: Outcome): void;
  /** It was found restored. */
  readable(row: number): void;
  /** Those that wait now. */
  rows(): ReadonlySet<number>;
  /** How many there are. */
  count(): number;
  /** Rows to look at first: of each class a few, where it is time for them. */
  samples(now: number): readonly number[];
  /** The other rows that are due, where what was looked at first was restored. */
  others(): readonly number[];
  /** When the first of them are due, ms since the epoch by the ledger's clock. */
  nextLook(now: number): number;
}

/** Whatever else ended a row's try, it is no longer the restore that it waits for. */
const waitingCode: Code = "BeingRestored";

/** @param earlier attempts on the shard: each begins to look elsewhere */
export function createRestores(past: ReadonlyMap<number, FoldedRow>, earlier: number): Restores {
  const waiting = new Map<number, RestoreWait>();
  const record = ({ row, code, restore }: Outcome) => {
    if (code === waitingCode && restore !== undefined) waiting.set(row, restore);
    else waiting.delete(row);
  };
  for (const { outcome } of past.values()) record(outcome);
  let due: { readonly samples: readonly number[]; readonly others: readonly number[] }[] = [];

  const byClass = () => {
    const classes = new Map<string, [row: number, wait: RestoreWait][]>();
    for (const [row, wait] of waiting) {
      const those = classes.get(wait.storageClass);
      if (those === undefined) classes.set(wait.storageClass, [[row, wait]]);
      else those.push([row, wait]);
    }
    return [...classes.values()];
  };
  /** Those of a class were asked for within minutes, and are looked at together: when the last of them is due. */
  const dueAt = (rows: readonly (readonly [number, RestoreWait])[]) =>
    rows.reduce((latest, [, { lookAt }]) => Math.max(latest, Date.parse(lookAt)), 0);

  return {
    record,
    readable: (row) => void waiting.delete(row),
    rows: () => new Set(waiting.keys()),
    count: () => waiting.size,
    samples(now) {
      due = byClass()
        .filter((rows) => dueAt(rows) <= now)
        .map((rows) => {
          const order = Array.from(spread(rows.length, earlier * lookedAtFirst), (at) => rows[at]![0]);
          return { samples: order.slice(0, lookedAtFirst), others: order.slice(lookedAtFirst) };
        });
      return due.flatMap(({ samples }) => samples);
    },
    others: () =>
      due
        .filter(({ samples }) => {
          const restored = samples.filter((row) => !waiting.has(row)).length;
          return isWorthALook(restored, samples.length);
        })
        .flatMap(({ others }) => others),
    nextLook(now) {
      const looks = byClass().map((rows) => {
        const at = dueAt(rows);
        // Due, and left: for want of time, or of a sample that could be looked at.
        return at > now ? at : now + untilNextLook(0);
      });
      return Math.min(...looks);
    },
  };
}
