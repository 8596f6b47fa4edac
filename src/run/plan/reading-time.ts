/** The time that reading a manifest has: where it is over reading ends, though no row has come for it to end at. */
import type { Clock } from "../../vocabulary/clock.ts";

export interface ReadingTime {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Reading has ended before. */
  end(): void;
}

/** @param until ms by the clock's `elapsed`; Infinity where nothing limits it */
export function readingTime(clock: Clock, until: number): ReadingTime {
  const late = new AbortController();
  const over = new AbortController();
  if (Number.isFinite(until)) {
    clock.sleep(Math.max(0, until - clock.elapsed()), over.signal).then(() => {
      if (!over.signal.aborted) late.abort(new Error("there is no more time to read the manifest"));
    });
  }
  return { signal: late.signal, end: () => over.abort() };
}
