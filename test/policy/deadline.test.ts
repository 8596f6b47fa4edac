import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Admitting,
  admit,
  answerMsOf,
  createDurations,
  leastWorkFor,
  leastWorkMs,
  mayStart,
  reservesOf,
} from "../../src/policy/deadline.ts";

const reserves = reservesOf(900_000, 100);
const { flushMs, lastMs } = reserves;

describe("how long a task of a size takes", () => {
  test("is the 99th percentile of the last hundred, and up to as many before them, never less and at most a fifth more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 900_000 }), { minLength: 10, maxLength: 400 }),
        fc.nat({ max: 1e9 }),
        (times, size) => {
          const durations = createDurations();
          for (const ms of times) durations.record(size, ms);
          const lately = times.slice(Math.max(0, 100 * (Math.ceil(times.length / 100) - 2)));
          const sorted = lately.toSorted((a, b) => a - b);
          const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] as number;
          expect(durations.estimate(size).ms).toBeGreaterThanOrEqual(p99);
          expect(durations.estimate(size).ms).toBeLessThanOrEqual((p99 + 1) * 2 ** 0.25 + 1e-6);
          expect(durations.estimate(size).samples).toBe(lately.length);
        },
      ),
    );
  });

  // Catches: a process that keeps seconds back, in each of its short deliveries, for the tasks that it was cold at.
  test("is not what it was in a process that had just begun", () => {
    const durations = createDurations();
    for (let n = 0; n < 32; n++) durations.record(16_384, 1_500);
    for (let n = 0; n < 200; n++) durations.record(16_384, 60);
    expect(durations.estimate(16_384).ms).toBeLessThan(100);
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

  test("is no longer, of a size that none had yet, than larger ones took, or than its bytes are more than those of smaller ones", () => {
    const durations = createDurations();
    const [small, middle, large] = [10_000, 40_000, 600_000];
    const assumed = durations.estimate(middle).ms;
    for (let n = 0; n < 9; n++) durations.record(small, 50);
    // So few show nothing of others.
    expect(durations.estimate(middle)).toEqual({ samples: 0, ms: assumed });
    durations.record(small, 50);
    expect(durations.estimate(middle).ms).toBeLessThanOrEqual(4 * 51 * 2 ** 0.25);
    for (let n = 0; n < 10; n++) durations.record(large, 120);
    expect(durations.estimate(middle).ms).toBeLessThanOrEqual(121 * 2 ** 0.25);
    // Of slow ones nobody expects more than without them.
    const slow = createDurations();
    for (let n = 0; n < 10; n++) slow.record(large, 60_000);
    expect(slow.estimate(middle)).toEqual({ samples: 0, ms: assumed });
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
    expect(mayStart(0, 10_000, 10_000 - flushMs, reserves)).toBe(true);
    expect(mayStart(1, 10_000, 10_000 - flushMs, reserves)).toBe(false);
    expect(mayStart(0, Number.POSITIVE_INFINITY, 1e12, reserves)).toBe(true);
  });

  const at = (more: Partial<Admitting>) =>
    admit({
      now: 0,
      deadline: 30_000,
      reserves,
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

describe("what is kept of a delivery's time for its end", () => {
  test("are five seconds where there are many, and a twelfth of few", () => {
    expect(reservesOf(900_000, 100)).toEqual({ flushMs: 5_000, lastMs: 3_000 });
    expect(reservesOf(Number.POSITIVE_INFINITY, 100)).toEqual({ flushMs: 5_000, lastMs: 3_000 });
    expect(reservesOf(9_500, 100).flushMs).toBeCloseTo(792, 0);
    expect(reservesOf(4_000, 100).flushMs).toBe(700);
  });

  test("are more where the ledger is slow: twice what a look at the shard took", () => {
    expect(reservesOf(9_500, 900).flushMs).toBe(1_800);
    expect(reservesOf(9_500, 60_000).flushMs).toBe(5_000);
  });

  test("and for the answer five seconds, half a second of few; never more than a tenth", () => {
    expect([900_000, 60_000, 10_000, 3_000].map(answerMsOf)).toEqual([5_000, 3_000, 500, 300]);
  });

  test("grow with the time and with the ledger's slowness, and leave the most of a delivery to work in", () => {
    const ms = fc.integer({ min: 3_000, max: 900_000 });
    const look = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(ms, ms, look, look, (a, b, c, d) => {
        const less = reservesOf(Math.min(a, b), Math.min(c, d));
        const more = reservesOf(Math.max(a, b), Math.max(c, d));
        expect(less.flushMs).toBeLessThanOrEqual(more.flushMs);
        expect(less.lastMs).toBeLessThan(less.flushMs);
        const quick = reservesOf(a, 100);
        if (a >= 10_000) expect((answerMsOf(a) + quick.flushMs) / a).toBeLessThanOrEqual(0.15);
      }),
    );
  });
});

describe("the least time that a message is begun with", () => {
  test("is three seconds of who knows nothing, and less, down to two, of who worked messages in less", () => {
    expect(leastWorkFor(undefined)).toBe(leastWorkMs);
    expect([200, 1_600, 2_200, 60_000].map(leastWorkFor)).toEqual([2_000, 2_100, 2_700, leastWorkMs]);
  });

  test("leaves time to give up what was begun, however slow the ledger is", () => {
    for (const lookMs of [50, 300, 900]) {
      const { lastMs } = reservesOf(leastWorkFor(200), lookMs);
      expect(leastWorkFor(200) - lookMs - lastMs).toBeGreaterThan(0);
    }
  });
});
