/** What goes into the archive: in one request or in parts, empty or not, and what the archive says that it stored. */
import { describe, expect, test } from "vitest";
import type { Fault, Faults, SeenRequest } from "../../stores/bucket-fault.ts";
import { loseAnswer, refuse } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, bytesOf, expectArchived, key, lab, large, rowOf, small } from "./lab.ts";

const on =
  (type: SeenRequest["type"], fault: Fault, times = Number.POSITIVE_INFINITY) =>
  (request: SeenRequest): Faults =>
    request.type === type && request.nth <= times ? fault : undefined;

describe("a multipart upload, above its limit", () => {
  const parts = () => lab({}, { multipartAbove: 200_000 });

  test("stores what came, part by part, proven by CRC64 before it is completed", async () => {
    const { source, archive, outcome } = parts();
    source.seed(key, large, { headers: { "content-type": "image/jpeg", "x-cos-meta-a": "1" } });
    expect(await outcome(rowOf(large))).toMatchObject({
      outcome: "archived",
      proof: "crc64",
      receivedCrc64: digestsOf(large).crc64,
    });
    expect(archive.log.filter((request) => request.type === "upload-part").map((part) => part.contentLength)).toEqual([
      200_000, 200_000, 200_000, 200_000, 200_000, 52_673,
    ]);
    expect(archive.object(archiveKey)?.headers).toMatchObject({ "content-type": "image/jpeg", "x-cos-meta-a": "1" });
    expect(archive.openUploads()).toBe(0);
    expectArchived(archive, large);
  });

  test("a held body needs none", async () => {
    const { source, archive, outcome } = lab({}, { multipartAbove: 100 });
    source.seed(key, small);
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(archive.count("create-upload")).toBe(0);
  });

  test("is never completed, but aborted, where the bytes prove wrong", async () => {
    const { source, archive, outcome } = parts();
    source.seed(key, large);
    archive.seed(archiveKey, "before");
    source.onRequest(on("original", { kind: "spoil", body: (bytes) => bytesOf(bytes.length, 3) }));
    expect(await outcome(rowOf(large))).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
    expect([archive.count("complete-upload"), archive.count("abort-upload"), archive.openUploads()]).toEqual([0, 2, 0]);
    expect(source.count("original")).toBe(2);
    expectArchived(archive, Buffer.from("before"));
  });

  test("is aborted where a part is refused, and the next try begins anew", async () => {
    const { source, archive, outcome } = parts();
    source.seed(key, large);
    archive.onRequest((request) =>
      request.type === "upload-part" && request.nth === 3 ? refuse("SlowDown") : undefined,
    );
    expect(await outcome(rowOf(large))).toMatchObject({ outcome: "archived" });
    expect([archive.count("abort-upload"), archive.openUploads()]).toEqual([1, 0]);
    expectArchived(archive, large);
  });

  test("an Abort that fails does not hide why", async () => {
    const { source, archive, outcome } = parts();
    source.seed(key, large);
    archive.onRequest((request) =>
      request.type === "upload-part"
        ? refuse("InvalidArgument")
        : request.type === "abort-upload"
          ? refuse("InternalError")
          : undefined,
    );
    expect(await outcome(rowOf(large))).toMatchObject({ outcome: "failed", code: "InvalidArgument" });
  });

  test("the answer to Complete lost: it is found in the archive, not fetched again", async () => {
    const { source, archive, outcome } = parts();
    source.seed(key, large);
    archive.onRequest(on("complete-upload", loseAnswer, 1));
    expect(await outcome(rowOf(large))).toMatchObject({ outcome: "archived", recovered: true, proof: "crc64" });
    expect(source.count("original")).toBe(1);
  });

  test("Complete respects what is to be kept", async () => {
    const { source, archive, outcome } = lab({ ifExists: "fail" }, { multipartAbove: 200_000 });
    source.seed(key, large);
    archive.onRequest((request) => {
      if (request.type === "complete-upload") archive.seed(archiveKey, "another's");
      return undefined;
    });
    expect(await outcome(rowOf(large))).toMatchObject({ outcome: "failed", code: "ArchiveKeyExists" });
    expect(archive.openUploads()).toBe(0);
    expectArchived(archive, Buffer.from("another's"));
  });
});

describe("an archive that says it stored other bytes", () => {
  const lies: Fault = { kind: "spoil", headers: { "x-cos-hash-crc64ecma": "1" } };
  test.each([
    ["held whole", small],
    ["streamed", large],
  ])("fails the row as ArchiveMismatch, %s", async (_, bytes) => {
    for (const proof of ["content-md5", "crc64", "size"] as const) {
      const { source, archive, outcome } = lab({ proof });
      source.seed(key, bytes);
      archive.onRequest(on("put", lies));
      expect(await outcome(rowOf(bytes))).toMatchObject({
        outcome: "failed",
        code: "ArchiveMismatch",
        receivedCrc64: "1",
      });
    }
  });

  test("is believed by its ETag where it tells no CRC64", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    archive.onRequest(
      on("put", { kind: "spoil", headers: { "x-cos-hash-crc64ecma": null, etag: `"${"0".repeat(32)}"` } }),
    );
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "failed", code: "ArchiveMismatch" });
  });

  test("but an encrypted archive's ETag is none of its bytes", async () => {
    const { source, archive, outcome } = lab({ encryption: "AES256" });
    archive.switches.encryptedEtag = "opaque";
    source.seed(key, small);
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived", proof: "content-md5" });
    expect(archive.object(archiveKey)?.headers["x-cos-server-side-encryption"]).toBe("AES256");
  });

  test("knows nothing where it tells neither", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    archive.onRequest(on("put", { kind: "spoil", headers: { "x-cos-hash-crc64ecma": null, etag: null } }));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived", receivedSize: small.length });
  });
});

describe("an empty original", () => {
  const nothing = Buffer.alloc(0);
  test("that the row knows to be empty is not fetched", async () => {
    const { source, archive, outcome, asked } = lab();
    source.seed(key, nothing, { headers: { "content-type": "image/png", "x-cos-meta-a": "1" } });
    expect(await outcome(rowOf(nothing))).toMatchObject({ outcome: "archived", proof: "crc64", receivedSize: 0 });
    expect(asked()).toEqual([0, 1, 1, 1]);
    expect(archive.object(archiveKey)?.headers).toMatchObject({ "content-type": "image/png", "x-cos-meta-a": "1" });
    expectArchived(archive, nothing);
  });

  test("that the row knows by its size alone is proven by what the HEAD tells", async () => {
    const { source, outcome } = lab();
    source.seed(key, nothing, { crc64: null });
    expect(await outcome({ key, size: 0 })).toMatchObject({ outcome: "archived", proof: "content-md5" });
  });

  test("nobody knew of is archived though the image service refuses it (X-ErrNo -40168)", async () => {
    for (const emptyOriginal of ["serve", "refuse"] as const) {
      for (const expectation of ["auto", "get"] as const) {
        const { source, archive, outcome } = lab({ expect: expectation });
        source.switches.emptyOriginal = emptyOriginal;
        source.seed(key, nothing);
        expect(await outcome({ key })).toMatchObject({ outcome: "archived", receivedSize: 0 });
        expect(source.count("original")).toBe(1);
        expectArchived(archive, nothing);
      }
    }
  });

  test("that has content by now is archived as it is now, or SourceChanged", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    expect(await outcome(rowOf(nothing))).toMatchObject({ outcome: "archived", code: "Changed" });
    expectArchived(archive, small);
    const strict = lab({ ifChanged: "fail" });
    strict.source.seed(key, small);
    expect(await strict.outcome(rowOf(nothing))).toMatchObject({ outcome: "failed", code: "SourceChanged" });
    expect(strict.source.count("original")).toBe(0);
  });

  test("that had content is archived as it is now", async () => {
    for (const emptyOriginal of ["serve", "refuse"] as const) {
      const { source, archive, outcome } = lab();
      source.switches.emptyOriginal = emptyOriginal;
      source.seed(key, nothing);
      expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived", code: "Changed", receivedSize: 0 });
      expectArchived(archive, nothing);
    }
  });

  test("is not what X-ErrNo -40168 says of an object with content: that is an error", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    source.onRequest(on("original", refuse("InvalidImageSource", { errNo: -40168 })));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "failed", code: "InvalidImageSource" });
    expect(archive.keys()).toEqual([]);
  });
});
