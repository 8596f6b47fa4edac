/**
 * May another task start before the process's time is up? Only while the time left exceeds the 99th percentile of how long
 * tasks of its size took lately. Sizes fall into classes of powers of four, each with a small histogram of durations, so
 * that the memory is constant.
 *
 * While few of a size have ended, it is found out with care: an assumption that fits the time left is trusted, else one task
 * goes first and the others wait for what it shows, twice as many each time, since those that share a line slow each other
 * down. What does not fit is left for the next delivery, and does not keep smaller rows back.
 */
const CLASSES = 22;
const BYTES_A_CLASS = 4;
/** Durations fall into buckets of powers of the fourth root of 2 ms: 128 of them reach 49 days. */
const BUCKETS = 128;
const BUCKETS_AN_OCTAVE = 4;
/**
 * So many of a class, and as many before them at most, say how long one takes. Of all there ever were, those that a process begins with, cold and without a
 * connection, would be the slowest hundredth until thousands had ended, and each short delivery would give up seconds for them.
 */
const LATELY = 100;
/** What a task is taken to need before any of its size has ended, bytes a millisecond and a fixed part. */
const ASSUMED_BYTES_PER_MS = 2_000;
const ASSUMED_FIXED_MS = 2_000;
/** As many say what the 99th percentile is; of fewer the slowest is taken, and as much again. */
const ENOUGH = 10;

/** The wary one lets one more run at once after each this many that have ended. */
const WARY_STEP = 3;

/** How long a task of some size takes, in milliseconds, and how many that have ended it is drawn from. */
export interface Estimate {
  readonly ms: number;
  readonly samples: number;
}

export interface Durations {
  record(size: number | undefined, ms: number): void;
  estimate(size: number | undefined): Estimate;
}

function sizeClass(size: number): number {
  return Math.min(CLASSES - 1, Math.max(0, Math.floor(Math.log2(size + 1) / 2)));
}

export function createDurations(): Durations {
  const counts = new Uint32Array(CLASSES * BUCKETS);
  const totals = new Uint32Array(CLASSES);
  /** Of those before. */
  const earlier = new Uint32Array(CLASSES * BUCKETS);
  const earlierTotals = new Uint32Array(CLASSES);
  const slowest = new Float64Array(CLASSES);
  const unknownSize = 16 * 1024 * 1024;

  const samplesOf = (row: number) => (totals[row] ?? 0) + (earlierTotals[row] ?? 0);

  function percentile(row: number): number {
    let left = Math.ceil(samplesOf(row) * 0.99);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const at = row * BUCKETS + bucket;
      left -= (counts[at] ?? 0) + (earlier[at] ?? 0);
      if (left <= 0) return 2 ** (bucket / BUCKETS_AN_OCTAVE);
    }
    return slowest[row] ?? 0;
  }

  /** What those of other sizes show: a smaller one takes no longer than a larger, a larger one no longer than its bytes are more. */
  function byNeighbours(row: number): number {
    const isKnown = (other: number) => samplesOf(other) >= ENOUGH;
    let most = Number.POSITIVE_INFINITY;
    for (let other = row + 1; other < CLASSES; other++) if (isKnown(other)) most = Math.min(most, percentile(other));
    for (let other = row - 1; other >= 0; other--) {
      if (isKnown(other)) most = Math.min(most, percentile(other) * BYTES_A_CLASS ** (row - other));
    }
    return most;
  }

  return {
    record(size, ms) {
      const row = sizeClass(size ?? unknownSize);
      const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log2(ms + 1) * BUCKETS_AN_OCTAVE)));
      const at = row * BUCKETS + bucket;
      if (totals[row] === LATELY) {
        const [from, to] = [row * BUCKETS, (row + 1) * BUCKETS];
        earlier.set(counts.subarray(from, to), from);
        counts.fill(0, from, to);
        earlierTotals[row] = LATELY;
        totals[row] = 0;
      }
      counts[at] = (counts[at] ?? 0) + 1;
      totals[row] = (totals[row] ?? 0) + 1;
      slowest[row] = Math.max(slowest[row] ?? 0, ms);
    },
    estimate(size) {
      const row = sizeClass(size ?? unknownSize);
      const samples = samplesOf(row);
      const most = slowest[row] ?? 0;
      if (samples === 0) {
        const assumed = ASSUMED_FIXED_MS + (size ?? unknownSize) / ASSUMED_BYTES_PER_MS;
        return { samples, ms: Math.min(assumed, byNeighbours(row)) };
      }
      return { samples, ms: samples < ENOUGH ? 2 * most : percentile(row) };
    },
  };
}

/** What of a delivery's time is kept for its end, milliseconds. */
export interface Reserves {
  /** For flushing the ledger: no task begins that may end later. */
  readonly flushMs: number;
  /** Of which this much must be left when what is in flight is given up, because an estimate was wrong. */
  readonly lastMs: number;
}

/** Where there is much time; of a short delivery a share, and never less than a flush takes at its best. */
const mostFlushMs = 5_000;
const leastFlushMs = 700;
const shareOfFlush = 1 / 12;
/** A look at the shard is two or three requests one after the other; its end four at most. */
const looksOfFlush = 2;
const shareOfLast = 0.6;

/**
 * @param limitMs of the whole delivery
 * @param lookMs that its look at the shard took, when it was opened: how slow the ledger is just now
 */
export function reservesOf(limitMs: number, lookMs: number): Reserves {
  const flushMs = Math.min(mostFlushMs, Math.max(leastFlushMs, limitMs * shareOfFlush, lookMs * looksOfFlush));
  return { flushMs, lastMs: flushMs * shareOfLast };
}

/**
 * With less than this no message is begun: what it brings could not be given up in time, and a process that is killed at its work charges the rows
 * that it was at. Less will do, down to the second, where all messages that this process worked took less.
 */
export const leastWorkMs = 3_000;
const leastKnownMs = 2_000;
const beyondKnownMs = 500;

/** @param slowestMs of the messages that were worked just before, from receiving to the answer; undefined: none was */
export function leastWorkFor(slowestMs: number | undefined): number {
  if (slowestMs === undefined) return leastWorkMs;
  return Math.min(leastWorkMs, Math.max(leastKnownMs, slowestMs + beyondKnownMs));
}

/** The longest time that the platform is given for the answer, of a short-lived process a share. */
const mostAnswerMs = 5_000;
const leastAnswerMs = 500;

/** Milliseconds kept back to give an answer: one request to the queue, and what the platform needs itself. */
export function answerMsOf(remainingMs: number): number {
  return Math.min(mostAnswerMs, Math.max(leastAnswerMs, remainingMs / 20), remainingMs / 10);
}

export function mayStart(now: number, deadline: number, estimateMs: number, { flushMs }: Reserves): boolean {
  return now + estimateMs + flushMs <= deadline;
}

/** What admission looks at. Times in ms, `now` and `deadline` by the clock's `elapsed`. */
export interface Admitting {
  /** When the task could begin. */
  readonly now: number;
  readonly deadline: number;
  readonly reserves: Reserves;
  readonly estimate: Estimate;
  /** Tasks of this delivery that run, and that have ended. */
  readonly running: number;
  readonly ended: number;
  /** An earlier delivery had to give up what was in flight: assumptions are not trusted. */
  readonly wary: boolean;
}

/** `later`: once one of those that run has ended, more is known. */
export function admit({
  now,
  deadline,
  reserves,
  estimate,
  running,
  ended,
  wary,
}: Admitting): "now" | "later" | "never" {
  if (deadline === Number.POSITIVE_INFINITY) return "now";
  // At least one a delivery, or a shard whose rows are all slow would never end.
  if (running === 0 && ended === 0) return "now";
  const { samples, ms } = estimate;
  // The wary one expects those that start together to take each other's share of the line.
  const fits = mayStart(now, deadline, wary && samples >= ENOUGH ? 2 * ms : ms, reserves);
  if (samples === 0) return fits && !wary ? "now" : running > 0 ? "later" : "never";
  if (!fits) return "never";
  const most = wary ? 1 + ended / WARY_STEP : samples < ENOUGH ? 2 * ended : Number.POSITIVE_INFINITY;
  return running >= Math.floor(most) ? "later" : "now";
}
