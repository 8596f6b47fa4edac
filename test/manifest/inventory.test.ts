import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { detectFormat } from "../../src/manifest/format.ts";
import { parseInventory, type ReadInventoryOptions, readInventoryFile } from "../../src/manifest/inventory.ts";
import type { ManifestEntry } from "../../src/manifest/row.ts";
import { BucketError } from "../../src/objects/error.ts";
import { collect, pieces, rowsOf, told } from "./reading.ts";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const etag = "ee8de918d05640145b18f70f4c3aa602";

interface Part {
  readonly key: string;
  readonly bytes: Buffer;
}

const part = (key: string, text: string): Part => ({ key, bytes: gzipSync(text) });

/** A manifest.json as COS writes it: all numbers are strings. */
function cosInventory(fileSchema: string, parts: readonly Part[], more: object = {}) {
  return {
    sourceAppid: "1250000000",
    sourceBucket: "source",
    destinationAppid: "1250000000",
    destinationBucket: "inventory",
    fileFormat: "CSV",
    listObjectCount: "3",
    listStorageSize: "30",
    filterObjectCount: "3",
    filterStorageSize: "30",
    fileSchema,
    files: parts.map(({ key, bytes }) => ({ key, size: String(bytes.length), md5Checksum: md5(bytes) })),
    ...more,
  };
}

const opening =
  (parts: readonly Part[], cuts: readonly number[] = []): ReadInventoryOptions["open"] =>
  async (key) => {
    const found = parts.find((each) => each.key === key);
    if (found === undefined) throw refusal(404, "NoSuchKey");
    return pieces(found.bytes, cuts);
  };

const refusal = (status: number, code: string) =>
  new BucketError(`GET: ${code}`, { code, status, retryable: status >= 500, throttled: false });

async function read(document: object, given: Partial<ReadInventoryOptions> & Pick<ReadInventoryOptions, "open">) {
  const options = { name: "inv/manifest.json", ...given };
  const manifest = parseInventory(Buffer.from(JSON.stringify(document)), options.name);
  const entries: ManifestEntry[] = [];
  for (const file of manifest.files) entries.push(...(await collect(readInventoryFile(manifest, file, options))));
  return entries;
}

const cosSchema =
  "Appid, Bucket, Key, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, ReplicationStatus, CRC64";

describe("a COS inventory", () => {
  const parts = [
    part(
      "inv/1.csv.gz",
      `"1250000000","source","a+b%2Bc+d.jpg","16","2024-05-01T00:00:00Z","""${etag}""","STANDARD","false","","16749565679157681890"\n`,
    ),
    part("inv/2.csv.gz", `1250000000,source,b.jpg,5,2024-05-01T00:00:00Z,${etag}-2,STANDARD,true,,\n`),
  ];

  it("gives rows with size, etag and crc64, by its schema, its keys decoded", async () => {
    const sourceBucket = "source-1250000000";
    const rows = rowsOf(await read(cosInventory(cosSchema, parts), { open: opening(parts, [1, 7, 30]), sourceBucket }));
    expect(rows).toEqual([
      { key: "a b+c d.jpg", size: 16, etag, crc64: "16749565679157681890" },
      { key: "b.jpg", size: 5, etag: `${etag}-2` },
    ]);
  });

  it("of another bucket has no valid row", async () => {
    const entries = await read(cosInventory(cosSchema, parts), {
      open: opening(parts),
      sourceBucket: "other-1250000000",
    });
    expect(told(entries)).toEqual([
      'value: inv/1.csv.gz, row 1, column 2: bucket "source" is not the source bucket other-1250000000',
      'value: inv/2.csv.gz, row 1, column 2: bucket "source" is not the source bucket other-1250000000',
    ]);
  });

  it("may list no files: then there are no entries", async () => {
    expect(await read(cosInventory(cosSchema, []), { open: opening([]) })).toEqual([]);
  });

  it("leaves out delete markers and versions that are not the latest, but no row that is broken", async () => {
    const schema = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size";
    const versions = [
      part(
        "v.csv.gz",
        "b,new.jpg,v2,True,False,5\nb,new.jpg,v1,False,False,4\nb,gone.jpg,v3,true,true,\nb,bad.jpg,v4,true,false,x\nb,short.jpg\n",
      ),
    ];
    const left: string[] = [];
    const leftOut = (what: string) => void left.push(what);
    const entries = await read(cosInventory(schema, versions), { open: opening(versions), leftOut });
    expect(left).toEqual(["olderVersions", "deleteMarkers"]);
    const all = await read(cosInventory(schema, versions), { open: opening(versions), leftOut, allVersions: true });
    expect(rowsOf(all.slice(0, 2))).toMatchObject([
      { key: "new.jpg", versionId: "v2" },
      { key: "new.jpg", versionId: "v1", size: 4 },
    ]);
    expect(left).toEqual(["olderVersions", "deleteMarkers", "deleteMarkers"]);
    expect(entries[0]).toMatchObject({ row: { key: "new.jpg", versionId: "v2", size: 5 } });
    expect(told(entries)).toEqual([
      "new.jpg",
      'value: v.csv.gz, row 4, column 6: size "x" is not a whole number of bytes',
      expect.stringMatching(/^syntax: v.csv.gz, row 5: it has 2 fields where 6/),
    ]);
  });

  it("of versions that does not tell which are the newest is refused before a file of it is read, unless all are wanted", async () => {
    const schema = "Bucket, Key, VersionId, LastModifiedDate";
    const versions = [part("v.csv.gz", "b,a.jpg,v2,2026-01-02T00:00:00Z\nb,a.jpg,v1,2026-01-01T00:00:00Z\n")];
    const unread = async () => {
      throw new Error("a file was opened");
    };
    await expect(read(cosInventory(schema, versions), { open: unread })).rejects.toMatchObject({
      code: "InventoryInvalid",
      message: expect.stringMatching(
        /fileSchema "Bucket, Key, VersionId, LastModifiedDate" has a VersionId and no IsLatest, .*\{versionId\} in it$/,
      ),
    });
    const all = await read(cosInventory(schema, versions), { open: opening(versions), allVersions: true });
    expect(rowsOf(all)).toMatchObject([{ versionId: "v2" }, { versionId: "v1" }]);
  });

  it("passes over a header, should its files have one", async () => {
    const withHeader = [part("h.csv.gz", "Bucket,Key,Size\nb,a,1\nBucket,Key,1\n")];
    const entries = await read(cosInventory("Bucket, Key, Size", withHeader), { open: opening(withHeader) });
    expect(told(entries)).toEqual(["a", "Key"]);
  });
});

describe("an S3 inventory", () => {
  it("is read by the same rules", async () => {
    const parts = [part("data/1.csv.gz", '"b","a+b%2F%E4%B8%AD.jpg","16"\n')];
    const manifest = {
      sourceBucket: "b",
      destinationBucket: "arn:aws:s3:::inventory-bucket",
      version: "2016-11-30",
      creationTimestamp: "1514944800000",
      fileFormat: "CSV",
      fileSchema: "Bucket, Key, Size",
      files: parts.map(({ key, bytes }) => ({ key, size: bytes.length, MD5checksum: md5(bytes).toUpperCase() })),
    };
    expect(rowsOf(await read(manifest, { open: opening(parts) }))).toEqual([{ key: "a b/\u4e2d.jpg", size: 16 }]);
    const bytes = Buffer.from(JSON.stringify(manifest));
    expect(parseInventory(bytes, "m")).toMatchObject({ destinationBucket: "inventory-bucket" });
    expect(detectFormat("x/manifest.json", bytes.subarray(0, 200))).toBe("s3-inventory");
  });
});

describe("a file of an inventory", () => {
  const parts = [part("p.csv.gz", "b,a\n")];
  const manifest = cosInventory("Bucket, Key", parts);

  it.each([
    [404, "NoSuchKey", "PartMissing", /its file "p.csv.gz" does not exist/],
    [
      403,
      "AccessDenied",
      "PartForbidden",
      /its file "p.csv.gz" may not be read \(AccessDenied\); allow cos:GetObject on it/,
    ],
  ])("that is answered with %i %s is %s", async (status, code, expected, message) => {
    const open = () => Promise.reject(refusal(status, code));
    await expect(read(manifest, { open })).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(message),
    });
  });

  it("that can't be read for now throws what the store threw, so that it is tried again", async () => {
    const failure = refusal(503, "SlowDown");
    await expect(read(manifest, { open: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  it("that is not the one described is PartChanged, even where all its rows read well", async () => {
    const longer = [part("p.csv.gz", "b,a\nb,c,\n")];
    await expect(read(manifest, { open: opening(longer) })).rejects.toMatchObject({
      code: "PartChanged",
      message: expect.stringMatching(/"p.csv.gz" has \d+ bytes, and the manifest.json says \d+/),
    });
    const other = [part("p.csv.gz", "b,z\n")];
    await expect(read(manifest, { open: opening(other) })).rejects.toMatchObject({
      code: "PartChanged",
      message: expect.stringMatching(/has the MD5 [0-9a-f]{32}, and the manifest.json says [0-9a-f]{32}/),
    });
  });

  it("that is damaged or cut off is refused by its name", async () => {
    const cut = [{ key: "p.csv.gz", bytes: parts[0]!.bytes.subarray(0, 20) }];
    await expect(read(manifest, { open: opening(cut) })).rejects.toMatchObject({
      code: "ManifestUnreadable",
      message: expect.stringContaining("p.csv.gz"),
    });
  });
});

describe("a manifest.json", () => {
  it.each([
    ["not json", /is not JSON/],
    ["[]", /it is no inventory's manifest.json/],
    ["{}", /it is no inventory's manifest.json \(fileFormat/],
    [JSON.stringify(cosInventory("Key", [], { fileFormat: "ORC" })), /its files are "ORC"; only CSV is read/],
    [JSON.stringify({ fileFormat: "Parquet", fileSchema: "message s3.inventory {}" }), /its files are "Parquet"/],
    [JSON.stringify(cosInventory("Bucket, Size", [])), /"Bucket, Size" has no Key/],
    [JSON.stringify(cosInventory("Key", [], { files: [{ key: "a", size: "-1" }] })), /files\.0\.size/],
    [JSON.stringify(cosInventory("Key", [], { files: [{ key: "a", md5Checksum: "x" }] })), /files\.0\.md5Checksum/],
  ])("that reads %s is refused", (text, message) => {
    expect(() => parseInventory(Buffer.from(text), "m.json")).toThrow(
      expect.objectContaining({ code: "InventoryInvalid", message: expect.stringMatching(message) }),
    );
  });
});
