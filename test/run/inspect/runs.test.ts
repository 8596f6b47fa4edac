import { ulid } from "ulid";
import { expect, test } from "vitest";
import { openPlaces } from "../../../src/ledger/places.ts";
import { newestRun, runsOf } from "../../../src/run/inspect/runs.ts";
import { cancelRun } from "../../../src/run/reconcile/cancel-resume.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, sourcePlace, type World } from "../world.ts";

async function night(world: World, run: string, keys: readonly string[]) {
  await world.deliver(inlineMessage(keys, { run, options: { shardSize: 2, ifExists: "overwrite" } }));
}

async function threeNights(): Promise<World> {
  const world = createWorld();
  const keys = seedPictures(world.source, 5);
  await night(world, "zulu", [...keys, "missing.jpg"]);
  await world.drain();
  await world.done(world.clock.sleep(5_000));
  await night(world, "alpha", keys);
  await world.done(cancelRun(ledgerPlace, "alpha", world.surroundings, "somebody"));
  await world.done(world.clock.sleep(5_000));
  await night(world, "mike", keys);
  return world;
}
const folder = `${ledgerPlace.prefix}runs/`;

test("the newest run of a ledger comes first, whatever it is called, and each is told as it stands", async () => {
  const world = await threeNights();
  const { runs, more } = await world.done(runsOf(ledgerPlace, world.surroundings, 10));
  expect(runs.map(({ run }) => run)).toEqual(["mike", "alpha", "zulu"]);
  expect(more).toBe(0);
  const [mike, alpha, zulu] = runs.map((one) => (one.kind === "read" ? one.summary : undefined));
  expect(mike).toMatchObject({ state: "running" });
  expect(alpha).toMatchObject({ state: "cancelled", reason: expect.stringContaining("somebody") });
  expect(zulu).toMatchObject({ state: "complete", rows: 6, archived: 5, failed: 1, requests: { "source.get": 6 } });
  expect(await world.done(newestRun(ledgerPlace, world.surroundings))).toBe("mike");
  expect((await world.done(runsOf(ledgerPlace, world.surroundings, 1))).more).toBe(2);
});

test("a run whose begin is told by a name costs no request to place it", async () => {
  const world = await threeNights();
  const places = openPlaces(world.surroundings.open("ledger", ledgerPlace), ledgerPlace.prefix, world.surroundings);
  const place = { schema: "cos-originals/place@1", run: "zulu", at: "2026-11-30T00:00:00Z", tool: "test" } as const;
  const where = { source: sourcePlace, archive: ledgerPlace };
  await places.write(ulid(world.clock.now() + 60_000), { ...place, ...where });
  expect(await world.done(newestRun(ledgerPlace, world.surroundings))).toBe("zulu");
});

test("a run that can't be read is named last, with why, and hides no other", async () => {
  const world = await threeNights();
  const request = `${folder}alpha/request.json`;
  const document = JSON.parse(world.archive.object(request)?.bytes.toString() ?? "");
  world.archive.seed(request, JSON.stringify({ ...document, schema: "cos-originals/request@9" }));
  const { runs } = await world.done(runsOf(ledgerPlace, world.surroundings, 10));
  expect(runs.map(({ kind, run }) => [kind, run])).toEqual([
    ["read", "mike"],
    ["read", "zulu"],
    ["unread", "alpha"],
  ]);
  expect(runs[2]).toMatchObject({ reason: expect.stringContaining("newer") });
});

test("a ledger without runs has none, and no last one", async () => {
  const world = createWorld();
  expect(await world.done(runsOf(ledgerPlace, world.surroundings, 10))).toEqual({ runs: [], more: 0 });
  expect(await world.done(newestRun(ledgerPlace, world.surroundings))).toBeUndefined();
});
