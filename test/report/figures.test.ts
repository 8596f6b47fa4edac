/** What a report draws from is the same however its parts are merged, stays small, and adds up to the counts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addFigures,
  addRow,
  addTrailer,
  emptyFigures,
  type Figures,
  figuresDocument,
  figuresOf,
  figuresShape,
} from "../../src/report/figures/figures.ts";
import { addValue, beginOf, binOf, emptyHistogram, percentile } from "../../src/report/figures/histogram.ts";
import { mostExtremes, mostSamples } from "../../src/report/figures/samples.ts";
import { mostSlots, timelineColumns } from "../../src/report/figures/timeline.ts";
import { outcome } from "./outcomes.ts";

interface Event {
  readonly at: number;
  readonly shard: number;
  readonly row: number;
  readonly kind: "archived" | "skipped" | "failed" | "trailer";
  readonly bytes: number;
  readonly ms: number;
  readonly throttled: number | undefined;
}

const begin = Date.parse("2026-11-30T01:00:00Z");
const event: fc.Arbitrary<Event> = fc.record({
  // Most within the hour, some after weeks.
  at: fc.oneof({ weight: 9, arbitrary: fc.nat(3_600_000) }, fc.nat(3_000_000_000)).map((ms) => begin + ms),
  shard: fc.nat(50),
  row: fc.nat(20),
  kind: fc.constantFrom("archived", "archived", "skipped", "failed", "trailer"),
  bytes: fc.oneof(fc.nat(100), fc.nat(2 ** 31 - 1)),
  ms: fc.oneof(fc.nat(500), fc.nat(2_000_000)),
  throttled: fc.option(fc.nat(9), { nil: undefined }),
});

function figuresOfEvents(events: readonly Event[]): Figures {
  const figures = emptyFigures();
  for (const { at, shard, row, kind, bytes, ms, throttled } of events) {
    if (kind === "trailer") addTrailer(figures, { to: new Date(at).toISOString(), retries: row, throttled });
    else {
      const code =
        kind === "archived" ? (row % 3 === 0 ? "Changed" : undefined) : kind === "skipped" ? "Kept" : "NoSuchKey";
      const one = outcome({ row, key: `k${shard}-${row}`, outcome: kind, receivedSize: bytes, ms, code });
      addRow(figures, one, { first: shard * 1000, recordedAt: at });
    }
  }
  return figures;
}

const merged = (parts: readonly Figures[]): Figures => {
  const whole = emptyFigures();
  for (const part of parts) addFigures(whole, part);
  return whole;
};

describe("figures", () => {
  it("are the same in whatever parts, and in whatever order, they are merged", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.nat(), fc.nat(), (events, one, two) => {
        const cuts = [one, two].map((cut) => cut % (events.length + 1)).sort((a, b) => a - b);
        const parts = [events.slice(0, cuts[0]), events.slice(cuts[0], cuts[1]), events.slice(cuts[1])].map(
          figuresOfEvents,
        ) as [Figures, Figures, Figures];
        const whole = figuresDocument(figuresOfEvents(events));
        const [a, b, c] = parts;
        expect(figuresDocument(merged([a, b, c]))).toEqual(whole);
        expect(figuresDocument(merged([c, a, b]))).toEqual(whole);
        expect(figuresDocument(merged([merged([c, b]), a]))).toEqual(whole);
        expect(figuresDocument(merged([b, merged([a, c])]))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("add up to the rows, bytes and times that went in, and come out of their document as they were", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const document = figuresDocument(figuresOfEvents(events));
        if (document === undefined) return;
        const { timeline, sizes, times } = document;
        const sum = (column: readonly number[]) => column.reduce((total, value) => total + value, 0);
        const of = (kind: Event["kind"]) => events.filter((one) => one.kind === kind);
        for (const kind of ["archived", "skipped", "failed"] as const)
          expect(sum(timeline[kind])).toBe(of(kind).length);
        expect(sum(timeline.bytes)).toBe(sum(of("archived").map(({ bytes }) => bytes)));
        expect(sum(timeline.busyMs)).toBe(sum(events.map(({ kind, ms }) => (kind === "trailer" ? 0 : ms))));
        expect(sum(timeline.throttled)).toBe(sum(of("trailer").map(({ throttled = 0 }) => throttled)));
        expect(timeline.untold).toBe(of("trailer").filter(({ throttled }) => throttled === undefined).length);
        expect([sum(sizes.counts), sum(times.counts)]).toEqual([of("archived").length, of("archived").length]);
        expect(figuresDocument(figuresOf(figuresShape.parse(JSON.parse(JSON.stringify(document))), 0))).toEqual(
          document,
        );
      }),
      { numRuns: 25 },
    );
  });

  it("stay small, whatever there is of it: slots, bins, samples", () => {
    const events = Array.from({ length: 3000 }, (_, at): Event => {
      const kind = at % 5 === 0 ? "failed" : at % 7 === 0 ? "skipped" : "archived";
      return { at: begin + at * 7_919_000, shard: at, row: 0, kind, bytes: at ** 3, ms: at * 11, throttled: 1 };
    });
    const { timeline, slowest, largest, reasons } = figuresDocument(figuresOfEvents(events))!;
    expect(timeline.at.length).toBeLessThanOrEqual(mostSlots);
    expect(timeline.at.length).toBeGreaterThan(mostSlots / 2);
    for (const column of timelineColumns) expect(timeline[column]).toHaveLength(timeline.at.length);
    expect([slowest.length, largest.length]).toEqual([mostExtremes, mostExtremes]);
    expect(largest.map(({ bytes }) => bytes)).toEqual(slowest.map(({ bytes }) => bytes));
    expect(reasons.find(({ code }) => code === "Kept")?.samples).toHaveLength(mostSamples);
  });

  it("keep a run that went on after a week as fine as one that did not", () => {
    const row = (at: number) =>
      ({ at: begin + at, shard: 0, row: 1, kind: "archived", bytes: 1, ms: 0, throttled: 0 }) as const;
    const week = 7 * 86_400_000;
    const times = Array.from({ length: 50 }, (_, second) => [row(second * 1000), row(week + second * 1000)]).flat();
    expect(figuresDocument(figuresOfEvents(times))?.timeline.seconds).toBe(1);
  });

  it("of an older version's document tell that nothing is known of its rows", () => {
    const whole = merged([figuresOf(undefined, 1000), figuresOfEvents([])]);
    expect(figuresDocument(whole)).toMatchObject({ unknownRows: 1000, timeline: { at: [] } });
    expect(figuresDocument(emptyFigures())).toBeUndefined();
  });
});

describe("a histogram", () => {
  it("has for every value a bin that begins at most an eighth below it", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const [from, to] = [beginOf(binOf(value)), beginOf(binOf(value) + 1)];
        expect(from).toBeLessThanOrEqual(value);
        expect(to).toBeGreaterThan(value);
        expect(to - from).toBeLessThanOrEqual(Math.max(1, from / 8));
        expect(binOf(from)).toBe(binOf(value));
      }),
    );
    for (let power = 0; power < 53; power++) expect(beginOf(binOf(2 ** power))).toBe(2 ** power);
  });

  it("tells what a share of the values does not pass, to within an eighth", () => {
    const values = fc.array(fc.nat(1e9), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.95, 0.99, 1), (all, share) => {
        const histogram = emptyHistogram();
        for (const value of all) addValue(histogram, value);
        const exact = [...all].sort((a, b) => a - b)[Math.ceil(all.length * share) - 1]!;
        const told = percentile(histogram, share);
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual(exact + exact / 8);
      }),
    );
  });
});
