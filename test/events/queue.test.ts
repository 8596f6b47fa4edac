/** Catches: an event that a queue's reader can't parse, one that is lost of a batch, and a FIFO queue that puts all of a run into one line. */
import { describe, expect, test } from "vitest";
import { createQueueSink } from "../../src/events/queue.ts";
import {
  CreateQueueCommand,
  createMemoryQueues,
  type QueueClient,
  ReceiveMessageCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from "../../src/queue/index.ts";
import { fakeClock, runUntilDone } from "../stores/fake-clock.ts";
import { faultsOf } from "./conformant.ts";
import { eventsOf } from "./sample-events.ts";

const clock = fakeClock();

/** Answers each batch as it is told, and keeps what it was sent. */
function clientOf(answers: readonly ((entries: readonly SendMessageBatchRequestEntry[]) => object)[]) {
  const sent: (readonly SendMessageBatchRequestEntry[])[] = [];
  const client = {
    async send(command: { readonly input: { readonly Entries: readonly SendMessageBatchRequestEntry[] } }) {
      const { Entries } = command.input;
      sent.push(Entries);
      return answers[sent.length - 1]?.(Entries) ?? { Successful: [] };
    },
    destroy() {},
  };
  return { sent, client: client as unknown as QueueClient };
}

describe("a queue of events", () => {
  test("has one message an event, whose body is the event and nothing else", async () => {
    const transport = createMemoryQueues({ clock });
    const client = new SQSClient({ transport });
    const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: "pictures" }));
    const sink = createQueueSink(client, QueueUrl);
    expect(await sink.send(eventsOf(10))).toEqual({ kind: "taken" });
    const asked = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] });
    const { Messages = [] } = await runUntilDone(clock, client.send(asked));
    const bodies = Messages.map(({ Body = "" }) => Body);
    expect(bodies.flatMap(faultsOf)).toEqual([]);
    expect(bodies.map((body) => JSON.parse(body).subject).sort()).toEqual(
      eventsOf(10)
        .map(({ subject }) => subject)
        .sort(),
    );
    expect(Messages.every(({ MessageAttributes }) => MessageAttributes === undefined)).toBe(true);
    await sink.close();
  });

  test("that takes some of a batch is sent the others once more, alone", async () => {
    const { sent, client } = clientOf([
      (entries) => ({ Failed: [{ Id: entries[2]?.Id, SenderFault: false, Code: "InternalError" }] }),
    ]);
    expect(await createQueueSink(client, "https://sqs/1/q").send(eventsOf(4))).toEqual({ kind: "taken" });
    expect(sent.map((entries) => entries.map(({ Id }) => Id))).toEqual([["0", "1", "2", "3"], ["2"]]);
  });

  test("whose refusal is the events' own fault, or the queue's, says whose", async () => {
    const failing = (SenderFault: boolean) => (entries: readonly SendMessageBatchRequestEntry[]) => ({
      Failed: [{ Id: entries[0]?.Id, SenderFault, Code: "TooLong", Message: "it is too long" }],
    });
    const own = clientOf([failing(true)]);
    expect(await createQueueSink(own.client, "https://sqs/1/q").send(eventsOf(2))).toEqual({
      kind: "refused",
      whose: "batch",
      again: false,
      why: "TooLong, it is too long",
    });
    const its = clientOf([failing(false), failing(false)]);
    expect(await createQueueSink(its.client, "https://sqs/1/q").send(eventsOf(2))).toMatchObject({
      whose: "sink",
      again: true,
    });
  });

  test("that can't be reached is tried again later, one that is not there is not", async () => {
    const throwing = (error: Error) => () => {
      throw error;
    };
    const { QueueConnectionError, serviceException } = await import("../../src/queue/api/error.ts");
    const away = clientOf([throwing(new QueueConnectionError("ECONNREFUSED", "nobody answered"))]);
    expect(await createQueueSink(away.client, "https://sqs/1/q").send(eventsOf(1))).toMatchObject({
      whose: "sink",
      again: true,
    });
    const none = clientOf([throwing(serviceException("QueueDoesNotExist", "there is none"))]);
    expect(await createQueueSink(none.client, "https://sqs/1/q").send(eventsOf(1))).toEqual({
      kind: "refused",
      whose: "sink",
      again: false,
      why: "QueueDoesNotExist, there is none",
    });
  });

  test("that is FIFO has each event in a group of its own, with an id that leaves out the second", async () => {
    const { sent, client } = clientOf([]);
    const sink = createQueueSink(client, "https://sqs/1/q.fifo");
    await sink.send(eventsOf(2));
    await sink.send(eventsOf(2));
    const ids = sent.map((entries) => entries.map(({ MessageDeduplicationId }) => MessageDeduplicationId));
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids.flat()).size).toBe(2);
    expect(
      sent.flat().every(({ MessageGroupId, MessageDeduplicationId }) => MessageGroupId === MessageDeduplicationId),
    ).toBe(true);
  });
});
