/** The suite of queues on each transport that needs a server, and on the AWS client: requests by the hundred. */
import { CreateQueueCommand as AwsCreateQueueCommand, SQSClient as AwsSQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import {
  CreateQueueCommand,
  createSqsJsonTransport,
  createTdmqCmqTransport,
  SQSClient,
} from "../../src/queue/index.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { differences, queueConformance } from "./conformance.ts";
import { startTdmqServer } from "./tdmq-server.ts";

/** `startFauxqs` listens on every interface; the app behind it can be told not to. */
async function startSqsServer() {
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${port}`, close: () => app.close() };
}
const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };

queueConformance("the SQS JSON transport", differences.fauxqs, "real", async () => {
  const server = await startSqsServer();
  const transport = createSqsJsonTransport({ region: "us-east-1", endpoint: server.endpoint, credentials, env: {} });
  const client = new SQSClient({ transport });
  return {
    client,
    createQueue: async (QueueName, Attributes) =>
      (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "",
    async close() {
      client.destroy();
      await server.close();
    },
  };
});

// The commands are this package's: that they work through the AWS client is half of what is tested here.
queueConformance("the AWS client", differences.awsOnFauxqs, "real", async () => {
  const server = await startSqsServer();
  const client = new AwsSQSClient({ region: "us-east-1", endpoint: server.endpoint, credentials });
  return {
    client,
    createQueue: async (QueueName, Attributes) =>
      (await client.send(new AwsCreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "",
    async close() {
      client.destroy();
      await server.close();
    },
  };
});

queueConformance("the TDMQ transport", differences.tdmq, "real", async () => {
  const server = await startTdmqServer();
  const transport = createTdmqCmqTransport({
    endpoint: server.endpoint,
    region: "ap-guangzhou",
    env: server.env,
    clock: systemClock,
  });
  const client = new SQSClient({ transport });
  return {
    client,
    createQueue: async (name, attributes) => server.createQueue(name, Number(attributes?.VisibilityTimeout ?? 30)),
    async close() {
      client.destroy();
      await server.close();
    },
  };
});
