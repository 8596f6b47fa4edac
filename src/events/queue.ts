/**
 * A queue that takes events: one a message, its JSON as the body and nothing beside it, so that a consumer that fails for one picture holds up
 * no other, and any reader of the queue can parse it. They are sent ten at a time (API_SendMessageBatch).
 */
import { createHash } from "node:crypto";
import { isTransient, type QueueClient, SendMessageBatchCommand } from "../queue/index.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { type CloudEvent, eventText } from "./cloud-event.ts";
import type { SinkTransport } from "./sink-transport.ts";

/** As many as one request takes. */
const BATCH = 10;
const AT_ONCE = 8;

export function createQueueSink(client: QueueClient, queueUrl: string): SinkTransport {
  const fifo = queueUrl.endsWith(".fifo");
  const entryOf = (event: CloudEvent, at: number) => {
    const digest = fifo
      ? createHash("sha256")
          .update(JSON.stringify([event.source, event.id]))
          .digest("hex")
      : "";
    // Order means nothing here: each is a group of its own.
    const ordered = fifo ? { MessageGroupId: digest, MessageDeduplicationId: digest } : {};
    return { Id: String(at), MessageBody: eventText(event), ...ordered };
  };
  return {
    batchSize: BATCH,
    atOnce: AT_ONCE,
    async send(batch, signal) {
      let left = batch.map(entryOf);
      try {
        // Entries that failed alone go once more alone; what comes after is for who waits.
        for (let again = false; ; again = true) {
          const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left });
          const { Failed = [] } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
          const [failed] = Failed;
          if (failed === undefined) return { kind: "taken" };
          const why = `${failed.Code}${failed.Message === undefined ? "" : `, ${failed.Message}`}`;
          if (Failed.some(({ SenderFault }) => SenderFault === true)) {
            return { kind: "refused", whose: "batch", again: false, why };
          }
          if (again) return { kind: "refused", whose: "sink", again: true, why };
          const ids = new Set(Failed.map(({ Id }) => Id));
          left = left.filter(({ Id }) => ids.has(Id));
        }
      } catch (thrown) {
        const { name, message } = ensureError(thrown);
        return { kind: "refused", whose: "sink", again: isTransient(thrown), why: `${name}, ${message}` };
      }
    },
    close: async () => client.destroy(),
  };
}
