import { expect, it } from "vitest";
import { queueFromUrl, ReceiveMessageCommand, SendMessageCommand } from "../../src/queue/index.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { fakeClock } from "./fake-clock.ts";
import { startTdmqServer } from "./tdmq-server.ts";

const dependencies = { clock: fakeClock(), random: Math.random, log: silentLog, env: {} };

it.each([
  ["memory:", "memory", "memory:originals"],
  ["memory:mine", "memory", "memory:mine"],
  [
    "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/q",
    "sqs",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
  ],
  ["sqs:http://127.0.0.1:4566/000000000000/q", "sqs", "http://127.0.0.1:4566/000000000000/q"],
  [
    "sqs:http://sqs.us-east-1.localhost:4566/000000000000/q",
    "sqs",
    "http://sqs.us-east-1.localhost:4566/000000000000/q",
  ],
  [
    "tdmq:https://cmq-gz.publicabc.tencenttdmq.com/q?region=ap-guangzhou",
    "tdmq",
    "https://cmq-gz.publicabc.tencenttdmq.com/q",
  ],
])("%s is a %s queue", (text, kind, queueUrl) => {
  const queue = queueFromUrl(text, dependencies);
  expect({ kind: queue.kind, queueUrl: queue.queueUrl }).toEqual({ kind, queueUrl });
  queue.client.destroy();
});

it.each([
  ["", "memory:, sqs:URL or tdmq:URL"],
  ["redis://x", "memory:, sqs:URL or tdmq:URL"],
  ["https://sqs.eu-west-1.amazonaws.com/1/q", "memory:, sqs:URL or tdmq:URL"],
  ["memory:a b", "A-Z"],
  ["sqs:", "must be a URL"],
  ["sqs:my-queue", "must be a URL"],
  ["sqs:https://sqs.eu-west-1.amazonaws.com", "no queue in its path"],
  ["tdmq:https://host/?region=r", "must be the queue's name"],
  ["tdmq:https://host/a/b?region=r", "must be the queue's name"],
  ["tdmq:https://host/q", "TENCENTCLOUD_REGION"],
])("%j is refused with a sentence that quotes it and names --queue", (text, hint) => {
  const attempt = () => queueFromUrl(text, dependencies);
  expect(attempt).toThrow(expect.objectContaining({ name: "UserError", code: "InvalidQueue" }));
  expect(attempt).toThrow(`--queue ${JSON.stringify(text)}`);
  expect(attempt).toThrow(hint);
});

it("names the setting that is wrong", () => {
  const named = { ...dependencies, setting: "--dead-letter-queue" };
  expect(() => queueFromUrl("sqs:dead", named)).toThrow(/^--dead-letter-queue "sqs:dead" names no queue: /);
  expect(() => queueFromUrl("sqs:https://me:hunter2@host/1/q", named)).toThrow(/^--dead-letter-queue names a URL with/);
});

it("never shows a password that was put into a queue's URL", () => {
  const attempt = () => queueFromUrl("sqs:https://me:hunter2@host/1/q", dependencies);
  expect(attempt).toThrow(expect.objectContaining({ code: "InvalidQueue" }));
  expect(attempt).not.toThrow("hunter2");
});

it("refuses plain http elsewhere, and takes it where it is allowed", () => {
  const attempt = (allowHttp: readonly string[]) =>
    queueFromUrl("sqs:http://mq.example/1/q", { ...dependencies, allowHttp });
  expect(() => attempt([])).toThrow("--allow-http mq.example");
  attempt(["mq.example"]).client.destroy();
});

it("carries messages over the queue that memory: names", async () => {
  const { client, queueUrl: QueueUrl } = queueFromUrl("memory:", dependencies);
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" }));
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(["b"]);
});

it("carries messages over the queue that tdmq: names", async () => {
  const server = await startTdmqServer();
  const url = server.createQueue("q", 30);
  const { client, queueUrl: QueueUrl } = queueFromUrl(`tdmq:${url}`, {
    ...dependencies,
    clock: { ...dependencies.clock, now: Date.now },
    env: server.env,
  });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" }));
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(["b"]);
  client.destroy();
  await server.close();
});
