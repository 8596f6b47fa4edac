import { type FakeClock, fakeClock, settled } from "../queue/fake-clock.ts";

export { type FakeClock, fakeClock, settled };

/** Longest that anything may take by the fake clock, so that what never ends fails instead of hanging. */
const PATIENCE_MS = 24 * 60 * 60_000;

/**
 * Resolves as `work` does, moving time on whenever everything waits for it. Sleepers wake at their own moments; when the
 * work is over the clock may stand up to `stepMs` later than its last sleep.
 */
export async function runUntilDone<T>(clock: FakeClock, work: Promise<T>, stepMs = 50): Promise<T> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => undefined);
  const patience = clock.elapsed() + PATIENCE_MS;
  for (let turns = 0; !over; turns++) {
    // What has I/O-like turns of its own (streams) gets a few before time moves.
    if (turns % 4 !== 0) {
      await settled();
      continue;
    }
    if (clock.elapsed() > patience) throw new Error("it was not over after a day of the fake clock");
    await clock.advance(clock.sleeping() === 0 ? 0 : stepMs);
  }
  return watched;
}
