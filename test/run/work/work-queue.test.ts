import { describe, expect, test } from "vitest";
import {
  createMemoryQueues,
  QueueConnectionError,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  serviceException,
} from "../../../src/queue/index.ts";
import { requestsAtOnce } from "../../../src/run/check/requests-at-once.ts";
import { type WorkedRows, type WorkQueueOptions, workQueue } from "../../../src/run/work/work-queue.ts";
import { createWorld, inlineMessage, seedPictures } from "../world.ts";

/** A world beside a queue by the same clock. `asked` false: the queue does not say what it holds, as TDMQ. */
function beside({ asked = true, concurrency = 8, redrive = false } = {}) {
  const world = createWorld({ concurrency });
  const queues = createMemoryQueues({ clock: world.clock });
  const dead = queues.createQueue("dead");
  const policy = { deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead", maxReceiveCount: 10 };
  const queueUrl = queues.createQueue("work", redrive ? { RedrivePolicy: JSON.stringify(policy) } : {});
  const held = { now: 0, most: 0 };
  let isAway = false;
  const refused = { count: 0 };
  const client = new SQSClient({
    transport: {
      ...queues,
      async ReceiveMessage(input, options) {
        if (isAway) refused.count++;
        if (isAway) throw new QueueConnectionError("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9324");
        const answer = await queues.ReceiveMessage(input, options);
        held.now += answer.Messages?.length ?? 0;
        held.most = Math.max(held.most, held.now);
        return answer;
      },
      async DeleteMessage(input, options) {
        held.now--;
        return queues.DeleteMessage(input, options);
      },
      GetQueueAttributes: (input, options) =>
        asked
          ? queues.GetQueueAttributes(input, options)
          : Promise.reject(serviceException("UnsupportedOperation", "TDMQ does not tell.")),
    },
  });
  const send = (message: object) =>
    client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
  const work = (options: Partial<WorkQueueOptions> = {}) =>
    world.done(
      workQueue(world.surroundings, {
        queue: { kind: "memory", client, queueUrl },
        visibility: 300,
        drain: true,
        ...options,
      }),
    );
  const away = (now: boolean) => {
    isAway = now;
  };
  return { world, client, queueUrl, dead, send, work, held, away, refused };
}

describe("draining a queue", () => {
  test.each([[true], [false]])(
    "works a run to its end, reconcile messages included (the queue says what it holds: %s)",
    async (asked) => {
      const { world, send, work } = beside({ asked });
      await send(inlineMessage(seedPictures(world.source, 30), { run: "r", options: { shardSize: 4 } }));
      const worked = await work();
      expect(worked.rows.archived).toBe(30);
      expect(worked.runs).toMatchObject([{ run: "r", state: "complete", archived: 30, failed: 0 }]);
      expect(world.summary("r").state).toBe("complete");
      expect(Object.values(world.fetches())).toEqual(Array(30).fill(1));
    },
  );

  test("does not wait for a message that can never be worked, and counts it once", async () => {
    const { world, send, work } = beside();
    await send({ v: 1, type: "nonsense" });
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    expect(await work()).toMatchObject({ rejected: 1, rows: { archived: 2 }, runs: [{ run: "r", state: "complete" }] });
  });

  test("moves such a message to the dead letters, where its queue has some", async () => {
    const { world, client, dead, send, work } = beside({ redrive: true });
    await send({ v: 1, type: "nonsense" });
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    expect(await work()).toMatchObject({ rejected: 1, rows: { archived: 2 }, runs: [{ run: "r", state: "complete" }] });
    const { Messages } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: dead, MessageAttributeNames: ["OriginalsReason"] }),
    );
    expect(Messages).toMatchObject([
      {
        Body: '{"v":1,"type":"nonsense"}',
        MessageAttributes: { OriginalsReason: { StringValue: expect.stringContaining('the type "nonsense"') } },
      },
    ]);
  });

  // Catches: counting what was moved as if it still lay in the queue, in the place of a message that does.
  // Catches: an old worker that polls for ever, or that buries what a newer one would work.
  test("does not wait for a message that only a newer worker can work, and leaves it in its queue", async () => {
    const { world, client, queueUrl, dead, send, work } = beside({ redrive: true });
    await send({ v: 3, type: "shard", run: "r" });
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    expect(await work()).toMatchObject({ rejected: 1, rows: { archived: 2 }, runs: [{ run: "r", state: "complete" }] });
    const receive = async (QueueUrl: string) => (await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages;
    expect(await receive(dead)).toBeUndefined();
    await world.clock.advance(300_000);
    expect(await receive(queueUrl)).toMatchObject([{ Body: expect.stringContaining('"v":3') }]);
  });

  test("waits for a message in other hands although another was moved", async () => {
    const { world, client, queueUrl, send, work } = beside({ redrive: true });
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 120 }));
    await send({ v: 1, type: "nonsense" });
    expect(await work()).toMatchObject({ rejected: 1, rows: { archived: 2 } });
  });

  test("waits for a message in other hands, which may come back", async () => {
    const { world, client, queueUrl, send, work } = beside();
    await send(inlineMessage(seedPictures(world.source, 2), { run: "r" }));
    await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 120 }));
    const begun = world.clock.now();
    expect((await work()).rows.archived).toBe(2);
    expect(world.clock.now() - begun).toBeGreaterThanOrEqual(120_000);
  });

  test("takes another message only while it has not enough to do", async () => {
    const large = beside({ concurrency: 4 });
    await large.send(inlineMessage(seedPictures(large.world.source, 200), { run: "r", options: { shardSize: 20 } }));
    await large.work();
    expect(large.held.most).toBeLessThanOrEqual(3);
    const small = beside({ concurrency: 8 });
    small.world.source.onRequest(async ({ type }) => {
      if (type === "original") await small.world.clock.sleep(500);
      return undefined;
    });
    await small.send(inlineMessage(seedPictures(small.world.source, 40), { run: "r", options: { shardSize: 1 } }));
    await small.work();
    expect(small.held.most).toBeGreaterThanOrEqual(8);
  });

  test("ends where the queue is not there", async () => {
    const { work, client } = beside();
    await expect(work({ queue: { kind: "memory", client, queueUrl: "memory:nowhere" } })).rejects.toMatchObject({
      name: "QueueDoesNotExist",
    });
  });
});

describe("working a queue without draining it", () => {
  test("ends when it is asked to, with what is under way recorded and the rest given back", async () => {
    const { world, send, work } = beside({ concurrency: 2 });
    await send(inlineMessage(seedPictures(world.source, 20), { run: "r", options: { shardSize: 20 } }));
    const stop = new AbortController();
    let fetched = 0;
    world.source.onRequest(({ type }) => {
      if (type === "original" && ++fetched === 5) stop.abort();
      return undefined;
    });
    const first = await work({ drain: false, signal: stop.signal });
    expect(first.rows.archived).toBeGreaterThan(3);
    expect(first.rows.archived).toBeLessThan(20);
    expect(first.runs).toEqual([]);
    world.newProcess();
    const second = await work();
    expect(first.rows.archived + second.rows.archived).toBe(20);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 20 });
  });
});

describe("requests at once", () => {
  test("are never more than allowed, and the first that fails ends the rest", async () => {
    const atOnce = requestsAtOnce(3);
    let now = 0;
    let most = 0;
    const one = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
    };
    for (let n = 0; n < 20; n++) await atOnce.begin(one);
    await atOnce.ended();
    expect(most).toBe(3);
    await atOnce.begin(() => Promise.reject(new Error("refused")));
    await expect(atOnce.ended()).rejects.toThrow("refused");
    await expect(atOnce.begin(one)).rejects.toThrow("refused");
  });
});

// Catches: a queue that comes back under the requests of all who wait for it.
test("a queue that is away is asked once in five seconds, however many messages would be worked at once", async () => {
  const { world, work, away, refused } = beside({ concurrency: 32 });
  const stop = new AbortController();
  away(true);
  world.clock.sleep(59_000).then(() => stop.abort());
  await work({ drain: false, signal: stop.signal });
  expect(refused.count).toBe(12);
});

// Catches: a worker that says that the queue brings nothing, while it can't be asked.
test("who shows how far a worker is, is told whether the queue could be asked the last time", async () => {
  const { world, work, away } = beside();
  const stop = new AbortController();
  const told: (boolean | undefined)[] = [];
  const onProgress = ({ unasked }: WorkedRows) => {
    if (unasked !== told.at(-1)) told.push(unasked);
    if (told.length === 3) stop.abort();
  };
  away(true);
  world.clock.sleep(30_000).then(() => away(false));
  await work({ drain: false, signal: stop.signal, onProgress });
  expect(told).toEqual([false, true, false]);
});
