/** Catches: a store on which what is replaced is not kept (I13), or from which it can't be brought back with its metadata. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMd5Trust } from "../../src/archive/proof/md5-trust.ts";
import { createPace } from "../../src/archive/shard/pace/pace.ts";
import { archiveTask } from "../../src/archive/task/archive-task.ts";
import { createBucketClient } from "../../src/cos/client.ts";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { type RunOptions, runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { noRequests } from "../../src/ledger/shard/segment.ts";
import type { Bucket } from "../../src/objects/bucket.ts";
import { parseHistoryName } from "../../src/policy/history.ts";
import { createFolderStore } from "../../src/stores/folder/folder.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { createMemoryBucket, type MemoryBucket } from "./memory-bucket.ts";
import { digestsOf } from "./memory-objects.ts";
import { startFauxqs } from "./s3-servers.ts";
import { missingSwift, startSwift } from "./swift.ts";

const key = "photos/summer.jpg";
const meta = { "content-type": "image/jpeg", "x-cos-meta-mood": "blue" };
const history = ".originals/history/";

interface Opened {
  readonly bucket: Bucket;
  close(): Promise<void>;
}

async function cos(): Promise<Opened> {
  const dataDir = await mkdtemp(join(tmpdir(), "originals-stores-"));
  const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
  const name = "archive-1250000000";
  const emulator = await startEmulator({ dataDir, credentials: [credentials], buckets: [{ name }] });
  const bucket = createBucketClient({
    bucket: name,
    region: "ap-guangzhou",
    endpoint: emulator.url,
    credentials: staticCredentials(credentials),
    clock: systemClock,
  });
  return {
    bucket,
    async close() {
      await bucket.close();
      await emulator.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function folder(): Promise<Opened> {
  const path = await mkdtemp(join(tmpdir(), "originals-folder-"));
  const bucket = createFolderStore({ folder: path, clock: systemClock, random: Math.random });
  return {
    bucket,
    async close() {
      await bucket.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

const stores: readonly (readonly [string, () => Promise<Opened>])[] = [
  ["COS", cos],
  ["a folder", folder],
  ["S3 by fauxqs", startFauxqs],
  ...(missingSwift.length === 0 ? [["S3 by Swift", startSwift] as const] : []),
];

async function work(from: Bucket, to: Bucket, row: { key: string; archiveKey: string }, options: Partial<RunOptions>) {
  const clock = systemClock;
  const { status: _, headers: __, ...its } = await from.head(row.key);
  const planned = { key: row.key, size: its.size, etag: its.etag, crc64: its.crc64 };
  const listed = options.history === undefined ? undefined : ("none" as const);
  const task = { row: 0, planned, archiveKey: row.archiveKey, charged: 0, unsure: false, listed };
  return archiveTask(task, {
    run: "run-1",
    options: runOptionsSchema.parse(options),
    source: from,
    archive: to,
    clock,
    random: () => 0.5,
    pace: createPace({ concurrency: 1, clock, random: () => 0.5 }),
    md5Trust: createMd5Trust(),
    metadataTrust: { asks: () => false, learn() {} },
    requests: noRequests(),
    retried: () => undefined,
    mayWait: () => true,
  });
}

const bytesIn = async (bucket: Bucket, name: string) => {
  const reply = await bucket.get(name);
  return reply.kind === "bytes" ? reply.bytes.toString() : "a stream";
};

describe.each(stores)("%s", (_, open) => {
  test("keeps what is replaced, and gives it back with its metadata", async () => {
    const { bucket: archive, close } = await open();
    onTestFinished(close);
    const source: MemoryBucket = createMemoryBucket({ clock: systemClock });
    source.seed(key, "the original", { headers: meta });
    const row = { key, archiveKey: key };
    const first = await work(source, archive, row, { history });
    expect(first.outcome).toMatchObject({ outcome: "archived" });
    source.seed(key, "garbage", { headers: { "content-type": "text/plain" } });
    // A LIST that is older than the copy: what lies there is found all the same.
    const second = await work(source, archive, row, { history });
    expect(second.outcome).toMatchObject({ outcome: "archived" });
    expect(await bytesIn(archive, key)).toBe("garbage");

    const kept = (await archive.list({ prefix: history })).objects.map((object) => object.key);
    expect(kept.map((name) => parseHistoryName(history, name)?.archiveKey)).toEqual([key]);
    const [copy = ""] = kept;
    expect(await bytesIn(archive, copy)).toBe("the original");
    const { etag, crc64 } = digestsOf(Buffer.from("the original"));
    expect(copy.split("~").at(-1)).toBe(archive.offers.tellsCrc64 ? crc64 : etag);

    const back = createMemoryBucket({ clock: systemClock, name: "back-1250000000" });
    const third = await work(archive, back, { key: copy, archiveKey: key }, { fromArchive: { history } });
    expect(third.outcome).toMatchObject({ outcome: "archived" });
    expect(back.object(key)?.bytes.toString()).toBe("the original");
    expect(back.object(key)?.headers).toMatchObject(meta);
    expect(Object.keys(back.object(key)?.headers ?? {}).filter((name) => name.includes("original"))).toEqual([]);
  });

  test("is what keys are brought back to, and keeps none of where they came from", async () => {
    const { bucket: to, close } = await open();
    onTestFinished(close);
    const archive = createMemoryBucket({ clock: systemClock });
    archive.seed(`archive/${key}`, "the original", { headers: { ...meta, "x-cos-meta-original-run": "night-1" } });
    const row = { key: `archive/${key}`, archiveKey: key };
    expect((await work(archive, to, row, { fromArchive: {} })).outcome).toMatchObject({ outcome: "archived" });
    expect((await work(archive, to, row, { fromArchive: {} })).outcome).toMatchObject({ outcome: "skipped" });
    expect(await bytesIn(to, key)).toBe("the original");
    const { headers } = await to.head(key);
    expect(headers).toMatchObject(meta);
    expect(headers["x-cos-meta-original-run"]).toBeUndefined();
  });
});
