import { createHash, createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import {
  ChangeMessageVisibilityCommand,
  createSqsJsonTransport,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  isTransient,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  SQSServiceException,
  type SqsJsonOptions,
} from "../../src/queue/index.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import { type Script, scriptedServer } from "./http-server.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret-of-the-test", AWS_REGION: "eu-west-1" };
const QueueUrl = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const sentReply = { body: { MessageId: "m-1", MD5OfMessageBody: md5("b") } };
const refusal = (name: string, status = 400, headers: Record<string, string> = {}): Script => ({
  status,
  headers: { "x-amzn-requestid": "req-7", ...headers },
  body: { __type: `com.amazonaws.sqs#${name}`, message: "because" },
});

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Time stands still except for what is slept, which passes at once. */
function recordedClock(): Clock & { readonly slept: number[] } {
  let now = Date.UTC(2026, 10, 22, 3, 4, 5);
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    elapsed: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}

async function setUp(script: Script[], options: Partial<SqsJsonOptions> = {}) {
  const server = await scriptedServer(...script);
  const clock = recordedClock();
  const transport = createSqsJsonTransport({ endpoint: server.url, env: KEYS, clock, random: () => 1, ...options });
  const client = new SQSClient({ transport });
  closing.push(() => client.destroy(), server.close);
  return { server, client, clock };
}
const caught = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("accepted"),
    (error: Error) => error,
  );
const send = new SendMessageCommand({ QueueUrl, MessageBody: "b" });

describe("a request to SQS", () => {
  it("is a POST of JSON 1.0 to the endpoint's root, the action in X-Amz-Target", async () => {
    const { server, client } = await setUp([sentReply]);
    const output = await client.send(send);
    expect(output).toMatchObject({ MessageId: "m-1", $metadata: { httpStatusCode: 200, attempts: 1 } });
    const [request] = server.received;
    expect(request).toMatchObject({ method: "POST", path: "/" });
    expect(request?.headers).toMatchObject({
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.SendMessage",
    });
    expect(JSON.parse(request?.body ?? "")).toEqual({ QueueUrl, MessageBody: "b" });
  });

  // Signature Version 4, computed a second time from the published steps.
  it("carries a Signature Version 4 of its region, the service sqs, its headers and its body", async () => {
    const { server, client } = await setUp([sentReply], { env: { ...KEYS, AWS_SESSION_TOKEN: "token" } });
    await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "b",
        MessageAttributes: { a: { DataType: "String", StringValue: "ü" } },
      }),
    );
    const [request] = server.received;
    const { authorization = "", ...headers } = request?.headers ?? {};
    expect(headers["x-amz-date"]).toBe("20261122T030405Z");
    expect(headers["x-amz-security-token"]).toBe("token");
    const match = /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/(.+), SignedHeaders=(.+), Signature=(.+)$/.exec(
      authorization,
    );
    const [, scope = "", signedHeaders = "", signature] = match ?? [];
    expect(scope).toBe("20261122/eu-west-1/sqs/aws4_request");
    expect(signedHeaders.split(";")).toEqual(
      expect.arrayContaining(["host", "x-amz-date", "x-amz-security-token", "x-amz-target"]),
    );
    const sha = (text: string) => createHash("sha256").update(text).digest("hex");
    const canonical = [
      "POST",
      "/",
      "",
      ...signedHeaders.split(";").map((name) => `${name}:${headers[name]}`),
      "",
      signedHeaders,
      sha(request?.body ?? ""),
    ].join("\n");
    const key = scope
      .split("/")
      .reduce<Buffer>(
        (k, part) => createHmac("sha256", k).update(part).digest(),
        Buffer.from("AWS4secret-of-the-test"),
      );
    const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha(canonical)].join("\n");
    expect(signature).toBe(createHmac("sha256", key).update(text).digest("hex"));
  });

  it("reads the environment's keys anew each time", async () => {
    const env: Record<string, string> = { ...KEYS };
    const { server, client } = await setUp([sentReply], { env });
    await client.send(send);
    env.AWS_ACCESS_KEY_ID = "AKIARENEWED";
    await client.send(send);
    expect(server.received.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1])).toEqual([
      "AKIAEXAMPLE",
      "AKIARENEWED",
    ]);
  });

  it("is signed by whoever signs, and once more with new keys where the service refuses the old ones", async () => {
    let number = 1;
    let refreshed = 0;
    const signer = {
      get: () => ({ secretId: `AKIA${number}`, secretKey: "s", sessionToken: `token-${number}` }),
      refresh: async () => {
        refreshed += 1;
        if (refreshed === 1) number = 2;
      },
    };
    const { client, server } = await setUp([refusal("ExpiredToken", 403), sentReply, refusal("ExpiredToken", 403)], {
      signer,
      env: { AWS_REGION: "eu-west-1" },
    });
    await client.send(send);
    expect(server.received.map(({ headers }) => headers["x-amz-security-token"])).toEqual(["token-1", "token-2"]);
    // Where there are no newer ones it is told as it is.
    expect(await caught(client.send(send))).toMatchObject({ name: "ExpiredToken" });
    expect([server.received.length, refreshed]).toEqual([3, 2]);
  });

  it("asks a credentials function before each try", async () => {
    let asked = 0;
    const { client, server } = await setUp([refusal("ServiceUnavailable", 503), sentReply], {
      credentials: async () => {
        asked += 1;
        return { accessKeyId: `AKIA${asked}`, secretAccessKey: "s" };
      },
    });
    await client.send(send);
    expect(asked).toBe(2);
    expect(server.received[1]?.headers.authorization).toContain("Credential=AKIA2/");
  });

  it.each([
    [{ AWS_REGION: "eu-west-1" }, "MissingCredentials", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
    [{ AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a" }, "MissingCredentials", "AWS_SECRET_ACCESS_KEY"],
    [{ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s" }, "MissingRegion", "AWS_REGION"],
  ])("is not sent with only %j set, and the error names what is missing", async (env, code, names) => {
    const { server, client } = await setUp([sentReply], { env });
    const error = await caught(client.send(send));
    expect(error).toMatchObject({ name: "UserError", code });
    expect(error.message).toContain(names);
    expect(server.received).toEqual([]);
  });

  it("goes to the queue URL's host where no endpoint is set, and is signed for that URL's region", async () => {
    const server = await scriptedServer(sentReply);
    closing.push(server.close);
    const client = new SQSClient({ transport: createSqsJsonTransport({ env: KEYS, clock: recordedClock() }) });
    await client.send(new SendMessageCommand({ QueueUrl: `${server.url}/000000000000/q`, MessageBody: "b" }));
    expect(server.received[0]?.path).toBe("/");
    client.destroy();
  });

  it("goes to AWS_ENDPOINT_URL_SQS before AWS_ENDPOINT_URL", async () => {
    const server = await scriptedServer(sentReply);
    closing.push(server.close);
    const env = { ...KEYS, AWS_ENDPOINT_URL_SQS: server.url, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const client = new SQSClient({ transport: createSqsJsonTransport({ env, clock: recordedClock() }) });
    await client.send(send);
    expect(server.received).toHaveLength(1);
    client.destroy();
  });

  it("refuses plain http to any host but loopback, unless that host was allowed", async () => {
    const plain = new SendMessageCommand({ QueueUrl: "http://queue.invalid/1/q", MessageBody: "b" });
    const options = { env: KEYS, clock: recordedClock() };
    const refused = new SQSClient({ transport: createSqsJsonTransport(options) });
    const allowed = new SQSClient({ transport: createSqsJsonTransport({ ...options, allowHttp: ["queue.invalid"] }) });
    closing.push(
      () => refused.destroy(),
      () => allowed.destroy(),
    );
    expect(await caught(refused.send(plain))).toMatchObject({ code: "PlainHttp" });
    expect((await caught(refused.send(plain))).message).toContain("--allow-http queue.invalid");
    expect((await caught(allowed.send(plain))).name).toBe("QueueConnectionError");
  });
});

describe("a queue that is called otherwise than its URL says", () => {
  const own = "http://sqs.eu-west-1.localhost:4566/000000000000/q";

  it("is asked for by its name, once, and spoken to by its own URL from then on", async () => {
    const { client, server } = await setUp([
      refusal("QueueDoesNotExist"),
      { body: { QueueUrl: own } },
      sentReply,
      sentReply,
    ]);
    await client.send(send);
    await client.send(send);
    const said = server.received.map(({ headers, body }) => [headers["x-amz-target"], JSON.parse(body)]);
    expect(said).toEqual([
      ["AmazonSQS.SendMessage", { QueueUrl, MessageBody: "b" }],
      ["AmazonSQS.GetQueueUrl", { QueueName: "q" }],
      ["AmazonSQS.SendMessage", { QueueUrl: own, MessageBody: "b" }],
      ["AmazonSQS.SendMessage", { QueueUrl: own, MessageBody: "b" }],
    ]);
  });

  it("that is nowhere is not there", async () => {
    const { client, server } = await setUp([refusal("QueueDoesNotExist")]);
    expect(await caught(client.send(send))).toMatchObject({ name: "QueueDoesNotExist" });
    expect(server.received).toHaveLength(2);
  });
});

describe("an answer of SQS", () => {
  it.each([
    [{ __type: "com.amazonaws.sqs#QueueDoesNotExist" }, undefined, "QueueDoesNotExist"],
    [{ __type: "QueueDoesNotExist" }, undefined, "QueueDoesNotExist"],
    [{ __type: "AWS.SimpleQueueService.NonExistentQueue" }, undefined, "QueueDoesNotExist"],
    [
      { __type: "com.amazonaws.sqs#QueueDoesNotExist" },
      "AWS.SimpleQueueService.NonExistentQueue;Sender",
      "QueueDoesNotExist",
    ],
    [
      { __type: "com.amazon.coral.service#InvalidParameterValueException" },
      "InvalidParameterValue;Sender",
      "InvalidParameterValue",
    ],
    [{ __type: "com.amazonaws.sqs#InvalidSomething" }, undefined, "InvalidSomething"],
  ])("%j with x-amzn-query-error %s is the error %s", async (body, header, name) => {
    const { client } = await setUp([{ status: 400, headers: header ? { "x-amzn-query-error": header } : {}, body }]);
    const error = await caught(client.send(send));
    expect(error).toBeInstanceOf(SQSServiceException);
    expect(error).toMatchObject({ name, $fault: "client", $metadata: { httpStatusCode: 400 } });
    expect(error instanceof QueueDoesNotExist).toBe(name === "QueueDoesNotExist");
  });

  it("keeps the message and the request id of a refusal, and shows no secret", async () => {
    const { client, server } = await setUp([refusal("AccessDenied", 403)]);
    const error = await caught(client.send(send));
    expect(error).toMatchObject({ name: "AccessDenied", message: "because", $metadata: { requestId: "req-7" } });
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error)) + error.stack;
    expect(shown).not.toMatch(/secret-of-the-test|Signature=/);
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ["a message sent", send, { MessageId: "m-1", MD5OfMessageBody: md5("other") }],
    [
      "an entry of a batch",
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", MessageBody: "b" }] }),
      { Successful: [{ Id: "a", MessageId: "m-1", MD5OfMessageBody: md5("other") }], Failed: [] },
    ],
    [
      "a message received",
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }),
      { Messages: [{ MessageId: "m-1", ReceiptHandle: "r", Body: "b", MD5OfBody: md5("other") }] },
    ],
  ])("is refused where the MD5 of %s is not that of its body", async (_, command, body) => {
    const { client } = await setUp([{ body }]);
    const error = await caught(client.send(command as typeof send));
    expect(error).toMatchObject({ name: "InvalidChecksum" });
    expect(error.message).toContain("m-1");
  });

  const html = { "content-type": "text/html" };
  it.each([
    ["a web page", { headers: html, body: "<html><body>Hello</body></html>" }],
    ["a web page with 404", { status: 404, headers: html, body: "<!doctype html>" }],
    ["XML of the Query protocol", { status: 400, headers: { "content-type": "text/xml" }, body: "<ErrorResponse/>" }],
    [
      "415",
      { status: 415, headers: { "content-type": "application/json" }, body: { error: "Unsupported Media Type" } },
    ],
    ["JSON of another shape", { body: { ok: true } }],
    ["JSON that is no object", { body: "[1]" }],
    ["no body where there should be one", { body: "" }],
  ] satisfies [string, Script][])(
    "that is %s is one clear error that names endpoint, answer and protocol",
    async (_, reply) => {
      const { client, server } = await setUp([reply]);
      const error = await caught(client.send(send));
      expect(error).toMatchObject({ name: "UserError", code: "NotSqsJson" });
      expect(error.message).toContain(server.url);
      expect(error.message).toContain("SQS JSON 1.0 protocol");
      expect(error.message).toContain(`HTTP ${"status" in reply ? reply.status : 200}`);
      expect(server.received).toHaveLength(1);
    },
  );

  it("may have no body where the action has no output", async () => {
    const { client } = await setUp([{ body: "" }]);
    expect(await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "r" }))).toMatchObject({
      $metadata: { httpStatusCode: 200 },
    });
  });
});

describe("a failure that may pass", () => {
  it.each([
    ["503", refusal("ServiceUnavailable", 503)],
    [
      "500 with a proxy's page",
      { status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" },
    ],
    ["throttling", refusal("RequestThrottled", 400)],
    ["a connection cut", "cut"],
  ] satisfies [string, Script][])("(%s) is tried again, with growing pauses", async (_, failure) => {
    const { client, server, clock } = await setUp([failure, failure, sentReply]);
    const output = await client.send(send);
    expect(output.$metadata).toMatchObject({ attempts: 3, totalRetryDelay: 300 });
    expect(clock.slept).toEqual([100, 200]);
    expect(server.received).toHaveLength(3);
  });

  it("is given up after three tries, and says that it may pass", async () => {
    const { client, server } = await setUp([refusal("InternalFailure", 500)]);
    const error = await caught(client.send(send));
    expect(error).toMatchObject({ name: "InternalFailure", $fault: "server" });
    expect(isTransient(error)).toBe(true);
    expect(server.received).toHaveLength(3);
  });

  it("where nobody listens names the endpoint and the network's code", async () => {
    const { client, server } = await setUp([sentReply]);
    await server.close();
    const error = await caught(client.send(send));
    expect(error).toMatchObject({ name: "QueueConnectionError", code: "ECONNREFUSED" });
    expect(error.message).toContain(server.url);
    expect(isTransient(error)).toBe(true);
  });

  it("never makes a receive longer than its own wait", async () => {
    const short = await setUp([refusal("ServiceUnavailable", 503)]);
    await caught(short.client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 })));
    expect(short.server.received).toHaveLength(1);
    const long = await setUp([refusal("ServiceUnavailable", 503), { body: {} }]);
    await long.client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    const waits = long.server.received.map(({ body }) => JSON.parse(body).WaitTimeSeconds);
    expect(waits).toEqual([20, 19]);
  });

  it("is not tried again when the caller aborts in the pause", async () => {
    const abort = new AbortController();
    const clock = recordedClock();
    const sleep = clock.sleep;
    clock.sleep = async (ms) => {
      abort.abort();
      await sleep(ms);
    };
    const { client, server } = await setUp([refusal("ServiceUnavailable", 503), sentReply], { clock });
    const error = await caught(client.send(send, { abortSignal: abort.signal }));
    expect(error.name).toBe("AbortError");
    expect(server.received).toHaveLength(1);
  });

  it("does not count as one when it is a refusal", async () => {
    const { client, server } = await setUp([refusal("ReceiptHandleIsInvalid")]);
    const change = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: "r", VisibilityTimeout: 1 });
    expect(isTransient(await caught(client.send(change)))).toBe(false);
    expect(server.received).toHaveLength(1);
  });
});

it("ends an aborted long poll that the server never answers", async () => {
  const { client, server } = await setUp(["hang"]);
  const abort = new AbortController();
  const poll = caught(
    client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: abort.signal }),
  );
  while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  expect((await poll).name).toBe("AbortError");
});

it("corrects a clock that is off from the server's Date and signs again", async () => {
  const date = new Date(Date.UTC(2026, 10, 22, 5, 0, 0)).toUTCString();
  const expired: Script = {
    status: 403,
    headers: { date },
    body: { __type: "com.amazonaws.sqs#InvalidSignatureException", message: "Signature expired" },
  };
  const { client, server } = await setUp([expired, sentReply]);
  await client.send(send);
  await client.send(send);
  expect(server.received.map(({ headers }) => headers["x-amz-date"])).toEqual([
    "20261122T030405Z",
    "20261122T050000Z",
    "20261122T050000Z",
  ]);
});

it("sends binary attributes as base64, from any kind of byte array", async () => {
  const { client, server } = await setUp([sentReply]);
  const bytes = { DataType: "Binary" };
  await client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: "b",
      MessageAttributes: {
        array: { ...bytes, BinaryValue: Uint8Array.of(251, 255) },
        buffer: { ...bytes, BinaryValue: Buffer.of(251, 255) },
      },
    }),
  );
  const sent = JSON.parse(server.received[0]?.body ?? "").MessageAttributes;
  expect([sent.array.BinaryValue, sent.buffer.BinaryValue]).toEqual(["+/8=", "+/8="]);
});

it("answers a callback as the AWS client does", async () => {
  const { client } = await setUp([{ body: { QueueUrl: "u" } }, refusal("QueueDoesNotExist")]);
  const ask = () =>
    new Promise((resolve) => {
      client.send(new GetQueueUrlCommand({ QueueName: "q" }), (error, data) =>
        resolve(error instanceof Error ? error.name : data?.QueueUrl),
      );
    });
  expect([await ask(), await ask()]).toEqual(["u", "QueueDoesNotExist"]);
});
