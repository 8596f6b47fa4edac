/** A function with timers and no queue. Catches: a run that never ends without one, ticks that fetch a key twice, a night that is lost because another was at work. */
import { describe, expect, it } from "vitest";
import type { Bucket } from "../../../src/objects/bucket.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { createScfHandler, type ScfResult } from "../../../src/runtime/function/scf-handler.ts";
import { archivePlace, createWorld, inlineMessage, seedPictures, sourcePlace, type World } from "../../run/world.ts";
import { quick } from "../../setup/quick.ts";
import { notingLog, settingsOf } from "./fixtures.ts";

const places = { ORIGINALS_SOURCE: `cos://${sourcePlace.bucket}`, ORIGINALS_ARCHIVE: `cos://${archivePlace.bucket}` };
const night = "2026-01-15T12:00:00Z";
const list = { Type: "Timer", TriggerName: "nightly", Time: night, Message: "list" };
const poll = { Type: "Timer", TriggerName: "poll", Time: night, Message: "" };

/** A function's process, which may be killed: nothing it sends then arrives, and nothing comes back. */
function aProcess(world: World, more: Readonly<Record<string, string>> = {}) {
  const log = notingLog();
  let isKilled = false;
  const never = new Promise<never>(() => undefined);
  const mortal = (bucket: Bucket): Bucket =>
    new Proxy(bucket, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]) => {
          if (isKilled) return never;
          const result: unknown = Reflect.apply(value, target, parameters);
          return result instanceof Promise ? result.then((reply: unknown) => (isKilled ? never : reply)) : result;
        };
      },
    });
  const { surroundings: of } = world;
  const surroundings = { ...of, log, open: (...place: Parameters<typeof of.open>) => mortal(of.open(...place)) };
  const settings = settingsOf({ ...places, ...more });
  const handler = createScfHandler({
    worker: () => ({ settings, handle: createDeliveryHandler(surroundings), surroundings }),
    openQueue: () => undefined,
    clock: world.clock,
    random: of.random,
    log,
  });
  return {
    log,
    tick: (event: unknown, seconds = 900): Promise<ScfResult> => handler(event, { time_limit_in_ms: seconds * 1_000 }),
    kill: () => {
      isKilled = true;
    },
    said: () => log.entries.map(({ message }) => message),
  };
}

/** Ticks one after the other, a minute apart, until one finds nothing to do; resolves with how many there were. */
async function untilNothing(world: World, seconds: number, more?: Readonly<Record<string, string>>): Promise<number> {
  for (let ticks = 1; ticks < 60; ticks++) {
    await world.clock.advance(60_000);
    const process = aProcess(world, more);
    const ticked = await world.done(process.tick(poll, seconds));
    if ("runs" in ticked && ticked.runs === 0) return ticks;
  }
  throw new Error("60 ticks did not end it");
}

const summaries = (world: World) =>
  world.archive
    .keys()
    .filter((key) => key.endsWith("/report/summary.json"))
    .map((key) => world.summary(key.split("/").at(-3) as string));

/** Each original takes a second. */
function slowly(world: World, ms = 1_000): void {
  world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms } : undefined));
}
const small = { ORIGINALS_SHARD_SIZE: "5" };
const once = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1]));

describe("a nightly timer and one that polls, without a queue", () => {
  it("end a run of many shards by ticks of 10 s alone, each key fetched once, and then cost one LIST", async () => {
    const world = createWorld({ concurrency: 2 });
    slowly(world);
    const keys = seedPictures(world.source, 20);
    const first = aProcess(world, small);
    const told = await world.done(first.tick(list, 10));
    expect(told).toMatchObject({ acknowledged: 1, summary: { state: "running" } });
    expect(await untilNothing(world, 10, small)).toBeGreaterThan(1);
    expect(summaries(world)).toMatchObject([{ state: "complete", rows: 20, archived: 20 }]);
    expect(world.fetches()).toEqual(once(keys));

    world.archive.forgetLog();
    world.source.forgetLog();
    const idle = aProcess(world);
    expect(await world.done(idle.tick(poll))).toEqual({ runs: 0, complete: 0, shards: 0, leftAlone: 0 });
    expect(world.archive.log.map(({ type }) => type)).toEqual(["list"]);
    expect(world.source.log).toEqual([]);
    expect(idle.log.entries).toEqual([]);
  });

  it.skipIf(quick)("that overlap share the shards: no key is fetched twice, and one of them ends the run", async () => {
    const world = createWorld({ concurrency: 2 });
    slowly(world);
    const keys = seedPictures(world.source, 20);
    const processes = [aProcess(world, small), aProcess(world, small), aProcess(world, small)];
    const nightly = processes[0]?.tick(list);
    await world.clock.advance(3_000);
    const ticks = await world.done(Promise.all([nightly, ...processes.slice(1).map((process) => process.tick(poll))]));
    expect(ticks.slice(1).every((ticked) => ticked !== undefined && "shards" in ticked && ticked.shards > 0)).toBe(
      true,
    );
    await untilNothing(world, 900, small);
    expect(summaries(world)).toMatchObject([{ state: "complete", archived: 20 }]);
    expect(world.fetches()).toEqual(once(keys));
  });

  it.skipIf(quick)(
    "go on where one was killed in the middle: what was in flight is all that may be fetched twice",
    async () => {
      const world = createWorld({ concurrency: 2 });
      slowly(world);
      const keys = seedPictures(world.source, 16);
      const killed = aProcess(world, small);
      killed.tick(list).catch(() => undefined);
      await world.clock.advance(4_500);
      killed.kill();
      expect(Object.keys(world.fetches()).length).toBeGreaterThan(3);
      await untilNothing(world, 60, small);
      expect(summaries(world)).toMatchObject([{ state: "complete", archived: 16 }]);
      const fetches = Object.values(world.fetches()).reduce((sum, n) => sum + n, 0);
      expect(fetches).toBeLessThanOrEqual(keys.length + 2);
    },
  );

  it.skipIf(quick)("begin the next night after the one before, of several that wait the last", async () => {
    const world = createWorld({ concurrency: 2 });
    slowly(world);
    seedPictures(world.source, 40);
    const first = aProcess(world, small);
    await world.done(first.tick(list, 10));
    for (const day of [16, 17]) {
      await world.clock.advance(100);
      const next = aProcess(world, small);
      await world.done(next.tick({ ...list, Time: `2026-01-${day}T12:00:00Z` }, 10));
      expect(next.said().some((said) => said.startsWith("A scheduled run waits for another"))).toBe(true);
    }
    await untilNothing(world, 30, small);
    expect(summaries(world).map(({ run, state }) => [run.split("-")[1], state])).toEqual([
      ["20260115T120000Z", "complete"],
      ["20260117T120000Z", "complete"],
    ]);
    expect(summaries(world)[1]).toMatchObject({ rows: 40, skipped: 40 });
  });

  it.skipIf(quick)("go on with what a message began that is larger than a shard", async () => {
    const world = createWorld({ concurrency: 2 });
    slowly(world);
    const keys = seedPictures(world.source, 20);
    const message = inlineMessage(keys, { run: "r", options: { shardSize: 5 } });
    await world.done(aProcess(world).tick(message, 10));
    expect(world.archive.keys()).not.toContain(".originals/runs/r/report/summary.json");
    await untilNothing(world, 30);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 20 });
    expect(world.fetches()).toEqual(once(keys));
  });

  it("leave what was cancelled, and say so of what they can't work", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    const other = { ...archivePlace, prefix: "elsewhere/" };
    const message = inlineMessage(keys, { run: "r", ledger: other, options: { shardSize: 1 } });
    await expect(world.done(aProcess(world).tick(message))).rejects.toThrow(/has another ledger than this function/);
    world.archive.onRequest(({ type }) => (type === "list" ? { kind: "delay", ms: 5 } : undefined));
    expect(await world.done(aProcess(world).tick(poll))).toMatchObject({ runs: 0 });
  });
});
