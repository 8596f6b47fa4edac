/** What time it is may be set at any moment, by a second or by a day: no row takes less than no time, and nothing waits for it. */
import { describe, expect, test } from "vitest";
import { refuse } from "../../stores/bucket-fault.ts";
import { fetchTimes, later, shardLab, slowly } from "./lab.ts";

const day = 86_400_000;

describe.each([
  ["200 ms back", -200],
  ["ten minutes back", -600_000],
  ["a day back", -day],
  ["a day forward", day],
])("a clock that is set %s", (_, ms) => {
  test("while rows are fetched: each took as long as it took", async () => {
    const here = shardLab(8, {}, { concurrency: 8 });
    slowly(here, 500);
    void later(here, 100, () => here.clock.set(ms));
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 8 });
    for (const { outcome } of here.folded().values()) {
      expect(outcome.ms).toBeGreaterThanOrEqual(500);
      // On trial a row may wait for the first ones, and for what is read of the controls to be fresh.
      expect(outcome.ms).toBeLessThan(6_000);
    }
  });

  test("while a rate holds fetches back: they go on at that rate", async () => {
    const here = shardLab(40, {}, { concurrency: 8, rate: 10 });
    const begun = here.clock.elapsed();
    void later(here, 1_000, () => here.clock.set(ms));
    expect(await here.work()).toEqual({ kind: "over" });
    expect(here.clock.elapsed() - begun).toBeGreaterThan(3_800);
    // Set forward, what was read of the controls is taken for old: then it is read again first, within half a heartbeat.
    expect(here.clock.elapsed() - begun).toBeLessThan(ms > 0 ? 10_000 : 4_500);
  });

  test("while the service has asked for less: the pause ends when it would have", async () => {
    const here = shardLab(20, {}, { concurrency: 2 });
    const begun = here.clock.elapsed();
    let refused = 0;
    here.source.onRequest(({ type }) =>
      type === "original" && ++refused === 5 ? refuse("SlowDown", { retryAfterMs: 2_000 }) : undefined,
    );
    void later(here, 500, () => here.clock.set(ms));
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 20 });
    expect(here.clock.elapsed() - begun).toBeLessThan(15_000);
  });

  test("while a delivery's time runs: it ends in time, and not before", async () => {
    const here = shardLab(100, {}, { concurrency: 1 });
    slowly(here, 1_000);
    const begun = here.clock.elapsed();
    void later(here, 5_000, () => here.clock.set(ms));
    expect(await here.work({ deadline: begun + 30_000 })).toMatchObject({ kind: "left", progress: true });
    expect(here.clock.elapsed() - begun).toBeLessThanOrEqual(30_000);
    expect(fetchTimes(here).length).toBeGreaterThan(15);
  });
});
