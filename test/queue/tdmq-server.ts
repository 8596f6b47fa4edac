/**
 * The six queue actions of TDMQ for CMQ, as its documents describe them (1111/46415, 46418, 46419, 46420), over a real HTTP server on
 * loopback: signature checked, codes and shapes as documented. No real TDMQ can be reached from a test; what only a real one would
 * show is not shown by this.
 */
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const SECRET_ID = "AKIDtest";
const SECRET_KEY = "secret-of-the-test";

interface Kept {
  id: string;
  body: string;
  handle: string;
  enqueuedAt: number;
  visibleAt: number;
}

export interface TdmqServer {
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  createQueue(name: string, visibilitySeconds: number): string;
  /** Every request, without its signature. */
  readonly requests: Readonly<Record<string, string>>[];
  /** Answers the next request so, in place of working it. */
  answerNext(answer: { status?: number; type?: string; text: string }): void;
  close(): Promise<void>;
}

export async function startTdmqServer(secretKey = SECRET_KEY): Promise<TdmqServer> {
  const queues = new Map<string, { visibilitySeconds: number; messages: Kept[] }>();
  const requests: Record<string, string>[] = [];
  const prepared: { status?: number; type?: string; text: string }[] = [];

  /** Values `prefix.0`, `prefix.1`, … or from 1; consecutive, at most 16. */
  const list = (parameters: Map<string, string>, prefix: string): string[] => {
    const values: string[] = [];
    for (let n = parameters.has(`${prefix}.0`) ? 0 : 1; parameters.has(`${prefix}.${n}`); n += 1) {
      values.push(parameters.get(`${prefix}.${n}`) ?? "");
    }
    return values;
  };
  const refusal = (code: number, message: string) => ({ code, message, requestId: randomUUID() });
  const done = (more: object = {}) => ({ code: 0, message: "", requestId: randomUUID(), ...more });

  function signatureOf(host: string, parameters: Map<string, string>): string {
    const text = [...parameters.keys()]
      .filter((key) => key !== "Signature")
      .map((key) => ({ key, shown: key.replace(/_/g, ".") }))
      .sort((a, b) => (a.shown < b.shown ? -1 : 1))
      .map(({ key, shown }) => `${shown}=${parameters.get(key)}`)
      .join("&");
    const algorithm = parameters.get("SignatureMethod") === "HmacSHA256" ? "sha256" : "sha1";
    return createHmac(algorithm, secretKey).update(`POST${host}/v2/index.php?${text}`).digest("base64");
  }

  async function work(parameters: Map<string, string>): Promise<object> {
    const queue = queues.get(parameters.get("queueName") ?? "");
    if (!queue) return refusal(4_440, "queue is not existed");
    const put = (body: string): string => {
      const id = randomUUID();
      const now = Date.now();
      const visibleAt = now + Number(parameters.get("delaySeconds") ?? 0) * 1_000;
      queue.messages.push({ id, body, handle: "", enqueuedAt: now, visibleAt });
      return id;
    };
    const take = () => {
      const now = Date.now();
      const message = queue.messages.find(({ visibleAt }) => visibleAt <= now);
      if (!message) return undefined;
      message.handle = randomUUID();
      message.visibleAt = now + queue.visibilitySeconds * 1_000;
      return {
        msgId: message.id,
        msgBody: message.body,
        receiptHandle: message.handle,
        enqueueTime: Math.floor(message.enqueuedAt / 1_000),
        nextVisibleTime: Math.floor(message.visibleAt / 1_000),
        firstDequeueTime: 0,
        dequeueCount: 0,
      };
    };
    const remove = (handle: string): boolean => {
      const at = queue.messages.findIndex((m) => m.handle === handle && m.visibleAt > Date.now());
      if (at >= 0) queue.messages.splice(at, 1);
      return at >= 0;
    };
    switch (parameters.get("Action")) {
      case "SendMessage":
        return done({ msgId: put(parameters.get("msgBody") ?? "") });
      case "BatchSendMessage":
        return done({ msgList: list(parameters, "msgBody").map((body) => ({ msgId: put(body) })) });
      case "ReceiveMessage":
      case "BatchReceiveMessage": {
        const end = Date.now() + Number(parameters.get("pollingWaitSeconds") ?? 0) * 1_000;
        const most = Number(parameters.get("numOfMsg") ?? 1);
        const taken: object[] = [];
        for (;;) {
          for (let one = take(); one && taken.push(one) < most; ) one = take();
          if (taken.length > 0 || Date.now() >= end) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        if (taken.length === 0) return refusal(7_000, "no message");
        return parameters.get("Action") === "ReceiveMessage" ? done(taken[0]) : done({ msgInfoList: taken });
      }
      case "DeleteMessage":
        return remove(parameters.get("receiptHandle") ?? "") ? done() : refusal(4_430, "receiptHandle is invalid");
      case "BatchDeleteMessage": {
        const handles = list(parameters, "receiptHandle");
        const errorList = handles
          .filter((handle) => !remove(handle))
          .map((receiptHandle) => ({ code: 4_430, message: "receiptHandle is invalid", receiptHandle }));
        if (errorList.length === 0) return done();
        const all = errorList.length === handles.length;
        return { ...refusal(all ? 6_020 : 6_010, "delete message failed"), errorList };
      }
      default:
        return refusal(4_000, "no such action");
    }
  }

  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const parameters = new Map(new URLSearchParams(text));
    const { Signature, ...rest } = Object.fromEntries(parameters);
    requests.push(rest);
    const reply = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    const next = prepared.shift();
    if (next) return reply(next.status ?? 200, next.type ?? "application/json", next.text);
    const fresh = Math.abs(Number(parameters.get("Timestamp")) - Date.now() / 1_000) < 300;
    const known = parameters.get("SecretId") === SECRET_ID && parameters.has("Region") && parameters.has("Nonce");
    if (request.method !== "POST" || request.url !== "/v2/index.php" || !known || !fresh) {
      return reply(200, "application/json", JSON.stringify(refusal(4_100, "identity verification failed")));
    }
    if (Signature !== signatureOf(request.headers.host ?? "", parameters)) {
      return reply(200, "application/json", JSON.stringify(refusal(4_104, "signature does not match")));
    }
    reply(200, "application/json", JSON.stringify(await work(parameters)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    env: { TENCENTCLOUD_SECRETID: SECRET_ID, TENCENTCLOUD_SECRETKEY: secretKey, TENCENTCLOUD_REGION: "ap-guangzhou" },
    requests,
    createQueue(name, visibilitySeconds) {
      queues.set(name, { visibilitySeconds, messages: [] });
      return `${endpoint}/${name}`;
    },
    answerNext: (answer) => void prepared.push(answer),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
