/** Which queue takes what a queue can't get rid of, as its own attributes tell (API_GetQueueAttributes, RedrivePolicy). */
import type { QueueClient, SendOptions } from "./client.ts";
import { GetQueueAttributesCommand } from "./commands.ts";
import { withOwnUrls } from "./own-url-client.ts";

/**
 * The URL of the queue that takes what this one can't get rid of, as its RedrivePolicy tells (API_GetQueueAttributes); undefined where
 * it has none. Rejects as the request does.
 */
export async function deadLetterQueueOf(
  client: QueueClient,
  queueUrl: string,
  options: SendOptions = {},
): Promise<string | undefined> {
  return (await redriveOf(client, queueUrl, options))?.queueUrl;
}

/** What a queue does with a message that is received over and over. */
export interface Redrive {
  /** Of the queue that takes it. */
  readonly queueUrl: string;
  /** So often it may be received before; undefined where that is not told. */
  readonly mostReceives: number | undefined;
}

/** The same, with the number of receives. Undefined where the queue has no RedrivePolicy. Rejects as the request does. */
export async function redriveOf(
  client: QueueClient,
  queueUrl: string,
  options: SendOptions = {},
): Promise<Redrive | undefined> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
  const { Attributes } = await withOwnUrls(client).send(command, options);
  const policy = policyOf(Attributes?.RedrivePolicy);
  const name = nameOf(policy.deadLetterTargetArn);
  if (name === undefined) return undefined;
  // Some services say the number as text.
  const most = Number(policy.maxReceiveCount);
  return {
    queueUrl: queueUrlBeside(queueUrl, name),
    mostReceives: Number.isSafeInteger(most) && most > 0 ? most : undefined,
  };
}

/**
 * The URL of the queue of that name in the same account, region and service. A dead-letter queue is always there (Developer
 * Guide, "Using dead-letter queues"), and a service that is not AWS has URLs that can't be made from an ARN.
 */
export function queueUrlBeside(queueUrl: string, name: string): string {
  return queueUrl.replace(/\/+$/, "").replace(/[^/:]*$/, name);
}

function policyOf(redrivePolicy: string | undefined): {
  readonly deadLetterTargetArn?: unknown;
  readonly maxReceiveCount?: unknown;
} {
  try {
    const policy: unknown = JSON.parse(redrivePolicy ?? "");
    return typeof policy === "object" && policy !== null ? policy : {};
  } catch {
    return {};
  }
}

/** The queue's name is the last part of its ARN. */
function nameOf(arn: unknown): string | undefined {
  return typeof arn === "string"
    ? /^arn:[^:]+:sqs:[^:]*:[^:]*:([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/.exec(arn)?.[1]
    : undefined;
}
