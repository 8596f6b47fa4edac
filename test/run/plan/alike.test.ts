/** Plan and run of a listing decide alike: what the one counts as to be fetched, the other fetches. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { estimateRun } from "../../../src/run/plan/estimate/estimate.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { quick, runs } from "../../setup/quick.ts";
import { archivePlace, createWorld, inlineMessage, ledgerPlace, sourcePlace, type World } from "../world.ts";

const MINUTE = 60_000;

/** Of one key: what the source holds, and what the archive. */
const state = fc.record({
  class: fc.constantFrom("STANDARD", "STANDARD", "ARCHIVE"),
  copy: fc.constantFrom("none", "same", "other bytes", "longer"),
  /** Minutes after the source. */
  age: fc.constantFrom(0, 5, 14, 15, 60),
});

function seeded(states: readonly (typeof state extends fc.Arbitrary<infer S> ? S : never)[]): World {
  const world = createWorld();
  const time = world.clock.now() - 120 * MINUTE;
  for (const [n, { class: storageClass, copy, age }] of states.entries()) {
    const key = `photos/${n}.jpg`;
    world.source.seed(key, `picture ${n}`, { lastModified: time, headers: { "x-cos-storage-class": storageClass } });
    const lastModified = time + age * MINUTE;
    // What was put later than a quarter of an hour is of what the source is now, or somebody else put it.
    if (copy === "same" || (copy === "other bytes" && age >= 15))
      world.archive.seed(key, `picture ${n}`, { lastModified });
    else if (copy !== "none") world.archive.seed(key, `${copy === "longer" ? "a " : ""}PICTURE ${n}`, { lastModified });
  }
  return world;
}

async function planned(world: World, ifExists: "skip" | "keep" | "overwrite") {
  const request = {
    run: "r",
    source: sourcePlace,
    archive: archivePlace,
    rows: { kind: "listing", prefix: "" } as const,
    options: runOptionsSchema.parse({ ifExists }),
  };
  const entries = rowsOf(request, world.surroundings, { ledger: ledgerPlace });
  return world.done(estimateRun(entries, { ...request, ledger: ledgerPlace }, () => 0.5));
}

async function run(world: World, ifExists: string) {
  const { keys: _, ...message } = inlineMessage([]);
  world.send({ ...message, prefix: "", run: "tonight", options: { ifExists } });
  await world.drain();
  return world.summary("tonight");
}

describe.each(["skip", "keep", "overwrite"] as const)("a listing with --if-exists %s", (ifExists) => {
  test.skipIf(quick)(
    "is fetched as far as its plan says, to the row, and archive classes are neither fetched nor priced",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 12 }), async (states) => {
          const plan = await planned(seeded(states), ifExists);
          const summary = await run(seeded(states), ifExists);
          expect(plan.rows).toBe(summary.rows);
          expect(plan.toArchive + plan.archivedClass + plan.unchanged).toBe(plan.rows);
          expect(summary.requests?.["source.get"] ?? 0).toBe(plan.requests["source.get"]);
          expect(summary.requests?.["archive.put"] ?? 0).toBe(plan.requests["archive.put"]);
          expect(summary.archived).toBe(plan.toArchive);
          expect(summary.failed).toBeLessThanOrEqual(plan.archivedClass);
          const bytes = states.reduce((sum, _, n) => sum + `picture ${n}`.length, 0);
          expect(plan.bytes.known).toBeLessThanOrEqual(bytes);
        }),
        { numRuns: runs(40) },
      );
    },
  );
});

test("copies of the last quarter of an hour are not to be fetched, nor paid for", async () => {
  const states = Array.from({ length: 38 }, () => ({ class: "STANDARD", copy: "same", age: 5 }) as const);
  const plan = await planned(seeded(states), "skip");
  expect(plan).toMatchObject({
    rows: 38,
    unchanged: 38,
    toArchive: 0,
    bytes: { known: 0 },
    requests: { "source.get": 0 },
  });
});
