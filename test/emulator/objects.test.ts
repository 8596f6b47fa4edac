import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorization } from "../../src/cos/signing/signature.ts";
import { credentials, host, type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const bucket = () => lab.emulator.bucket(photos);
const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest();

describe("PUT Object", () => {
  test("answers with the documented ETag and CRC64 of the documented bodies", async () => {
    const first = await lab.ask({ method: "PUT", key: "doc.txt", body: "[Object Content]" });
    expect(first.headers).toMatchObject({
      etag: '"ee8de918d05640145b18f70f4c3aa602"',
      "x-cos-hash-crc64ecma": "16749565679157681890",
      server: "tencent-cos",
      date: new Date(lab.clock.now()).toUTCString(),
    });
    expect(first.headers["x-cos-request-id"]).toMatch(/./);
    const second = await lab.ask({ method: "PUT", key: "doc.txt", body: "[Object Content Version 2]" });
    expect(second.headers).toMatchObject({
      etag: '"22e024392de860289f0baa7d6cf8a549"',
      "x-cos-hash-crc64ecma": "11596229263574363878",
    });
    expect(bucket().get("doc.txt")?.bytes.toString()).toBe("[Object Content Version 2]");
  });

  test("keeps what is to be kept and drops the rest", async () => {
    const kept = {
      "content-type": "image/jpeg",
      "cache-control": "max-age=60",
      "content-disposition": 'attachment; filename="a.jpg"',
      "content-encoding": "br",
      "content-language": "zh",
      expires: "Thu, 01 Jan 2037 00:00:00 GMT",
      "x-cos-meta-original-etag": "abc",
    };
    await lab.ask({ method: "PUT", key: "kept.txt", body: "x", headers: { ...kept, "x-unknown": "dropped" } });
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await lab.ask({ method, key: "kept.txt" });
      expect(headers).toMatchObject(kept);
      expect(headers).not.toHaveProperty("x-unknown");
    }
  });

  test("takes an empty body, a chunked one, and one of several mebibytes", async () => {
    await lab.ask({ method: "PUT", key: "empty", body: Buffer.alloc(0), headers: { "content-length": "0" } });
    expect((await lab.ask({ key: "empty" })).body.length).toBe(0);
    const large = Buffer.alloc(3 * 1024 * 1024 + 5, "large");
    await lab.ask({ method: "PUT", key: "large", body: large });
    const got = await lab.ask({ key: "large" });
    expect(got.body.equals(large)).toBe(true);
    expect(got.headers.etag).toBe(`"${md5(large).toString("hex")}"`);

    const now = Math.floor(lab.clock.now() / 1000);
    const signed = { method: "PUT", path: "/chunked", query: [], headers: [["host", host]] as const };
    const chunked = await lab.agent.request({
      origin: lab.emulator.url,
      method: "PUT",
      path: "/chunked",
      headers: { host, authorization: authorization(signed, credentials, `${now};${now + 60}`) },
      body: Readable.from([Buffer.from("in "), Buffer.from("pieces")]),
    });
    await chunked.body.dump();
    expect(chunked.statusCode).toBe(200);
    expect(bucket().get("chunked")?.bytes.toString()).toBe("in pieces");
  });

  test.each([
    ["BadDigest", 400, { "content-md5": md5("other").toString("base64") }],
    ["InvalidDigest", 400, { "content-md5": "not a digest" }],
    ["NotSupportedStorageClass", 400, { "x-cos-storage-class": "GOLD" }],
    ["InvalidArgument", 400, { "x-cos-meta-much": "m".repeat(2048) }],
  ])("refuses with %s and stores nothing", async (code, status, headers) => {
    for (const body of ["small", Buffer.alloc(2 * 1024 * 1024)]) {
      expect(await lab.ask({ method: "PUT", key: "refused", body, headers })).toMatchObject({ status, code });
      expect(bucket().head("refused")).toBeUndefined();
    }
    const left = readdirSync(lab.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
    expect(left).not.toContain(2 * 1024 * 1024);
  });

  test("takes a Content-MD5 that is right", async () => {
    const headers = { "content-md5": md5("right").toString("base64") };
    expect((await lab.ask({ method: "PUT", key: "right", body: "right", headers })).status).toBe(200);
  });

  test("keeps what is there when it is told to forbid overwriting", async () => {
    const headers = { "x-cos-forbid-overwrite": "true" };
    expect((await lab.ask({ method: "PUT", key: "once", body: "first", headers })).status).toBe(200);
    expect(await lab.ask({ method: "PUT", key: "once", body: "second", headers })).toMatchObject({
      status: 409,
      code: "FileAlreadyExists",
    });
    expect(bucket().get("once")?.bytes.toString()).toBe("first");
  });

  test("lets one of many that forbid overwriting win", async () => {
    const headers = { "x-cos-forbid-overwrite": "true" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => lab.ask({ method: "PUT", key: "race", body: `racer ${n}`, headers })),
    );
    const won = answers.findIndex((answer) => answer.status === 200);
    expect(answers.filter((answer) => answer.status === 200).length).toBe(1);
    expect(bucket().get("race")?.bytes.toString()).toBe(`racer ${won}`);
  });

  test.each([
    ["KeyTooLong", "k".repeat(851)],
    ["KeyTooLong", "猫".repeat(284)],
    ["InvalidObjectName", "/leading"],
    ["InvalidObjectName", "\\leading"],
    ["InvalidObjectName", "esc\u001bape"],
  ])("refuses with %s the key %j", async (code, key) => {
    expect(await lab.ask({ method: "PUT", key, body: "x" })).toMatchObject({ status: 400, code });
  });
});

describe("odd keys", () => {
  const keys = [
    "..",
    "../..",
    "a/../b",
    "./a",
    "a//b",
    "folder/",
    "k".repeat(850),
    `${"d/".repeat(424)}fi`,
    "Case",
    "case",
    "nul\u0000and\u0001\u001f\u007f",
    "tab\there\r\nand there",
    "+ %20 % %zz ? # & = ; : @ ! $ ' ( ) * , [ ] { } | ^ ` \" < > \\",
    "é e\u0301",
    "😀\uffff\ue000",
    "CON",
    "journal.jsonl",
  ];
  test("are stored, read, listed and removed, each by itself, and outlive a restart", async () => {
    for (const key of keys) expect((await lab.ask({ method: "PUT", key, body: `bytes of ${key}` })).status).toBe(200);
    await lab.restart();
    for (const key of keys) expect((await lab.ask({ key })).text).toBe(`bytes of ${key}`);
    expect(bucket().keys()).toEqual(expect.arrayContaining(keys));
    for (const key of keys) await lab.ask({ method: "DELETE", key });
    expect(
      bucket()
        .keys()
        .filter((key) => keys.includes(key)),
    ).toEqual([]);
  });
  test("a target that is no UTF-8 is refused", async () => {
    expect(await lab.ask({ target: "/%ff", sign: false })).toMatchObject({ status: 400, code: "InvalidURI" });
  });
});

describe("GET and HEAD Object", () => {
  const modified = new Date(Date.UTC(2026, 0, 15, 12)).toUTCString();
  const before = new Date(Date.UTC(2026, 0, 15, 11)).toUTCString();
  beforeAll(() => bucket().put("digits", Buffer.from("0123456789")));

  test.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-30", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=0-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=4-2", 200, "0123456789", undefined],
    ["bytes=0-1,3-4", 200, "0123456789", undefined],
    ["lines=0-1", 200, "0123456789", undefined],
  ])("serve Range: %s", async (range, status, text, contentRange) => {
    const answer = await lab.ask({ key: "digits", headers: { range } });
    expect(answer).toMatchObject({ status, text });
    expect(answer.headers["content-range"]).toBe(contentRange);
    expect(answer.headers["x-cos-hash-crc64ecma"]).toBe(bucket().head("digits")?.crc64);
  });
  test.each(["bytes=10-", "bytes=-0"])("refuse Range: %s as InvalidRange", async (range) => {
    const answer = await lab.ask({ key: "digits", headers: { range } });
    expect(answer).toMatchObject({ status: 416, code: "InvalidRange" });
    expect(answer.headers["content-range"]).toBe("bytes */10");
  });

  const etag = `"${md5("0123456789").toString("hex")}"`;
  test.each([
    [{ "if-match": etag }, 200],
    [{ "if-match": '"other"' }, 412],
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": '"a", "b"' }, 200],
    [{ "if-none-match": "*" }, 304],
    [{ "if-modified-since": modified }, 304],
    [{ "if-modified-since": before }, 200],
    [{ "if-unmodified-since": before }, 412],
    [{ "if-unmodified-since": modified }, 200],
    [{ "if-match": etag, "if-unmodified-since": before }, 200],
    [{ "if-none-match": '"x"', "if-modified-since": modified }, 200],
  ])("heed %j: %i", async (headers, status) => {
    bucket().put("digits", Buffer.from("0123456789"));
    const get = await lab.ask({ key: "digits", headers });
    expect(get.status).toBe(status);
    if (status === 412) expect(get.element("Message")).toBe("Precondition not match.");
    if (status === 304) expect(get.headers).toMatchObject({ etag });
    const head = await lab.ask({ method: "HEAD", key: "digits", headers });
    expect(head).toMatchObject({ status, text: "" });
  });

  test("override response headers in signed requests only", async () => {
    const query = [
      ["response-content-disposition", "attachment; filename=猫.jpg"],
      ["response-content-type", "text/x"],
    ] as const;
    const answer = await lab.ask({ key: "digits", query });
    expect(answer.headers["content-type"]).toBe("text/x");
    expect(Buffer.from(answer.headers["content-disposition"] ?? "", "latin1").toString()).toContain("猫.jpg");
    bucket().configure({ acl: "public-read" });
    expect((await lab.ask({ key: "digits", query, sign: false })).code).toBe("InvalidRequest");
    bucket().configure({ acl: "private" });
    const split = [["response-content-type", "a\r\nx-injected: 1"]] as const;
    expect((await lab.ask({ key: "digits", query: split })).code).toBe("InvalidArgument");
  });

  test.each(["ARCHIVE", "DEEP_ARCHIVE"])("refuse to read what lies in %s", async (storageClass) => {
    await lab.ask({ method: "PUT", key: "cold", body: "x", headers: { "x-cos-storage-class": storageClass } });
    for (const query of [[], [["ci-process", "originImage"]] as const]) {
      const answer = await lab.ask({ key: "cold", query });
      expect(answer).toMatchObject({ status: 403, code: "InvalidObjectState" });
      expect(answer.element("Message")).toBe("The operation is not valid for the object storage class.");
      expect(answer.headers["x-cos-storage-class"]).toBe(storageClass);
    }
    expect((await lab.ask({ method: "HEAD", key: "cold" })).headers["x-cos-storage-class"]).toBe(storageClass);
  });

  test("give out what was restored from an archive class, and say so", async () => {
    await lab.ask({ method: "PUT", key: "cold", body: "x", headers: { "x-cos-storage-class": "ARCHIVE" } });
    expect(bucket().restore("missing", "restored")).toBe(false);
    bucket().restore("cold", "ongoing");
    expect((await lab.ask({ method: "HEAD", key: "cold" })).headers["x-cos-restore"]).toBe('ongoing-request="true"');
    expect(await lab.ask({ key: "cold" })).toMatchObject({ status: 403, code: "InvalidObjectState" });
    bucket().restore("cold", "restored");
    const restored = await lab.ask({ key: "cold", query: [["ci-process", "originImage"]] });
    expect(restored).toMatchObject({ status: 200, text: "x" });
    expect(restored.headers["x-cos-restore"]).toMatch(/^ongoing-request="false", expiry-date="/);
    expect(restored.headers["x-cos-storage-class"]).toBe("ARCHIVE");
  });

  test("echo the encryption an object was stored with", async () => {
    const headers = { "x-cos-server-side-encryption": "AES256" };
    expect((await lab.ask({ method: "PUT", key: "enc", body: "x", headers })).headers).toMatchObject(headers);
    expect((await lab.ask({ method: "HEAD", key: "enc" })).headers).toMatchObject(headers);
  });

  test("answer HEAD errors without a body", async () => {
    const answer = await lab.ask({ method: "HEAD", key: "missing" });
    expect(answer).toMatchObject({ status: 404, text: "" });
    expect(answer.headers["x-cos-request-id"]).toMatch(/./);
  });
});

describe("a copy", () => {
  const source = (key: string) => ({ "x-cos-copy-source": `${host}/${encodeURIComponent(key)}` });
  beforeAll(() => {
    bucket().put("src 1.txt", Buffer.from("source"), { "content-type": "text/x", "x-cos-meta-a": "1" });
  });
  test("takes the source's metadata along, or what the request says where that is told to replace it", async () => {
    const plain = await lab.ask({ method: "PUT", key: "copy", headers: source("src 1.txt") });
    expect(plain.status).toBe(200);
    expect(plain.element("ETag")).toBe(`&quot;${md5("source").toString("hex")}&quot;`);
    expect(bucket().head("copy")?.headers).toMatchObject({ "content-type": "text/x", "x-cos-meta-a": "1" });
    const headers = { ...source("src 1.txt"), "x-cos-metadata-directive": "Replaced", "x-cos-meta-b": "2" };
    await lab.ask({ method: "PUT", key: "copy", headers });
    expect(bucket().head("copy")?.headers).toEqual({ "content-type": "application/octet-stream", "x-cos-meta-b": "2" });
  });
  test("goes on to exist when its source does not, small or large, in another bucket too", async () => {
    const large = Buffer.alloc(300_000, "copied");
    bucket().put("big src", large);
    lab.emulator.createBucket({ name: "second-1250000000" });
    const to = "second-1250000000.cos.ap-guangzhou.myqcloud.com";
    for (const key of ["src 1.txt", "big src"]) await lab.ask({ method: "PUT", host: to, key, headers: source(key) });
    bucket().delete("big src");
    await lab.restart();
    expect(lab.emulator.bucket("second-1250000000").get("big src")?.bytes.equals(large)).toBe(true);
    expect(lab.emulator.bucket("second-1250000000").get("src 1.txt")?.bytes.toString()).toBe("source");
  });
  test.each([
    ["NoSuchCopySource", { "x-cos-copy-source": `${host}/missing` }],
    ["NoSuchCopySource", { "x-cos-copy-source": "nobody-1250000000.cos.ap-guangzhou.myqcloud.com/x" }],
    ["InvalidCopySource", { "x-cos-copy-source": host }],
    ["PreconditionFailed", { ...source("src 1.txt"), "x-cos-copy-source-if-match": '"x"' }],
  ])("is refused with %s for %j", async (code, headers) => {
    expect((await lab.ask({ method: "PUT", key: "copy 2", headers })).code).toBe(code);
  });
});

describe("what is asked wrongly", () => {
  test.each([
    ["NoSuchBucket", 404, { host: "nobody-1250000000.cos.ap-guangzhou.myqcloud.com", key: "x" }],
    ["NoSuchKey", 404, { key: "missing" }],
    ["NoSuchVersion", 404, { key: "kept.txt", query: [["versionId", "v1"]] }],
    ["MethodNotAllowed", 405, { method: "PATCH", key: "x" }],
    ["MethodNotAllowed", 405, { method: "POST", key: "x" }],
    ["NotImplemented", 501, { query: [["lifecycle", ""]] }],
    ["InvalidBucketName", 400, { method: "PUT", host: "Under_score.cos.ap-guangzhou.myqcloud.com" }],
    ["BucketNotEmpty", 409, { method: "DELETE" }],
    ["InvalidArgument", 400, { query: [["max-keys", "many"]] }],
    ["MalformedXML", 400, { method: "POST", query: [["delete", ""]], body: "<Delete><Object>" }],
    ["MalformedXML", 400, { method: "POST", query: [["delete", ""]], body: "<Other/>" }],
  ] as const)("is refused with %s (%i): %j", async (code, status, what) => {
    const answer = await lab.ask(what);
    expect(answer).toMatchObject({ status, code });
    expect(answer.headers["content-type"]).toBe("application/xml");
    expect(answer.text).toMatch(/^<\?xml version='1\.0' encoding='utf-8' \?>\s*<Error>/);
  });
});

test("requests are counted by type, and told of with their status", async () => {
  const seen: string[] = [];
  const other = await openLab({
    onServed: (served) => seen.push(`${served.operation} ${served.key} ${served.status}`),
  });
  await other.ask({ method: "PUT", key: "a.jpg", body: "x" });
  await other.ask({ key: "a.jpg" });
  await other.ask({ key: "a.jpg", query: [["ci-process", "originImage"]] });
  await other.ask({});
  const counted = Object.entries(other.emulator.requests()).filter(([, count]) => count > 0);
  expect(Object.fromEntries(counted)).toEqual({
    "object.put": 1,
    "object.get": 1,
    "object.original": 1,
    "bucket.list": 1,
  });
  expect(seen).toEqual([
    "object.put a.jpg 200",
    "object.get a.jpg 403",
    "object.original a.jpg 200",
    "bucket.list  200",
  ]);
  other.emulator.resetRequests();
  expect(other.emulator.requests()["object.put"]).toBe(0);
  await other.close();
});
