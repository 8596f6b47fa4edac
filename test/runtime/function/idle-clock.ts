import type { Clock } from "../../../src/vocabulary/clock.ts";

/** A clock that jumps to the next awaited moment whenever the process has nothing else to do. */
export function idleClock(start = Date.UTC(2026, 10, 22, 2)): Clock & { advance(ms: number): void } {
  let now = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let turning = false;

  function turn(): void {
    if (turning) return;
    turning = true;
    setImmediate(() =>
      setImmediate(() => {
        turning = false;
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined) return;
        now = Math.max(now, next.at);
        next.wake();
        if (sleepers.size > 0) turn();
      }),
    );
  }

  return {
    now: () => now,
    elapsed: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          at: now + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake);
        turn();
      }),
  };
}
