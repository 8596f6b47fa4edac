import * as aws from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  createMemoryQueues,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type MemoryQueues,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from "../../src/queue/index.ts";
import { quick, runs } from "../setup/quick.ts";
import { type FakeClock, fakeClock, settled } from "./fake-clock.ts";

let clock: FakeClock;
let queues: MemoryQueues;
let client: SQSClient;
let url: string;
beforeEach(() => {
  clock = fakeClock();
  queues = createMemoryQueues({ clock });
  client = new SQSClient({ transport: queues });
  url = queues.createQueue("q");
});

const send = (body: string, DelaySeconds?: number, QueueUrl = url) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, DelaySeconds }));
const receive = async (more: Partial<ReceiveMessageCommandInput> = {}, signal?: AbortSignal): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, ...more });
  return (await client.send(command, signal ? { abortSignal: signal } : {})).Messages ?? [];
};
const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);
const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
const remove = (ReceiptHandle: string | undefined, QueueUrl = url) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
const counts = async (QueueUrl = url) => {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return [
    Attributes.ApproximateNumberOfMessages,
    Attributes.ApproximateNumberOfMessagesNotVisible,
    Attributes.ApproximateNumberOfMessagesDelayed,
  ].map(Number);
};

describe("a long poll of the embedded queue", () => {
  it("ends empty exactly when its wait is over", async () => {
    let ended = false;
    const poll = receive({ WaitTimeSeconds: 20 }).then((messages) => {
      ended = true;
      return messages;
    });
    await clock.advance(19_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await poll).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });

  it("wakes the moment a delayed message becomes visible", async () => {
    await send("later", 5);
    const woken: number[] = [];
    const start = clock.now();
    void receive({ WaitTimeSeconds: 20 }).then(() => woken.push(clock.now() - start));
    await clock.advance(20_000);
    expect(woken).toEqual([5_000]);
  });

  it("wakes when it should though the clock is set back meanwhile", async () => {
    await send("later", 5);
    const woken: number[] = [];
    const start = clock.elapsed();
    void receive({ WaitTimeSeconds: 20 }).then((messages) => woken.push(clock.elapsed() - start, messages.length));
    clock.set(-600_000);
    await clock.advance(20_000);
    expect(woken).toEqual([5_000, 1]);
  });

  it("wakes when a message sent during the poll is due earlier than the one it waited for", async () => {
    await send("late", 15);
    const poll = receive({ WaitTimeSeconds: 20 });
    await clock.advance(1_000);
    await send("early", 2);
    await clock.advance(2_000);
    expect(bodies(await poll)).toEqual(["early"]);
  });

  it("wakes when another receiver's visibility runs out", async () => {
    await send("b");
    const poll = receive({ WaitTimeSeconds: 20, VisibilityTimeout: 3 });
    expect(bodies(await poll)).toEqual(["b"]);
    const second = receive({ WaitTimeSeconds: 20 });
    await clock.advance(3_000);
    expect(bodies(await second)).toEqual(["b"]);
  });

  it("sees a message taken during the poll when that one's visibility runs out", async () => {
    // Two wait; one takes the message for 4 s. The other's alarm was set when nothing was due.
    const first = receive({ WaitTimeSeconds: 20, VisibilityTimeout: 4 });
    const second = receive({ WaitTimeSeconds: 20 });
    await settled();
    await send("b");
    expect(bodies(await first)).toEqual(["b"]);
    await clock.advance(4_000);
    expect(bodies(await second)).toEqual(["b"]);
  });

  it("wakes one of many pollers a message, and each message finds one", async () => {
    const polls = Array.from({ length: 5 }, () => receive({ WaitTimeSeconds: 20, MaxNumberOfMessages: 1 }));
    await settled();
    for (let n = 0; n < 3; n += 1) await send(`${n}`);
    await clock.advance(20_000);
    expect((await Promise.all(polls)).flat().length).toBe(3);
    expect(clock.sleeping()).toBe(0);
  });

  it("leaves the message to another poller when the woken one was aborted in the same moment", async () => {
    const abort = new AbortController();
    const aborted = receive({ WaitTimeSeconds: 20 }, abort.signal).catch((error: Error) => error.name);
    const other = receive({ WaitTimeSeconds: 20 });
    await settled();
    const sent = send("b");
    abort.abort();
    await sent;
    await settled();
    expect(await aborted).toBe("AbortError");
    expect(bodies(await other)).toEqual(["b"]);
  });

  it("ends when its queue is deleted", async () => {
    const poll = receive({ WaitTimeSeconds: 20 });
    await settled();
    await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    expect(await poll).toEqual([]);
  });

  it("uses the queue's own wait where none is asked for", async () => {
    url = queues.createQueue("waits", { ReceiveMessageWaitTimeSeconds: "7" });
    const poll = receive();
    await clock.advance(6_999);
    await send("b");
    expect(bodies(await poll)).toEqual(["b"]);
  });
});

describe("a message of the embedded queue", () => {
  it("is kept when deleted by a handle of an earlier receive, which answers success", async () => {
    await send("b");
    const [first] = await receive({ VisibilityTimeout: 1 });
    await clock.advance(1_000);
    const [second] = await receive();
    await remove(first?.ReceiptHandle);
    expect(await counts()).toEqual([0, 1, 0]);
    await remove(second?.ReceiptHandle);
    await remove(second?.ReceiptHandle);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("can be deleted by its last handle after its visibility ran out", async () => {
    await send("b");
    const [message] = await receive({ VisibilityTimeout: 1 });
    await clock.advance(5_000);
    await remove(message?.ReceiptHandle);
    expect(await receive()).toEqual([]);
  });

  it("keeps its new holder when an old one tries to change its visibility", async () => {
    await send("b");
    const [first] = await receive({ VisibilityTimeout: 1 });
    await clock.advance(1_000);
    await receive({ VisibilityTimeout: 30 });
    await expect(change(first?.ReceiptHandle, 0)).rejects.toMatchObject({ name: "MessageNotInflight" });
    expect(await receive()).toEqual([]);
  });

  it("cannot be changed by a handle of another queue", async () => {
    const other = queues.createQueue("other");
    await send("b");
    const [message] = await receive();
    await expect(remove(message?.ReceiptHandle, other)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });

  it("can be hidden for twelve hours from its receive in all, not longer", async () => {
    await send("b");
    const [message] = await receive({ VisibilityTimeout: 3_600 });
    await clock.advance(3_599_000);
    await expect(change(message?.ReceiptHandle, 43_200)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await change(message?.ReceiptHandle, 43_200 - 3_599);
    await clock.advance((43_200 - 3_599) * 1_000 - 1);
    expect(await receive()).toEqual([]);
    await clock.advance(1);
    expect(bodies(await receive())).toEqual(["b"]);
  });

  it("comes once in one answer, even hidden for no time at all", async () => {
    await send("b");
    expect(bodies(await receive({ VisibilityTimeout: 0 }))).toEqual(["b"]);
    expect(bodies(await receive())).toEqual(["b"]);
  });

  it("is gone at the end of its retention, wherever it is", async () => {
    url = queues.createQueue("short", { MessageRetentionPeriod: "60" });
    await send("ready");
    await send("in flight");
    await send("delayed", 900);
    await receive({ MaxNumberOfMessages: 1, VisibilityTimeout: 600 });
    await clock.advance(59_999);
    expect(await counts()).toEqual([1, 1, 1]);
    await clock.advance(1);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("keeps its age and its count in the dead-letter queue, and says where it came from", async () => {
    const dead = queues.createQueue("dead", { MessageRetentionPeriod: "100" });
    url = queues.createQueue("live", {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead",
        maxReceiveCount: "1",
      }),
    });
    const sentAt = clock.now();
    await send("b");
    await receive({ VisibilityTimeout: 10 });
    await clock.advance(10_000);
    expect(await receive()).toEqual([]);
    const [message] = await receive({ QueueUrl: dead, MessageSystemAttributeNames: ["All"], VisibilityTimeout: 0 });
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: "2",
      SentTimestamp: `${sentAt}`,
      ApproximateFirstReceiveTimestamp: `${sentAt}`,
      DeadLetterQueueSourceArn: "arn:aws:sqs:memory:000000000000:live",
    });
    await clock.advance(90_000);
    expect(await counts(dead)).toEqual([0, 0, 0]);
  });

  it("stays in its queue when the dead-letter queue is gone", async () => {
    const dead = queues.createQueue("dead");
    url = queues.createQueue("live", {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead",
        maxReceiveCount: 1,
      }),
    });
    await client.send(new DeleteQueueCommand({ QueueUrl: dead }));
    await send("b");
    for (let n = 0; n < 3; n += 1) expect(bodies(await receive({ VisibilityTimeout: 0 }))).toEqual(["b"]);
  });
});

describe("the embedded queue", () => {
  it("works the commands of the AWS package", async () => {
    const sent = await client.send(new aws.SendMessageCommand({ QueueUrl: url, MessageBody: "b" }));
    const { Messages } = await client.send(new aws.ReceiveMessageCommand({ QueueUrl: url }));
    expect(Messages?.map(({ MessageId }) => MessageId)).toEqual([sent.MessageId]);
    await expect(client.send(new aws.ListQueuesCommand({}))).rejects.toMatchObject({ name: "UnsupportedOperation" });
  });

  it.skipIf(quick)(
    "refuses the receive that would put more than 120,000 in flight, and delivers again once one is deleted",
    async () => {
      let last: Message | undefined;
      for (let n = 0; n < 120_001; n += 1) await queues.SendMessage({ QueueUrl: url, MessageBody: "b" }, {});
      for (let n = 0; n < 12_000; n += 1) last = (await receive()).at(-1);
      await expect(receive()).rejects.toMatchObject({ name: "OverLimit" });
      const poll = receive({ WaitTimeSeconds: 1 });
      await clock.advance(1_000);
      expect(await poll).toEqual([]);
      await remove(last?.ReceiptHandle);
      expect(await receive()).toHaveLength(1);
    },
  );

  it("purges what is ready, hidden and delayed", async () => {
    for (const delay of [undefined, undefined, 60]) await send("b", delay);
    await receive({ MaxNumberOfMessages: 1 });
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    expect(await counts()).toEqual([0, 0, 0]);
    await clock.advance(100_000);
    expect(await receive()).toEqual([]);
  });

  it.each([
    ["VisibilityTimeout", "43201", "InvalidAttributeValue"],
    ["DelaySeconds", "901", "InvalidAttributeValue"],
    ["MessageRetentionPeriod", "59", "InvalidAttributeValue"],
    ["MaximumMessageSize", "1e4", "InvalidAttributeValue"],
    ["FifoQueue", "true", "UnsupportedOperation"],
    ["Policy", "{}", "InvalidAttributeName"],
    ["RedrivePolicy", "nonsense", "InvalidAttributeValue"],
    [
      "RedrivePolicy",
      '{"deadLetterTargetArn":"arn:aws:sqs:memory:000000000000:none","maxReceiveCount":3}',
      "InvalidAttributeValue",
    ],
  ])("refuses to be created with %s %s", async (name, value, refusal) => {
    const create = new CreateQueueCommand({ QueueName: "refused", Attributes: { [name]: value } });
    await expect(client.send(create)).rejects.toMatchObject({ name: refusal });
  });

  it("is the same queue when created again alike, and refuses to be created otherwise", async () => {
    expect(queues.createQueue("q")).toBe(url);
    expect(() => queues.createQueue("q", { DelaySeconds: "1" })).toThrow(
      expect.objectContaining({ name: "QueueNameExists" }),
    );
  });

  it.each([
    [{ "AWS.x": { DataType: "String", StringValue: "v" } }, "InvalidParameterValue"],
    [{ x: { DataType: "Text", StringValue: "v" } }, "InvalidParameterValue"],
    [{ x: { DataType: "String", StringValue: "" } }, "InvalidParameterValue"],
    [{ x: { DataType: "Number", StringValue: "one" } }, "InvalidParameterValue"],
    [{ x: { DataType: "Binary", StringValue: "v" } }, "InvalidParameterValue"],
    [{ x: { DataType: "String", StringListValues: ["v"] } }, "UnsupportedOperation"],
  ])("refuses the attributes %j", async (MessageAttributes, refusal) => {
    const command = new SendMessageCommand({ QueueUrl: url, MessageBody: "b", MessageAttributes });
    await expect(client.send(command)).rejects.toMatchObject({ name: refusal });
  });
});

// The reference: a flat list of messages, each with what must be true of it. It says nothing about order.
describe("against a simple model, by chance", () => {
  interface Modelled {
    readonly body: string;
    visibleAt: number;
    receivedAt: number;
    receives: number;
    handle: string | undefined;
    deleted: boolean;
  }
  const MAX_RECEIVES = 3;
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), delay: fc.constantFrom(0, 0, 1, 5, 900) }),
    fc.record({
      kind: fc.constant("receive" as const),
      most: fc.integer({ min: 1, max: 10 }),
      hide: fc.constantFrom(0, 1, 3, 30, 43_200),
    }),
    fc.record({ kind: fc.constant("delete" as const), which: fc.nat(), old: fc.boolean() }),
    fc.record({ kind: fc.constant("change" as const), which: fc.nat(), to: fc.constantFrom(0, 1, 10, 43_200) }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 500, 1_000, 4_000, 60_000) }),
  );

  it("delivers to one holder at a time, loses nothing, counts receives, and moves the poisoned to the dead letters", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 80, size: "max" }), async (operations) => {
        clock = fakeClock();
        queues = createMemoryQueues({ clock });
        client = new SQSClient({ transport: queues });
        const dead = queues.createQueue("dead");
        url = queues.createQueue("live", {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead",
            maxReceiveCount: MAX_RECEIVES,
          }),
        });
        const model: Modelled[] = [];
        const handles: { handle: string; message: Modelled }[] = [];
        const live = () => model.filter(({ deleted }) => !deleted);
        const deliverable = () =>
          live().filter((message) => message.visibleAt <= clock.now() && message.receives < MAX_RECEIVES);

        for (const step of operations) {
          if (step.kind === "send") {
            const body = `m${model.length}`;
            await send(body, step.delay);
            const visibleAt = clock.now() + step.delay * 1_000;
            model.push({ body, visibleAt, receivedAt: 0, receives: 0, handle: undefined, deleted: false });
          } else if (step.kind === "receive") {
            const can = deliverable();
            const got = await receive({
              MaxNumberOfMessages: step.most,
              VisibilityTimeout: step.hide,
              MessageSystemAttributeNames: ["ApproximateReceiveCount"],
            });
            expect(got).toHaveLength(Math.min(step.most, can.length));
            expect(new Set(bodies(got)).size).toBe(got.length);
            for (const one of got) {
              const message = can.find(({ body }) => body === one.Body);
              expect(message, `${one.Body} was delivered while hidden, deleted or poisoned`).toBeDefined();
              if (message === undefined) continue;
              message.receives += 1;
              expect(one.Attributes?.ApproximateReceiveCount).toBe(`${message.receives}`);
              message.receivedAt = clock.now();
              message.visibleAt = clock.now() + step.hide * 1_000;
              message.handle = one.ReceiptHandle;
              handles.push({ handle: one.ReceiptHandle ?? "", message });
            }
          } else if (step.kind === "delete" && handles.length > 0) {
            const { handle, message } = handles[step.which % handles.length]!;
            const gone = message.receives === MAX_RECEIVES && message.visibleAt <= clock.now();
            // A poisoned message may lie in either queue by now: which, only the order tells. Leave those alone.
            if (gone) continue;
            await remove(step.old ? handle : message.handle);
            if (!step.old || handle === message.handle) message.deleted = true;
          } else if (step.kind === "change" && handles.length > 0) {
            const { handle, message } = handles[step.which % handles.length]!;
            const visibleAt = clock.now() + step.to * 1_000;
            const allowed =
              !message.deleted &&
              handle === message.handle &&
              message.visibleAt > clock.now() &&
              visibleAt - message.receivedAt <= 43_200_000;
            const outcome = await change(handle, step.to).then(
              () => true,
              () => false,
            );
            expect(outcome).toBe(allowed);
            if (allowed) message.visibleAt = visibleAt;
          } else if (step.kind === "pass") await clock.advance(step.ms);
          const total = [...(await counts()), ...(await counts(dead))].reduce((sum, count) => sum + count, 0);
          expect(total).toBe(live().length);
        }

        // At rest: all that was sent and not deleted is in one of the two, the poisoned in the dead letters.
        await clock.advance(43_200_000);
        const drain = async (QueueUrl: string) => {
          const all: string[] = [];
          for (let got = await receive({ QueueUrl }); got.length > 0; got = await receive({ QueueUrl })) {
            all.push(...got.map(({ Body }) => Body ?? ""));
          }
          return all.sort();
        };
        const poisoned = (yes: boolean) =>
          live()
            .filter(({ receives }) => receives >= MAX_RECEIVES === yes)
            .map(({ body }) => body)
            .sort();
        expect(await drain(url)).toEqual(poisoned(false));
        expect(await drain(dead)).toEqual(poisoned(true));
      }),
      { numRuns: runs(150) },
    );
  });
});
