/** One task over HTTP, with a gateway between it and the embedded COS that answers some requests in the service's place. */
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { createMd5Trust } from "../../../src/archive/proof/md5-trust.ts";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { archiveTask } from "../../../src/archive/task/archive-task.ts";
import type { TaskContext } from "../../../src/archive/task/task.ts";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import { defaultSwitches, type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { type RunOptions, runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { type Gateway, openGateway, replyOf } from "../../gateway/gateway.ts";
import { digestsOf } from "../../stores/memory-objects.ts";

export const photos = "photos-1250000000";
export const kept = "kept-1250000000";
export const key = "a.jpg";
const secret = { secretId: "AKIDARCHIVE", secretKey: "a-secret-of-the-tests" };

export const rowOf = (bytes: Buffer): PlannedRow => ({ key, size: bytes.length, ...digestsOf(bytes) });

export const isOriginal = ({ url = "" }: IncomingMessage) => url.includes("ci-process=originImage");
export const isSourceHead = ({ method, headers }: IncomingMessage) =>
  method === "HEAD" && headers.host?.startsWith(photos) === true;
export const isPut = ({ method }: IncomingMessage) => method === "PUT";

/** For all tests of a file. */
export function gatewayLab() {
  const dataDir = mkdtempSync(join(tmpdir(), "cos-originals-gateway-"));
  let emulator: Emulator;
  let gateway: Gateway;
  let source: BucketClient;
  let archive: BucketClient;
  beforeAll(async () => {
    emulator = await startEmulator({
      dataDir,
      credentials: [secret],
      buckets: [{ name: photos, protect: ["jpg"] }, { name: kept }],
    });
    gateway = await openGateway(emulator.url);
    const client = (bucket: string) =>
      createBucketClient({
        bucket,
        region: "ap-guangzhou",
        endpoint: gateway.url,
        credentials: { get: () => secret },
        clock: systemClock,
      });
    [source, archive] = [client(photos), client(kept)];
  });
  afterEach(() => {
    gateway.answer(() => undefined);
    emulator.faults.clear();
    emulator.turn(defaultSwitches);
    emulator.bucket(photos).delete(key);
    emulator.bucket(kept).delete(key);
  });
  afterAll(async () => {
    await Promise.all([source.close(), archive.close()]);
    await gateway.close();
    await emulator.close();
    rmSync(dataDir, { recursive: true });
  });
  return {
    emulator: () => emulator,
    gateway: () => gateway,
    source: () => source,
    archive: () => archive,
    seed: (bytes: Buffer, headers: Record<string, string> = {}) =>
      emulator.bucket(photos).put(key, bytes, { "content-type": "image/jpeg", ...headers }),
    archived: () => emulator.bucket(kept).get(key)?.bytes,
    /** The gateway gives the reply of this name to all such requests. */
    replace: (which: (request: IncomingMessage) => boolean, name: string) => {
      const reply = replyOf(name);
      gateway.answer((request) => (which(request) ? reply : undefined));
    },
    async archiveIt(planned: PlannedRow, given: Partial<RunOptions> = {}, more: Partial<TaskContext> = {}) {
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
    },
  };
}
