/**
 * How often which values occur, in bins of an eighth of an octave: a value is told to within an eighth of itself, and all that there can be,
 * from 0 to the longest safe integer, fit into some 400 bins, of which those that are empty are not kept. Merging is exact, in any order.
 */
export interface Histogram {
  /** Values in it. */
  count: number;
  max: number;
  /** By the number of the bin. */
  readonly bins: Map<number, number>;
}

export const emptyHistogram = (): Histogram => ({ count: 0, max: 0, bins: new Map() });

/** Bins an octave. Values below it have one each. */
const FINE = 8;
const FINE_BITS = 3;

export function binOf(value: number): number {
  const whole = Math.min(Math.max(0, Math.round(value)), Number.MAX_SAFE_INTEGER);
  if (whole < FINE) return whole;
  let octave = Math.floor(Math.log2(whole));
  // The logarithm of what is just below a power of two is rounded up to it.
  if (2 ** octave > whole) octave--;
  return FINE * (octave - FINE_BITS + 1) + Math.floor(whole / 2 ** (octave - FINE_BITS)) - FINE;
}

/** The least value of a bin. */
export function beginOf(bin: number): number {
  if (bin < FINE) return bin;
  return (FINE + (bin % FINE)) * 2 ** (Math.floor(bin / FINE) - 1);
}

/** In place. */
export function addValue(histogram: Histogram, value: number): void {
  const bin = binOf(value);
  histogram.count++;
  histogram.max = Math.max(histogram.max, Math.round(value));
  histogram.bins.set(bin, (histogram.bins.get(bin) ?? 0) + 1);
}

/** In place. */
export function addHistogram(histogram: Histogram, other: Histogram): void {
  histogram.count += other.count;
  histogram.max = Math.max(histogram.max, other.max);
  for (const [bin, count] of other.bins) histogram.bins.set(bin, (histogram.bins.get(bin) ?? 0) + count);
}

const inOrder = ({ bins }: Histogram): readonly (readonly [bin: number, count: number])[] =>
  [...bins].sort(([a], [b]) => a - b);

/** What `share` of the values does not pass: the greatest value of its bin, or of all. 0 of none. */
export function percentile(histogram: Histogram, share: number): number {
  let left = Math.ceil(histogram.count * share);
  for (const [bin, count] of inOrder(histogram)) {
    left -= count;
    if (left <= 0) return Math.min(histogram.max, beginOf(bin + 1) - 1);
  }
  return histogram.max;
}

/** As a document has it. */
export interface HistogramDocument {
  readonly count: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The least value of each bin, in order; it ends before an eighth of an octave. */
  readonly from: readonly number[];
  readonly counts: readonly number[];
}

export function histogramDocument(histogram: Histogram): HistogramDocument {
  const bins = inOrder(histogram);
  return {
    count: histogram.count,
    max: histogram.max,
    p50: percentile(histogram, 0.5),
    p95: percentile(histogram, 0.95),
    p99: percentile(histogram, 0.99),
    from: bins.map(([bin]) => beginOf(bin)),
    counts: bins.map(([, count]) => count),
  };
}

export function histogramOf({ max, from, counts }: Pick<HistogramDocument, "max" | "from" | "counts">): Histogram {
  const histogram = emptyHistogram();
  from.forEach((value, at) => {
    const count = counts[at] ?? 0;
    histogram.count += count;
    histogram.bins.set(binOf(value), count);
  });
  histogram.max = max;
  return histogram;
}
