import { describe, expect, it } from "vitest";
import { createMemoryQueues, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import type { Answer, Delivery } from "../../../src/run/messages/delivery.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { acknowledge, eventOf, giveBack, notingHandler, notingLog, reject, settingsOf } from "./fixtures.ts";
import { idleClock } from "./idle-clock.ts";

const seconds = (n: number) => ({ getRemainingTimeInMillis: () => n * 1000, invokedFunctionArn: functionArn });
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:originals-dev";
const arn = "arn:aws:sqs:memory:000000000000:work";

function record(messageId: string, more: object = {}) {
  return {
    messageId,
    body: "{}",
    receiptHandle: `handle-${messageId}`,
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    ...more,
  };
}

interface Call {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A handler over a queue that notes every request and answers nothing but its redrive policy, or fails. */
function setUp(
  answerTo: (delivery: Delivery, index: number) => Answer | Promise<Answer>,
  more: {
    environment?: Record<string, string>;
    queueFails?: boolean;
    sendFails?: boolean;
    redrivePolicy?: string;
  } = {},
) {
  const clock = idleClock();
  const calls: Call[] = [];
  /** What each message is hidden for first; of those with a receipt handle. */
  const holds = new Map<unknown, unknown>();
  const log = notingLog();
  const { handle, handled } = notingHandler(answerTo);
  const queue = {
    async send(command: { input: object }) {
      const action = command.constructor.name;
      const input: Call["input"] = { ...command.input };
      const isHold = action === "ChangeMessageVisibilityCommand" && !holds.has(input.ReceiptHandle);
      if (isHold) holds.set(input.ReceiptHandle, input.VisibilityTimeout);
      else calls.push({ action, input });
      if (more.queueFails || (more.sendFails && action === "SendMessageCommand")) throw new Error("the queue is away");
      const asked = action === "GetQueueAttributesCommand" && more.redrivePolicy !== undefined;
      return { $metadata: {}, ...(asked ? { Attributes: { RedrivePolicy: more.redrivePolicy } } : {}) } as never;
    },
    destroy() {},
  };
  const settings = settingsOf(more.environment);
  const handler = createLambdaHandler({
    worker: () => ({ settings, handle }),
    queue,
    environment: more.environment ?? {},
    clock,
    random: () => 0.5,
    log,
  });
  return { handler, handled, calls, holds, log, clock };
}

describe("an SQS batch", () => {
  it("whose messages are all acknowledged has no failures", async () => {
    const { handler, handled } = setUp(() => acknowledge);
    expect(await handler(eventOf("sqs"), seconds(900))).toEqual({ batchItemFailures: [] });
    expect(handled.map((delivery) => delivery.messageId)).toEqual(["059f36b4-87a3-44ab-83d2-661975830a7d"]);
  });

  it("fails the messages that were given back or rejected, and no others", async () => {
    const answers: Record<string, Answer> = { b: giveBack(45), c: reject };
    const { handler, calls, log } = setUp((delivery) => answers[delivery.messageId ?? ""] ?? acknowledge);
    const event = { Records: ["a", "b", "c", "d"].map((id) => record(id)) };
    expect(await handler(event, seconds(900))).toEqual({
      batchItemFailures: [{ itemIdentifier: "b" }, { itemIdentifier: "c" }],
    });
    expect(calls.filter(({ action }) => action !== "GetQueueAttributesCommand")).toEqual([
      {
        action: "ChangeMessageVisibilityCommand",
        input: { QueueUrl: "memory:work", ReceiptHandle: "handle-b", VisibilityTimeout: 45 },
      },
      {
        action: "ChangeMessageVisibilityCommand",
        input: { QueueUrl: "memory:work", ReceiptHandle: "handle-c", VisibilityTimeout: 60 },
      },
    ]);
    expect(log.entries.filter((entry) => entry.level === "error")).toEqual([
      {
        level: "error",
        message: "A message can't be worked.",
        fields: {
          messageId: "c",
          reason: "The message is not JSON.",
          kept: "no dead-letter queue is known: none is set, and its queue has no RedrivePolicy",
        },
      },
    ]);
  });

  it("fails a malformed record by its id and works the rest", async () => {
    const { handler, handled } = setUp(() => acknowledge);
    const { batchItemFailures } = (await handler(eventOf("sqs-poison"), seconds(900))) ?? {};
    expect(batchItemFailures).toEqual([{ itemIdentifier: "c3a9be4e-1f0f-4a6e-b6b9-5b8f1f0e7d33" }]);
    expect(handled).toHaveLength(3);
  });

  it("in which a record can't be named throws, since an answer would count as success for it", async () => {
    const { handler, handled } = setUp(() => acknowledge);
    await expect(handler({ Records: [record("a"), record("")] }, seconds(900))).rejects.toThrow(
      /record 2 has no valid `messageId`/,
    );
    expect(handled).toEqual([]);
  });

  // Catches: a handler that throws `undefined` and so acknowledges the whole batch.
  it.each([undefined, null, "text", new Error("away")])("fails a message whose handler throws %s", async (thrown) => {
    const { handler } = setUp((_, index) => {
      if (index === 0) throw thrown;
      return acknowledge;
    });
    expect(await handler({ Records: [record("a"), record("b")] }, seconds(900))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }],
    });
  });

  it("is answered even where the delay of a message can't be set", async () => {
    const { handler, log } = setUp(() => giveBack(30), { queueFails: true });
    expect(await handler({ Records: [record("a")] }, seconds(900))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }],
    });
    expect(log.entries.at(-1)).toMatchObject({
      level: "warn",
      fields: { messageId: "a", reason: "the queue is away" },
    });
  });

  it("is held whole from its beginning, each message for two minutes or what the function has left, whatever its queue says", async () => {
    const { handler, holds, log } = setUp(() => acknowledge);
    await handler({ Records: ["a", "b", "c", "d", "e", "f"].map((id) => record(id)) }, seconds(900));
    await handler({ Records: [record("g"), record("h", { receiptHandle: undefined })] }, seconds(30));
    expect([...holds]).toEqual([
      ...["a", "b", "c", "d", "e", "f"].map((id) => [`handle-${id}`, 120]),
      // Of 30 s 1.5 are kept for the answer, and as many as 30 wait for it.
      ["handle-g", 59],
    ]);
    expect(log.entries).toEqual([]);
  });

  it("whose queue can't hide a message for another time is worked as ever, and that is told once", async () => {
    const { handler, log } = setUp(() => acknowledge, { queueFails: true });
    for (const id of ["a", "b"]) {
      expect(await handler({ Records: [record(id)] }, seconds(900))).toEqual({ batchItemFailures: [] });
    }
    expect(log.entries).toEqual([
      {
        level: "warn",
        message: "A message that this function dies at comes again only after its queue's own visibility timeout.",
        fields: { queueUrl: "memory:work", reason: "the queue is away" },
      },
    ]);
  });

  it("keeps a delay within what the queue takes, and sets none without a receipt handle", async () => {
    const { handler, calls } = setUp(() => giveBack(100_000));
    await handler({ Records: [record("a"), record("b", { receiptHandle: undefined })] }, seconds(900));
    expect(calls.map((call) => call.input.VisibilityTimeout)).toEqual([43_200]);
  });

  it("gives every message the deadline of the invocation less the time to answer", async () => {
    const { handler, handled, clock } = setUp(() => acknowledge);
    const now = clock.now();
    await handler({ Records: [record("a")] }, seconds(900));
    await handler({ Records: [record("b")] }, seconds(30));
    expect(handled.map((delivery) => delivery.deadline - now)).toEqual([895_000, 28_500]);
  });

  // Catches: a function with Lambda's default limit of 3 s that is killed at its work, for which rows are charged until they have failed.
  it("gives back unworked what there is no time for at all, says so, and in the end to the dead letters", async () => {
    const policy = JSON.stringify({ deadLetterTargetArn: `${arn}-dead`, maxReceiveCount: 3 });
    const { handler, handled, log, calls } = setUp(() => acknowledge, { redrivePolicy: policy });
    const received = (n: number) => record("a", { attributes: { ApproximateReceiveCount: String(n) } });
    const reason = expect.stringMatching(/2\.7 s of this invocation were left, .*: 900 s are a good time limit/);
    expect(await handler({ Records: [received(1)] }, seconds(3))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }],
    });
    expect(log.entries).toMatchObject([{ level: "warn", fields: { messageId: "a", reason } }]);
    expect(await handler({ Records: [received(3)] }, seconds(3))).toEqual({ batchItemFailures: [] });
    expect(calls.at(-1)).toMatchObject({
      action: "SendMessageCommand",
      input: { MessageAttributes: { OriginalsReason: { StringValue: reason } } },
    });
    expect(handled).toEqual([]);
  });

  it("gives back unworked what its turn finds without time", async () => {
    const { handler, handled, clock } = setUp(() => {
      clock.advance(900_000);
      return acknowledge;
    });
    const event = { Records: Array.from({ length: 6 }, (_, i) => record(`m${i}`)) };
    const answer = await handler(event, seconds(900));
    const worked = handled.map((delivery) => delivery.messageId);
    expect(answer?.batchItemFailures?.map((failure) => failure.itemIdentifier)).toEqual(
      event.Records.map((r) => r.messageId).filter((id) => !worked.includes(id)),
    );
    expect(worked.length).toBeLessThan(6);
  });

  it("works at most four messages at once", async () => {
    let now = 0;
    let most = 0;
    const { handler } = setUp(async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return acknowledge;
    });
    await handler({ Records: Array.from({ length: 10 }, (_, i) => record(`m${i}`)) }, seconds(900));
    expect(most).toBe(4);
  });

  it("of a FIFO queue stops at the first failure and returns it and all after it, in order", async () => {
    const { handler, handled } = setUp((_, index) => (index === 1 ? giveBack(30) : acknowledge));
    const answer = await handler(eventOf("sqs-fifo"), seconds(900));
    expect(handled).toHaveLength(2);
    expect(answer?.batchItemFailures?.map((f) => f.itemIdentifier[0])).toEqual(["1", "2"]);
  });
});

describe("a message of a batch that can never be worked", () => {
  const redrive = (name: string) =>
    JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:eu-west-1:123456789012:${name}`, maxReceiveCount: 10 });
  const aws = { eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:work" };

  it("fails no longer once it is among the dead letters, and the queue is asked where those are once", async () => {
    const { handler, calls, log } = setUp((delivery) => (delivery.messageId === "a" ? acknowledge : reject), {
      redrivePolicy: redrive("dead"),
    });
    const body = "{ \u0000 not JSON";
    const messageAttributes = {
      trace: { stringValue: "t-1", dataType: "String", stringListValues: [], binaryListValues: [] },
      bytes: { binaryValue: "AP8=", dataType: "Binary" },
    };
    const event = { Records: [record("a", aws), record("b", { ...aws, body, messageAttributes })] };
    expect(await handler(event, seconds(900))).toEqual({ batchItemFailures: [] });
    expect(await handler({ Records: [record("c", aws)] }, seconds(900))).toEqual({ batchItemFailures: [] });
    expect(calls.map((call) => call.action)).toEqual([
      "GetQueueAttributesCommand",
      "SendMessageCommand",
      "SendMessageCommand",
    ]);
    expect(calls[1]?.input).toEqual({
      QueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/dead",
      MessageBody: body,
      MessageAttributes: {
        OriginalsReason: { DataType: "String", StringValue: "The message is not JSON." },
        OriginalsMessageId: { DataType: "String", StringValue: "b" },
        OriginalsQueue: {
          DataType: "String",
          StringValue: "https://sqs.eu-west-1.amazonaws.com/123456789012/work",
        },
        OriginalsRejectedAt: { DataType: "String", StringValue: "2026-11-22T02:00:00.000Z" },
        trace: { DataType: "String", StringValue: "t-1" },
        bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
      },
    });
    expect(log.entries.map((entry) => entry.level)).toEqual(["error", "error"]);
  });

  it.each([
    ["sqs:refused", "https://sqs.eu-west-1.amazonaws.com/123456789012/refused"],
    [
      "sqs:https://sqs.eu-west-1.amazonaws.com/210987654321/all",
      "https://sqs.eu-west-1.amazonaws.com/210987654321/all",
    ],
  ])("goes to the queue that the settings name: %s", async (ORIGINALS_DEAD_LETTER_QUEUE, url) => {
    const { handler, calls } = setUp(() => reject, { environment: { ORIGINALS_DEAD_LETTER_QUEUE } });
    expect(await handler({ Records: [record("a", aws)] }, seconds(900))).toEqual({ batchItemFailures: [] });
    expect(calls.map(({ action, input }) => [action, input.QueueUrl])).toEqual([["SendMessageCommand", url]]);
  });

  it("fails as before where it can't be sent there", async () => {
    const environment = { ORIGINALS_DEAD_LETTER_QUEUE: "sqs:dead" };
    const { handler, calls } = setUp(() => reject, { environment, sendFails: true });
    expect(await handler({ Records: [record("a", aws)] }, seconds(900))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }],
    });
    expect(calls.map(({ action, input }) => [action, input.VisibilityTimeout])).toEqual([
      ["SendMessageCommand", undefined],
      ["ChangeMessageVisibilityCommand", 60],
    ]);
  });

  it("holds up nothing behind it in a FIFO queue, and gets its own group and id among the dead letters", async () => {
    const { handler, handled, calls } = setUp((_, index) => (index === 0 ? reject : acknowledge), {
      redrivePolicy: redrive("dead.fifo"),
    });
    const [first, ...others] = (eventOf("sqs-fifo") as { Records: { messageId: string }[] }).Records;
    expect(await handler(eventOf("sqs-fifo"), seconds(900))).toEqual({ batchItemFailures: [] });
    expect(handled).toHaveLength(1 + others.length);
    expect(calls.at(-1)?.input).toMatchObject({
      QueueUrl: expect.stringMatching(/\/dead\.fifo$/),
      MessageGroupId: first?.messageId,
      MessageDeduplicationId: first?.messageId,
    });
  });

  it("and a setting that names no SQS queue fail the invocation, in a sentence", async () => {
    const environment = { ORIGINALS_DEAD_LETTER_QUEUE: "tdmq:https://cmq.example/dead?region=ap-guangzhou" };
    const { handler } = setUp(() => reject, { environment });
    await expect(handler({ Records: [record("a", aws)] }, seconds(900))).rejects.toThrow(
      /^ORIGINALS_DEAD_LETTER_QUEUE "tdmq:.*" is no SQS queue; on Lambda it must be sqs:URL or sqs:NAME\.$/,
    );
  });

  it("is failed, not moved, by a function that is merely set up wrongly", async () => {
    const { handler, calls } = setUp(() => ({ kind: "refuse", reason: "set TENCENTCLOUD_SECRETID" }), {
      redrivePolicy: redrive("dead"),
    });
    expect(await handler({ Records: [record("a", aws)] }, seconds(900))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }],
    });
    expect(calls.map((call) => call.action)).toEqual(["ChangeMessageVisibilityCommand"]);
  });

  it("is moved with the reason where its queue would move it at the next time", async () => {
    const { handler, calls } = setUp(() => ({ kind: "refuse", reason: "set TENCENTCLOUD_SECRETID" }), {
      redrivePolicy: redrive("dead"),
    });
    const received = (times: number) => record("a", { ...aws, attributes: { ApproximateReceiveCount: String(times) } });
    expect(await handler({ Records: [received(9)] }, seconds(900))).toMatchObject({ batchItemFailures: [{}] });
    expect(await handler({ Records: [received(10)] }, seconds(900))).toEqual({ batchItemFailures: [] });
    expect(calls.at(-1)).toMatchObject({
      action: "SendMessageCommand",
      input: {
        QueueUrl: expect.stringMatching(/\/dead$/),
        MessageAttributes: {
          OriginalsReason: {
            StringValue: expect.stringMatching(/^It was received 10 times, .*: set TENCENTCLOUD_SECRETID$/),
          },
        },
      },
    });
  });
});

describe("what a run sends while it is worked", () => {
  it.each([
    ["arn:aws:sqs:eu-west-1:123456789012:work", {}, "https://sqs.eu-west-1.amazonaws.com/123456789012/work"],
    ["arn:aws-cn:sqs:cn-north-1:123456789012:work", {}, "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/work"],
    [
      "arn:aws:sqs:eu-west-1:123456789012:work",
      { AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:4566/" },
      "http://127.0.0.1:4566/123456789012/work",
    ],
  ])("goes to the queue that its message came from: %s", async (eventSourceARN, environment, url) => {
    const { handler, handled, calls } = setUp(() => acknowledge, { environment });
    await handler({ Records: [record("a", { eventSourceARN })] }, seconds(900));
    await handled[0]?.sender.send("next", 4.2);
    expect(calls).toEqual([
      { action: "SendMessageCommand", input: { QueueUrl: url, MessageBody: "next", DelaySeconds: 5 } },
    ]);
  });

  it("gets an id of its own on a FIFO queue, which would drop the same body sent again", async () => {
    const { handler, handled, calls } = setUp(() => acknowledge);
    await handler({ Records: [record("a", { eventSourceARN: `${arn}.fifo` })] }, seconds(900));
    await handled[0]?.sender.send("again", 30);
    await handled[0]?.sender.send("again", 30);
    expect(calls.map((call) => call.input)).toEqual([
      {
        QueueUrl: "memory:work.fifo",
        MessageBody: "again",
        MessageGroupId: expect.any(String),
        MessageDeduplicationId: expect.any(String),
      },
      {
        QueueUrl: "memory:work.fifo",
        MessageBody: "again",
        MessageGroupId: expect.any(String),
        MessageDeduplicationId: expect.any(String),
      },
    ]);
  });
});

describe("a schedule", () => {
  it("asks for what the settings say, named by its time", async () => {
    const { handler, handled } = setUp(() => acknowledge);
    expect(await handler(eventOf("eventbridge-schedule"), seconds(900))).toBeUndefined();
    expect(JSON.parse(handled[0]?.body ?? "")).toMatchObject({
      v: 1,
      type: "manifest",
      scheduledAt: "2026-11-22T02:00:00Z",
      source: { bucket: "demo-1250000000", region: "ap-guangzhou", prefix: "2026/" },
      archive: { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/" },
      ledger: { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/.originals/" },
      prefix: "2026/",
      options: { ifExists: "skip" },
    });
  });

  it("archives a manifest in a bucket where the settings name one", async () => {
    const environment = {
      ORIGINALS_MANIFEST: "cos://inventory-1250000000/latest/manifest.json",
      ORIGINALS_FORMAT: "cos-inventory",
    };
    const { handler, handled } = setUp(() => acknowledge, { environment });
    await handler(eventOf("eventbridge-schedule"), seconds(900));
    const message = JSON.parse(handled[0]?.body ?? "");
    expect(message.manifest).toEqual({
      bucket: "inventory-1250000000",
      region: "ap-guangzhou",
      key: "latest/manifest.json",
      format: "cos-inventory",
    });
    expect(message).not.toHaveProperty("prefix");
  });

  it("that can't be worked now is sent to the queue beside the function", async () => {
    const environment = { ORIGINALS_QUEUE: "sqs:originals-dev" };
    const { handler, calls } = setUp(() => giveBack(60), { environment });
    await handler(eventOf("eventbridge-schedule"), seconds(900));
    expect(calls.map((call) => call.input)).toEqual([
      {
        QueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/originals-dev",
        MessageBody: expect.stringContaining('"scheduledAt":"2026-11-22T02:00:00Z"'),
        DelaySeconds: 60,
      },
    ]);
  });

  it.each([
    ["gives it back", giveBack(60), /^The message can't be worked now: the store is slow\.$/],
    ["rejects it", reject, /^The message can't be worked now: The message is not JSON\.$/],
  ])("throws where no queue is set and the run %s", async (_, answer, sentence) => {
    const { handler } = setUp(() => answer);
    await expect(handler(eventOf("eventbridge-schedule"), seconds(900))).rejects.toThrow(sentence);
  });

  it("says what is missing where a run needs a queue and none is set", async () => {
    const { handler, handled } = setUp(() => acknowledge);
    await handler(eventOf("direct"), seconds(900));
    await expect(handled[0]?.sender.send("next")).rejects.toThrow("set ORIGINALS_QUEUE to sqs:URL or tdmq:URL");
  });
});

describe("an invocation", () => {
  it("without a Lambda context is refused in one sentence", async () => {
    const { handler } = setUp(() => acknowledge);
    await expect(handler(eventOf("sqs"), {} as never)).rejects.toThrow(
      /no Lambda context that tells how much time remains\.$/,
    );
  });

  it("delays a message on a real queue: it is hidden for as long as the run asked", async () => {
    const clock = idleClock();
    const queues = createMemoryQueues({ clock });
    const client = new SQSClient({ transport: queues });
    const QueueUrl = queues.createQueue("work", { VisibilityTimeout: "600" });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
    const [message] = (await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? [];
    const handler = createLambdaHandler({
      worker: () => ({ settings: settingsOf(), handle: async () => giveBack(45) }),
      queue: client,
      environment: {},
      clock,
      random: () => 0.5,
      log: notingLog(),
    });
    const { MessageId = "", ReceiptHandle } = message ?? {};
    const answer = await handler({ Records: [record(MessageId, { receiptHandle: ReceiptHandle })] }, seconds(900));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: MessageId }] });
    clock.advance(44_000);
    expect((await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? []).toEqual([]);
    clock.advance(1_000);
    expect((await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1);
  });
});
