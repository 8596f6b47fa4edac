import { buildApp } from "fauxqs";
import { systemClock } from "../../../src/clock.ts";
import { CreateQueueCommand, createSqsJsonTransport, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { queueDepth } from "../../../src/run/queue-depth.ts";

/** A real SQS server on this machine. */
export interface QueueServer {
  /** Where it is, and who asks. */
  readonly env: Readonly<Record<string, string>>;
  /** What `--queue` is given. */
  create(name: string): Promise<string>;
  /** Messages visible, in flight and delayed. */
  depth(name: string): Promise<number | undefined>;
  send(name: string, body: string): Promise<void>;
  close(): Promise<void>;
}

export async function openQueueServer(): Promise<QueueServer> {
  // `startFauxqs` listens on every interface; the app behind it can be told not to.
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
  const client = new SQSClient({
    transport: createSqsJsonTransport({ region: "us-east-1", endpoint, credentials, env: {}, clock: systemClock }),
  });
  const urls = new Map<string, string>();
  const url = (name: string) => urls.get(name) ?? "";
  return {
    env: {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_SQS: endpoint,
    },
    async create(QueueName) {
      const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName }));
      urls.set(QueueName, QueueUrl);
      return `sqs:${url(QueueName)}`;
    },
    depth: (name) => queueDepth({ kind: "sqs", client, queueUrl: url(name) }),
    async send(name, body) {
      await client.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody: body }));
    },
    async close() {
      client.destroy();
      await app.close();
    },
  };
}
