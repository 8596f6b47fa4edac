/** The real command line on an inventory that lies in a bucket, and then on a listing of the same originals. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keys, type Lab, openLab, source } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());

describe("an inventory in a bucket", () => {
  it("is told by its manifest.json's content, and archived; a listing then finds all of it there", async () => {
    const bucket = lab.emulator.bucket(source);
    const files = [keys.slice(0, 1), keys.slice(1)].map((part, n) => {
      const lines = part.map(
        (key) => `"1250000000","photos","${encodeURIComponent(key)}","${lab.original(key)?.length}"\n`,
      );
      const bytes = gzipSync(lines.join(""));
      const key = `lists/data/${n}.csv.gz`;
      bucket.put(key, bytes);
      return { key, size: String(bytes.length), md5Checksum: createHash("md5").update(bytes).digest("hex") };
    });
    const manifest = {
      sourceAppid: "1250000000",
      sourceBucket: "photos",
      destinationAppid: "1250000000",
      destinationBucket: "photos",
      fileFormat: "CSV",
      fileSchema: "Appid, Bucket, Key, Size",
      files,
    };
    bucket.put("lists/20260115/manifest.json", Buffer.from(JSON.stringify(manifest)));
    const first = await lab.run(["--json", "--manifest", `cos://${source}/lists/20260115/manifest.json`]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ state: "complete", rows: keys.length, archived: keys.length });
    for (const key of keys) expect(lab.archived(key)).toEqual(lab.original(key));

    // Archived a moment ago, so each is asked by HEAD; nothing is fetched again, and the lists are archived as well.
    const second = await lab.run(["--json", "--list", "--run", "tonight"]);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      rows: keys.length + 3,
      archived: 3,
      skipped: keys.length,
      requests: { "source.get": 0, "source.plain": 3, "archive.head": 3 },
      deletedFromSource: { count: 0, keys: [] },
    });

    bucket.put("lists/data/1.csv.gz", gzipSync("something else\n"));
    const third = await lab.run(["--manifest", `cos://${source}/lists/20260115/manifest.json`, "--run", "changed"]);
    expect(third.code).toBe(2);
    expect(third.stderr).toContain("lists/data/1.csv.gz");
  });
});
