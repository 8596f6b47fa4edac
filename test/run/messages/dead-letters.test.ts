/** Messages that can never be worked, on their way to the dead-letter queue. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AbortError } from "../../../src/queue/api/error.ts";
import { checkMessage } from "../../../src/queue/api/limits.ts";
import {
  createMemoryQueues,
  createTdmqCmqTransport,
  type MessageAttributeValue,
  QueueConnectionError,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  serviceException,
  type Transport,
} from "../../../src/queue/index.ts";
import { attributesOf } from "../../../src/run/messages/dead-letter.ts";
import { createDeadLetters, type QueueAt } from "../../../src/run/messages/dead-letters.ts";
import type { Answer, Delivery } from "../../../src/run/messages/delivery.ts";
import { parseMessage } from "../../../src/run/messages/messages.ts";
import { noQueue } from "../../../src/run/messages/queue-sender.ts";
import { pollQueue } from "../../../src/run/work/poll-queue.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { startTdmqServer } from "../../queue/tdmq-server.ts";
import { acknowledge, notingHandler, notingLog, reject } from "../../runtime/function/fixtures.ts";
import { idleClock } from "../../runtime/function/idle-clock.ts";

const poison = "poison ☠ \t{";

/** A queue with a dead-letter queue beside it; `faults` take the place of the transport's own actions. */
function setUp({
  answerTo = ({ body }: Delivery): Answer => (body.startsWith("poison") ? reject : acknowledge),
  redrive = true,
  faults = () => ({}),
}: {
  answerTo?: (delivery: Delivery) => Answer;
  redrive?: boolean;
  faults?: (queues: Transport) => Partial<Transport>;
} = {}) {
  const clock = idleClock();
  const queues = createMemoryQueues({ clock });
  const dead = queues.createQueue("dead");
  const policy = { deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead", maxReceiveCount: 10 };
  const work = queues.createQueue("work", redrive ? { RedrivePolicy: JSON.stringify(policy) } : {});
  const requests: string[] = [];
  const noted = Object.fromEntries(
    Object.entries({ ...queues, ...faults(queues) }).map(([action, carryOut]) => [
      action,
      (...given: never[]) => {
        requests.push(action);
        return (carryOut as (...all: never[]) => unknown)(...given);
      },
    ]),
  ) as unknown as Transport;
  const client = new SQSClient({ transport: noted });
  const log = notingLog();
  const { handle, handled } = notingHandler(answerTo);
  const deadLettersOf = createDeadLetters({ clock, random: () => 0.5 });
  const plain = new SQSClient({ transport: queues });
  return {
    log,
    clock,
    client,
    deadLettersOf,
    work,
    dead,
    handled,
    send: (MessageBody: string, MessageAttributes?: Record<string, MessageAttributeValue>) =>
      plain.send(new SendMessageCommand({ QueueUrl: work, MessageBody, MessageAttributes })),
    /** What lies visible in a queue. */
    async letters(QueueUrl = dead) {
      const { Messages = [] } = await plain.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
          MessageAttributeNames: ["All"],
        }),
      );
      return Messages.map(({ Body, MessageAttributes = {} }) => ({
        body: Body,
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([name, value]) => [name, value.StringValue ?? value.BinaryValue]),
        ),
      }));
    },
    count: (action: string) => requests.filter((request) => request === action).length,
    poll: (set?: QueueAt, idle = 1_000) =>
      pollQueue({
        queue: { kind: "memory", client, queueUrl: work },
        handle,
        sender: noQueue,
        deadLetters: deadLettersOf({ client, queueUrl: work }, set),
        visibility: 300,
        deadline: Number.POSITIVE_INFINITY,
        idle,
        clock,
        log,
      }),
  };
}

const away = () => Promise.reject(new QueueConnectionError("ECONNREFUSED", "The queue is away."));

describe("a message that can never be worked", () => {
  it("is a dead letter at once, with its body unchanged and the reason beside it, and the others are worked", async () => {
    const { send, poll, letters, work, clock, log } = setUp();
    const { MessageId } = await send(poison);
    await send("good");
    const at = new Date(clock.now()).toISOString();
    expect(await poll()).toEqual({ acknowledged: 1, givenBack: 0, rejected: 1 });
    expect(await letters()).toEqual([
      {
        body: poison,
        attributes: {
          OriginalsReason: "The message is not JSON.",
          OriginalsMessageId: MessageId,
          OriginalsQueue: "memory:work",
          OriginalsRejectedAt: at,
        },
      },
    ]);
    clock.advance(3_600_000);
    expect(await letters(work)).toEqual([]);
    expect(log.entries).toEqual([
      {
        level: "error",
        message: "A message can't be worked and was sent to the dead-letter queue.",
        fields: { messageId: MessageId, reason: "The message is not JSON.", deadLetterQueue: "memory:dead" },
      },
    ]);
  });

  it("asks its queue for the dead-letter queue once, and a queue without such messages never", async () => {
    const { send, poll, letters, count } = setUp();
    await send("good");
    await poll();
    expect(count("GetQueueAttributes")).toBe(0);
    for (const n of [1, 2, 3]) await send(`poison ${n}`);
    await poll();
    expect(count("GetQueueAttributes")).toBe(1);
    expect((await letters()).map(({ body }) => body)).toEqual(["poison 1", "poison 2", "poison 3"]);
  });

  it("goes to the queue that is set, whatever its own queue says", async () => {
    const { send, poll, letters, count, clock } = setUp();
    const elsewhere = createMemoryQueues({ clock });
    const client = new SQSClient({ transport: elsewhere });
    const queueUrl = elsewhere.createQueue("set");
    await send(poison);
    await poll({ client, queueUrl });
    expect(await letters()).toEqual([]);
    expect(count("GetQueueAttributes")).toBe(0);
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages?.map(({ Body }) => Body)).toEqual([poison]);
  });

  it("stays where no dead-letter queue is known, which the log says", async () => {
    const { send, poll, letters, work, log, clock } = setUp({ redrive: false });
    await send(poison);
    expect(await poll()).toMatchObject({ rejected: 1 });
    expect(await letters(work)).toEqual([]);
    clock.advance(60_000);
    expect((await letters(work)).map(({ body }) => body)).toEqual([poison]);
    expect(log.entries).toMatchObject([
      {
        level: "error",
        fields: { kept: "no dead-letter queue is known: none is set, and its queue has no RedrivePolicy" },
      },
    ]);
  });

  it("stays where its queue may not be asked, and is moved once it may", async () => {
    let allowed = false;
    const { send, poll, letters, work, log, clock } = setUp({
      faults: (queues) => ({
        GetQueueAttributes: (input, options) =>
          allowed
            ? queues.GetQueueAttributes(input, options)
            : Promise.reject(serviceException("AccessDenied", "You may not.")),
      }),
    });
    await send(poison);
    expect(await poll()).toMatchObject({ rejected: 1 });
    clock.advance(60_000);
    expect(await letters(work)).toHaveLength(1);
    expect(log.entries).toMatchObject([{ fields: { kept: expect.stringContaining("AccessDenied: You may not.") } }]);
    allowed = true;
    await poll();
    expect(await letters(work)).toEqual([]);
    expect(await letters()).toHaveLength(1);
  });

  // Catches: deleting first, or whatever became of the send.
  it("is kept where sending the dead letter fails, and moved when that works again", async () => {
    let down = true;
    const { send, poll, letters, work, log, count, clock } = setUp({
      faults: (queues) => ({ SendMessage: (input, options) => (down ? away() : queues.SendMessage(input, options)) }),
    });
    await send(poison);
    expect(await poll()).toEqual({ acknowledged: 0, givenBack: 1, rejected: 0 });
    expect(count("DeleteMessage")).toBe(0);
    expect(await letters()).toEqual([]);
    expect(log.entries).toMatchObject([
      { level: "error", fields: { reason: "The message is not JSON.", failure: expect.stringContaining("is away") } },
    ]);
    clock.advance(60_000);
    expect(await letters(work)).toHaveLength(1);
    down = false;
    expect(await poll()).toMatchObject({ rejected: 1 });
    expect(await letters()).toHaveLength(1);
    expect(await letters(work)).toEqual([]);
  });

  it("asks again for the dead-letter queue where the first answer did not come", async () => {
    let asked = 0;
    const { send, poll, letters, clock } = setUp({
      faults: (queues) => ({
        GetQueueAttributes: (input, options) => (asked++ === 0 ? away() : queues.GetQueueAttributes(input, options)),
      }),
    });
    await send(poison);
    expect(await poll()).toMatchObject({ givenBack: 1 });
    clock.advance(60_000);
    expect(await poll()).toMatchObject({ rejected: 1 });
    expect(await letters()).toHaveLength(1);
  });

  it("asks again for the dead-letter queue where the one it was told of is gone", async () => {
    let asked = 0;
    const deadLetterTargetArn = "arn:aws:sqs:memory:000000000000:former";
    const former = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 10 }) };
    const { send, poll, letters, clock } = setUp({
      faults: (queues) => ({
        GetQueueAttributes: async (input, options) =>
          asked++ === 0 ? { Attributes: former, $metadata: {} } : queues.GetQueueAttributes(input, options),
      }),
    });
    await send(poison);
    expect(await poll()).toMatchObject({ givenBack: 1 });
    clock.advance(60_000);
    expect(await poll()).toMatchObject({ rejected: 1 });
    expect(await letters()).toHaveLength(1);
  });

  it("asks for the dead-letter queue itself where whoever asked first ran out of time", async () => {
    let asked = 0;
    const { client, work, letters, deadLettersOf } = setUp({
      faults: (queues) => ({
        GetQueueAttributes: async (input, options) => {
          if (asked++ === 0) throw new AbortError();
          return queues.GetQueueAttributes(input, options);
        },
      }),
    });
    const deadLetters = deadLettersOf({ client, queueUrl: work });
    const letter = (body: string) =>
      deadLetters.take({ body, messageId: body, code: "BadMessage", reason: "none" } as never);
    const [first, second] = await Promise.all([letter("first"), letter("second")]);
    expect([first.kind, second.kind, asked]).toEqual(["failed", "moved", 2]);
    expect((await letters()).map(({ body }) => body)).toEqual(["second"]);
  });

  it("is a dead letter twice, and never none, where its process dies before it is deleted", async () => {
    let deletes = 0;
    const { send, poll, letters, work, clock } = setUp({
      faults: (queues) => ({
        DeleteMessage: (input, options) => (deletes++ === 0 ? away() : queues.DeleteMessage(input, options)),
      }),
    });
    await send(poison);
    await poll();
    clock.advance(300_000);
    await poll();
    expect((await letters()).map(({ body }) => body)).toEqual([poison, poison]);
    clock.advance(300_000);
    expect(await letters(work)).toEqual([]);
  });

  it("does not go round where the dead-letter queue that is set is its own", async () => {
    const { send, poll, client, work, letters, clock, log } = setUp();
    await send(poison);
    expect(await poll({ client, queueUrl: work })).toMatchObject({ rejected: 1 });
    clock.advance(60_000);
    expect(await letters(work)).toHaveLength(1);
    expect(log.entries).toMatchObject([{ fields: { kept: "the dead-letter queue is the message's own queue" } }]);
  });

  it("is kept for its queue to move where the dead-letter queue takes no such message", async () => {
    const { send, poll, letters, work, clock, log } = setUp();
    const full = `poison ${"x".repeat(1_048_576 - 7)}`;
    await send(full);
    expect(await poll()).toMatchObject({ rejected: 1, givenBack: 0 });
    clock.advance(60_000);
    expect((await letters(work)).map(({ body }) => body === full)).toEqual([true]);
    expect(log.entries).toMatchObject([{ fields: { kept: expect.stringContaining("Message must be shorter") } }]);
  });

  it("keeps what it carried, as far as ten attributes in all allow", async () => {
    const { send, poll, letters } = setUp();
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    await send("poison 1", {
      trace: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
      OriginalsReason: text("old"),
    });
    await send("poison 2", Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`a${n}`, text(String(n))])));
    await poll();
    const [first, second] = await letters();
    expect(first?.attributes).toMatchObject({
      trace: new Uint8Array([0, 255]),
      OriginalsReason: reject.kind === "reject" && reject.reason,
    });
    expect(Object.keys(second?.attributes ?? {}).sort()).toEqual([
      ...["OriginalsMessageId", "OriginalsQueue", "OriginalsReason", "OriginalsRejectedAt"],
      ...["a0", "a1", "a2", "a3", "a4", "a5"],
    ]);
  });
});

describe("on TDMQ, which has no message attributes", () => {
  it("a dead letter carries its reason all the same, and a queue that is not set is not known", async () => {
    const server = await startTdmqServer();
    const { endpoint, env } = server;
    const transport = createTdmqCmqTransport({ endpoint, region: "ap-guangzhou", env, clock: systemClock });
    const client = new SQSClient({ transport });
    try {
      const [work, dead] = ["work", "dead"].map((name) => ({ client, queueUrl: server.createQueue(name, 30) }));
      const deadLettersOf = createDeadLetters({ clock: systemClock, random: () => 0.5 });
      const letter = { body: poison, reason: "The message is not JSON.", messageId: "1" };
      expect(await deadLettersOf(work).take(letter)).toEqual({
        kind: "kept",
        why: expect.stringMatching(/^no dead-letter queue is known: none is set, .* \(UnsupportedOperation: TDMQ /),
      });
      expect(await deadLettersOf(work, dead).take(letter)).toEqual({ kind: "moved", queueUrl: dead?.queueUrl });
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: dead?.queueUrl, MessageAttributeNames: ["All"] }),
      );
      expect(Messages).toMatchObject([
        { Body: poison, MessageAttributes: { OriginalsReason: { StringValue: "The message is not JSON." } } },
      ]);
    } finally {
      client.destroy();
      await server.close();
    }
  });
});

describe("a message that only this worker can't work", () => {
  // Catches: one worker with the wrong credentials that sends a whole queue to the dead letters.
  it("stays in the queue for another", async () => {
    const refuse: Answer = { kind: "refuse", reason: "set TENCENTCLOUD_SECRETID in the environment" };
    const { send, poll, letters, work, clock, log } = setUp({ answerTo: () => refuse });
    await send("good");
    expect(await poll()).toEqual({ acknowledged: 0, givenBack: 0, rejected: 1 });
    expect(await letters()).toEqual([]);
    clock.advance(60_000);
    expect(await letters(work)).toHaveLength(1);
    expect(log.entries).toMatchObject([{ level: "error", fields: { reason: refuse.reason } }]);
  });
});

describe("a message that is received as often as its queue gives it", () => {
  const refuse = { kind: "refuse", reason: "the credentials were refused" } as const;
  const giveBack = { kind: "give-back", delaySeconds: 0, reason: "the store is slow" } as const;

  // Catches: dead letters that nobody knows the reason of, because the queue itself moved them.
  it.each([
    ["was refused", refuse],
    ["was given back", giveBack],
  ])("and %s each time carries the last reason", async (_, answer) => {
    const { send, poll, letters, work, clock, handled, log } = setUp({ answerTo: () => answer });
    const { MessageId } = await send("good");
    for (let n = 0; n < 12; n++) {
      await poll();
      clock.advance(60_000);
    }
    expect(handled).toHaveLength(10);
    const reason = `It was received 10 times, as often as its queue gives it: ${answer.reason}`;
    expect(await letters()).toMatchObject([
      { body: "good", attributes: { OriginalsReason: reason, OriginalsMessageId: MessageId } },
    ]);
    expect(await letters(work)).toEqual([]);
    expect(log.entries.at(-1)).toMatchObject({ level: "error", fields: { reason } });
  });

  it("stays where its queue has no dead-letter queue, or does not say", async () => {
    const broken = () => ({ GetQueueAttributes: away });
    for (const options of [{ redrive: false }, { faults: broken }]) {
      const { send, poll, letters, work, clock, handled } = setUp({ ...options, answerTo: () => refuse });
      await send("good");
      for (let n = 0; n < 9; n++) {
        await poll();
        clock.advance(60_000);
      }
      expect(handled).toHaveLength(9);
      expect(await letters()).toEqual([]);
      expect(await letters(work)).toHaveLength(1);
    }
  });
});

describe("what a dead letter says of itself", () => {
  const anything = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.json());
  const reasonOf = (body: string): string => {
    try {
      parseMessage(body);
      return "";
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };

  it("is allowed by SQS whatever the body, the id and the queue are", () => {
    const bytes = fc.uint8Array({ maxLength: 3_000 }).map((all) => Buffer.from(all).toString("latin1"));
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3_000 })
      .map((all) => String.fromCharCode(...all));
    const text = fc.oneof(bytes, units, anything);
    fc.assert(
      fc.property(text, fc.option(text), text, text, (body, messageId, queueUrl, other) => {
        for (const reason of [reasonOf(body), other]) {
          const letter = { body, reason, messageId: messageId ?? undefined };
          const attributes = attributesOf(letter, queueUrl, 0);
          expect(checkMessage({ MessageBody: "x", MessageAttributes: attributes })).toBe("x");
          expect(Object.keys(attributes)).toContain("OriginalsRejectedAt");
          if (reason !== "") expect(attributes.OriginalsReason?.StringValue?.length).toBeLessThanOrEqual(1_000);
        }
      }),
    );
  });

  it("is cut without halving a character", () => {
    const { OriginalsReason } = attributesOf({ body: "", reason: `x${"😀".repeat(600)}` }, undefined, 0);
    expect(OriginalsReason?.StringValue).toBe(`x${"😀".repeat(499)}…`);
    expect(attributesOf({ body: "", reason: `${"😀".repeat(600)}` }, undefined, 0).OriginalsReason?.StringValue).toBe(
      `${"😀".repeat(499)}…`,
    );
  });

  it("names its queue without what a URL may hide", () => {
    const { OriginalsQueue } = attributesOf({ body: "", reason: "" }, "https://me:secret@host/1/work?token=x#y", 0);
    expect(OriginalsQueue?.StringValue).toBe("https://host/1/work");
  });
});
