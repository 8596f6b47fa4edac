/** One task over HTTP: from the embedded COS through the bucket client, past the service's own traps. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createMd5Trust } from "../../../src/archive/proof/md5-trust.ts";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { archiveTask } from "../../../src/archive/task/archive-task.ts";
import { createMetadataTrust } from "../../../src/archive/task/metadata-trust.ts";
import type { TaskContext } from "../../../src/archive/task/task.ts";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import {
  defaultSwitches,
  type Emulator,
  type Fault,
  type FaultableRequest,
  startEmulator,
} from "../../../src/emulator/emulator.ts";
import { type RunOptions, runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { large, small } from "./lab.ts";

const photos = "photos-1250000000";
const kept = "kept-1250000000";
const secret = { secretId: "AKIDARCHIVE", secretKey: "a-secret-of-the-tests" };
const key = "Ferien/Öl & Wasser+100%.jpg";
const dataDir = mkdtempSync(join(tmpdir(), "cos-originals-archive-"));
let emulator: Emulator;
let source: BucketClient;
let archive: BucketClient;

beforeAll(async () => {
  emulator = await startEmulator({
    dataDir,
    credentials: [secret],
    buckets: [{ name: photos, protect: ["jpg"] }, { name: kept }],
  });
  const client = (bucket: string) =>
    createBucketClient({
      bucket,
      region: "ap-guangzhou",
      endpoint: emulator.url,
      credentials: { get: () => secret },
      clock: systemClock,
    });
  [source, archive] = [client(photos), client(kept)];
});
afterEach(() => {
  emulator.faults.clear();
  emulator.turn(defaultSwitches);
  emulator.bucket(photos).delete(key);
  emulator.bucket(kept).delete(key);
});
afterAll(async () => {
  await Promise.all([source.close(), archive.close()]);
  await emulator.close();
  rmSync(dataDir, { recursive: true });
});

async function archiveIt(planned: PlannedRow, given: Partial<RunOptions> = {}, more: Partial<TaskContext> = {}) {
  const requests = noRequests();
  // The least of every backoff: nothing here waits.
  const random = () => 0;
  const end = await archiveTask(
    { row: 0, planned, archiveKey: key, charged: 0, unsure: false },
    {
      run: "run-1",
      options: runOptionsSchema.parse(given),
      source,
      archive,
      clock: systemClock,
      random,
      pace: createPace({ concurrency: 4, clock: systemClock, random }),
      md5Trust: createMd5Trust(),
      metadataTrust: { asks: () => false, learn() {} },
      requests,
      retried: () => undefined,
      mayWait: () => true,
      ...more,
    },
  );
  return { ...end, requests };
}
const put = (bytes: Buffer, headers: Record<string, string> = {}) =>
  emulator.bucket(photos).put(key, bytes, { "content-type": "image/jpeg", ...headers });
const rowOf = (bytes: Buffer): PlannedRow => ({ key, size: bytes.length, ...digestsOf(bytes) });
const expectKept = (bytes: Buffer) => expect(emulator.bucket(kept).get(key)?.bytes.equals(bytes)).toBe(true);
const original = (request: FaultableRequest) => request.operation === "object.original";
const puts = (request: FaultableRequest) => request.operation === "object.put";

// All rows of such a bucket failed, though their bytes came and were proven: for the sake of a HEAD that nothing but metadata needed.
test("where a HEAD is refused, as was found, the metadata are those that the reply brings, on trial too", async () => {
  put(small, { "x-cos-meta-owner": "me" });
  emulator.turn({ headOfProtected: "refuse" });
  const found = { refusesHead: true, contradicted: () => expect.fail() };
  for (const isOnTrial of [undefined, () => true]) {
    const here = await archiveIt(
      rowOf(small),
      { ifExists: "overwrite" },
      { metadataTrust: createMetadataTrust(found), isOnTrial },
    );
    expect(here).toMatchObject({ outcome: { outcome: "archived" }, requests: { "source.head": 1, "source.get": 1 } });
    expect((await archive.head(key)).headers).toMatchObject({ "x-cos-meta-owner": "me" });
  }
  emulator.bucket(kept).delete(key);
  // Nobody found it, or the reply tells of no header at all: nothing says what would be lost.
  const refused = { outcome: { outcome: "failed", code: "AccessDenied" } };
  expect(await archiveIt(rowOf(small), {}, { metadataTrust: createMetadataTrust() })).toMatchObject(refused);
  emulator.turn({
    originImageSendsEtag: false,
    originImageSendsCrc64: false,
    originImageSendsMeta: false,
    originImageSendsLastModified: false,
  });
  expect(await archiveIt(rowOf(small), {}, { metadataTrust: createMetadataTrust(found) })).toMatchObject(refused);
});

describe.each([
  ["held whole", small],
  ["streamed", large],
])("an original behind Original Image Protection, %s", (_, bytes) => {
  test("is archived with its headers, though a plain GET of it is refused", async () => {
    put(bytes, { "x-cos-meta-owner": "me", "cache-control": "no-cache" });
    await expect(source.get(key)).rejects.toMatchObject({ errNo: -154 });
    expect(await archiveIt(rowOf(bytes))).toMatchObject({
      outcome: { outcome: "archived", proof: "content-md5", expectedFrom: "row", status: 200 },
      requests: { "source.get": 1, "source.head": 0, "archive.put": 1, "archive.head": 1 },
    });
    expectKept(bytes);
    expect(emulator.bucket(kept).head(key)).toMatchObject({ etag: digestsOf(bytes).etag });
    const head = await archive.head(key);
    expect(head.headers).toMatchObject({
      "content-type": "image/jpeg",
      "cache-control": "no-cache",
      "x-cos-meta-owner": "me",
      "x-cos-meta-original-bucket": photos,
      "x-cos-meta-original-run": "run-1",
    });
  });

  test.each(["crc64", "content-md5", "size"] as const)(
    "is proven by a HEAD under --proof %s, its reply chunked and bare",
    async (proof) => {
      emulator.turn({
        originImageSendsContentLength: false,
        originImageSendsEtag: false,
        originImageSendsCrc64: false,
        originImageSendsMeta: false,
        originImageSendsLastModified: false,
      });
      put(bytes, { "x-cos-meta-owner": "me" });
      expect(await archiveIt({ key }, { proof })).toMatchObject({
        outcome: { outcome: "archived", proof: proof === "size" ? "content-md5" : proof, expectedFrom: "head" },
        requests: { "source.get": 1, "source.head": 1 },
      });
      expectKept(bytes);
      expect((await archive.head(key)).headers).toMatchObject({ "x-cos-meta-owner": "me" });
    },
  );

  test("in parts: what the archive holds is the original", async () => {
    put(bytes);
    const multipartAbove = 1024 * 1024;
    expect(await archiveIt({ key }, {}, { multipartAbove })).toMatchObject({ outcome: { outcome: "archived" } });
    expectKept(bytes);
    expect(emulator.bucket(kept).uploads()).toEqual([]);
  });

  const traps: readonly [string, Fault | readonly Fault[]][] = [
    ["a placeholder picture under 200", { kind: "placeholder" }],
    ["an error document under 200", { kind: "error-with-200", code: "InternalError" }],
    ["a flipped bit", { kind: "flip", offset: -1 }],
    ["a body cut short that says so itself", { kind: "truncate", bytes: 700, contentLength: "adjusted" }],
    [
      "a flipped bit behind the chunked reply of a bare image service",
      [
        { kind: "flip", offset: 9 },
        { kind: "headers", set: { ETag: null, "x-cos-hash-crc64ecma": null, "Content-Length": null } },
      ],
    ],
  ];
  test.each(traps)("%s is never stored, and NotTheOriginal after two fetches", async (_, fault) => {
    emulator.turn({ placeholderSendsErrNo: false });
    put(bytes);
    emulator.bucket(kept).put(key, Buffer.from("before"));
    emulator.faults.next(100, fault, original);
    for (const row of [rowOf(bytes), { key }]) {
      expect(await archiveIt(row, { ifExists: "overwrite" })).toMatchObject({
        outcome: { outcome: "failed", code: "NotTheOriginal" },
        requests: { "source.get": 2 },
      });
      expectKept(Buffer.from("before"));
    }
  });

  test.each([
    ["cut off", { kind: "truncate", bytes: 500, contentLength: "announced" }],
    ["reset", { kind: "reset-body", afterBytes: 500 }],
    ["refused for its rate", { kind: "error", code: "SlowDown" }],
  ] as const)("a fetch that is %s is tried again", async (_, fault) => {
    put(bytes);
    emulator.faults.next(2, fault, original);
    expect(await archiveIt(rowOf(bytes))).toMatchObject({
      outcome: { outcome: "archived" },
      requests: { "source.get": 3 },
    });
    expectKept(bytes);
  });

  test("an upload whose answer is lost is not paid for twice", async () => {
    put(bytes);
    emulator.faults.next(1, { kind: "reset", when: "after" }, puts);
    expect(await archiveIt(rowOf(bytes))).toMatchObject({
      outcome: { outcome: "archived" },
      requests: { "source.get": 1 },
    });
    expectKept(bytes);
  });

  test("a source replaced since the manifest is archived as it is, for one fetch", async () => {
    put(bytes);
    expect(await archiveIt(rowOf(Buffer.from("what it was")))).toMatchObject({
      outcome: { outcome: "archived", code: "Changed" },
      requests: { "source.get": 1 },
    });
    expectKept(bytes);
  });
});

describe("the bucket's 4xx image setting", () => {
  test("answers 200 and a picture for a key that is gone: NoSuchKey by the HEAD, nothing stored", async () => {
    emulator.turn({ fourXxDisplay: "placeholder" });
    for (const row of [{ key }, rowOf(small)]) {
      expect(await archiveIt(row)).toMatchObject({ outcome: { outcome: "failed", code: "NoSuchKey", status: 404 } });
      expect(emulator.bucket(kept).head(key)).toBeUndefined();
    }
  });
});

test("an empty original that the image service refuses is archived all the same", async () => {
  emulator.turn({ emptyOriginImage: "refuse" });
  put(Buffer.alloc(0));
  expect(await archiveIt({ key })).toMatchObject({ outcome: { outcome: "archived", receivedSize: 0 } });
  expectKept(Buffer.alloc(0));
});

test("an encrypted original whose ETag is no MD5 is proven by its CRC64, and found again without a fetch", async () => {
  emulator.turn({ encryptedEtag: "opaque" });
  put(small, { "x-cos-server-side-encryption": "AES256" });
  const etag = emulator.bucket(photos).head(key)?.etag;
  const row = { key, size: small.length, etag };
  expect(await archiveIt(row, { encryption: "AES256" })).toMatchObject({
    outcome: { outcome: "archived", proof: "crc64" },
    requests: { "source.get": 1 },
  });
  expect(await archiveIt(row, { encryption: "AES256" }, { run: "run-2" })).toMatchObject({
    outcome: { outcome: "skipped", code: "AlreadyArchived" },
    requests: { "source.get": 0 },
  });
});
