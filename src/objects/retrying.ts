/** Requests of planning and bookkeeping, which are few and must come through: what fails for the moment is tried again. */

import { type Backoff, backoffMs } from "../policy/retry.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { isBucketError } from "./error.ts";

export interface Retrying {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  /** Called before each try. */
  readonly onTry?: (() => void) | undefined;
}

const TRIES = 7;
const backoff: Backoff = { baseMs: 100, capMs: 5_000 };

/** Sends a request up to seven times. Throws what the last try threw, or the first that would never succeed. */
export async function withRetries<T>(
  request: () => Promise<T>,
  { clock, random, signal, onTry }: Retrying,
): Promise<T> {
  for (let n = 0; ; n++) {
    onTry?.();
    try {
      return await request();
    } catch (error) {
      if (!isBucketError(error) || !error.retryable || n + 1 >= TRIES || signal?.aborted) throw error;
      await clock.sleep(backoffMs(n, backoff, random, error.retryAfterMs), signal);
    }
  }
}
