/**
 * How fast this process works: tasks at once (AIMD) and source requests a second (token bucket), over all its shards.
 * The decisions are policy's; this holds their state and waits.
 */
import pLimit from "p-limit";
import type { Clock, Random } from "../clock.ts";
import { halve, raise, startConcurrency } from "../policy/concurrency.ts";
import { startRate, take } from "../policy/rate.ts";
import { backoffMs, throttleBackoff } from "../policy/retry.ts";

export interface Pace {
  /** Runs `task` once fewer tasks run than may. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** How long the next source request would have to wait if it came now, in milliseconds. */
  waitMs(): number;
  /** Waits until the next source request may be sent, or until `signal` aborts. */
  beforeFetch(signal?: AbortSignal): Promise<void>;
  succeeded(): void;
  /** A request was refused for coming too fast: fewer at once, and none for a while. */
  throttled(retryAfterMs?: number): void;
  /** Tasks that may run at once now. */
  concurrency(): number;
}

export function createPace(options: {
  readonly concurrency: number;
  readonly rate?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
}): Pace {
  const { clock, random } = options;
  const limit = pLimit(options.concurrency);
  let tasks = startConcurrency(options.concurrency);
  let rate = startRate(options.rate ?? Number.POSITIVE_INFINITY, clock.now());
  /** No source request is sent before this; ms since the epoch. */
  let pausedUntil = 0;
  let burst = 0;

  const apply = (next: typeof tasks) => {
    tasks = next;
    const whole = Math.max(1, Math.floor(next.limit));
    if (limit.concurrency !== whole) limit.concurrency = whole;
  };

  return {
    run: (task) => limit(task),
    waitMs: () => Math.max(take(rate, clock.now()).waitMs, pausedUntil - clock.now(), 0),
    async beforeFetch(signal) {
      const taken = take(rate, clock.now());
      rate = taken.rate;
      if (taken.waitMs > 0) await clock.sleep(taken.waitMs, signal);
      for (let wait = pausedUntil - clock.now(); wait > 0 && !signal?.aborted; wait = pausedUntil - clock.now()) {
        await clock.sleep(wait, signal);
      }
    },
    succeeded() {
      burst = 0;
      if (tasks.limit < tasks.max) apply(raise(tasks));
    },
    throttled(retryAfterMs) {
      const now = clock.now();
      const before = tasks;
      apply(halve(tasks, now));
      // One pause a burst: refusals that were already under way say nothing new.
      if (tasks !== before || retryAfterMs !== undefined) {
        pausedUntil = Math.max(pausedUntil, now + backoffMs(burst++, throttleBackoff, random, retryAfterMs));
      }
    },
    concurrency: () => limit.concurrency,
  };
}
