/** What people and services put into a queue around a message, or instead of one (people/: as they send it). */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openBody } from "../../../src/run/messages/envelope.ts";
import { parseMessage, readMessage } from "../../../src/run/messages/messages.ts";
import { createWorld, inlineMessage, seedPictures } from "../world.ts";

const sent = (name: string) => readFileSync(new URL(`people/${name}.json`, import.meta.url), "utf8");
const reasonOf = (body: string): string => {
  try {
    parseMessage(body);
    return "";
  } catch (thrown) {
    return (thrown as Error).message;
  }
};
const sns = (message: string) =>
  JSON.stringify({ Type: "Notification", TopicArn: "arn:aws:sns:x:1:t", Message: message });

describe("a message", () => {
  test.each(["bom", "sns-envelope", "eventbridge-envelope"])("is read in %s", (name) => {
    expect(parseMessage(sent(name))).toMatchObject({
      type: "manifest",
      source: { bucket: "photos-1250000000" },
      keys: ["album/a.jpg"],
    });
  });

  test("is read in a CloudEvent, as an object or as text, and in an event within a notification", () => {
    const message = inlineMessage(["a.jpg"]);
    const event = { specversion: "1.0", id: "1", type: "originals", source: "us", data: message };
    expect(parseMessage(JSON.stringify(event))).toMatchObject({ keys: ["a.jpg"] });
    expect(parseMessage(JSON.stringify({ ...event, data: JSON.stringify(message) }))).toMatchObject({
      keys: ["a.jpg"],
    });
    expect(
      parseMessage(sns(`\uFEFF${JSON.stringify({ "detail-type": "x", source: "us", detail: message })}`)),
    ).toMatchObject({
      keys: ["a.jpg"],
    });
  });

  test("that is wrong in an envelope is refused by a sentence that names it", () => {
    expect(reasonOf(sns("{"))).toBe(
      'The message in an SNS notification (raw message delivery would bring it alone) "{" is not JSON.',
    );
    expect(reasonOf(JSON.stringify({ "detail-type": "Scheduled Event", source: "aws.events", detail: {} }))).toBe(
      'The message in the `detail` of the EventBridge event "Scheduled Event" {} has no type; it must be "manifest", "shard" or "reconcile".',
    );
    expect(reasonOf(JSON.stringify({ Type: "SubscriptionConfirmation", TopicArn: "t", Message: "m" }))).toMatch(
      /^The message is an SNS SubscriptionConfirmation of "t"; confirm/,
    );
  });
});

describe("an event of a bucket", () => {
  test("that S3 sends as a test is deleted, with one line of log", async () => {
    const lines: unknown[] = [];
    const log = { info: (...line: unknown[]) => lines.push(line), warn: () => undefined, error: () => undefined };
    const world = createWorld({ log: log as never });
    expect(await world.deliver(sent("s3-test-event"))).toEqual({ kind: "acknowledge" });
    expect(await world.deliver(sns(sent("s3-test-event")))).toEqual({ kind: "acknowledge" });
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines[0])).toContain("test event that S3 sends");
    expect(readMessage(sent("s3-test-event"))).toEqual({ nothing: expect.stringContaining('"uploads"') });
    expect(reasonOf(sent("s3-test-event"))).toMatch(
      /^The message is the test event that S3 sends .* asks for nothing\.$/,
    );
  });

  test.each([
    ["s3-object-created", '"uploads" ("ObjectCreated:Put" of "album/a b.jpg")', '"keys":["album/a b.jpg"]'],
    ["cos-object-created", '"photos-1250000000" ("cos:ObjectCreated:Put" of "album/a.jpg")', '"keys":["album/a.jpg"]'],
  ])("of an object (%s) is rejected, by a sentence that says what to send instead", async (name, event, instead) => {
    const world = createWorld();
    for (const body of [sent(name), sns(sent(name))]) {
      const answer = await world.deliver(body);
      expect(answer).toMatchObject({
        kind: "reject",
        reason: expect.stringContaining(`is an event of the bucket ${event}`),
      });
      expect(answer).toMatchObject({ reason: expect.stringContaining(`send a manifest message instead, as {"v":1,`) });
      expect(answer).toMatchObject({ reason: expect.stringContaining(instead) });
    }
  });

  test("by EventBridge is told the same way", () => {
    const detail = { bucket: { name: "uploads" }, object: { key: "a b.jpg" } };
    expect(reasonOf(JSON.stringify({ "detail-type": "Object Created", source: "aws.s3", detail }))).toContain(
      'is an event of the bucket "uploads" ("Object Created" of "a b.jpg")',
    );
  });
});

describe("whatever else comes", () => {
  test.each([
    ["brackets", "[".repeat(100_000) + "]".repeat(100_000)],
    ["objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    [
      "brackets in a message",
      JSON.stringify(inlineMessage(["a"])).replace('"a"', "[".repeat(100_000) + "]".repeat(100_000)),
    ],
    ["brackets in an SNS notification", sns("[".repeat(100_000))],
  ])("nested 100,000 deep, as %s, is rejected", async (_, body) => {
    const world = createWorld();
    expect(await world.deliver(body)).toEqual({
      kind: "reject",
      reason: expect.stringMatching(/^The message.* is nested more than 64 levels deep, and none of this tool is\.$/),
    });
  });

  test.each([
    ["keys", (text: string) => JSON.stringify(inlineMessage([text]))],
    ["spaces", (text: string) => `${JSON.stringify(inlineMessage(["a"]))}${" ".repeat(text.length)}`],
    ["keys in an SNS notification", (text: string) => sns(JSON.stringify(inlineMessage([text])))],
  ])("of many MB, of %s, is rejected before it is read", async (_, of) => {
    const world = createWorld();
    expect(await world.deliver(of("x".repeat(8 * 1024 ** 2)))).toEqual({
      kind: "reject",
      reason: expect.stringMatching(
        /^The message ".{1,130} has 83\d{5} characters, of which at most 8388608 are read; put its keys into a manifest/,
      ),
    });
  });

  test("brackets in a key are no nesting", async () => {
    const world = createWorld();
    const [key = ""] = seedPictures(world.source, 1, `${'[{"\\'.repeat(100)}/`);
    expect(await world.deliver(inlineMessage([key], { run: "r" }))).toEqual({ kind: "acknowledge" });
    expect(world.summary("r")).toMatchObject({ archived: 1 });
  });

  test("is opened, or refused in one sentence; nothing else is thrown", () => {
    const text = fc.oneof(fc.json({ maxDepth: 5 }), fc.string({ unit: "binary" }));
    const wrapped = fc.oneof(
      text,
      text.map(sns),
      fc.jsonValue().map((detail) => JSON.stringify({ "detail-type": "x", source: "aws.s3", detail })),
      fc.jsonValue().map((record) => JSON.stringify({ Records: [record] })),
      fc.jsonValue().map((s3) => JSON.stringify({ Records: [{ s3, cos: s3, eventName: s3 }] })),
      fc.jsonValue().map((cos) => JSON.stringify({ Records: [{ cos, event: cos }] })),
    );
    fc.assert(
      fc.property(wrapped, (body) => {
        try {
          openBody(body);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "UserError", code: "InvalidMessage" });
          expect((thrown as Error).message).toMatch(/^The message[^\n]*\.$/);
        }
      }),
    );
  });
});
