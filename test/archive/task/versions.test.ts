/** Rows that name a version: proven against that version's HEAD, whatever originImage makes of a versionId. */
import { beforeEach, describe, expect, test } from "vitest";
import { expectations, proofFloors } from "../../../src/vocabulary/choices.ts";
import { gatewayLab, key, photos, rowOf } from "./gateway-lab.ts";
import { large, small } from "./lab.ts";

const lab = gatewayLab();
beforeEach(() => lab.emulator().bucket(photos).configure({ versioning: "Enabled" }));

/** The older version and the newer one are of one length. */
function seedTwo(older: Buffer, headers: Record<string, string> = {}) {
  const newer = Buffer.from(older).fill(1, 0, 8);
  return {
    older: lab.seed(older, headers).versionId ?? "",
    newer: lab.seed(newer, headers).versionId ?? "",
    bytes: newer,
  };
}

describe.each(proofFloors)("under --proof %s", (proof) => {
  describe.each(expectations)("and --expect %s", (expect_) => {
    const options = { proof, expect: expect_, ifExists: "overwrite" } as const;

    test.each([
      ["held whole", small],
      ["streamed", large],
    ])("an older version, %s, is archived as it was", async (_, bytes) => {
      const { older } = seedTwo(bytes);
      for (const row of [
        { key, versionId: older },
        { ...rowOf(bytes), versionId: older },
      ]) {
        expect(await lab.archiveIt(row, options)).toMatchObject({ outcome: { outcome: "archived", versionId: older } });
        expect(lab.archived()?.equals(bytes)).toBe(true);
      }
    });

    test.each([
      ["held whole", small],
      ["streamed", large],
    ])("the newest is never archived in its place, %s, and paid for once", async (_, bytes) => {
      const { older } = seedTwo(bytes);
      lab.emulator().turn({ originImageHonoursVersionId: false });
      for (const row of [
        { key, versionId: older },
        { ...rowOf(bytes), versionId: older },
      ]) {
        const ended = await lab.archiveIt(row, options);
        expect(ended).toMatchObject({
          outcome: { outcome: "failed", code: "VersionIgnored" },
          requests: { "source.get": 1, "archive.put": 0 },
        });
        expect(lab.archived()).toBeUndefined();
      }
    });

    test("nor where the reply names no version, nor object", async () => {
      const { older } = seedTwo(small);
      for (const originImageSendsEtag of [true, false]) {
        lab.emulator().turn({ originImageHonoursVersionId: false, originImageSendsEtag, originImageSendsCrc64: false });
        lab
          .emulator()
          .faults.use(({ operation }) =>
            operation === "object.original" ? { kind: "headers", set: { "x-cos-version-id": null } } : undefined,
          );
        const ended = await lab.archiveIt({ key, versionId: older }, options);
        expect(ended.outcome.outcome).toBe("failed");
        expect(ended.outcome.code).toBe(originImageSendsEtag ? "VersionIgnored" : "NotTheOriginal");
        expect(lab.archived()).toBeUndefined();
      }
    });
  });
});

test("the newest version by its id is archived, whatever originImage makes of it", async () => {
  const { newer, bytes } = seedTwo(small);
  for (const originImageHonoursVersionId of [true, false]) {
    lab.emulator().turn({ originImageHonoursVersionId });
    const ended = await lab.archiveIt({ key, versionId: newer }, { ifExists: "overwrite" });
    expect(ended.outcome.outcome).toBe("archived");
    expect(lab.archived()?.equals(bytes)).toBe(true);
  }
});

test("a delete marker, and a version that there is not, are no originals", async () => {
  seedTwo(small);
  lab.emulator().bucket(photos).delete(key);
  expect(await lab.archiveIt({ key })).toMatchObject({ outcome: { outcome: "failed", code: "NoSuchKey" } });
  expect(await lab.archiveIt({ key, versionId: "none" })).toMatchObject({
    outcome: { outcome: "failed", code: expect.stringMatching(/^NoSuch(?:Version|Key)$/) },
    requests: { "archive.put": 0 },
  });
});
