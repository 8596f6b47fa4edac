/** `--bwlimit`: catches bytes that come faster than it lets them, whether a body is held or streams. */
import { expect, test } from "vitest";
import { runHere } from "../../../src/run/work/run-here.ts";
import { createWorld } from "../world.ts";
import { inputFor } from "./input.ts";

test.each([
  ["held", 20, 100_000],
  ["streams", 4, 3 * 1024 ** 2],
])("all bytes of a process keep to its limit, where a body %s", async (_, count, size) => {
  const world = createWorld({ concurrency: 8 });
  const keys = Array.from({ length: count }, (_, n) => `k${n}`);
  for (const [n, key] of keys.entries()) world.source.seed(key, Buffer.alloc(size, n));
  const bandwidth = 200_000;
  const { settings, ...others } = world.surroundings;
  const surroundings = { ...others, settings: { ...settings, bandwidth } };
  const begun = world.clock.elapsed();
  const { summary } = await world.done(runHere(inputFor(keys), surroundings));
  expect(summary).toMatchObject({ state: "complete", archived: count });
  const seconds = (world.clock.elapsed() - begun) / 1_000;
  const least = (count * size) / bandwidth;
  // A tenth of a second's bytes may come at once.
  expect(seconds).toBeGreaterThan(least - 1);
  expect(seconds).toBeLessThan(least * 1.2 + 2);
});
