/** Catches: a store that does less, or other, than what is built on the port rests on; and a table that says otherwise. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBucketClient } from "../../src/cos/client.ts";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { createFolderStore } from "../../src/stores/folder/folder.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { storeConformance } from "./conformance.ts";
import { createMemoryBucket } from "./memory-bucket.ts";
import { startFauxqs } from "./s3-servers.ts";
import { subjects } from "./subjects.ts";

storeConformance("COS", subjects.cos.lacks, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "originals-stores-"));
  const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
  const bucket = "archive-1250000000";
  const emulator = await startEmulator({ dataDir, credentials: [credentials], buckets: [{ name: bucket }] });
  const client = createBucketClient({
    bucket,
    region: "ap-guangzhou",
    endpoint: emulator.url,
    credentials: staticCredentials(credentials),
    clock: systemClock,
  });
  return {
    bucket: client,
    async close() {
      await client.close();
      await emulator.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});

storeConformance("a folder", subjects.folder.lacks, async () => {
  const folder = await mkdtemp(join(tmpdir(), "originals-folder-"));
  const bucket = createFolderStore({ folder, clock: systemClock, random: Math.random });
  return {
    bucket,
    async close() {
      await bucket.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

storeConformance("the store in memory", subjects.memory.lacks, async () => ({
  bucket: createMemoryBucket({ clock: systemClock }),
  close: async () => undefined,
}));

storeConformance("S3 by fauxqs", subjects.fauxqs.lacks, startFauxqs);
