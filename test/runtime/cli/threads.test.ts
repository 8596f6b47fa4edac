import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseOpenMarker } from "../../../src/ledger/open-marker.ts";
import { parseSummary } from "../../../src/report/summary.ts";
import { runCli, start } from "./built.ts";
import { archive, type Lab, lines, openLab, source } from "./lab.ts";
import { openQueueServer } from "./queue-server.ts";

const KEYS = 2_000;
const many = Array.from({ length: KEYS }, (_, n) => `many/${n} ü+%.png`);
const bytesOf = (key: string) => Buffer.from(`the original of ${key}, ${"x".repeat(key.length * 7)}`);

let lab: Lab;
let manifest: string;
beforeAll(async () => {
  lab = await openLab();
  for (const key of many) lab.emulator.bucket(source).put(key, bytesOf(key));
  manifest = await lab.file("many.txt", lines(...many));
}, 60_000);
afterAll(() => lab?.close());
beforeEach(() => {
  lab.next();
  lab.emulator.resetRequests();
});

const threads = ["--workers", "3", "--json", "--shard-size", "100"];

/** The threads that worked the shards of every run in the archive of the test at hand. */
function threadsSeen(): readonly number[] {
  const bucket = lab.emulator.bucket(archive);
  const below = lab.place().replace(`cos://${archive}/`, "");
  const opened = bucket.keys().filter((key) => key.startsWith(below) && key.includes("-open~"));
  const seen = opened.map(
    (key) => JSON.parse(parseOpenMarker(bucket.get(key)?.bytes)?.worker ?? "{}").thread as number,
  );
  return [...new Set(seen)].sort((a, b) => a - b);
}

function expectAllArchived(): void {
  const wrong = many.filter((key) => !lab.archived(key)?.equals(bytesOf(key)));
  expect(wrong).toEqual([]);
}

/** In a process that has this in its environment the first thread dies once the file is there. */
const firstThreadDiesBy = (file: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
    `import { existsSync } from "node:fs";
     import { threadId } from "node:worker_threads";
     if (threadId === 1) setInterval(() => {
       if (existsSync(${JSON.stringify(file)})) throw new Error("a fault nobody caught");
     }, 10);`,
  )}`,
});

describe("cos-originals with --workers", { timeout: 120_000 }, () => {
  it("archives each key once, adds up, and uses every thread", async () => {
    const { code, stdout, stderr } = await lab.run([...threads, "--manifest", manifest]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(parseSummary(JSON.parse(stdout))).toMatchObject({
      state: "complete",
      rows: KEYS,
      archived: KEYS,
      failed: 0,
      pending: 0,
      bytes: many.reduce((sum, key) => sum + bytesOf(key).length, 0),
    });
    expect(lab.emulator.requests()["object.original"]).toBe(KEYS);
    expectAllArchived();
    expect(threadsSeen()).toEqual([1, 2, 3]);
  });

  it("works a run of one shard without a thread", async () => {
    const few = await lab.file("few.txt", lines(...many.slice(0, 20)));
    expect((await lab.run([...threads, "--manifest", few])).code).toBe(0);
    expect(threadsSeen()).toEqual([undefined]);
  });

  it("ends with 3 where keys failed, with 4 where too many did, with 2 and 6 as ever", async () => {
    const some = await lab.file("some.txt", lines(...many.slice(0, 300), "missing.png"));
    const failed = await lab.run([...threads, "--manifest", some]);
    expect(failed.code, failed.stderr).toBe(3);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      archived: 300,
      failures: [{ code: "NoSuchKey", count: 1, keys: ["missing.png"] }],
    });
    const none = await lab.file("none.txt", lines(...Array.from({ length: 400 }, (_, n) => `missing-${n}.png`)));
    const halted = await lab.run([...threads, "--max-failures", "3", "--shard-size", "10", "--manifest", none]);
    expect(halted.code, halted.stderr).toBe(4);
    expect(JSON.parse(halted.stdout)).toMatchObject({ state: "halted" });
    const wrong = await lab.run(["--workers", "none", "--manifest", some]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--workers "none" is not a whole number from 1 to 64; --workers 4 would do.');
    const refused = await lab.run([...threads, "--manifest", some, "--run", "other"], undefined, {
      TENCENTCLOUD_SECRETKEY: "another",
    });
    expect(refused.code, refused.stderr).toBe(6);
  });

  it("interrupted once ends cleanly with 130, and goes on to the same end", async () => {
    let fetched = 0;
    lab.emulator.faults.use(({ operation }) => {
      if (operation !== "object.original") return undefined;
      if (++fetched === 400) child.kill("SIGINT");
      return { kind: "delay", ms: 20 };
    });
    const child = start(lab.built.cli, ["run", "--archive", lab.place(), ...threads, "--manifest", manifest], lab.env);
    const first = await child.ended;
    expect(first.code, first.stderr).toBe(130);
    const summary = parseSummary(JSON.parse(first.stdout));
    expect(summary.state).toBe("incomplete");
    // At once are 32: what was in hand ended, nothing else began.
    expect(summary.archived).toBeGreaterThanOrEqual(400 - 32);
    expect(summary.archived).toBeLessThanOrEqual(400 + 64);
    expect(summary.archived + summary.pending).toBe(KEYS);
    lab.emulator.faults.clear();
    const second = await lab.run([...threads, "--manifest", manifest]);
    expect(second.code, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ state: "complete", archived: KEYS, pending: 0 });
    expect(lab.emulator.requests()["object.original"]).toBe(KEYS);
    expectAllArchived();
  });

  it("interrupted twice ends at once", async () => {
    lab.emulator.faults.use(({ operation }) => {
      if (operation !== "object.original") return undefined;
      child.kill("SIGTERM");
      return { kind: "hang" };
    });
    const child = start(lab.built.cli, ["run", "--archive", lab.place(), ...threads, "--manifest", manifest], lab.env);
    await child.says("Stopping: ");
    child.kill("SIGINT");
    expect((await child.ended).code).toBe(130);
  });

  it("outlives a thread of its own: what that had is given back, and the run is complete", async () => {
    const sign = join(lab.folder, "die");
    let fetched = 0;
    lab.emulator.faults.use(({ operation }) => {
      if (operation !== "object.original") return undefined;
      if (++fetched === 600) writeFileSync(sign, "");
      return { kind: "delay", ms: 20 };
    });
    const dying = firstThreadDiesBy(sign);
    const { code, stdout, stderr } = await lab.run([...threads, "--manifest", manifest], undefined, dying);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      "error: A worker thread ended; what it had in hand is given back. (reason: a fault nobody caught, deliveries: ",
    );
    expect(parseSummary(JSON.parse(stdout))).toMatchObject({
      state: "complete",
      archived: KEYS,
      failed: 0,
      pending: 0,
    });
    expectAllArchived();
    expect(threadsSeen()).toEqual([1, 2, 3, 4]);
    // Its share of 32 was in flight.
    expect(lab.emulator.requests()["object.original"] - KEYS).toBeLessThanOrEqual(11);
  });

  it("drains a queue, and is redriven, by threads", async () => {
    const queues = await openQueueServer();
    try {
      const env = { ...lab.env, ...queues.env, ORIGINALS_WORKERS: "3", ORIGINALS_ARCHIVE: lab.place() };
      const cli = (...args: string[]) => runCli(lab.built.cli, args, env);
      const some = await lab.file("some.txt", lines(...many.slice(0, 600), "late.png"));
      const asked = ["--manifest", some, "--run", "queued", "--shard-size", "50"];
      const queue = ["--queue", await queues.create("threads")];
      expect(await cli("submit", ...asked, ...queue)).toMatchObject({ code: 0 });
      lab.emulator.faults.use(({ operation }) =>
        operation === "object.original" ? { kind: "delay", ms: 20 } : undefined,
      );
      const worked = await cli("work", "--drain", "--json", ...queue);
      expect(worked.code, worked.stderr).toBe(3);
      expect(JSON.parse(worked.stdout)).toMatchObject({
        archived: 600,
        failed: 1,
        messages: { rejected: 0 },
        runs: [{ run: "queued", state: "complete", rows: 601, failed: 1 }],
      });
      expect(threadsSeen()).toEqual([1, 2, 3]);
      lab.emulator.bucket(source).put("late.png", bytesOf("late.png"));
      const redriven = await cli("redrive", "queued", "--json");
      expect(redriven.code, redriven.stderr).toBe(0);
      expect(lab.archived("late.png")).toEqual(bytesOf("late.png"));
    } finally {
      await queues.close();
    }
  });
});
