/**
 * The hold on one received message, with explicit states:
 *
 *   held ──▶ acknowledged    deleted: it never comes again
 *     ├────▶ given-back      visible again after a delay, or where the queue can't change that, at its own time
 *     └────▶ lost            somebody else may have it by now; what was done must not be acknowledged
 *
 * While held, a heartbeat extends the message's visibility. It is stopped, and one under way awaited, BEFORE the message is deleted
 * or given back, so that it can never overwrite a back-off nor touch a message that is gone. Nothing here ever rejects.
 */
import { ageOf, type Clock, type Moment, momentOf } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { type Log, silentLog } from "../vocabulary/log.ts";
import type { QueueClient } from "./client.ts";
import { ChangeMessageVisibilityCommand, DeleteMessageCommand } from "./commands.ts";
import { withOwnUrls } from "./own-url-client.ts";

/**
 * How a hold on a message stands: it begins `held`, and ends as one of the others, for good. After `lost` what was done must not be
 * acknowledged: somebody else may have the message by now.
 */
export type LeaseState =
  /** `until`: when the message becomes visible again if nothing more is heard, milliseconds by the clock's `elapsed`. */
  | { readonly kind: "held"; readonly until: number }
  | { readonly kind: "acknowledged" }
  | { readonly kind: "given-back" }
  | { readonly kind: "lost"; readonly reason: string };
/** How a hold ended. */
export type SettledLease = Exclude<LeaseState, { readonly kind: "held" }>;

/** Which message is held, and how long the queue hides it. */
export interface LeaseOptions {
  readonly client: QueueClient;
  readonly queueUrl: string;
  readonly receiptHandle: string;
  /** When the receive that brought it was sent, milliseconds by the clock's `elapsed`: its visibility can't have begun earlier. */
  readonly receivedAt: number;
  /** What it was received with (on a queue without extension: the queue's own), and what each heartbeat extends it to, seconds. */
  readonly visibilitySeconds: number;
  /** "fixed" where the queue can't extend (TDMQ). An extension refused as UnsupportedOperation makes it fixed as well. */
  readonly extension?: "heartbeat" | "fixed" | undefined;
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/** The hold on one message. Nothing here rejects: a message that can't be deleted or given back is `lost`. */
export interface Lease {
  /** As it is now. */
  state(): LeaseState;
  /** When the work must be over: the visibility's end where it can't be extended, 12 hours after the receive where it can. */
  deadline(): number;
  /** Aborts when the lease is lost: the work should stop. */
  readonly lost: AbortSignal;
  /** Deletes the message. Of several calls to this or giveBack the first counts; all tell how it ended. */
  acknowledge(): Promise<SettledLease>;
  /** Makes the message visible again after this long. */
  giveBack(delaySeconds: number): Promise<SettledLease>;
}

/** SQS hides a message at most this long, all extensions taken together. */
const LONGEST_HOLD_MS = 43_200_000;
/** A third of the visibility: one failed heartbeat may be repeated before the message is lost. */
const HEARTBEATS_PER_VISIBILITY = 3;
/** After a heartbeat that failed for a reason that may pass. */
const REPEAT_MS = 1_000;

/**
 * Holds a message that was received: as long as it is held, a heartbeat every third of its visibility hides it for longer, at most 12
 * hours in all. The heartbeat has ended before the message is deleted or given back, so it can't touch a message that is gone.
 *
 * @example
 * ```ts
 * import { silentLog, systemClock } from "cos-originals";
 * import { createLease, queueFromUrl, ReceiveMessageCommand, SendMessageCommand } from "cos-originals/queue";
 *
 * const { client, queueUrl } = queueFromUrl("memory:", {
 *   clock: systemClock,
 *   random: Math.random,
 *   log: silentLog,
 *   env: process.env,
 * });
 * await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "work" }));
 *
 * const receivedAt = systemClock.elapsed();
 * const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 300 });
 * const { Messages = [] } = await client.send(receive);
 * for (const { Body, ReceiptHandle = "" } of Messages) {
 *   const lease = createLease({
 *     client,
 *     queueUrl,
 *     receiptHandle: ReceiptHandle,
 *     receivedAt,
 *     visibilitySeconds: 300,
 *     clock: systemClock,
 *   });
 *   console.log(Body); // prints work
 *   const { kind } = await lease.acknowledge();
 *   console.log(kind); // prints acknowledged
 * }
 * client.destroy();
 * ```
 */
export function createLease(options: LeaseOptions): Lease {
  const { queueUrl, receiptHandle, receivedAt, visibilitySeconds, clock, log = silentLog } = options;
  const client = withOwnUrls(options.client);
  const last = receivedAt + LONGEST_HOLD_MS;
  const lost = new AbortController();
  const stopped = new AbortController();
  let extension = options.extension ?? "heartbeat";
  let state: LeaseState = { kind: "held", until: receivedAt + visibilitySeconds * 1_000 };
  /** When the hold began that runs now: a laptop that slept finds its message in other hands. */
  let heldSince: Moment = { elapsed: receivedAt, now: clock.now() - (clock.elapsed() - receivedAt) };
  let settling: Promise<SettledLease> | undefined;

  function lose(reason: string): SettledLease {
    const now: SettledLease = { kind: "lost", reason };
    state = now;
    log.warn("the lease of a message was lost; it will be delivered again", { queueUrl, reason });
    lost.abort(new Error(`the lease was lost: ${reason}`));
    return now;
  }

  /** Where the queue is not asked, which would know: whichever clock says less. */
  const leftOf = (until: number): number => until - heldSince.elapsed - ageOf(heldSince, clock);

  const change = (seconds: number) =>
    client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );

  /** One heartbeat; how long to sleep until the next, undefined for never. */
  async function extend(): Promise<number | undefined> {
    const sent = momentOf(clock);
    const sentAt = sent.elapsed;
    const seconds = Math.min(visibilitySeconds, Math.floor((last - sentAt) / 1_000));
    if (seconds <= 0) return undefined;
    try {
      await change(seconds);
      state = { kind: "held", until: sentAt + seconds * 1_000 };
      heldSince = sent;
      return (seconds * 1_000) / HEARTBEATS_PER_VISIBILITY;
    } catch (thrown) {
      const error = ensureError(thrown);
      if (error.name === "UnsupportedOperation") {
        extension = "fixed";
        return undefined;
      }
      if (isGone(error)) {
        lose(`${error.name}: ${error.message}`);
        return undefined;
      }
      log.warn("a message's visibility could not be extended; it is tried again", { queueUrl, error: error.message });
      return REPEAT_MS;
    }
  }

  async function beat(): Promise<void> {
    let pause: number | undefined =
      extension === "heartbeat" ? (visibilitySeconds * 1_000) / HEARTBEATS_PER_VISIBILITY : undefined;
    while (state.kind === "held" && !stopped.signal.aborted) {
      const left = pause === undefined ? leftOf(state.until) : state.until - clock.elapsed();
      if (left <= 0) {
        lose("its visibility ran out");
        return;
      }
      await clock.sleep(Math.min(pause ?? left, left), stopped.signal);
      if (stopped.signal.aborted) return;
      if (pause !== undefined && clock.elapsed() < state.until) pause = await extend();
    }
  }
  const beating = beat();

  function settle(finish: () => Promise<SettledLease>): Promise<SettledLease> {
    settling ??= (async () => {
      stopped.abort();
      await beating;
      if (state.kind !== "held") return state;
      try {
        state = await finish();
        return state;
      } catch (thrown) {
        const error = ensureError(thrown);
        return lose(`${error.name}: ${error.message}`);
      }
    })();
    return settling;
  }

  return {
    state: () => state,
    deadline: () => (extension === "heartbeat" || state.kind !== "held" ? last : Math.min(last, state.until)),
    lost: lost.signal,
    acknowledge: () =>
      settle(async () => {
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));
        return { kind: "acknowledged" };
      }),
    giveBack: (delaySeconds) =>
      settle(async () => {
        const most = Math.max(0, Math.floor((last - clock.elapsed()) / 1_000));
        try {
          if (extension === "heartbeat") await change(Math.min(Math.max(0, Math.round(delaySeconds)), most));
        } catch (thrown) {
          // Then it becomes visible at its own time, which is giving it back all the same.
          if (ensureError(thrown).name !== "UnsupportedOperation") throw thrown;
        }
        return { kind: "given-back" };
      }),
  };
}

/** Before some names, where the error is the AWS client's and the name came from the Query protocol's header. */
const OLD_PREFIX = /^AWS\.SimpleQueueService\./;
/** What a queue says of a message that is no longer this receiver's. */
const GONE = new Set(["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue", "QueueDoesNotExist"]);

export const isGone = ({ name }: Error): boolean => GONE.has(name.replace(OLD_PREFIX, ""));
