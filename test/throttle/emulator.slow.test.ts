/** The same over HTTP: the embedded COS with a budget of fetches a second, the system's clock, and a run like any other. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "../../src/config/read.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import type { ManifestEntry } from "../../src/manifest/row.ts";
import { digestOf } from "../../src/run/plan/new-request.ts";
import { runHere } from "../../src/run/work/run-here.ts";
import { surroundingsFromSettings } from "../../src/runtime/settings/surroundings-from-settings.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { archivePlace, ledgerPlace, region, sourcePlace } from "../run/world.ts";

const KEYS = 900;

// Slow enough that any machine comes too fast for it; so slow that both can wait beside each other.
test.concurrent.each([
  ["503 SlowDown and X-ErrNo -29214 for fetches", { originImageRequestsPerSecond: 60 }],
  ["503 SlowDown with Retry-After for fetches", { originImageRequestsPerSecond: 60, slowDownRetryAfter: 1 }],
])("%s: every key is archived, and few requests are refused", async (what, switches) => {
  const dataDir = mkdtempSync(join(tmpdir(), "throttle-"));
  const credentials = { secretId: "AKIDTHROTTLE", secretKey: "a-secret-of-this-test" };
  const emulator = await startEmulator({
    dataDir,
    credentials: [credentials],
    buckets: [
      { name: sourcePlace.bucket, region, protect: ["jpg"] },
      { name: archivePlace.bucket, region },
    ],
  });
  const surroundings = surroundingsFromSettings(readSettings({ environment: { ORIGINALS_ENDPOINT: emulator.url } }), {
    environment: { TENCENTCLOUD_SECRETID: credentials.secretId, TENCENTCLOUD_SECRETKEY: credentials.secretKey },
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  try {
    const source = surroundings.open("source", sourcePlace);
    const keys = Array.from({ length: KEYS }, (_, n) => `photos/${n}.jpg`);
    for (let n = 0; n < keys.length; n += 20) {
      await Promise.all(keys.slice(n, n + 20).map((key) => source.put(key, Buffer.from(`picture ${key}`))));
    }
    emulator.turn(switches);
    async function* rows(): AsyncGenerator<readonly ManifestEntry[]> {
      yield keys.map((key, n) => ({ kind: "row", row: { key }, at: { line: n + 1 } }));
    }
    const startedAt = Date.now();
    const { summary } = await runHere(
      {
        ledger: ledgerPlace,
        request: {
          schema: "cos-originals/request@1",
          run: "r",
          source: sourcePlace,
          archive: archivePlace,
          rows: { kind: "file", name: "keys.txt", digest: digestOf(keys), format: "lines" },
          options: runOptionsSchema.parse({ shardSize: 150 }),
          askedAt: new Date().toISOString(),
          tool: "test",
        },
        rows,
      },
      surroundings,
    );
    const seconds = (Date.now() - startedAt) / 1000;
    const fetches = summary.requests?.["source.get"] ?? 0;
    const refused = fetches - keys.length;
    console.log(
      `${what}, at 60/s: ${refused} of ${fetches} fetches refused, ${((100 * refused) / fetches).toFixed(1)} %; ${(KEYS / seconds).toFixed(1)} archived a second, from the first to the last`,
    );
    expect(summary).toMatchObject({ state: "complete", rows: KEYS, archived: KEYS, failed: 0, pending: 0 });
    // Those in flight when it is first refused, and a few while the rate is searched; without a pace, most would be.
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(fetches * 0.05);
  } finally {
    await surroundings.close();
    await emulator.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
