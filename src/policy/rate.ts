/**
 * Requests a second, as a token bucket. Pure: `take` says how long to wait, and the caller's clock waits. Tokens are
 * taken in advance (the level may go below zero), so that waiters are spaced evenly instead of waking together.
 */
export interface Rate {
  /** Tokens a second; Infinity is no limit. */
  readonly perSecond: number;
  /** Most tokens that pile up while idle. */
  readonly burst: number;
  /** The burst, as seconds' worth of the rate. */
  readonly burstSeconds: number;
  readonly level: number;
  /** When `level` was right, ms by the clock's `elapsed`. In the future: nothing is sent before it. */
  readonly at: number;
}

export function startRate(perSecond: number, now: number, burstSeconds = 0.1): Rate {
  const burst = Math.max(1, perSecond * burstSeconds);
  return { perSecond, burst, burstSeconds, level: burst, at: now };
}

/** Takes one token, or as many. `waitMs` is how long to wait before sending. */
export function take(rate: Rate, now: number, tokens = 1): { readonly rate: Rate; readonly waitMs: number } {
  const at = Math.max(now, rate.at);
  if (rate.perSecond === Number.POSITIVE_INFINITY) return { rate, waitMs: at - now };
  const level = refilled(rate, at) - tokens;
  const owed = level >= 0 ? 0 : (-level / rate.perSecond) * 1000;
  return { rate: { ...rate, level, at }, waitMs: Math.ceil(at - now + owed) };
}

/** The same bucket with another rate from now on. */
export function changeRate(rate: Rate, perSecond: number, now: number): Rate {
  const at = Math.max(now, rate.at);
  const { burst, burstSeconds } = startRate(perSecond, at, rate.burstSeconds);
  // An unlimited bucket owes nothing and has saved nothing.
  const unlimited = rate.perSecond === Number.POSITIVE_INFINITY || perSecond === Number.POSITIVE_INFINITY;
  return { perSecond, burst, burstSeconds, level: unlimited ? burst : Math.min(burst, refilled(rate, at)), at };
}

/** Nothing is sent before `until`, and nothing is saved up for then; who waits has to take a token anew. */
export function pauseRate(rate: Rate, until: number): Rate {
  return { ...rate, level: 1, at: until };
}

function refilled(rate: Rate, now: number): number {
  return Math.min(rate.burst, rate.level + (Math.max(0, now - rate.at) / 1000) * rate.perSecond);
}
