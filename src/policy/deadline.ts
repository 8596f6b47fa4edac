/**
 * May another task start before the process's time is up? Tasks are admitted only while the time left exceeds the 99th
 * percentile of how long tasks of this size took so far. Sizes fall into classes of powers of four, each with a small
 * histogram of durations, so that the memory is constant.
 */
const CLASSES = 22;
/** Durations fall into buckets of powers of √2 ms: 64 of them reach 35 days. */
const BUCKETS = 64;
/** What a task is taken to need before any of its size has ended, bytes a millisecond and a fixed part. */
const ASSUMED_BYTES_PER_MS = 2_000;
const ASSUMED_FIXED_MS = 2_000;

export interface Durations {
  record(size: number | undefined, ms: number): void;
  /** The 99th percentile for a task of this size, in milliseconds; an assumption until ten of them have ended. */
  estimate(size: number | undefined): number;
}

function sizeClass(size: number): number {
  return Math.min(CLASSES - 1, Math.max(0, Math.floor(Math.log2(size + 1) / 2)));
}

export function createDurations(): Durations {
  const counts = new Uint32Array(CLASSES * BUCKETS);
  const totals = new Uint32Array(CLASSES);
  const slowest = new Float64Array(CLASSES);
  const unknownSize = 16 * 1024 * 1024;
  return {
    record(size, ms) {
      const row = sizeClass(size ?? unknownSize);
      const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log2(ms + 1) * 2)));
      const at = row * BUCKETS + bucket;
      counts[at] = (counts[at] ?? 0) + 1;
      totals[row] = (totals[row] ?? 0) + 1;
      slowest[row] = Math.max(slowest[row] ?? 0, ms);
    },
    estimate(size) {
      const row = sizeClass(size ?? unknownSize);
      const total = totals[row] ?? 0;
      if (total < 10) {
        const assumed = ASSUMED_FIXED_MS + (size ?? unknownSize) / ASSUMED_BYTES_PER_MS;
        return Math.max(assumed, slowest[row] ?? 0);
      }
      let left = Math.ceil(total * 0.99);
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        left -= counts[row * BUCKETS + bucket] ?? 0;
        if (left <= 0) return 2 ** (bucket / 2);
      }
      return slowest[row] ?? 0;
    },
  };
}

/** Time kept for flushing the ledger and answering the queue. */
export const flushMs = 5_000;

export function mayStart(now: number, deadline: number, estimateMs: number): boolean {
  return now + estimateMs + flushMs <= deadline;
}
