/** A service that lets through so many requests a second, in several ways of counting: what the process settles at. */
import { describe, expect, test } from "vitest";
import { thorough } from "../setup/thorough.ts";
import { settled, tell } from "./lab.ts";
import { fixedWindow, tokenBucket } from "./throttles.ts";

const ways = {
  "counts whole seconds": (perSecond: number) => fixedWindow(perSecond),
  "has a token bucket of one second": (perSecond: number) => tokenBucket(perSecond, 1),
} as const;

interface Case {
  readonly perSecond: number;
  readonly latencyMs: number;
  readonly concurrency?: number;
  readonly rows: number;
  /** The first alone, where it is to be quick. */
  readonly seeds: readonly number[];
  readonly counts?: "originals" | "source" | "archive";
  readonly retryAfter?: number;
  readonly errNo?: number;
}

const cases: readonly Case[] = [
  { perSecond: 20, latencyMs: 5, rows: 2_500, seeds: [1, 2, 3] },
  { perSecond: 20, latencyMs: 200, rows: 2_500, seeds: [4, 5, 6] },
  { perSecond: 20, latencyMs: 60, rows: 2_500, seeds: [7, 8], retryAfter: 1 },
  { perSecond: 20, latencyMs: 60, rows: 2_500, seeds: [9, 10], errNo: -29214 },
  { perSecond: 20, latencyMs: 30, rows: 2_500, seeds: [11, 12], counts: "source" },
  { perSecond: 20, latencyMs: 30, rows: 2_500, seeds: [13, 14], counts: "archive", retryAfter: 1 },
  { perSecond: 200, latencyMs: 20, rows: 8_000, seeds: [15] },
  { perSecond: 200, latencyMs: 20, rows: 8_000, seeds: [16], retryAfter: 1 },
  { perSecond: 1_000, latencyMs: 5, rows: 24_000, seeds: [17] },
];

describe("a service that throttles", () => {
  for (const [how, throttle] of Object.entries(ways)) {
    for (const { perSecond, latencyMs, concurrency = 32, rows, seeds, counts = "originals", ...refusal } of cases) {
      const says = `${refusal.retryAfter === undefined ? "" : ", Retry-After 1"}${refusal.errNo === undefined ? "" : `, X-ErrNo ${refusal.errNo}`}`;
      test(`at ${perSecond}/s of ${counts === "originals" ? "the fetches" : `all requests to the ${counts}`}, and ${how} (${latencyMs} ms${says})`, async () => {
        for (const seed of thorough ? seeds : seeds.slice(0, 1)) {
          const story = await tell({
            seed,
            rows,
            concurrency,
            latencyMs,
            throttle: throttle(perSecond),
            counts,
            bareRows: counts === "source",
            ...refusal,
          });
          const found = settled(story, 15);
          const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
          console.log(
            `${perSecond}/s ${counts}, ${how}, ${latencyMs} ms${says}, seed ${seed}: ${found.perSecond.toFixed(1)}/s = ` +
              `${percent(found.perSecond / perSecond)}; refused ${percent(found.refused)}, of the whole run ${percent(found.refusedOfAll)}`,
          );
          expect(story.outcomes, `seed ${seed}`).toEqual({ archived: rows });
          expect(story.whole).toBe(true);
          // Each touch of the limit costs the pause that the service asks for.
          const least = refusal.retryAfter === undefined ? 0.85 : 0.82;
          expect(found.perSecond / perSecond, `seed ${seed}`).toBeGreaterThan(least);
          expect(found.perSecond / perSecond, `seed ${seed}`).toBeLessThan(1.15);
          expect(found.refused, `seed ${seed}`).toBeLessThan(0.05);
          // Not even the search for the rate costs more.
          expect(found.refusedOfAll, `seed ${seed}`).toBeLessThan(0.05);
          // A refusal says nothing about the row.
          expect(story.rows.every(({ charged }) => charged === 1)).toBe(true);
        }
      });
    }
  }

  test("that lets through less after a while, and then more, is followed", async () => {
    const slow = fixedWindow(20);
    const fast = fixedWindow(100);
    const story = await tell({
      seed: 21,
      rows: 20_000,
      concurrency: 32,
      latencyMs: 20,
      counts: "originals",
      throttle: (ms) => (ms < 30_000 || ms > 75_000 ? fast(ms) : slow(ms)),
    });
    const between = (from: number, to: number) => {
      const passed = story.passed.slice(from, to).reduce((sum, n) => sum + n, 0);
      const refused = story.refused.slice(from, to).reduce((sum, n) => sum + n, 0);
      return { perSecond: passed / (to - from), refused: refused / (passed + refused) };
    };
    const [before, meanwhile, after] = [between(15, 29), between(45, 74), between(190, story.passed.length - 2)];
    console.log(`100/s, 20/s, 100/s: ${JSON.stringify({ before, meanwhile, after })}`);
    expect(before.perSecond).toBeGreaterThan(0.85 * 100);
    expect(meanwhile.perSecond).toBeGreaterThan(0.8 * 20);
    expect(meanwhile.refused).toBeLessThan(0.05);
    expect(after.perSecond).toBeGreaterThan(0.8 * 100);
    expect(story.outcomes).toEqual({ archived: 20_000 });
  });

  test("never, is never slowed down for: as many at once as may be", async () => {
    const story = await tell({
      seed: 22,
      rows: 4_000,
      concurrency: 32,
      latencyMs: 20,
      counts: "originals",
      throttle: () => true,
    });
    // HEAD, GET and PUT take 60 ms.
    expect(settled(story, 1).perSecond).toBeGreaterThan(0.9 * (32 / 0.06));
  });
});
