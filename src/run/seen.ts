/**
 * Which archive keys a plan has given out, and for which source version: exact up to ten million rows, within a shard
 * beyond. Of each row only two fingerprints are kept, 12 bytes: 64 bits of the archive key, 32 of the source version, both
 * seeded anew for each plan, so that nobody can prepare keys that collide.
 */
import type { Random } from "../clock.ts";

export type Sighting =
  /** The first row with this archive key. */
  | "new"
  /** The same version of the same source was given this archive key before. */
  | "duplicate"
  /** Another source was. */
  | "collision";

export interface Seen {
  /** @param source the key and the version that is to be archived under `archiveKey` */
  see(archiveKey: string, source: string): Sighting;
  /** Called between shards: beyond the limit, what the last shard gave out is forgotten. */
  nextShard(): void;
  /** Were all rows so far compared with each other? */
  exact(): boolean;
  /** Archive keys given out so far. */
  rows(): number;
  /** Of the fingerprints, by which those of one plan go on where they stopped. */
  readonly seed: number;
}

/** What an earlier delivery of the same planning had seen. */
export interface SeenBefore {
  readonly seed: number;
  readonly rows: number;
  /** What `onNew` was told, 12 bytes each. */
  readonly prints: readonly Buffer[];
}

/** Rows that are remembered over the whole plan. */
export const exactRows = 10_000_000;

/** Many small tables, so that one grows at a time and the peak stays near the sum. */
const TABLES = 256;
const FIRST_SLOTS = 64;
const FULLEST = 0.8;

/**
 * @param onNew told what is remembered over the whole plan: three unsigned 32-bit numbers, to be handed in as `before` later
 */
export function createSeen(
  random: Random,
  limit = exactRows,
  before?: SeenBefore,
  onNew?: (high: number, low: number, source: number) => void,
): Seen {
  const seed = before?.seed ?? Math.floor(random() * 2 ** 32);
  const whole = createTables();
  for (const prints of before?.prints ?? []) {
    for (let at = 0; at + 12 <= prints.length; at += 12) {
      whole.add(prints.readUInt32LE(at), prints.readUInt32LE(at + 4), prints.readUInt32LE(at + 8));
    }
  }
  let rows = before?.rows ?? 0;
  let shard = createTables();
  return {
    see(archiveKey, source) {
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
      if (rows > limit) shard = createTables(1);
    },
    exact: () => rows <= limit,
    rows: () => rows,
    seed,
  };
}

interface Tables {
  get(high: number, low: number): number | undefined;
  add(high: number, low: number, value: number): void;
}

/** Open addressing; three words a slot: high, low, value. A fingerprint is never all zero, so a slot that is, is free. */
function createTables(tables = TABLES): Tables {
  const slots: (Uint32Array | undefined)[] = new Array(tables);
  const used = new Uint32Array(tables);
  const at = (table: Uint32Array, high: number, low: number): number => {
    const count = table.length / 3;
    let slot = low % count;
    for (;;) {
      const index = slot * 3;
      if ((table[index] === 0 && table[index + 1] === 0) || (table[index] === high && table[index + 1] === low))
        return index;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
  };
  const which = (high: number) => (high >>> 24) % tables;
  return {
    get(high, low) {
      const table = slots[which(high)];
      if (table === undefined) return undefined;
      const index = at(table, high, low);
      return table[index] === 0 && table[index + 1] === 0 ? undefined : table[index + 2];
    },
    add(high, low, value) {
      const n = which(high);
      let table = slots[n] ?? new Uint32Array(FIRST_SLOTS * 3);
      if ((used[n] as number) + 1 > (table.length / 3) * FULLEST) {
        const larger = new Uint32Array(Math.ceil((table.length / 3) * 1.5) * 3);
        for (let index = 0; index < table.length; index += 3) {
          const h = table[index] as number;
          const l = table[index + 1] as number;
          if (h === 0 && l === 0) continue;
          larger.set(table.subarray(index, index + 3), at(larger, h, l));
        }
        table = larger;
      }
      slots[n] = table;
      const index = at(table, high, low);
      table[index] = high;
      table[index + 1] = low;
      table[index + 2] = value;
      used[n] = (used[n] as number) + 1;
    },
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
