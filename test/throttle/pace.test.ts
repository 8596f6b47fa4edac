/** The pace of one process by itself: what it costs while nothing is refused, and how it goes on after a pause. */

import { describe, expect, test } from "vitest";
import { createPace } from "../../src/archive/shard/pace/pace.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { fakeClock, settled } from "../stores/fake-clock.ts";

const paceAt = (clock: Clock, concurrency = 32, rate?: number) =>
  createPace({ concurrency, clock, random: () => 0.5, ...(rate === undefined ? undefined : { rate }) });

describe("the pace", () => {
  test("while nothing was refused makes nobody wait, and sets no timer", () => {
    const clock = fakeClock();
    const pace = paceAt(clock);
    for (let n = 0; n < 1_000; n++) {
      expect(pace.beforeTry()).toBeUndefined();
      expect(pace.beforeFetch()).toBeUndefined();
      pace.succeeded();
    }
    expect(pace.waitMs()).toBe(0);
    expect(clock.sleeping()).toBe(0);
    expect(pace.triesPerSecond()).toBe(Number.POSITIVE_INFINITY);
  });

  test("after a pause lets those that waited go one after the other, not all at once", async () => {
    const clock = fakeClock();
    const pace = paceAt(clock);
    for (let n = 0; n < 50; n++) pace.succeeded();
    const at = clock.now();
    pace.throttled(at);
    // 50 passed in the last second; half a second of jitter.
    expect(pace.triesPerSecond()).toBeCloseTo(45);
    const began: number[] = [];
    const waits = Array.from({ length: 10 }, () => pace.beforeTry()?.then(() => began.push(clock.now() - at)));
    await clock.advance(400);
    // A second refusal of the same moment says nothing new; one that says for how long makes the pause longer.
    pace.throttled(at, 100);
    pace.throttled(at, 1_600);
    await clock.advance(1_599);
    expect(began).toEqual([]);
    await clock.advance(1_000);
    await Promise.all(waits);
    expect(began[0]).toBe(2_000);
    for (let n = 1; n < began.length; n++) {
      expect((began[n] as number) - (began[n - 1] as number)).toBeGreaterThanOrEqual(20);
      expect((began[n] as number) - (began[n - 1] as number)).toBeLessThanOrEqual(23);
    }
  });

  test("holds a fetch back while a pause lasts, though its try had begun", async () => {
    const clock = fakeClock();
    const pace = paceAt(clock);
    pace.throttled(clock.now(), 2_000);
    let sent = false;
    const turn = pace.beforeFetch()?.then(() => {
      sent = true;
    });
    await clock.advance(2_499);
    expect(sent).toBe(false);
    await clock.advance(2);
    await turn;
    expect(sent).toBe(true);
  });

  test("ends every wait at once where the work is to stop", async () => {
    const clock = fakeClock();
    const pace = paceAt(clock, 4, 0.01);
    const quit = new AbortController();
    pace.throttled(clock.now(), 600_000);
    const waits = [pace.beforeTry(quit.signal), pace.beforeFetch(quit.signal), pace.beforeFetch(quit.signal)];
    await settled();
    quit.abort();
    await Promise.all(waits);
  });

  test("after many answers takes one refusal for chance, and the next for a limit", async () => {
    const clock = fakeClock();
    const pace = paceAt(clock);
    const answered = (n: number) => {
      for (let at = 0; at < n; at++) pace.succeeded();
    };
    answered(100);
    pace.throttled(clock.now());
    expect([pace.concurrency(), pace.beforeTry(), pace.triesPerSecond()]).toEqual([
      32,
      undefined,
      Number.POSITIVE_INFINITY,
    ]);
    answered(100);
    // All wait where the service says for how long, and that is all that is known yet.
    pace.throttled(clock.now(), 1_000);
    expect([pace.concurrency(), pace.waitMs(), pace.triesPerSecond()]).toEqual([32, 1_000, Number.POSITIVE_INFINITY]);
    pace.throttled(clock.now(), 1_000);
    expect([pace.concurrency(), pace.triesPerSecond()]).toEqual([16, 180]);
  });

  test("counts fetches against the budget, not tries", async () => {
    const clock = fakeClock();
    const pace = paceAt(clock, 8, 10);
    for (let n = 0; n < 50; n++) expect(pace.beforeTry()).toBeUndefined();
    expect(pace.beforeFetch()).toBeUndefined();
    const at = clock.now();
    const second = pace.beforeFetch()?.then(() => clock.now() - at);
    await clock.advance(1_000);
    expect(await second).toBe(100);
  });

  test("takes its part of the budget by who else is there, and a newcomer's where that is not known any more", async () => {
    const clock = fakeClock();
    const pace = createPace({ concurrency: 8, rate: 10, maxInstances: 10, clock, random: () => 0.5 });
    const gapMs = async () => {
      for (let n = 0; n < 200 && pace.beforeFetch() === undefined; n++);
      const before = pace.waitMs();
      void pace.beforeFetch();
      const gap = pace.waitMs() - before;
      await clock.advance(5_000);
      return gap;
    };
    expect(await gapMs()).toBe(100);
    pace.shareWith({ workers: 4, share: 1 });
    expect(await gapMs()).toBe(40);
    pace.shareWith({ workers: 1, share: 1 });
    expect(await gapMs()).toBe(10);
    await clock.advance(30_000);
    expect(await gapMs()).toBe(100);
  });

  test("whose process got more than the others of what a service lets through gives way, and is given where it got less", () => {
    const of = (share: number) => {
      const clock = fakeClock();
      const pace = paceAt(clock);
      for (let n = 0; n < 50; n++) pace.succeeded();
      pace.throttled(clock.now());
      const before = pace.triesPerSecond();
      pace.shareWith({ workers: 4, share });
      return pace.triesPerSecond() / before;
    };
    expect(of(1)).toBeCloseTo(1);
    expect(of(1.44)).toBeCloseTo(1 / 1.2);
    expect(of(0.81)).toBeCloseTo(1 / 0.9);
    expect(of(100)).toBeCloseTo(1 / Math.SQRT2);
  });

  // A run of one row was said to have had "32 at once, found by trying".
  test.each([
    [1, 1e9, undefined],
    [31, 1e9, undefined],
    [32, 1e9, 32],
    [200, undefined, undefined],
  ])("of %i rows says how many at once were found only where there were as many", async (rows, memory, found) => {
    const clock = fakeClock();
    const pace = createPace({ concurrency: 100, memory, clock, random: () => 0.5 });
    const over = pace.runEach(Array.from({ length: rows }).values(), async () => {
      await clock.sleep(1);
    });
    while (pace.unfinished() > 0) await clock.advance(1);
    await over;
    expect(pace.foundConcurrency()).toBe(found);
  });

  test("finds how many at once pay, within what is given", async () => {
    const clock = fakeClock();
    const pace = createPace({ concurrency: 100, memory: 1e9, clock, random: () => 0.5 });
    expect([pace.foundConcurrency(), pace.concurrency()]).toEqual([undefined, 32]);
    let left = 2_000;
    const tasks = (function* () {
      while (left-- > 0) yield left;
    })();
    const over = pace.runEach(tasks, async () => {
      pace.begins(1_000);
      const begunAt = clock.elapsed();
      await clock.sleep(100);
      pace.succeeded({ size: 1_000, begunAt });
    });
    for (let n = 0; n < 40 && left > 300; n++) await clock.advance(100);
    expect(pace.concurrency()).toBe(100);
    expect(pace.foundConcurrency()).toBe(100);
    // Of large ones that are held whole so many fit into less.
    const small = createPace({ concurrency: 1_000, memory: 10 * 1024 ** 2, clock, random: () => 0.5 });
    for (let n = 0; n < 500; n++) small.begins(1024 ** 2);
    small.succeeded({ size: 1024 ** 2, begunAt: clock.elapsed() });
    expect(small.concurrency()).toBeLessThanOrEqual(10);
    for (let n = 0; n < 60; n++) await clock.advance(100);
    await over;
  });

  test("does fewer at once after a timeout, but lets them come as fast as they will", () => {
    const clock = fakeClock();
    const pace = paceAt(clock);
    pace.strained();
    pace.strained();
    expect(pace.concurrency()).toBe(16);
    expect(pace.beforeTry()).toBeUndefined();
    expect(pace.triesPerSecond()).toBe(Number.POSITIVE_INFINITY);
  });

  test("has its tasks at once back soon after a throttle, since the rate holds, and slowly after a timeout", async () => {
    for (const [after, tasks] of [
      ["throttled", 32],
      ["strained", 16],
    ] as const) {
      const clock = fakeClock();
      const pace = paceAt(clock);
      for (let n = 0; n < 50; n++) pace.succeeded();
      if (after === "throttled") pace.throttled(clock.now());
      else pace.strained();
      expect(pace.concurrency()).toBe(16);
      for (let n = 0; n < 16; n++) pace.succeeded();
      expect(pace.concurrency()).toBe(tasks);
    }
  });

  test("does fewer at once where the process could open no more, as fast as before, and says so once a halving", () => {
    const clock = fakeClock();
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (...said: unknown[]) => void warned.push(said) };
    const pace = createPace({ concurrency: 32, clock, random: () => 0.5, log });
    for (let n = 0; n < 50; n++) pace.scarce();
    expect(pace.concurrency()).toBe(16);
    expect(pace.beforeTry()).toBeUndefined();
    expect(pace.triesPerSecond()).toBe(Number.POSITIVE_INFINITY);
    expect(warned).toEqual([
      [expect.stringContaining("may open no more files"), expect.objectContaining({ concurrency: 16 })],
    ]);
    for (let n = 0; n < 5_000; n++) pace.succeeded();
    expect(pace.concurrency()).toBe(16);
  });
});
