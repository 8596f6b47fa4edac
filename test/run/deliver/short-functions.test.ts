/** A whole run by functions of ten seconds: each message is worked, handed over or given back, and none is hidden. */
import { expect, test } from "vitest";
import { createMemoryQueues, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { deadlineAfter, deliver } from "../../../src/run/deliver/deliver.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { queueSender } from "../../../src/run/messages/queue-sender.ts";
import { pollQueue } from "../../../src/run/work/poll-queue.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { quick } from "../../setup/quick.ts";
import { createWorld, inlineMessage, seedPictures, type World } from "../world.ts";

const limitMs = 10_000;
const fetchMs = 120;

/** Hands each message on the queue to a function of its own until none is left. */
async function inFunctions(world: World, first: object) {
  const { clock, source } = world;
  const handle = createDeliveryHandler(world.surroundings);
  const queue = [JSON.stringify(first)];
  const sender = { send: async (body: string) => void queue.push(body) };
  const functions: {
    readonly type: string;
    readonly answer: string;
    readonly tookMs: number;
    readonly workedMs: number;
  }[] = [];
  for (let body = queue.shift(); body !== undefined; body = queue.shift()) {
    if (functions.length > 50) throw new Error("it is not over after fifty functions");
    const [began, beganAt] = [clock.elapsed(), clock.now()];
    const before = source.log.length;
    const delivery = { body, deadline: deadlineAfter(began, limitMs) };
    const answer = await world.done(deliver(handle, delivery, sender, { clock, log: silentLog }));
    if (answer.kind === "give-back") queue.push(body);
    const fetched = source.log.slice(before).filter(({ type }) => type === "original");
    functions.push({
      type: JSON.parse(body).type,
      answer: answer.kind,
      tookMs: clock.elapsed() - began,
      workedMs: fetched.length === 0 ? 0 : Math.max(...fetched.map(({ at }) => at)) + fetchMs - beganAt,
    });
    await clock.advance(5_000);
  }
  return functions;
}

function slowWorld(ledgerMs: number, rows: number) {
  const world = createWorld({ concurrency: 8 });
  const keys = seedPictures(world.source, rows);
  world.source.onRequest(() => ({ kind: "delay", ms: fetchMs }));
  world.archive.onRequest(() => ({ kind: "delay", ms: ledgerMs }));
  return { world, message: inlineMessage(keys, { run: "r" }), keys };
}

test.skipIf(quick)(
  "a run of one shard of many rows is handed over until it is done, each function working for eight seconds",
  async () => {
    const { world, message, keys } = slowWorld(30, 1_000);
    const functions = await inFunctions(world, message);
    expect(new Set(functions.map(({ answer }) => answer))).toEqual(new Set(["acknowledge"]));
    for (const { tookMs } of functions) expect(tookMs).toBeLessThan(limitMs);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 1_000 });
    expect(Object.values(world.fetches())).toEqual(keys.map(() => 1));
    const worked = functions.filter(({ workedMs }) => workedMs > 0);
    expect(worked.length).toBeGreaterThan(1);
    for (const { workedMs } of worked.slice(0, -1)) expect(workedMs).toBeGreaterThanOrEqual(8_000);
  },
);

test.each([300, 330, 340, 350, 360, 370])(
  "of a run of one shard, of %d rows, that ends as its function does the report is the next one's: none is late",
  async (rows) => {
    const { world, message } = slowWorld(80, rows);
    const functions = await inFunctions(world, message);
    for (const { tookMs } of functions) expect(tookMs).toBeLessThan(limitMs);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: rows });
  },
);

test.each([
  [700, 7_500],
  [1_400, 7_500],
  [2_400, 6_500],
])(
  "a function that polls takes short messages, of %d ms each, as long as one fits; what is left is in the queue",
  async (takesMs, least) => {
    const world = createWorld();
    const { clock } = world;
    const queues = createMemoryQueues({ clock });
    const queueUrl = queues.createQueue("work");
    const client = new SQSClient({ transport: queues });
    for (let n = 0; n < 20; n++) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: String(n) }));
    }
    const began = clock.elapsed();
    const begun: number[] = [];
    const polled = await world.done(
      pollQueue({
        queue: { kind: "memory", client, queueUrl },
        handle: async () => {
          begun.push(clock.elapsed() - began);
          await clock.sleep(takesMs);
          return { kind: "acknowledge" };
        },
        sender: queueSender(client, queueUrl, { clock, random: () => 0.5 }),
        visibility: 300,
        deadline: deadlineAfter(began, limitMs),
        idle: 10_000,
        clock,
        log: silentLog,
      }),
    );
    const ended = clock.elapsed() - began;
    expect(ended).toBeGreaterThanOrEqual(least);
    expect(ended).toBeLessThan(limitMs - 500);
    for (const at of begun) expect(at + takesMs).toBeLessThan(limitMs - 500);
    const inQueue = await queues.GetQueueAttributes(
      { QueueUrl: queueUrl, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] },
      {},
    );
    expect(inQueue.Attributes).toMatchObject({
      ApproximateNumberOfMessages: String(20 - polled.acknowledged),
      ApproximateNumberOfMessagesNotVisible: "0",
    });
  },
);
