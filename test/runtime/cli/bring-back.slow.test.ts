/**
 * The drill: a source is replaced by garbage, nights go on, and all of day one is brought back, byte by byte; from a history, and from the versions
 * of the archive's bucket, into the source and into a folder. By the commands as they are built.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BucketControl, type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { parseSummary } from "../../../src/report/summary.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { type Built, build, runCli } from "./built.ts";
import { archive, credentials, source } from "./lab.ts";
import "../../setup/long.ts";

const keys = Array.from({ length: 20 }, (_, n) => `album/${n % 3}/picture-${n}.png`);
const original = (key: string) => Buffer.from(`the original of ${key} ${"x".repeat(key.length * 50)}`);
const metaOf = (key: string) => ({ "content-type": "image/png", "x-cos-meta-mood": `of ${key.length}` });
const garbage = (key: string, night: number) => Buffer.from(`garbage ${night} of ${key}`);
const at = `cos://${archive}/photos/`;

let built: Built;
let folder: string;
let emulator: Emulator;
/** How far the service's clock is ahead: a night comes when it is told to. */
let ahead = 0;

beforeAll(async () => {
  built = await build();
});

beforeEach(async () => {
  ahead = 0;
  folder = await mkdtemp(join(tmpdir(), "originals-drill-"));
  emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [credentials],
    clock: { ...systemClock, now: () => systemClock.now() + ahead },
    buckets: [{ name: source, protect: "all" }, { name: archive }],
  });
  for (const key of keys) bucket().put(key, original(key), metaOf(key));
  bucket().put("album/0/untouched.png", original("untouched"), metaOf("untouched"));
});
afterEach(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const bucket = (): BucketControl => emulator.bucket(source);

async function cli(...args: readonly string[]) {
  const env = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: emulator.url,
    ORIGINALS_REGION: "ap-guangzhou",
  };
  return runCli(built.cli, args, env);
}

/** Some minutes later, and the moment between. */
function later(): string {
  ahead += 120_000;
  return new Date(systemClock.now() + ahead - 60_000).toISOString();
}

async function night(name: string, ...more: readonly string[]) {
  const { code, stdout, stderr } = await cli(
    ...["run", "--source", `cos://${source}`, "--list", "--run", name, "--json", "--archive"],
    ...more,
  );
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return parseSummary(JSON.parse(stdout));
}

/** Three nights: what is there, all of it replaced by garbage, and then by other garbage, with some deleted and one new. */
async function nights(...where: readonly string[]): Promise<{ readonly dayOne: string; readonly dayTwo: string }> {
  expect(await night("night-1", ...where)).toMatchObject({ archived: 21, failed: 0 });
  const dayOne = later();
  for (const key of keys) bucket().put(key, garbage(key, 2), { "content-type": "text/plain" });
  expect(await night("night-2", ...where)).toMatchObject({ archived: 20, skipped: 1, failed: 0 });
  const dayTwo = later();
  for (const key of keys.slice(0, 10)) bucket().put(key, garbage(key, 3));
  for (const key of keys.slice(10, 13)) bucket().delete(key);
  bucket().put("album/0/new.png", original("new"));
  expect(await night("night-3", ...where)).toMatchObject({ archived: 11, failed: 0 });
  later();
  return { dayOne, dayTwo };
}

const refused = { code: 2, stdout: "" };

async function bringBack(...args: readonly string[]) {
  const { code, stdout, stderr } = await cli("restore", "--archive", at, "--json", ...args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return parseSummary(JSON.parse(stdout));
}

function expectDayOne(): void {
  for (const key of keys) {
    const { object, bytes } = bucket().get(key) ?? expect.fail(`${key} is gone`);
    expect(bytes.equals(original(key)), key).toBe(true);
    expect(object.headers, key).toMatchObject(metaOf(key));
    expect(
      Object.keys(object.headers).filter((name) => name.includes("original")),
      key,
    ).toEqual([]);
  }
  expect(bucket().get("album/0/new.png")?.bytes).toEqual(original("new"));
}

describe.each([
  ["by a history", ["--history", "history/"]],
  ["by the bucket's versions", []],
])("all of day one comes back, %s", (_, history) => {
  test("into the source, which is asked for first, and into a folder", async () => {
    if (history.length === 0) emulator.bucket(archive).configure({ versioning: "Enabled" });
    const { dayOne, dayTwo } = await nights(at, ...history);

    const unasked = await cli("restore", "--archive", at, "--to", `cos://${source}`, "--at", dayOne, ...history);
    expect(unasked).toMatchObject(refused);
    expect(unasked.stderr).toMatch(/writes on keys of cos:\/\/photos-1250000000, the source .* agree to it with --yes/);
    expect(bucket().get(keys[0]!)?.bytes).toEqual(garbage(keys[0]!, 3));

    const back = await bringBack("--to", `cos://${source}`, "--at", dayOne, "--yes", ...history);
    expect(back).toMatchObject({ state: "complete", rows: 21, archived: 20, skipped: 1, failed: 0 });
    expectDayOne();
    // The night after finds all of it in the archive, or archives it again: nothing is lost by bringing it back.
    expect(await night("night-4", at, ...history)).toMatchObject({ failed: 0 });

    const to = join(folder, "back");
    await mkdir(to);
    const second = await bringBack("--to", `file://${to}`, "--at", dayTwo, "--prefix", "album/1/", ...history);
    const inSecond = keys.filter((key) => key.startsWith("album/1/"));
    expect(second).toMatchObject({ rows: inSecond.length, archived: inSecond.length });
    for (const key of inSecond) expect(await readFile(join(to, key))).toEqual(garbage(key, 2));
    expect(await readdir(join(to, "album"))).toEqual(["1"]);

    const manifest = join(folder, "keys.txt");
    await writeFile(manifest, `${keys[0]}\n${keys[1]}\nalbum/0/new.png\n`);
    const named = await cli(
      ...[
        "restore",
        "--archive",
        at,
        "--to",
        `file://${to}`,
        "--at",
        dayOne,
        "--manifest",
        manifest,
        "--yes",
        "--json",
      ],
      ...history,
    );
    expect(named.code).toBe(3);
    expect(parseSummary(JSON.parse(named.stdout))).toMatchObject({ rows: 3, archived: 2, failed: 1 });
    expect(await readFile(join(to, keys[0]!))).toEqual(original(keys[0]!));
  });
});

test("without either of them --at is refused, and what lies there now comes back all the same", async () => {
  await nights(at);
  const to = join(folder, "back");
  await mkdir(to);
  const refusedAt = await cli("restore", "--archive", at, "--to", `file://${to}`, "--at", "2026-01-01T00:00:00Z");
  expect(refusedAt).toMatchObject(refused);
  expect(refusedAt.stderr).toMatch(/keeps no versions; say the --history that the runs had/);
  expect(await bringBack("--to", `file://${to}`)).toMatchObject({ rows: 22, archived: 22 });
  expect(await readFile(join(to, keys[0]!))).toEqual(garbage(keys[0]!, 3));
  expect(await readFile(join(to, keys[12]!))).toEqual(garbage(keys[12]!, 2));
});

test("plan and doctor say what becomes of what a run replaces", async () => {
  const where = ["--source", `cos://${source}`, "--archive", at] as const;
  const said = async (...more: readonly string[]) => {
    const plan = await cli("plan", ...where, "--list", "--json", ...more);
    const doctor = await cli("doctor", ...where, "--json", ...more);
    const { findings } = JSON.parse(doctor.stdout) as { findings: { check: string; verdict: string; says: string }[] };
    return [JSON.parse(plan.stdout).replaced, findings.find(({ check }) => check === "history")?.verdict];
  };
  expect(await said()).toEqual([{ by: "nothing" }, "warning"]);
  const history = `cos://${archive}/history/`;
  expect(await said("--history", "history")).toEqual([{ by: "history", history }, "good"]);
  emulator.bucket(archive).configure({ versioning: "Enabled" });
  expect(await said()).toEqual([{ by: "versions" }, "good"]);
  emulator.bucket(archive).configure({ versioning: "Suspended" });
  const plan = await cli("plan", ...where, "--list", "--history", "history/");
  expect(plan).toMatchObject(refused);
  expect(plan.stderr).toContain("keeps no versions any more");
});

/** Catches: what is said of a restore, or done after it, asking each bucket by the other side's endpoint and credentials. */
test("what failed to come back is tried again, and what came is verified, where the two sides are two services", async () => {
  const away = await startEmulator({
    dataDir: join(folder, "away"),
    credentials: [credentials],
    buckets: [{ name: archive }],
  });
  try {
    const sides = ["--archive-endpoint", away.url, "--source-endpoint", emulator.url];
    const keptThere = away.bucket(archive);
    for (const key of keys) keptThere.put(`photos/${key}`, original(key), metaOf(key));
    const [first = ""] = keys;
    bucket().delete(first);
    emulator.faults.use(({ operation, key }) =>
      operation === "object.put" && key === first ? { kind: "error", code: "InvalidArgument" } : undefined,
    );
    const to = ["--to", `cos://${source}`, "--run", "back", "--yes"];
    const partly = await cli("restore", "--archive", at, ...to, ...sides, "--json");
    expect(partly.code, partly.stderr).toBe(3);
    expect(parseSummary(JSON.parse(partly.stdout))).toMatchObject({ skipped: 19, failed: 1 });
    emulator.faults.clear();

    const queued = await cli("redrive", "back", "--archive", at, ...sides, "--queue", "sqs:http://localhost:1/q");
    expect(queued).toMatchObject(refused);
    expect(queued.stderr).toContain("which no queue's worker does");
    const again = await cli("redrive", "back", "--archive", at, ...sides, "--json");
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain(`It writes into cos://${source}, as the run back did.`);
    expect(JSON.parse(again.stdout)).toMatchObject({ redriveOf: "back", archived: 1, requests: { "source.plain": 1 } });
    expect(bucket().get(first)?.bytes).toEqual(original(first));

    const judged = await cli("verify", "back-redrive-1", "--archive", at, ...sides, "--json");
    expect(judged.code, judged.stderr).toBe(0);
    expect(JSON.parse(judged.stdout)).toMatchObject({ checked: 1, same: 1, missing: 0 });
    const reported = await cli("report", "back-redrive-1", "--archive", at, "--archive-endpoint", away.url, "--json");
    expect(reported.code, reported.stderr).toBe(0);
  } finally {
    await away.close();
  }
});
