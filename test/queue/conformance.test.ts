import { CreateQueueCommand, createMemoryQueues, SQSClient } from "../../src/queue/index.ts";
import { differences, queueConformance } from "./conformance.ts";
import { fakeClock } from "./fake-clock.ts";

queueConformance("the embedded transport", differences.memory, "moved", async () => {
  const clock = fakeClock();
  const client = new SQSClient({ transport: createMemoryQueues({ clock }) });
  return {
    client,
    createQueue: async (QueueName, Attributes) =>
      (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "",
    pass: (ms) => clock.advance(ms),
    close: async () => client.destroy(),
  };
});
