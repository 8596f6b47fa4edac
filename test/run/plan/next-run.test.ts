/** Catches: a cron line that does nothing from the second night on, one that fetches all again, and two that don't join. */
import { describe, expect, test } from "vitest";
import { writeControl } from "../../../src/ledger/control.ts";
import { createRequest, type RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { writeSummaryFiles } from "../../../src/ledger/report/summary.ts";
import { tallyToSummary } from "../../../src/report/summary.ts";
import { emptyTally } from "../../../src/report/tally.ts";
import { type Naming, nextRun } from "../../../src/run/plan/next-run.ts";
import { datedRunId } from "../../../src/vocabulary/names.ts";
import { archivePlace, createWorld, ledgerPlace, sourcePlace, type World } from "../world.ts";

const asked = (run: string, options: object = {}): RunRequest => ({
  schema: "cos-originals/request@1",
  run,
  source: sourcePlace,
  archive: archivePlace,
  rows: { kind: "file", name: "keys.txt", digest: "d", format: "lines" },
  options: runOptionsSchema.parse(options),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "test",
});
const derived: Naming = { kind: "derived", again: false };
const again: Naming = { kind: "derived", again: true };
const given: Naming = { kind: "given" };
const endedAt = "2026-01-15T13:00:00.000Z";

/** Begins a run of that id; `state` is that of the summary it has, if any. */
async function begun(world: World, run: string, state?: "complete" | "incomplete" | "halted", options: object = {}) {
  const ledger = world.ledger(run);
  await world.done(createRequest(ledger, asked(run, options)));
  if (state === undefined) return;
  const summary = tallyToSummary(emptyTally(), {
    run,
    state,
    rows: 0,
    startedAt: endedAt,
    endedAt: state === "complete" ? endedAt : null,
  } as never);
  await world.done(writeSummaryFiles(ledger, summary));
}
const next = (world: World, run: string, naming: Naming, options: object = {}) =>
  world.done(nextRun(ledgerPlace, asked(run, options), naming, world.surroundings));
const idOf = async (world: World, run: string, naming: Naming, options: object = {}) =>
  (await next(world, run, naming, options)).request.run;

describe("a run whose id follows from what is asked", () => {
  test("begins, is gone on with until it is over, and then begins under the next number", async () => {
    const world = createWorld();
    expect(await idOf(world, "m-1", derived)).toBe("m-1");
    await begun(world, "m-1");
    expect(await idOf(world, "m-1", derived)).toBe("m-1");
    await begun(world, "m-1", "complete");
    expect(await next(world, "m-1", derived)).toMatchObject({
      request: { run: "m-1-2" },
      after: { run: "m-1", endedAt },
    });
    await begun(world, "m-1-2", "incomplete");
    // Two that begin it join.
    expect(await next(world, "m-1", derived)).toEqual({ request: asked("m-1-2"), before: "something" });
    await begun(world, "m-1-2", "complete");
    for (const number of [3, 9, 10]) await begun(world, `m-1-${number}`, "complete");
    // Others that begin the same way are none of it.
    for (const other of ["m-1-redrive-77", "m-12", "m-1-99x"]) await begun(world, other, "complete");
    expect(await idOf(world, "m-1", derived)).toBe("m-1-11");
  });

  test.each(["halted", "incomplete"] as const)("and is %s is not over", async (state) => {
    const world = createWorld();
    await begun(world, "m-1", state);
    await world.done(writeControl(world.ledger("m-1"), "cancel", "wrong night", endedAt));
    expect(await idOf(world, "m-1", derived)).toBe("m-1");
  });

  test("and overwrites begins anew only where that is asked", async () => {
    const world = createWorld();
    const options = { ifExists: "overwrite" };
    expect(await idOf(world, "m-1", derived, options)).toBe("m-1");
    await begun(world, "m-1", "complete", options);
    await expect(next(world, "m-1", derived, options)).rejects.toMatchObject({
      code: "RunEnded",
      message: expect.stringMatching(/^The run "m-1" ended at 2026-01-15T13:00:00\.000Z; nothing was done; .*--again/),
    });
    expect(await idOf(world, "m-1", again, options)).toBe("m-1-2");
  });
});

describe("a run that somebody named", () => {
  test("is gone on with until it is over, and is then refused with the time", async () => {
    const world = createWorld();
    await begun(world, "nightly-2", "complete");
    expect(await idOf(world, "nightly", given)).toBe("nightly");
    await begun(world, "nightly");
    expect(await idOf(world, "nightly", given)).toBe("nightly");
    await begun(world, "nightly", "complete");
    await expect(next(world, "nightly", given)).rejects.toMatchObject({
      code: "RunEnded",
      message: expect.stringMatching(/^The run "nightly" ended at .*; nothing was done; .*'nightly-\{date\}'/),
    });
    await expect(next(world, "nightly", given, { proof: "size" })).rejects.toMatchObject({ code: "RunDiffers" });
  });

  test("may be named by the date and the time of its begin", () => {
    expect(datedRunId("nightly-{date}", Date.UTC(2026, 0, 2, 3, 4, 5))).toBe("nightly-2026-01-02");
    expect(datedRunId("{date}.{time}", Date.UTC(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02.030405");
  });
});
