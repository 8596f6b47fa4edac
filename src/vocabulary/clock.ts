import { forgetAbort, watchAbort } from "./abort-watch.ts";

/** Time and chance are passed in everywhere, so that the whole system can run under a seeded simulation. */
export interface Clock {
  /** Milliseconds since the Unix epoch: what time it is. It may be set, back too, at any moment. */
  now(): number;
  /** Milliseconds that only go forward, from a beginning that says nothing: durations, pacing and deadlines are by these. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A moment, by both clocks of a process. */
export interface Moment {
  readonly now: number;
  readonly elapsed: number;
}

export const momentOf = (clock: Pick<Clock, "now" | "elapsed">): Moment => ({
  now: clock.now(),
  elapsed: clock.elapsed(),
});

/**
 * How old is what was known at that moment, in milliseconds? By whichever clock says more: the one that only goes forward stands
 * still while a laptop sleeps, the other may have been set back.
 */
export function ageOf(moment: Moment, clock: Pick<Clock, "now" | "elapsed">): number {
  return Math.max(clock.elapsed() - moment.elapsed, clock.now() - moment.now);
}

/** `2026-01-15T12:34:` by the minute since the epoch: what is archived now has one, and originals of one day few. */
const minutes = new Map<number, string>();
const MOST_MINUTES = 100;

/** ISO 8601, UTC: as Date writes it, at a tenth of the cost. */
export function isoTime(ms: number): string {
  const minute = Math.floor(ms / 60_000);
  let text = minutes.get(minute);
  if (text === undefined) {
    text = new Date(minute * 60_000).toISOString().slice(0, -7);
    if (minutes.size >= MOST_MINUTES) minutes.clear();
    minutes.set(minute, text);
  }
  const rest = Math.floor(ms - minute * 60_000) + 100_000;
  const digits = String(rest);
  return `${text}${digits.slice(1, 3)}.${digits.slice(3)}Z`;
}

/** A number in [0, 1), like Math.random. */
export type Random = () => number;

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // It begins where the other one stood, so that a deadline reckoned from Date.now() is one by this clock too.
  elapsed: () => Math.floor(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        if (signal !== undefined) forgetAbort(signal, sleeper);
        resolve();
      };
      const sleeper = { onAbort: wake };
      const timer = setTimeout(wake, Math.max(0, ms));
      // All tasks of a shard may wait for a retry by one signal.
      if (signal !== undefined) watchAbort(signal, sleeper);
    }),
};
