/**
 * Tencent SCF. It has no trigger for a queue and no answer for one failed message of several (document 583/17530): a thrown
 * error makes it deliver everything again, once a minute. So
 *
 *   - a timer polls the queue ORIGINALS_QUEUE and deletes each message when it is done;
 *   - the run that a timer, or somebody's own call, asks for is begun at once, and what it has left goes to that queue: whoever called is told how
 *     it stands. What can't be worked now is sent there as it is;
 *   - without a queue a timer goes on with the unfinished runs of the ledger (run/work/tick.ts), as far as its time reaches: a timer and the ledger are
 *     enough for a run of any length;
 *   - what CKafka, CMQ, EventBridge or a stored manifest bring is sent to that queue, and the event is over: a failing message
 *     then holds up nobody. Only where no queue is set, or it takes no such message (too long a one), is it worked at once, and an error thrown
 *     for what must come again.
 *
 * What can never be worked goes to the dead-letter queue. Where none takes it, the invocation fails with the reason, and the platform
 * delivers the event again: a success would be the end of it.
 */
import pLimit from "p-limit";
import type { Settings } from "../../config/read.ts";
import { deadlineAfter, deliver } from "../../run/deliver/deliver.ts";
import { createDeadLetters, isUnsendable } from "../../run/messages/dead-letters.ts";
import { queueSender } from "../../run/messages/queue-sender.ts";
import { type Polled, pollQueue } from "../../run/work/poll-queue.ts";
import type { Ticked } from "../../run/work/tick.ts";
import { sameBucket } from "../../vocabulary/address.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { scheduledMessage, storedManifestMessage } from "../settings/manifest-message.ts";
import { ledgerPlace, sourcePlace } from "../settings/places.ts";
import type { FunctionWorker, Platform } from "./function-worker.ts";
import { nonZero, type RunningInvocation, withinInvocation } from "./invocation.ts";
import { takeCredentials } from "./scf-credentials.ts";
import { decodeScfEvent, type PushedMessage, type StoredObject } from "./scf-event.ts";
import {
  createWorkHere,
  type KeptQueue,
  notWorked,
  taken,
  tellingOne,
  type Within,
  type WorkedAtOnce,
} from "./work-here.ts";

/** What is used of SCF's context (document 583/9210). There is no call for the remaining time. */
export interface ScfContext {
  readonly time_limit_in_ms: number;
  readonly memory_limit_in_mb?: number;
  readonly request_id?: string;
  /** Variables as JSON, the role's temporary keys among them. */
  readonly environment?: unknown;
  /** The same as `NAME=value;NAME=value`. */
  readonly environ?: unknown;
}

/** What an invocation returns, for its log, and for who called it and waits. */
export type ScfResult =
  | Polled
  /** Of a timer that has no queue to poll. */
  | Ticked
  | { readonly sent: number; readonly acknowledged?: number; readonly rejected?: number }
  /** Of a timer's run or of a direct call: why it could not be worked now. It was sent to the queue. */
  | { readonly sent: number; readonly reason: string }
  | WorkedAtOnce;

/** What the function is made of. */
export interface ScfParts {
  /** Asked at each invocation. */
  readonly worker: (platform?: Platform) => FunctionWorker;
  /** The queue of these settings; undefined where none is set. */
  readonly openQueue: (settings: Settings) => KeptQueue | undefined;
  /** The dead-letter queue of these settings; absent or undefined: the queue's own RedrivePolicy tells it. */
  readonly openDeadLetterQueue?: ((settings: Settings) => KeptQueue | undefined) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where whoever signs reads credentials: those that an invocation's context tells are put there. Absent: they are left alone. */
  readonly environment?: Record<string, string | undefined> | undefined;
}

function tooShort(limit: number): UserError {
  return new UserError(
    "TimeLimitTooShort",
    `The function has ${limit / 1_000} s for each invocation, and no message can be worked in less than ${leastLimit / 1_000} s; give it a time limit of 900 s.`,
  );
}

/** What an answer says beyond the counts of its invocation; of a timer, what it left to others. */
function beyondCounts(result: ScfResult): Readonly<Record<string, number>> {
  if ("sent" in result) return nonZero({ sent: result.sent });
  return "leftAlone" in result ? nonZero({ runs: result.runs, leftAlone: result.leftAlone }) : {};
}

const sendsAtOnce = 16;
/** Milliseconds in which an original can hardly be fetched, stored and recorded … */
const shortLimit = 30_000;
/** … and in which no message is received: the platform would kill the function at it, which charges rows that are innocent. */
const leastLimit = 10_000;
/**
 * Milliseconds without a message after which a polling function ends, for all of them are paid for: the next timer continues. At first long
 * enough for one receive that asks the whole of the queue; after a message so long that a run's next look at itself (5 s later) is met.
 */
const idleAtFirst = 2_000;
const idle = 10_000;

/**
 * A handler for Tencent SCF: it takes timer, CKafka, CMQ, EventBridge and COS events, and a message itself. A timer polls the queue; whatever
 * else comes is sent to it, or worked at once where there is none. `cos-originals/scf` is one, in one file that can be uploaded.
 *
 * What it returns throws an Error of one sentence where the event must be delivered again.
 *
 * @example
 * ```ts
 * import {
 *   createDeliveryHandler,
 *   createScfHandler,
 *   jsonLog,
 *   keepFunctionWorker,
 *   readSettings,
 *   systemClock,
 * } from "cos-originals";
 * import { queueFromUrl } from "cos-originals/queue";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * const { values } = readSettings({ environment: process.env });
 * const queue = queueFromUrl(values.queue ?? "memory:", { ...world, env: process.env });
 * export const main_handler = createScfHandler({
 *   ...world,
 *   worker: keepFunctionWorker(world, createDeliveryHandler),
 *   openQueue: () => queue,
 * });
 * ```
 */
export function createScfHandler(parts: ScfParts) {
  const { clock } = parts;
  const deadLettersOf = createDeadLetters(parts);
  const { tickOf, workHere } = createWorkHere(deadLettersOf, parts);

  /** Throws an Error of one sentence where the event must be delivered again. */
  return async function handler(event: unknown, context: ScfContext): Promise<ScfResult> {
    const told = { requestId: context?.request_id, clock, log: parts.log };
    return withinInvocation(told, (invocation) => work(event, context, invocation), beyondCounts);
  };

  async function work(event: unknown, context: ScfContext, invocation: RunningInvocation): Promise<ScfResult> {
    const { log } = invocation;
    const decoded = decodeScfEvent(event);
    invocation.asked(decoded.kind === "timer" ? `timer, ${decoded.task}` : decoded.kind);
    if (parts.environment !== undefined) takeCredentials(context ?? {}, parts.environment);
    const { memory_limit_in_mb: megabytes } = context ?? {};
    const memory = typeof megabytes === "number" && megabytes > 0 ? megabytes * 1024 * 1024 : undefined;
    const worker = parts.worker({ memory });
    invocation.whenOver(worker.done);
    const limit = context?.time_limit_in_ms;
    if (typeof limit !== "number" || !(limit > 0)) {
      throw new UserError(
        "InvalidEvent",
        `The invocation's context has time_limit_in_ms = ${quote(limit)}, which is no time limit.`,
      );
    }
    if (decoded.kind === "timer" && decoded.task === "poll" && limit < leastLimit) throw tooShort(limit);
    if (limit < shortLimit) {
      log.warn(
        "The function has little time for each invocation, SCF's default perhaps: give it a time limit of 900 s.",
        {
          seconds: limit / 1_000,
        },
      );
    }
    const within = { deadline: deadlineAfter(clock.elapsed(), limit), invocation };
    switch (decoded.kind) {
      case "message":
        return alone(worker, decoded.message, within);
      case "messages":
        return pass(worker, decoded.messages, within);
      case "objects":
        return pass(worker, manifestsAmong(worker.settings, decoded.objects, log), within);
      case "timer": {
        if (decoded.task === "poll") return poll(worker, within);
        const body = JSON.stringify(scheduledMessage(worker.settings, decoded.at));
        return alone(worker, { body, id: `timer of ${decoded.at}` }, within);
      }
    }
  }

  async function poll(worker: FunctionWorker, within: Within): Promise<Polled | Ticked> {
    const { settings, handle, checkCredentials } = worker;
    const queue = taken(parts.openQueue(settings), within);
    await checkCredentials?.();
    if (queue === undefined) {
      const isScheduled = settings.values.source !== undefined && settings.values.archive !== undefined;
      const scheduled = isScheduled ? scheduledMessage(settings, new Date(clock.now()).toISOString()) : undefined;
      const tick = tickOf(worker, within, { scheduled });
      if (tick === undefined) {
        throw new UserError(
          "MissingSetting",
          "The timer has no queue to poll, and no ledger to look at for runs to go on with; set ORIGINALS_QUEUE to sqs:URL or tdmq:URL, or ORIGINALS_ARCHIVE.",
        );
      }
      await tick.look();
      return tick.work();
    }
    const sender = queueSender(queue.client, queue.queueUrl, parts);
    const deadLetters = deadLettersOf(queue, taken(parts.openDeadLetterQueue?.(settings), within));
    const { visibility } = settings.values;
    const staying: string[] = [];
    const onStaying = (reason: string) => void staying.push(reason);
    const polled = await pollQueue({
      queue,
      handle,
      sender,
      deadLetters,
      visibility,
      ...within,
      idle,
      idleAtFirst,
      onStaying,
      clock,
      log: within.invocation.log,
    });
    if (staying[0] !== undefined)
      throw notWorked(staying.length, polled.acknowledged + polled.givenBack + polled.rejected, staying[0]);
    return polled;
  }

  /** A run that a timer or a caller asks for. Where there is a queue, what can't be worked now waits there. */
  async function alone(worker: FunctionWorker, message: PushedMessage, within: Within): Promise<ScfResult> {
    const queue = taken(parts.openQueue(worker.settings), within);
    if (queue === undefined) return workHere(worker, [message], within);
    const sender = queueSender(queue.client, queue.queueUrl, parts);
    const deadLetters = deadLettersOf(queue, taken(parts.openDeadLetterQueue?.(worker.settings), within));
    const told = tellingOne();
    const { body, id } = message;
    const delivery = { body, messageId: id, ...within, onSummary: told.onSummary };
    const { log } = within.invocation;
    const answer = await deliver(worker.handle, delivery, sender, { clock, log, deadLetters });
    switch (answer.kind) {
      case "acknowledge":
        return { acknowledged: 1, rejected: 0, ...told.stands() };
      case "moved":
        return { acknowledged: 0, rejected: 1 };
      case "reject":
        throw notWorked(1, 1, answer.reason);
      case "give-back":
      case "refuse":
        await sender.send(body, answer.kind === "give-back" ? answer.delaySeconds : 0);
        return { sent: 1, reason: answer.reason };
    }
  }

  async function pass(worker: FunctionWorker, messages: readonly PushedMessage[], within: Within): Promise<ScfResult> {
    const queue = taken(parts.openQueue(worker.settings), within);
    if (queue === undefined) return workHere(worker, messages, within);
    const sender = queueSender(queue.client, queue.queueUrl, parts);
    // What a stream brings may be longer than the queue takes.
    const unsendable: PushedMessage[] = [];
    // The first that can't be sent fails the event: those sent before it will come twice, which costs no second fetch.
    await pLimit(sendsAtOnce).map(messages, async (message) => {
      try {
        await sender.send(message.body);
      } catch (thrown) {
        if (!isUnsendable(thrown)) throw thrown;
        unsendable.push(message);
      }
    });
    const sent = messages.length - unsendable.length;
    return unsendable.length === 0 ? { sent } : { sent, ...(await workHere(worker, unsendable, within, sender)) };
  }

  /** A manifest that was stored starts a run; what a run itself writes does not. */
  function manifestsAmong(settings: Settings, objects: readonly StoredObject[], log: Log): readonly PushedMessage[] {
    const ledger = ledgerPlace(settings);
    const messages: PushedMessage[] = [];
    for (const { bucket, region, key, eventName } of objects) {
      if (!/^cos:ObjectCreated:/.test(eventName) || (sameBucket({ bucket }, ledger) && key.startsWith(ledger.prefix))) {
        log.info("An object's event starts no run.", { bucket, key, eventName });
        continue;
      }
      const where = region ?? settings.values.manifestRegion ?? sourcePlace(settings).region;
      const body = JSON.stringify(storedManifestMessage(settings, { bucket, region: where, key }));
      messages.push({ body, id: `cos://${bucket}/${key}` });
    }
    return messages;
  }
}
