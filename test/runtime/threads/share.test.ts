import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { surroundingsFromSettings } from "../../../src/runtime/settings/surroundings-from-settings.ts";
import { shareOf, threadsFor } from "../../../src/runtime/threads/share.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";

const valuesOf = (flags: Record<string, string>) => readSettings({ flags }).values;

describe("the share of a thread", () => {
  test.each([
    [32, 4],
    [33, 4],
    [7, 3],
    [5, 5],
    [1000, 64],
  ])("of a concurrency of %i among %i adds up to it, and no thread is left out", (concurrency, count) => {
    const values = valuesOf({ concurrency: String(concurrency) });
    const shares = Array.from({ length: count }, (_, index) => shareOf(values, index, count).concurrency);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(concurrency);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });

  test("of the rate is that of an instance among the threads of all instances", () => {
    const values = shareOf(valuesOf({ rate: "600/s", maxInstances: "3" }), 1, 4);
    const world = { environment: {}, clock: systemClock, random: Math.random, log: silentLog };
    expect(surroundingsFromSettings({ values }, world).settings.rate).toBe(600 / 3 / 4);
  });
});

describe("how many threads there are", () => {
  test.each([
    ["as many as were asked for", { workers: "4" }, 100, 4],
    ["one, where nothing was said", {}, 100, 1],
    ["no more than shards", { workers: "8" }, 3, 3],
    ["no more than tasks at once", { workers: "8", concurrency: "2" }, 100, 2],
    ["one, where there is nothing to do", { workers: "8" }, 0, 1],
  ])("%s", (_, flags, most, expected) => {
    expect(threadsFor(valuesOf(flags), most)).toBe(expected);
  });

  test.each(["0", "65", "auto", "1.5"])("can't be %s", (workers) => {
    expect(() => valuesOf({ workers })).toThrow(
      `--workers "${workers}" is not a whole number from 1 to 64; --workers 4 would do.`,
    );
  });
});
