import { buildApp } from "fauxqs";
import {
  CreateQueueCommand,
  createSqsJsonTransport,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "../../../src/queue/index.ts";
import { queueDepth } from "../../../src/run/work/queue-depth.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";

/** A real SQS server on this machine. */
export interface QueueServer {
  /** Where it is, and who asks. */
  readonly env: Readonly<Record<string, string>>;
  /** What `--queue` is given. With `deadLetters`, another queue's name, after ten receives a message goes there. */
  create(name: string, deadLetters?: string): Promise<string>;
  /** Messages visible, in flight and delayed. */
  depth(name: string): Promise<number | undefined>;
  send(name: string, body: string): Promise<void>;
  /** Bodies of what is visible, with the texts of their message attributes. */
  read(
    name: string,
  ): Promise<readonly { readonly body: string; readonly attributes: Readonly<Record<string, string>> }[]>;
  /** While it is away, every connection is closed without an answer. */
  away(isAway: boolean): void;
  close(): Promise<void>;
}

export async function openQueueServer(): Promise<QueueServer> {
  // `startFauxqs` listens on every interface; the app behind it can be told not to.
  const app = buildApp({ logger: false });
  let isAway = false;
  app.addHook("onRequest", async ({ raw }) => {
    if (isAway) raw.destroy();
  });
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
    async create(QueueName, deadLetters) {
      const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${deadLetters}`;
      const Attributes =
        deadLetters === undefined
          ? {}
          : { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 10 }) };
      const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
      urls.set(QueueName, QueueUrl);
      return `sqs:${url(QueueName)}`;
    },
    depth: (name) => queueDepth({ kind: "sqs", client, queueUrl: url(name) }),
    async send(name, body) {
      await client.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody: body }));
    },
    async read(name) {
      const asked = { QueueUrl: url(name), MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] };
      const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked));
      return Messages.map(({ Body = "", MessageAttributes = {} }) => ({
        body: Body,
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([attribute, { StringValue = "" }]) => [attribute, StringValue]),
        ),
      }));
    },
    away(now) {
      isAway = now;
    },
    async close() {
      client.destroy();
      await app.close();
    },
  };
}
