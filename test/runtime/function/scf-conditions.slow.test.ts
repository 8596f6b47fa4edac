/** The very bundle that is uploaded to Tencent SCF, under that platform's conditions. SCF_ROWS=20000 makes the night of the timers as long. */
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import { type Built, build } from "../cli/built.ts";
import { openQueueServer, type QueueServer } from "../cli/queue-server.ts";
import { eventOf } from "./fixtures.ts";
import { type ScfConditions, type ScfFunction, startScf } from "./scf-conditions.ts";

const credentials = { secretId: "AKIDrole", secretKey: "the-role's-secret", sessionToken: "the-role's-token" };
const keys = ["plain.png", "a folder/夏天 +%20.png"];
const rows = Number(process.env.SCF_ROWS ?? 300);
/** Of 20,000 rows at 2,000 a second the process had 133 to 153 MB; 125 with --max-semi-space-size=6. */
const memory = rows > 1_000 ? 256 : 128;

let built: Built;
let queues: QueueServer;
let folder = "";
let emulator: Emulator;
const functions: ScfFunction[] = [];

beforeAll(async () => {
  [built, queues] = await Promise.all([build(), openQueueServer()]);
  folder = await mkdtemp(join(tmpdir(), "originals-scf-cos-"));
  emulator = await startEmulator({
    dataDir: folder,
    credentials: [credentials],
    buckets: [
      { name: "demo-1250000000", protect: "all" },
      { name: "night-1250000000", protect: "all" },
      { name: "archive-1250000000" },
      { name: "manifests-1250000000" },
    ],
  });
  for (const [n, key] of keys.entries()) emulator.bucket("demo-1250000000").put(key, makeImage("png", 16, n));
  emulator.bucket("manifests-1250000000").put("inbox/2026-11-22.csv", Buffer.from("demo-1250000000,plain.png\n"));
});
afterAll(async () => {
  for (const each of functions) each.close();
  await emulator?.close();
  await queues?.close();
  await rm(folder, { recursive: true, force: true });
});

function start(more: Partial<ScfConditions> = {}): ScfFunction {
  const one = startScf({
    bundle: join(built.folder, "dist/scf"),
    credentials,
    timeout: 60,
    ...more,
    variables: {
      ORIGINALS_ENDPOINT: emulator.url,
      ORIGINALS_REGION: "ap-guangzhou",
      ORIGINALS_SOURCE: "cos://demo-1250000000",
      ORIGINALS_ARCHIVE: "cos://archive-1250000000/photos/",
      ...more.variables,
    },
  });
  functions.push(one);
  return one;
}

function forget(): void {
  const archive = emulator.bucket("archive-1250000000");
  for (const key of archive.keys()) archive.delete(key);
}
const timer = (Message: string, Time = "2026-11-22T02:00:00Z") => ({ Type: "Timer", TriggerName: "t", Time, Message });
const events = readdirSync(new URL("../../../events/", import.meta.url))
  .filter((name) => /^scf-.*\.json$/.test(name))
  .map((name) => name.replace(".json", ""))
  .sort();

describe("SCF's conditions", () => {
  it("hold here too: nothing but /tmp can be written, memory and time have an end, and the next invocation has a new process", async () => {
    const bundle = await mkdtemp(join(tmpdir(), "originals-scf-other-"));
    onTestFinished(() => rm(bundle, { recursive: true, force: true }));
    const code = `exports.main_handler = async ({ task }) => {
      const { writeFileSync } = require("node:fs");
      if (task === "disk") writeFileSync("here.txt", "");
      if (task === "tmp") writeFileSync(require("node:os").tmpdir() + "/originals-scf-written.txt", "");
      if (task === "time") return new Promise((resolve) => setTimeout(resolve, 60_000));
      if (task === "memory") for (const all = []; ; ) all.push(Array.from({ length: 100_000 }, () => ({})));
      return process.env.TENCENTCLOUD_RUNENV;
    };`;
    await writeFile(join(bundle, "index.js"), code);
    const scf = startScf({ bundle, credentials, variables: {}, timeout: 60 });
    const short = startScf({ bundle, credentials, variables: {}, timeout: 3 });
    functions.push(scf, short);
    expect(await scf.invoke({ task: "tmp" })).toMatchObject({ result: "SCF" });
    expect((await scf.invoke({ task: "disk" })).failed).toMatch(/restricted/i);
    expect((await scf.invoke({ task: "memory" })).failed).toBe("The process ended in the middle");
    expect(await scf.invoke({ task: "none" })).toMatchObject({ result: "SCF" });
    expect(scf.starts()).toBe(2);
    expect((await short.invoke({ task: "time" })).failed).toBe("Invoking task timed out after 3 seconds");
    expect(await short.invoke({ task: "none" })).toMatchObject({ result: "SCF" });
    expect(short.starts()).toBe(2);
  });
});

describe("the function under SCF's conditions", () => {
  it("takes every event in 128 MB, writes nothing but below /tmp, and answers before its limit, without a queue", async () => {
    forget();
    const scf = start();
    const answers: Record<string, unknown> = {};
    for (const event of events) {
      const { result, failed, mostMemory } = await scf.invoke(eventOf(event));
      answers[event] = failed ?? result;
      expect(mostMemory, event).toBeLessThan(128);
    }
    const done = expect.objectContaining({ acknowledged: expect.any(Number), rejected: 0 });
    expect(answers).toEqual({
      // Of two messages one is of a run that is not there.
      "scf-ckafka": expect.stringMatching(/^1 of 2 messages can't be worked, and no dead-letter queue took them: /),
      "scf-ckafka-partition-misspelt": done,
      "scf-cmq": done,
      "scf-cmq-tag-string": done,
      "scf-cos": done,
      "scf-eventbridge": done,
      "scf-timer": { runs: 0, complete: 0, shards: 0, leftAlone: 0 },
      "scf-timer-list": expect.objectContaining({
        acknowledged: 1,
        summary: expect.objectContaining({ state: "complete" }),
      }),
    });
    expect(scf.starts()).toBe(1);
    for (const key of keys) expect(emulator.bucket("archive-1250000000").get(`photos/${key}`), key).toBeDefined();
  });

  it("puts what is pushed into a queue where there is one, and works it by its timer", async () => {
    forget();
    const ORIGINALS_QUEUE = await queues.create("scf-work");
    const scf = start({ timeout: 10, variables: { ...queues.env, ORIGINALS_QUEUE } });
    expect(await scf.invoke(eventOf("scf-cmq"))).toMatchObject({ result: { sent: 1 } });
    expect(await scf.invoke(eventOf("scf-timer"))).toMatchObject({ result: { acknowledged: 1, rejected: 0 } });
    expect(await queues.depth("scf-work")).toBe(0);
    for (const key of keys) expect(emulator.bucket("archive-1250000000").get(`photos/${key}`), key).toBeDefined();
  });

  it("says at SCF's default limit of 3 s what is wrong with it, and is not killed at it", async () => {
    const scf = start({ timeout: 3 });
    const { failed } = await scf.invoke(timer("poll"));
    expect(failed).toMatch(/^The function has 3 s for each invocation, .*give it a time limit of 900 s\.$/);
    expect((await scf.invoke(timer("list"))).failed ?? "").not.toContain("timed out");
    expect(scf.starts()).toBe(1);
  });

  it(`ends a night of ${rows} rows by its timers alone, 10 s each, in ${memory} MB, and is never killed at its limit`, async () => {
    forget();
    const source = emulator.bucket("night-1250000000");
    for (let n = 0; n < rows; n++) source.put(`2026/${String(n).padStart(6, "0")}.png`, makeImage("png", 16, n));
    const shard = Math.max(50, Math.ceil(rows / 20));
    // More than fits into the 10 s of one tick.
    const ORIGINALS_RATE = `${Math.ceil(rows / 10)}/s`;
    const places = { ORIGINALS_SOURCE: "cos://night-1250000000", ORIGINALS_SHARD_SIZE: String(shard) };
    const scf = start({ timeout: 10, memory, variables: { ...places, ORIGINALS_RATE } });
    emulator.resetRequests();
    const begun = await scf.invoke(timer("list", "2026-11-23T02:00:00Z"));
    expect(begun.failed).toBeUndefined();
    let most = begun.mostMemory;
    let ticks = 1;
    // A timer of each second, so that the test is over sooner.
    for (; ticks < 600; ticks++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const tick = await scf.invoke(timer("poll"));
      expect(tick.failed).toBeUndefined();
      most = Math.max(most, tick.mostMemory);
      if (tick.log.some(({ did }) => did === "nothing")) break;
    }
    const archive = emulator.bucket("archive-1250000000");
    const summary = archive.keys().find((key) => /listing-20261123.*\/report\/summary\.json$/.test(key)) ?? "";
    const told = JSON.parse(archive.get(summary)?.bytes.toString() ?? "{}");
    expect(told).toMatchObject({ state: "complete", rows, archived: rows, failed: 0 });
    const fetches = emulator.requests()["object.original"];
    // None is paid for that the ledger does not know of.
    expect(told.requests["source.get"]).toBe(fetches);
    // A long night ends many ticks, on a machine that may have become slower since it was reckoned what still fits: what is given up there is fetched again.
    if (rows <= 1_000) expect(fetches).toBe(rows);
    expect(most).toBeLessThan(memory);
    expect(scf.starts()).toBe(1);
    if (process.env.SCF_ROWS !== undefined) {
      console.log(JSON.stringify({ rows, ticks, fetches, mostMemory: most }));
      for (const line of begun.log) console.log(JSON.stringify(line));
    }
  });
});
