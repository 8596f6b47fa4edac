/** Inventories from a bucket, through the same messages as any manifest. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";
import { archivePlace, createWorld, objectMessage, region, seedPictures, sourcePlace, type World } from "../world.ts";

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

/** A COS inventory of these keys, in two files; every number is a string, as COS writes it. */
function seedInventory(
  world: World,
  keys: readonly string[],
  more: object = {},
  spoil: (n: number) => Buffer | undefined = () => undefined,
) {
  const files = [keys.slice(0, 2), keys.slice(2)].map((part, n) => {
    const lines = part.map((key) => {
      const object = world.source.object(key);
      return `"1250000000","photos","${encodeURIComponent(key)}","${object?.bytes.length}","2026-01-01T00:00:00Z","""${object?.etag}""","${object?.headers["x-cos-storage-class"] ?? "STANDARD"}"\n`;
    });
    const bytes = gzipSync(lines.join(""));
    const key = `inventory/1250000000/photos/nightly/${n}.csv.gz`;
    world.source.seed(key, spoil(n) ?? bytes);
    return { key, size: String(bytes.length), md5Checksum: md5(bytes) };
  });
  const manifest = {
    sourceAppid: "1250000000",
    sourceBucket: "photos",
    destinationAppid: "1250000000",
    destinationBucket: "photos",
    fileFormat: "CSV",
    fileSchema: "Appid, Bucket, Key, Size, LastModifiedDate, ETag, StorageClass",
    files,
    ...more,
  };
  const name = "inventory/1250000000/photos/nightly/20260115/manifest.json";
  world.source.seed(name, JSON.stringify(manifest));
  return { name, files };
}

describe("an inventory", () => {
  test("is told from an array of keys by what its manifest.json holds, and archived by what its files say", async () => {
    const world = createWorld();
    const keys = [...seedPictures(world.source, 3), "photos/ü +%25.jpg"];
    world.source.seed("photos/ü +%25.jpg", "named oddly");
    const { name } = seedInventory(world, keys);
    world.send(objectMessage(name, { run: "r" }));
    await world.drain();
    expect(world.rejected).toEqual([]);
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 4, archived: 4 });
    for (const key of keys) expect(world.archive.object(key)?.bytes).toEqual(world.source.object(key)?.bytes);
    const asked = JSON.parse(world.archive.object(".originals/runs/r/request.json")?.bytes.toString() ?? "{}");
    expect(asked.rows).toMatchObject({ kind: "object", format: "cos-inventory" });
  });

  test("tells which originals are in an archive class: they are asked for x-cos-restore, and not fetched", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    const frozen = keys[1] ?? "";
    world.source.seed(frozen, "frozen", { headers: { "x-cos-storage-class": "ARCHIVE" } });
    const { name } = seedInventory(world, keys);
    world.send(objectMessage(name, { run: "r", options: { archivedClass: "skip" } }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 2, skipped: 1, failed: 0 });
    expect(Object.keys(world.fetches())).not.toContain(frozen);
    expect(world.source.log.filter(({ type, key }) => type === "head" && key === frozen)).toHaveLength(1);
    expect(world.results("r").find((line) => line.includes(frozen))).toContain("--archived-class skip leaves it out");
    const asked = JSON.parse(world.archive.object(".originals/runs/r/request.json")?.bytes.toString() ?? "{}");
    expect(asked).toMatchObject({ needs: ["archived-class"], options: { archivedClass: "skip" } });
  });

  test.each([
    ["the newest versions alone", "{key}", ["a.jpg v2"]],
    ["every version where the archive key tells them apart", "{key}~{versionId}", ["a.jpg v2", "a.jpg v1"]],
  ])("of all versions gives %s, and says what is left out", async (_, archiveKey, expected) => {
    const warnings: unknown[] = [];
    const log = {
      ...silentLog,
      warn: (message: string, fields: object = {}) => void warnings.push({ message, ...fields }),
    };
    const world = createWorld({ log });
    const bytes = gzipSync("a.jpg,v2,true,false\na.jpg,v1,false,false\nb.jpg,v3,true,true\n");
    const file = { key: "inventory/0.csv.gz", size: String(bytes.length), md5Checksum: md5(bytes) };
    world.source.seed(file.key, bytes);
    const schema = { fileFormat: "CSV", fileSchema: "Key, VersionId, IsLatest, IsDeleteMarker", files: [file] };
    const etag = world.source.seed("manifest.json", JSON.stringify(schema)).etag;
    const request = {
      run: "r",
      source: sourcePlace,
      archive: archivePlace,
      rows: { kind: "object", bucket: sourcePlace.bucket, region, key: "manifest.json", etag, format: "cos-inventory" },
      options: runOptionsSchema.parse({ archiveKey }),
    } as const;
    const found: string[] = [];
    for await (const batch of rowsOf(request, world.surroundings)) {
      for (const entry of batch) if (entry.kind === "row") found.push(`${entry.row.key} ${entry.row.versionId}`);
    }
    expect(found).toEqual(expected);
    const left = { olderVersions: 2 - expected.length, deleteMarkers: 1 };
    expect(warnings).toMatchObject([{ message: expect.stringContaining("were left out"), run: "r", ...left }]);
  });

  test("is read from its destination bucket where its manifest.json was copied elsewhere", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    const { name, files } = seedInventory(world, keys, { destinationBucket: "lists-1250000000" });
    const lists = createMemoryBucket({ clock: world.clock, name: "lists-1250000000", region });
    for (const { key } of files) {
      lists.seed(key, world.source.object(key)?.bytes ?? "");
      world.source.removeObject(key);
    }
    const { open } = world.surroundings;
    Object.assign(world.surroundings, {
      open: (role: "manifest", place: { bucket: string; region: string }) =>
        place.bucket === lists.name ? lists : open(role, place),
    });
    world.send(objectMessage(name, { run: "r" }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 3 });
    expect(lists.count("get")).toBe(files.length);
  });

  test("of which a file is missing, or was changed, is refused by that file's name, and plans nothing", async () => {
    for (const [what, spoil] of [
      ["does not exist", undefined],
      ["the manifest.json says", gzipSync('"1250000000","photos","a","1","","",""\n')],
    ] as const) {
      const world = createWorld();
      const keys = seedPictures(world.source, 4);
      const { name, files } = seedInventory(world, keys, {}, (n) => (n === 1 ? spoil : undefined));
      if (spoil === undefined) world.source.removeObject(files[1]?.key ?? "");
      const answer = await world.deliver(objectMessage(name, { run: "r" }));
      expect(answer).toMatchObject({ kind: "reject", reason: expect.stringContaining(files[1]?.key ?? "?") });
      expect(answer).toMatchObject({ reason: expect.stringContaining(what) });
      expect(world.archive.keys().some((key) => key.endsWith("run.json"))).toBe(false);
      expect(world.fetches()).toEqual({});
    }
  });

  test("is read with the key encoding that is asked for", async () => {
    const world = createWorld();
    world.source.seed("a%20b.jpg", "a percent in the key");
    const bytes = gzipSync('"photos-1250000000","a%20b.jpg"\n');
    world.source.seed("i/1.csv.gz", bytes);
    const files = [{ key: "i/1.csv.gz", size: bytes.length, MD5checksum: md5(bytes) }];
    const s3 = { sourceBucket: "photos", version: "2016-11-30", fileFormat: "CSV", fileSchema: "Bucket, Key", files };
    world.source.seed("i/manifest.json", JSON.stringify(s3));
    for (const [keyEncoding, archived] of [
      ["raw", 1],
      ["url", 0],
    ] as const) {
      const manifest = { bucket: sourcePlace.bucket, region, key: "i/manifest.json", keyEncoding };
      world.send(objectMessage("", { run: keyEncoding, manifest }));
      await world.drain();
      expect(world.summary(keyEncoding)).toMatchObject({ rows: 1, archived });
    }
  });
});
