/** Which of many rows are shown: the first of them, or the foremost. Merging keeps the same ones in any order. */
import type { Outcome } from "../../vocabulary/outcome.ts";

/** One row of many of a code. */
export interface Sample {
  readonly key: string;
  /** Where it stands among the run's rows, from 1. */
  readonly row: number;
  readonly versionId?: string | undefined;
  readonly status?: number | undefined;
  /** What was said of it, the service's words where it said any; its first so many characters. */
  readonly message?: string | undefined;
  readonly requestId?: string | undefined;
}

/** Of an archived row. */
export interface Extreme {
  readonly key: string;
  readonly bytes: number;
  readonly ms: number;
}

export const mostSamples = 20;
export const mostExtremes = 10;
const messageLength = 300;

/** @param first position among the run's rows of the first of its shard, from 0 */
export function sampleOf({ row, key, versionId, status, message, requestId }: Outcome, first: number): Sample {
  return {
    key,
    row: first + row + 1,
    ...(versionId === undefined ? {} : { versionId }),
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message: message.slice(0, messageLength) }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

export const firstSamples = (samples: readonly Sample[]): readonly Sample[] =>
  samples.length <= 1 ? samples : [...samples].sort(byRow).slice(0, mostSamples);

/** Would the row, by its position in the run from 1, be among the first of these? Most come in order, and behind: they need not be looked at. */
export const isAmongFirst = (samples: readonly Sample[], row: number): boolean =>
  samples.length < mostSamples || row <= (samples.at(-1)?.row ?? 0);

/** Some more; those of both that come first. Most come in order, and behind. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  if (!isAmongFirst(samples, sample.row)) return samples;
  const last = samples.at(-1);
  if (last === undefined || byRow(last, sample) <= 0) {
    return samples.length >= mostSamples ? samples : [...samples, sample];
  }
  return firstSamples([...samples, sample]);
}

/** The greatest first. Those of one size by their keys, so that it is the same ones whoever comes first. */
export function withExtreme(extremes: readonly Extreme[], one: Extreme, of: keyof Ways): readonly Extreme[] {
  const last = extremes.at(-1);
  if (last !== undefined && extremes.length >= mostExtremes && ways[of](last, one) <= 0) return extremes;
  return foremost([...extremes, one], of);
}

export const foremost = (extremes: readonly Extreme[], of: keyof Ways): readonly Extreme[] =>
  [...extremes].sort(ways[of]).slice(0, mostExtremes);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Way = (a: Extreme, b: Extreme) => number;
interface Ways {
  readonly bytes: Way;
  readonly ms: Way;
}
const ways: Ways = {
  bytes: (a, b) => b.bytes - a.bytes || byText(a.key, b.key) || b.ms - a.ms,
  ms: (a, b) => b.ms - a.ms || byText(a.key, b.key) || b.bytes - a.bytes,
};

const byRow = (a: Sample, b: Sample): number => a.row - b.row || byText(JSON.stringify(a), JSON.stringify(b));
