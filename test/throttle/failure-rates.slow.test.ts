/** A source and an archive that fail at random: every row ends, with the tries it had, and what is archived is right. */
import { describe, expect, test } from "vitest";
import { loseAnswer, refuse, reset } from "../stores/bucket-fault.ts";
import { tell } from "./lab.ts";

const ROWS = 4_000;
const always = () => true;
const base = { rows: ROWS, concurrency: 32, latencyMs: 20, counts: "originals", throttle: always } as const;

describe("of requests that fail at random", () => {
  for (const rate of [0, 0.1, 0.5, 0.9]) {
    test(`${rate * 100} % of the fetches: every row ends as it should`, async () => {
      const story = await tell({
        ...base,
        seed: 31 + rate * 10,
        weather: (_, type, random) => {
          if (type !== "original" || random() >= rate) return undefined;
          return random() < 0.5 ? refuse("InternalError") : reset;
        },
      });
      const { archived = 0, failed = 0 } = story.outcomes;
      // A row fails where five tries in a row do.
      const expected = ROWS * rate ** 5;
      console.log(`${rate * 100} %: ${JSON.stringify(story.outcomes)}, expected ${expected.toFixed(1)} failed`);
      expect(archived + failed).toBe(ROWS);
      expect(story.rows).toHaveLength(ROWS);
      expect(Math.abs(failed - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected) + 1);
      expect(story.whole).toBe(true);
      for (const { outcome, charged, fetches } of story.rows) {
        expect(fetches).toBe(charged);
        if (outcome.outcome === "archived") expect(charged).toBeLessThanOrEqual(5);
        else expect([outcome.outcome, outcome.code, charged]).toEqual(["failed", "RetriesExhausted", 5]);
      }
    });
  }

  test.each([0.1, 0.5, 0.9])(
    "%d of all requests, answers lost among them: none is lost, and none archived wrongly",
    async (rate) => {
      const story = await tell({
        ...base,
        seed: 41 + rate * 10,
        weather: (_, type, random) => {
          if (random() >= rate) return undefined;
          const kind = random();
          if (type === "put" && kind < 0.3) return loseAnswer;
          return kind < 0.6 ? refuse("InternalError") : reset;
        },
      });
      const { archived = 0, failed = 0, skipped = 0 } = story.outcomes;
      console.log(`${rate * 100} % of all requests: ${JSON.stringify(story.outcomes)}`);
      expect(archived + failed + skipped).toBe(ROWS);
      if (rate <= 0.1) expect(failed).toBeLessThan(ROWS * 0.01);
      for (const { outcome, charged, fetches } of story.rows) {
        expect(charged).toBeLessThanOrEqual(5);
        // A small body that was fetched is never fetched again.
        expect(fetches).toBeLessThanOrEqual(charged);
        if (outcome.outcome === "failed") expect([outcome.code, charged]).toEqual(["RetriesExhausted", 5]);
      }
    },
  );

  // Catches: a backoff so short that rows use up their tries, one after the other, while an archive is away for a moment.
  test("an archive that is away for ten seconds fails no more rows than are worked at once", async () => {
    const story = await tell({
      ...base,
      seed: 61,
      weather: (side, _, __, at) => (side === "archive" && at >= 1_000 && at < 11_000 ? reset : undefined),
    });
    const { archived = 0, failed = 0 } = story.outcomes;
    console.log(`an archive away for ten seconds: ${JSON.stringify(story.outcomes)} in ${story.seconds} s`);
    expect(archived + failed).toBe(ROWS);
    expect(failed).toBeLessThanOrEqual(base.concurrency);
    expect(story.whole).toBe(true);
  });

  test("half of them answered with 503 and timeouts: fewer at once, and the same outcomes", async () => {
    const story = await tell({
      ...base,
      rows: 1_000,
      seed: 51,
      weather: (_, type, random) => {
        if (type !== "original" || random() >= 0.5) return undefined;
        return refuse("ServiceUnavailable");
      },
    });
    const { archived = 0, failed = 0 } = story.outcomes;
    expect(archived + failed).toBe(1_000);
    expect(Math.abs(failed - 1_000 / 32)).toBeLessThanOrEqual(4 * Math.sqrt(1_000 / 32));
  });
});
