/** Whole runs into a folder, by the command line that is shipped: killed with -9, looked at afterwards, and beside other people's tools. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSummary } from "../../../src/report/summary.ts";
import { createFolderStore } from "../../../src/stores/folder/folder.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { runCli, start } from "../../runtime/cli/built.ts";
import { type Lab, lines, openLab, source } from "../../runtime/cli/lab.ts";
import "../../setup/long.ts";
import { seededRandom } from "../../simulation/world.ts";
import { keysOf, textOf } from "./lab.ts";

const KILLS = 5;
const CONCURRENCY = 8;
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

const awkward = [
  "odd/A.png",
  "odd/a.png",
  "odd/é.png",
  "odd/e\u0301.png",
  "odd/a",
  "odd/a/b.png",
  "odd/nul.png",
  "odd/x..",
  "odd/IMG_1234.JPG",
  "odd/img_1234.jpg",
  'odd/<>:"|?*\\ %41^7~.png',
  `odd/${"k".repeat(700)}.png`,
];
const plain = Array.from({ length: 1_200 }, (_, n) => `plain/${n % 7}/${n}.png`);

let lab: Lab;
let scratch: string;
beforeAll(async () => {
  lab = await openLab();
  scratch = await realpath(await mkdtemp(join(tmpdir(), "folder-run-")));
  const random = seededRandom(seed);
  for (const key of [...plain, ...awkward]) {
    const bytes = Buffer.from(`the original of ${key}, ${"x".repeat(Math.floor(random() * 3_000))}`);
    lab.emulator.bucket(source).put(key, bytes, { "content-type": "image/png", "x-cos-meta-of": encodeURI(key) });
    await mkdir(dirname(join(scratch, "originals", key)), { recursive: true }).catch(() => undefined);
    if (plain.includes(key)) await writeFile(join(scratch, "originals", key), bytes);
  }
});
afterAll(async () => {
  await lab?.close();
  await rm(scratch, { recursive: true, force: true });
});

const filesOf = async (folder: string) => {
  const paths: string[] = [];
  for (const path of await readdir(folder, { recursive: true })) {
    if (/^(?:\^store|\.originals)(?:\/|$)/.test(path)) continue;
    if ((await stat(join(folder, path))).isFile()) paths.push(path);
  }
  return paths.sort();
};

// What it would catch: an object without its sidecar, a torn file under a key, a row lost or recorded that is not there.
describe(`runs into a folder, one of them killed with -9 ${KILLS} times (seed ${seed})`, () => {
  const run = async (folder: string, kills: number) => {
    await mkdir(join(scratch, folder));
    const manifest = await lab.file("folder.txt", lines(...plain, ...awkward));
    const archive = `file://${join(scratch, folder)}`;
    const args = ["run", "--archive", archive, "--run", "r", "--manifest", manifest, "--json", "--shard-size", "100"];
    const random = seededRandom(seed + 1);
    lab.emulator.resetRequests();
    for (let killed = 0; ; killed++) {
      const child = start(lab.built.cli, [...args, "--concurrency", String(CONCURRENCY)], lab.env);
      const timer = killed < kills ? setTimeout(() => child.kill("SIGKILL"), 500 + random() * 900) : undefined;
      const ended = await child.ended;
      clearTimeout(timer);
      if (ended.signal === "SIGKILL") continue;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return { summary: parseSummary(JSON.parse(ended.stdout)), killed, archive };
    }
  };

  test("end alike: every original is there, with its headers, and few are fetched twice", async () => {
    const keys = [...plain, ...awkward];
    const folders = { whole: 0, killed: KILLS };
    for (const [folder, kills] of Object.entries(folders)) {
      const { summary, killed, archive } = await run(folder, kills);
      const rows = keys.length;
      expect(summary).toMatchObject({ state: "complete", rows, archived: rows, failed: 0, pending: 0 });
      // Two of the awkward ones have no suffix that can be protected.
      const { "object.original": paid, "object.get": plainly } = lab.emulator.requests();
      const fetched = paid + plainly;
      console.log(`${folder}: ${killed} kills, ${rows} keys, ${fetched - rows} fetched again`);
      expect(fetched - rows).toBeLessThanOrEqual(killed * CONCURRENCY);

      const store = createFolderStore({ folder: join(scratch, folder), clock: systemClock, random: Math.random });
      const there = (await keysOf(store)).filter((key) => !key.startsWith(".originals/"));
      expect(there.sort()).toEqual([...keys].sort());
      for (const key of keys) {
        const original = lab.emulator.bucket(source).get(key);
        expect(await textOf(store, key)).toBe(original?.bytes.toString());
        const head = await store.head(key);
        expect(head.headers, key).toMatchObject({ "content-type": "image/png", "x-cos-meta-of": encodeURI(key) });
        expect(head.headers["x-cos-meta-original-run"]).toBe("r");
      }
      await store.close();

      const ledger = ["--ledger", `${archive}/.originals/`];
      const env = { ...lab.env, ORIGINALS_ARCHIVE: archive };
      expect(await runCli(lab.built.cli, ["status", "r", ...ledger], env)).toMatchObject({ code: 0 });
      expect(await runCli(lab.built.cli, ["verify", "r", ...ledger], env)).toMatchObject({ code: 0 });
    }
    expect(await filesOf(join(scratch, "killed"))).toEqual(await filesOf(join(scratch, "whole")));
  });

  test("hold what rclone finds in the source, under plain keys", async ({ skip }) => {
    const version = await promisify(execFile)("rclone", ["version"]).catch(() => undefined);
    if (version === undefined) return skip("rclone is not installed");
    for (const folder of ["whole", "killed"]) {
      const checked = await promisify(execFile)("rclone", [
        "check",
        join(scratch, "originals/plain"),
        join(scratch, folder, "plain"),
        "--config",
        join(scratch, "none.conf"),
      ]);
      console.log(checked.stderr.trim().split("\n").slice(-3).join("\n"));
      expect(checked.stderr).toMatch(/0 differences found/);
      expect(checked.stderr).toMatch(new RegExp(`${plain.length} matching files`));
    }
  });

  test("by two processes at once, of one run, archive each key, and few of them twice", async () => {
    const folder = join(scratch, "shared");
    await mkdir(folder);
    const keys = plain.slice(0, 600);
    const manifest = await lab.file("shared.txt", lines(...keys));
    const args = ["run", "--archive", `file://${folder}`, "--run", "r", "--manifest", manifest, "--shard-size", "50"];
    lab.emulator.resetRequests();
    const both = [1, 2].map(() => start(lab.built.cli, [...args, "--concurrency", String(CONCURRENCY)], lab.env));
    const ended = await Promise.all(both.map((each) => each.ended));
    // Who finds it over when it looks says so.
    for (const { code, stderr } of ended)
      expect(code === 0 || /is over|was over|ended/.test(stderr), stderr).toBe(true);
    expect(ended.some(({ code }) => code === 0)).toBe(true);
    const env = { ...lab.env, ORIGINALS_ARCHIVE: `file://${folder}` };
    const status = await runCli(lab.built.cli, ["status", "r", "--json"], env);
    expect(parseSummary(JSON.parse(status.stdout))).toMatchObject({
      state: "complete",
      archived: 600,
      failed: 0,
      pending: 0,
    });
    expect(await filesOf(folder)).toEqual([...keys].sort());
    const again = lab.emulator.requests()["object.original"] - keys.length;
    console.log(`two processes, one run: ${again} of ${keys.length} keys fetched twice`);
    expect(again).toBeLessThanOrEqual(2 * CONCURRENCY + 50);
  });

  test("of rows that failed are driven again; what a person damaged is found by verify", async () => {
    const folder = join(scratch, "again");
    await mkdir(folder);
    const archive = `file://${folder}`;
    const stop = lab.emulator.faults.use((request) =>
      request.key === "plain/0/0.png" ? { kind: "error", status: 404, code: "NoSuchKey" } : undefined,
    );
    const manifest = await lab.file("again.txt", lines("plain/0/0.png", "plain/1/1.png", "odd/A.png"));
    const env = { ...lab.env, ORIGINALS_ARCHIVE: archive };
    const first = await runCli(lab.built.cli, ["run", "--manifest", manifest, "--run", "r"], env);
    expect(first, first.stderr).toMatchObject({ code: 3 });
    stop();
    const again = await runCli(lab.built.cli, ["redrive", "r"], env);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    await writeFile(join(folder, "plain/1/1.png"), "damaged");
    const verified = await runCli(lab.built.cli, ["verify", "r"], env);
    expect(verified, verified.stderr).toMatchObject({ code: 7 });
  });

  test("are refused where the folder is not there, or can't give what is asked, before anything is fetched", async () => {
    lab.emulator.resetRequests();
    const manifest = await lab.file("one.txt", lines("plain/0/0.png"));
    const of = (folder: string, ...more: string[]) =>
      runCli(lab.built.cli, ["run", "--manifest", manifest, "--archive", `file://${folder}`, ...more], lab.env);
    const absent = await of(join(scratch, "unmounted"));
    expect(absent).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no such folder; make it, or mount/),
    });
    const wish = await of(join(scratch, "again"), "--storage-class", "ARCHIVE");
    expect(wish).toMatchObject({ code: 2, stderr: expect.stringMatching(/storage class ARCHIVE/) });
    expect(lab.emulator.requests()["object.original"]).toBe(0);
  });
});
