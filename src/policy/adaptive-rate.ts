/**
 * The rate that a service lets through, where it says nothing but "too many": found by trying, held just below, and
 * tried again from time to time. Pure; who sends keeps the state, and a token bucket (rate.ts) keeps to the limit.
 *
 *     free ──refused──▶ searching: from what was let through, doubling, until it is refused
 *      ▲                    │
 *      │                 refused
 *      │                    ▼
 *      └──never again── probing: from a share of the rate that was refused (the ceiling), along a cubic curve: fast back
 *                           towards the ceiling, slowly past it, fast again far beyond it
 *
 * Where nothing at all passes from one cut to the next refusal, the service is away, which says nothing of a rate: it is asked with a
 * few requests after each pause, and the first that passes brings back what held before.
 *
 * One refusal among many answers is chance, and no matter of a rate: a limit that is passed refuses the next ones too.
 *
 * Growth is relative to the rate, so that 20 requests a second and 3,000 behave alike. The curve is that of CUBIC (RFC 9438,
 * 4.2), with the time to the ceiling as its constant: each touch of the ceiling costs a pause, so how often it is touched
 * follows from how long the pauses are, not from the rate.
 */
export type AdaptiveRate =
  | KnownRate
  | {
      readonly kind: "away";
      /** What holds again once something passes. */
      readonly before: KnownRate;
      readonly since: number;
      readonly loweredAt: number;
    };

export type KnownRate =
  | { readonly kind: "free" }
  | {
      readonly kind: "searching";
      /** Requests a second at `since`. */
      readonly from: number;
      /** ms by the clock's `elapsed`; also of a time to come, where nothing is sent before it. */
      readonly since: number;
      readonly loweredAt: number;
    }
  | {
      readonly kind: "probing";
      /** Requests a second, those that were refused last. */
      readonly ceiling: number;
      /** Of the ceiling, at `since`. */
      readonly share: number;
      readonly since: number;
      /** From `since` to the ceiling. */
      readonly returnMs: number;
      readonly loweredAt: number;
      /** Refusals one soon after the other. */
      readonly streak: number;
    };

export const free: KnownRate = { kind: "free" };

/** After as many answers a refusal is chance. So a limit is passed by a hundredth at most before it is seen. */
const MANY = 100;

/** What is cut off the rate that was refused: twice as much with each refusal of a streak, up to the deepest cut. */
const CUT = 0.1;
const DEEPEST_CUT = 0.5;
/** From a cut back to the ceiling, and at least as many times as long as the pause before it, which Retry-After may make long. */
const RETURN_MS = 30_000;
const RETURN_TO_PAUSE = 20;
/** However long the pause was. */
const LONGEST_RETURN_MS = 5 * 60_000;
/** A search doubles its rate in this time: slow enough that little is refused where it ends. */
const DOUBLING_MS = 8_000;
/** Refusals within this long of a cut are of the same burst, or of the same second of the service's. */
const ECHO_MS = 1_000;
/** A refusal this soon after sending went on says that the cut was too small. */
const STREAK_MS = 5_000;
/** Beyond as many times what was refused or found, nothing is left of the limit. */
const FORGOTTEN = 2;
const SEARCHED = 64;
/** A rate never falls below this: one request in five seconds is how the service is asked whether it has changed its mind. */
const LEAST = 0.2;
/** Further from a fair part it is taken for something else than the limit that they share. */
const MOST_APART = 2;
/** Of a service that is away as much of the rate is sent, and a few a second at least. */
const ASKING = 0.1;
const LEAST_ASKING = 5;

/** Requests a second that may be sent now; Infinity is no limit. */
export function limitAt(state: AdaptiveRate, now: number): number {
  if (state.kind === "free") return Number.POSITIVE_INFINITY;
  if (state.kind === "away") {
    const known = limitAt(state.before, state.before.kind === "free" ? now : state.before.since);
    return Math.min(known, Number.isFinite(known) ? Math.max(LEAST_ASKING, known * ASKING) : LEAST_ASKING);
  }
  const elapsed = Math.max(0, now - state.since);
  if (state.kind === "searching") {
    const grown = 2 ** (elapsed / DOUBLING_MS);
    return grown >= SEARCHED ? Number.POSITIVE_INFINITY : state.from * grown;
  }
  const left = 1 - elapsed / state.returnMs;
  const ofCeiling = 1 - (1 - state.share) * left ** 3;
  return ofCeiling >= FORGOTTEN ? Number.POSITIVE_INFINITY : state.ceiling * ofCeiling;
}

/** @param answers since the refusal before it */
export const isChance = (answers: number): boolean => answers >= MANY;

/**
 * A request was refused for coming too fast, and not by chance.
 * @param passing requests a second that were let through lately; undefined where too few were to tell: then the limit is left
 * as it is, for a rate made up would hold for long
 * @param resumeAt when sending goes on, ms by the clock's `elapsed`
 * @param hasPassed did anything pass since the last refusal that this was told?
 */
export function lower(
  state: AdaptiveRate,
  now: number,
  passing: number | undefined,
  resumeAt = now,
  hasPassed = true,
): AdaptiveRate {
  if (state.kind !== "free" && now - state.loweredAt < ECHO_MS)
    return { ...state, since: Math.max(state.since, resumeAt) };
  if (state.kind === "away") return { ...state, since: resumeAt, loweredAt: now };
  if (!hasPassed) return { kind: "away", before: state, since: resumeAt, loweredAt: now };
  const limit = limitAt(state, now);
  if (limit === Number.POSITIVE_INFINITY || state.kind === "free") {
    if (passing === undefined) return free;
    return { kind: "searching", from: Math.max(LEAST, passing * (1 - CUT)), since: resumeAt, loweredAt: now };
  }
  // That a search ends soon says nothing about the cut before it.
  const streak = state.kind === "probing" && now - state.since < STREAK_MS ? state.streak + 1 : 1;
  const share = 1 - Math.min(DEEPEST_CUT, CUT * 2 ** (streak - 1));
  const ceiling = Math.max(LEAST / share, limit);
  const returnMs = Math.min(LONGEST_RETURN_MS, Math.max(RETURN_MS, RETURN_TO_PAUSE * (resumeAt - now)));
  return { kind: "probing", ceiling, share, since: resumeAt, returnMs, loweredAt: now, streak };
}

/**
 * Others share the limit, and this one's part of it is so many times the fair one: half of the way towards it, since growth in proportion would
 * keep them as far apart as they began.
 */
export function share(state: AdaptiveRate, part: number): AdaptiveRate {
  const by = Math.sqrt(Math.min(MOST_APART, Math.max(1 / MOST_APART, part)));
  if (state.kind === "searching") return { ...state, from: Math.max(LEAST, state.from / by) };
  return state.kind === "probing" ? { ...state, ceiling: Math.max(LEAST / state.share, state.ceiling / by) } : state;
}

/** Something passed: a service that was away is back, and is sent what it let through before. */
export function passed(state: AdaptiveRate, now: number): AdaptiveRate {
  if (state.kind !== "away") return state;
  const { before } = state;
  return before.kind === "free" ? free : { ...before, since: now };
}
