import { describe, expect, test } from "vitest";
import type { ManifestEntry } from "../../../src/manifest/row.ts";
import { isRow, type PlanEntries } from "../../../src/run/plan/entry.ts";
import { prepareRedrive, type RedriveOptions } from "../../../src/run/work/redrive.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { seedFinishedRun } from "../finished-run.ts";
import { listsLate } from "../lists-late.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const prepare = (world: World, of = "r", options?: RedriveOptions) =>
  world.done(prepareRedrive(ledgerPlace, of, world.surroundings, options));

async function rowsOf(world: World, entries: PlanEntries | undefined) {
  const rows: unknown[] = [];
  await world.done(
    (async () => {
      for await (const batch of entries ?? []) {
        for (const entry of batch) if (isRow(entry)) rows.push((entry as Extract<ManifestEntry, { kind: "row" }>).row);
      }
    })(),
  );
  return rows;
}

async function failedRun(keys: readonly unknown[], options: object = {}): Promise<World> {
  const world = createWorld();
  seedPictures(world.source, 4);
  await world.deliver(inlineMessage(keys, { run: "r", options }));
  await world.drain();
  return world;
}

describe("a redrive", () => {
  test("holds the failed rows as the manifest had them, in order, and no others", async () => {
    const missing = { key: "gone.jpg", size: 3, etag: "0cc175b9c0f1b6a831c399e269772661", archiveKey: "kept/gone.jpg" };
    const frozen = { key: "frozen.jpg", size: 4, storageClass: "ARCHIVE" };
    const world = await failedRun(
      ["photos/00000.jpg", missing, "photos/00001.jpg", "also gone.jpg", frozen, "photos/00002.jpg"],
      { shardSize: 2 },
    );
    const { input, rows, left } = await prepare(world);
    expect({ rows, left }).toEqual({ rows: 3, left: 0 });
    expect(input?.request).toMatchObject({
      run: "r-redrive-1",
      redriveOf: "r",
      rows: { kind: "file", digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(await rowsOf(world, input?.rows())).toEqual([missing, { key: "also gone.jpg" }, frozen]);
  });

  // Catches: a LIST that came too early, believed. The rows were left out, and nobody was told.
  test("holds the failed rows whose outcomes are listed late as well; where they are gone it is refused", async () => {
    for (const late of [[1, "-00001.jsonl.gz"] as const, [2, ""] as const]) {
      const world = createWorld();
      seedFinishedRun(world, { shards: 3, rows: 6, shardSize: 6, failEvery: 3 });
      listsLate(world, 60_000, late);
      expect(await prepare(world)).toMatchObject({ rows: 6, left: 0 });
      listsLate(world, 3_600_000, late);
      await expect(prepare(world)).rejects.toMatchObject({
        code: "LedgerIncomplete",
        message: expect.stringMatching(/its shard [12] is marked as done, .*; try again in some minutes/),
      });
    }
  });

  test("of a run that is complete is refused where neither a shard nor that it is over is listed", async () => {
    const world = await failedRun(["photos/00000.jpg", "gone.jpg", "photos/00001.jpg"], { shardSize: 1 });
    for (const key of world.archive.keys())
      if (/\/(outcomes|done)\/.*000000001/.test(key)) world.archive.removeObject(key);
    await expect(prepare(world)).rejects.toMatchObject({
      code: "LedgerIncomplete",
      message: expect.stringContaining("there are outcomes of 2 of its 3 rows"),
    });
  });

  test("leaves out what can't succeed: rows that can't be read, and keys that would overwrite another row's original", async () => {
    const world = await failedRun([
      "photos/00000.jpg",
      { key: "photos/00001.jpg", archiveKey: "photos/00000.jpg" },
      "/bad",
      "gone.jpg",
    ]);
    expect(await prepare(world)).toMatchObject({ rows: 1, left: 2 });
    const nothing = await failedRun(["photos/00000.jpg", "/bad"]);
    expect(await prepare(nothing)).toEqual({ input: undefined, rows: 0, left: 1 });
    const fine = await failedRun(["photos/00000.jpg"]);
    expect(await prepare(fine)).toEqual({ input: undefined, rows: 0, left: 0 });
  });

  test("of a run that is not over holds what failed so far", async () => {
    const world = createWorld();
    await world.deliver(inlineMessage(["gone.jpg", "also gone.jpg"], { run: "r", options: { shardSize: 1 } }));
    await world.deliver(world.queue[0]?.message ?? {});
    const shard = world.queue.find(({ message }) => message.type === "shard")?.message ?? {};
    await world.deliver(shard);
    expect(await prepare(world)).toMatchObject({ rows: 1, left: 0 });
  });

  test("is continued until it is complete, then another begins; what is asked otherwise is another", async () => {
    const world = await failedRun(["photos/00000.jpg", "gone.jpg"]);
    const first = await prepare(world);
    if (first.input === undefined) throw new Error("one row failed");
    const stopped = new AbortController();
    stopped.abort();
    await world.done(runHere(first.input, world.surroundings, { signal: stopped.signal }));
    expect((await prepare(world)).input?.request.run).toBe("r-redrive-1");
    expect((await prepare(world, "r", { options: { proof: "crc64" } })).input?.request).toMatchObject({
      run: "r-redrive-2",
      options: { proof: "crc64" },
    });
    world.source.seed("gone.jpg", "back again");
    expect((await world.done(runHere(first.input, world.surroundings))).summary).toMatchObject({
      state: "complete",
      archived: 1,
      redriveOf: "r",
    });
    expect((await prepare(world)).input?.request.run).toBe("r-redrive-2");
  });

  test("of a redrive is numbered on, and named by whoever gives a name", async () => {
    const world = await failedRun(["gone.jpg"]);
    const first = await prepare(world);
    if (first.input === undefined) throw new Error("one row failed");
    await world.done(runHere(first.input, world.surroundings));
    expect((await prepare(world, "r-redrive-1")).input?.request).toMatchObject({
      run: "r-redrive-2",
      redriveOf: "r-redrive-1",
    });
    expect((await prepare(world, "r", { run: "mine" })).input?.request.run).toBe("mine");
  });

  test("of a run that is not there, or has no plan, is refused", async () => {
    const world = createWorld();
    await expect(prepare(world)).rejects.toMatchObject({ code: "NoSuchRun" });
    seedPictures(world.source, 3);
    await world.deliver(inlineMessage(["a", "b"], { run: "r", options: { shardSize: 1 } }));
    await expect(prepare(world)).rejects.toMatchObject({ code: "RunNotPlanned" });
  });
});
