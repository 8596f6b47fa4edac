/** The one way in which every door hands a delivery over: closed where anything fails, and never late. */
import { answerMsOf, leastWorkMs } from "../../policy/deadline.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { MessageEndName, Meter } from "../../vocabulary/metrics/measured.ts";
import type { DeadLetters } from "../messages/dead-letters.ts";
import type { Answer, Delivery, HandleDelivery, Sender } from "../messages/delivery.ts";

/** When the work must be over in a process that has `remainingMs` left. */
export function deadlineAfter(now: number, remainingMs: number): number {
  return now + remainingMs - answerMsOf(remainingMs);
}

export interface DeliverParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Is told what became of the message; that of the delivery's invocation where absent. */
  readonly meter?: Meter | undefined;
  /** Where a rejected message goes; absent: it stays in its queue. */
  readonly deadLetters?: DeadLetters | undefined;
  /** With less time than this the message is given back unworked, ms. Default: what does where nothing is known. */
  readonly leastMs?: number | undefined;
}

/** How a delivery ended, for its door. `moved`: it was rejected and is among the dead letters, so it is to be deleted. */
export type Delivered = Answer | { readonly kind: "moved"; readonly reason: string };

/** After a dead letter could not be sent. */
const letterDelaySeconds = 60;

/**
 * Works a delivery. A handler that throws in spite of its promise has acknowledged nothing: the message is given back. So is
 * one whose turn comes when its time is over, or nearly.
 */
export async function deliver(
  handle: HandleDelivery,
  delivery: Delivery,
  sender: Sender,
  parts: DeliverParts,
): Promise<Delivered> {
  const { meter = delivery.invocation?.meter } = parts;
  const answer = await deliverUncounted(handle, delivery, sender, parts);
  meter?.({ kind: "message", end: endOf[answer.kind] });
  return answer;
}

const endOf: Readonly<Record<Delivered["kind"], MessageEndName>> = {
  acknowledge: "acknowledged",
  "give-back": "given_back",
  moved: "rejected",
  reject: "rejected",
  refuse: "refused",
};

async function deliverUncounted(
  handle: HandleDelivery,
  delivery: Delivery,
  sender: Sender,
  { clock, log, deadLetters, leastMs = leastWorkMs }: DeliverParts,
): Promise<Delivered> {
  const { messageId, deadline } = delivery;
  const left = deadline - clock.elapsed();
  if (left < leastMs) return withoutTime({ left, leastMs }, delivery, { log, deadLetters });
  let answer: Answer;
  try {
    answer = await handle(delivery, sender);
  } catch (thrown) {
    answer = { kind: "give-back", delaySeconds: 30, reason: ensureError(thrown).message };
    log.error("A message was given back because working it failed.", { messageId, reason: answer.reason });
    return (await buryLast(delivery, answer.reason, { log, deadLetters })) ?? answer;
  }
  if (answer.kind === "give-back") {
    const { delaySeconds, reason } = answer;
    if (answer.newer) log.warn("A message was given back for a newer worker.", { messageId, delaySeconds, reason });
    else log.info("A message was given back.", { messageId, delaySeconds, reason });
  }
  if (answer.kind === "refuse") log.error("A message can't be worked here.", { messageId, reason: answer.reason });
  if (answer.kind === "reject") return bury(delivery, answer, { log, deadLetters });
  if (answer.kind === "acknowledge") return answer;
  return (await buryLast(delivery, answer.reason, { log, deadLetters })) ?? answer;
}

/** Said so, for a function may have no more than that at any time: its queue would move message after message without a word. */
async function withoutTime(
  { left, leastMs }: { readonly left: number; readonly leastMs: number },
  delivery: Delivery,
  { log, deadLetters }: Pick<DeliverParts, "log" | "deadLetters">,
): Promise<Delivered> {
  const seconds = Math.max(0, Math.round(left / 100) / 10);
  const reason = `its turn came when ${seconds} s of this invocation were left, and less than ${Math.ceil(leastMs / 100) / 10} s are no time to work it: 900 s are a good time limit for a function`;
  log.warn("A message was given back, as there was no time to work it.", { messageId: delivery.messageId, reason });
  return (await buryLast(delivery, reason, { log, deadLetters })) ?? { kind: "give-back", delaySeconds: 0, reason };
}

/** Where the queue would move the message at the next time, it is moved now, with the reason. Undefined where it stays. */
async function buryLast(
  { body, messageId, attributes, receives }: Delivery,
  reason: string,
  { log, deadLetters }: Pick<DeliverParts, "log" | "deadLetters">,
): Promise<Delivered | undefined> {
  if (deadLetters === undefined || receives === undefined || receives < 2) return undefined;
  if (!(await deadLetters.isLast(receives))) return undefined;
  const said = `It was received ${receives} times, as often as its queue gives it: ${reason}`;
  const buried = await deadLetters.take({ body, messageId, attributes, reason: said });
  if (buried.kind !== "moved") return undefined;
  log.error("A message was received as often as its queue gives it, and was sent to the dead-letter queue.", {
    messageId,
    reason: said,
    deadLetterQueue: buried.queueUrl,
  });
  return { kind: "moved", reason: said };
}

async function bury(
  { body, messageId, attributes }: Delivery,
  answer: Extract<Answer, { readonly kind: "reject" }>,
  { log, deadLetters }: Pick<DeliverParts, "log" | "deadLetters">,
): Promise<Delivered> {
  const { reason } = answer;
  const buried = await deadLetters?.take({ body, messageId, attributes, reason });
  switch (buried?.kind) {
    case "moved":
      log.error("A message can't be worked and was sent to the dead-letter queue.", {
        messageId,
        reason,
        deadLetterQueue: buried.queueUrl,
      });
      return { kind: "moved", reason };
    case "failed":
      log.error("A message can't be worked, and sending it to the dead-letter queue failed; it is given back.", {
        messageId,
        reason,
        failure: buried.why,
      });
      return {
        kind: "give-back",
        delaySeconds: letterDelaySeconds,
        reason: `it can't be worked, and sending it to the dead-letter queue failed: ${buried.why}`,
      };
    case "kept":
    case undefined:
      log.error("A message can't be worked.", { messageId, reason, kept: buried?.why });
      return answer;
  }
}
