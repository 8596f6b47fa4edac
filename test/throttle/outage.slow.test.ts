/** A service that is away for a while: that is no rate limit, and soon after it is back the run is as fast as before. */
import { describe, expect, test } from "vitest";
import { refuse, reset } from "../stores/bucket-fault.ts";
import { type Story, tell } from "./lab.ts";

const BEGINS = 10;

const meanOf = ({ passed }: Story, from: number, to: number) =>
  passed.slice(from, to).reduce((sum, n) => sum + n, 0) / (to - from);

describe("an archive that is away for a while", () => {
  // Before it had 16 to 49 a second to the end, of 355 and 426, after SlowDown; the others are not slowed by a rate.
  test.each([
    ["SlowDown", refuse("SlowDown"), 5, 32, 60],
    ["SlowDown", refuse("SlowDown"), 30, 16, 25],
    ["SlowDown with a Retry-After", refuse("SlowDown", { retryAfterMs: 3_000 }), 30, 16, 25],
    ["SlowDown", refuse("SlowDown"), 65, 32, 60],
    ["ServiceUnavailable", refuse("ServiceUnavailable"), 30, 16, 25],
    ["reset connections", reset, 65, 32, 60],
  ])(
    "with %s (case %#): the run is as fast as before soon after",
    async (name, fault, seconds, concurrency, latencyMs) => {
      const ends = BEGINS + seconds;
      const story = await tell({
        seed: 71 + seconds,
        rows: 20_000,
        concurrency,
        latencyMs,
        counts: "archive",
        throttle: () => true,
        options: { maxAttempts: 10 },
        weather: (side, _, __, at) =>
          side === "archive" && at >= BEGINS * 1_000 && at < ends * 1_000 ? fault : undefined,
      });
      const before = meanOf(story, 2, BEGINS - 1);
      const back = story.passed.findIndex((_, n) => n >= ends && meanOf(story, n, n + 5) > 0.9 * before) - ends;
      console.log(
        `${name} for ${seconds} s: ${before.toFixed(0)}/s before, and again ${back} s after; ${JSON.stringify(story.outcomes)}`,
      );
      expect(back).toBeGreaterThanOrEqual(0);
      expect(back).toBeLessThan(45);
      expect(story.outcomes.pending ?? 0).toBe(0);
      expect(story.whole).toBe(true);
    },
  );
});
