import { describe, expect, test } from "vitest";
import type { MarkerCounts } from "../../../src/ledger/layout.ts";
import { createMemoryQueues, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import type { Sender } from "../../../src/run/messages/delivery.ts";
import type { Progress } from "../../../src/run/surroundings/surroundings.ts";
import { type RunHereOptions, runHere } from "../../../src/run/work/run-here.ts";
import { workQueue } from "../../../src/run/work/work-queue.ts";
import type { FromThread, ToThread } from "../../../src/runtime/threads/messages.ts";
import { createThreadPool, MOST_DEATHS, type Thread } from "../../../src/runtime/threads/pool.ts";
import { UserError } from "../../../src/vocabulary/errors.ts";
import { type Log, silentLog } from "../../../src/vocabulary/log.ts";
import { createWorld, inlineMessage, seedPictures, type World } from "../../run/world.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { settled } from "../../stores/fake-clock.ts";
import { askFor, createTestPool, type TestPoolOptions, type TestThread } from "./lab.ts";

/** A run by threads; each of `keys` in a shard with `shardSize` others. */
async function runByThreads(
  world: World,
  keys: readonly string[],
  { shardSize = 5, pool = {}, run = {} }: { shardSize?: number; pool?: TestPoolOptions; run?: RunHereOptions } = {},
) {
  const made = createTestPool(world, pool);
  const { summary } = await world.done(
    runHere(askFor(keys, { shardSize }), world.surroundings, { ...run, startWorkers: () => made.pool }),
  );
  return { summary, ...made };
}

const deliveriesOf = ({ told }: TestThread) => told.filter(({ kind }) => kind === "deliver").length;

function noting() {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const log: Log = { info: at("info"), warn: at("warn"), error: at("error") };
  return { log, lines };
}

/** Every fetch takes a while, so that there is something in hand at any moment. */
const slowFetches = (world: World, listener: (nth: number) => void = () => undefined) => {
  let fetches = 0;
  return world.source.onRequest(({ type }) => {
    if (type !== "original") return undefined;
    listener(++fetches);
    return { kind: "delay", ms: 300 };
  });
};

describe("a run by threads", () => {
  test("archives each key once, adds up, and gives every thread something to do", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 60);
    slowFetches(world);
    const { summary, threads } = await runByThreads(world, [...keys, "photos/none.jpg"]);
    expect(summary).toMatchObject({ state: "complete", rows: 61, archived: 60, failed: 1, pending: 0 });
    expect(world.fetches()).toEqual(Object.fromEntries([...keys, "photos/none.jpg"].map((key) => [key, 1])));
    for (const key of keys) expect(world.archive.object(key)?.bytes).toEqual(world.source.object(key)?.bytes);
    expect(threads.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const thread of threads) expect(deliveriesOf(thread)).toBeGreaterThan(1);
  });

  test("starts no more threads than there are shards to work at once", async () => {
    const world = createWorld();
    const { threads } = await runByThreads(world, seedPictures(world.source, 8), { pool: { count: 64 } });
    expect(threads).toHaveLength(2);
  });

  test("tells its progress, which only grows, up to the whole", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 60);
    slowFetches(world);
    const seen: Progress[] = [];
    await runByThreads(world, keys, { run: { onProgress: (progress) => void seen.push(progress) } });
    const counts = seen.map(({ archived }) => archived);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThan(3);
    const bytes = keys.reduce((sum, key) => sum + (world.source.object(key)?.bytes.length ?? 0), 0);
    expect(seen.at(-1)).toEqual({ rows: 60, archived: 60, skipped: 0, failed: 0, bytes });
  });

  test("that is interrupted stops in every thread, with what was in hand recorded, and goes on where it was", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 90);
    const stop = new AbortController();
    slowFetches(world, (nth) => {
      if (nth === 20) stop.abort();
    });
    const first = await runByThreads(world, keys, { shardSize: 30, run: { signal: stop.signal } });
    expect(first.summary.state).toBe("incomplete");
    expect(first.summary.archived).toBeGreaterThanOrEqual(20);
    expect(first.summary.archived).toBeLessThanOrEqual(20 + 3 * 4);
    expect(first.summary.archived + first.summary.pending).toBe(90);
    const second = await runByThreads(world, keys, { shardSize: 30 });
    expect(second.summary).toMatchObject({ state: "complete", archived: 90, pending: 0 });
    expect(Object.values(world.fetches())).toEqual(Array(90).fill(1));
  });

  test("in which a thread dies gives back what it had, and is complete without waiting for the dead", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 60);
    const { log, lines } = noting();
    const threads: TestThread[] = [];
    slowFetches(world, (nth) => {
      if (nth === 25) threads[1]?.die("its heap is full");
    });
    const from = world.clock.now();
    const { summary } = await runByThreads(world, keys, {
      pool: { log, onStart: (thread) => void threads.push(thread) },
    });
    expect(summary).toMatchObject({ state: "complete", rows: 60, archived: 60, failed: 0, pending: 0 });
    for (const key of keys) expect(world.archive.object(key)?.bytes).toEqual(world.source.object(key)?.bytes);
    // What was in flight may have been archived, or not: only that is paid for twice.
    const twice = Object.values(world.fetches()).reduce((sum, count) => sum + count - 1, 0);
    expect(twice).toBeLessThanOrEqual(4);
    expect(threads).toHaveLength(4);
    expect(threads[3]?.index).toBe(1);
    expect(lines.filter((line) => line.startsWith("error: A worker thread ended"))).toEqual([
      expect.stringContaining("its heap is full"),
    ]);
    expect(world.clock.now() - from).toBeLessThan(30_000);
  });

  test("whose threads only die ends with a sentence that says so, and can be continued", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 20);
    const starts: number[] = [];
    const dying = runByThreads(world, keys, {
      pool: {
        onStart(thread) {
          starts.push(thread.index);
          thread.die("it was built wrongly");
        },
      },
    });
    await expect(dying).rejects.toThrow(
      `Worker threads ended ${MOST_DEATHS} times and nothing was done between, the last time because: it was built wrongly; `,
    );
    expect(starts.length).toBeLessThan(MOST_DEATHS + 3);
    expect((await runByThreads(world, keys)).summary).toMatchObject({ state: "complete", archived: 20 });
    expect(Object.values(world.fetches())).toEqual(Array(20).fill(1));
  });

  test("in which every thread dies now and then still ends, for what was done between counts", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 200);
    const threads: TestThread[] = [];
    slowFetches(world, (nth) => {
      if (nth % 12 === 0) threads.at(-1 - (nth % 3))?.die("again");
    });
    const { summary } = await runByThreads(world, keys, {
      pool: { onStart: (thread) => void threads.push(thread) },
    });
    expect(threads.length).toBeGreaterThan(MOST_DEATHS);
    expect(summary).toMatchObject({ state: "complete", archived: 200, failed: 0, pending: 0 });
  });

  test("ends as it would without them where the ledger can't be read: the error keeps its kind and its code", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 10);
    world.archive.onRequest(({ type, key }) =>
      type === "get" && key.includes("/shards/") ? refuse("AccessDenied") : undefined,
    );
    await expect(runByThreads(world, keys)).rejects.toMatchObject({
      name: "CosError",
      code: "AccessDenied",
      status: 403,
    });
  });

  test("that a store halts is halted by every thread", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 60);
    world.source.onRequest(({ type }) => (type === "original" ? refuse("InvalidAccessKeyId") : undefined));
    const { log, lines } = noting();
    const { summary } = await runByThreads(world, keys, { pool: { log } });
    expect(summary).toMatchObject({ state: "halted", archived: 0 });
    expect(lines.filter((line) => line.startsWith("error: run halted")).length).toBeGreaterThan(0);
  });
});

describe("the line to a thread", () => {
  /** One thread, whose part the test plays. */
  function byHand() {
    const told: ToThread[] = [];
    let say: (message: FromThread) => void = () => undefined;
    const thread: Thread = {
      number: 1,
      post: (message) => void told.push(message),
      listen(heard) {
        say = heard;
      },
      onDeath: () => undefined,
      terminate: async () => undefined,
    };
    const pool = createThreadPool({ count: 1, start: () => thread, log: silentLog });
    return { pool, told, say: (message: FromThread) => say(message) };
  }
  const delivery = { body: "{}", deadline: Number.POSITIVE_INFINITY };
  const deaf: Sender = { send: async () => undefined };

  test("does not take for room what was said before the last delivery arrived", () => {
    const { pool, say } = byHand();
    expect(pool.hasRoom()).toBe(true);
    void pool.work(delivery, deaf);
    expect(pool.hasRoom()).toBe(false);
    say({ kind: "state", taken: 0, room: true, counts: [] });
    expect(pool.hasRoom()).toBe(false);
    say({ kind: "state", taken: 1, room: true, counts: [] });
    expect(pool.hasRoom()).toBe(true);
  });

  test("tells a thread why the queue did not take what it sent", async () => {
    const { pool, told, say } = byHand();
    void pool.work(delivery, {
      send: async () => {
        throw new UserError("MissingSetting", "there is no queue");
      },
    });
    say({ kind: "send", delivery: 1, send: 7, body: "{}", delaySeconds: undefined });
    await settled();
    const refused = { kind: "user", code: "MissingSetting", message: "there is no queue" };
    expect(told.at(-1)).toEqual({ kind: "sent", send: 7, refused });
  });

  test("brings the last counts of a delivery with its answer", async () => {
    const { pool, say } = byHand();
    let counts: (() => MarkerCounts) | undefined;
    const answered = pool.work(delivery, deaf, (_, of) => {
      counts = of;
    });
    const none = { archived: 0, skipped: 0, failed: 0, bytes: 0 };
    say({ kind: "opened", delivery: 1, shard: 4, counts: none });
    expect(counts?.()).toEqual(none);
    const all = { archived: 3, skipped: 2, failed: 1, bytes: 99 };
    say({ kind: "answered", delivery: 1, answer: { kind: "acknowledge" }, counts: all, runs: ["b/p/r"] });
    expect(await answered).toEqual({ kind: "acknowledge" });
    expect(counts?.()).toEqual(all);
    expect([...pool.runs()]).toEqual(["b/p/r"]);
  });
});

describe("a queue that is worked by threads", () => {
  function beside(pool: TestPoolOptions = {}) {
    const world = createWorld({ concurrency: 12 });
    const queues = createMemoryQueues({ clock: world.clock });
    const queueUrl = queues.createQueue("work");
    const client = new SQSClient({ transport: queues });
    const made = createTestPool(world, pool);
    return {
      ...made,
      world,
      send: (message: object) =>
        client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) })),
      work: (signal?: AbortSignal) =>
        world.done(
          workQueue(world.surroundings, {
            queue: { kind: "memory", client, queueUrl },
            visibility: 300,
            drain: signal === undefined,
            signal,
            startWorkers: () => made.pool,
          }),
        ),
    };
  }

  test("is drained: whichever message a thread gets, what it sends comes to the queue", async () => {
    const { world, send, work, threads } = beside();
    const keys = seedPictures(world.source, 90);
    slowFetches(world);
    await send(inlineMessage(keys, { run: "r", options: { shardSize: 6 } }));
    const worked = await work();
    expect(worked.rows).toMatchObject({ archived: 90, skipped: 0, failed: 0 });
    expect(worked.runs).toMatchObject([{ run: "r", state: "complete", archived: 90, failed: 0 }]);
    expect(Object.values(world.fetches())).toEqual(Array(90).fill(1));
    expect(threads).toHaveLength(3);
    for (const thread of threads) expect(deliveriesOf(thread)).toBeGreaterThan(1);
  });

  test("gives a thread no more than it can begin: the rest is for others", async () => {
    const { world, send, work, threads } = beside({ count: 2, concurrency: 3 });
    await send(inlineMessage(seedPictures(world.source, 120), { run: "r", options: { shardSize: 20 } }));
    const stop = new AbortController();
    let most = 0;
    world.source.onRequest(({ type, nth }) => {
      if (type !== "original") return undefined;
      const taken = threads.flatMap(({ told }) => told).filter(({ kind }) => kind === "deliver").length;
      if (nth <= 20) most = Math.max(most, taken);
      if (nth === 40) stop.abort();
      return { kind: "delay", ms: 300 };
    });
    await work(stop.signal);
    // The manifest, a look of reconcile, and a shard each.
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(4);
  });

  test("ends where threads only die", async () => {
    const { world, send, work } = beside({ onStart: (thread) => thread.die("it was built wrongly") });
    await send(inlineMessage(seedPictures(world.source, 3), { run: "r" }));
    await expect(work()).rejects.toThrow("it was built wrongly");
  });

  test("knows a message that can never be worked, and why", async () => {
    const { log, lines } = noting();
    const { send, work, world } = beside({ log });
    await send({ v: 1, type: "nonsense" });
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    expect(await work()).toMatchObject({ rejected: 1, rows: { archived: 2 }, runs: [{ run: "r", state: "complete" }] });
    expect(lines.some((line) => line.startsWith("info: run complete"))).toBe(true);
  });
});
