import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasLastedTooLong, longestOutageMs, metAt, noOutage, outagePauseMs } from "../../src/policy/outage.ts";

describe("an outage", () => {
  test("is waited for longer each time, up to a minute, and for some minutes in all", () => {
    let now = 1_000;
    let outage = metAt(noOutage, now);
    const pauses: number[] = [];
    while (!hasLastedTooLong(outage, now)) {
      const pause = outagePauseMs(outage, now);
      pauses.push(Math.round(pause / 1_000));
      now += pause;
      outage = metAt(outage, now);
    }
    expect(pauses).toEqual([5, 5, 5, 8, 11, 17, 25, 38, 57, 60, 60, 60]);
    expect(now - 1_000).toBeLessThan(longestOutageMs + 60_000);
  });

  test("begins anew after a success", () => {
    expect(hasLastedTooLong(noOutage, 1e12)).toBe(false);
    expect(metAt(noOutage, 5)).toEqual({ since: 5 });
    expect(metAt({ since: 5 }, 9)).toEqual({ since: 5 });
  });

  test("is never waited for less than some seconds, nor without a word for more than a minute", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 1e9 }), (since, later) => {
        const pause = outagePauseMs({ since }, since + later);
        expect(pause).toBeGreaterThanOrEqual(5_000);
        expect(pause).toBeLessThanOrEqual(60_000);
      }),
    );
  });
});
