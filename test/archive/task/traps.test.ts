/**
 * A 200 that is not the original. Whatever comes, and however consistent it is with itself, the archive keeps what it had,
 * and the row says NotTheOriginal after exactly one more fetch.
 */
import { describe, expect, test } from "vitest";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { Fault, Faults } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, bytesOf, expectArchived, key, lab, large, rowOf, small } from "./lab.ts";

/** Another body with headers that agree with it. */
const picture = (bytes: Buffer): Fault => ({
  kind: "spoil",
  body: () => bytes,
  headers: {
    etag: `"${digestsOf(bytes).etag}"`,
    "x-cos-hash-crc64ecma": digestsOf(bytes).crc64,
    "content-type": "image/png",
  },
});
const flipped = (at: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at]! ^= 1;
  return copy;
};
const xml = Buffer.from(
  "<?xml version='1.0' encoding='utf-8' ?>\n<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>",
);
const noDigests = { etag: null, "x-cos-hash-crc64ecma": null };
const chunked = { "content-length": null };

const spoil = (body: (bytes: Buffer) => Buffer, headers: Record<string, string | null> = {}): Fault => ({
  kind: "spoil",
  body,
  headers,
});
/** What stands in for the original, and whether the reply is over before its body could be wrong. */
const traps: readonly [string, (bytes: Buffer) => Fault][] = [
  ["a placeholder of another size", () => picture(bytesOf(321, 7))],
  ["a placeholder of the same size", (bytes) => picture(bytesOf(bytes.length, 7))],
  ["a placeholder without headers of its own", () => spoil(() => bytesOf(321, 7), noDigests)],
  ["a placeholder of the same size without headers", (bytes) => spoil(() => bytesOf(bytes.length, 7), noDigests)],
  [
    "a chunked placeholder without headers",
    (bytes) => spoil(() => bytesOf(bytes.length, 7), { ...noDigests, ...chunked }),
  ],
  ["a placeholder behind the original's own headers", (bytes) => spoil(() => bytesOf(bytes.length, 7))],
  ["an error document", () => spoil(() => xml, { ...noDigests, "content-type": "application/xml" })],
  ["a chunked error document", () => spoil(() => xml, { ...noDigests, ...chunked, "content-type": "application/xml" })],
  ["a part of it under status 206", () => ({ kind: "spoil", status: 206 })],
  ["a whole reply with another ETag and CRC64", () => spoil((b) => b, digestHeaders(bytesOf(10, 3)))],
  ["a body cut short under an agreeing Content-Length", () => spoil((bytes) => bytes.subarray(0, -1))],
  ["a chunked body cut short", () => spoil((bytes) => bytes.subarray(0, -1), chunked)],
  ["a longer body", () => spoil((bytes) => Buffer.concat([bytes, Buffer.from("x")]))],
  ["a longer chunked body", () => spoil((bytes) => Buffer.concat([bytes, Buffer.from("x")]), chunked)],
  ["a chunked body of nothing", () => spoil(() => Buffer.alloc(0), chunked)],
  ["a flipped first byte", () => spoil(flipped(0))],
  ["a flipped last byte", () => spoil(flipped(-1), chunked)],
];
function digestHeaders(bytes: Buffer) {
  const { etag, crc64 } = digestsOf(bytes);
  return { etag: `"${etag}"`, "x-cos-hash-crc64ecma": crc64 };
}

const rows: readonly [string, (bytes: Buffer) => PlannedRow][] = [
  ["a row that tells all", rowOf],
  ["a row that tells an MD5", (bytes) => ({ key, size: bytes.length, etag: digestsOf(bytes).etag })],
  ["a row that tells a CRC64", (bytes) => ({ key, size: bytes.length, crc64: digestsOf(bytes).crc64 })],
  ["a row that tells nothing", () => ({ key })],
];
const original =
  (fault: Fault, times = Number.POSITIVE_INFINITY) =>
  (request: { type: string; nth: number }): Faults =>
    request.type === "original" && request.nth <= times ? fault : undefined;

describe.each(rows)("of %s", (_, row) => {
  describe.each([
    ["held whole", small],
    ["streamed", large],
  ])("%s", (_, bytes) => {
    test.each(traps)("%s is never stored", async (_, trap) => {
      const { source, archive, outcome } = lab({ ifExists: "overwrite" });
      source.seed(key, bytes);
      archive.seed(archiveKey, "what was there before");
      source.onRequest(original(trap(bytes)));
      expect(await outcome(row(bytes))).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
      expect(source.count("original")).toBe(2);
      expectArchived(archive, Buffer.from("what was there before"));
    });
  });
});

describe("a trap that opens once", () => {
  test.each(traps)("%s is fetched again, and then archived", async (_, trap) => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome } = lab();
      source.seed(key, bytes);
      source.onRequest(original(trap(bytes), 1));
      const ended = await outcome(rowOf(bytes));
      expect(ended).toMatchObject({ outcome: "archived", attempts: 2 });
      expect(ended.code).toBeUndefined();
      expect(source.count("original")).toBe(2);
      expectArchived(archive, bytes);
    }
  });
});

describe("with --expect get", () => {
  test("an error document is not what it says of itself, not even to --proof size", async () => {
    for (const headers of [noDigests, digestHeaders(xml)]) {
      for (const type of ["application/xml", "image/jpeg"]) {
        const { source, archive, outcome } = lab({ expect: "get", proof: "size" });
        source.seed(key, small);
        source.onRequest(original(spoil(() => xml, { ...headers, "content-type": type })));
        expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
        expect(source.count("original")).toBe(2);
        expect(archive.keys()).toEqual([]);
      }
    }
  });

  test("nor is a part under status 206", async () => {
    const { source, archive, outcome } = lab({ expect: "get", proof: "size" });
    source.seed(key, small);
    source.onRequest(original({ kind: "spoil", status: 206, body: (bytes) => bytes.subarray(0, 10) }));
    expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
    expect(source.count("original")).toBe(2);
    expect(archive.keys()).toEqual([]);
  });

  test("an original that is an XML error document itself is archived where its bytes are proven", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, xml, { headers: { "content-type": "application/xml" } });
    expect(await outcome({ key })).toMatchObject({ outcome: "archived", proof: "content-md5" });
    expectArchived(archive, xml);
  });

  test("a body that contradicts the reply's own CRC64 is never stored", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome } = lab({ expect: "get", proof: "crc64" });
      source.seed(key, bytes);
      source.onRequest(original(spoil(flipped(5))));
      expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
      expect([source.count("original"), archive.keys()]).toEqual([2, []]);
    }
  });
});

test("where only lengths can agree (--proof size), they must, to the byte, announced or not", async () => {
  for (const bytes of [small, large]) {
    for (const length of [0, 1, bytes.length - 1, bytes.length + 1]) {
      // What names no object is not even read (NoProof), unless its length is told and wrong.
      const named = { etag: '"0-2"', "x-cos-hash-crc64ecma": null };
      for (const headers of [noDigests, named, { ...named, ...chunked }]) {
        const { source, archive, outcome } = lab({ proof: "size" });
        source.seed(key, bytes, { etag: "0-2", crc64: null });
        source.onRequest(original(spoil(() => bytesOf(length, 2), headers)));
        expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "NotTheOriginal" });
        expect([source.count("original"), archive.keys()]).toEqual([2, []]);
      }
    }
  }
});

describe("a 200 with X-ErrNo", () => {
  const errNo = (n: number): Fault => ({ kind: "spoil", headers: { "x-errno": String(n) } });

  test("is refused whatever its body, tried again, and given up", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome } = lab({ maxAttempts: 3 });
      source.seed(key, bytes);
      source.onRequest(original(errNo(-901)));
      expect(await outcome(rowOf(bytes))).toMatchObject({ outcome: "failed", code: "RetriesExhausted", attempts: 3 });
      expect([source.count("original"), archive.keys()]).toEqual([3, []]);
    }
  });

  test("slows all down where it says so, stops the run where nothing was paid, ends the row where it is too large", async () => {
    const endOf = async (n: number) => {
      const each = lab({ maxAttempts: 1 });
      each.source.seed(key, small);
      each.source.onRequest(original(errNo(n), 2));
      return { ...each, ended: await each.end(rowOf(small)) };
    };
    const throttled = await endOf(-29214);
    expect(throttled.ended).toMatchObject({ outcome: { outcome: "archived", attempts: 1 } });
    expect(throttled.pace.concurrency()).toBe(4);
    expect(await endOf(-162)).toMatchObject({ ended: { kind: "halt" } });
    expect(await endOf(-154)).toMatchObject({ ended: { kind: "refused" } });
    expect(await endOf(-168)).toMatchObject({ ended: { kind: "outcome", outcome: { outcome: "failed" } } });
  });

  test("of 0 is none", async () => {
    const { source, outcome } = lab();
    source.seed(key, small);
    source.onRequest(original(errNo(0)));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
  });
});

describe("a fetch that breaks off", () => {
  test.each([
    ["held whole", small],
    ["streamed", large],
  ])("%s, stores nothing and is tried again", async (_, bytes) => {
    for (const afterBytes of [0, 1, bytes.length - 1]) {
      const { source, archive, outcome } = lab();
      source.seed(key, bytes);
      archive.onRequest((request) => {
        if (request.type === "put") expect(archive.keys()).toEqual([]);
        return undefined;
      });
      source.onRequest(original({ kind: "break-off", afterBytes }, 2));
      expect(await outcome(rowOf(bytes))).toMatchObject({ outcome: "archived", attempts: 3 });
      expectArchived(archive, bytes);
    }
  });
});
