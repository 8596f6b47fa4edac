/** Which queue takes what a queue can't get rid of, as its own attributes tell (API_GetQueueAttributes, RedrivePolicy). */
import type { QueueClient, SendOptions } from "./client.ts";
import { GetQueueAttributesCommand } from "./commands.ts";

/**
 * The URL of the queue that takes what this one can't get rid of, as its RedrivePolicy tells (API_GetQueueAttributes); undefined where
 * it has none. Rejects as the request does.
 */
export async function deadLetterQueueOf(
  client: QueueClient,
  queueUrl: string,
  options: SendOptions = {},
): Promise<string | undefined> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
  const { Attributes } = await client.send(command, options);
  const name = nameOf(Attributes?.RedrivePolicy);
  return name === undefined ? undefined : queueUrlBeside(queueUrl, name);
}

/**
 * The URL of the queue of that name in the same account, region and service. A dead-letter queue is always there (Developer
 * Guide, "Using dead-letter queues"), and a service that is not AWS has URLs that can't be made from an ARN.
 */
export function queueUrlBeside(queueUrl: string, name: string): string {
  return queueUrl.replace(/\/+$/, "").replace(/[^/:]*$/, name);
}

/** The queue's name is the last part of its ARN. */
function nameOf(redrivePolicy: string | undefined): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(redrivePolicy ?? "");
  } catch {
    return undefined;
  }
  const arn =
    typeof policy === "object" && policy !== null && "deadLetterTargetArn" in policy && policy.deadLetterTargetArn;
  return typeof arn === "string"
    ? /^arn:[^:]+:sqs:[^:]*:[^:]*:([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/.exec(arn)?.[1]
    : undefined;
}
