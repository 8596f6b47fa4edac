/**
 * What AWS's event source mapping does, on this machine: receives from a queue, invokes the function with an SQS event, and
 * deletes each message that its answer does not name as failed. So a function is driven locally exactly as it is deployed.
 */

import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueClient,
  ReceiveMessageCommand,
} from "../../../queue/index.ts";
import type { Clock } from "../../../vocabulary/clock.ts";
import { ensureError } from "../../../vocabulary/errors.ts";
import type { Log } from "../../../vocabulary/log.ts";
import type { LambdaAnswer, LambdaContext } from "../../function/lambda-handler.ts";

export interface EventSourceOptions {
  readonly client: QueueClient;
  readonly queueUrl: string;
  readonly handler: (event: unknown, context: LambdaContext) => Promise<LambdaAnswer | undefined>;
  /** Invocations at once, as `maximumConcurrency` says; the batch size is 1. */
  readonly concurrency: number;
  /** The function's timeout, in milliseconds; a message is hidden for six times as long. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/** Seconds a poller waits for a message before it looks whether the queue is empty. */
const wait = 1;

/** Resolves when the queue holds nothing any more, neither visible nor hidden nor delayed, or when `signal` aborts. */
export async function drainIntoFunction(options: EventSourceOptions): Promise<void> {
  const { concurrency } = options;
  const queueArn = (await attributes(options)).QueueArn ?? "";
  const empty = new AbortController();
  const ended = AbortSignal.any([options.signal, empty.signal]);
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!ended.aborted) {
        const message = await receive(options, ended);
        if (message !== undefined) await invoke(options, message, queueArn);
        if (!ended.aborted && (await isEmpty(options))) empty.abort();
      }
    }),
  );
}

async function receive(
  { client, queueUrl, timeout }: EventSourceOptions,
  ended: AbortSignal,
): Promise<Message | undefined> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 1,
    WaitTimeSeconds: wait,
    VisibilityTimeout: Math.ceil((6 * timeout) / 1000),
    MessageSystemAttributeNames: ["All"],
  });
  try {
    const { Messages } = await client.send(command, { abortSignal: ended });
    return Messages?.[0];
  } catch (thrown) {
    if (ended.aborted) return undefined;
    throw thrown;
  }
}

async function invoke(options: EventSourceOptions, message: Message, queueArn: string): Promise<void> {
  const { client, queueUrl, handler, timeout, clock, log } = options;
  const began = clock.elapsed();
  const { MessageId = "", ReceiptHandle = "", Body = "", MD5OfBody = "", Attributes = {} } = message;
  const record = {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(":")[3] ?? "",
  };
  try {
    const answer = await handler(
      { Records: [record] },
      { getRemainingTimeInMillis: () => timeout - (clock.elapsed() - began) },
    );
    if (answer?.batchItemFailures?.some((failure) => failure.itemIdentifier === MessageId)) return;
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  } catch (thrown) {
    log.error("The function failed; its message comes again.", {
      messageId: MessageId,
      reason: ensureError(thrown).message,
    });
  }
}

async function isEmpty(options: EventSourceOptions): Promise<boolean> {
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed } =
    await attributes(options);
  return [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed].every(
    (count) => Number(count) === 0,
  );
}

async function attributes({ client, queueUrl }: EventSourceOptions): Promise<Readonly<Record<string, string>>> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return Attributes ?? {};
}
