/**
 * The embedded queue: SQS standard queues in this process's memory, for `--queue memory:`, demos, tests and the simulation. It
 * keeps SQS's promises (at least once, visibility, redrive, retention, limits) by the clock it is given, and forgets everything
 * when the process ends: the ledger is what survives.
 *
 * Unlike SQS: messages come in order of becoming visible, counts are exact, deletion is at once, no FIFO queues.
 */
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { quote } from "../../vocabulary/errors.ts";
import { eachEntry } from "../api/batch.ts";
import { AbortError, serviceException } from "../api/error.ts";
import {
  checkBatch,
  checkBatchBytes,
  checkMessage,
  MAX_BATCH_ENTRIES,
  MAX_DELAY_SECONDS,
  MAX_IN_FLIGHT,
  MAX_VISIBILITY_SECONDS,
  MAX_WAIT_SECONDS,
  required,
  within,
} from "../api/limits.ts";
import type {
  CreateQueueCommandInput,
  GetQueueAttributesCommandInput,
  Message,
  ReceiveMessageCommandInput,
  SendMessageBatchRequestEntry,
  SendMessageCommandInput,
} from "../api/shapes.ts";
import { queueAttributeNames } from "../api/shapes.ts";
import type { CallOptions, Transport } from "../api/transport.ts";
import { createLongPoll, type LongPoll } from "./long-poll.ts";
import { ACCOUNT, asReceived, asSent, newMessage } from "./memory-message.ts";
import { createMemoryQueue, type MemoryQueue, type StoredMessage } from "./memory-queue.ts";
import { queueSettings } from "./memory-settings.ts";
import { parseReceiptHandle } from "./receipt-handle.ts";

/** What queues in memory need of the world. */
export interface MemoryQueuesOptions {
  readonly clock: Clock;
  /** For message ids. */
  readonly random?: Random | undefined;
}

/** Queues in this process's memory, as a client's transport. */
export interface MemoryQueues extends Transport {
  /** CreateQueue at once: the queue's URL. */
  createQueue(name: string, attributes?: CreateQueueCommandInput["Attributes"]): string;
}

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

interface Held {
  readonly queue: MemoryQueue;
  readonly poll: LongPoll;
}

/**
 * SQS standard queues in this process's memory, which forget everything when it ends. They keep SQS's promises (at least once, visibility,
 * redrive, retention, limits) by the clock they are given. Unlike SQS's, messages come in order of becoming visible, counts are exact,
 * deletion is at once, and there are no FIFO queues.
 */
export function createMemoryQueues({ clock: given, random = Math.random }: MemoryQueuesOptions): MemoryQueues {
  // What time it was at the beginning, and from there on only forward: what is hidden must come back when a clock is set.
  const begun = given.now() - given.elapsed();
  const clock: Pick<Clock, "now" | "sleep"> = { now: () => begun + given.elapsed(), sleep: given.sleep };
  const byUrl = new Map<string, Held>();
  const byArn = new Map<string, Held>();
  let requests = 0;

  const urlOf = (name: string) => `memory:${name}`;
  const arnOf = (name: string) => `arn:aws:sqs:memory:${ACCOUNT}:${name}`;
  const metadata = () => {
    requests += 1;
    return { httpStatusCode: 200, requestId: `memory-${requests}`, attempts: 1, totalRetryDelay: 0 };
  };
  const held = (url: string | undefined): Held => {
    const found = byUrl.get(required(url, "QueueUrl"));
    if (found) return found;
    throw serviceException("QueueDoesNotExist", `The specified queue does not exist: ${quote(url)} (embedded queue).`);
  };
  const deadLettersOf = (queue: MemoryQueue) => byArn.get(queue.settings.RedrivePolicy?.deadLetterTargetArn ?? "");

  function createQueue(name: string, attributes: CreateQueueCommandInput["Attributes"] = {}): string {
    if (!QUEUE_NAME.test(name)) {
      throw serviceException(
        "InvalidParameterValue",
        `The queue name ${quote(name)} is invalid: it must have 1 to 80 of A-Z a-z 0-9 _ -.`,
      );
    }
    const url = urlOf(name);
    const settings = queueSettings(attributes, (arn) => byArn.has(arn));
    const existing = byUrl.get(url);
    if (existing) {
      if (JSON.stringify(existing.queue.settings) === JSON.stringify(settings)) return url;
      throw serviceException("QueueNameExists", `A queue named ${name} exists with other attributes.`);
    }
    const queue = createMemoryQueue({ name, arn: arnOf(name), settings, createdAt: clock.now() });
    const entry = { queue, poll: createLongPoll(queue, clock) };
    byUrl.set(url, entry);
    byArn.set(queue.arn, entry);
    return url;
  }

  function send({ queue, poll }: Held, input: Omit<SendMessageBatchRequestEntry, "Id">) {
    const body = checkMessage(input, queue.settings.MaximumMessageSize);
    const delay = within(input.DelaySeconds, "DelaySeconds", 0, MAX_DELAY_SECONDS) ?? queue.settings.DelaySeconds;
    if (input.MessageDeduplicationId !== undefined) {
      throw serviceException(
        "InvalidParameterValue",
        `Value ${quote(input.MessageDeduplicationId)} for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.`,
      );
    }
    const now = clock.now();
    const message = newMessage({ ...input, MessageBody: body }, now, random);
    queue.add(message, now + delay * 1_000, now);
    poll.stir();
    return asSent(message);
  }

  /** The message a handle stands for; undefined where it is gone or was received again since. */
  function find({ queue }: Held, handle: string | undefined): StoredMessage | "gone" | "received-again" {
    const receipt = parseReceiptHandle(required(handle, "ReceiptHandle"));
    if (receipt === undefined || receipt.queue !== queue.name) {
      throw serviceException("ReceiptHandleIsInvalid", `The input receipt handle ${quote(handle)} is invalid.`);
    }
    queue.advance(clock.now());
    const message = queue.find(receipt.messageId);
    if (message === undefined) return "gone";
    return message.receives === receipt.receive ? message : "received-again";
  }

  function remove(entry: Held, handle: string | undefined): object {
    const message = find(entry, handle);
    // A handle of an earlier receive: SQS says success and keeps the message.
    if (typeof message !== "string") entry.queue.remove(message);
    return {};
  }

  function changeVisibility(entry: Held, handle: string | undefined, timeout: number | undefined): object {
    const seconds = within(timeout, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS);
    if (seconds === undefined) required(undefined, "VisibilityTimeout");
    const message = find(entry, handle);
    if (message === "gone") {
      throw serviceException(
        "InvalidParameterValue",
        `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    if (message === "received-again" || message.state !== "in-flight") {
      throw serviceException("MessageNotInflight", "The specified message isn't in flight under this receipt handle.");
    }
    const now = clock.now();
    const visibleAt = now + (seconds ?? 0) * 1_000;
    if (visibleAt - message.receivedAt > MAX_VISIBILITY_SECONDS * 1_000) {
      throw serviceException(
        "InvalidParameterValue",
        `Value ${timeout} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
      );
    }
    entry.queue.hide(message, visibleAt, now);
    entry.poll.stir();
    return {};
  }

  function take(entry: Held, input: ReceiveMessageCommandInput, most: number, seconds: number): Message[] {
    const { queue } = entry;
    const deadLetters = deadLettersOf(queue);
    const now = clock.now();
    const taken: Message[] = [];
    while (taken.length < most && queue.counts().inFlight < MAX_IN_FLIGHT) {
      const message = queue.take(now + seconds * 1_000, now, deadLetters?.queue);
      if (message === undefined) break;
      taken.push(asReceived(queue, message, input));
    }
    deadLetters?.poll.stir();
    // What was taken may become visible again before anything that others are waiting for.
    if (taken.length > 0) entry.poll.stir();
    return taken;
  }

  async function receive(input: ReceiveMessageCommandInput, { abortSignal }: CallOptions): Promise<Message[]> {
    const entry = held(input.QueueUrl);
    const { queue, poll } = entry;
    const most = within(input.MaxNumberOfMessages, "MaxNumberOfMessages", 1, MAX_BATCH_ENTRIES) ?? 1;
    const seconds =
      within(input.VisibilityTimeout, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS) ??
      queue.settings.VisibilityTimeout;
    const wait =
      within(input.WaitTimeSeconds, "WaitTimeSeconds", 0, MAX_WAIT_SECONDS) ??
      queue.settings.ReceiveMessageWaitTimeSeconds;
    const deadline = clock.now() + wait * 1_000;
    for (;;) {
      if (abortSignal?.aborted) throw new AbortError(abortSignal);
      if (byUrl.get(urlOf(queue.name)) !== entry) return [];
      queue.advance(clock.now());
      if (queue.counts().inFlight >= MAX_IN_FLIGHT && wait === 0) {
        throw serviceException("OverLimit", `Too many messages in flight: ${queue.name} has ${MAX_IN_FLIGHT}.`);
      }
      const taken = take(entry, input, most, seconds);
      if (taken.length > 0 || clock.now() >= deadline) return taken;
      await poll.wait(deadline, abortSignal);
    }
  }

  function queueAttributes({ queue }: Held, names: GetQueueAttributesCommandInput["AttributeNames"] = []) {
    queue.advance(clock.now());
    const { ready, delayed, inFlight } = queue.counts();
    const { RedrivePolicy, ...numbers } = queue.settings;
    const all: Readonly<Record<string, string>> = {
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: String(ready),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      CreatedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
      LastModifiedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
      ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    };
    for (const name of names) {
      if (!queueAttributeNames.includes(name))
        throw serviceException("InvalidAttributeName", `Unknown Attribute ${name}.`);
    }
    return Object.fromEntries(Object.entries(all).filter(([name]) => names.some((n) => n === "All" || n === name)));
  }

  return {
    createQueue,
    async CreateQueue(input) {
      return { QueueUrl: createQueue(required(input.QueueName, "QueueName"), input.Attributes), $metadata: metadata() };
    },
    async DeleteQueue(input) {
      const { queue, poll } = held(input.QueueUrl);
      byUrl.delete(urlOf(queue.name));
      byArn.delete(queue.arn);
      poll.end();
      return { $metadata: metadata() };
    },
    async PurgeQueue(input) {
      held(input.QueueUrl).queue.purge();
      return { $metadata: metadata() };
    },
    async GetQueueUrl(input) {
      const url = urlOf(required(input.QueueName, "QueueName"));
      held(url);
      return { QueueUrl: url, $metadata: metadata() };
    },
    async GetQueueAttributes(input) {
      const attributes = queueAttributes(held(input.QueueUrl), input.AttributeNames);
      return { ...(Object.keys(attributes).length > 0 ? { Attributes: attributes } : {}), $metadata: metadata() };
    },
    async SendMessage(input: SendMessageCommandInput) {
      return { ...send(held(input.QueueUrl), input), $metadata: metadata() };
    },
    async SendMessageBatch(input) {
      const entry = held(input.QueueUrl);
      const entries = checkBatch(input.Entries);
      checkBatchBytes(entries);
      return { ...eachEntry(entries, (one) => send(entry, one)), $metadata: metadata() };
    },
    async ReceiveMessage(input, options) {
      const messages = await receive(input, options);
      return { ...(messages.length > 0 ? { Messages: messages } : {}), $metadata: metadata() };
    },
    async DeleteMessage(input) {
      remove(held(input.QueueUrl), input.ReceiptHandle);
      return { $metadata: metadata() };
    },
    async DeleteMessageBatch(input) {
      const entry = held(input.QueueUrl);
      return {
        ...eachEntry(checkBatch(input.Entries), (one) => remove(entry, one.ReceiptHandle)),
        $metadata: metadata(),
      };
    },
    async ChangeMessageVisibility(input) {
      changeVisibility(held(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout);
      return { $metadata: metadata() };
    },
    async ChangeMessageVisibilityBatch(input) {
      const entry = held(input.QueueUrl);
      return {
        ...eachEntry(checkBatch(input.Entries), (one) =>
          changeVisibility(entry, one.ReceiptHandle, one.VisibilityTimeout),
        ),
        $metadata: metadata(),
      };
    },
    destroy() {
      for (const { poll } of byUrl.values()) poll.end();
    },
  };
}
