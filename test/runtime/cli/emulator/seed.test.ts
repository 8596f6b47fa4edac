/** A folder put into the embedded COS, and the queue beside it. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBucketClient } from "../../../../src/cos/client.ts";
import { staticCredentials } from "../../../../src/credentials/credentials.ts";
import { type Emulator, startEmulator } from "../../../../src/emulator/emulator.ts";
import { GetQueueAttributesCommand, queueFromUrl } from "../../../../src/queue/index.ts";
import { localKeys, localRegion, openLocalQueue } from "../../../../src/runtime/cli/emulator/local-queue.ts";
import { type Seeded, type SeedOptions, seedBucket } from "../../../../src/runtime/cli/emulator/seed.ts";
import { systemClock } from "../../../../src/vocabulary/clock.ts";
import { silentLog } from "../../../../src/vocabulary/log.ts";

const name = "photos-1250000000";
const credentials = { secretId: "AKIDseed", secretKey: "a-secret-of-the-tests" };

let folder = "";
let emulator: Emulator;
let client: ReturnType<typeof createBucketClient>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "originals-seed-"));
  emulator = await startEmulator({ dataDir: join(folder, "cos"), credentials: [credentials], buckets: [{ name }] });
  client = createBucketClient({
    bucket: name,
    region: "ap-guangzhou",
    endpoint: emulator.url,
    credentials: staticCredentials(credentials),
    clock: systemClock,
  });
  const pictures = join(folder, "pictures");
  await mkdir(join(pictures, "2026/夏 +%20"), { recursive: true });
  await writeFile(join(pictures, "a.JPG"), "a picture");
  await writeFile(join(pictures, "2026/夏 +%20/b.png"), Buffer.alloc(1_500_000, "b"));
  await writeFile(join(pictures, "2026/empty.gif"), "");
  await writeFile(join(pictures, "notes.txt"), "no picture");
  // Out of the folder, and in a circle.
  await symlink("/etc/hostname", join(pictures, "out.jpg"));
  await symlink("..", join(pictures, "2026/up"));
});
afterAll(async () => {
  await client?.close();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const seed = (more: Partial<SeedOptions> = {}) =>
  seedBucket({
    folder: join(folder, "pictures"),
    bucket: client,
    dataDir: folder,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });

describe("seeding", () => {
  test("puts each file under its path, with its type, and passes over links", async () => {
    const told: Seeded[] = [];
    const seeded = await seed({ onProgress: (so) => told.push(so) });
    expect(seeded).toEqual({ objects: 4, bytes: 1_500_019, passedOver: 2 });
    expect(told.map(({ objects }) => objects)).toEqual([1, 2, 3, 4]);
    const bucket = emulator.bucket(name);
    expect(bucket.keys()).toEqual(["2026/empty.gif", "2026/夏 +%20/b.png", "a.JPG", "notes.txt"]);
    expect(bucket.get("2026/夏 +%20/b.png")?.bytes.equals(Buffer.alloc(1_500_000, "b"))).toBe(true);
    expect(bucket.head("2026/empty.gif")?.size).toBe(0);
    const types = bucket.keys().map((key) => bucket.head(key)?.headers["content-type"]);
    expect(types).toEqual(["image/gif", "image/png", "image/jpeg", "application/octet-stream"]);
  });

  test("refuses a folder that is not there, or too large, before it puts anything", async () => {
    const put = () => {
      throw new Error("nothing is to be put");
    };
    const bucket = { name, put };
    await expect(seed({ folder: join(folder, "none"), bucket })).rejects.toThrow(
      /--seed ".*none" can't be read: ENOENT/,
    );
    await expect(seed({ mostFiles: 3, bucket })).rejects.toThrow(/holds more than 3 files; name a smaller folder\.$/);
  });

  test("says which file could not be put", async () => {
    const put = () => Promise.reject(new Error("PUT a.JPG: the disk is full."));
    await expect(seed({ bucket: { name, put } })).rejects.toThrow(
      /^--seed ".*pictures": ".*" could not be put into photos-1250000000: PUT a\.JPG: the disk is full\.$/,
    );
  });

  test("ends where it is interrupted", async () => {
    const signal = AbortSignal.abort();
    expect(await seed({ signal })).toEqual({ objects: 0, bytes: 0, passedOver: 2 });
  });
});

describe("the queue", () => {
  test("is an SQS server with dead letters", async () => {
    const { queue, endpoint, close } = await openLocalQueue(0, "127.0.0.1");
    const env = {
      AWS_REGION: localRegion,
      AWS_ENDPOINT_URL_SQS: endpoint,
      AWS_ACCESS_KEY_ID: localKeys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localKeys.secretAccessKey,
    };
    const { client, queueUrl } = queueFromUrl(queue, { clock: systemClock, random: Math.random, log: silentLog, env });
    const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
    const { Attributes = {} } = await client.send(asked);
    expect(JSON.parse(Attributes.RedrivePolicy ?? "{}")).toEqual({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:originals-dead-letters",
      maxReceiveCount: 10,
    });
    client.destroy();
    const port = Number(new URL(endpoint).port);
    await expect(openLocalQueue(port, "127.0.0.1")).rejects.toMatchObject({
      code: "PortInUse",
      message: `The queue cannot listen on 127.0.0.1:${port}: the port is in use; name another with --queue-port, or 0 for any.`,
    });
    await close();
  });

  // Catches: workers that end because their queue is not there, as it comes back.
  test("is there from its first answer on", async () => {
    const { endpoint, close } = await openLocalQueue(0, "127.0.0.1");
    await close();
    const asked = async (): Promise<number> => {
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.GetQueueUrl" };
      const body = JSON.stringify({ QueueName: "originals" });
      const reply = await fetch(endpoint, { method: "POST", headers, body }).catch(() => undefined);
      if (reply !== undefined) return reply.status;
      await setImmediate();
      return asked();
    };
    const [status, again] = await Promise.all([asked(), openLocalQueue(Number(new URL(endpoint).port), "127.0.0.1")]);
    await again.close();
    expect(status).toBe(200);
  });

  test("says what to install where its package is not there, and nothing else for it", async () => {
    const notFound = Object.assign(new Error("Cannot find package 'fauxqs' imported from dist/cli.js"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    await expect(openLocalQueue(0, "127.0.0.1", () => Promise.reject(notFound))).rejects.toMatchObject({
      code: "PackageMissing",
      message: expect.stringContaining("npm install fauxqs"),
    });
    const broken = new SyntaxError("Unexpected token");
    await expect(openLocalQueue(0, "127.0.0.1", () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
