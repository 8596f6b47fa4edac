/** The archive refuses bytes by Content-MD5: wrong bytes, or an ETag that is no MD5 (encrypted objects' need not be one). */
import { describe, expect, test } from "vitest";
import type { Faults } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { bytesOf, expectArchived, key, lab, large, small } from "./lab.ts";

/** Looks like an MD5 and is none. */
const opaque = "ffffffffffffffffffffffffffffffff";
const encrypted = { "x-cos-server-side-encryption": "AES256" };

describe("an ETag that is no MD5", () => {
  test("is told from wrong bytes by the CRC64 of the held body: one GET, a second PUT", async () => {
    const { source, archive, outcome, asked } = lab({ ifExists: "overwrite" });
    source.seed(key, small, { etag: opaque });
    expect(await outcome({ key, size: small.length, etag: opaque })).toMatchObject({
      outcome: "archived",
      proof: "crc64",
    });
    expect(asked()).toEqual([1, 1, 2, 0]);
    expectArchived(archive, small);
  });

  test("costs a body that streams one more fetch", async () => {
    const { source, archive, outcome, asked } = lab({ ifExists: "overwrite" });
    source.seed(key, large, { etag: opaque });
    expect(await outcome({ key, size: large.length, etag: opaque })).toMatchObject({
      outcome: "archived",
      proof: "crc64",
    });
    expect(asked()).toEqual([2, 1, 2, 0]);
    expectArchived(archive, large);
  });

  test.each([
    ["held whole", small],
    ["streamed", large],
  ])("three of them turn content-md5 off, %s; two do not", async (_, bytes) => {
    const { source, outcome, context } = lab({ ifExists: "overwrite" });
    source.seed(key, bytes, { etag: opaque });
    const row = { key, size: bytes.length, ...digestsOf(bytes), etag: opaque };
    await outcome(row);
    await outcome(row);
    expect(context.md5Trust.trusted()).toBe(true);
    await outcome(row);
    expect(context.md5Trust.trusted()).toBe(false);
    source.forgetLog();
  });

  test("once content-md5 is off, a row that tells only an MD5 is proven by the CRC64 of a HEAD", async () => {
    const { source, archive, context, end } = lab({ ifExists: "overwrite" });
    context.md5Trust.encrypted();
    source.seed(key, small, { etag: opaque });
    expect(await end({ key, size: small.length, etag: opaque })).toMatchObject({ outcome: { proof: "crc64" } });
    expect([source.count("original"), source.count("head"), archive.count("put")]).toEqual([1, 1, 1]);
  });

  test("content-md5 turned off by another row while the body came: the HEAD is asked for then", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, context, outcome } = lab({ ifExists: "overwrite" });
      source.seed(key, bytes, { etag: opaque });
      source.onRequest((request) => {
        if (request.type === "original") context.md5Trust.encrypted();
        return undefined;
      });
      expect(await outcome({ key, size: bytes.length, etag: opaque })).toMatchObject({ proof: "crc64" });
      expect([source.count("original"), source.count("head")]).toEqual([1, 1]);
      expectArchived(archive, bytes);
    }
  });

  test("with an encryption header the first one turns content-md5 off", async () => {
    const { source, outcome, context } = lab();
    source.seed(key, small, { etag: opaque, headers: encrypted });
    expect(await outcome({ key, size: small.length, etag: opaque })).toMatchObject({ proof: "crc64" });
    expect(context.md5Trust.trusted()).toBe(false);
  });

  test("a HEAD that shows encryption alone says nothing about other objects", async () => {
    const { source, archive, outcome, context } = lab();
    source.seed(key, small, { etag: opaque, headers: encrypted });
    expect(await outcome({ key })).toMatchObject({ outcome: "archived", proof: "crc64" });
    expect([archive.count("put"), context.md5Trust.trusted()]).toEqual([1, true]);
    source.seed("b.jpg", small);
    expect(await outcome({ key: "b.jpg" }, { archiveKey: "b.jpg" })).toMatchObject({ proof: "content-md5" });
  });

  test("without any CRC64 the bytes can't be told right: NotTheOriginal after one more fetch", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome, context } = lab();
      source.seed(key, bytes, { etag: opaque, crc64: null });
      expect(await outcome({ key, size: bytes.length, etag: opaque })).toMatchObject({
        outcome: "failed",
        code: "NotTheOriginal",
      });
      expect([source.count("original"), archive.keys(), context.md5Trust.trusted()]).toEqual([2, [], true]);
    }
  });

  test("--proof content-md5 accepts nothing else: NoProof, and not fetched again where the body is held", async () => {
    const { source, archive, outcome } = lab({ proof: "content-md5" });
    source.seed(key, small, { etag: opaque });
    const ended = await outcome({ key, size: small.length, etag: opaque });
    expect(ended).toMatchObject({ outcome: "failed", code: "NoProof" });
    expect(ended.message).toContain("--proof content-md5");
    expect([source.count("original"), archive.keys()]).toEqual([1, []]);
  });
});

describe("wrong bytes behind an MD5", () => {
  const wrong =
    (times: number) =>
    (request: { type: string; nth: number }): Faults =>
      request.type === "original" && request.nth <= times
        ? { kind: "spoil", body: (bytes) => bytesOf(bytes.length, 99) }
        : undefined;

  test("once, are fetched again and are no false alarm", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome, context } = lab({ ifExists: "overwrite" });
      source.seed(key, bytes);
      for (let n = 0; n < 4; n++) {
        const before = source.count("original");
        source.onRequest((request) => wrong(before + 1)(request));
        expect(await outcome({ key, size: bytes.length, etag: digestsOf(bytes).etag })).toMatchObject({
          outcome: "archived",
        });
        expect(source.count("original")).toBe(before + 2);
      }
      expect(context.md5Trust.trusted()).toBe(true);
      expectArchived(archive, bytes);
    }
  });

  test("each time, are NotTheOriginal after two fetches under every floor", async () => {
    for (const bytes of [small, large]) {
      for (const proof of ["auto", "content-md5", "crc64", "size"] as const) {
        const { source, archive, outcome } = lab({ proof });
        source.seed(key, bytes);
        source.onRequest(wrong(100));
        expect(await outcome({ key, size: bytes.length, etag: digestsOf(bytes).etag })).toMatchObject({
          code: "NotTheOriginal",
        });
        expect([source.count("original"), archive.keys()]).toEqual([2, []]);
      }
    }
  });
});
