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
  /** More than this could not be held, so for a while no more are begun. */
  readonly ceiling?: { readonly limit: number; readonly until: number } | undefined;
}

/** Refusals within this long of a halving are echoes of the same burst. */
const ECHO_MS = 1_000;
/** What else holds a process's descriptors may be over by then; in a machine that has none left it may be another process. */
const CEILING_MS = 10 * 60_000;

export function startConcurrency(max: number): Concurrency {
  return { limit: max, max, halvedAt: Number.NEGATIVE_INFINITY };
}

/**
 * After a success: about one more task after each round of `limit` successes.
 * @param paced an adaptive rate already holds the requests back: then tasks at once are no danger, only too few of them would
 * be a loss, and each round doubles the limit
 */
export function raise(state: Concurrency, now: number, paced = false): Concurrency {
  const { limit, max, ceiling } = state;
  const most = ceiling === undefined || now >= ceiling.until ? max : ceiling.limit;
  if (limit >= most) return state;
  return { ...state, limit: Math.min(most, limit + (paced ? 1 : 1 / limit)) };
}

/** After a refusal for coming too fast, or another sign that the service is overloaded. */
export function halve(state: Concurrency, now: number): Concurrency {
  if (now - state.halvedAt < ECHO_MS) return state;
  return { ...state, limit: Math.max(1, state.limit / 2), halvedAt: now };
}

/**
 * After the process could open no more connections: what it then holds is the most for a while. To go on finding out how many are too many, as
 * with a service, would each time cost what is under way.
 */
export function bound(state: Concurrency, now: number): Concurrency {
  const halved = halve(state, now);
  return halved === state ? state : { ...halved, ceiling: { limit: halved.limit, until: now + CEILING_MS } };
}
