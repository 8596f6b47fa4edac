import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeRate, pauseRate, startRate, take } from "../../src/policy/rate.ts";

/** When each of those who ask at these times may send. */
function sendTimes(perSecond: number, asks: readonly number[]): number[] {
  let rate = startRate(perSecond, asks[0] ?? 0);
  return asks.map((at) => {
    const taken = take(rate, at);
    rate = taken.rate;
    return at + taken.waitMs;
  });
}

const asksOf = (gaps: readonly number[]) => {
  let at = 1_700_000_000_000;
  return gaps.map((gap) => {
    at += gap;
    return at;
  });
};

describe("requests a second", () => {
  test("never exceed rate × time + burst, over any stretch of time", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 3_000, noNaN: true }),
        fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 5_000 })), {
          minLength: 1,
          maxLength: 80,
        }),
        (perSecond, gaps) => {
          const sent = sendTimes(perSecond, asksOf(gaps));
          const { burst } = startRate(perSecond, 0);
          for (let from = 0; from < sent.length; from++) {
            for (let to = from; to < sent.length; to++) {
              const seconds = ((sent[to] as number) - (sent[from] as number)) / 1_000;
              // A millisecond of rounding at either end.
              const most = perSecond * (seconds + 0.002) + burst + 1e-6;
              expect(to - from + 1).toBeLessThanOrEqual(Math.max(1, most));
            }
          }
        },
      ),
    );
  });

  test("come in the order they were asked for, and evenly where many ask at once", () => {
    const sent = sendTimes(10, new Array(20).fill(0));
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    const waits = sent.slice(1).map((at, n) => at - (sent[n] as number));
    expect(waits.every((wait) => wait === 100)).toBe(true);
  });

  test("reach the rate where enough is asked for", () => {
    const sent = sendTimes(250, new Array(5_000).fill(0));
    expect(sent.at(-1)).toBe(((5_000 - 25) / 250) * 1_000);
  });

  test("are not limited where no rate is set", () => {
    expect(sendTimes(Number.POSITIVE_INFINITY, new Array(1_000).fill(7))).toEqual(new Array(1_000).fill(7));
  });

  test("pile up while idle to a tenth of a second's worth, and no further", () => {
    let rate = startRate(100, 0);
    for (let n = 0; n < 10; n++) rate = take(rate, 0).rate;
    rate = take(rate, 3_600_000).rate;
    expect(rate.level).toBe(9);
  });

  test("wait out a pause, and go on evenly after it, whatever was saved up or owed before", () => {
    const rates = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0.1, max: 3_000, noNaN: true }));
    fc.assert(
      fc.property(rates, fc.nat({ max: 50 }), fc.nat({ max: 90_000 }), (perSecond, before, pause) => {
        let rate = startRate(perSecond, 0);
        for (let n = 0; n < before; n++) rate = take(rate, 0).rate;
        rate = pauseRate(rate, pause);
        const waits: number[] = [];
        for (let n = 0; n < 5; n++) {
          const taken = take(rate, 0);
          rate = taken.rate;
          waits.push(taken.waitMs);
        }
        const interval = perSecond === Number.POSITIVE_INFINITY ? 0 : 1_000 / perSecond;
        for (const [n, wait] of waits.entries()) expect(Math.abs(wait - pause - n * interval)).toBeLessThan(1.001);
      }),
    );
  });

  test("keep to a new rate from the moment it is set, with no more than its burst", () => {
    const rates = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0.1, max: 3_000, noNaN: true }));
    fc.assert(
      fc.property(rates, rates, fc.nat({ max: 2_000 }), fc.integer({ min: 1, max: 40 }), (before, now, idle, count) => {
        let rate = changeRate(startRate(before, 0), now, idle);
        const sent: number[] = [];
        for (let n = 0; n < count; n++) {
          const taken = take(rate, idle);
          rate = taken.rate;
          expect(taken.waitMs).toBeGreaterThanOrEqual(0);
          sent.push(taken.waitMs);
        }
        if (now === Number.POSITIVE_INFINITY) expect(sent.at(-1)).toBe(0);
        else {
          const most = Math.max(1, now * 0.1) + (now * ((sent.at(-1) as number) + 1)) / 1_000 + 1e-6;
          expect(count).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
