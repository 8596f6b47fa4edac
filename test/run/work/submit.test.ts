/** Catches: a file that is planned anew after its process died, a plan of one file gone on with from another. */
import { describe, expect, test } from "vitest";
import { furthestCursor } from "../../../src/ledger/plan/cursor.ts";
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { ManifestEntry } from "../../../src/manifest/row.ts";
import { planOn } from "../../../src/run/plan/plan.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { submitRun } from "../../../src/run/work/submit.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { archivePlace, createWorld, ledgerPlace, seedPictures, sourcePlace, type World } from "../world.ts";

const asked = (digest: string): RunRequest => ({
  schema: "cos-originals/request@1",
  run: "r",
  source: sourcePlace,
  archive: archivePlace,
  rows: { kind: "file", name: "keys.txt", digest, format: "lines" },
  options: runOptionsSchema.parse({ shardSize: 3 }),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "cos-originals 0",
});

async function* rowsOf(keys: readonly string[]): AsyncGenerator<readonly ManifestEntry[]> {
  for (let from = 0; from < keys.length; from += 4) {
    yield keys.slice(from, from + 4).map((key, n) => ({ kind: "row", row: { key }, at: { line: from + n + 1 } }));
  }
}

/** A run of a file whose process dies while it plans; resolves with the shards that stand. */
async function begun(
  world: World,
  keys: readonly string[],
): Promise<{ readonly plan: string; readonly shards: number }> {
  const ledger = world.ledger("r");
  const request = asked("d");
  await world.done(ledger.put("request.json", JSON.stringify(request)));
  let shards = 0;
  world.archive.onRequest(({ type, key }) =>
    type === "put" && key.includes("/shards/") && ++shards > 5 ? refuse("AccessDenied") : undefined,
  );
  const planner = {
    ledger,
    place: ledgerPlace,
    clock: world.clock,
    random: world.surroundings.random,
    rowsPerCursor: 6,
  };
  const rows = () => rowsOf(keys);
  const planning = planOn({ ...planner, request, rows, deadline: Number.POSITIVE_INFINITY });
  await expect(world.done(planning)).rejects.toMatchObject({ code: "AccessDenied" });
  world.archive.onRequest(undefined);
  const cursor = await world.done(furthestCursor(ledger));
  if (cursor === undefined) throw new Error("there is no cursor");
  return cursor;
}

describe("a file whose planning was broken off", () => {
  test("is gone on with where submit is given it again", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    const stood = await begun(world, keys);
    expect(stood.shards).toBeGreaterThan(1);
    const input = { ledger: ledgerPlace, request: asked("d"), rows: () => rowsOf(keys) };
    const sent: string[] = [];
    const sender = { send: async (body: string) => void sent.push(body) };
    const submitted = await world.done(submitRun(input, world.surroundings, sender));
    expect(submitted).toEqual({ kind: "sent", rows: 30, shards: 10 });
    const run = await readRun(world.ledger("r"));
    expect(run?.slices).toEqual([
      { plan: stood.plan, from: 0 },
      { plan: run?.plan, from: stood.shards },
    ]);
    for (const body of sent) world.send(JSON.parse(body));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 30, archived: 30 });
    expect(Object.values(world.fetches())).toEqual(keys.map(() => 1));
  });

  test("is gone on with where run is given it again", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    const stood = await begun(world, keys);
    const input = { ledger: ledgerPlace, request: asked("d"), rows: () => rowsOf(keys) };
    const { summary } = await world.done(runHere(input, world.surroundings));
    expect(summary).toMatchObject({ state: "complete", rows: 30, archived: 30 });
    expect((await readRun(world.ledger("r")))?.slices?.[0]).toEqual({ plan: stood.plan, from: 0 });
  });

  test("is not gone on with where the file is another", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    await begun(world, keys);
    const input = { ledger: ledgerPlace, request: asked("another"), rows: () => rowsOf(keys.slice(1)) };
    const sender = { send: async () => undefined };
    await expect(world.done(submitRun(input, world.surroundings, sender))).rejects.toMatchObject({
      code: "RunDiffers",
    });
  });
});
