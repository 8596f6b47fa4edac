import { afterAll, beforeAll, expect, it } from "vitest";
import { parseSummary } from "../../src/report/summary.ts";
import { start } from "../runtime/cli/built.ts";
import { archive, type Lab, openLab, source } from "../runtime/cli/lab.ts";
import "../setup/long.ts";
import { thorough } from "../setup/thorough.ts";
import { seededRandom } from "../simulation/world.ts";

const KILLS = thorough ? 25 : 10;
const KEYS = 3_000;
const CONCURRENCY = 16;
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());

// What it would catch: an outcome acknowledged before it is durable, a row lost between two attempts, bytes torn by a half-sent
// upload, a whole shard fetched again after each crash.
it(`a run that is killed with -9 at ${KILLS} random moments ends complete, byte for byte, with few fetches twice`, async () => {
  const random = seededRandom(seed);
  const bytesOf = (n: number) => Buffer.from(`the original of ${n}, ${"x".repeat(Math.floor(random() * 4000))}`);
  const originals = new Map<string, Buffer>();
  for (let n = 0; n < KEYS; n++) {
    const key = `kill/${n} ü+%.png`;
    const bytes = bytesOf(n);
    originals.set(key, bytes);
    lab.emulator.bucket(source).put(key, bytes);
  }
  const manifest = await lab.file("kill.txt", [...originals.keys()].map((key) => `${key}\n`).join(""));
  const stopDelay = lab.emulator.faults.use((request) =>
    request.operation === "object.original" ? { kind: "delay", ms: 10 } : undefined,
  );

  let kills = 0;
  let rounds = 0;
  let fetches = 0;
  while (kills < KILLS) {
    rounds++;
    lab.emulator.resetRequests();
    const place = `cos://${archive}/kill-${rounds}/`;
    const args = ["run", "--archive", place, "--run", "kill", "--manifest", manifest, "--json", "--shard-size", "100"];
    let killsOfRound = 0;
    let summary: ReturnType<typeof parseSummary> | undefined;
    while (summary === undefined) {
      const child = start(lab.built.cli, [...args, "--concurrency", String(CONCURRENCY)], lab.env);
      const killAt = kills < KILLS ? 300 + random() * 900 : undefined;
      const timer = killAt === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAt);
      const ended = await child.ended;
      clearTimeout(timer);
      if (ended.signal === "SIGKILL") {
        kills++;
        killsOfRound++;
        continue;
      }
      expect(ended, `seed ${seed}: ${ended.stderr}`).toMatchObject({ code: 0 });
      summary = parseSummary(JSON.parse(ended.stdout));
    }
    expect(summary, `seed ${seed}`).toMatchObject({
      state: "complete",
      rows: KEYS,
      archived: KEYS,
      failed: 0,
      pending: 0,
    });
    for (const [key, bytes] of originals) {
      const there = lab.emulator.bucket(archive).get(`kill-${rounds}/${key}`)?.bytes;
      expect(there?.equals(bytes), `seed ${seed}: ${key} in the archive`).toBe(true);
    }
    const fetched = lab.emulator.requests()["object.original"];
    expect(fetched - KEYS, `seed ${seed}: fetched again after ${killsOfRound} kills`).toBeLessThanOrEqual(
      killsOfRound * CONCURRENCY,
    );
    fetches += fetched;
  }
  stopDelay();
  const again = fetches - rounds * KEYS;
  console.log(
    `kill -9, seed ${seed}: ${kills} kills in ${rounds} runs of ${KEYS} keys; ${again} fetched again, ${((100 * again) / (rounds * KEYS)).toFixed(2)} %, at most ${kills * CONCURRENCY} allowed`,
  );
});
