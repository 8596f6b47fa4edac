/**
 * Writes an attempt's outcomes as segments: every second or 200 outcomes, at least one each 10 s (the heartbeat, which is
 * also the attempt's sign of life). One segment is under way at a time, in order.
 */

import { type Amount, covers, minus, nothing } from "../../policy/money/cap.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { LedgerStore } from "../store.ts";
import { noRequests, outcomeLine, type RequestCounts, requestsSince, writeSegment } from "./segment.ts";

export interface SegmentWriter {
  add(outcome: Outcome): void;
  /** Writes what is there, even where it is nothing: a sign of life. */
  beat(): Promise<void>;
  /** Writes what is left. After it, all that was added is durable. Throws what a write threw. */
  close(): Promise<void>;
  /** Aborts as soon as a write has failed for good: then nothing more should be started. */
  readonly broken: AbortSignal;
}

const MOST_OUTCOMES = 200;
const MOST_MS = 1_000;

export function createSegmentWriter(options: {
  readonly ledger: LedgerStore;
  readonly shard: number;
  readonly attempt: string;
  readonly clock: Clock;
  /** Running totals of the attempt; `ledger` is taken from the store. */
  readonly requests: RequestCounts;
  readonly retries: () => number;
  /** Replies that said that requests come too fast. */
  readonly throttled?: (() => number) | undefined;
  /** See Trailer. */
  readonly atOnce?: (() => number | undefined) | undefined;
  /** Of a run with a cap: what this attempt has spent so far. */
  readonly spent?: (() => Amount) | undefined;
  /** Is told what was counted since it was told last, once it is written: requests by type, retries, replies that requests come too fast. */
  readonly counted?: ((sent: ReturnType<typeof requestsSince>, retries: number, throttled: number) => void) | undefined;
  /** Is told of each segment's lines, once it is written. */
  readonly written?: ((lines: string) => void) | undefined;
}): SegmentWriter {
  const { ledger, shard, attempt, clock, requests } = options;
  const from = new Date(clock.now()).toISOString();
  const broken = new AbortController();
  const closed = new AbortController();
  /** Lines: an outcome would keep alive whatever its texts were cut from. */
  let waiting = "";
  let count = 0;
  let n = 0;
  let lastWrite = clock.elapsed();
  let told = noRequests();
  let toldRetries = 0;
  let toldThrottled = 0;
  let toldSpent = nothing;
  let writing: Promise<void> = Promise.resolve();
  /** A write that has not begun: it will take all that waits by then, so no second one is needed. */
  let next: Promise<void> | undefined;
  let timer: Promise<void> | undefined;
  let fault: unknown;

  const write = (): Promise<void> => {
    if (next !== undefined) return next;
    writing = next = writing.then(async () => {
      next = undefined;
      const lines = waiting;
      waiting = "";
      count = 0;
      lastWrite = clock.elapsed();
      const now = { ...requests, ledger: ledger.requests() + 1 };
      const retries = options.retries();
      const throttled = options.throttled?.();
      const spent = options.spent?.();
      const trailer = {
        requests: requestsSince(told, now),
        retries: retries - toldRetries,
        throttled: throttled && throttled - toldThrottled,
        atOnce: options.atOnce?.(),
        spent: spent && minus(spent, toldSpent),
        from,
        to: new Date(clock.now()).toISOString(),
      };
      try {
        await writeSegment(ledger, { shard, attempt, n: ++n }, lines, trailer);
      } catch (error) {
        fault = error;
        broken.abort(error);
        throw error;
      }
      if (lines !== "") options.written?.(lines);
      options.counted?.(trailer.requests, trailer.retries, trailer.throttled ?? 0);
      told = now;
      toldRetries = retries;
      toldThrottled = throttled ?? toldThrottled;
      toldSpent = spent ?? toldSpent;
    });
    return writing;
  };

  /** One timer at a time, armed by the first outcome that waits. */
  const arm = () => {
    timer ??= clock.sleep(Math.max(0, lastWrite + MOST_MS - clock.elapsed()), closed.signal).then(async () => {
      timer = undefined;
      if (count > 0 && !closed.signal.aborted) await write().catch(() => undefined);
    });
  };

  return {
    add(outcome) {
      waiting += outcomeLine(outcome);
      if (++count >= MOST_OUTCOMES) write().catch(() => undefined);
      else arm();
    },
    beat: write,
    async close() {
      closed.abort();
      await timer;
      await writing.catch(() => undefined);
      const spent = options.spent?.();
      const isUntold = spent !== undefined && !covers(toldSpent, spent);
      if (count > 0 || isUntold || fault !== undefined) await write();
    },
    broken: broken.signal,
  };
}
