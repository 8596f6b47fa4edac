import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AdaptiveRate, free, limitAt, lower, passed } from "../../src/policy/adaptive-rate.ts";
import { createThroughput } from "../../src/policy/throughput.ts";

/** Refused once at the rate that it lets through, so that the ceiling is known. */
const probing = (ceiling: number, at = 0): AdaptiveRate => {
  const found = lower(free, at - 10_000, ceiling / 0.9);
  const state = lower({ ...found, ...(found.kind === "searching" ? { from: ceiling, since: at } : undefined) }, at, 1);
  expect(state).toMatchObject({ kind: "probing", ceiling });
  return state;
};

describe("the rate that a service lets through", () => {
  test("is no limit while nothing was refused, or while too little is known of it", () => {
    expect(limitAt(free, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(lower(free, 0, undefined)).toBe(free);
  });

  test("is taken from what passed, a little lower, and searched from there", () => {
    const state = lower(free, 0, 200, 700);
    expect(limitAt(state, 0)).toBeCloseTo(180);
    expect(limitAt(state, 700)).toBeCloseTo(180);
    expect(limitAt(state, 8_700)).toBeCloseTo(360);
  });

  test("is cut by a tenth where it is refused, comes back to it in half a minute, and goes past it slowly, then fast", () => {
    const state = probing(100);
    const limits = [0, 10_000, 20_000, 30_000, 40_000, 60_000, 90_000].map((at) => limitAt(state, at));
    const expected = [90, 97.04, 99.63, 100, 100.37, 110, 180];
    for (const [n, limit] of limits.entries()) expect(limit).toBeCloseTo(expected[n] as number, 1);
  });

  test("comes back the later the longer the pause was, so that pauses take a twentieth of the time", () => {
    const first = probing(100);
    const state = lower(first, 60_000, undefined, 70_000);
    expect(limitAt(state, 70_000)).toBeCloseTo(0.9 * 110);
    expect(limitAt(state, 70_000 + 20 * 10_000)).toBeCloseTo(110);
  });

  test("is cut once for all refusals of a burst, and deeper each time that going on is refused at once", () => {
    let state = probing(100);
    // An echo is no second cut; only the way back begins anew.
    expect(limitAt(lower(state, 999, 5), 999)).toBe(90);
    const cuts: number[] = [];
    for (let at = 1_000; at <= 5_000; at += 1_000) {
      const before = limitAt(state, at);
      state = lower(state, at, undefined);
      cuts.push(limitAt(state, at) / before);
    }
    for (const [n, cut] of [0.8, 0.6, 0.5, 0.5, 0.5].entries()) expect(cuts[n]).toBeCloseTo(cut);
  });

  test("is forgotten once twice as much, or a search of sixty-four times as much, was not refused", () => {
    expect(limitAt(probing(100), 94_000)).toBeLessThan(200);
    expect(limitAt(probing(100), 95_000)).toBe(Number.POSITIVE_INFINITY);
    expect(limitAt(lower(free, 0, 10), 48_001)).toBe(Number.POSITIVE_INFINITY);
  });

  test("is always more than nothing, and never higher right after a refusal than before", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            after: fc.nat({ max: 60_000 }),
            pause: fc.nat({ max: 5_000 }),
            passing: fc.option(fc.double({ min: 0, max: 5_000, noNaN: true }), { nil: undefined }),
          }),
          { maxLength: 60 },
        ),
        (refusals) => {
          let state: AdaptiveRate = free;
          let now = 0;
          for (const { after, pause, passing } of refusals) {
            now += after;
            const before = limitAt(state, now);
            state = lower(state, now, passing, now + pause);
            expect(limitAt(state, now)).toBeGreaterThanOrEqual(0.19);
            if (before < Number.POSITIVE_INFINITY) {
              expect(limitAt(state, now)).toBeLessThanOrEqual(Math.max(before, 0.2) + 1e-9);
            }
          }
        },
      ),
    );
  });
});

describe("a service that is away", () => {
  /** Refused at `at` with nothing passed since the last time, as often as said, each a pause of ten seconds after the other. */
  const away = (state: AdaptiveRate, at: number, times: number) => {
    let now = at;
    let next = state;
    for (let n = 0; n < times; n++, now += 10_000) next = lower(next, now, undefined, now + 9_000, false);
    return { state: next, now };
  };

  test.each<[string, AdaptiveRate, number]>([
    ["no limit", free, 5],
    ["a rate that is searched", lower(free, 0, 200), 18],
    ["a rate that was found", probing(200), 18],
    ["a rate that is small", probing(20), 5],
    ["a rate that is tiny", probing(0.5), 0.45],
  ])("where %s held is asked with a few requests, and then sent as much as before", (_, before, asking) => {
    const { state, now } = away(before, 10_000, 8);
    expect(limitAt(state, now)).toBeCloseTo(asking, 5);
    const back = passed(state, now);
    expect(back.kind).toBe(before.kind);
    const known =
      before.kind === "free" || before.kind === "away" ? Number.POSITIVE_INFINITY : limitAt(before, before.since);
    expect(limitAt(back, now)).toBeCloseTo(known, 5);
  });

  test("is no reason to search anew: 30 s or an hour, what comes after is the same", () => {
    const before = lower(free, 0, 200);
    const [short, long] = [away(before, 10_000, 3), away(before, 10_000, 360)];
    expect(limitAt(passed(short.state, short.now), short.now + 1_000)).toBeCloseTo(
      limitAt(passed(long.state, long.now), long.now + 1_000),
    );
  });

  test("is one only where nothing passed: what lets a little through is searched", () => {
    expect(lower(probing(100), 40_000, 3, 41_000, true)).toMatchObject({ kind: "probing" });
    expect(lower(probing(100), 40_000, 3, 41_000, false)).toMatchObject({ kind: "away" });
    // An echo of the same burst.
    expect(lower(probing(100, 39_900), 40_000, 3, 41_000, false)).toMatchObject({ kind: "probing" });
    expect(passed(free, 5)).toBe(free);
  });
});

describe("what passed lately", () => {
  const counted = (gap: number, count: number, from = 1_700_000_000_000) => {
    const throughput = createThroughput();
    for (let n = 0; n < count; n++) throughput.count(from + n * gap);
    return { throughput, end: from + count * gap };
  };

  test("is not known while fewer than ten passed in ten seconds", () => {
    const { throughput, end } = counted(1, 9);
    expect(throughput.perSecond(end)).toBeUndefined();
    const slow = counted(1_200, 30);
    expect(slow.throughput.perSecond(slow.end)).toBeUndefined();
    expect(createThroughput().perSecond(0)).toBeUndefined();
  });

  test("is looked at over one second at least, so that a burst is no rate", () => {
    const { throughput, end } = counted(1, 50);
    expect(throughput.perSecond(end)).toBe(50);
  });

  test("is the rate of the shortest time that tells it, to a tenth", () => {
    for (const gap of [1, 4, 10, 50, 200, 500]) {
      const { throughput, end } = counted(gap, Math.ceil(20_000 / gap));
      const rate = throughput.perSecond(end) ?? 0;
      expect(Math.abs(rate - 1_000 / gap) / (1_000 / gap)).toBeLessThan(0.11);
    }
  });

  test("forgets what is over", () => {
    const { throughput, end } = counted(1, 2_000);
    expect(throughput.perSecond(end + 20_000)).toBeUndefined();
    throughput.count(end + 60_000);
    expect(throughput.perSecond(end + 60_000)).toBeUndefined();
  });
});
