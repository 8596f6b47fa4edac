import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Admitting, admit, createDurations, flushMs, lastMs, mayStart } from "../../src/policy/deadline.ts";

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
          expect(durations.estimate(size).ms).toBeGreaterThanOrEqual(p99);
          expect(durations.estimate(size).ms).toBeLessThanOrEqual((p99 + 1) * Math.SQRT2 + 1e-6);
          expect(durations.estimate(size).samples).toBe(times.length);
        },
      ),
    );
  });

  test("is assumed by the size until one has ended, and then twice the slowest until ten have", () => {
    const durations = createDurations();
    const small = durations.estimate(1_000);
    expect(small.samples).toBe(0);
    expect(durations.estimate(4_000_000_000).ms).toBeGreaterThan(small.ms * 100);
    durations.record(1_000, 60_000);
    expect(durations.estimate(1_000)).toEqual({ samples: 1, ms: 120_000 });
    for (let n = 0; n < 8; n++) durations.record(1_000, 5);
    expect(durations.estimate(1_000)).toEqual({ samples: 9, ms: 120_000 });
  });

  test("tells small from large: slow large ones do not keep small ones back", () => {
    const durations = createDurations();
    for (let n = 0; n < 100; n++) {
      durations.record(10_000, 40);
      durations.record(2_000_000_000, 200_000);
    }
    expect(durations.estimate(10_000).ms).toBeLessThan(100);
    expect(durations.estimate(2_000_000_000).ms).toBeGreaterThanOrEqual(200_000);
  });

  test("has an answer for a size that is unknown, empty, or beyond all sizes", () => {
    const durations = createDurations();
    for (const size of [undefined, 0, 2 ** 50]) {
      expect(Number.isFinite(durations.estimate(size).ms)).toBe(true);
      for (let n = 0; n < 20; n++) durations.record(size, 3_000);
      expect(durations.estimate(size).ms).toBeGreaterThanOrEqual(3_000);
    }
  });
});

describe("may another task start", () => {
  test("only where it, and the flush after it, end by the deadline", () => {
    expect(mayStart(0, 10_000, 10_000 - flushMs)).toBe(true);
    expect(mayStart(1, 10_000, 10_000 - flushMs)).toBe(false);
    expect(mayStart(0, Number.POSITIVE_INFINITY, 1e12)).toBe(true);
  });

  const at = (more: Partial<Admitting>) =>
    admit({
      now: 0,
      deadline: 30_000,
      estimate: { ms: 1_000, samples: 50 },
      running: 4,
      ended: 50,
      wary: false,
      ...more,
    });

  test("the first of a delivery always, whatever it may take", () => {
    expect(at({ running: 0, ended: 0, now: 29_999, estimate: { ms: 1e9, samples: 0 }, wary: true })).toBe("now");
  });

  test("as long as its 99th percentile fits, and not one longer", () => {
    expect(at({ now: 30_000 - flushMs - 1_000 })).toBe("now");
    expect(at({ now: 30_001 - flushMs - 1_000 })).toBe("never");
  });

  test("of a size that is not known as long as the assumption fits; else after what runs has shown more", () => {
    expect(at({ estimate: { ms: 20_000, samples: 0 } })).toBe("now");
    expect(at({ estimate: { ms: 60_000, samples: 0 } })).toBe("later");
    expect(at({ estimate: { ms: 60_000, samples: 0 }, running: 0 })).toBe("never");
  });

  test("of a size that is hardly known twice as many as have ended", () => {
    expect(at({ estimate: { ms: 1_000, samples: 3 }, running: 5, ended: 3 })).toBe("now");
    expect(at({ estimate: { ms: 1_000, samples: 3 }, running: 6, ended: 3 })).toBe("later");
  });

  test("after a delivery that expected too much one first, and then more by and by", () => {
    expect(at({ wary: true, estimate: { ms: 1_000, samples: 0 }, running: 1, ended: 0 })).toBe("later");
    expect(at({ wary: true, estimate: { ms: 1_000, samples: 2 }, running: 1, ended: 2 })).toBe("later");
    expect(at({ wary: true, estimate: { ms: 1_000, samples: 3 }, running: 1, ended: 3 })).toBe("now");
    // What starts with others may take twice as long.
    expect(at({ wary: true, estimate: { ms: 13_000, samples: 50 } })).toBe("never");
  });

  test("anything, where nothing limits the time; what is in flight is given up before the flush must end", () => {
    const endless = { deadline: Number.POSITIVE_INFINITY, wary: true, estimate: { ms: 1e12, samples: 1 }, running: 99 };
    expect(at(endless)).toBe("now");
    expect(lastMs).toBeLessThan(flushMs);
  });
});
