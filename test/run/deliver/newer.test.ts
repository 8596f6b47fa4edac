/**
 * Versions meet wherever workers are updated one after the other. Catches: an old worker that sends a newer one's messages to the dead
 * letters, takes its run for unplanned and plans it again, or calls its ledger damaged.
 */
import { describe, expect, test } from "vitest";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { verifyRun } from "../../../src/run/inspect/verify.ts";
import { cancelRun, resumeRun } from "../../../src/run/reconcile/cancel-resume.ts";
import { unfinishedRuns } from "../../../src/run/reconcile/unfinished-runs.ts";
import { prepareRedrive } from "../../../src/run/work/redrive.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { submitRun } from "../../../src/run/work/submit.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const prefix = ".originals/runs/r/";
const reconcile = { v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" };
const givenBack = {
  kind: "give-back",
  newer: true,
  delaySeconds: 300,
  reason: expect.stringMatching(/^The .* is newer than this cos-originals\/.*update the worker.*\.$/),
};

type Changes = Readonly<Record<string, unknown>>;
const documentAt = (world: World, path: string): Record<string, unknown> =>
  JSON.parse(world.archive.object(prefix + path)?.bytes.toString() ?? "{}");
const change = (world: World, path: string, changes: Changes) =>
  world.archive.seed(prefix + path, JSON.stringify({ ...documentAt(world, path), ...changes }));

/** A run of three shards that is planned and submitted, none of it worked. */
async function planned() {
  const world = createWorld();
  const keys = seedPictures(world.source, 3);
  const manifest = inlineMessage(keys, { run: "r", options: { shardSize: 1 } });
  await world.deliver(manifest);
  await world.deliver(reconcile);
  world.newProcess();
  const shard = world.queue.find(({ message }) => message.type === "shard")?.message ?? {};
  return { world, manifest, shard };
}

/** The same run before it is planned. */
async function asked() {
  const world = createWorld();
  const manifest = inlineMessage(seedPictures(world.source, 3), { run: "r", options: { shardSize: 1 } });
  await world.deliver(manifest);
  return { world, manifest };
}

const unworked = (world: World, before: readonly string[]) => {
  expect(world.archive.keys()).toEqual(before);
  expect(world.fetches()).toEqual({});
};

describe("a message of a higher v", () => {
  test.each<[string, (shard: object, manifest: object) => object]>([
    ["a shard", (shard) => ({ ...shard, v: 3 })],
    ["a shard with fields that are unknown here", (shard) => ({ ...shard, v: 3, allowance: { bytes: 7 } })],
    ["a reconcile", () => ({ ...reconcile, v: 3 })],
    ["a manifest", (_, manifest) => ({ ...manifest, v: 3 })],
    ["a type that is unknown here", () => ({ v: 3, type: "pulse", run: "r" })],
    ["no type at all", () => ({ v: 99 })],
  ])("with %s is given back, and nothing is done", async (_, of) => {
    const { world, shard, manifest } = await planned();
    const before = world.archive.keys();
    expect(await world.deliver(of(shard, manifest))).toEqual(givenBack);
    unworked(world, before);
  });

  test.each<[string, (shard: object) => object]>([
    ["an unknown type at v 1", () => ({ v: 1, type: "pulse", run: "r" })],
    ["an unknown field at v 1", (shard) => ({ ...shard, allowance: 7 })],
    ["v 0", (shard) => ({ ...shard, v: 0 })],
    ["v as a text", (shard) => ({ ...shard, v: "2" })],
    ["a v between two versions", (shard) => ({ ...shard, v: 1.5 })],
    ["no v", (shard) => ({ ...shard, v: undefined })],
  ])("is another thing than %s, which is rejected", async (_, of) => {
    const { world, shard } = await planned();
    expect(await world.deliver(of(shard))).toMatchObject({ kind: "reject" });
  });
});

const newerDocuments: readonly (readonly [string, string, (document: Record<string, unknown>) => Changes])[] = [
  ["run.json of a newer schema", "run.json", () => ({ schema: "cos-originals/run@2" })],
  [
    "run.json of a newer schema in another form",
    "run.json",
    () => ({ schema: "cos-originals/run@10", shards: "many" }),
  ],
  ["run.json with a need", "run.json", () => ({ needs: ["pulse"] })],
  ["run.json with a need and fields of it", "run.json", () => ({ needs: ["pulse"], pulse: { slots: 7 } })],
  ["run.json whose request is of a newer schema", "run.json", newerRequest({ schema: "cos-originals/request@2" })],
  ["run.json whose request has a need", "run.json", newerRequest({ needs: ["what-comes"] })],
];

function newerRequest(changes: Changes) {
  return ({ request }: Record<string, unknown>): Changes => ({ request: { ...(request as object), ...changes } });
}

describe("a run that only a newer version can read", () => {
  test.each(newerDocuments)("by its %s has all its messages given back", async (_, path, changes) => {
    const { world, shard, manifest } = await planned();
    change(world, path, changes(documentAt(world, path)));
    const before = world.archive.keys();
    for (const message of [shard, reconcile, manifest]) expect(await world.deliver(message)).toEqual(givenBack);
    unworked(world, before);
  });

  test.each<[string, Changes]>([
    ["request.json of a newer schema", { schema: "cos-originals/request@2", rows: { kind: "bucket" } }],
    ["request.json with a need", { needs: ["pulse"] }],
  ])("by its %s is not planned, asked anew or not", async (_, changes) => {
    const { world, manifest } = await asked();
    change(world, "request.json", changes);
    const before = world.archive.keys();
    for (const message of [reconcile, manifest]) expect(await world.deliver(message)).toEqual(givenBack);
    unworked(world, before);
  });

  test("by its cursor is not planned on", async () => {
    const { world } = await asked();
    await world.deliver(reconcile, 0);
    const path =
      world.archive
        .keys()
        .find((key) => key.includes("/plans/cursor-"))
        ?.slice(prefix.length) ?? "";
    change(world, path, { schema: "cos-originals/cursor@2" });
    const before = world.archive.keys();
    expect(await world.deliver(reconcile)).toEqual(givenBack);
    unworked(world, before);
  });

  test.each<[string, (world: World) => Promise<unknown>]>([
    ["status", ({ surroundings }) => statusOf(ledgerPlace, "r", surroundings)],
    [
      "verify",
      ({ surroundings }) => verifyRun(ledgerPlace, "r", surroundings, { onDifference: async () => undefined }),
    ],
    ["redrive", ({ surroundings }) => prepareRedrive(ledgerPlace, "r", surroundings)],
    ["cancel", ({ surroundings }) => cancelRun(ledgerPlace, "r", surroundings, "so")],
    ["resume", ({ surroundings }) => resumeRun(ledgerPlace, "r", surroundings)],
    ["run", (world) => runHere(askOf(world), world.surroundings)],
    ["submit", (world) => submitRun(askOf(world), world.surroundings, { send: async () => undefined })],
  ])("is refused by %s, in a sentence that says what to do", async (_, command) => {
    const { world } = await planned();
    change(world, "request.json", { needs: ["pulse"] });
    change(world, "run.json", { needs: ["pulse"] });
    const before = world.archive.keys();
    await expect(world.done(command(world))).rejects.toMatchObject({
      name: "UserError",
      code: "NewerThanTool",
      message: expect.stringMatching(/needs "pulse", which is newer than this cos-originals\/.*; update /),
    });
    unworked(world, before);
  });

  test("by its request keeps nobody from reminding of the others", async () => {
    const { world } = await planned();
    const request = documentAt(world, "request.json");
    const newer = { ...request, run: "newer", schema: "cos-originals/request@2" };
    world.archive.seed(".originals/runs/newer/request.json", JSON.stringify(newer));
    expect(await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY))).toEqual({
      runs: ["r"],
      all: true,
    });
  });
});

const askOf = (world: World) => {
  const request = documentAt(world, "request.json") as never as Parameters<typeof runHere>[0]["request"];
  return { ledger: ledgerPlace, request: { ...request, options: runOptionsSchema.parse({ shardSize: 1 }) }, rows };
};
async function* rows(): AsyncGenerator<never[]> {
  yield [];
}

describe("what is not newer", () => {
  test("but needs nothing is worked", async () => {
    const { world } = await planned();
    change(world, "request.json", { needs: [] });
    change(world, "run.json", { needs: [] });
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 3 });
  });

  test.each<[string, Changes]>([
    ["a schema that is none", { schema: "cos-originals/run" }],
    ["another document's schema", { schema: "cos-originals/request@2" }],
    ["a field that is unknown and needs nothing", { cap: { bytes: 7 } }],
    ["needs that are no list", { needs: "pulse" }],
    ["needs that are no names", { needs: [7] }],
  ])("but has %s is damaged: refused here, and left in its queue", async (_, changes) => {
    const { world, shard } = await planned();
    change(world, "run.json", changes);
    expect(await world.deliver(shard)).toMatchObject({
      kind: "refuse",
      reason: expect.stringContaining("is no run document of this version"),
    });
  });
});
