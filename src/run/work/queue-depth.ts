/** How many messages a queue holds. */

import { GetQueueAttributesCommand, type QueueFromUrl } from "../../queue/index.ts";

/**
 * Visible, in somebody's hands, and delayed. SQS counts approximately, and right only a while after the last change.
 * Undefined where the queue can't be asked (TDMQ), or may not be.
 */
export async function queueDepth({ client, queueUrl }: QueueFromUrl): Promise<number | undefined> {
  const names = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  ] as const;
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
    const { Attributes = {} } = await client.send(command);
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  } catch {
    return undefined;
  }
}
