/**
 * How many tasks may run at once: additive increase, multiplicative decrease. Plain data and pure steps; who runs the
 * tasks applies `floor(limit)`.
 */
export interface Concurrency {
  /** Current limit, fractional while it grows; between 1 and max. */
  readonly limit: number;
  readonly max: number;
  /** When it was last halved, ms by the clock's `elapsed`: one burst of refusals counts once. */
  readonly halvedAt: number;
}

/** Refusals within this long of a halving are echoes of the same burst. */
const ECHO_MS = 1_000;

export function startConcurrency(max: number): Concurrency {
  return { limit: max, max, halvedAt: Number.NEGATIVE_INFINITY };
}

/**
 * After a success: about one more task after each round of `limit` successes.
 * @param paced an adaptive rate already holds the requests back: then tasks at once are no danger, only too few of them would
 * be a loss, and each round doubles the limit
 */
export function raise(state: Concurrency, paced = false): Concurrency {
  if (state.limit >= state.max) return state;
  return { ...state, limit: Math.min(state.max, state.limit + (paced ? 1 : 1 / state.limit)) };
}

/** After a refusal for coming too fast, or another sign that the service is overloaded. */
export function halve(state: Concurrency, now: number): Concurrency {
  if (now - state.halvedAt < ECHO_MS) return state;
  return { ...state, limit: Math.max(1, state.limit / 2), halvedAt: now };
}
