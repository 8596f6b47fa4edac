/**
 * What the main thread and a worker thread say to each other. Both are of one build, so nothing here has a version. Deliveries and
 * sends bear a number of their own; everything is plain data that may be cloned.
 *
 *     main                               thread
 *      ├─ deliver 7 ────────────────────▶ │   works it as any worker does
 *      │ ◀──────────────────── opened 7 ──┤   a shard is open: its counts so far
 *      │ ◀─────────────────────── state ──┤   whenever it changed: counts of what is in hand, and is there room for more
 *      │ ◀────────────────── send 3 of 7 ─┤   a message for the queue, which the main thread has
 *      ├─ sent 3 ───────────────────────▶ │
 *      ├─ abort 7 ──────────────────────▶ │   stop cleanly: its answer still comes
 *      │ ◀────────── answered 7, threw 7 ─┤   the last of a delivery, with its last counts
 */
import type { MarkerCounts } from "../../ledger/layout.ts";
import type { Answer } from "../../run/messages/delivery.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { ThrownData } from "./thrown.ts";

export type ToThread =
  | {
      readonly kind: "deliver";
      readonly delivery: number;
      readonly body: string;
      /** Milliseconds since the epoch; Infinity where nothing limits it. */
      readonly deadline: number;
      readonly messageId: string | undefined;
      /** Threads of this process that have died: nobody waits for a sign of life of theirs. */
      readonly gone: readonly number[];
    }
  | { readonly kind: "abort"; readonly delivery: number }
  | { readonly kind: "sent"; readonly send: number; readonly refused?: ThrownData | undefined };

export type FromThread =
  | { readonly kind: "opened"; readonly delivery: number; readonly shard: number; readonly counts: MarkerCounts }
  | {
      readonly kind: "state";
      /** Deliveries taken so far: `room` says nothing of a later one. */
      readonly taken: number;
      readonly room: boolean;
      /** By delivery. */
      readonly counts: readonly (readonly [number, MarkerCounts])[];
    }
  | {
      readonly kind: "send";
      readonly delivery: number;
      readonly send: number;
      readonly body: string;
      readonly delaySeconds: number | undefined;
    }
  | {
      readonly kind: "log";
      readonly level: keyof Log;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  | {
      readonly kind: "answered";
      readonly delivery: number;
      readonly answer: Answer;
      readonly counts: MarkerCounts | undefined;
      /** BUCKET/PREFIX/RUN of each run whose shards this thread has worked. */
      readonly runs: readonly string[];
    }
  | {
      readonly kind: "threw";
      readonly delivery: number;
      readonly thrown: ThrownData;
      readonly counts: MarkerCounts | undefined;
    };

/** One end of the line between the two. */
export interface Port<Out, In> {
  post(message: Out): void;
  listen(heard: (message: In) => void): void;
}
