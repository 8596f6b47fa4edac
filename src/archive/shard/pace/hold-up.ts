/** What holds a process up, as people who watch it are told. Each wait notes itself; the one that weighs most is told. */
import type { Clock } from "../../../vocabulary/clock.ts";

/** Milliseconds from now. */
export type HoldUp =
  /** The service said that requests come too fast: none is sent for so long. */
  | { readonly why: "throttled"; readonly ms: number }
  /** It said so of late: tries a second that may begin. */
  | { readonly why: "slowed"; readonly perSecond: number }
  /** Nothing but rows that failed for now is under way: the first is tried again then. */
  | { readonly why: "retries"; readonly rows: number; readonly ms: number }
  /** The budget of fetches. */
  | { readonly why: "rate" }
  /** The budget of bytes. */
  | { readonly why: "bandwidth" }
  /** So many restores a second as the service takes. */
  | { readonly why: "restores" };

export interface HoldUps {
  /** Something had to wait for a budget just now. */
  heldBy(budget: "rate" | "bandwidth" | "restores"): void;
  /** A row waits for so long before it is tried again. Returns what is to be called when it does. */
  waitsToRetry(ms: number): () => void;
  /** @param running tasks under way, those that wait to be tried again among them */
  now(pace: {
    readonly pausedMs: number;
    readonly triesPerSecond: number;
    readonly running: number;
  }): HoldUp | undefined;
}

/** A budget makes many short waits: it counts as what holds up for so long after each. */
const LINGERS_MS = 1_000;
/** Pauses that nobody sees. */
const SHORT_MS = 500;

export function createHoldUps(clock: Pick<Clock, "elapsed">): HoldUps {
  const never = Number.NEGATIVE_INFINITY;
  const heldAt = { rate: never, bandwidth: never, restores: never };
  /** When each of them is tried again. */
  const retries = new Set<{ readonly at: number }>();
  return {
    heldBy(budget) {
      heldAt[budget] = clock.elapsed();
    },
    waitsToRetry(ms) {
      const waiting = { at: clock.elapsed() + ms };
      retries.add(waiting);
      return () => retries.delete(waiting);
    },
    now({ pausedMs, triesPerSecond, running }) {
      const now = clock.elapsed();
      if (pausedMs > SHORT_MS) return { why: "throttled", ms: pausedMs };
      if (retries.size > 0 && retries.size >= running) {
        const first = Math.min(...Array.from(retries, ({ at }) => at));
        if (first - now > SHORT_MS) return { why: "retries", rows: retries.size, ms: first - now };
      }
      if (triesPerSecond < Number.POSITIVE_INFINITY) return { why: "slowed", perSecond: triesPerSecond };
      for (const why of ["bandwidth", "rate", "restores"] as const) if (now - heldAt[why] < LINGERS_MS) return { why };
      return undefined;
    },
  };
}
