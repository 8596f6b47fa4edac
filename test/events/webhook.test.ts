/** Catches: a batch that is no CloudEvents batch, one that is signed wrongly, and an address or a secret that an error shows. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endedEvent } from "../../src/events/ended-event.ts";
import { checkSink, openSink } from "../../src/events/open-sink.ts";
import { createWebhook } from "../../src/events/webhook.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { tallyToSummary } from "../../src/report/summary.ts";
import { emptyTally } from "../../src/report/tally.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { fakeClock } from "../stores/fake-clock.ts";
import { faultsOf } from "./conformant.ts";
import { openReceiver, type Receiver, secret } from "./receiver.ts";
import { eventsOf } from "./sample-events.ts";

const clock = fakeClock(1_700_000_000_500);
let receiver: Receiver;
beforeEach(async () => {
  receiver = await openReceiver();
});
afterEach(() => receiver.close());

const webhook = (url = receiver.url, said: string | undefined = secret) =>
  createWebhook(url, { createHttp: createWireHttp, clock, secret: { get: () => said, refused: () => undefined } });

describe("a webhook", () => {
  test("is sent archived objects as a batch, signed, each event as CloudEvents says", async () => {
    const hook = webhook();
    expect(await hook.send(eventsOf(3))).toEqual({ kind: "taken" });
    await hook.close();
    const [post] = receiver.posts;
    expect(post).toMatchObject({ url: "/hooks/originals", signed: true });
    expect(post?.headers).toMatchObject({
      "content-type": "application/cloudevents-batch+json; charset=utf-8",
      "webhook-id": expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      "webhook-timestamp": "1700000000",
    });
    const batch: unknown[] = JSON.parse(post?.body ?? "");
    expect(batch.flatMap((event) => faultsOf(JSON.stringify(event)))).toEqual([]);
    expect(receiver.events.map(({ subject }) => subject)).toEqual(["photos/0.jpg", "photos/1.jpg", "photos/2.jpg"]);
  });

  test("is sent the end of a run as one event", async () => {
    const hook = webhook();
    const summary = tallyToSummary(emptyTally(), { run: "r", state: "complete", endedAt: 0 });
    await hook.send([endedEvent({ bucket: "archive-1250000000", prefix: "" }, summary, 0)]);
    await hook.close();
    expect(receiver.posts[0]).toMatchObject({
      signed: true,
      headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
    });
    expect(faultsOf(receiver.posts[0]?.body ?? "")).toEqual([]);
  });

  test("is told the same id when the same is sent again, and another of others", async () => {
    const hook = webhook();
    for (const count of [3, 3, 2]) await hook.send(eventsOf(count));
    await hook.close();
    const [one, again, other] = receiver.posts.map(({ headers }) => headers["webhook-id"]);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test.each([
    [503, { whose: "sink", again: true }],
    [429, { whose: "sink", again: true }],
    [302, { whose: "sink", again: false }],
    [401, { whose: "sink", again: false }],
    [410, { whose: "sink", again: false }],
    [413, { whose: "batch", again: false }],
  ] as const)("that answers with %s refuses it", async (status, refused) => {
    receiver.answer = () => status;
    const hook = webhook();
    const why = `it answered with status ${status}`;
    expect(await hook.send(eventsOf(1))).toMatchObject({ kind: "refused", why, ...refused });
    await hook.close();
  });

  test("that is not there is told by the connection's error, without what may be secret of its address", async () => {
    const hook = webhook("http://127.0.0.1:9/T0/SECRET-CHANNEL?key=another-secret");
    const sent = await hook.send(eventsOf(1));
    await hook.close();
    expect(sent).toMatchObject({
      kind: "refused",
      whose: "sink",
      again: true,
      why: expect.stringContaining("ECONNREFUSED"),
    });
    expect(JSON.stringify(sent)).not.toMatch(/SECRET-CHANNEL|another-secret/);
  });

  test("is sent nothing unsigned", async () => {
    const hook = webhook(receiver.url, "");
    expect(await hook.send(eventsOf(1))).toMatchObject({
      kind: "refused",
      whose: "sink",
      again: false,
      why: expect.stringContaining("ORIGINALS_WEBHOOK_SECRET is not set"),
    });
    await hook.close();
    expect(receiver.posts).toEqual([]);
  });
});

describe("before work begins", () => {
  const check = (
    text: string,
    environment: Record<string, string> = { ORIGINALS_WEBHOOK_SECRET: secret },
    allowHttp?: string[],
  ) =>
    checkSink(text, {
      environment,
      createHttp: createWireHttp,
      allowHttp,
      clock,
      random: () => 0,
      log: silentLog,
      setting: "--events",
    });

  test.each([
    ["a webhook on https", "https://hooks.example.com/a"],
    ["a webhook on this machine", "http://127.0.0.1:1/a"],
    ["an SQS queue", "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/pictures"],
    ["a TDMQ queue", "tdmq:https://cmq-gz.public.tencenttdmq.com/pictures?region=ap-guangzhou"],
  ])("%s is taken", async (_, text) => {
    await expect(check(text)).resolves.toBeUndefined();
  });

  test("plain http is refused, unless its host is allowed", async () => {
    const text = "http://hooks.example.com/SECRET-CHANNEL";
    await expect(check(text)).rejects.toThrow(
      /^--events names http:\/\/hooks\.example\.com, which would be called over plain http, .* --allow-http hooks\.example\.com\.$/,
    );
    await expect(check(text, undefined, ["hooks.example.com"])).resolves.toBeUndefined();
  });

  test("a webhook without a secret is refused, a queue needs none", async () => {
    await expect(check("https://hooks.example.com/a", {})).rejects.toMatchObject({ code: "MissingSetting" });
    await expect(check("sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/pictures", {})).resolves.toBeUndefined();
  });

  test("a target that is none can't be opened", () => {
    expect(() =>
      openSink("pictures", {
        environment: {},
        createHttp: createWireHttp,
        clock,
        random: () => 0,
        log: silentLog,
        setting: "--events",
      }),
    ).toThrow(/^--events is none of https/);
  });
});
