import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDurations, flushMs, mayStart } from "../../src/policy/deadline.ts";

describe("how long a task of a size takes", () => {
  test("is the 99th percentile of what was seen, never less and at most √2 more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 900_000 }), { minLength: 10, maxLength: 400 }),
        fc.nat({ max: 1e9 }),
        (times, size) => {
          const durations = createDurations();
          for (const ms of times) durations.record(size, ms);
          const sorted = times.toSorted((a, b) => a - b);
          const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] as number;
          expect(durations.estimate(size)).toBeGreaterThanOrEqual(p99);
          expect(durations.estimate(size)).toBeLessThanOrEqual((p99 + 1) * Math.SQRT2 + 1e-6);
        },
      ),
    );
  });

  test("is assumed until ten have ended, by the size, and never less than the slowest of them", () => {
    const durations = createDurations();
    const small = durations.estimate(1_000);
    expect(durations.estimate(4_000_000_000)).toBeGreaterThan(small * 100);
    durations.record(1_000, 60_000);
    expect(durations.estimate(1_000)).toBe(60_000);
    for (let n = 0; n < 8; n++) durations.record(1_000, 5);
    expect(durations.estimate(1_000)).toBe(60_000);
  });

  test("tells small from large: slow large ones do not keep small ones back", () => {
    const durations = createDurations();
    for (let n = 0; n < 100; n++) {
      durations.record(10_000, 40);
      durations.record(2_000_000_000, 200_000);
    }
    expect(durations.estimate(10_000)).toBeLessThan(100);
    expect(durations.estimate(2_000_000_000)).toBeGreaterThanOrEqual(200_000);
  });

  test("has an answer for a size that is unknown, empty, or beyond all sizes", () => {
    const durations = createDurations();
    for (const size of [undefined, 0, 2 ** 50]) {
      expect(Number.isFinite(durations.estimate(size))).toBe(true);
      for (let n = 0; n < 20; n++) durations.record(size, 3_000);
      expect(durations.estimate(size)).toBeGreaterThanOrEqual(3_000);
    }
  });
});

describe("may another task start", () => {
  test("only where it, and the flush after it, end by the deadline", () => {
    expect(mayStart(0, 10_000, 10_000 - flushMs)).toBe(true);
    expect(mayStart(1, 10_000, 10_000 - flushMs)).toBe(false);
    expect(mayStart(0, Number.POSITIVE_INFINITY, 1e12)).toBe(true);
  });
});
