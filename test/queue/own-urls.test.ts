/** A queue whose URL is another than what it is known by: of an ARN, as AWS makes them, and not of the service that is dialled. */
import { SQSClient as AwsSQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOwnUrls } from "../../src/queue/api/own-urls.ts";
import {
  CreateQueueCommand,
  createLease,
  createSqsJsonTransport,
  deadLetterQueueOf,
  type QueueClient,
  ReceiveMessageCommand,
  SQSClient,
  serviceException,
} from "../../src/queue/index.ts";
import { withOwnUrls } from "../../src/queue/own-url-client.ts";
import { createDeadLetters } from "../../src/run/messages/dead-letters.ts";
import { queueSender } from "../../src/run/messages/queue-sender.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";

const missing = () => serviceException("QueueDoesNotExist", "There is no such queue.");

describe("what a service calls its queues", () => {
  /** A service that knows `own` alone. */
  function service(own: string | undefined) {
    const sent: string[] = [];
    const asked: string[] = [];
    const urls = createOwnUrls();
    const send = (at: string) =>
      urls.through(
        at,
        async (url) => {
          sent.push(url);
          if (url !== own) throw missing();
          return "taken";
        },
        async (name) => {
          asked.push(name);
          if (own === undefined) throw missing();
          return own;
        },
      );
    return { send, sent, asked };
  }

  it("is asked once, though many messages meet it at once", async () => {
    const { send, asked } = service("http://127.0.0.1:1/0/q");
    const all = await Promise.all(Array.from({ length: 10 }, () => send("https://sqs.eu-west-1.amazonaws.com/1/q")));
    expect(all).toEqual(Array.from({ length: 10 }, () => "taken"));
    await send("https://sqs.eu-west-1.amazonaws.com/1/q");
    expect(asked).toEqual(["q"]);
  });

  it("is not asked where the URL is right", async () => {
    const { send, sent, asked } = service("http://127.0.0.1:1/0/q");
    await send("http://127.0.0.1:1/0/q");
    expect({ sent, asked }).toEqual({ sent: ["http://127.0.0.1:1/0/q"], asked: [] });
  });

  it("leaves what was said first, where there is none of that name, or it is called the same", async () => {
    await expect(service(undefined).send("http://x/1/q")).rejects.toThrow("There is no such queue.");
    const urls = createOwnUrls();
    const same = urls.through(
      "http://x/1/q",
      () => Promise.reject(missing()),
      async () => "http://x/1/q",
    );
    await expect(same).rejects.toThrow("There is no such queue.");
  });

  it("is asked anew after the queue was deleted, for another may be made under its name", async () => {
    let own = "http://127.0.0.1:1/0/q";
    const urls = createOwnUrls();
    const send = () =>
      urls.through(
        "http://x/1/q",
        (url) => (url === own ? Promise.resolve(url) : Promise.reject(missing())),
        async () => own,
      );
    expect(await send()).toBe("http://127.0.0.1:1/0/q");
    own = "http://127.0.0.1:1/0/q-2";
    await expect(send()).rejects.toThrow("There is no such queue.");
    expect(await send()).toBe(own);
  });

  it("takes no other refusal for that", async () => {
    const refused = createOwnUrls().through(
      "http://x/1/q",
      () => Promise.reject(serviceException("AccessDenied", "no permission")),
      async () => "http://y/1/q",
    );
    await expect(refused).rejects.toThrow("no permission");
  });
});

describe("on a service that is not AWS, by URLs made from ARNs", () => {
  const app = buildApp({ logger: false });
  let endpoint: string;
  beforeAll(async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    endpoint = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`;
  });
  afterAll(() => app.close());

  const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
  const region = "us-east-1";
  const clients: readonly [string, () => QueueClient][] = [
    [
      "this package",
      () => new SQSClient({ transport: createSqsJsonTransport({ region, endpoint, credentials, env: {} }) }),
    ],
    // That a queue's URL says where to dial would lead it to AWS.
    ["the AWS package", () => new AwsSQSClient({ region, endpoint, credentials, useQueueUrlAsEndpoint: false })],
  ];

  it.each(clients)("the client of %s hands over, extends and deletes, and sends dead letters", async (name, make) => {
    const client = make();
    const id = name.replaceAll(" ", "-");
    const create = async (QueueName: string, Attributes = {}) =>
      (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
    const dead = await create(`dead-${id}`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:dead-${id}`;
    const work = await create(`work-${id}`, {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 }),
    });
    const ofArn = `https://sqs.us-east-1.amazonaws.com/000000000000/work-${id}`;
    expect(work).not.toBe(ofArn);

    const world = { clock: systemClock, random: Math.random };
    await queueSender(client, ofArn, world).send("handed over");
    const receive = async (QueueUrl: string) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, VisibilityTimeout: 30 })))
        .Messages ?? [];
    const [message] = await receive(work);
    expect(message?.Body).toBe("handed over");

    const letters = createDeadLetters(world)({ client, queueUrl: ofArn });
    expect(await letters.isLast(5)).toBe(true);
    expect(await letters.take({ body: "poison", reason: "it is no message" })).toMatchObject({ kind: "moved" });
    expect((await receive(dead)).map(({ Body }) => Body)).toEqual(["poison"]);
    expect(await deadLetterQueueOf(client, ofArn)).toBe(`https://sqs.us-east-1.amazonaws.com/000000000000/dead-${id}`);

    const lease = createLease({
      client,
      queueUrl: ofArn,
      receiptHandle: message?.ReceiptHandle ?? "",
      receivedAt: systemClock.elapsed(),
      visibilitySeconds: 30,
      clock: systemClock,
    });
    expect(await lease.giveBack(0)).toEqual({ kind: "given-back" });
    const [again] = await receive(work);
    const second = createLease({
      client,
      queueUrl: ofArn,
      receiptHandle: again?.ReceiptHandle ?? "",
      receivedAt: systemClock.elapsed(),
      visibilitySeconds: 30,
      clock: systemClock,
    });
    expect(await second.acknowledge()).toEqual({ kind: "acknowledged" });
    client.destroy();
  });

  it("what one user of a client found out, all know", () => {
    const client = new AwsSQSClient({ region, endpoint, credentials });
    const finding = withOwnUrls(client);
    expect(withOwnUrls(client)).toBe(finding);
    expect(withOwnUrls(finding)).toBe(finding);
    const ours = new SQSClient({ transport: createSqsJsonTransport({ region, endpoint, credentials, env: {} }) });
    expect(withOwnUrls(ours)).toBe(ours);
  });
});
