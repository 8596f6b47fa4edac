/** A message that a newer version wrote, at every door of a function that is not updated yet: it is always there for the next one. */
import { describe, expect, it } from "vitest";
import { createMemoryQueues, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { createWorld } from "../../run/world.ts";
import { notingLog, settingsOf } from "./fixtures.ts";
import { idleClock } from "./idle-clock.ts";

const newer = { v: 3, type: "shard", run: "r", allowance: { bytes: 7 } };
const body = JSON.stringify(newer);
const warned = {
  level: "warn",
  message: "A message was given back for a newer worker.",
  fields: { delaySeconds: 300, reason: expect.stringContaining("update the worker") },
};

/** Functions over a queue that has a dead-letter queue, and a handler as real as anywhere. */
function setUp({ queued = true } = {}) {
  const clock = idleClock();
  const log = notingLog();
  const queues = createMemoryQueues({ clock });
  const dead = queues.createQueue("dead");
  const policy = { deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead", maxReceiveCount: 10 };
  const queueUrl = queues.createQueue("work", {
    VisibilityTimeout: "300",
    RedrivePolicy: JSON.stringify(policy),
  });
  const memory = new SQSClient({ transport: queues });
  // Functions know queues by their addresses.
  const client = {
    send(command: { readonly input: { QueueUrl?: string } }) {
      command.input.QueueUrl = `memory:${command.input.QueueUrl?.split(/[/:]/).at(-1)}`;
      return memory.send(command as ReceiveMessageCommand);
    },
    destroy: () => memory.destroy(),
  } as SQSClient;
  const address = "sqs:https://sqs.us-east-1.amazonaws.com/123456789012";
  const settings = settingsOf({ ORIGINALS_QUEUE: `${address}/work`, ORIGINALS_DEAD_LETTER_QUEUE: `${address}/dead` });
  const worker = () => ({ settings, handle: createDeliveryHandler(createWorld().surroundings) });
  const shared = { worker, clock, random: () => 0.5, log };
  const receive = async (QueueUrl: string) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.map(({ Body }) => Body) ?? [];
  return {
    clock,
    log,
    lambda: createLambdaHandler({ ...shared, queue: client, environment: {} }),
    scf: createScfHandler({
      ...shared,
      openQueue: () => (queued ? { kind: "memory", client, queueUrl } : undefined),
      openDeadLetterQueue: () => ({ kind: "memory", client, queueUrl: dead }),
    }),
    send: () => client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body })),
    take: async () =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }))).Messages?.[0]?.ReceiptHandle,
    waiting: () => receive(queueUrl),
    letters: () => receive(dead),
  };
}

const lambdaContext = { getRemainingTimeInMillis: () => 900_000 };
const scfContext = { time_limit_in_ms: 900_000 };

describe("a message newer than the tool", () => {
  it("is a failure of its SQS batch, hidden for five minutes", async () => {
    const { lambda, log, clock, send, take, waiting, letters } = setUp();
    await send();
    const eventSourceARN = "arn:aws:sqs:memory:000000000000:work";
    const record = { messageId: "m", body, receiptHandle: await take(), eventSource: "aws:sqs", eventSourceARN };
    expect(await lambda({ Records: [record] }, lambdaContext)).toEqual({
      batchItemFailures: [{ itemIdentifier: "m" }],
    });
    expect(log.entries).toContainEqual({ ...warned, fields: { ...warned.fields, messageId: "m" } });
    expect(await letters()).toEqual([]);
    await clock.advance(300_000);
    expect(await waiting()).toEqual([body]);
  });

  it("that somebody invokes Lambda with is sent to its queue", async () => {
    const { lambda, clock, waiting, letters } = setUp();
    await lambda(newer, lambdaContext);
    expect(await letters()).toEqual([]);
    await clock.advance(300_000);
    expect(await waiting()).toEqual([body]);
  });

  it("that a timer of SCF polls stays in its queue", async () => {
    const { scf, clock, send, waiting, letters } = setUp();
    await send();
    const timer = { Type: "Timer", TriggerName: "poll", Time: "2026-11-22T02:00:00Z", Message: "poll" };
    expect(await scf(timer, scfContext)).toMatchObject({ acknowledged: 0, rejected: 0 });
    expect(await letters()).toEqual([]);
    await clock.advance(300_000);
    expect(await waiting()).toEqual([body]);
  });

  it("that is pushed to SCF without a queue must be delivered again", async () => {
    const { scf, letters } = setUp({ queued: false });
    const pushed = { Records: [{ Ckafka: { topic: "t", partition: 1, offset: 7, msgBody: body } }] };
    await expect(scf(pushed, scfContext)).rejects.toMatchObject({
      code: "NotWorked",
      message: expect.stringContaining("update the worker"),
    });
    expect(await letters()).toEqual([]);
  });
});
