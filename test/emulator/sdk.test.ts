/** The official SDK as it is, pointed at the emulator by nothing but its Proxy option, under real COS host names. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import COS from "cos-nodejs-sdk-v5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc64 } from "../../src/checksum/crc64.ts";
import { type Emulator, startEmulator } from "../../src/emulator/emulator.ts";
import { credentials, photos } from "./lab.ts";

const Region = "ap-guangzhou";
const Bucket = photos;
let directory: string;
let emulator: Emulator;
let cos: COS;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "emulator-sdk-"));
  emulator = await startEmulator({
    dataDir: join(directory, "data"),
    credentials: [credentials],
    buckets: [{ name: photos, region: Region }],
  });
  cos = new COS({
    SecretId: credentials.secretId,
    SecretKey: credentials.secretKey,
    Protocol: "http:",
    Proxy: emulator.url,
    KeepAlive: false,
    AutoSwitchHost: false,
    ChunkSize: 1024 * 1024,
    ConfCwd: directory,
  } as COS.COSOptions);
});

afterAll(async () => {
  await emulator.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The error a call of the SDK ends with. */
async function refused(call: Promise<unknown>): Promise<COS.CosSdkError & { statusCode: number; code: string }> {
  try {
    await call;
  } catch (error) {
    return error as COS.CosSdkError & { statusCode: number; code: string };
  }
  throw new Error("the call succeeded");
}

const originOf = (Key: string) =>
  cos.request({
    Bucket,
    Region,
    Method: "GET",
    Key,
    Query: { "ci-process": "originImage" },
    RawBody: true,
  } as never) as Promise<{
    Body?: Buffer;
    body?: Buffer;
    statusCode: number;
    headers: Record<string, string>;
  }>;

const protect = (Method: "PUT" | "GET" | "DELETE", Body?: string) =>
  cos.request({
    Bucket,
    Region,
    Method,
    Url: `http://${Bucket}.pic.${Region}.myqcloud.com/?origin-protect`,
    Query: { "origin-protect": "" },
    ...(Body === undefined ? {} : { Body }),
  } as never) as Promise<{ statusCode: number; OriginProtectStatus?: string }>;

describe("the official SDK", () => {
  test.each(["plain.txt", "目录/照片 (1) +#%?&=~'!*.txt", "a//b/", "emoji 😀/ÿ.txt"])(
    "puts, reads, heads and deletes %s",
    async (Key) => {
      const Body = Buffer.from(`the bytes of ${Key}`);
      const put = await cos.putObject({ Bucket, Region, Key, Body, "x-cos-meta-note": "kept" } as COS.PutObjectParams);
      expect(put.statusCode).toBe(200);
      expect(put.headers?.["x-cos-hash-crc64ecma"]).toBe(crc64(Body));
      const got = await cos.getObject({ Bucket, Region, Key });
      expect(Buffer.from(got.Body)).toEqual(Body);
      expect(got.ETag).toBe(put.ETag);
      const head = await cos.headObject({ Bucket, Region, Key });
      expect(head.headers).toMatchObject({ "content-length": String(Body.length), "x-cos-meta-note": "kept" });
      expect((await cos.deleteObject({ Bucket, Region, Key })).statusCode).toBe(204);
      expect(await refused(cos.getObject({ Bucket, Region, Key }))).toMatchObject({
        statusCode: 404,
        code: "NoSuchKey",
      });
      expect(await refused(cos.headObject({ Bucket, Region, Key }))).toMatchObject({ statusCode: 404 });
    },
  );

  test("lists with prefix, delimiter and pages", async () => {
    for (const Key of ["list/a.txt", "list/b/1", "list/b/2", "list/c.txt"]) {
      await cos.putObject({ Bucket, Region, Key, Body: Key });
    }
    const page = await cos.getBucket({ Bucket, Region, Prefix: "list/", Delimiter: "/", MaxKeys: 2 });
    expect(page.Contents.map((object) => object.Key)).toEqual(["list/a.txt"]);
    expect(page.CommonPrefixes.map((group) => group.Prefix)).toEqual(["list/b/"]);
    expect(page.IsTruncated).toBe("true");
    const rest = await cos.getBucket({ Bucket, Region, Prefix: "list/", Delimiter: "/", Marker: page.NextMarker! });
    expect(rest.Contents.map((object) => object.Key)).toEqual(["list/c.txt"]);
    expect(rest.IsTruncated).toBe("false");
  });

  test("copies an object with its metadata, and deletes many at once", async () => {
    await cos.putObject({ Bucket, Region, Key: "from +%.txt", Body: "copied", ContentType: "text/x-note" });
    const CopySource = `${Bucket}.cos.${Region}.myqcloud.com/${encodeURIComponent("from +%.txt")}`;
    await cos.putObjectCopy({ Bucket, Region, Key: "to.txt", CopySource });
    const got = await cos.getObject({ Bucket, Region, Key: "to.txt" });
    expect(got.Body.toString()).toBe("copied");
    expect(got.headers?.["content-type"]).toBe("text/x-note");
    const deleted = await cos.deleteMultipleObject({
      Bucket,
      Region,
      Objects: [{ Key: "to.txt" }, { Key: "from +%.txt" }, { Key: "never was" }],
    });
    expect(deleted.Deleted.length).toBe(3);
    expect(emulator.bucket(photos).head("to.txt")).toBeUndefined();
  });

  test("restores what lies in an archive class, once", async () => {
    emulator.bucket(photos).put("cold.jpg", Buffer.from("cold"), { "x-cos-storage-class": "DEEP_ARCHIVE" });
    const RestoreRequest = { Days: 2, CASJobParameters: { Tier: "Bulk" } } as const;
    const begun = await cos.restoreObject({ Bucket, Region, Key: "cold.jpg", RestoreRequest });
    expect(begun.statusCode).toBe(202);
    const head = await cos.headObject({ Bucket, Region, Key: "cold.jpg" });
    expect(head.headers?.["x-cos-restore"]).toBe('ongoing-request="true"');
    expect(await refused(cos.restoreObject({ Bucket, Region, Key: "cold.jpg", RestoreRequest }))).toMatchObject({
      statusCode: 409,
      code: "RestoreAlreadyInProgress",
    });
    expect(await refused(cos.restoreObject({ Bucket, Region, Key: "a.txt", RestoreRequest }))).toMatchObject({
      statusCode: 404,
    });
  });

  test("uploads a file in parts", async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, "parts of a file ");
    const FilePath = join(directory, "large.bin");
    writeFileSync(FilePath, bytes);
    const done = await cos.sliceUploadFile({ Bucket, Region, Key: "large.bin", FilePath });
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-4"$/);
    const stored = emulator.bucket(photos).get("large.bin");
    expect(stored?.bytes.equals(bytes)).toBe(true);
    expect(stored?.object.crc64).toBe(crc64(bytes));
    expect(emulator.bucket(photos).uploads()).toEqual([]);
  });

  test("lists the parts of an upload and aborts it", async () => {
    const { UploadId } = await cos.multipartInit({ Bucket, Region, Key: "part/ed.bin" });
    await cos.multipartUpload({ Bucket, Region, Key: "part/ed.bin", UploadId, PartNumber: 3, Body: "three" } as never);
    const parts = await cos.multipartListPart({ Bucket, Region, Key: "part/ed.bin", UploadId });
    expect(parts.Part.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([["3", "5"]]);
    const open = await cos.multipartList({ Bucket, Region, Prefix: "part/", Delimiter: "" } as never);
    const { Upload } = open as unknown as { Upload: { UploadId: string }[] };
    expect(Upload.map((upload) => upload.UploadId)).toEqual([UploadId]);
    await cos.multipartAbort({ Bucket, Region, Key: "part/ed.bin", UploadId });
    expect(await refused(cos.multipartAbort({ Bucket, Region, Key: "part/ed.bin", UploadId }))).toMatchObject({
      statusCode: 404,
      code: "NoSuchUpload",
    });
  });

  test("switches protection on, is refused, and fetches the original", async () => {
    const Body = Buffer.from("not really a JPEG, but the original's bytes");
    await cos.putObject({ Bucket, Region, Key: "p/原图.jpg", Body });
    expect((await protect("GET")).OriginProtectStatus).toBe("off");
    await protect("PUT", "<Suffixs><Suffix>jpg</Suffix><Suffix>png</Suffix></Suffixs>");
    expect((await protect("GET")).OriginProtectStatus).toBe("on");
    expect(emulator.bucket(photos).settings.protect).toEqual(["jpg", "png"]);

    const error = await refused(cos.getObject({ Bucket, Region, Key: "p/原图.jpg" }));
    expect(error).toMatchObject({ statusCode: 403, code: "AccessDenied" });
    expect(error.headers?.["x-errno"]).toBe("-154");

    const original = await originOf("p/原图.jpg");
    expect(Buffer.from(original.body ?? original.Body!)).toEqual(Body);
    const viaGet = await cos.getObject({
      Bucket,
      Region,
      Key: "p/原图.jpg",
      Query: { "ci-process": "originImage" },
    } as never);
    expect(viaGet.Body).toEqual(Body);

    await protect("DELETE");
    expect((await cos.getObject({ Bucket, Region, Key: "p/原图.jpg" })).Body).toEqual(Body);
  });

  test("makes, heads and removes a bucket, and lists them", async () => {
    const other = "other-1250000000";
    await cos.putBucket({ Bucket: other, Region });
    await cos.headBucket({ Bucket: other, Region });
    const { Buckets } = await cos.getService({});
    expect(Buckets.map((bucket) => bucket.Name)).toEqual([other, photos].sort());
    await cos.putObject({ Bucket: other, Region, Key: "x", Body: "x" });
    expect(await refused(cos.deleteBucket({ Bucket: other, Region }))).toMatchObject({ code: "BucketNotEmpty" });
    await cos.deleteObject({ Bucket: other, Region, Key: "x" });
    await cos.deleteBucket({ Bucket: other, Region });
    expect(await refused(cos.headBucket({ Bucket: other, Region }))).toMatchObject({ statusCode: 404 });
    expect(await refused(cos.putBucket({ Bucket, Region }))).toMatchObject({ code: "BucketAlreadyOwnedByYou" });
  });

  test("is told by the codes it knows when keys, ids or regions are wrong", async () => {
    const wrong = (options: Partial<COS.COSOptions>) =>
      new COS({
        SecretId: credentials.secretId,
        SecretKey: credentials.secretKey,
        Protocol: "http:",
        Proxy: emulator.url,
        KeepAlive: false,
        AutoSwitchHost: false,
        ...options,
      });
    const key = { Bucket, Region, Key: "list/a.txt" };
    expect(await refused(wrong({ SecretKey: "guess" }).getObject(key))).toMatchObject({
      statusCode: 403,
      code: "SignatureDoesNotMatch",
    });
    expect(await refused(wrong({ SecretId: "AKIDNOBODY" }).getObject(key))).toMatchObject({
      code: "InvalidAccessKeyId",
    });
    expect(await refused(cos.getObject({ ...key, Region: "ap-beijing" }))).toMatchObject({ code: "NoSuchBucket" });
  });
});
