/** Would catch: a log full of a worker that does nothing, one that says nothing of a worker that works, and a queue that is away told as one that is empty. */
import { expect, test } from "vitest";
import type { WorkedRows } from "../../../../src/run/work/work-queue.ts";
import { minuteLine } from "../../../../src/runtime/cli/metrics/minute-line.ts";
import { fakeClock } from "../../../stores/fake-clock.ts";

const worked = (more: Partial<WorkedRows> = {}): WorkedRows => ({
  messages: 0,
  archived: 0,
  skipped: 0,
  failed: 0,
  bytes: 0,
  ...more,
});

test("something is told each minute, nothing once, and once an hour from then on", async () => {
  const clock = fakeClock(0);
  const tell = minuteLine(clock);
  const said: [number, string][] = [];
  const pass = async (minutes: number, of: (minute: number) => WorkedRows) => {
    for (let quarter = 0; quarter < 4 * minutes; quarter++) {
      await clock.advance(15_000);
      const minute = clock.elapsed() / 60_000;
      const what = tell(of(minute));
      if (what !== undefined) said.push([minute, what]);
    }
  };
  await pass(2, (minute) => worked({ archived: minute * 100 }));
  // Large originals end seldom.
  await pass(2, () => worked({ archived: 200, underWay: 3 }));
  await pass(130, () => worked({ archived: 200 }));
  await pass(1, () => worked({ archived: 201 }));
  await pass(2, () => worked({ archived: 201 }));
  await pass(3, () => worked({ archived: 201, unasked: true }));
  await pass(2, () => worked({ archived: 201 }));
  expect(said).toEqual([
    [1, "progress"],
    [2, "progress"],
    [3, "progress"],
    [4, "progress"],
    [5, "nothing"],
    [65, "nothing"],
    [125, "nothing"],
    [135, "progress"],
    [136, "nothing"],
    [138, "unasked"],
    [139, "unasked"],
    [140, "unasked"],
    [141, "nothing"],
  ]);
});

// Catches: a first minute in which nothing was done, told as work.
test("who has done nothing since its start says so", async () => {
  const clock = fakeClock(0);
  const [tell, away] = [minuteLine(clock), minuteLine(clock)];
  await clock.advance(60_000);
  expect([tell(worked()), away(worked({ unasked: true }))]).toEqual(["nothing", "unasked"]);
});
