import { describe, expect, it } from "vitest";
import { progressLine } from "../../../../src/runtime/cli/terminal/progress.ts";

function setUp() {
  let now = 0;
  const lines: string[] = [];
  const show = progressLine((line) => lines.push(line), { elapsed: () => now });
  const at = (
    ms: number,
    archived: number,
    more: { failed?: number; rows?: number; bytes?: number; atOnce?: number } = {},
  ) => {
    now = ms;
    show({
      rows: more.rows ?? 1000,
      archived,
      skipped: 0,
      failed: more.failed ?? 0,
      bytes: more.bytes ?? archived * 1024,
      atOnce: more.atOnce,
    });
  };
  return { at, lines };
}

describe("the progress line", () => {
  it("tells done and all, speed, what is left, and failures where there are any", () => {
    const { at, lines } = setUp();
    at(0, 0);
    at(1000, 100);
    at(2000, 300, { failed: 2 });
    expect(lines).toEqual([
      "0/1,000 (0%)  0 B",
      "100/1,000 (10%)  100 objects/s  100 KiB/s  9.0 s left",
      "302/1,000 (30%)  151 objects/s  150 KiB/s  5.0 s left  2 failed",
    ]);
  });

  it("tells how many are at once, where that is found by trying", () => {
    const { at, lines } = setUp();
    at(0, 0, { atOnce: 32 });
    at(1000, 100, { atOnce: 256 });
    expect(lines.at(-1)).toBe("100/1,000 (10%)  100 objects/s  100 KiB/s  9.0 s left  256 at once");
  });

  it("is shown five times a second, however often it is told", () => {
    const { at, lines } = setUp();
    for (let ms = 0; ms < 1000; ms += 10) at(ms, ms);
    expect(lines).toHaveLength(5);
  });

  it("tells the speed of late, and that nothing moves", () => {
    const { at, lines } = setUp();
    at(0, 0);
    for (let ms = 1000; ms <= 30_000; ms += 1000) at(ms, Math.min(500, ms / 20));
    expect(lines.at(-1)).toBe("500/1,000 (50%)  0 objects/s  0 B/s  waiting");
  });

  it("of a run without rows is no nonsense", () => {
    const { at, lines } = setUp();
    at(0, 0, { rows: 0 });
    at(500, 0, { rows: 0 });
    for (const line of lines) expect(line).not.toMatch(/NaN|Infinity/);
  });
});
