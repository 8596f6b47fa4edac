import type { Clock } from "../../src/vocabulary/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time on, waking each sleeper at its own moment and letting what it wakes run before going further. */
  advance(ms: number): Promise<void>;
  /** Sleeps under way. */
  sleeping(): number;
  /** Sets what time it is, `ms` forward or, below 0, back; no time goes by. */
  set(ms: number): void;
}

/** Lets every promise that can go on do so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function fakeClock(start = 1_700_000_000_000): FakeClock {
  /** Both begin at `start`, as those of a process do. */
  let elapsed = start;
  let wrong = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => elapsed + wrong,
    elapsed: () => elapsed,
    set(ms) {
      wrong += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          at: elapsed + Math.max(0, ms),
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake);
      }),
    async advance(ms) {
      const end = elapsed + ms;
      await settled();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        elapsed = Math.max(elapsed, next.at);
        next.wake();
        await settled();
      }
      elapsed = end;
      await settled();
    },
    sleeping: () => sleepers.size,
  };
}
