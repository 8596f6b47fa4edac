/** A service that refuses a request now and then, at whatever rate they come: that is no rate limit. */
import { describe, expect, test } from "vitest";
import { refuse } from "../stores/bucket-fault.ts";
import { tell } from "./lab.ts";

describe("one request in a thousand refused for coming too fast, and none for coming slower", () => {
  // Where nothing is refused it is 532 a second; with SlowDown it was 19, to the end.
  test.each([
    ["SlowDown", refuse("SlowDown"), 200],
    ["SlowDown with a Retry-After", refuse("SlowDown", { retryAfterMs: 1_000 }), 25],
  ])("%s: the run does not slow down to what is refused", async (name, fault, least) => {
    const rows = 20_000;
    const story = await tell({
      seed: 91,
      rows,
      concurrency: 32,
      latencyMs: 20,
      counts: "archive",
      throttle: () => true,
      weather: (_, __, random) => (random() < 0.001 ? fault : undefined),
    });
    console.log(`${name}, one in a thousand: ${(rows / story.seconds).toFixed(0)} rows a second`);
    expect(story.outcomes).toEqual({ archived: rows });
    expect(story.whole).toBe(true);
    expect(rows / story.seconds).toBeGreaterThan(least);
  });
});
