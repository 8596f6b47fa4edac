/** Catches: a typo in a prefix that is a complete run of nothing, and a quiet night that is taken for one. */
import { describe, expect, test } from "vitest";
import { checkLeastRows } from "../../../src/run/places/least-rows.ts";
import { archivePlace, createWorld, inlineMessage, ledgerPlace, seedPictures, sourcePlace } from "../world.ts";

const { keys: _, ...nothing } = inlineMessage([]);
const listing = (prefix: string, more: object = {}) => ({ ...nothing, prefix, run: "r", ...more });

describe("a listing", () => {
  test("of nothing is rejected, and nothing is begun", async () => {
    const world = createWorld();
    seedPictures(world.source, 3);
    expect(await world.deliver(listing("fotos/"))).toEqual({
      kind: "reject",
      reason: expect.stringMatching(
        /^The listing of cos:\/\/photos-1250000000\/fotos\/ found 0 objects, .* 1 at least/,
      ),
    });
    expect(world.archive.keys()).toEqual([]);
    expect(await world.deliver(listing("fotos/", { minRows: 0 }))).toEqual({ kind: "acknowledge" });
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 0 });
  });

  test("of nothing new is a quiet night", async () => {
    const world = createWorld();
    for (const key of seedPictures(world.source, 3)) {
      world.archive.seed(key, `picture ${Number(key.slice(7, 12))}`, { lastModified: world.clock.now() + 3_600_000 });
    }
    await world.deliver(listing("photos/", { minRows: 3 }));
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 3, archived: 0, skipped: 3 });
  });

  test.each([
    [3, 3, 1],
    [4, 3, undefined],
    [2_500, 2_500, undefined],
    [2_501, 2_500, undefined],
  ])("that must find %i and finds %i", async (least, found, requests) => {
    const world = createWorld();
    seedPictures(world.source, found);
    // A ledger among them counts for nothing.
    world.source.seed("photos/.originals/runs/x/request.json", "{}");
    const request = { source: sourcePlace, rows: { kind: "listing", prefix: "photos/" } as const };
    const ledger = { ...ledgerPlace, bucket: archivePlace.bucket };
    const checked = world.done(checkLeastRows(request, least, ledger, world.surroundings));
    if (found >= least) await expect(checked).resolves.toBeUndefined();
    else
      await expect(checked).rejects.toMatchObject({
        code: "TooFewRows",
        message: expect.stringContaining(`found ${found} `),
      });
    if (requests !== undefined) expect(world.source.count("list")).toBe(requests);
  });
});
