/** Sends to one queue through the shim. */

import { ulid } from "ulid";
import { type QueueClient, SendMessageCommand } from "../../queue/index.ts";
import { withOwnUrls } from "../../queue/own-url-client.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Sender } from "./delivery.ts";

/** The longest delay a queue takes (SendMessage, DelaySeconds). */
const longestDelay = 900;

export function queueSender(
  client: QueueClient,
  queueUrl: string,
  { clock, random }: { readonly clock: Pick<Clock, "now">; readonly random: Random },
): Sender {
  const knowing = withOwnUrls(client);
  const fifo = queueUrl.endsWith(".fifo");
  return {
    async send(body, delaySeconds = 0) {
      const delay = Math.min(longestDelay, Math.max(0, Math.ceil(delaySeconds)));
      // The order of messages means nothing here, and a reconcile message is meant to be sent again and again: each gets a
      // group and an id of its own. FIFO queues take no delay of a single message.
      const id = fifo ? ulid(clock.now(), random) : undefined;
      await knowing.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          ...(id === undefined ? { DelaySeconds: delay } : { MessageGroupId: id, MessageDeduplicationId: id }),
        }),
      );
    },
  };
}

/** Where no queue is set: a run of one shard ends without one, and any other is told what is missing. */
export const noQueue: Sender = {
  async send() {
    throw new UserError(
      "MissingSetting",
      "The run needs a queue to go on, and none is set; set ORIGINALS_QUEUE to sqs:URL or tdmq:URL.",
    );
  },
};
