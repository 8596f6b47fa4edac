import { describe, expect, test } from "vitest";
import { ageOf, momentOf, systemClock } from "../../src/vocabulary/clock.ts";

describe("the clocks of a process", () => {
  test("begin together, so that a deadline of the one is one of the other", () => {
    expect(Math.abs(systemClock.elapsed() - systemClock.now())).toBeLessThan(60_000);
    expect(Number.isInteger(systemClock.elapsed())).toBe(true);
  });

  test("tell the age of what was known by whichever says more", () => {
    const at = { now: 5_000, elapsed: 100 };
    const age = (now: number, elapsed: number) => ageOf(at, { now: () => now, elapsed: () => elapsed });
    expect(age(6_000, 1_100)).toBe(1_000);
    // Set back.
    expect(age(0, 1_100)).toBe(1_000);
    // A laptop slept: one clock stood still.
    expect(age(605_000, 101)).toBe(600_000);
    expect(momentOf({ now: () => 7, elapsed: () => 8 })).toEqual({ now: 7, elapsed: 8 });
  });

  test("wake all who sleep by one signal, and are no leak to Node however many they are", async () => {
    const told: Error[] = [];
    const tell = (warning: Error) => told.push(warning);
    process.on("warning", tell);
    const over = new AbortController();
    const shared = AbortSignal.any([over.signal]);
    const slept = Promise.all(Array.from({ length: 500 }, () => systemClock.sleep(3_600_000, shared)));
    await systemClock.sleep(0, shared);
    over.abort();
    await slept;
    await systemClock.sleep(3_600_000, shared);
    await systemClock.sleep(1);
    process.off("warning", tell);
    expect(told).toEqual([]);
  });
});
