/** Which tasks of one delivery may start in the time that it has. policy/deadline.ts decides; this counts, and waits. */

import { admit, createDurations, mayStart, type Reserves } from "../../../policy/deadline.ts";
import type { Clock } from "../../../vocabulary/clock.ts";
import { OutOfTime } from "../../task/out-of-time.ts";
import type { Pace } from "./pace.ts";

export interface Admission {
  /** May a task of this size start now? Waits where what runs has to show it first; whoever is admitted must `end`. */
  admitted(size: number | undefined): boolean | Promise<boolean>;
  /** @param ms how long it took; undefined where that says nothing of others, because it failed */
  ended(size: number | undefined, ms: number | undefined): void;
  /** Is there time to wait this long and then work on a row of this size? */
  mayWait(ms: number, size: number | undefined): boolean;
  /** Aborts with OutOfTime what still runs when the time is over; undefined where nothing limits it. */
  readonly late: AbortSignal | undefined;
}

/**
 * @param over ends the watch on the time
 * @param stopped does nothing start any more?
 */
export function createAdmission(options: {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly deadline: number;
  readonly reserves: Reserves;
  readonly wary: boolean;
  readonly over: AbortSignal;
  readonly stopped: () => boolean;
}): Admission {
  const { clock, pace, deadline, reserves, wary, over, stopped } = options;
  const durations = createDurations();
  let running = 0;
  let ended = 0;
  let waiting: (() => void)[] = [];

  const isTimed = Number.isFinite(deadline);
  const decide = (size: number | undefined) => {
    if (stopped()) return "never";
    if (!isTimed) return "now";
    const estimate = durations.estimate(size);
    return admit({ now: clock.elapsed() + pace.waitMs(), deadline, reserves, estimate, running, ended, wary });
  };
  async function later(size: number | undefined): Promise<boolean> {
    for (;;) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      const decision = decide(size);
      if (decision === "now") running++;
      if (decision !== "later") return decision === "now";
    }
  }

  const left = deadline - reserves.lastMs - clock.elapsed();
  let late: AbortController | undefined;
  // A delivery that begins without time lets its one task have what it needs: to give it up at once would help nobody.
  if (isTimed && left > 0) {
    late = new AbortController();
    clock.sleep(left, over).then(() => {
      if (!over.aborted) late?.abort(new OutOfTime(running));
    });
  }

  return {
    admitted(size) {
      const decision = decide(size);
      if (decision === "later") return later(size);
      if (decision === "now") running++;
      return decision === "now";
    },
    ended(size, ms) {
      running--;
      ended++;
      if (ms !== undefined && isTimed) durations.record(size, ms);
      if (waiting.length === 0) return;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    mayWait: (ms, size) =>
      !stopped() && (!isTimed || mayStart(clock.elapsed() + ms, deadline, durations.estimate(size).ms, reserves)),
    late: late?.signal,
  };
}
