/** Tries a call again while its failure may pass: a few times, with jitter, and never past a deadline. */

import { type Backoff, backoffMs } from "../../policy/retry.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { AbortError, isTransient } from "../api/error.ts";

const TRIES = 3;
const BACKOFF: Backoff = { baseMs: 100, capMs: 5_000 };

export interface Retrying {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  /** No try begins at or after this time, milliseconds by the clock's `elapsed`. */
  readonly until?: number | undefined;
}

export interface Tried<T> {
  readonly value: T;
  readonly attempts: number;
  readonly totalRetryDelay: number;
}

/** @param call is told how often it was called before */
export async function retrying<T>(call: (tried: number) => Promise<T>, options: Retrying): Promise<Tried<T>> {
  const { clock, random, signal, until = Number.POSITIVE_INFINITY } = options;
  let totalRetryDelay = 0;
  for (let tried = 0; ; tried += 1) {
    try {
      return { value: await call(tried), attempts: tried + 1, totalRetryDelay };
    } catch (error) {
      if (!isTransient(error) || tried + 1 >= TRIES) throw error;
      const delay = backoffMs(tried, BACKOFF, random);
      if (clock.elapsed() + delay >= until) throw error;
      await clock.sleep(delay, signal);
      if (signal?.aborted) throw new AbortError(signal);
      totalRetryDelay += delay;
    }
  }
}
