/**
 * What a program may expect of a queue, whichever it is: run on every transport, and on the real AWS client. Each test makes queues
 * of its own. On real servers time is real, so what must pass is 1 s long and waited for by a long poll.
 *
 * Where the subjects differ from SQS as AWS runs it, the difference stands in `differences`, and only there.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  type QueueAttributeName,
  type QueueClient,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "../../src/queue/index.ts";

export interface Differences {
  /** A receipt handle that never was one is refused. */
  readonly refusesGarbageHandles: boolean;
  /** A message that came from a dead-letter policy says where it came from. */
  readonly namesDeadLetterSource: boolean;
  /** ApproximateReceiveCount of the first delivery from the dead-letter queue, after two deliveries from the first. */
  readonly countAfterRedrive: string;
  /** Characters beyond #xFFFF are valid. */
  readonly takesAstralCharacters: boolean;
  /** A delay of more than 900 s is refused. */
  readonly refusesLongDelays: boolean;
  /** Has ChangeMessageVisibility, a visibility per receive, queue attributes and a redrive policy. */
  readonly changesVisibility: boolean;
  /** Counts receives in ApproximateReceiveCount. */
  readonly countsReceives: boolean;
  /** What stands before the name of an error that has no class of its own. */
  readonly errorPrefix: string;
}

/** As AWS says SQS is. */
const sqs: Differences = {
  refusesGarbageHandles: true,
  namesDeadLetterSource: true,
  countAfterRedrive: "3",
  takesAstralCharacters: true,
  refusesLongDelays: true,
  changesVisibility: true,
  countsReceives: true,
  errorPrefix: "",
};
/** fauxqs 1.9.2. */
const fauxqs: Differences = {
  ...sqs,
  refusesGarbageHandles: false,
  namesDeadLetterSource: false,
  countAfterRedrive: "4",
  takesAstralCharacters: false,
  refusesLongDelays: false,
};
export const differences = {
  memory: sqs,
  fauxqs,
  /** Its x-amzn-query-error has a prefix on every name, SQS's on few; the AWS client takes the name from there. */
  awsOnFauxqs: { ...fauxqs, errorPrefix: "AWS.SimpleQueueService." },
  tdmq: { ...sqs, changesVisibility: false, countsReceives: false },
} as const satisfies Readonly<Record<string, Differences>>;

export interface Subject {
  readonly client: QueueClient;
  /** A new queue's URL. */
  createQueue(name: string, attributes?: Partial<Record<QueueAttributeName, string>>): Promise<string>;
  /** Lets this long pass, where the subject's time can be moved; else the long poll itself waits. */
  pass?(ms: number): Promise<void>;
  close(): Promise<void>;
}

const name = () => `q-${randomUUID()}`;
const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.name : String(thrown));
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: unknown) => nameOf(error),
  );

export function queueConformance(
  title: string,
  differs: Differences,
  time: "real" | "moved",
  open: () => Promise<Subject>,
): void {
  const real = time === "real";
  const unmodeled = (name: string) => differs.errorPrefix + name;
  // Where time is real, waiting is done side by side.
  describe(`a queue through ${title}`, { concurrent: real }, () => {
    let subject: Subject;
    let client: QueueClient;
    beforeAll(async () => {
      subject = await open();
      client = subject.client;
    });
    afterAll(() => subject.close());

    const send = (QueueUrl: string, MessageBody: string, more: { DelaySeconds?: number } = {}) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
    const receive = async (QueueUrl: string, more: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {}) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0, ...more }))).Messages ?? [];
    /** Receives what becomes visible within three seconds. */
    const awaitMessages = async (QueueUrl: string, more: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {}) => {
      const received = receive(QueueUrl, { WaitTimeSeconds: 3, ...more });
      await subject.pass?.(3_000);
      return received;
    };
    const only = (messages: readonly Message[]): Message => {
      expect(messages).toHaveLength(1);
      return messages[0]!;
    };

    describe("sending and receiving", () => {
      it("delivers a body unchanged, with the MD5 and the id that sending answered", async () => {
        const url = await subject.createQueue(name());
        const body = '{"a": "é, 漢字, \\"quoted\\" & <tag>"}\r\n\t+ %20 =';
        const sent = await send(url, body);
        const message = only(await receive(url));
        expect(message.Body).toBe(body);
        expect(message.MessageId).toBe(sent.MessageId);
        expect(message.MD5OfBody).toBe(sent.MD5OfMessageBody);
        expect(sent.$metadata.httpStatusCode).toBe(200);
      });

      it.runIf(differs.takesAstralCharacters)("delivers characters beyond the basic plane", async () => {
        const url = await subject.createQueue(name());
        await send(url, "a 🎞 b");
        expect(only(await receive(url)).Body).toBe("a 🎞 b");
      });

      it("answers a receive from an empty queue without Messages", async () => {
        const url = await subject.createQueue(name());
        const answer = await client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 0 }));
        expect(answer.Messages).toBeUndefined();
      });

      it("delivers string, number and binary attributes that were asked for, and only those", async () => {
        const url = await subject.createQueue(name());
        const sent = await client.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody: "b",
            MessageAttributes: {
              "run.id": { DataType: "String", StringValue: "r 1" },
              "run.rows": { DataType: "Number", StringValue: "17" },
              raw: { DataType: "Binary.gzip", BinaryValue: Uint8Array.of(0, 1, 254, 255) },
            },
          }),
        );
        // As an implementation that is not ours (fauxqs) computes it.
        expect(sent.MD5OfMessageAttributes).toBe("bc7f227ee2e9bd5041f55603e197872b");
        const message = only(await receive(url, { MessageAttributeNames: ["run.*", "raw"] }));
        expect(Object.keys(message.MessageAttributes ?? {}).sort()).toEqual(["raw", "run.id", "run.rows"]);
        expect(message.MessageAttributes?.["run.id"]?.StringValue).toBe("r 1");
        expect(message.MessageAttributes?.["run.rows"]).toMatchObject({ DataType: "Number", StringValue: "17" });
        expect([...(message.MessageAttributes?.raw?.BinaryValue ?? [])]).toEqual([0, 1, 254, 255]);
        expect(message.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
      });

      it("sends a batch and delivers it once, each entry under its id", async () => {
        const url = await subject.createQueue(name());
        const bodies = Array.from({ length: 10 }, (_, index) => `body ${index}`);
        const { Successful, Failed } = await client.send(
          new SendMessageBatchCommand({
            QueueUrl: url,
            Entries: bodies.map((MessageBody, index) => ({ Id: `e-${index}`, MessageBody })),
          }),
        );
        expect(Failed ?? []).toEqual([]);
        expect(Successful?.map((entry) => entry.Id).sort()).toEqual(bodies.map((_, index) => `e-${index}`).sort());
        const received: string[] = [];
        for (let messages = await receive(url, { MaxNumberOfMessages: 10 }); messages.length > 0; ) {
          received.push(...messages.map((message) => message.Body ?? ""));
          messages = await receive(url, { MaxNumberOfMessages: 10 });
        }
        expect(received.sort()).toEqual(bodies);
      });

      it("wakes a long poll for a message sent while it waits", async () => {
        const url = await subject.createQueue(name());
        const waiting = receive(url, { WaitTimeSeconds: 20 });
        await send(url, "late");
        expect(only(await waiting).Body).toBe("late");
      });

      it("ends an aborted long poll with an AbortError", async () => {
        const url = await subject.createQueue(name());
        const abort = new AbortController();
        const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 });
        const waiting = client.send(command, { abortSignal: abort.signal });
        const ended = refusal(waiting);
        await new Promise((resolve) => setImmediate(resolve));
        abort.abort();
        expect(await ended).toBe("AbortError");
      });

      it("hides a delayed message", async () => {
        const url = await subject.createQueue(name());
        await send(url, "later", { DelaySeconds: 60 });
        expect(await receive(url)).toEqual([]);
      });

      it("delivers a delayed message when its delay is over", async () => {
        const url = await subject.createQueue(name());
        await send(url, "later", { DelaySeconds: 1 });
        expect(only(await awaitMessages(url)).Body).toBe("later");
      });

      it("hides a received message from other receivers", async () => {
        const url = await subject.createQueue(name());
        await send(url, "b");
        only(await receive(url));
        expect(await receive(url)).toEqual([]);
      });
    });

    describe("deleting", () => {
      it("never delivers a deleted message again", async () => {
        const url = await subject.createQueue(name(), { VisibilityTimeout: "1" });
        await send(url, "b");
        const { ReceiptHandle } = only(await receive(url));
        await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
        expect(await awaitMessages(url, { WaitTimeSeconds: 2 })).toEqual([]);
      });

      it("deletes a batch, each entry reported under its id", async () => {
        const url = await subject.createQueue(name(), { VisibilityTimeout: "1" });
        for (const body of ["a", "b", "c"]) await send(url, body);
        const received: Message[] = [];
        while (received.length < 3) received.push(...(await receive(url, { MaxNumberOfMessages: 10 })));
        const { Successful, Failed } = await client.send(
          new DeleteMessageBatchCommand({
            QueueUrl: url,
            Entries: received.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle })),
          }),
        );
        expect(Failed ?? []).toEqual([]);
        expect(Successful?.map(({ Id }) => Id).sort()).toEqual(["0", "1", "2"]);
        expect(await awaitMessages(url, { WaitTimeSeconds: 2 })).toEqual([]);
      });

      it.runIf(differs.refusesGarbageHandles)("refuses a receipt handle that never was one", async () => {
        const url = await subject.createQueue(name());
        await send(url, "b");
        const handle = { QueueUrl: url, ReceiptHandle: "garbage" };
        expect(await refusal(client.send(new DeleteMessageCommand(handle)))).not.toBe("accepted");
      });
    });

    it("delivers a message again, under another handle, when its visibility has run out", async () => {
      const url = await subject.createQueue(name(), { VisibilityTimeout: "1" });
      await send(url, "b");
      const first = only(await receive(url));
      const second = only(await awaitMessages(url, { MessageSystemAttributeNames: ["All"] }));
      expect(second.MessageId).toBe(first.MessageId);
      expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle);
      expect(Number(second.Attributes?.SentTimestamp)).toBeGreaterThan(1_600_000_000_000);
      expect(second.Attributes?.ApproximateReceiveCount).toBe(differs.countsReceives ? "2" : undefined);
    });

    describe.runIf(differs.changesVisibility)("visibility", () => {
      it("gives a message back at once when its visibility is set to 0", async () => {
        const url = await subject.createQueue(name());
        await send(url, "b");
        const { ReceiptHandle } = only(await receive(url));
        const handled = { QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 };
        await client.send(new ChangeMessageVisibilityCommand(handled));
        expect(only(await receive(url)).Body).toBe("b");
      });

      it("extends one message of two received together", async () => {
        const url = await subject.createQueue(name());
        await send(url, "a");
        await send(url, "b");
        const received = await receive(url, { MaxNumberOfMessages: 10, VisibilityTimeout: 1 });
        expect(received).toHaveLength(2);
        const kept = received.find(({ Body }) => Body === "a");
        const { Successful, Failed } = await client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: [{ Id: "a", ReceiptHandle: kept?.ReceiptHandle, VisibilityTimeout: 30 }],
          }),
        );
        expect([Successful, Failed ?? []]).toEqual([[{ Id: "a" }], []]);
        expect((await awaitMessages(url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(["b"]);
      });

      it("refuses to change the visibility of a deleted message", async () => {
        const url = await subject.createQueue(name());
        await send(url, "b");
        const handled = { QueueUrl: url, ReceiptHandle: only(await receive(url)).ReceiptHandle };
        await client.send(new DeleteMessageCommand(handled));
        const change = new ChangeMessageVisibilityCommand({ ...handled, VisibilityTimeout: 5 });
        expect(["MessageNotInflight", unmodeled("InvalidParameterValue")]).toContain(
          await refusal(client.send(change)),
        );
      });

      it("moves a message to the dead-letter queue on the receive after its last", async () => {
        const deadName = name();
        const dead = await subject.createQueue(deadName);
        const { Attributes } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
        );
        const url = await subject.createQueue(name(), {
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 }),
        });
        const sent = await send(url, "poison");
        only(await receive(url, { VisibilityTimeout: 0 }));
        only(await receive(url, { VisibilityTimeout: 0 }));
        expect(await receive(dead)).toEqual([]);
        expect(await receive(url)).toEqual([]);
        const message = only(await receive(dead, { MessageSystemAttributeNames: ["All"] }));
        expect(message.MessageId).toBe(sent.MessageId);
        expect(message.Attributes?.ApproximateReceiveCount).toBe(differs.countAfterRedrive);
        expect(message.Attributes?.DeadLetterQueueSourceArn !== undefined).toBe(differs.namesDeadLetterSource);
      });

      it("counts visible, hidden and delayed messages", async () => {
        const url = await subject.createQueue(name(), { VisibilityTimeout: "77" });
        for (const body of ["a", "b", "c"]) await send(url, body);
        await send(url, "d", { DelaySeconds: 60 });
        await receive(url);
        const { Attributes } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
        );
        expect(Attributes).toMatchObject({
          ApproximateNumberOfMessages: "2",
          ApproximateNumberOfMessagesNotVisible: "1",
          ApproximateNumberOfMessagesDelayed: "1",
          VisibilityTimeout: "77",
        });
        expect(Attributes?.QueueArn).toMatch(/^arn:aws:sqs:/);
      });

      it("finds a queue by its name", async () => {
        const queue = name();
        const url = await subject.createQueue(queue);
        expect((await client.send(new GetQueueUrlCommand({ QueueName: queue }))).QueueUrl).toBe(url);
      });
    });

    describe("refusals, by the names SQS gives them", () => {
      const entry = (Id: string, MessageBody = "b") => ({ Id, MessageBody });
      const batches: readonly [string, { Id: string; MessageBody: string }[], string][] = [
        ["an empty batch", [], "EmptyBatchRequest"],
        ["eleven entries", Array.from({ length: 11 }, (_, i) => entry(`${i}`)), "TooManyEntriesInBatchRequest"],
        ["an id given twice", [entry("a"), entry("a")], "BatchEntryIdsNotDistinct"],
        ["an id with a dot", [entry("a.b")], "InvalidBatchEntryId"],
        [
          "more than 1 MiB together",
          [entry("a", "x".repeat(600_000)), entry("b", "x".repeat(600_000))],
          "BatchRequestTooLong",
        ],
      ];
      it.each(batches)("%s", async (_, Entries, expected) => {
        const url = await subject.createQueue(name());
        expect(await refusal(client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })))).toBe(expected);
      });

      it("a forbidden character, in a message and in one entry of a batch", async () => {
        const url = await subject.createQueue(name());
        expect(await refusal(send(url, "a\u0000b"))).toBe(unmodeled("InvalidMessageContents"));
        const { Successful, Failed } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: url, Entries: [entry("good"), entry("bad", "\uFFFF")] }),
        );
        expect(Successful?.map(({ Id }) => Id)).toEqual(["good"]);
        expect(Failed).toMatchObject([{ Id: "bad", SenderFault: true, Code: "InvalidMessageContents" }]);
      });

      it("a message of more than 1 MiB; one of exactly 1 MiB is taken", async () => {
        const url = await subject.createQueue(name());
        expect(await refusal(send(url, "x".repeat(1_048_577)))).toBe(unmodeled("InvalidParameterValue"));
        expect(await refusal(send(url, "x".repeat(1_048_576)))).toBe("accepted");
      });

      it("a receive of eleven", async () => {
        const url = await subject.createQueue(name());
        expect(await refusal(receive(url, { MaxNumberOfMessages: 11 }))).toBe(unmodeled("InvalidParameterValue"));
      });

      it.runIf(differs.refusesLongDelays)("a delay of 901 s", async () => {
        const url = await subject.createQueue(name());
        expect(await refusal(send(url, "b", { DelaySeconds: 901 }))).toBe(unmodeled("InvalidParameterValue"));
      });

      it("a queue that does not exist", async () => {
        const url = await subject.createQueue(name());
        expect(await refusal(send(`${url}-not`, "b"))).toBe("QueueDoesNotExist");
      });

      it.runIf(differs.changesVisibility)("a visibility of 13 hours", async () => {
        const url = await subject.createQueue(name());
        await send(url, "b");
        const { ReceiptHandle } = only(await receive(url));
        const change = new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 46_800 });
        expect(await refusal(client.send(change))).toBe(unmodeled("InvalidParameterValue"));
      });

      it.runIf(!differs.changesVisibility)("what the queue does not have, as UnsupportedOperation", async () => {
        const url = await subject.createQueue(name());
        const lacking = [
          client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: "r", VisibilityTimeout: 1 })),
          client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: [] })),
          client.send(new GetQueueAttributesCommand({ QueueUrl: url })),
          client.send(
            new SendMessageCommand({
              QueueUrl: url,
              MessageBody: "b",
              MessageGroupId: "g",
              MessageDeduplicationId: "d",
            }),
          ),
        ];
        expect(await Promise.all(lacking.map(refusal))).toEqual(lacking.map(() => "UnsupportedOperation"));
      });
    });
  });
}
