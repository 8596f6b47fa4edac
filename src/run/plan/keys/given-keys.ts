/**
 * Which archive keys a plan has given out, and for which source version: exact up to ten million rows, within a shard
 * beyond. Of each row only two fingerprints are kept, some 11 bytes: 64 bits of the archive key, 32 of the source version, both
 * seeded anew for each plan, so that nobody can prepare keys that collide.
 */
import type { Random } from "../../../vocabulary/clock.ts";
import { createFingerprintTable } from "./fingerprint-table.ts";

/** Does a row repeat the archive key of an earlier one? */
export type Repetition =
  /** The first row with this archive key. */
  | "new"
  /** The same version of the same source was given this archive key before. */
  | "duplicate"
  /** Another source was. */
  | "collision";

export interface GivenKeys {
  /** @param source the key and the version that is to be archived under `archiveKey` */
  give(archiveKey: string, source: string): Repetition;
  /** Called between shards: beyond the limit, what the last shard gave out is forgotten. */
  nextShard(): void;
  /** Were all rows so far compared with each other? */
  exact(): boolean;
  /** Archive keys given out so far. */
  rows(): number;
  /** Of the fingerprints, by which those of one plan go on where they stopped. */
  readonly seed: number;
}

/** What an earlier delivery of the same planning gave out. */
export interface EarlierKeys {
  readonly seed: number;
  readonly rows: number;
  /** What `onNew` was told, 12 bytes each. */
  readonly prints: readonly Buffer[];
}

/** Rows that are remembered over the whole plan. */
export const exactRows = 10_000_000;

/** As many as a shard may have. */
const SHARD_ROWS = 10_000;

/**
 * @param onNew told what is remembered over the whole plan: three unsigned 32-bit numbers, to be handed in as `before` later
 */
export function createGivenKeys(
  random: Random,
  limit = exactRows,
  before?: EarlierKeys,
  onNew?: (high: number, low: number, source: number) => void,
): GivenKeys {
  const seed = before?.seed ?? Math.floor(random() * 2 ** 32);
  const whole = createFingerprintTable(limit);
  for (const prints of before?.prints ?? []) {
    for (let at = 0; at + 12 <= prints.length; at += 12) {
      whole.add(prints.readUInt32LE(at), prints.readUInt32LE(at + 4), prints.readUInt32LE(at + 8));
    }
  }
  let rows = before?.rows ?? 0;
  let shard = createFingerprintTable(SHARD_ROWS);
  return {
    give(archiveKey, source) {
      const a = fingerprint(archiveKey, seed);
      const b = fingerprint(source, seed ^ 0x5bd1e995).low;
      const earlier = whole.get(a.high, a.low) ?? (rows > limit ? shard.get(a.high, a.low) : undefined);
      if (earlier !== undefined) return earlier === b ? "duplicate" : "collision";
      if (rows < limit) {
        whole.add(a.high, a.low, b);
        onNew?.(a.high, a.low, b);
      } else shard.add(a.high, a.low, b);
      rows++;
      return "new";
    },
    nextShard() {
      if (rows > limit) shard = createFingerprintTable(SHARD_ROWS);
    },
    exact: () => rows <= limit,
    rows: () => rows,
    seed,
  };
}

/** 64 bits of a text, never all zero. Not cryptographic; the seed is what keeps it from being predicted. */
export function fingerprint(text: string, seed: number): { readonly high: number; readonly low: number } {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    low = Math.imul(low ^ unit, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return { high: high >>> 0, low: low >>> 0 || 1 };
}
