/**
 * What a door (runtime/) hands to the run, and what it gets back. Doors decode events into deliveries and encode answers;
 * they hold no logic.
 */

import type { Submitted } from "../../ledger/plan/submitted.ts";
import type { MessageAttributeValue } from "../../queue/index.ts";
import type { Summary } from "../../report/summary.ts";
import type { Meter } from "../../vocabulary/metrics/measured.ts";

/** Of a function: the invocation that a delivery is part of. */
export interface Invocation {
  /** The platform's id of it, which stands in each line of the log that is of it alone. */
  readonly requestId?: string | undefined;
  /** Is told what was done in it. */
  readonly meter: Meter;
}

/** One message, as delivered once. */
export interface Delivery {
  /** JSON: a manifest, shard or reconcile message, as parseMessage reads it. */
  readonly body: string;
  /** When this process must have given its answer, milliseconds by the clock's `elapsed`. Infinity where nothing limits it. */
  readonly deadline: number;
  /** The queue's own id of the message, for logs and dead letters. */
  readonly messageId?: string | undefined;
  /** How often the queue has given the message by now, this time included; absent where it does not tell. */
  readonly receives?: number | undefined;
  /** What the message carries beside its body: nothing here reads it, a dead letter keeps it. */
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  /** Aborts when the process is asked to stop: no new task starts, what is in flight ends, what is known is recorded. */
  readonly signal?: AbortSignal | undefined;
  /** Of a function. */
  readonly invocation?: Invocation | undefined;
  /**
   * Is told how the run that the message is of stands when its delivery ends, and the address of the folder where its report is, or will be; where its
   * door has somebody to tell.
   */
  readonly onSummary?: ((summary: Summary, report: string) => void) | undefined;
  /**
   * Where no queue carries runs: which shards of that plan were sent within this process, which works them or forgets them. Absent: the ledger
   * keeps that.
   */
  readonly sentHere?: ((plan: string) => Submissions) | undefined;
}

/** Which shards of a plan have been sent. */
export interface Submissions {
  read(): Promise<Submitted>;
  sentUpTo(shard: number): Promise<void>;
  sentAgain(shard: number): Promise<void>;
}

/** Sends to the queue the delivery came from. */
export interface Sender {
  send(body: string, delaySeconds?: number): Promise<void>;
}

/** What the door tells its queue about the message. */
export type Answer =
  /** Its outcomes are durable: delete it. */
  | { readonly kind: "acknowledge" }
  /** Deliver it again, after this long where the queue can. */
  | {
      readonly kind: "give-back";
      readonly delaySeconds: number;
      readonly reason: string;
      /** Only a newer version of the tool can work it: it comes again until there is one, and nobody here waits for that. */
      readonly newer?: true;
      /** Somebody else is at work on it. */
      readonly others?: true;
    }
  /** Nobody can ever work it (not JSON, an unknown type, a run that does not exist): it belongs among the dead letters. */
  | { readonly kind: "reject"; readonly reason: string }
  /**
   * This worker can't (its settings, its credentials, a ledger that is damaged): another may, or this one once that is mended. It
   * stays in the queue, and nobody waits for it.
   */
  | { readonly kind: "refuse"; readonly reason: string };

/** Works one delivery to its end. Never throws for what a message or a store did. */
export type HandleDelivery = (delivery: Delivery, sender: Sender) => Promise<Answer>;
