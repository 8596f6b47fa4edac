/**
 * Catches: a group that no delivery is long enough for, and that is begun anew for ever; a row that is in the report twice, or
 * not at all, because two reconcilers, or one and its successor, shared the work.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { donePath, paths } from "../../../src/ledger/layout.ts";
import type { RunDocument } from "../../../src/ledger/plan/run-document.ts";
import { runPrefix } from "../../../src/ledger/runs.ts";
import { doneShards } from "../../../src/ledger/shard/done-marker.ts";
import { createLedgerStore } from "../../../src/ledger/store.ts";
import { finalizeGroup } from "../../../src/run/finalize/finalize.ts";
import { createPieceTime } from "../../../src/run/finalize/piece-time.ts";
import { reconcile } from "../../../src/run/reconcile/reconcile.ts";
import { processSubmissions } from "../../../src/run/reconcile/submissions.ts";
import { ulidAt } from "../../ledger/samples.ts";
import { quick, runs } from "../../setup/quick.ts";
import { type Life, mortalBucket, mortalClock } from "../../stores/mortal.ts";
import { type Finished, keyOf, reportedFailures, reportedKeys, seedFinishedRun } from "../finished-run.ts";
import { listsLate } from "../lists-late.ts";
import { createWorld, ledgerPlace, type World } from "../world.ts";

const message = { v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" } as const;
const pathOf = (key: string) => key.replace(/^.*runs\/r\//, "");
const written = (world: World, below: string) =>
  world.archive
    .keys()
    .map(pathOf)
    .filter((path) => path.startsWith(below));
const isDraft = (path: string) => /^parts\/.*\.json$/.test(path);

/** Its only group, and what the markers of its shards tell. */
async function overOf(world: World, { shards }: Pick<RunDocument, "shards">) {
  return { group: 0, over: (await world.done(doneShards(world.ledger("r"), 0, shards))).over };
}

/** The whole report is there, each row in it once. */
function expectWhole(world: World, { shards, rows, failEvery, keyLength }: Finished): void {
  const keys = Array.from({ length: shards * rows }, (_, n) => keyOf(n, keyLength));
  const failed = keys.filter((_, n) => failEvery !== undefined && n % failEvery === 0);
  expect(reportedKeys(world)).toEqual(keys);
  expect(reportedFailures(world).keys).toEqual(failed);
  expect(world.summary("r")).toMatchObject({
    state: "complete",
    rows: keys.length,
    archived: keys.length - failed.length,
    failed: failed.length,
    pending: 0,
    bytes: 7 * (keys.length - failed.length),
    requests: { "source.get": shards * 2 * Math.ceil(rows / 2) },
  });
}

/** The ledger serves one GET after the other, each of which takes so long: as a slow processor would. */
function oneByOne(world: World, ms: number): void {
  let line: Promise<void> = Promise.resolve();
  world.archive.onRequest(async ({ type }) => {
    if (type === "get") {
      line = line.then(() => world.clock.sleep(ms));
      await line;
    }
    return undefined;
  });
}

/** Reconciles in deliveries of so many seconds, with so many between them, until the run is complete; resolves with their number. */
async function inDeliveries(world: World, seconds: number, between = 0): Promise<number> {
  for (let n = 1; n < 500; n++) {
    if (n > 1 && between > 0) await world.done(world.clock.sleep(between * 1_000));
    expect(await world.deliver(message, seconds)).toEqual({ kind: "acknowledge" });
    if (written(world, "report/summary.json").length > 0) return n;
  }
  throw new Error("it is not complete after 500 deliveries");
}

describe("a group", () => {
  const finished: Finished = { shards: 25, rows: 6, shardSize: 10_000, failEvery: 7 };

  test("is finalized in one delivery where there is time, without a trace of how", async () => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    world.archive.forgetLog();
    expect(await inDeliveries(world, 900)).toBe(1);
    expectWhole(world, finished);
    expect(written(world, "report/results-")).toHaveLength(3);
    // Ten shards a part; of the last one the group's marker tells.
    expect(written(world, "parts/").map((path) => path.slice(0, 20))).toEqual([
      "parts/000000/000000~",
      "parts/000000/000001~",
    ]);
    const requests = world.archive.log.map(({ type, key }) => `${type} ${pathOf(key).split("/")[0]}`);
    const count = (what: string) => requests.filter((request) => request === what).length;
    expect(count("get outcomes")).toBe(50);
    expect(count("list outcomes")).toBe(3);
    // Of the last: how much was to go by plain GETs.
    expect(count("get plans")).toBe(22 + 1);
    expect(requests.filter((request) => request.startsWith("put"))).toHaveLength(3 * 2 + 2 + 1 + 2);
  });

  test.each([
    [2, 25, 25],
    [15, 5, 15],
    [30, 2, 5],
    [60, 1, 2],
  ])("is finalized by functions of %i seconds, however slow they are", async (seconds, least, most) => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    oneByOne(world, 500);
    const deliveries = await inDeliveries(world, seconds);
    expect(deliveries).toBeGreaterThanOrEqual(least);
    expect(deliveries).toBeLessThanOrEqual(most);
    expectWhole(world, finished);
  });

  test("is finalized by functions that have time for one shard only", async () => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    oneByOne(world, 100);
    expect(await inDeliveries(world, 0)).toBe(25);
    expectWhole(world, finished);
    // Of each part but its last shard a draft was left.
    expect(written(world, "parts/").filter(isDraft)).toHaveLength(9 + 9 + 4);
  });

  test("is gone on with, not begun anew, by whoever comes next", async () => {
    const world = createWorld();
    const run = seedFinishedRun(world, finished);
    oneByOne(world, 100);
    for (let n = 0; n < 15; n++) await world.deliver(message, 0);
    world.archive.forgetLog();
    await world.deliver(message, 900);
    expectWhole(world, finished);
    const read = world.archive.log.flatMap(({ type, key }) => {
      const [, shard] = /^outcomes\/(\d+)\/.*gz$/.exec(pathOf(key)) ?? [];
      return type === "get" && shard !== undefined ? [Number(shard)] : [];
    });
    expect(Math.min(...read)).toBe(15);
    expect(read).toHaveLength(20);
    expect(run.shards).toBe(25);
  });

  test.skipIf(quick)(
    "whose failures are very many has files of a bounded size, wherever a delivery ended",
    async () => {
      const large: Finished = { shards: 6, rows: 500, shardSize: 10_000, failEvery: 1, keyLength: 12_000 };
      const files: string[][] = [];
      for (const seconds of [900, 0]) {
        const world = createWorld();
        seedFinishedRun(world, large);
        oneByOne(world, 100);
        await inDeliveries(world, seconds);
        expectWhole(world, large);
        const lengths = world.failures("r").map((file) => file.length);
        expect(Math.max(...lengths)).toBeLessThan(16_000_000 + 500 * 12_200);
        files.push(world.failures("r"));
      }
      expect(files[0]).toHaveLength(2);
      expect(files[1]).toEqual(files[0]);
    },
  );

  test.each([
    ["gone", "LedgerIncomplete", (world: World, draft: string) => world.archive.removeObject(draft)],
    ["damaged", "LedgerUnreadable", (world: World, draft: string) => void world.archive.seed(draft, "{}")],
  ])("of which a draft is %s is refused in a sentence that names it", async (_, code, harm) => {
    const world = createWorld();
    const run = seedFinishedRun(world, finished);
    oneByOne(world, 100);
    await world.deliver(message, 0);
    const draft = world.archive.keys().find((key) => isDraft(pathOf(key))) ?? "";
    const ledger = world.ledger("r");
    // It was listed before it went.
    const list: typeof ledger.list = async (prefix) => {
      const listing = await ledger.list(prefix);
      if (prefix.startsWith("parts/")) harm(world, draft);
      return listing;
    };
    const pieceTime = createPieceTime(world.clock, Number.POSITIVE_INFINITY);
    await expect(
      world.done(finalizeGroup({ ...ledger, list }, run, await overOf(world, run), world.surroundings, pieceTime)),
    ).rejects.toMatchObject({
      code,
      message: expect.stringContaining(pathOf(draft)),
    });
  });

  /** Of each of these shards' segments, the second; of the last shard nothing at all is listed. */
  const lateShards = [...[0, 7, 9, 10].map((shard) => [shard, "-00002.jsonl.gz"] as const), [24, ""] as const];

  test.each([900, 30, 0])("is whole though it is listed late, in deliveries of %i s", async (seconds) => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    listsLate(world, 60_000, ...lateShards);
    await inDeliveries(world, seconds, 5);
    expectWhole(world, finished);
  });

  // Was listed and read anew as a whole, in one delivery, however short.
  test("that is listed late is gone on with shard by shard: none is read again but those that lacked rows", async () => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    listsLate(world, 3_000, ...lateShards);
    world.archive.forgetLog();
    expect(await inDeliveries(world, 900)).toBe(1);
    expectWhole(world, finished);
    // Shard 0 was looked at three times until it was whole; the others that were listed before that once more.
    const read = world.archive.log.flatMap(({ type, key }) => {
      const [, shard] = /\/outcomes\/(\d+)\/.*gz$/.exec(key) ?? [];
      return type === "get" && shard !== undefined ? [Number(shard)] : [];
    });
    const more = read.filter((shard) => !lateShards.some(([late]) => late === shard));
    expect(more).toHaveLength(2 * 20);
    const lists = world.archive.log.filter(({ type, key }) => type === "list" && /outcomes\/\d+\//.test(key));
    expect(lists.length).toBeGreaterThanOrEqual(lateShards.length - 1);
    expect(lists.length).toBeLessThan(10);
  });

  test("of which an older version left a part and a draft that lack rows is whole all the same", async () => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    oneByOne(world, 100);
    const late = [3, 13];
    const bringBack = listsLate(world, 3_600_000, ...late.map((shard) => [shard, "-00002.jsonl.gz"] as const));
    // It did not look at what the markers tell: here they tell as little as is listed.
    const key = (path: string) => `.originals/runs/r/${path}`;
    const markers = world.archive
      .keys()
      .filter((each) => late.some((shard) => each.includes(paths.doneOfShard(shard))));
    const few = late.map((shard) =>
      key(donePath(shard, { archived: 3, skipped: 0, failed: 0, bytes: 21 }, ulidAt(shard + 1))),
    );
    for (const each of markers) world.archive.removeObject(each);
    for (const each of few) world.archive.seed(each, "");
    for (let n = 0; n < 16; n++) await world.deliver(message, 0);
    expect(written(world, "parts/000000/000000~")).toHaveLength(1);
    expect(written(world, "parts/000000/000001-").some((path) => path.includes("-000000016~"))).toBe(true);
    for (const each of few) world.archive.removeObject(each);
    for (const each of markers) world.archive.seed(each, "");
    bringBack();
    await inDeliveries(world, 0);
    expectWhole(world, finished);
  });

  test("of which an outcome is gone is refused, and not marked as written: once it is there again, it is", async () => {
    const world = createWorld();
    seedFinishedRun(world, finished);
    const bringBack = listsLate(world, 3_600_000, [7, "-00002.jsonl.gz"]);
    const began = world.clock.elapsed();
    expect(await world.deliver(message, 900)).toMatchObject({
      reason: expect.stringMatching(
        /its shard 7 is marked as done, but there are outcomes of 3 of its 6 rows below \S+outcomes\/000000007\//,
      ),
    });
    // Until then it may be listed yet.
    expect(world.clock.elapsed() - began).toBeGreaterThanOrEqual(120_000);
    expect(written(world, "groups/")).toEqual([]);
    expect(written(world, "report/summary.json")).toEqual([]);
    bringBack();
    await inDeliveries(world, 900);
    expectWhole(world, finished);
  });

  test("takes no more than one LIST page, and the segments of the next shards, ahead of what it writes", async () => {
    const world = createWorld();
    const run = seedFinishedRun(world, { shards: 60, rows: 8, shardSize: 1_000, segments: 8 });
    let most = 0;
    let underWay = 0;
    world.archive.onRequest(async ({ type, key }) => {
      if (type !== "get" || !key.endsWith(".gz") || !key.includes("/outcomes/")) return undefined;
      most = Math.max(most, ++underWay);
      await world.clock.sleep(50);
      underWay--;
      return undefined;
    });
    const pieceTime = createPieceTime(world.clock, Number.POSITIVE_INFINITY);
    const over = await overOf(world, run);
    const tally = await world.done(finalizeGroup(world.ledger("r"), run, over, world.surroundings, pieceTime));
    expect(tally).toMatchObject({ archived: 480 });
    // Side by side, and not all at once.
    expect(most).toBe(32);
  });
});

describe("reconcilers side by side, any of which may die at any request", () => {
  const shape = fc.record({
    shards: fc.integer({ min: 1, max: 24 }),
    rows: fc.integer({ min: 2, max: 5 }),
    shardSize: fc.constantFrom(1_000, 10_000),
    failEvery: fc.constantFrom(undefined, 1, 3),
  });
  const lives = fc.array(
    fc.record({
      seconds: fc.integer({ min: 0, max: 40 }),
      /** Requests until it dies. */
      requests: fc.oneof(
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
        { weight: 2, arbitrary: fc.constant(10_000) },
      ),
      /** Its clock is off by as much. */
      skew: fc.integer({ min: -5_000, max: 5_000 }),
    }),
    { minLength: 2, maxLength: 12 },
  );

  test.skipIf(quick)("write every row once", async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        lives,
        fc.array(fc.nat({ max: 1_500 }), { minLength: 5, maxLength: 40 }),
        fc.array(fc.tuple(fc.nat({ max: 23 }), fc.constantFrom("-00001.jsonl.gz", "-00002.jsonl.gz", "")), {
          maxLength: 4,
        }),
        async (finished, all, delays, late) => {
          const world = createWorld();
          const run = seedFinishedRun(world, finished);
          listsLate(world, 20_000, ...late);
          let requests = 0;
          world.archive.onRequest(() => ({ kind: "delay", ms: delays[requests++ % delays.length] ?? 0 }));
          const waiting = [...all];
          const worker = async () => {
            for (let life = waiting.shift(); life !== undefined; life = waiting.shift()) await live(world, run, life);
          };
          await world.done(Promise.all([worker(), worker()]));
          world.archive.onRequest(undefined);
          await world.deliver(message, 900);
          expectWhole(world, finished);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  async function live(
    world: World,
    run: RunDocument,
    { seconds, requests, skew }: { seconds: number; requests: number; skew: number },
  ): Promise<void> {
    const life: Life = { dead: false };
    const over = new AbortController();
    let left = requests;
    const mortal = mortalBucket(world.archive, life);
    const counted =
      <A extends unknown[], R>(send: (...args: A) => Promise<R>) =>
      (...args: A) => {
        if (--left < 0) {
          life.dead = true;
          over.abort();
        }
        return send(...args);
      };
    const bucket = { ...mortal, get: counted(mortal.get), put: counted(mortal.put), list: counted(mortal.list) };
    const own = mortalClock(world.clock, life);
    const clock = { ...own, now: () => own.now() + skew };
    const { random } = world.surroundings;
    // It may die at its very first requests, which are sent at once.
    const died = new Promise((resolve) => over.signal.addEventListener("abort", resolve));
    const working = reconcile({
      ledger: createLedgerStore({ bucket, prefix: runPrefix(".originals/", "r"), clock, random }),
      place: ledgerPlace,
      run,
      surroundings: { ...world.surroundings, clock, open: () => bucket },
      submissions: processSubmissions(clock),
      sender: { send: async () => undefined },
      submitAhead: 0,
      hiddenMs: Number.POSITIVE_INFINITY,
      deadline: clock.elapsed() + seconds * 1_000,
    });
    await Promise.race([working, died]);
  }
});
