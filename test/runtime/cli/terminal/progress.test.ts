import { describe, expect, it, test } from "vitest";
import type { Progress, Waiting } from "../../../../src/run/surroundings/surroundings.ts";
import { progressParts, showing, workedLine } from "../../../../src/runtime/cli/terminal/progress.ts";
import { statsLines } from "../../../../src/runtime/cli/terminal/stats.ts";
import { fitted, type StatusPart, wholeLine } from "../../../../src/runtime/cli/terminal/status-line.ts";

function setUp() {
  let now = 50_000;
  const began = now;
  const parts = progressParts({ elapsed: () => now });
  /** The line as it is `ms` after the beginning. */
  const at = (ms: number, archived: number, more: Partial<Progress> & { readonly seconds?: number } = {}) => {
    now = began + ms;
    return parts({ rows: 1000, archived, skipped: 0, failed: 0, bytes: archived * 1024, ...more });
  };
  return { at, line: (...given: Parameters<typeof at>) => wholeLine(at(...given)) };
}

describe("the progress line", () => {
  it("tells done and all, speed, bytes, time left and gone, and failures where there are any", () => {
    const { line } = setUp();
    expect(line(0, 0)).toBe("0/1,000 (0%)  0 B  0 s gone");
    expect(line(1000, 100)).toBe("100/1,000 (10%)  100 objects/s  100 KiB at 100 KiB/s  9 s left  1 s gone");
    expect(line(2000, 300, { failed: 2 })).toBe(
      "302/1,000 (30%)  151 objects/s  300 KiB at 150 KiB/s  5 s left  2 s gone  2 failed",
    );
  });

  it("of a run that goes on, reckons with what this process ended alone, from its first second on", () => {
    const { line } = setUp();
    const here = (ended: number) => ({ here: { ended, bytes: ended * 1024 } });
    expect(line(0, 0, here(0))).toBe("0/1,000 (0%)  0 B  0 s gone");
    // Shards are opened that earlier attempts had ended 900 rows of.
    expect(line(1000, 910, here(10))).toBe("910/1,000 (91%)  10 objects/s  910 KiB at 10 KiB/s  9 s left  1 s gone");
    expect(line(2000, 920, here(20))).toContain("10 objects/s");
  });

  it("tells times in whole units", () => {
    const { line } = setUp();
    line(0, 0, { rows: 1_000_000 });
    expect(line(4_321, 567, { rows: 1_000_000 })).toMatch(/ {2}2 h 7 min left {2}4 s gone$/);
    expect(line(125_900, 567, { rows: 1_000_000 })).toMatch(/ {2}2 min 5 s gone/);
  });

  it("tells how many are at once, where that is found by trying", () => {
    const { line } = setUp();
    line(0, 0, { atOnce: 32 });
    expect(line(1000, 100, { atOnce: 256 })).toMatch(/ {2}256 at once$/);
  });

  it("tells the speed of late, and what is left by that of the whole time where nothing moves", () => {
    const { line } = setUp();
    for (let ms = 0; ms <= 30_000; ms += 1000) line(ms, Math.min(500, ms / 20));
    expect(line(31_000, 500)).toBe(
      "500/1,000 (50%)  0 objects/s  500 KiB at 0 B/s  31 s left  31 s gone  waiting for replies",
    );
  });

  test.each<readonly [Waiting, string]>([
    [{ why: "throttled", ms: 2_100 }, "throttled: nothing is sent for 3 s"],
    [{ why: "slowed", perSecond: 120.4 }, "throttled: 120/s at most for now"],
    [{ why: "rate" }, "held to --rate"],
    [{ why: "bandwidth" }, "held to --bwlimit"],
    [{ why: "restores" }, "restores are asked for"],
    [{ why: "ledger", ms: 30_000 }, "waiting for the ledger, tried again in 30 s"],
    [{ why: "others", ms: 31_000 }, "waiting for another worker of this run, next look in 31 s"],
    [{ why: "retries", rows: 1, ms: 4_000 }, "1 row waits to be tried again, in 4 s"],
    [{ why: "shards", ms: 65_000 }, "waiting 1 min 5 s before rows are tried again"],
  ])("tells that it waits, and why: %j", (waiting, text) => {
    const { line } = setUp();
    expect(line(1000, 100, { waiting }).endsWith(`  ${text}`)).toBe(true);
  });

  it("tells of originals that are being restored, and when the next look is", () => {
    const { line } = setUp();
    line(0, 10);
    expect(line(1000, 10, { restoring: { rows: 990, nextLookMs: 3_599_001 } })).toMatch(
      / {2}990 being restored, next look in 1 h 0 min$/,
    );
  });

  it("tells what still ends once it is to stop", () => {
    const { line } = setUp();
    line(0, 10);
    expect(line(1000, 20, { stopping: true, underWay: 12, atOnce: 32 })).toBe(
      "stopping: 12 under way  20/1,000 (2%)  10 objects/s  20 KiB at 10 KiB/s  1 s gone",
    );
  });

  it("of a run that others work, tells how long that goes on", () => {
    const { line } = setUp();
    expect(line(0, 10, { seconds: 7_260.4 })).toMatch(/ {2}2 h 1 min gone$/);
  });

  it("of a run without rows is no nonsense", () => {
    const { line } = setUp();
    for (const ms of [0, 500, 2_000]) expect(line(ms, 0, { rows: 0 })).not.toMatch(/NaN|Infinity|left/);
  });

  // What matters least goes first.
  test.each([
    [
      140,
      "302/1,000 (30%)  151 objects/s  300 KiB at 150 KiB/s  5 s left  2 s gone  2 failed  throttled: nothing is sent for 3 s  64 at once",
    ],
    [99, "302/1,000 (30%)  151/s  150 KiB/s  5 s left  2 s gone  2 failed  throttled: nothing is sent for 3 s"],
    [79, "302/1,000 (30%)  151/s  150 KiB/s  5 s left  2 failed  throttled 3 s"],
    [60, "302/1,000 (30%)  151/s  5 s left  2 failed  throttled"],
    [39, "302/1,000  2 failed  throttled"],
    [20, "302/1,000  2 failed"],
    [9, "302/1,000"],
    [5, "302/…"],
  ])("in %i columns", (columns, text) => {
    const { at } = setUp();
    at(0, 0);
    at(1000, 100);
    const line = at(2000, 300, { failed: 2, waiting: { why: "throttled", ms: 3_000 }, atOnce: 64 });
    expect(fitted(line, columns)).toBe(text);
  });
});

test("is shown five times a second, however often it is told", () => {
  let now = 0;
  const shown: (readonly StatusPart[])[] = [];
  const show = showing((line) => shown.push(line), { elapsed: () => now });
  for (; now < 1000; now += 10) show([]);
  expect(shown).toHaveLength(5);
});

test("a worker tells what it did, and why it waits", () => {
  const worked = { messages: 3, archived: 1200, skipped: 0, failed: 1, bytes: 1024 ** 2, atOnce: 8 };
  expect(wholeLine(workedLine({ ...worked, waiting: { why: "rate" } }))).toBe(
    "3 messages  1,200 archived  0 skipped  1 failed  1 MiB  held to --rate  8 at once",
  );
});

test("--stats is a line each such interval, one for those that were missed, none where it is not asked for", () => {
  const told = (seconds: number | undefined, times: readonly number[]) => {
    let now = 0;
    const lines: string[] = [];
    const log = statsLines(seconds, (line) => lines.push(line), { elapsed: () => now });
    for (now of times) log(() => String(now));
    return lines;
  };
  const often = Array.from({ length: 500 }, (_, at) => at * 250);
  expect(told(60, often)).toEqual(["60000", "120000"]);
  expect(told(10, [9_999, 35_000, 39_999, 40_000])).toEqual(["35000", "40000"]);
  expect(told(undefined, often)).toEqual([]);
});
