/** What the stories of refusals are worth: the real code with one thing broken at a time, and each must be found in few of them. */
import { afterEach, expect, it, vi } from "vitest";
import { brokenInvariants } from "./invariants.ts";
import { simulate } from "./simulation.ts";
import "../setup/long.ts";

const broken = vi.hoisted(() => ({ thing: "" }));
afterEach(() => {
  broken.thing = "";
});

vi.mock("../../src/policy/streaks.ts", async (original) => {
  const real = await original<typeof import("../../src/policy/streaks.ts")>();
  const createStreaks: typeof real.createStreaks = () => {
    const streaks = real.createStreaks();
    return broken.thing === "streaks" ? { ...streaks, refused: () => undefined, standing: () => undefined } : streaks;
  };
  return { ...real, createStreaks };
});

vi.mock("../../src/archive/shard/run-watch.ts", async (original) => {
  const real = await original<typeof import("../../src/archive/shard/run-watch.ts")>();
  const createRunWatch: typeof real.createRunWatch = (options) => {
    const watch = real.createRunWatch(options);
    return broken.thing === "word" ? { ...watch, othersSucceed: async () => false } : watch;
  };
  return { ...real, createRunWatch };
});

vi.mock("../../src/vocabulary/newer.ts", async (original) => {
  const real = await original<typeof import("../../src/vocabulary/newer.ts")>();
  const isNewerThanTool: typeof real.isNewerThanTool = (error) =>
    broken.thing !== "newer" && real.isNewerThanTool(error);
  return { ...real, isNewerThanTool };
});

/** From the first that once showed it: what changes the order of requests changes the stories. */
const STORIES = 40;

it.each([
  ["a streak that nobody looks into", "streaks", 20, /^I12: .* since it succeeded/],
  ["a worker that asks nobody whether it is refused alone", "word", 18, /is refused alone/],
  ["a message that is newer, and rejected", "newer", 5, /too old for the run/],
])("finds %s", async (_, thing, first, violation) => {
  broken.thing = thing;
  for (let seed = first; seed < first + STORIES; seed++) {
    const found = brokenInvariants(await simulate(seed, "refusals")).find((sentence) => violation.test(sentence));
    if (found === undefined) continue;
    console.log(`simulation: ${thing} is found by story ${seed}: ${found.slice(0, 300)}`);
    return;
  }
  expect.fail(`none of ${STORIES} stories of refusals shows it`);
});
