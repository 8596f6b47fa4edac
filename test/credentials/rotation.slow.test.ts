/**
 * Temporary keys end in the middle of a run, on the embedded COS. Would catch: a run that is halted though new keys lie there, one whose rows fail for it,
 * and one that can't be gone on with.
 */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileOrigin } from "../../src/credentials/origins/file.ts";
import { renewingCredentials } from "../../src/credentials/renewing.ts";
import { type Emulator, startEmulator } from "../../src/emulator/emulator.ts";
import { archiveManifest } from "../../src/runtime/library/archive-manifest.ts";
import { type Clock, systemClock } from "../../src/vocabulary/clock.ts";
import { notingLog } from "../runtime/function/fixtures.ts";
import { tempFolder } from "./origins/temp.ts";

const keysOf = (number: number) => ({
  secretId: `AKIDnumber${number}`,
  secretKey: `secret-key-${number}`,
  sessionToken: `session-token-${number}`,
});
const documentOf = (number: number) => {
  const { sessionToken: token, ...rest } = keysOf(number);
  return { ...rest, token };
};

let temp: ReturnType<typeof tempFolder>;
let emulator: Emulator;

/** Goes fifty times as fast: what waits for a retry or a heartbeat waits so much less. */
const FASTER = 50;
const begun = systemClock.now();
const clock: Clock = {
  now: () => begun + (systemClock.now() - begun) * FASTER,
  elapsed: () => systemClock.elapsed() * FASTER,
  sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
};
/** Called when that many originals were served. */
let onOriginals: (count: number) => void;
const rows = Array.from({ length: 30 }, (_, at) => ({ key: `picture-${at}.jpg` }));

beforeEach(async () => {
  temp = tempFolder();
  onOriginals = () => {};
  let originals = 0;
  emulator = await startEmulator({
    dataDir: temp.path("cos"),
    clock,
    credentials: [keysOf(1)],
    buckets: [{ name: "photos-1250000000", protect: ["jpg"] }, { name: "archive-1250000000" }],
    onServed: ({ operation, status }) => {
      if (operation === "object.original" && status === 200) onOriginals(++originals);
    },
  });
  for (const { key } of rows) emulator.bucket("photos-1250000000").put(key, randomBytes(500));
});
afterEach(async () => {
  await emulator.close();
  temp.remove();
});

function begin(file: string) {
  const log = notingLog();
  const credentials = renewingCredentials(fileOrigin(file), { clock, random: () => 0, log });
  const run = archiveManifest({
    source: "cos://photos-1250000000",
    archive: "cos://archive-1250000000",
    region: "ap-guangzhou",
    endpoint: `${emulator.url}/{bucket}`,
    run: "night",
    rows: rows.map(({ key }) => ({ key })),
    concurrency: 2,
    credentials,
    environment: {},
    clock,
    log,
  });
  return { summary: run.summary, log };
}

describe("temporary keys that end in mid-run", () => {
  test("are replaced by those that lie in the file by then, and every row is archived", async () => {
    const file = temp.write("keys.json", documentOf(1));
    onOriginals = (count) => {
      if (count !== 8) return;
      temp.write("keys.json", documentOf(2));
      emulator.setCredentials([{ ...keysOf(1), expiresAt: 0 }, keysOf(2)]);
    };
    const { summary, log } = begin(file);
    expect(await summary).toMatchObject({ state: "complete", archived: 30, failed: 0, pending: 0 });
    expect(JSON.stringify(log.entries)).not.toMatch(/AKIDnumber|secret-key|session-token/);
  });

  test("and that nobody replaces halt the run, which goes on once somebody has", async () => {
    const file = temp.write("keys.json", documentOf(1));
    onOriginals = (count) => {
      if (count === 8) emulator.setCredentials([{ ...keysOf(1), expiresAt: 0 }, keysOf(2)]);
    };
    const { summary } = begin(file);
    const ended = await summary.then(
      (told) => told,
      (thrown: Error) => thrown,
    );
    expect(JSON.stringify(ended)).toMatch(/ExpiredToken/);
    expect(JSON.stringify(ended)).not.toMatch(/secret-key|session-token/);
    onOriginals = () => {};
    temp.write("keys.json", documentOf(2));
    expect(await begin(file).summary).toMatchObject({ state: "complete", archived: 30, failed: 0 });
  });
});
