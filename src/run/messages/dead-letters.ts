/**
 * Dead letters: messages that can never be worked. Each is sent to the dead-letter queue with its body unchanged and the reason
 * beside it, and only then does its door delete it. A process that dies between the two leaves both, so a dead letter may
 * come twice, and none is lost.
 *
 * Which queue: the one that is set, else the one that the RedrivePolicy of the message's own queue names. Where neither is known
 * the message stays. A queue that moves what was received too often knows no reason, so a message that comes for the last time
 * and can't be ended is sent there by its worker, with the reason.
 */
import { ulid } from "ulid";
import { isTransient, type QueueClient, type Redrive, redriveOf, SendMessageCommand } from "../../queue/index.ts";
import { withOwnUrls } from "../../queue/own-url-client.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { attributesOf, type DeadLetter } from "./dead-letter.ts";

export type Buried =
  /** It is in that queue: delete it. */
  | { readonly kind: "moved"; readonly queueUrl: string }
  /** There is no queue for it, or none that takes such a message. */
  | { readonly kind: "kept"; readonly why: string }
  /** It may succeed later. */
  | { readonly kind: "failed"; readonly why: string };

export interface DeadLetters {
  /** Never rejects. */
  take(letter: DeadLetter): Promise<Buried>;
  /**
   * Will the queue itself move a message that was received so often, at the next time? False where that is not known. Never rejects.
   */
  isLast(receives: number): Promise<boolean>;
}

/** A queue and who speaks to it. */
export interface QueueAt {
  readonly client: QueueClient;
  readonly queueUrl: string;
}

/** Where a dead letter would go. */
type Target = { readonly kind: "known"; readonly queue: QueueAt } | { readonly kind: "unknown"; readonly why: string };

/** Milliseconds for all of it: it must fit in what deliver.ts keeps back to give an answer. */
const LONGEST_MS = 4_000;
/** What a queue says of a message that it will never take (a body too long, or of characters it does not allow). */
const UNSENDABLE = new Set(["InvalidMessageContents", "InvalidParameterValue", "MissingParameter"]);

/** Will the queue never take such a message? */
export const isUnsendable = (thrown: unknown): boolean => UNSENDABLE.has(ensureError(thrown).name);

/**
 * Keeps what queues said of their dead-letter queues: each is asked once a process, when the first of its messages is rejected.
 * @returns the dead letters of the queue `from` (absent: of events that no queue brought); `set` is the queue that settings name
 */
export function createDeadLetters({ clock, random }: { readonly clock: Pick<Clock, "now">; readonly random: Random }) {
  const answers = new Map<string, Promise<Redrive | undefined>>();

  async function redrive({ client, queueUrl }: QueueAt, abortSignal: AbortSignal): Promise<Redrive | undefined> {
    for (;;) {
      const shared = answers.get(queueUrl);
      const answer = shared ?? redriveOf(client, queueUrl, { abortSignal });
      answers.set(queueUrl, answer);
      try {
        return await answer;
      } catch (thrown) {
        // The permission may be given while this process lives.
        if (answers.get(queueUrl) === answer) answers.delete(queueUrl);
        // Whoever asked first had less time left.
        const isOfAnother = shared !== undefined && ensureError(thrown).name === "AbortError" && !abortSignal.aborted;
        if (!isOfAnother) throw thrown;
      }
    }
  }

  async function ask(from: QueueAt, abortSignal: AbortSignal): Promise<Target> {
    try {
      const its = await redrive(from, abortSignal);
      return its === undefined
        ? { kind: "unknown", why: "its queue has no RedrivePolicy" }
        : { kind: "known", queue: { client: from.client, queueUrl: its.queueUrl } };
    } catch (thrown) {
      const error = ensureError(thrown);
      if (isTransient(error) || error.name === "AbortError") throw error;
      return { kind: "unknown", why: `its queue does not tell its RedrivePolicy (${error.name}: ${error.message})` };
    }
  }

  async function targetOf(from: QueueAt | undefined, set: QueueAt | undefined, signal: AbortSignal): Promise<Target> {
    if (set !== undefined) return { kind: "known", queue: set };
    if (from === undefined) return { kind: "unknown", why: "no queue brought it" };
    return ask(from, signal);
  }

  return (from: QueueAt | undefined, set?: QueueAt): DeadLetters => ({
    async isLast(receives) {
      if (from === undefined) return false;
      try {
        const its = await redrive(from, AbortSignal.timeout(LONGEST_MS));
        return its?.mostReceives !== undefined && receives >= its.mostReceives;
      } catch {
        return false;
      }
    },
    async take(letter) {
      const abortSignal = AbortSignal.timeout(LONGEST_MS);
      try {
        const target = await targetOf(from, set, abortSignal);
        if (target.kind === "unknown") {
          return { kind: "kept", why: `no dead-letter queue is known: none is set, and ${target.why}` };
        }
        const { client, queueUrl } = target.queue;
        // A message sent to where it came from would go round for ever.
        if (queueUrl === from?.queueUrl)
          return { kind: "kept", why: "the dead-letter queue is the message's own queue" };
        const id = queueUrl.endsWith(".fifo") ? (letter.messageId ?? ulid(clock.now(), random)) : undefined;
        const command = new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: letter.body,
          MessageAttributes: attributesOf(letter, from?.queueUrl, clock.now()),
          ...(id === undefined ? {} : { MessageGroupId: id, MessageDeduplicationId: id }),
        });
        await withOwnUrls(client).send(command, { abortSignal });
        return { kind: "moved", queueUrl };
      } catch (thrown) {
        const { name, message } = ensureError(thrown);
        // A queue that is gone may have been replaced: then its redrive policy is another.
        if (name === "QueueDoesNotExist" && from !== undefined) answers.delete(from.queueUrl);
        return { kind: isUnsendable(thrown) ? "kept" : "failed", why: `${name}: ${message}` };
      }
    },
  });
}
