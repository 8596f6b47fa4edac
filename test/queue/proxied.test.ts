/** Queues where a proxy is set. */
import { expect, it, onTestFinished } from "vitest";
import { createSqsJsonTransport, GetQueueUrlCommand, SQSClient } from "../../src/queue/index.ts";
import { openProxy } from "../http/proxy-server.ts";
import { deadOrigin } from "../http/raw-server.ts";
import { scriptedServer } from "./http-server.ts";

const keys = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret-of-the-test", AWS_REGION: "eu-west-1" };

async function askedBy(host: string, environment: (proxy: string) => Record<string, string>) {
  const server = await scriptedServer({ body: { QueueUrl: "https://queue.example/1/q" } });
  const proxy = await openProxy();
  const endpoint = server.url.replace("127.0.0.1", host);
  const env = { ...keys, ...environment(proxy.url) };
  const client = new SQSClient({ transport: createSqsJsonTransport({ endpoint, allowHttp: [host], env }) });
  onTestFinished(async () => {
    client.destroy();
    await proxy.close();
    await server.close();
  });
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: "q" }));
  expect(QueueUrl).toBe("https://queue.example/1/q");
  return { asked: proxy.asked, endpoint: new URL(endpoint).origin };
}

it("a queue elsewhere is spoken to through the proxy", async () => {
  const { asked, endpoint } = await askedBy("0.0.0.0", (HTTP_PROXY) => ({ HTTP_PROXY }));
  expect(asked).toEqual([`POST ${endpoint}`]);
});

it("a queue of NO_PROXY is spoken to directly", async () => {
  const { asked } = await askedBy("0.0.0.0", (HTTP_PROXY) => ({ HTTP_PROXY, NO_PROXY: "0.0.0.0" }));
  expect(asked).toEqual([]);
});

it("a queue on this machine is spoken to directly, though the proxy is dead", async () => {
  const dead = await deadOrigin();
  const { asked } = await askedBy("127.0.0.1", () => ({ HTTP_PROXY: dead, HTTPS_PROXY: dead }));
  expect(asked).toEqual([]);
});
