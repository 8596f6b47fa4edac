/**
 * One embedded queue: where each of its messages is, with no clock and no waiting of its own. `now` is passed to every call.
 *
 *   send ─▶ hidden (delayed) ─▶ ready ─▶ receive ─▶ hidden (in flight) ─▶ deleted
 *                                 ▲                        │
 *                                 └── visibility runs out ─┘       expired: wherever it is, at its retention
 *
 * Each message is in exactly one of `ready` and `hidden`, and in `expiry`. Every step costs at most O(log n).
 */

import type { MessageAttributeValue } from "../api/shapes.ts";
import { createDueHeap } from "./due-heap.ts";

export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly traceHeader: string | undefined;
  /** Milliseconds since the epoch, as are all times here. */
  readonly sentAt: number;
  /** ARN of the queue whose redrive policy moved it here. */
  sourceArn: string | undefined;
  receives: number;
  firstReceivedAt: number | undefined;
  receivedAt: number;
  state: "delayed" | "ready" | "in-flight" | "gone";
  visibleAt: number;
  expiresAt: number;
  hiddenPlace: number;
  expiryPlace: number;
}

export interface QueueSettings {
  readonly VisibilityTimeout: number;
  readonly DelaySeconds: number;
  readonly MessageRetentionPeriod: number;
  readonly ReceiveMessageWaitTimeSeconds: number;
  readonly MaximumMessageSize: number;
  readonly RedrivePolicy: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number } | undefined;
}

export interface MemoryQueue {
  readonly name: string;
  readonly arn: string;
  readonly settings: QueueSettings;
  readonly createdAt: number;
  add(message: StoredMessage, visibleAt: number, now: number): void;
  /**
   * The next ready message, hidden until `visibleAt`; one received too often goes to `deadLetters` instead. Does not advance:
   * a message hidden for no time at all must not come twice in one answer.
   */
  take(visibleAt: number, now: number, deadLetters: MemoryQueue | undefined): StoredMessage | undefined;
  /** Brings what is due to its place: expired messages out, those no longer hidden to the ready ones. */
  advance(now: number): void;
  find(id: string): StoredMessage | undefined;
  hide(message: StoredMessage, visibleAt: number, now: number): void;
  remove(message: StoredMessage): void;
  purge(): void;
  /** When the next hidden message is due. */
  nextDue(): number | undefined;
  counts(): { readonly ready: number; readonly delayed: number; readonly inFlight: number };
}

export function createMemoryQueue(identity: Pick<MemoryQueue, "name" | "arn" | "settings" | "createdAt">): MemoryQueue {
  const { arn, settings } = identity;
  const messages = new Map<string, StoredMessage>();
  const hidden = createDueHeap<StoredMessage>({
    at: (message) => message.visibleAt,
    place: (message) => message.hiddenPlace,
    setPlace: (message, place) => {
      message.hiddenPlace = place;
    },
  });
  const expiry = createDueHeap<StoredMessage>({
    at: (message) => message.expiresAt,
    place: (message) => message.expiryPlace,
    setPlace: (message, place) => {
      message.expiryPlace = place;
    },
  });
  // First in, first out from `head` on. A message that left otherwise than by its turn stays here as "gone" until then.
  let ready: StoredMessage[] = [];
  let head = 0;
  const counts = { ready: 0, delayed: 0, inFlight: 0 };

  const count = (state: StoredMessage["state"], by: 1 | -1) => {
    if (state === "ready") counts.ready += by;
    else if (state === "delayed") counts.delayed += by;
    else if (state === "in-flight") counts.inFlight += by;
  };
  const enter = (message: StoredMessage, state: StoredMessage["state"]) => {
    count(message.state, -1);
    message.state = state;
    count(state, 1);
  };
  const release = (message: StoredMessage) => {
    hidden.remove(message);
    enter(message, "ready");
    ready.push(message);
  };
  const remove = (message: StoredMessage) => {
    messages.delete(message.id);
    hidden.remove(message);
    expiry.remove(message);
    enter(message, "gone");
  };
  const advance = (now: number) => {
    for (let due = expiry.peek(); due !== undefined && due.expiresAt <= now; due = expiry.peek()) remove(due);
    for (let due = hidden.peek(); due !== undefined && due.visibleAt <= now; due = hidden.peek()) release(due);
  };
  const shift = (): StoredMessage | undefined => {
    while (head < ready.length) {
      const message = ready[head]!;
      head += 1;
      if (head > 1_024 && head * 2 > ready.length) {
        ready = ready.slice(head);
        head = 0;
      }
      if (message.state === "ready") return message;
    }
    return undefined;
  };

  const queue: MemoryQueue = {
    ...identity,
    add(message, visibleAt, now) {
      message.expiresAt = message.sentAt + settings.MessageRetentionPeriod * 1_000;
      message.visibleAt = visibleAt;
      message.state = "gone";
      messages.set(message.id, message);
      expiry.put(message);
      enter(message, "delayed");
      if (visibleAt <= now) release(message);
      else hidden.put(message);
      advance(now);
    },
    take(visibleAt, now, deadLetters) {
      for (let message = shift(); message !== undefined; message = shift()) {
        const limit = settings.RedrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY;
        if (deadLetters !== undefined && message.receives >= limit) {
          remove(message);
          // A copy: what is "gone" here must stay so.
          deadLetters.add({ ...message, sourceArn: arn }, now, now);
          continue;
        }
        enter(message, "in-flight");
        message.receives += 1;
        message.firstReceivedAt ??= now;
        message.receivedAt = now;
        message.visibleAt = visibleAt;
        hidden.put(message);
        return message;
      }
      return undefined;
    },
    advance,
    find: (id) => messages.get(id),
    hide(message, visibleAt, now) {
      message.visibleAt = visibleAt;
      hidden.put(message);
      advance(now);
    },
    remove,
    purge() {
      messages.clear();
      hidden.clear();
      expiry.clear();
      for (const message of ready) message.state = "gone";
      ready = [];
      head = 0;
      Object.assign(counts, { ready: 0, delayed: 0, inFlight: 0 });
    },
    nextDue: () => hidden.peek()?.visibleAt,
    counts: () => counts,
  };
  return queue;
}
