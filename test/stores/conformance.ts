/**
 * What may be expected of a store, whichever it is: run on each that there is, and on real servers of its protocol. Each operation has a prefix
 * of its own in one bucket. What a server lacks stands with the server (subjects.ts), and there the operation has to fail: so the table in
 * docs/stores.md, which is made of both, says what is.
 */
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bucket, Headers, ListedObject } from "../../src/objects/bucket.ts";
import { BucketError } from "../../src/objects/error.ts";
import { compareKeys } from "../../src/objects/key-order.ts";
import { tryPut } from "../../src/objects/try-put.ts";

/** A key that somebody, somewhere, has. */
export const nastyKeys = [
  "a b",
  "a+b",
  "100%",
  "%20",
  "#1?",
  "a&b=c;d",
  `"quoted" 'too'`,
  "<tag>",
  "a\\b",
  "夏天/📷.jpg",
  "é",
  "e\u0301",
  "A",
  "a",
  "a/b",
  "a//b",
  ".",
  "..",
  "../x",
  "a/../b",
  "a/./b",
  "dot.",
  "dot. ",
  " lead",
  "trail/",
  "CON",
  "con.txt",
  "~",
  "*",
  "a:b|c",
  "\u{1f600}",
  "\uffee",
  "$.x",
  "{id}",
  "(1)!",
  "@,",
];

/** Characters that XML 1.0 can't hold, or a parser changes. */
export const controlKeys = ["tab\tkey", "line\nfeed", "bell\u0007", "del\u007f"];

const md5 = (bytes: string | Buffer) => createHash("md5").update(bytes).digest();
const md5Hex = (bytes: string | Buffer) => md5(bytes).toString("hex");
const md5Base64 = (bytes: string | Buffer) => md5(bytes).toString("base64");

async function bytesOf(bucket: Bucket, key: string): Promise<string> {
  const reply = await bucket.get(key);
  return reply.kind === "bytes" ? reply.bytes.toString("utf8") : text(reply.stream);
}

async function errorOf(promise: Promise<unknown>): Promise<BucketError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(BucketError);
  return thrown as BucketError;
}

async function listed(bucket: Bucket, prefix: string, maxKeys?: number): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for (let marker: string | undefined, pages = 0; pages < 100; pages++) {
    const page = await bucket.list({ prefix, marker, ...(maxKeys === undefined ? {} : { maxKeys }) });
    objects.push(...page.objects);
    if (page.nextMarker === undefined) return objects;
    marker = page.nextMarker;
  }
  throw new Error("the listing does not end");
}

async function* pieces(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function roundTrip(bucket: Bucket, at: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) await bucket.put(at + key, Buffer.from(`of ${key}`));
  for (const key of keys) {
    expect(await bytesOf(bucket, at + key), key).toBe(`of ${key}`);
    expect((await bucket.head(at + key)).size, key).toBe(Buffer.byteLength(`of ${key}`));
  }
  const found = (await listed(bucket, at)).map(({ key }) => key.slice(at.length));
  expect(found).toEqual([...keys].sort(compareKeys));
  for (const key of keys) await bucket.delete(at + key);
  expect(await listed(bucket, at)).toEqual([]);
}

const preserved: Headers = {
  "content-type": "image/jpeg",
  "cache-control": "max-age=60, public",
  "content-disposition": 'attachment; filename="a b.jpg"',
  "content-encoding": "identity",
  "content-language": "de",
  expires: "Thu, 01 Dec 2050 16:00:00 GMT",
  "x-cos-meta-owner": "somebody, else",
  "x-cos-meta-original-run": "nightly-1",
};

const partSize = 5 * 1024 * 1024;

/** By what the table calls them. `at` is a prefix that nobody else uses. */
export const operations = {
  async "PUT, GET, HEAD, DELETE"(bucket, at) {
    const put = await bucket.put(`${at}k`, Buffer.from("bytes"));
    expect(put.size).toBeUndefined();
    expect(await bytesOf(bucket, `${at}k`)).toBe("bytes");
    expect(await bucket.head(`${at}k`)).toMatchObject({ size: 5 });
    await bucket.put(`${at}k`, Buffer.from("other bytes"));
    expect(await bytesOf(bucket, `${at}k`)).toBe("other bytes");
    await bucket.put(`${at}empty`, Buffer.alloc(0));
    expect(await bytesOf(bucket, `${at}empty`)).toBe("");
    await bucket.delete(`${at}k`);
    await bucket.delete(`${at}k`);
    const missing = { status: 404, code: "NoSuchKey", retryable: false };
    expect(await errorOf(bucket.get(`${at}k`))).toMatchObject(missing);
    expect(await errorOf(bucket.head(`${at}k`))).toMatchObject(missing);
  },
  async "ETag is the MD5"(bucket, at) {
    const put = await bucket.put(`${at}k`, Buffer.from("bytes"));
    expect(put.etag?.toLowerCase()).toBe(md5Hex("bytes"));
    expect((await bucket.head(`${at}k`)).etag?.toLowerCase()).toBe(md5Hex("bytes"));
    expect((await listed(bucket, at))[0]?.etag.toLowerCase()).toBe(md5Hex("bytes"));
  },
  async "CRC64 in replies"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("123456789"));
    // The check value of CRC-64/XZ.
    expect((await bucket.head(`${at}k`)).crc64).toBe("11051210869376104954");
  },
  async "bodies that stream"(bucket, at) {
    await bucket.put(`${at}k`, pieces("by", "", "tes"), { contentLength: 5 });
    expect(await bytesOf(bucket, `${at}k`)).toBe("bytes");
    const large = Buffer.alloc(3_000_000, "0123456789");
    await bucket.put(`${at}large`, large);
    const reply = await bucket.get(`${at}large`, { bufferUpTo: 1000 });
    expect(reply.kind).toBe("stream");
    if (reply.kind === "stream") expect(await text(reply.stream)).toBe(large.toString());
    async function* breaks() {
      yield Buffer.from("half");
      throw new RangeError("wrong");
    }
    await expect(bucket.put(`${at}broken`, breaks(), { contentLength: 8 })).rejects.toThrow(RangeError);
    expect((await errorOf(bucket.head(`${at}broken`))).code).toBe("NoSuchKey");
  },
  async "Content-Type and x-*-meta-*"(bucket, at) {
    const some = ["content-type", "x-cos-meta-owner", "x-cos-meta-original-run"];
    const headers = Object.fromEntries(Object.entries(preserved).filter(([name]) => some.includes(name)));
    await bucket.put(`${at}k`, Buffer.from("bytes"), { headers });
    expect((await bucket.head(`${at}k`)).headers).toMatchObject(headers);
    expect((await bucket.get(`${at}k`)).headers).toMatchObject(headers);
  },
  async "the other preserved headers"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("bytes"), { headers: preserved });
    expect((await bucket.head(`${at}k`)).headers).toMatchObject(preserved);
  },
  async "metadata beyond ASCII"(bucket, at) {
    const headers = { "x-cos-meta-owner": "我 é", "x-cos-meta-looks": "=?UTF-8?B?5oiR?=" };
    await bucket.put(`${at}k`, Buffer.from("bytes"), { headers });
    expect((await bucket.head(`${at}k`)).headers).toMatchObject(headers);
  },
  "nasty keys": (bucket, at) => roundTrip(bucket, at, nastyKeys),
  "keys with control characters": (bucket, at) => roundTrip(bucket, at, controlKeys),
  async "keys of 850 bytes"(bucket, at) {
    await roundTrip(bucket, at, [`é${"k".repeat(848 - at.length)}`, "/".concat("夏".repeat(200))]);
  },
  async "listing by pages, in the order of UTF-8"(bucket, at) {
    const keys = ["a", "a/1", "a/2", "b", "é", "\uffee", "\u{1f600}"];
    for (const key of keys) await bucket.put(at + key, Buffer.from(key));
    const found = await listed(bucket, at, 2);
    expect(found.map(({ key }) => key.slice(at.length))).toEqual(keys);
    expect(found.every(({ size, lastModified }) => size > 0 && lastModified > 0)).toBe(true);
    const behind = await bucket.list({ prefix: at, marker: `${at}a/1x` });
    expect(behind.objects.map(({ key }) => key.slice(at.length))).toEqual(keys.slice(2));
    expect((await bucket.list({ prefix: `${at}a/` })).objects).toHaveLength(2);
  },
  async "listing by folders"(bucket, at) {
    for (const key of ["a/1", "a/2", "b", "c/1", "c/2"]) await bucket.put(at + key, Buffer.from(key));
    const names: string[] = [];
    let marker: string | undefined;
    do {
      const page = await bucket.list({ prefix: at, delimiter: "/", maxKeys: 1, marker });
      names.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      marker = page.nextMarker;
    } while (marker !== undefined && names.length < 20);
    expect(names.map((name) => name.slice(at.length))).toEqual(["a/", "b", "c/"]);
  },
  async "a listing shows what was just written"(bucket, at) {
    for (let n = 0; n < 20; n++) {
      await bucket.put(`${at}${n}`, Buffer.from("x"));
      expect(await listed(bucket, at)).toHaveLength(n + 1);
    }
  },
  async "refuses bytes of another MD5"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("before"));
    const wrong = await errorOf(bucket.put(`${at}k`, Buffer.from("after"), { contentMd5: md5Base64("other") }));
    expect(wrong).toMatchObject({ status: 400, code: "BadDigest", retryable: false });
    expect(await tryPut(bucket, `${at}none`)).toEqual({ kind: "allowed" });
    expect(await bytesOf(bucket, `${at}k`)).toBe("before");
    await bucket.put(`${at}k`, pieces("af", "ter"), { contentLength: 5, contentMd5: md5Base64("after") });
    expect(await bytesOf(bucket, `${at}k`)).toBe("after");
  },
  async "forbids overwriting"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("first"), { forbidOverwrite: true });
    const taken = await errorOf(bucket.put(`${at}k`, Buffer.from("second"), { forbidOverwrite: true }));
    expect(taken).toMatchObject({ status: 409, code: "FileAlreadyExists", retryable: false });
    expect(await bytesOf(bucket, `${at}k`)).toBe("first");
    const eight = Array.from({ length: 8 }, (_, n) =>
      bucket.put(`${at}race`, Buffer.from(`${n}`), { forbidOverwrite: true }).then(
        () => 1,
        () => 0,
      ),
    );
    expect((await Promise.all<number>(eight)).reduce((sum, won) => sum + won, 0)).toBe(1);
  },
  async "multipart uploads"(bucket, at) {
    const key = `${at}k`;
    const first = Buffer.alloc(partSize, "first");
    const id = await bucket.createUpload(key, { headers: { "x-cos-meta-owner": "me" } });
    const one = await bucket.uploadPart(key, id, 1, pieces(first.toString()), { contentLength: partSize });
    const two = await bucket.uploadPart(key, id, 2, Buffer.from("last"));
    expect((await errorOf(bucket.head(key))).code).toBe("NoSuchKey");
    const done = await bucket.completeUpload(key, id, [one, two]);
    expect(done.etag ?? done.crc64).toBeDefined();
    const head = await bucket.head(key);
    expect(head).toMatchObject({ size: partSize + 4 });
    expect(head.headers["x-cos-meta-owner"]).toBe("me");
    expect((await bytesOf(bucket, key)).endsWith("firstlast".slice(-4))).toBe(true);
    const aborted = await bucket.createUpload(`${at}aborted`);
    await bucket.uploadPart(`${at}aborted`, aborted, 1, Buffer.from("x"));
    await bucket.abortUpload(`${at}aborted`, aborted);
    await bucket.abortUpload(`${at}aborted`, aborted);
    expect((await errorOf(bucket.head(`${at}aborted`))).code).toBe("NoSuchKey");
  },
  async "a part of another MD5 is refused"(bucket, at) {
    const id = await bucket.createUpload(`${at}k`);
    const part = bucket.uploadPart(`${at}k`, id, 1, Buffer.from("bytes"), { contentMd5: md5Base64("other") });
    expect((await errorOf(part)).code).toMatch(/BadDigest|StoredOtherBytes/);
    await bucket.abortUpload(`${at}k`, id);
  },
  async "an upload in parts forbids overwriting"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("first"));
    const id = await bucket.createUpload(`${at}k`);
    const part = await bucket.uploadPart(`${at}k`, id, 1, Buffer.from("second"));
    const taken = await errorOf(bucket.completeUpload(`${at}k`, id, [part], { forbidOverwrite: true }));
    expect(taken).toMatchObject({ status: 409, code: "FileAlreadyExists" });
    expect(await bytesOf(bucket, `${at}k`)).toBe("first");
  },
  async "copies by the store itself"(bucket, at) {
    const from = `${at}夏 + 100%.jpg`;
    await bucket.put(from, Buffer.from("bytes"), {
      headers: { "content-type": "image/jpeg", "x-cos-meta-owner": "me" },
    });
    const { etag } = await bucket.head(from);
    const copied = await bucket.copy(`${at}copy`, from);
    expect(copied.etag).toBe(etag);
    expect(await bytesOf(bucket, `${at}copy`)).toBe("bytes");
    const { headers } = await bucket.head(`${at}copy`);
    expect(headers).toMatchObject({ "content-type": "image/jpeg", "x-cos-meta-owner": "me" });
    expect((await errorOf(bucket.copy(`${at}none`, `${at}nothing`))).status).toBe(404);
  },
  async "copies only what is as it was (If-Match)"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("bytes"));
    const { etag } = await bucket.head(`${at}k`);
    await bucket.copy(`${at}copy`, `${at}k`, { ifMatch: etag });
    const changed = await errorOf(bucket.copy(`${at}other`, `${at}k`, { ifMatch: md5Hex("another") }));
    expect(changed).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect((await errorOf(bucket.head(`${at}other`))).code).toBe("NoSuchKey");
  },
  async "a copy forbids overwriting"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("bytes"));
    await bucket.put(`${at}there`, Buffer.from("there"));
    const taken = await errorOf(bucket.copy(`${at}there`, `${at}k`, { forbidOverwrite: true }));
    expect(taken).toMatchObject({ status: 409, code: "FileAlreadyExists" });
    expect(await bytesOf(bucket, `${at}there`)).toBe("there");
  },
  async "part of an object (Range)"(bucket, at) {
    await bucket.put(`${at}k`, Buffer.from("0123456789"));
    const reply = await bucket.get(`${at}k`, { headers: { range: "bytes=2-4" } });
    expect(reply.status).toBe(206);
    expect(reply.kind === "bytes" && reply.bytes.toString()).toBe("234");
  },
} as const satisfies Record<string, (bucket: Bucket, at: string) => Promise<void>>;

export type Operation = keyof typeof operations;

export interface Opened {
  readonly bucket: Bucket;
  close(): Promise<void>;
}

/** @param lacks what fails there, and has to */
export function storeConformance(name: string, lacks: readonly Operation[], open: () => Promise<Opened>): void {
  describe(`${name} as a store`, () => {
    let opened: Opened;
    // A bucket of somebody's own may hold what an earlier run left.
    const begun = Date.now().toString(36);
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());
    for (const [n, [operation, run]] of Object.entries(operations).entries()) {
      const lacking = lacks.some((each) => each === operation);
      test(lacking ? `lacks: ${operation}` : operation, async () => {
        const done = run(opened.bucket, `conformance-${begun}/${n}/`);
        if (lacking) await expect(done).rejects.toThrow();
        else await done;
      });
    }
  });
}
