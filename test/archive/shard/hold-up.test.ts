/** Which of several things that hold a process up people are told of. */
import { expect, test } from "vitest";
import { createHoldUps } from "../../../src/archive/shard/pace/hold-up.ts";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { whyHeld } from "../../../src/run/work/stall-watch.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";

function setUp() {
  let now = 1_000;
  const holdUps = createHoldUps({ elapsed: () => now });
  const idle = { pausedMs: Number.NEGATIVE_INFINITY, triesPerSecond: Number.POSITIVE_INFINITY, running: 4 };
  return {
    holdUps,
    pass: (ms: number) => {
      now += ms;
    },
    told: (more: Partial<typeof idle> = {}) => holdUps.now({ ...idle, ...more }),
  };
}

test("nothing, while nothing does", () => {
  expect(setUp().told()).toBeUndefined();
});

test("a pause that the service asked for goes before all else, then what is left of it", () => {
  const { holdUps, told } = setUp();
  holdUps.heldBy("rate");
  expect(told({ pausedMs: 4_000, triesPerSecond: 12 })).toEqual({ why: "throttled", ms: 4_000 });
  expect(told({ pausedMs: 100, triesPerSecond: 12 })).toEqual({ why: "slowed", perSecond: 12 });
});

test("rows that wait to be tried again, as soon as nothing else is under way", () => {
  const { holdUps, told, pass } = setUp();
  const waited = [3_000, 2_000, 5_000].map(holdUps.waitsToRetry);
  expect(told({ running: 4 })).toBeUndefined();
  expect(told({ running: 3 })).toEqual({ why: "retries", rows: 3, ms: 2_000 });
  waited[1]?.();
  pass(1_000);
  expect(told({ running: 2 })).toEqual({ why: "retries", rows: 2, ms: 2_000 });
});

test("a budget, for as long as somebody waited for it of late", () => {
  const { holdUps, told, pass } = setUp();
  holdUps.heldBy("bandwidth");
  pass(500);
  holdUps.heldBy("rate");
  expect(told()).toEqual({ why: "bandwidth" });
  pass(600);
  expect(told()).toEqual({ why: "rate" });
  pass(600);
  expect(told()).toBeUndefined();
});

test("restores, while they are asked for as fast as the service takes them", async () => {
  const clock = fakeClock();
  const pace = createPace({ concurrency: 8, clock, random: () => 0.5, restores: 1 });
  expect(pace.beforeRestore(undefined)).toBeUndefined();
  expect(pace.heldUp()).toBeUndefined();
  const turn = pace.beforeRestore(undefined);
  expect(pace.heldUp()).toEqual({ why: "restores" });
  expect(whyHeld(pace.heldUp())).toContain("restores are asked for");
  await runUntilDone(clock, turn ?? Promise.resolve());
  await clock.advance(2_000);
  expect(whyHeld(pace.heldUp())).toBeUndefined();
});
