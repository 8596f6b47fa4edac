/** The one way in which every door hands a delivery over: closed where anything fails, and never late. */
import type { Clock } from "../clock.ts";
import { ensureError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Answer, Delivery, HandleDelivery, Sender } from "./delivery.ts";

/** Milliseconds kept back to give an answer: one request to the queue, and what the platform needs itself. */
const answerMargin = 5_000;

/** When the work must be over in a process that has `remainingMs` left: 5 s earlier, in a short-lived one a tenth. */
export function deadlineAfter(now: number, remainingMs: number): number {
  return now + remainingMs - Math.min(answerMargin, remainingMs / 10);
}

/**
 * Works a delivery. A handler that throws in spite of its promise has acknowledged nothing: the message is given back. So is
 * one whose turn comes when its time is over.
 */
export async function deliver(
  handle: HandleDelivery,
  delivery: Delivery,
  sender: Sender,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Answer> {
  const { messageId, deadline } = delivery;
  if (clock.now() >= deadline) {
    return { kind: "give-back", delaySeconds: 0, reason: "its turn came when the time of this invocation was over" };
  }
  let answer: Answer;
  try {
    answer = await handle(delivery, sender);
  } catch (thrown) {
    answer = { kind: "give-back", delaySeconds: 30, reason: ensureError(thrown).message };
    log.error("A message was given back because working it failed.", { messageId, reason: answer.reason });
    return answer;
  }
  if (answer.kind === "give-back") {
    const { delaySeconds, reason } = answer;
    log.info("A message was given back.", { messageId, delaySeconds, reason });
  }
  if (answer.kind === "reject") log.error("A message can't be worked.", { messageId, reason: answer.reason });
  return answer;
}
