/**
 * What a report draws from, folded with the counts: when what happened, how large and how slow the originals were, why rows were left alone.
 * It stays small for a billion rows, and merging it is exact in any order, so a group's marker holds all that the report needs of a
 * million of them.
 */
import * as z from "zod";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { addHistogram, addValue, emptyHistogram, type Histogram, histogramDocument, histogramOf } from "./histogram.ts";
import {
  type Extreme,
  firstSamples,
  foremost,
  isAmongFirst,
  type Sample,
  sampleOf,
  withExtreme,
  withSample,
} from "./samples.ts";
import {
  addAt,
  addOver,
  addTimeline,
  emptyTimeline,
  longestTask,
  type Timeline,
  timelineDocument,
  timelineOf,
} from "./timeline.ts";

/** Rows that did not fail, and of which a code says why they ended as they did. */
export interface Reason {
  count: number;
  samples: readonly Sample[];
}

export interface Figures {
  readonly timeline: Timeline;
  /** Bytes, and milliseconds, of archived rows. */
  readonly sizes: Histogram;
  readonly times: Histogram;
  slowest: readonly Extreme[];
  largest: readonly Extreme[];
  /** By code. */
  readonly reasons: Map<string, Reason>;
  /** Rows that are counted, but of which an older version kept none of this. */
  unknownRows: number;
}

/** Where a row's outcome was found. */
export interface FoundAt {
  /** Position among the run's rows of the first of its shard, from 0. */
  readonly first: number;
  /** When it was written down, ms since the epoch; undefined where nothing tells. */
  readonly recordedAt?: number | undefined;
}

export const emptyFigures = (): Figures => ({
  timeline: emptyTimeline(),
  sizes: emptyHistogram(),
  times: emptyHistogram(),
  slowest: [],
  largest: [],
  reasons: new Map(),
  unknownRows: 0,
});

/** Takes in a row that is over, in place. */
export function addRow(figures: Figures, outcome: Outcome, { first, recordedAt }: FoundAt): void {
  const { outcome: ended, code, key } = outcome;
  if (ended === "pending") return;
  const ms = Math.round(outcome.ms);
  const bytes = ended === "archived" ? (outcome.receivedSize ?? outcome.expectedSize ?? 0) : 0;
  if (ended === "archived") {
    addValue(figures.sizes, bytes);
    addValue(figures.times, ms);
    figures.slowest = withExtreme(figures.slowest, { key, bytes, ms }, "ms");
    figures.largest = withExtreme(figures.largest, { key, bytes, ms }, "bytes");
  }
  if (ended !== "failed" && code !== undefined) {
    const reason = figures.reasons.get(code) ?? { count: 0, samples: [] };
    reason.count++;
    if (isAmongFirst(reason.samples, first + outcome.row + 1)) {
      reason.samples = withSample(reason.samples, sampleOf({ ...outcome, message: undefined }, first));
    }
    figures.reasons.set(code, reason);
  }
  if (recordedAt === undefined) return;
  const { timeline } = figures;
  addAt(timeline, recordedAt, ended, 1);
  addOver(timeline, recordedAt - ms, recordedAt, "bytes", bytes);
  addOver(timeline, recordedAt - ms, recordedAt, "busyMs", Math.min(ms, longestTask));
}

/** Takes in what a segment's trailer tells, in place. `throttled`: undefined where an older version wrote it. */
export function addTrailer(
  { timeline }: Figures,
  {
    to,
    retries,
    throttled,
  }: { readonly to: string; readonly retries: number; readonly throttled?: number | undefined },
): void {
  const at = Date.parse(to);
  if (Number.isNaN(at)) return;
  addAt(timeline, at, "retries", retries);
  if (throttled === undefined) timeline.untold++;
  else addAt(timeline, at, "throttled", throttled);
}

/** In place. */
export function addFigures(figures: Figures, other: Figures): void {
  addTimeline(figures.timeline, other.timeline);
  addHistogram(figures.sizes, other.sizes);
  addHistogram(figures.times, other.times);
  figures.slowest = foremost([...figures.slowest, ...other.slowest], "ms");
  figures.largest = foremost([...figures.largest, ...other.largest], "bytes");
  for (const [code, { count, samples }] of other.reasons) {
    const reason = figures.reasons.get(code) ?? { count: 0, samples: [] };
    figures.reasons.set(code, {
      count: reason.count + count,
      samples: firstSamples([...reason.samples, ...samples]),
    });
  }
  figures.unknownRows += other.unknownRows;
}

const count = z.int().nonnegative();
const counts = z.array(count);

export const sampleShape = z.object({
  key: z.string(),
  row: count,
  versionId: z.string().optional(),
  status: count.optional(),
  message: z.string().optional(),
  requestId: z.string().optional(),
});
const histogramShape = z.object({
  count,
  max: count,
  p50: count,
  p95: count,
  p99: count,
  from: counts,
  counts,
});
const extremes = z.array(z.object({ key: z.string(), bytes: count, ms: count }));

/** In a summary. */
export const figuresShape = z.object({
  /** Rows that are counted, but of which an older version kept none of this. */
  unknownRows: count,
  timeline: z.object({
    seconds: count,
    at: z.array(z.int()),
    archived: counts,
    skipped: counts,
    failed: counts,
    bytes: counts,
    retries: counts,
    throttled: counts,
    busyMs: counts,
    untold: count,
  }),
  sizes: histogramShape,
  times: histogramShape,
  slowest: extremes,
  largest: extremes,
  reasons: z.array(z.object({ code: z.string(), count, samples: z.array(sampleShape) })),
});
export type FiguresDocument = z.infer<typeof figuresShape>;

/** Undefined where there is nothing to tell. @param rows that are over in what it is of */
export function figuresDocument(figures: Figures, rows = 0): FiguresDocument | undefined {
  const { timeline, sizes, times, slowest, largest, reasons, unknownRows } = figures;
  const isEmpty = rows + timeline.slots.size + timeline.untold + times.count + reasons.size + unknownRows === 0;
  if (isEmpty) return undefined;
  return structuredClone({
    unknownRows,
    timeline: timelineDocument(timeline),
    sizes: histogramDocument(sizes),
    times: histogramDocument(times),
    slowest,
    largest,
    reasons: [...reasons]
      .map(([code, reason]) => ({ code, ...reason }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
  }) as FiguresDocument;
}

/** @param rows that are over in what the document is of; where there is none, an older version wrote it */
export function figuresOf(document: FiguresDocument | undefined, rows: number): Figures {
  if (document === undefined) return { ...emptyFigures(), unknownRows: rows };
  const { timeline, sizes, times, slowest, largest, reasons, unknownRows } = document;
  return {
    timeline: timelineOf(timeline),
    sizes: histogramOf(sizes),
    times: histogramOf(times),
    slowest,
    largest,
    reasons: new Map(reasons.map(({ code, ...reason }) => [code, reason])),
    unknownRows,
  };
}
