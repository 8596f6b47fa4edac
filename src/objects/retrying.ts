/** Requests of planning and bookkeeping, which are few and must come through: what fails for the moment is tried again. */

import { type Backoff, backoffMs } from "../policy/retry.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import type { Log } from "../vocabulary/log.ts";
import { tellWait } from "../vocabulary/waits.ts";
import { isBucketError } from "./error.ts";

export interface Retrying {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  /** Is told of waits. */
  readonly log?: Log | undefined;
  /** Called before each try. */
  readonly onTry?: (() => void) | undefined;
}

const TRIES = 7;
const backoff: Backoff = { baseMs: 100, capMs: 5_000 };

/** Sends a request up to seven times. Throws what the last try threw, or the first that would never succeed. */
export async function withRetries<T>(
  request: () => Promise<T>,
  { clock, random, signal, log, onTry }: Retrying,
): Promise<T> {
  const begun = clock.elapsed();
  for (let n = 0; ; n++) {
    onTry?.();
    try {
      return await request();
    } catch (error) {
      if (!isBucketError(error) || !error.retryable || n + 1 >= TRIES || signal?.aborted) throw error;
      const pause = backoffMs(n, backoff, random, error.retryAfterMs);
      // With the time that no reply came in.
      const waited = clock.elapsed() - begun + pause;
      tellWait(log, "A request is waited with, and sent again.", waited, { reason: error.message });
      await clock.sleep(pause, signal);
    }
  }
}
