/** The bucket in memory stands in for COS in many tests: where it were kinder than COS, they would prove nothing. */
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { cosErrorOf } from "../cos/thrown-by.ts";
import { loseAnswer, refuse } from "./bucket-fault.ts";
import { fakeClock } from "./fake-clock.ts";
import { createMemoryBucket } from "./memory-bucket.ts";
import { digestsOf } from "./memory-objects.ts";

const bucketOf = (options = {}) => {
  const clock = fakeClock();
  return { clock, bucket: createMemoryBucket({ clock, ...options }) };
};
const md5Of = (bytes: string) => Buffer.from(digestsOf(Buffer.from(bytes)).etag, "hex").toString("base64");
async function* pieces(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe("a bucket in memory", () => {
  test("gives back what was put, with COS's digests and headers", async () => {
    const { bucket } = bucketOf();
    const put = await bucket.put("a b.jpg", Buffer.from("[Object Content]"), {
      headers: { "content-type": "image/jpeg", "x-cos-meta-owner": "我", connection: "close" },
    });
    expect(put).toMatchObject({ status: 200, etag: "ee8de918d05640145b18f70f4c3aa602", crc64: "16749565679157681890" });
    expect(put.size).toBeUndefined();
    const got = await bucket.get("a b.jpg");
    expect(got.kind === "bytes" && got.bytes.toString()).toBe("[Object Content]");
    expect(got).toMatchObject({ size: 16, etag: put.etag, crc64: put.crc64, lastModified: 1_700_000_000_000 });
    expect(got.headers).toMatchObject({ "content-type": "image/jpeg", "x-cos-meta-owner": "我" });
    expect(got.headers.connection).toBeUndefined();
  });

  test("refuses other bytes than Content-MD5 says, and bodies shorter or longer than announced, and stores nothing", async () => {
    const { bucket } = bucketOf();
    bucket.seed("k", "before");
    expect(await cosErrorOf(bucket.put("k", Buffer.from("after"), { contentMd5: md5Of("other") }))).toMatchObject({
      code: "BadDigest",
      status: 400,
      retryable: false,
    });
    for (const chunks of [["af"], ["after", "wards"]]) {
      expect(await cosErrorOf(bucket.put("k", pieces(...chunks), { contentLength: 5 }))).toMatchObject({
        code: "IncompleteBody",
        retryable: true,
      });
    }
    expect(bucket.object("k")?.bytes.toString()).toBe("before");
    await bucket.put("k", pieces("af", "ter"), { contentLength: 5, contentMd5: md5Of("after") });
    expect(bucket.object("k")?.bytes.toString()).toBe("after");
  });

  test("a body that throws ends the request with what it threw", async () => {
    const { bucket } = bucketOf();
    async function* breaks() {
      yield Buffer.from("half");
      throw new RangeError("wrong");
    }
    await expect(bucket.put("k", breaks(), { contentLength: 8 })).rejects.toThrow(RangeError);
    expect(bucket.object("k")).toBeUndefined();
  });

  test("forbids overwriting, but not where versioning ever was", async () => {
    const { bucket } = bucketOf();
    bucket.seed("k", "one");
    expect(await cosErrorOf(bucket.put("k", Buffer.from("two"), { forbidOverwrite: true }))).toMatchObject({
      code: "FileAlreadyExists",
      status: 409,
    });
    bucket.switches.everVersioned = true;
    await bucket.put("k", Buffer.from("two"), { forbidOverwrite: true });
    expect(bucket.object("k")?.bytes.toString()).toBe("two");
  });

  test("lists in the order of UTF-8 bytes, page by page, folders folded", async () => {
    const { bucket } = bucketOf();
    for (const key of ["b/2", "\u{1f600}", "\uffee", "a", "b/1", "b", "é"]) bucket.seed(key, key);
    const first = await bucket.list({ maxKeys: 4 });
    expect(first.objects.map((object) => object.key)).toEqual(["a", "b", "b/1", "b/2"]);
    expect(first.serverTime).toBe(1_700_000_000_000);
    const second = await bucket.list({ marker: first.nextMarker });
    expect(second.objects.map((object) => object.key)).toEqual(["é", "\uffee", "\u{1f600}"]);
    expect(second.nextMarker).toBeUndefined();
    const folded = await bucket.list({ prefix: "b", delimiter: "/" });
    expect([folded.objects.map((object) => object.key), folded.prefixes]).toEqual([["b"], ["b/"]]);
    expect((await bucket.list({ prefix: "b/", marker: "a" })).objects.map((object) => object.key)).toEqual([
      "b/1",
      "b/2",
    ]);
  });

  test("streams what is larger than bufferUpTo, or of unknown length, in small chunks", async () => {
    const { bucket } = bucketOf({ chunkBytes: 3 });
    bucket.seed("k", "abcdefgh");
    const large = await bucket.get("k", { bufferUpTo: 7 });
    const chunks: number[] = [];
    for await (const chunk of large.stream ?? []) chunks.push((chunk as Buffer).length);
    expect(chunks).toEqual([3, 3, 2]);
    bucket.switches.originalBrings.contentLength = false;
    const original = await bucket.get("k", { originImage: true });
    expect(original.size).toBeUndefined();
    expect(original.stream && (await text(original.stream))).toBe("abcdefgh");
  });

  test("a GET of the original brings what the switches say", async () => {
    const { bucket } = bucketOf();
    bucket.seed("k", "abc", { headers: { "content-type": "image/png", "x-cos-meta-a": "1", expires: "never" } });
    Object.assign(bucket.switches.originalBrings, { etag: false, crc64: false, meta: false, lastModified: false });
    const { headers } = await bucket.get("k", { originImage: true });
    expect(Object.keys(headers).sort()).toEqual(["content-length", "content-type", "x-cos-request-id"]);
    expect((await bucket.get("k")).headers).toMatchObject({ "x-cos-meta-a": "1", expires: "never" });
  });

  test("keeps versions where versioning is on", async () => {
    const { bucket } = bucketOf();
    bucket.switches.versioning = true;
    const one = bucket.seed("k", "one");
    bucket.seed("k", "two");
    const got = await bucket.get("k", { versionId: one.versionId });
    expect(got.kind === "bytes" && got.bytes.toString()).toBe("one");
    expect(await cosErrorOf(bucket.head("k", { versionId: "none" }))).toMatchObject({
      code: "NoSuchVersion",
      status: 404,
    });
  });

  test("refuses to read archived and missing objects", async () => {
    const { bucket } = bucketOf();
    bucket.seed("cold", "x", { headers: { "x-cos-storage-class": "ARCHIVE" } });
    expect(await cosErrorOf(bucket.get("cold"))).toMatchObject({ code: "InvalidObjectState", status: 403 });
    expect(await cosErrorOf(bucket.head("none"))).toMatchObject({ code: "NoSuchKey", status: 404 });
    await expect(bucket.delete("none")).resolves.toBeUndefined();
  });

  test("a multipart upload exists only once it is complete", async () => {
    const { bucket } = bucketOf();
    const id = await bucket.createUpload("k", { headers: { "content-type": "image/png" } });
    const one = await bucket.uploadPart("k", id, 1, Buffer.from("abc"));
    const two = await bucket.uploadPart("k", id, 2, pieces("d", "ef"), { contentLength: 3 });
    expect(bucket.object("k")).toBeUndefined();
    expect(await cosErrorOf(bucket.completeUpload("k", id, [one, { ...two, etag: "0" }]))).toMatchObject({
      code: "InvalidPart",
    });
    const done = await bucket.completeUpload("k", id, [one, two]);
    expect(done.etag).toMatch(/^[0-9a-f]{32}-2$/);
    expect(done.crc64).toBe(digestsOf(Buffer.from("abcdef")).crc64);
    expect([bucket.object("k")?.bytes.toString(), bucket.openUploads()]).toEqual(["abcdef", 0]);
  });

  test("the hook sees each request once and may refuse it, lose its answer, spoil it, break it off or delay it", async () => {
    const { bucket, clock } = bucketOf({ chunkBytes: 2 });
    bucket.onRequest((request) => {
      if (request.key === "refused") return refuse("SlowDown");
      if (request.key === "lost") return loseAnswer;
      if (request.key === "spoilt") return { kind: "spoil", body: () => Buffer.from("no"), headers: { etag: '"e"' } };
      if (request.key === "broken") return { kind: "break-off", afterBytes: 2 };
      return request.key === "slow" ? { kind: "delay", ms: 500 } : undefined;
    });
    expect(await cosErrorOf(bucket.put("refused", Buffer.from("x")))).toMatchObject({ throttled: true, status: 503 });
    expect(await cosErrorOf(bucket.put("lost", Buffer.from("x")))).toMatchObject({ code: "ECONNRESET", status: 0 });
    expect([bucket.object("refused"), bucket.object("lost")?.bytes.toString()]).toEqual([undefined, "x"]);
    bucket.seed("spoilt", "yes");
    expect(await bucket.get("spoilt")).toMatchObject({ size: 2, etag: "e" });
    bucket.seed("broken", "abcdef");
    expect(await cosErrorOf(bucket.get("broken"))).toMatchObject({ code: "ECONNRESET" });
    const streamed = await bucket.get("broken", { bufferUpTo: 1 });
    if (streamed.stream === undefined) throw new Error("it did not stream");
    expect(await cosErrorOf(text(streamed.stream))).toMatchObject({ code: "ECONNRESET" });
    expect(await cosErrorOf(bucket.put("broken", pieces("ab", "cd"), { contentLength: 4 }))).toMatchObject({
      code: "ECONNRESET",
    });
    const slow = cosErrorOf(bucket.head("slow"));
    await clock.advance(500);
    expect(await slow).toMatchObject({ code: "NoSuchKey" });
    expect(bucket.log.map((request) => `${request.type} ${request.key} ${request.nth}`)).toEqual([
      "put refused 1",
      "put lost 2",
      "get spoilt 1",
      "get broken 2",
      "get broken 3",
      "put broken 3",
      "head slow 1",
    ]);
    expect(bucket.count("get", "broken")).toBe(2);
  });
});
