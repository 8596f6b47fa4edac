/**
 * Nothing that a queue's request was signed with comes back in an error or in the outcome of a batch. Would catch: a transport whose
 * answers are told as they came.
 */
import { inspect } from "node:util";
import { afterEach, expect, test } from "vitest";
import {
  createSqsJsonTransport,
  createTdmqCmqTransport,
  DeleteMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Transport,
} from "../../src/queue/index.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import { tinyServer } from "../http/tiny-server.ts";

const secrets = {
  id: "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q",
  key: "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz",
  token: "3Uw+t/0k==Zpq9LrXf7vJm2Nc8Hs4Td6Yb1Ga5Ke",
};
const clock: Clock = { now: () => 1_700_000_000_000, elapsed: () => 0, async sleep() {} };

const transports: Readonly<Record<string, (endpoint: string) => Transport>> = {
  sqs: (endpoint) =>
    createSqsJsonTransport({
      endpoint,
      clock,
      random: () => 0,
      env: {
        AWS_ACCESS_KEY_ID: secrets.id,
        AWS_SECRET_ACCESS_KEY: secrets.key,
        AWS_SESSION_TOKEN: secrets.token,
        AWS_REGION: "eu-west-1",
      },
    }),
  tdmq: (endpoint) =>
    createTdmqCmqTransport({
      endpoint,
      region: "ap-guangzhou",
      clock,
      random: () => 0,
      env: {
        TENCENTCLOUD_SECRETID: secrets.id,
        TENCENTCLOUD_SECRETKEY: secrets.key,
        TENCENTCLOUD_SESSIONTOKEN: secrets.token,
      },
    }),
};

/** What each service would say, and a proxy in its place. */
const answers: Readonly<Record<string, (sent: string) => { readonly status: number; readonly body: string }>> = {
  "a page": (sent) => ({ status: 200, body: sent }),
  "a page that refuses": (sent) => ({ status: 403, body: `${sent.slice(-300)}` }),
  "a page that fails": (sent) => ({ status: 503, body: sent }),
  "an error": (sent) => ({
    status: 400,
    body: JSON.stringify({ __type: sent, message: sent, code: 4_100, requestId: sent }),
  }),
  "a refusal of TDMQ": (sent) => ({
    status: 200,
    body: JSON.stringify({ code: 4_100, message: sent, requestId: sent }),
  }),
  "a batch of which some failed": (sent) => ({
    status: 200,
    body: JSON.stringify({
      code: 6_010,
      message: sent,
      requestId: sent,
      errorList: [{ code: 1, message: sent, receiptHandle: "r1" }],
      Successful: [],
      Failed: [{ Id: "1", Code: "InternalError", Message: sent, SenderFault: true }],
    }),
  }),
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

test.each(
  Object.keys(transports).flatMap((transport) => Object.keys(answers).map((answer) => [transport, answer] as const)),
)("of %s keeps what it was signed with from %s", async (transport, answer) => {
  let sent = "";
  const server = await tinyServer(async (received, response) => {
    const body = (await received.body()).toString();
    sent = `${JSON.stringify(received.headers)} ${body}`;
    const { status, body: text } = answers[answer]?.(sent) ?? { status: 500, body: "" };
    response.writeHead(status, { "x-amzn-requestid": Buffer.from(sent).toString("base64").slice(-600) });
    response.end(text);
  });
  const client = new SQSClient({
    transport: (transports[transport] as (endpoint: string) => Transport)(server.origin),
  });
  closing.push(() => client.destroy());
  const QueueUrl = `${server.origin}/123456789012/q`;
  const outcomes = [
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" })).catch((error: unknown) => error),
    await client
      .send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", ReceiptHandle: "r1" }] }))
      .catch((error: unknown) => error),
  ];
  const signature = /Signature=([^"&\s]{20,})/.exec(sent)?.[1] ?? "";
  expect(signature).not.toBe("");
  for (const outcome of outcomes) {
    const text = inspect(outcome, { depth: 6, maxStringLength: null });
    for (const secret of [...Object.values(secrets), signature]) {
      for (const form of [secret, encodeURIComponent(secret), decodeURIComponent(secret)]) {
        expect(text).not.toContain(form.slice(0, 16));
        expect(text).not.toContain(form.slice(-16));
      }
    }
  }
});
