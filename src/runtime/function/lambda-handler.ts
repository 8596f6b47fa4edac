/**
 * AWS Lambda. Decodes what invoked the function, hands each message to the run, and answers as Lambda expects it: of an SQS
 * batch the messages that failed (`ReportBatchItemFailures`), of anything else a thrown error. A message that can never be
 * worked is no failure once it is in the dead-letter queue.
 *
 * Documents: AWS Lambda developer guide, "Implementing partial batch responses"; a FIFO batch stops at its first failure
 * and returns the rest unworked.
 */
import pLimit from "p-limit";
import { ChangeMessageVisibilityCommand, type QueueClient, queueUrlBeside } from "../../queue/index.ts";
import { withOwnUrls } from "../../queue/own-url-client.ts";
import { holdShort, type ShortHold } from "../../queue/short-hold.ts";
import type { Summary } from "../../report/summary.ts";
import { deadlineAfter, deliver } from "../../run/deliver/deliver.ts";
import { createDeadLetters, type QueueAt } from "../../run/messages/dead-letters.ts";
import type { Sender } from "../../run/messages/delivery.ts";
import { noQueue, queueSender } from "../../run/messages/queue-sender.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { scheduledMessage } from "../settings/manifest-message.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";
import type { FunctionWorker } from "./function-worker.ts";
import { type InvocationCounts, type RunningInvocation, withinInvocation } from "./invocation.ts";
import { decodeLambdaEvent, type MalformedRecord, type SqsRecord } from "./lambda-event.ts";
import { queueUrlBesideFunction, queueUrlOfArn } from "./sqs-queue-url.ts";

/** What is used of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
  readonly invokedFunctionArn?: string;
  readonly functionName?: string;
  readonly awsRequestId?: string;
}

/** What Lambda takes as the answer to a batch (ReportBatchItemFailures): the ids of the messages that come again. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * What the function returns: of a batch, which of it comes again; of a schedule or a message, how its run stands, and the address of the folder
 * where its report is, or will be.
 */
export type LambdaAnswer =
  | SqsBatchResponse
  | (Summary & { readonly report?: string; readonly batchItemFailures?: never });

/** What the function is made of. */
export interface LambdaParts {
  /** Asked at each invocation. */
  readonly worker: () => FunctionWorker;
  /** Speaks to SQS: this package's client, or the AWS one. */
  readonly queue: QueueClient;
  /** Of it AWS_ENDPOINT_URL_SQS is read, at each invocation. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Writes a line to the function's standard output, of which CloudWatch makes metrics; absent: there are none. */
  readonly writeMetrics?: ((line: string) => void) | undefined;
}

/** What each delivery of an invocation is given. */
interface Within {
  readonly deadline: number;
  readonly invocation: RunningInvocation;
}

/** Messages of one batch that are worked at once; they share this process's concurrency. The deployed batch size is 1. */
const messagesAtOnce = 4;
/** The longest visibility a queue takes (ChangeMessageVisibility, VisibilityTimeout). */
const longestVisibility = 43_200;
/** A message that can't be worked and could not be moved comes back soon, so that the queue moves it soon; seconds. */
const rejectedDelay = 60;
/** Milliseconds given to a request that is only made to be kind to the queue. */
const courtesyTimeout = 2_000;
const UNHELD = "A message that this function dies at comes again only after its queue's own visibility timeout";

/**
 * A handler for AWS Lambda: it takes SQS batches (of which the messages that failed come again), and EventBridge schedules and a manifest message
 * itself, for which it returns how the run stands. `cos-originals/lambda` is one, made as below, in one file that can be uploaded.
 *
 * What it returns throws an Error of one sentence where nothing, or nobody, can be told what failed.
 *
 * @example
 * ```ts
 * import { createDeliveryHandler, createLambdaHandler, jsonLog, keepFunctionWorker, systemClock } from "cos-originals";
 * import { SQSClient } from "cos-originals/queue";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * export const handler = createLambdaHandler({
 *   ...world,
 *   worker: keepFunctionWorker(world, createDeliveryHandler),
 *   queue: new SQSClient(),
 * });
 * ```
 */
export function createLambdaHandler(parts: LambdaParts) {
  const { clock } = parts;
  const queue = withOwnUrls(parts.queue);
  const deadLettersOf = createDeadLetters(parts);
  /** Queues of which it was told that their messages can't be held. */
  const unheld = new Set<string>();

  /** Throws an Error whose message is one sentence where nothing, or nobody, can be told what failed. */
  return async function handler(event: unknown, context: LambdaContext): Promise<LambdaAnswer | undefined> {
    const { awsRequestId: requestId, functionName } = context ?? {};
    const onEnd = (counts: Readonly<InvocationCounts>) => {
      if (functionName === undefined) return;
      parts.writeMetrics?.(embeddedMetrics(counts, { functionName, requestId, clock }));
    };
    return withinInvocation({ requestId, clock, log: parts.log, onEnd }, (invocation) =>
      work(event, context, invocation),
    );
  };

  async function work(
    event: unknown,
    context: LambdaContext,
    invocation: RunningInvocation,
  ): Promise<LambdaAnswer | undefined> {
    const decoded = decodeLambdaEvent(event);
    invocation.asked(decoded.kind);
    const worker = parts.worker();
    invocation.whenOver(worker.done);
    if (typeof context?.getRemainingTimeInMillis !== "function") {
      throw new UserError("InvalidEvent", "The invocation has no Lambda context that tells how much time remains.");
    }
    const deadline = deadlineAfter(clock.elapsed(), context.getRemainingTimeInMillis());
    if (decoded.kind === "sqs") return workBatch(worker, decoded, { deadline, invocation });
    const body =
      decoded.kind === "message"
        ? decoded.body
        : JSON.stringify(scheduledMessage(worker.settings, decoded.scheduledAt));
    return workAlone(worker, body, { deadline, invocation }, context);
  }

  async function workBatch(
    worker: FunctionWorker,
    batch: { readonly fifo: boolean; readonly records: readonly (SqsRecord | MalformedRecord)[] },
    within: Within,
  ): Promise<SqsBatchResponse> {
    const failed = new Set<string>();
    // Those too whose turn comes later: the process dies with all of them.
    const records = batch.records.map((record) => ({ record, hold: holdOf(record, within) }));
    if (batch.fifo) {
      for (const { record, hold } of records) {
        if (failed.size > 0 || !(await succeeds(worker, record, hold, within))) failed.add(record.messageId);
        // What is left unworked comes again at once; one that is worked still has its own hold.
        void hold?.end();
      }
    } else {
      const limit = pLimit(messagesAtOnce);
      await limit.map(records, async ({ record, hold }) => {
        if (!(await succeeds(worker, record, hold, within))) failed.add(record.messageId);
        void hold?.end();
      });
    }
    const inOrder = new Set(batch.records.map((record) => record.messageId).filter((id) => failed.has(id)));
    return { batchItemFailures: [...inOrder].map((itemIdentifier) => ({ itemIdentifier })) };
  }

  async function succeeds(
    worker: FunctionWorker,
    record: SqsRecord | MalformedRecord,
    hold: ShortHold | undefined,
    within: Within,
  ) {
    const { log } = within.invocation;
    if (record.kind === "malformed") {
      log.error("A record of the event can't be worked.", { messageId: record.messageId, reason: record.reason });
      return false;
    }
    const { body, messageId, attributes, receives } = record;
    const queueUrl = queueUrlOfArn(record.queueArn, endpointOfQueues());
    const sender = queueSender(queue, queueUrl, parts);
    const deadLetters = deadLettersOf({ client: queue, queueUrl }, deadLetterQueueOf(worker, queueUrl));
    const delivery = { body, messageId, attributes, receives, ...within };
    const answer = await deliver(worker.handle, delivery, sender, { clock, log, deadLetters });
    if (answer.kind === "acknowledge" || answer.kind === "moved") return true;
    await hold?.end();
    await hideFor(answer.kind === "give-back" ? answer.delaySeconds : rejectedDelay, record, queueUrl, log);
    return false;
  }

  /** Of a function that dies at it the message is back soon, though its queue has to hide it for six times the function's time limit. */
  function holdOf(
    record: SqsRecord | MalformedRecord,
    { deadline, invocation: { log } }: Within,
  ): ShortHold | undefined {
    if (record.kind === "malformed" || record.receiptHandle === undefined) return undefined;
    const { receiptHandle } = record;
    const queueUrl = queueUrlOfArn(record.queueArn, endpointOfQueues());
    const onRefused = (reason: string) => {
      if (unheld.has(queueUrl)) return;
      unheld.add(queueUrl);
      log.warn(`${UNHELD}.`, { queueUrl, reason });
    };
    return holdShort({ client: queue, queueUrl, receiptHandle, deadline, clock, onRefused });
  }

  /** Best effort: where it fails, the message comes back when its visibility ends. */
  async function hideFor(delaySeconds: number, record: SqsRecord, queueUrl: string, log: Log): Promise<void> {
    if (record.receiptHandle === undefined) return;
    const seconds = Math.min(longestVisibility, Math.max(0, Math.ceil(delaySeconds)));
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrl,
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: seconds,
    });
    try {
      await queue.send(command, { abortSignal: AbortSignal.timeout(courtesyTimeout) });
    } catch (thrown) {
      const reason = ensureError(thrown).message;
      log.warn("The delay of a message that comes again could not be set.", { messageId: record.messageId, reason });
    }
  }

  /**
   * A schedule, or somebody's own invocation: there is no queue that would deliver it again, so it is sent to one. Resolves with how its run
   * stands; undefined where that is for another invocation to find out.
   */
  async function workAlone(
    worker: FunctionWorker,
    body: string,
    within: Within,
    context: LambdaContext,
  ): Promise<LambdaAnswer | undefined> {
    const sender = senderOf(worker, context);
    let stands: LambdaAnswer | undefined;
    const onSummary = (summary: Summary, report: string) => {
      stands = { ...summary, report };
    };
    const { log } = within.invocation;
    const answer = await deliver(worker.handle, { body, ...within, onSummary }, sender, { clock, log });
    if (answer.kind === "acknowledge") return stands;
    if (answer.kind === "give-back" && sender !== noQueue) {
      await sender.send(body, answer.delaySeconds);
      return stands;
    }
    throw new UserError("NotWorked", `The message can't be worked now: ${answer.reason.replace(/\.$/, "")}.`);
  }

  function senderOf({ settings }: FunctionWorker, context: LambdaContext): Sender {
    const name = /^sqs:(.+)$/s.exec(settings.values.queue ?? "")?.[1];
    if (name === undefined) return noQueue;
    const url = name.includes("/")
      ? name
      : queueUrlBesideFunction(context.invokedFunctionArn ?? "", name, endpointOfQueues());
    return queueSender(queue, url, parts);
  }

  /** The one that is set; undefined where the queue's own RedrivePolicy is to tell. */
  function deadLetterQueueOf({ settings }: FunctionWorker, queueUrl: string): QueueAt | undefined {
    const { deadLetterQueue } = settings.values;
    if (deadLetterQueue === undefined) return undefined;
    const name = /^sqs:(.+)$/s.exec(deadLetterQueue)?.[1];
    if (name === undefined) {
      throw new UserError(
        "InvalidSetting",
        `${settings.said("deadLetterQueue")} is no SQS queue; on Lambda it must be sqs:URL or sqs:NAME.`,
      );
    }
    return { client: queue, queueUrl: name.includes("/") ? name : queueUrlBeside(queueUrl, name) };
  }

  function endpointOfQueues(): string | undefined {
    return parts.environment.AWS_ENDPOINT_URL_SQS;
  }
}
