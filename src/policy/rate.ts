/**
 * Requests a second, as a token bucket. Pure: `take` says how long to wait, and the caller's clock waits. Tokens are
 * taken in advance (the level may go below zero), so that waiters are spaced evenly instead of waking together.
 */
export interface Rate {
  /** Tokens a second; Infinity is no limit. */
  readonly perSecond: number;
  /** Most tokens that pile up while idle. */
  readonly burst: number;
  readonly level: number;
  /** When `level` was right, ms since the epoch. */
  readonly at: number;
}

export function startRate(perSecond: number, now: number): Rate {
  const burst = Math.max(1, perSecond * 0.1);
  return { perSecond, burst, level: burst, at: now };
}

/** Takes one token. `waitMs` is how long to wait before sending. */
export function take(rate: Rate, now: number): { readonly rate: Rate; readonly waitMs: number } {
  if (rate.perSecond === Number.POSITIVE_INFINITY) return { rate, waitMs: 0 };
  const level = refilled(rate, now) - 1;
  return {
    rate: { ...rate, level, at: now },
    waitMs: level >= 0 ? 0 : Math.ceil((-level / rate.perSecond) * 1000),
  };
}

/** The same bucket with another rate from now on. */
export function changeRate(rate: Rate, perSecond: number, now: number): Rate {
  const { burst } = startRate(perSecond, now);
  // An unlimited bucket owes nothing and has saved nothing.
  const unlimited = rate.perSecond === Number.POSITIVE_INFINITY || perSecond === Number.POSITIVE_INFINITY;
  return { perSecond, burst, level: unlimited ? burst : Math.min(burst, refilled(rate, now)), at: now };
}

function refilled(rate: Rate, now: number): number {
  return Math.min(rate.burst, rate.level + (Math.max(0, now - rate.at) / 1000) * rate.perSecond);
}
