import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../src/run/messages/messages.ts";
import { decodeLambdaEvent } from "../../../src/runtime/function/lambda-event.ts";
import { decodeScfEvent } from "../../../src/runtime/function/scf-event.ts";
import { eventOf } from "./fixtures.ts";

const ids = (event: ReturnType<typeof decodeScfEvent>) =>
  event.kind === "messages" ? event.messages.map((m) => m.id) : [];
const bodies = (event: ReturnType<typeof decodeScfEvent>) =>
  event.kind === "messages" ? event.messages.map((m) => m.body) : [];

describe("the payloads in events/", () => {
  it("are each read by the door that they are for", () => {
    for (const file of readdirSync(new URL("../../../events/", import.meta.url))) {
      const event = eventOf(file.replace(/\.json$/, ""));
      const decode = file.startsWith("scf-") ? decodeScfEvent : decodeLambdaEvent;
      expect(() => decode(event), file).not.toThrow();
    }
  });

  it("a message attribute that is not as documented is no reason to fail its message", () => {
    const [record] = (eventOf("sqs") as { Records: object[] }).Records;
    const event = decodeLambdaEvent({ Records: [{ ...record, messageAttributes: { trace: "t-1" } }] });
    expect(event).toMatchObject({ records: [{ kind: "message", attributes: undefined }] });
  });

  it("an SQS batch is normalised to what the run needs", () => {
    const event = decodeLambdaEvent(eventOf("sqs"));
    expect(event).toEqual({
      kind: "sqs",
      fifo: false,
      records: [
        {
          kind: "message",
          messageId: "059f36b4-87a3-44ab-83d2-661975830a7d",
          body: expect.any(String),
          receiptHandle: expect.any(String),
          queueArn: "arn:aws:sqs:us-east-1:123456789012:originals-dev",
          attributes: {},
          receives: 1,
        },
      ],
    });
    const record = event.kind === "sqs" ? event.records[0] : undefined;
    expect(parseMessage(record?.kind === "message" ? record.body : "")).toMatchObject({
      type: "manifest",
      run: "events-sqs",
      keys: ["plain.png", { key: "a folder/夏天 +%20.png" }],
    });
  });

  it("a record without a body is malformed, and its neighbours are not", () => {
    const event = decodeLambdaEvent(eventOf("sqs-poison"));
    expect(event.kind === "sqs" && event.records.map((record) => record.kind)).toEqual([
      "message",
      "message",
      "message",
      "malformed",
    ]);
  });

  it("a FIFO batch is known by its queue", () => {
    expect(decodeLambdaEvent(eventOf("sqs-fifo"))).toMatchObject({ kind: "sqs", fifo: true });
  });

  it("EventBridge's schedule and a timer tell their time", () => {
    const schedule = { kind: "schedule", scheduledAt: "2026-11-22T02:00:00Z" };
    expect(decodeLambdaEvent(eventOf("eventbridge-schedule"))).toEqual(schedule);
    expect(decodeLambdaEvent(eventOf("scf-timer"))).toEqual(schedule);
  });

  it("a message may be the event itself, on either platform", () => {
    const message = eventOf("direct");
    expect(decodeLambdaEvent(message)).toEqual({ kind: "message", body: JSON.stringify(message) });
    expect(decodeScfEvent(message)).toMatchObject({ kind: "message", message: { body: JSON.stringify(message) } });
  });

  it("CKafka's partition is read in both spellings", () => {
    expect(ids(decodeScfEvent(eventOf("scf-ckafka")))).toEqual(["originals/1/36", "originals/1/37"]);
    expect(ids(decodeScfEvent(eventOf("scf-ckafka-partition-misspelt")))).toEqual(["originals/1/36"]);
  });

  it("CMQ's tags are read as a list and as a comma string, and merged messages stay apart", () => {
    expect(ids(decodeScfEvent(eventOf("scf-cmq")))).toEqual(["originals/123345346"]);
    expect(ids(decodeScfEvent(eventOf("scf-cmq-tag-string")))).toEqual(["originals/123345346", "originals/123345347"]);
  });

  it("EventBridge's batch is an array, with a queue's record or a message as data", () => {
    const decoded = bodies(decodeScfEvent(eventOf("scf-eventbridge")));
    expect(decoded).toHaveLength(2);
    for (const body of decoded) expect(parseMessage(body)).toMatchObject({ type: "manifest" });
  });

  it("a stored object's key loses the account and bucket before it", () => {
    expect(decodeScfEvent(eventOf("scf-cos"))).toEqual({
      kind: "objects",
      objects: [
        {
          bucket: "manifests-1250000000",
          region: "ap-guangzhou",
          key: "inbox/2026-11-22.csv",
          eventName: "cos:ObjectCreated:Put",
        },
      ],
    });
  });

  it("a timer's text says what it is for", () => {
    expect(decodeScfEvent(eventOf("scf-timer"))).toMatchObject({ kind: "timer", task: "poll" });
    expect(decodeScfEvent(eventOf("scf-timer-list"))).toMatchObject({ kind: "timer", task: "list" });
  });
});

describe("an event that is not as documented", () => {
  const timer = { Type: "Timer", TriggerName: "t", Time: "2026-11-22T02:00:00Z" };
  const sqsRecord = { messageId: "m", body: "{}", eventSource: "aws:sqs", eventSourceARN: "arn:aws:sqs:us-east-1:1:q" };

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^The event undefined is no object\.$/],
    ["a string", "hello", /^The event "hello" is no object\.$/],
    ["an unknown object", { hello: 1 }, /is neither an SQS batch, a schedule, nor a message of this tool/],
    ["Records that are no list", { Records: {} }, /^The event's Records are \{\} and no list\.$/],
    [
      "a record without a messageId",
      { Records: [{ body: "x" }] },
      /^The event's record 1 has no valid `messageId`: .*\.$/,
    ],
    ["a record that is null", { Records: [sqsRecord, null] }, /^The event's record 2 is no object\.$/],
    [
      "a schedule without a time",
      { "detail-type": "Scheduled Event" },
      /has `time` = undefined, which is no ISO 8601 time\.$/,
    ],
    ["a timer with a strange time", { Type: "Timer", Time: "yesterday" }, /has `Time` = "yesterday"/],
  ])("Lambda: %s is told in one sentence", (_, event, sentence) => {
    expect(() => decodeLambdaEvent(event)).toThrow(sentence);
  });

  it.each([
    [{ ...sqsRecord, body: undefined }, "body"],
    [{ ...sqsRecord, eventSource: "aws:sns" }, "eventSource"],
    [{ ...sqsRecord, eventSourceARN: "originals" }, "eventSourceARN"],
    [{ ...sqsRecord, receiptHandle: "" }, "receiptHandle"],
  ])("Lambda: a record that can be named fails alone (%#)", (record, field) => {
    expect(decodeLambdaEvent({ Records: [record, sqsRecord] })).toMatchObject({
      records: [
        { kind: "malformed", messageId: "m", reason: expect.stringContaining(`\`${field}\``) },
        { kind: "message" },
      ],
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", null, /^The event null is no object\.$/],
    [
      "an unknown object",
      { a: 1 },
      /is neither of a timer, CKafka, CMQ, COS or EventBridge trigger nor a message of this tool/,
    ],
    ["no records", { Records: [] }, /is neither of a timer/],
    [
      "an unknown record",
      { Records: [{ Kafka: {} }] },
      /record 1, \{"Kafka":\{\}\}, is neither of CKafka, CMQ nor COS\.$/,
    ],
    [
      "mixed records",
      { Records: [{ CMQ: { msgId: "1", msgBody: "x" } }, { Ckafka: {} }] },
      /record 2 has no valid `CMQ`/,
    ],
    [
      "a body that is no text",
      { Records: [{ CMQ: { msgId: 1, msgBody: 5 } }] },
      /record 1 has no valid `CMQ\.msgBody`/,
    ],
    ["a timer without a time", { Type: "Timer" }, /^The timer's event has no valid `Time`/],
    ["a timer with a misspelt text", { ...timer, Message: "lst" }, /text is "lst"; it must be "poll" .* or "list"/],
    [
      "an event without data",
      [{ specversion: "1.0", id: "1" }],
      /^The event 1 of the batch has no valid `data`: expected nonoptional, received undefined\.$/,
    ],
    [
      "an object of another bucket than its record says",
      {
        Records: [
          {
            cos: { cosObject: { key: "/1/other/k" }, cosBucket: { name: "b", appid: "1" } },
            event: { eventName: "cos:ObjectCreated:Put" },
          },
        ],
      },
      /does not begin with "\/1\/b\/"\.$/,
    ],
  ])("SCF: %s is told in one sentence", (_, event, sentence) => {
    expect(() => decodeScfEvent(event)).toThrow(sentence);
  });

  it("what is nested too deep to be written down is told in one sentence", () => {
    let detail: object = {};
    for (let n = 0; n < 100_000; n++) detail = { n: detail };
    const cloudEvent = { specversion: "1.0", id: "1", data: detail };
    const direct = { v: 1, type: "manifest", keys: detail };
    for (const decode of [
      () => decodeLambdaEvent({ "detail-type": "x", detail }),
      () => decodeLambdaEvent(direct),
      () => decodeScfEvent([cloudEvent]),
      () => decodeScfEvent(direct),
    ]) {
      expect(decode).toThrow(/^The event holds what can't be shown, which is nested too deep to be read, .*\.$/);
    }
  });

  it("anything at all is decoded or refused with a sentence, never with a fault of the program", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ Records: fc.array(fc.jsonValue()) })), (event) => {
        for (const decode of [decodeLambdaEvent, decodeScfEvent]) {
          try {
            decode(event);
          } catch (error) {
            expect((error as { code?: string }).code).toBe("InvalidEvent");
            expect((error as Error).message).toMatch(/^The .*\.$/s);
          }
        }
      }),
    );
  });
});
