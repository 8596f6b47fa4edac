/**
 * Polls a queue, one message at a time: receive, hold it by a lease, work it, and delete it once its outcomes are durable. A
 * message that is not deleted comes again by itself, so whatever goes wrong here costs work, never a message.
 */

import { leastWorkFor } from "../../policy/deadline.ts";
import { createLease, isTransient, type Message, type QueueFromUrl, ReceiveMessageCommand } from "../../queue/index.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Meter } from "../../vocabulary/metrics/measured.ts";
import { deliver } from "../deliver/deliver.ts";
import type { DeadLetters } from "../messages/dead-letters.ts";
import type { HandleDelivery, Invocation, Sender } from "../messages/delivery.ts";

export interface PollOptions {
  readonly queue: QueueFromUrl;
  readonly handle: HandleDelivery;
  readonly sender: Sender;
  /** Where messages go that can never be worked; absent: they come again until the queue itself moves them. */
  readonly deadLetters?: DeadLetters | undefined;
  /** Seconds; see the setting `visibility`. */
  readonly visibility: number;
  /** When the last answer must have been given, milliseconds by the clock's `elapsed`. Infinity where nothing limits it. */
  readonly deadline: number;
  /** Ends after the queue was empty for this long, in milliseconds. Infinity: never. */
  readonly idle: number;
  /** The same, until a first message came. Absent: `idle`. */
  readonly idleAtFirst?: number | undefined;
  /** Several pollers of one process receive one after the other; this waits until it may. */
  readonly inTurn?: (<T>(receive: () => Promise<T>) => Promise<T>) | undefined;
  /** Seconds to wait for a message at most; else what suits the queue. */
  readonly longestWait?: number | undefined;
  /** Told why, of a message that can't be worked and stays in the queue. */
  readonly onStaying?: ((reason: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives up a receive that is under way; `signal` where absent. A queue may give a message to a connection that is gone, and hide it for long: who
   * has just sent one, to be gone on with by others, waits a little for what it brings.
   */
  readonly receiving?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of each receive, and what became of each message; that of the invocation where absent. */
  readonly meter?: Meter | undefined;
  /** Of a function. */
  readonly invocation?: Invocation | undefined;
}

/** How many messages were taken from a queue, by what became of them. */
export interface Polled {
  readonly acknowledged: number;
  readonly givenBack: number;
  /** Those that can't be worked, whether they are among the dead letters or still in the queue. */
  readonly rejected: number;
}

/** The longest wait for a message. A longer one on TDMQ "may cause more duplicates" (document 1111/47661). */
const longestWaitSeconds = { memory: 20, sqs: 20, tdmq: 3 } as const;
/** A message is not worth receiving with less time than this, or a sixth of all there was. */
const shortestWork = 15_000;
/** Between the end of the work and the end of a lease that can't be extended. */
const leaseMargin = 5_000;
/** After a failed receive, and before a message that can't be worked comes again. */
const pauseAfterFailure = 5_000;
const rejectedDelaySeconds = 60;

/** Returns when the time is over, the queue stays empty, or `signal` aborts. Throws what is wrong with the queue for good. */
export async function pollQueue(options: PollOptions): Promise<Polled> {
  const { clock, deadline, idle, inTurn = (receive) => receive(), signal, log } = options;
  const { meter = options.invocation?.meter } = options;
  const counts = { acknowledged: 0, givenBack: 0, rejected: 0 };
  const worthwhile = Math.min(shortestWork, (deadline - clock.elapsed()) / 6);
  let slowest: number | undefined;
  let leastMs = leastWorkFor(slowest);
  const last = () => deadline - Math.max(leastMs, worthwhile);
  let idleUntil = clock.elapsed() + (options.idleAtFirst ?? idle);
  while (!signal?.aborted && !(clock.elapsed() >= last())) {
    let receivedAt = clock.elapsed();
    let message: Message | "failed" | undefined;
    try {
      message = await inTurn(async () => {
        receivedAt = clock.elapsed();
        try {
          return await receive(options, Math.min(last(), idleUntil) - receivedAt);
        } catch (thrown) {
          const error = ensureError(thrown);
          if (error.name === "AbortError") throw error;
          meter?.({ kind: "received", failed: true });
          if (!isTransient(error)) throw error;
          log.warn("Receiving from the queue failed; it is tried again.", { reason: error.message });
          // Still in turn: others of this process would be answered no better.
          await clock.sleep(pauseAfterFailure, signal);
          return "failed";
        }
      });
    } catch (thrown) {
      const error = ensureError(thrown);
      if (error.name === "AbortError") break;
      throw error;
    }
    if (message === "failed") continue;
    meter?.({ kind: "received", failed: false });
    if (message !== undefined) {
      log.debug?.("A message was received.", { messageId: message.MessageId, receives: receivesOf(message) });
      const begunAt = clock.elapsed();
      counts[await workOne(options, message, receivedAt, leastMs)]++;
      slowest = Math.max(slowest ?? 0, clock.elapsed() - begunAt);
      leastMs = leastWorkFor(slowest);
      idleUntil = clock.elapsed() + idle;
      // Queues wait for whole seconds.
    } else if (Math.min(last(), idleUntil) - clock.elapsed() < 1_000) break;
  }
  return counts;
}

async function receive(options: PollOptions, timeLeft: number): Promise<Message | undefined> {
  const { queue, visibility, longestWait = longestWaitSeconds[options.queue.kind] } = options;
  const { receiving: signal = options.signal } = options;
  const wait = Math.max(0, Math.min(longestWait, Math.floor(timeLeft / 1000)));
  const command = new ReceiveMessageCommand({
    QueueUrl: queue.queueUrl,
    MaxNumberOfMessages: 1,
    WaitTimeSeconds: wait,
    // A dead letter keeps them.
    MessageAttributeNames: ["All"],
    // Told before it is too late for a reason; what a queue does not know it leaves out.
    ...(queue.kind === "tdmq" ? {} : { MessageSystemAttributeNames: ["ApproximateReceiveCount" as const] }),
    ...(queue.kind === "tdmq" ? {} : { VisibilityTimeout: visibility }),
  });
  const { Messages } = await queue.client.send(command, signal === undefined ? {} : { abortSignal: signal });
  return Messages?.[0];
}

function receivesOf({ Attributes }: Message): number | undefined {
  const receives = Number(Attributes?.ApproximateReceiveCount);
  return Number.isSafeInteger(receives) ? receives : undefined;
}

async function workOne(
  options: PollOptions,
  message: Message,
  receivedAt: number,
  leastMs: number,
): Promise<keyof Polled> {
  const { queue, handle, sender, deadLetters, visibility, deadline, signal, clock, log } = options;
  const lease = createLease({
    client: queue.client,
    queueUrl: queue.queueUrl,
    receiptHandle: message.ReceiptHandle ?? "",
    receivedAt,
    visibilitySeconds: visibility,
    extension: queue.kind === "tdmq" ? "fixed" : "heartbeat",
    clock,
    log,
  });
  const delivery = {
    body: message.Body ?? "",
    messageId: message.MessageId,
    attributes: message.MessageAttributes,
    receives: receivesOf(message),
    deadline: Math.min(deadline, lease.deadline() - leaseMargin),
    signal: signal === undefined ? lease.lost : AbortSignal.any([signal, lease.lost]),
    invocation: options.invocation,
  };
  if (signal?.aborted) {
    log.info("A message came after this process was asked to stop; it is given back for others.", {
      messageId: message.MessageId,
    });
    await lease.giveBack(0);
    return "givenBack";
  }
  const { meter } = options;
  const answer = await deliver(handle, delivery, sender, { clock, log, meter, deadLetters, leastMs });
  switch (answer.kind) {
    case "acknowledge":
      return (await lease.acknowledge()).kind === "acknowledged" ? "acknowledged" : "givenBack";
    case "give-back":
      await lease.giveBack(answer.delaySeconds);
      return "givenBack";
    case "moved":
      // Where this fails it comes again, and is a dead letter twice.
      await lease.acknowledge();
      return "rejected";
    case "reject":
    case "refuse":
      options.onStaying?.(answer.reason);
      await lease.giveBack(rejectedDelaySeconds);
      return "rejected";
  }
}
