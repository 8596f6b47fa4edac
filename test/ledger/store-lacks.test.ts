/** Catches: a run that is recorded where its markers are overlooked, and one that may be begun twice without a word. */
import { describe, expect, test } from "vitest";
import { checkStoreLacks } from "../../src/ledger/store-lacks.ts";
import type { Bucket } from "../../src/objects/bucket.ts";
import { s3Offers } from "../../src/stores/s3/offers.ts";
import { createWorld } from "../run/world.ts";
import { refusal } from "../stores/bucket-fault.ts";

/** As a service of S3's protocol is: what it lacks is not known. */
function lookedAt(lacking: (archive: Bucket) => Partial<Bucket>) {
  const warnings: unknown[] = [];
  const { archive, surroundings, done } = createWorld();
  archive.seed(".originals/runs/r/request.json", "{}");
  const store: Bucket = { ...archive, offers: s3Offers, ...lacking(archive) };
  const log = { ...surroundings.log, warn: (_: string, fields: unknown) => void warnings.push(fields) };
  const look = done(checkStoreLacks({ bucket: store, prefix: ".originals/", run: "r" }, { ...surroundings, log }));
  return { look, warnings, archive };
}

describe("where a ledger's store", () => {
  test("lacks nothing, nothing is said", async () => {
    const { look, warnings } = lookedAt(() => ({}));
    await look;
    expect(warnings).toEqual([]);
  });

  test("passes over that overwriting is forbidden, it is warned of, and the request is what it was", async () => {
    const { look, warnings, archive } = lookedAt((bucket) => ({
      put: (key, body, { forbidOverwrite: _, ...options } = {}) => bucket.put(key, body, options),
    }));
    await look;
    expect(warnings).toMatchObject([{ run: "r", because: "it passes over If-None-Match" }]);
    expect(archive.object(".originals/runs/r/request.json")?.bytes.toString()).toBe("{}");
  });

  test("refuses that overwriting is forbidden, it is warned of", async () => {
    const { look, warnings } = lookedAt(() => ({
      put: () => Promise.reject(refusal("NotImplemented", { status: 501 })),
    }));
    await look;
    expect(warnings).toMatchObject([{ because: "it refuses If-None-Match" }]);
  });

  test("does not list what was just written, no run is begun", async () => {
    const { look } = lookedAt(() => ({ list: async () => ({ objects: [], prefixes: [] }) }));
    await expect(look).rejects.toMatchObject({ code: "LedgerUnlisted" });
  });

  test("begins each listing anew, no run is begun", async () => {
    const { look } = lookedAt((bucket) => ({
      list: (options) =>
        options?.marker === undefined
          ? bucket.list(options)
          : Promise.reject(refusal("UnorderedListing", { status: 200 })),
    }));
    await expect(look).rejects.toMatchObject({ code: "UnorderedListing" });
  });

  test("is COS, nothing is asked", async () => {
    const { look, archive } = lookedAt((bucket) => ({ offers: bucket.offers }));
    await look;
    expect(archive.log).toEqual([]);
  });
});
