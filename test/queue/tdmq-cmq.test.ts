import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createTdmqCmqTransport,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type TdmqCmqOptions,
} from "../../src/queue/index.ts";
import { startTdmqServer, type TdmqServer } from "./tdmq-server.ts";

let server: TdmqServer;
let client: SQSClient;
let QueueUrl: string;
const warnings: string[] = [];
const clientOf = (more: Partial<TdmqCmqOptions> = {}) =>
  new SQSClient({
    transport: createTdmqCmqTransport({
      endpoint: server.endpoint,
      region: "ap-guangzhou",
      env: server.env,
      log: { info() {}, error() {}, warn: (message) => void warnings.push(message) },
      ...more,
    }),
  });
beforeEach(async () => {
  warnings.length = 0;
  server = await startTdmqServer();
  client = clientOf();
  QueueUrl = server.createQueue("q", 30);
});
afterEach(async () => {
  client.destroy();
  await server.close();
});
const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (most = 10) => {
  const MessageAttributeNames = ["All"];
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: most,
    WaitTimeSeconds: 0,
    MessageAttributeNames,
  });
  return (await client.send(command)).Messages ?? [];
};
const caught = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("accepted"),
    (error: Error) => error,
  );

describe("a request to TDMQ for CMQ", () => {
  it("is signed over raw values of any characters", async () => {
    const body = 'a=b&c d+é漢 % ? _ \n "';
    await send(body);
    expect((await receive())[0]?.Body).toBe(body);
  });

  it("brings the token of temporary keys", async () => {
    const temporary = clientOf({ env: { ...server.env, TENCENTCLOUD_SESSIONTOKEN: "the-token" } });
    await temporary.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" }));
    temporary.destroy();
    expect(server.requests.at(-1)).toMatchObject({ Action: "SendMessage", Region: "ap-guangzhou", Token: "the-token" });
  });

  it("with wrong keys is refused, with the service's code", async () => {
    const stranger = clientOf({ env: { ...server.env, TENCENTCLOUD_SECRETKEY: "another" } });
    const error = await caught(stranger.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" })));
    stranger.destroy();
    expect(error).toMatchObject({ name: "AuthFailure" });
    expect(error.message).toContain("4104");
  });

  it("is sent again with newer keys where the present ones are refused, once", async () => {
    const good = {
      secretId: server.env.TENCENTCLOUD_SECRETID as string,
      secretKey: server.env.TENCENTCLOUD_SECRETKEY as string,
    };
    let keys = { secretId: "AKIDended", secretKey: "s" };
    let refreshed = 0;
    const signer = {
      get: () => keys,
      refresh: async () => {
        refreshed += 1;
        if (refreshed === 1) keys = good;
      },
    };
    const renewed = clientOf({ signer });
    await renewed.send(new SendMessageCommand({ QueueUrl, MessageBody: "m" }));
    expect(server.requests.map(({ SecretId }) => SecretId)).toEqual(["AKIDended", good.secretId]);
    // Where there are no newer ones it is told as it is.
    keys = { secretId: "AKIDunknown", secretKey: "s" };
    const error = await caught(renewed.send(new SendMessageCommand({ QueueUrl, MessageBody: "m" })));
    expect(error).toMatchObject({ name: "AuthFailure" });
    expect([server.requests.length, refreshed]).toEqual([3, 2]);
    renewed.destroy();
  });

  it("without keys is not sent, and the error names the variables", async () => {
    const nobody = clientOf({ env: {} });
    const error = await caught(nobody.send(new SendMessageCommand({ QueueUrl, MessageBody: "b" })));
    expect(error).toMatchObject({ code: "MissingCredentials" });
    expect(error.message).toContain("TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY");
    expect(server.requests).toEqual([]);
  });

  it("over plain http to another host is refused before anything is sent", () => {
    const plain = () => clientOf({ endpoint: "http://gz.mqadapter.cmq.tencentyun.com" });
    expect(plain).toThrow("--allow-http gz.mqadapter.cmq.tencentyun.com");
    clientOf({
      endpoint: "http://gz.mqadapter.cmq.tencentyun.com",
      allowHttp: ["gz.mqadapter.cmq.tencentyun.com"],
    }).destroy();
  });

  it("is tried again when the service says too many a second", async () => {
    server.answerNext({ text: '{"code":4420,"message":"qps","requestId":"r"}' });
    const output = await send("b");
    expect(output.$metadata.attempts).toBe(2);
  });

  it("never makes a receive longer than its own wait", async () => {
    server.answerNext({ status: 503, text: "busy" });
    await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    expect(server.requests.map(({ pollingWaitSeconds }) => pollingWaitSeconds)).toEqual(["1", "0"]);
    server.answerNext({ status: 503, text: "busy" });
    const short = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 });
    expect((await caught(client.send(short))).name).toBe("ServiceUnavailable");
  });

  it.each(["<html></html>", '{"Response":{}}', "[]"])("answered with %s is one clear error", async (text) => {
    server.answerNext({ text, type: "text/plain" });
    const error = await caught(send("b"));
    expect(error).toMatchObject({ code: "NotTdmqCmq" });
    expect(error.message).toContain(server.endpoint);
  });
});

describe("a message on TDMQ for CMQ", () => {
  it("without attributes is sent as it is", async () => {
    await send("plain");
    expect(server.requests.at(-1)?.msgBody).toBe("plain");
  });

  it("with attributes travels in an envelope and arrives without it", async () => {
    const MessageAttributes = {
      run: { DataType: "String", StringValue: "r" },
      raw: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 255) },
    };
    const sent = await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "b", MessageAttributes }));
    expect(JSON.parse(server.requests.at(-1)?.msgBody ?? "")).toMatchObject({ v: 1, body: "b" });
    const [message] = await receive();
    expect(message).toMatchObject({
      Body: "b",
      MessageAttributes,
      MD5OfBody: sent.MD5OfMessageBody,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    });
  });

  it("whose body looks like an envelope arrives as it was sent", async () => {
    const body = '{"v":1,"attrs":{},"body":"inner"}';
    await send(body);
    const [message] = await receive();
    expect(message?.Body).toBe(body);
    expect(message?.MessageAttributes).toBeUndefined();
  });

  it("of which the envelope makes more than 1 MiB is refused", async () => {
    const MessageAttributes = { a: { DataType: "String", StringValue: "v" } };
    const MessageBody = "x".repeat(1_048_560);
    const error = await caught(client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes })));
    expect(error.name).toBe("InvalidParameterValue");
    expect(server.requests).toEqual([]);
  });

  it("has no receive count: it is left to who counts by himself", async () => {
    await send("b");
    const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ["All"] });
    const [message] = (await client.send(command)).Messages ?? [];
    expect(Object.keys(message?.Attributes ?? {})).toEqual(["SentTimestamp"]);
  });

  it("ignores a visibility per receive, with one warning", async () => {
    for (let n = 0; n < 3; n += 1) {
      await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 5, WaitTimeSeconds: 0 }));
    }
    expect(warnings).toHaveLength(1);
  });

  it("can't be deleted by a handle that is none, and says so", async () => {
    const error = await caught(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "old" })));
    expect(error).toMatchObject({ name: "TdmqError" });
    expect(error.message).toContain("4430");
  });
});

describe("a batch on TDMQ for CMQ", () => {
  it("of several delays goes in one call a delay, with each entry's own result", async () => {
    const Entries = [0, 5, 0, 5].map((DelaySeconds, n) => ({ Id: `e${n}`, MessageBody: `b${n}`, DelaySeconds }));
    const { Successful, Failed } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Failed).toEqual([]);
    expect(Successful?.map(({ Id }) => Id).sort()).toEqual(["e0", "e1", "e2", "e3"]);
    expect(new Set(Successful?.map(({ MessageId }) => MessageId)).size).toBe(4);
    expect(server.requests.map(({ delaySeconds }) => delaySeconds)).toEqual(["0", "5"]);
    expect((await receive()).map(({ Body }) => Body).sort()).toEqual(["b0", "b2"]);
  });

  it("of which one call fails reports those entries, and the others as sent", async () => {
    server.answerNext({ text: '{"code":4000,"message":"no","requestId":"r"}' });
    const Entries = [0, 5].map((DelaySeconds, n) => ({ Id: `e${n}`, MessageBody: "b", DelaySeconds }));
    const { Successful, Failed } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect([Successful?.map(({ Id }) => Id), Failed?.map(({ Id }) => Id)]).toEqual([["e1"], ["e0"]]);
  });

  const deletion = (handles: (string | undefined)[]) =>
    client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: handles.map((ReceiptHandle, n) => ({ Id: `${n}`, ReceiptHandle })),
      }),
    );

  it("deletion that fails in part (6010) is mapped by the receipt handle", async () => {
    await send("a");
    await send("b");
    const [a, b] = (await receive()).map(({ ReceiptHandle }) => ReceiptHandle);
    const { Successful, Failed } = await deletion([a, "old", b]);
    expect(Successful).toEqual([{ Id: "0" }, { Id: "2" }]);
    expect(Failed).toMatchObject([{ Id: "1", Code: "TdmqError.4430", SenderFault: true }]);
  });

  it("deletion of which all fails (6020) has no successes", async () => {
    const { Successful, Failed } = await deletion(["x", "y"]);
    expect([Successful, Failed?.map(({ Id }) => Id)]).toEqual([[], ["0", "1"]]);
  });

  it("deletion that fails without saying which takes none for deleted", async () => {
    server.answerNext({ text: '{"code":6010,"message":"some","requestId":"r"}' });
    const { Successful, Failed } = await deletion(["x", "y"]);
    expect([Successful, Failed?.map(({ Id }) => Id)]).toEqual([[], ["0", "1"]]);
  });
});

it("makes a queue's URL from the endpoint and the name", async () => {
  const answer = await client.send(new GetQueueUrlCommand({ QueueName: "q" }));
  expect(answer.QueueUrl).toBe(QueueUrl);
});
