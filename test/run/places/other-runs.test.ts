/** Catches: two runs at once that fetch the same keys, and one that is held up by what is over, dead or elsewhere. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeControl } from "../../../src/ledger/control.ts";
import { createRequest, type RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { lookForOthers } from "../../../src/run/places/other-runs.ts";
import { beginnings, beginRun } from "../../../src/run/plan/begin-run.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { quick } from "../../setup/quick.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  seedPictures,
  sourcePlace,
  type World,
} from "../world.ts";

const HOUR = 3_600_000;
const listingOf = (run: string, prefix = "photos/", over: Partial<RunRequest> = {}): RunRequest => ({
  schema: "cos-originals/request@1",
  run,
  source: sourcePlace,
  archive: archivePlace,
  rows: { kind: "listing", prefix },
  options: runOptionsSchema.parse({ shardSize: 2 }),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "test",
  ...over,
});
const take = (world: World, request: RunRequest, beside = false) =>
  lookForOthers(ledgerPlace, request, world.surroundings).then((others) => others.take(beside));
const markers = (world: World) => world.archive.keys().filter((key) => key.startsWith(".originals/places/"));

/** A run that has begun, and of which nothing has been heard since. */
async function begun(world: World, request = listingOf("last-night")): Promise<void> {
  expect(await world.done(take(world, request))).toBeUndefined();
  await world.done(createRequest(world.ledger(request.run), request));
}

/** Buckets whose clock tells no more than this many milliseconds. */
function telling(world: World, ms: number): World["surroundings"]["open"] {
  const told = (time: number) => Math.floor(time / ms) * ms;
  return (role, place) => {
    const bucket = world.surroundings.open(role, place);
    const list: typeof bucket.list = async (options) => {
      const page = await bucket.list(options);
      const objects = page.objects.map((object) => ({ ...object, lastModified: told(object.lastModified) }));
      return { ...page, objects, serverTime: page.serverTime === undefined ? undefined : told(page.serverTime) };
    };
    return { ...bucket, list };
  };
}

describe("a run whose places are another's", () => {
  test("is told whose, and leaves no trace", async () => {
    const world = createWorld();
    await begun(world);
    const before = markers(world);
    expect(await world.done(take(world, listingOf("tonight")))).toBe("last-night");
    expect(
      await world.done(take(world, listingOf("manifest", "", { rows: { kind: "inline", digest: "d", keys: [] } }))),
    ).toBe("last-night");
    expect(markers(world)).toEqual(before);
    // The same run may be worked by several.
    expect(await world.done(take(world, listingOf("last-night")))).toBeUndefined();
    expect(markers(world)).toEqual(before);
  });

  test("may begin beside it, and is seen by the next", async () => {
    const world = createWorld();
    await begun(world);
    expect(await world.done(take(world, listingOf("beside"), true))).toBeUndefined();
    expect(markers(world)).toHaveLength(2);
  });

  test.each([
    ["showed no sign of life for an hour", (world: World) => world.clock.advance(HOUR + 1)],
    ["was cancelled", (world: World) => world.done(writeControl(world.ledger("last-night"), "cancel", "why", "now"))],
    ["was halted", (world: World) => world.done(writeControl(world.ledger("last-night"), "halt", "why", "now"))],
  ])("goes on where the other %s, and does not call it over", async (_, happens) => {
    const world = createWorld();
    await begun(world);
    await happens(world);
    expect(await world.done(take(world, listingOf("tonight")))).toBeUndefined();
    expect(markers(world).filter((key) => key.endsWith("~ended"))).toEqual([]);
  });

  test("goes on where the other is over, which is then looked at no more", async () => {
    const world = createWorld();
    seedPictures(world.source, 1);
    const { keys: _, ...message } = inlineMessage([]);
    await world.deliver({ ...message, prefix: "photos/", scheduledAt: "2026-01-15T12:00:00Z" });
    expect(markers(world)).toHaveLength(1);
    expect(await world.done(take(world, listingOf("tonight")))).toBeUndefined();
    expect(markers(world).filter((key) => key.endsWith("~ended"))).toHaveLength(1);
    world.archive.forgetLog();
    await world.done(take(world, listingOf("tonight")));
    expect(world.archive.count("get")).toBe(0);
  });

  test.each([
    ["another archive", { archive: { ...archivePlace, prefix: "b/" } }, { archive: { ...archivePlace, prefix: "a/" } }],
    [
      "another part of the source",
      { rows: { kind: "listing", prefix: "b/" } },
      { rows: { kind: "listing", prefix: "a/" } },
    ],
  ] as const)("is not one with %s", async (_, first, second) => {
    const world = createWorld();
    await begun(world, listingOf("last-night", "", first));
    expect(await world.done(take(world, listingOf("tonight", "", second)))).toBeUndefined();
  });

  test.skipIf(quick).each([
    ["tells milliseconds", 1],
    ["tells whole seconds", 1_000],
  ])(
    "that begins at the same moment: one of them goes on, whatever comes first, where the store %s",
    async (_, tells) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 12, maxLength: 30 }),
          fc.nat({ max: 500 }),
          async (delays, later) => {
            const world = createWorld();
            let nth = 0;
            world.archive.onRequest(() => ({ kind: "delay", ms: delays[nth++ % delays.length] ?? 0 }));
            const told = { ...world, surroundings: { ...world.surroundings, open: telling(world, tells) } };
            const one = async (run: string, after: number) => {
              await world.clock.sleep(after);
              const other = await take(told, listingOf(run));
              if (other === undefined) await createRequest(world.ledger(run), listingOf(run));
              return other;
            };
            const others = await world.done(Promise.all([one("a", 0), one("b", later)]));
            expect(others.filter((other) => other === undefined)).toHaveLength(1);
          },
        ),
        { numRuns: 200 },
      );
    },
  );
});

describe("by its door", () => {
  test("a command is refused with the other's name, and nothing is written; or begins beside it", async () => {
    const world = createWorld();
    seedPictures(world.source, 3);
    await begun(world);
    const request = listingOf("tonight");
    const input = {
      ledger: ledgerPlace,
      request,
      rows: () => rowsOf(request, world.surroundings, { ledger: ledgerPlace }),
    };
    for (const door of ["run", "submit"] as const) {
      await expect(world.done(beginRun(input, beginnings[door], world.surroundings))).rejects.toMatchObject({
        code: "PlacesTaken",
        message: expect.stringMatching(/^The run "last-night" archives from cos:.* to cos:.* just now, .*--beside\.$/),
      });
    }
    expect(world.archive.keys().filter((key) => key.includes("runs/tonight/"))).toEqual([]);
    const beside = beginRun({ ...input, beside: true }, beginnings.run, world.surroundings);
    expect(await world.done(beside)).toMatchObject({ kind: "planned" });
  });

  test("a schedule waits for the other, says so, and begins after it: no key is fetched twice", async () => {
    const warnings: unknown[] = [];
    const log = { info: () => undefined, warn: (...said: unknown[]) => warnings.push(said), error: () => undefined };
    const world = createWorld({ log: log as never });
    seedPictures(world.source, 12);
    const { keys: _, ...message } = inlineMessage([]);
    const nightly = (scheduledAt: string) => ({
      ...message,
      prefix: "photos/",
      scheduledAt,
      options: { shardSize: 2 },
    });
    world.send(nightly("2026-01-15T12:00:00Z"));
    await expect(world.drain(1)).rejects.toThrow("the queue is not empty");
    await world.clock.advance(1_000);
    world.send(nightly("2026-01-15T12:00:01Z"));
    await world.drain();
    expect(warnings).toContainEqual([
      "A scheduled run waits for another that works in its places.",
      { run: expect.stringContaining("T120001Z"), waitsFor: expect.stringContaining("T120000Z") },
    ]);
    expect(Object.values(world.fetches())).toEqual(Array.from({ length: 12 }, () => 1));
    const complete = world.archive.keys().filter((key) => key.endsWith("report/summary.json"));
    expect(complete).toHaveLength(2);
    expect(world.rejected).toEqual([]);
  });
});
