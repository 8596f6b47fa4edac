import { afterAll, beforeAll, expect, it } from "vitest";
import { parseSummary } from "../../src/report/summary.ts";
import { start } from "../runtime/cli/built.ts";
import { type Lab, lines, openLab, source } from "../runtime/cli/lab.ts";
import { seededRandom } from "../simulation/world.ts";

const KILLS = 6;
const KEYS = 1_500;
const CONCURRENCY = 16;
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());

// What it would catch: a thread's outcomes that were acknowledged before they were durable, a next process that takes the threads
// of the last for alive and waits for them.
it(`a run of three threads that is killed with -9 at ${KILLS} random fetches ends complete, with few fetches twice`, {
  timeout: 300_000,
}, async () => {
  const random = seededRandom(seed);
  const keys = Array.from({ length: KEYS }, (_, n) => `kill/${n}.png`);
  for (const key of keys) lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${key}`));
  const manifest = await lab.file("kill.txt", lines(...keys));
  let left = Number.POSITIVE_INFINITY;
  let kill: () => void = () => undefined;
  lab.emulator.faults.use(({ operation }) => {
    if (operation !== "object.original") return undefined;
    if (--left === 0) kill();
    return { kind: "delay", ms: 10 };
  });
  const args = ["run", "--archive", lab.place(), "--manifest", manifest, "--json", "--shard-size", "50"];
  args.push("--workers", "3", "--concurrency", String(CONCURRENCY));
  for (let kills = 0; kills < KILLS; kills++) {
    left = 20 + Math.floor((random() * KEYS) / KILLS / 1.5);
    const child = start(lab.built.cli, args, lab.env);
    kill = () => child.kill("SIGKILL");
    expect((await child.ended).signal, `seed ${seed}, kill ${kills}`).toBe("SIGKILL");
  }
  left = Number.POSITIVE_INFINITY;
  const { code, stdout, stderr } = await start(lab.built.cli, args, lab.env).ended;
  expect(code, `seed ${seed}: ${stderr}`).toBe(0);
  expect(parseSummary(JSON.parse(stdout)), `seed ${seed}`).toMatchObject({
    state: "complete",
    rows: KEYS,
    archived: KEYS,
    failed: 0,
    pending: 0,
  });
  for (const key of keys) {
    expect(lab.archived(key)?.equals(lab.original(key) ?? Buffer.alloc(0)), `seed ${seed}: ${key}`).toBe(true);
  }
  const again = lab.emulator.requests()["object.original"] - KEYS;
  expect(again, `seed ${seed}: fetched again`).toBeLessThanOrEqual(KILLS * CONCURRENCY);
});
