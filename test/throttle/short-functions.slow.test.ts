/** A shard of large originals, worked by functions that live for half a minute, one delivery after the other. */
import { expect, test } from "vitest";
import { archiveShard } from "../../src/archive/shard/archive-shard.ts";
import { createPace } from "../../src/archive/shard/pace/pace.ts";
import { parseAttemptObject, parseMarker, paths } from "../../src/ledger/layout.ts";
import type { RunRequest } from "../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { encodeShardRows } from "../../src/ledger/plan/shard-rows.ts";
import { runPrefix } from "../../src/ledger/runs.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { createLedgerStore } from "../../src/ledger/store.ts";
import { createShardWorker } from "../../src/run/deliver/handle-delivery.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { anonymousWorker } from "../run/anonymous-worker.ts";
import { createWorld, seededRandom } from "../simulation/world.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";
import { mortalBucket, mortalClock } from "../stores/mortal.ts";
import { createLine, etagOf } from "./line.ts";

const MIB = 1024 * 1024;
const run = "short";
const prefix = runPrefix("ledger", run);

/** Works one shard to its end in functions that live for `seconds`, and dies with each that is late. */
async function inShortFunctions(options: {
  readonly seed: number;
  readonly rows: number;
  readonly sizes: (random: () => number) => number;
  readonly mbPerSecond: number;
  readonly concurrency?: number;
  readonly seconds: number;
  /** A process serves one delivery only. */
  readonly cold: boolean;
}) {
  const { seed, rows, mbPerSecond, concurrency = 32, seconds, cold } = options;
  const world = createWorld(seed);
  const { clock } = world;
  const beganAt = clock.now();
  const random = seededRandom(seed + 1);
  const sizes = new Map(
    Array.from(
      { length: rows },
      (_, n) => [`photos/${String(n).padStart(4, "0")}.png`, options.sizes(random)] as const,
    ),
  );
  const line = createLine({ clock, sizes, bytesPerMs: mbPerSecond * 1_000, headMs: 60, jitter: random });
  const ledger = createMemoryBucket({ clock, name: "ledger-1250000000" });
  const planned = [...sizes].map(([key, size]) => ({ key, size, etag: etagOf(key) }));
  ledger.seed(prefix + paths.shard("plan", 0), encodeShardRows(planned));
  const place = (bucket: string) => ({ bucket, region: "ap-guangzhou", prefix: "" });
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run,
    source: place(line.source.name),
    archive: place(line.archive.name),
    rows: { kind: "listing", prefix: "" },
    options: runOptionsSchema.parse({}),
    askedAt: new Date(beganAt).toISOString(),
    tool: "test",
  };
  const surroundings = {
    clock,
    random,
    log: silentLog,
    open: () => line.source,
    settings: { concurrency },
    worker: anonymousWorker,
  };
  const shardWorker = createShardWorker(surroundings);
  const trust = shardWorker.trust(line.source.name);
  const watch = shardWorker.watch("run");
  let pace = createPace({ concurrency, clock, random });
  const story = { deliveries: 0, killed: 0, idle: 0 };

  async function deliveries(): Promise<void> {
    for (let seq = 0; story.deliveries < 3_000; ) {
      const life = { dead: false };
      const own = mortalClock(clock, life);
      if (cold) pace = createPace({ concurrency, clock: own, random });
      const deadline = clock.elapsed() + seconds * 1_000;
      story.deliveries++;
      const ended = archiveShard({
        ledger: createLedgerStore({ bucket: mortalBucket(ledger, life), prefix, clock: own, random }),
        request,
        plan: "plan",
        shard: 0,
        seq,
        attempt: `01J${String(story.deliveries).padStart(23, "0")}`,
        source: mortalBucket(line.source, life),
        archive: mortalBucket(line.archive, life),
        clock: own,
        random,
        log: silentLog,
        pace,
        shards: 1,
        planRows: 1_000,
        watch,
        ...trust,
        deadline,
        worker: "",
        isGone: () => false,
      });
      const over = new AbortController();
      const end = await Promise.race([ended, clock.sleep(seconds * 1_000, over.signal).then(() => "killed" as const)]);
      over.abort();
      if (end === "killed") {
        life.dead = true;
        story.killed++;
        if (!cold) pace = createPace({ concurrency, clock, random });
        await clock.sleep(180_000);
        continue;
      }
      if (end.kind === "over") return;
      expect(end.kind).toBe("left");
      if (end.kind === "left" && end.progress) seq++;
      else {
        story.idle++;
        await clock.sleep(30_000);
      }
    }
    throw new Error(`it was not over after ${story.deliveries} deliveries`);
  }
  let over = false;
  const work = deliveries().finally(() => {
    over = true;
  });
  work.catch(() => undefined);
  await world.run(() => over, 7 * 24 * 3_600_000);
  await work;
  const marker = ledger.keys().flatMap((path) => parseMarker(path) ?? []);
  const outcomes = ledger.keys().flatMap((path) => {
    if (parseAttemptObject(path)?.object.kind !== "segment") return [];
    const stored = ledger.object(path);
    return stored === undefined ? [] : decodeSegment(stored.bytes, path).outcomes;
  });
  return {
    ...story,
    minutes: Math.round((clock.now() - beganAt) / 60_000),
    marker: marker[0],
    whole: [...sizes].every(([key, size]) => line.kept.get(key) === size),
    fetches: [...line.fetches.values()].reduce((sum, n) => sum + n, 0),
    late: outcomes.filter((outcome) => outcome.code === "OutOfTime").length,
    outcomes,
  };
}

const tell = (
  what: string,
  cold: boolean,
  { deliveries, fetches, late, minutes }: Awaited<ReturnType<typeof inShortFunctions>>,
) =>
  console.log(
    `${what}, ${cold ? "cold" : "warm"}: ${deliveries} deliveries, ${fetches} fetches, ${late} given up, ${minutes} min`,
  );
const megabytes = (least: number, most: number) => (random: () => number) =>
  Math.round((least + random() * (most - least)) * MIB);
const now = (random: () => number, huge: number) => Math.round((random() < 0.02 ? huge : 2 + 2 * random()) * MIB);

for (const cold of [false, true]) {
  const process = cold ? "a new process each time" : "one process that is kept";

  test(`a thousand originals of 8 to 40 MiB take some deliveries, and each is fetched once: ${process}`, async () => {
    const story = await inShortFunctions({
      seed: 1,
      rows: 1_000,
      sizes: megabytes(8, 40),
      mbPerSecond: 100,
      seconds: 30,
      cold,
    });
    tell("1,000 of 8 to 40 MiB, 100 MB/s", cold, story);
    expect(story).toMatchObject({ killed: 0, late: 0, fetches: 1_000, whole: true, marker: { archived: 1_000 } });
    // 24 GiB take 250 s of the line; of 30 s a delivery can use 25 at most.
    expect(story.deliveries).toBeGreaterThan(10);
    expect(story.deliveries).toBeLessThan(20);
  });

  test(`originals too large for what is assumed of the line go one by one at first, and then as fast as it is: ${process}`, async () => {
    const story = await inShortFunctions({
      seed: 2,
      rows: 300,
      sizes: megabytes(100, 200),
      mbPerSecond: 75,
      seconds: 30,
      cold,
    });
    tell("300 of 100 to 200 MiB, 75 MB/s", cold, story);
    expect(story).toMatchObject({ killed: 0, late: 0, fetches: 300, whole: true, marker: { archived: 300 } });
    // 47 GB take 630 s of the line.
    expect(story.deliveries).toBeLessThan(45);
  });

  test(`a line far slower than assumed costs the fetches of one delivery, and no more: ${process}`, async () => {
    const story = await inShortFunctions({
      seed: 3,
      rows: 300,
      sizes: megabytes(10, 20),
      mbPerSecond: 6,
      seconds: 30,
      cold,
    });
    tell("300 of 10 to 20 MiB, 6 MB/s", cold, story);
    expect(story).toMatchObject({ killed: 0, whole: true, marker: { archived: 300, failed: 0 } });
    expect(story.late).toBeGreaterThan(0);
    expect(story.late).toBeLessThanOrEqual(32);
    expect(story.fetches).toBe(300 + story.late);
  });

  test(`a huge original that fits into a delivery does not keep back the small ones after it: ${process}`, async () => {
    const story = await inShortFunctions({
      seed: 5,
      rows: 300,
      sizes: (random) => now(random, 400),
      mbPerSecond: 75,
      seconds: 30,
      cold,
    });
    tell("300 of 2 to 4 MiB and some of 400, 75 MB/s", cold, story);
    expect(story).toMatchObject({ killed: 0, late: 0, fetches: 300, whole: true, marker: { archived: 300 } });
    expect(story.deliveries).toBeLessThan(6);
  });

  test(`an original for which no delivery is long enough is given up after its tries, the rest is archived: ${process}`, async () => {
    const story = await inShortFunctions({
      seed: 5,
      rows: 300,
      sizes: (random) => now(random, 400),
      mbPerSecond: 10,
      seconds: 30,
      cold,
    });
    tell("300 of 2 to 4 MiB and some of 400, 10 MB/s", cold, story);
    const failed = story.outcomes.filter(({ outcome }) => outcome === "failed");
    expect(failed.length).toBeGreaterThan(0);
    expect(story).toMatchObject({ killed: 0, marker: { archived: 300 - failed.length, failed: failed.length } });
    for (const { code, message, expectedSize } of failed) {
      expect(expectedSize).toBe(400 * MIB);
      expect(code).toBe("RetriesExhausted");
      expect(message).toContain("when the time of this delivery was over");
    }
  });
}
