/** What was seen to happen in a story, in its order: what the ledger does not tell, because it is about who knew what when. */

import { parseAttemptObject, parseControl } from "../../src/ledger/layout.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import type { Log } from "../../src/vocabulary/log.ts";
import type { RowRequest } from "../../src/vocabulary/row-request.ts";
import type { MemoryBucket } from "../stores/memory-bucket.ts";

/** Who did it: a worker's process, or somebody outside of all of them. */
export interface Who {
  readonly process: string;
  readonly worker: number | undefined;
}

export type Happening = Who & { readonly at: number } & (
    | { readonly kind: "fetch"; readonly key: string }
    | { readonly kind: "refused"; readonly by: RowRequest; readonly key: string }
    /** The archive took an object. */
    | { readonly kind: "archived"; readonly key: string }
    | { readonly kind: "headed"; readonly by: RowRequest }
    | { readonly kind: "halt"; readonly reason: string }
    | { readonly kind: "cancel"; readonly reason: string }
    | { readonly kind: "resume"; readonly reason: string }
    /** Rows that the ledger has as failed by then, over all shards. */
    | { readonly kind: "failed"; readonly rows: number }
    /** Nothing was said or done in a delivery for so long, ms. */
    | { readonly kind: "silence"; readonly ms: number }
    /** Nobody can work a message, as this worker says. */
    | { readonly kind: "reject"; readonly reason: string }
    /** It can't be worked here. */
    | { readonly kind: "refuse"; readonly reason: string }
    /** What an older worker that the run is too new for answered. */
    | { readonly kind: "too new"; readonly answer: string }
  );

export interface Witness {
  readonly happenings: readonly Happening[];
  saw(happening: Happening): void;
  /** Something was written to the ledger. */
  wrote(who: Who, at: number, key: string): void;
}

export function createWitness(ledger: MemoryBucket, countsFailures: boolean): Witness {
  const happenings: Happening[] = [];
  const failed = new Set<string>();
  return {
    happenings,
    saw: (happening) => happenings.push(happening),
    wrote(who, at, key) {
      const control = key.includes("/control/") ? parseControl(key) : undefined;
      const object = ledger.object(key);
      if (object === undefined) return;
      if (control !== undefined) {
        const { reason } = JSON.parse(object.bytes.toString()) as { reason: string };
        happenings.push({ ...who, at, kind: control.kind, reason });
      }
      if (!countsFailures) return;
      const parsed = parseAttemptObject(key);
      if (parsed?.object.kind !== "segment") return;
      const before = failed.size;
      for (const { row, outcome } of decodeSegment(object.bytes, key).outcomes) {
        if (outcome === "failed") failed.add(`${parsed.shard} ${row}`);
      }
      if (failed.size > before) happenings.push({ ...who, at, kind: "failed", rows: failed.size });
    },
  };
}

/** Longer than this nobody may wait without a word (I10). */
const SILENCE_MS = 60_000;

export interface Listening {
  readonly log: Log;
  /** A delivery begins. */
  begins(): void;
  /** It did something that brings a row forward. */
  does(): void;
  ends(): void;
}

/** Listens to a process: whatever it does or says ends a silence. */
export function listenTo(now: () => number, tell: (ms: number) => void): Listening {
  let since: number | undefined;
  const does = () => {
    if (since === undefined) return;
    if (now() - since > SILENCE_MS) tell(now() - since);
    since = now();
  };
  return {
    log: { info: does, warn: does, error: does },
    begins() {
      since = now();
    },
    does,
    ends() {
      does();
      since = undefined;
    },
  };
}
