/**
 * Refusals of one kind in a row: a refusal says something of a key; many without a success between them may say that every key is
 * refused. No I/O: when it is time to look is said here, who looks is another's business.
 */

export interface Streak {
  /** The request that was refused, or whose reply is not believed. */
  readonly request: string;
  readonly code: string;
  readonly count: number;
  /** When the first was refused, ms by the clock's `elapsed`. */
  readonly since: number;
}

export interface Streaks {
  /** @returns the streak, where it is long enough to look into */
  refused(request: string, code: string, now: number, limit: number): Streak | undefined;
  /** The same of a streak that did not grow. */
  standing(request: string, code: string, limit: number): Streak | undefined;
  /** Requests that succeeded end the streaks of their kind. */
  succeeded(...requests: readonly string[]): void;
}

/** Streaks looked into and found to be about their keys are looked into again at twice the length. */
export function createStreaks(): Streaks {
  const streaks = new Map<string, Streak & { looked: number }>();
  const keep = (name: string, streak: Streak & { looked: number }, limit: number): Streak | undefined => {
    const due = streak.count >= Math.max(limit, 2 * streak.looked);
    streaks.set(name, due ? { ...streak, looked: streak.count } : streak);
    return due ? streak : undefined;
  };
  return {
    refused(request, code, now, limit) {
      const name = `${request} ${code}`;
      const before = streaks.get(name) ?? { request, code, count: 0, since: now, looked: 0 };
      return keep(name, { ...before, count: before.count + 1 }, limit);
    },
    standing(request, code, limit) {
      const name = `${request} ${code}`;
      const streak = streaks.get(name);
      return streak && keep(name, streak, limit);
    },
    succeeded(...requests) {
      if (streaks.size === 0) return;
      for (const [name, { request }] of streaks) if (requests.includes(request)) streaks.delete(name);
    },
  };
}

/** Fewer say nothing of others. */
export const leastStreak = 4;

/** A look costs one request, so it comes soon; of several workers, which are refused side by side, sooner still. */
export const streakLimit = (maxInstances: number): number =>
  Math.max(leastStreak, Math.min(10, Math.floor(200 / Math.max(1, maxInstances))));
