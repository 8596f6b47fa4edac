/**
 * From the embedded COS to a server of S3's protocol, ledger and all, by the commands as they are built: OpenStack Swift where Debian's packages
 * are there, else fauxqs, which lacks what a ledger rests on and says so.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSummary } from "../../../src/report/summary.ts";
import { type S3Server, s3Bucket, s3Credentials, startFauxqs } from "../../stores/s3-servers.ts";
import { missingSwift, startSwift, swiftCredentials } from "../../stores/swift.ts";
import { type Ended, runCli, start } from "./built.ts";
import { credentials, type Lab, openLab, source } from "./lab.ts";
import "../../setup/long.ts";
import { thorough } from "../../setup/thorough.ts";

const isSwift = missingSwift.length === 0;
const keys = Array.from({ length: 300 }, (_, n) => `photos/${n % 7}/IMG ${n} 夏+%.png`);
const contentOf = (key: string) => Buffer.from(`the original of ${key}, ${"x".repeat(key.length * 40)}`);

const kills = thorough ? 5 : 2;

let lab: Lab;
let server: S3Server;
let env: Record<string, string>;

beforeAll(async () => {
  [lab, server] = await Promise.all([openLab(), isSwift ? startSwift() : startFauxqs()]);
  const its = isSwift ? swiftCredentials : s3Credentials;
  env = {
    ...lab.env,
    ORIGINALS_ARCHIVE_ENDPOINT: server.url,
    ORIGINALS_ARCHIVE_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: its.secretId,
    AWS_SECRET_ACCESS_KEY: its.secretKey,
  };
  for (const key of keys) lab.emulator.bucket(source).put(key, contentOf(key));
});
afterAll(async () => {
  await server?.close();
  await lab?.close();
});

const cli = (args: readonly string[]): Promise<Ended> => runCli(lab.built.cli, args, env);
const fetches = () => lab.emulator.requests()["object.original"];
const manifestOf = (name: string, all: readonly string[]) => lab.file(name, all.map((key) => `${key}\n`).join(""));

async function archived(prefix: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const key of keys) {
    const reply = await server.bucket.get(prefix + key);
    found.set(key, reply.kind === "bytes" ? reply.bytes.toString() : "a stream");
  }
  return found;
}

const originals = () => new Map(keys.map((key) => [key, contentOf(key).toString()]));

/** Is there such a program? It is of a Debian package, for this test alone. */
const hasRclone = await promisify(execFile)("rclone", ["version"]).then(
  () => true,
  () => false,
);

describe("an archive in S3, with its ledger", () => {
  test("holds every original, once fetched, and its run can be told, verified, reported and redriven", async () => {
    lab.emulator.resetRequests();
    const archive = ["--archive", `s3://${s3Bucket}/whole/`];
    const manifest = await manifestOf("whole.txt", [...keys, "other/missing.png"]);
    const ran = await cli([
      "run",
      ...archive,
      "--run",
      "whole",
      "--manifest",
      manifest,
      "--json",
      "--shard-size",
      "50",
    ]);
    expect(ran.code, ran.stderr).toBe(3);
    const told = { rows: keys.length + 1, archived: keys.length, failed: 1, pending: 0, state: "complete" };
    expect(parseSummary(JSON.parse(ran.stdout))).toMatchObject(told);
    expect(fetches()).toBe(keys.length + 1);
    expect(await archived("whole/")).toEqual(originals());
    // Who archives must know where the store lets a ledger down.
    expect(ran.stderr).toContain("forbids no overwriting");
    expect(ran.stderr).toContain(isSwift ? "refuses If-None-Match" : "passes over If-None-Match");

    const status = await cli(["status", "whole", ...archive, "--json"]);
    expect(parseSummary(JSON.parse(status.stdout))).toMatchObject(told);
    const verified = await cli(["verify", "whole", ...archive, "--json"]);
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ checked: keys.length, same: keys.length, sizeOnly: 0 });
    const report = await cli(["report", "whole", ...archive, "--json"]);
    expect(report.code, report.stderr).toBe(0);

    lab.emulator.bucket(source).put("other/missing.png", contentOf("missing"));
    const redriven = await cli(["redrive", "whole", ...archive, "--json"]);
    expect(redriven.code, redriven.stderr).toBe(0);
    expect(parseSummary(JSON.parse(redriven.stdout))).toMatchObject({ rows: 1, archived: 1 });

    await server.bucket.put(`whole/${keys[0]}`, Buffer.from("something else"));
    const differs = await cli(["verify", "whole", ...archive, "--json"]);
    expect(differs.code, differs.stderr).toBe(7);
  });

  test("is skipped where it holds the originals, by asking each and by listing both, and nothing is fetched for it", async () => {
    const archive = ["--archive", `s3://${s3Bucket}/skipped/`];
    const manifest = await manifestOf("skipped.txt", keys);
    const first = await cli(["run", ...archive, "--run", "first", "--manifest", manifest, "--json"]);
    expect(first.code, first.stderr).toBe(0);
    lab.emulator.resetRequests();
    const asked = await cli(["run", ...archive, "--run", "second", "--manifest", manifest, "--json"]);
    expect(parseSummary(JSON.parse(asked.stdout))).toMatchObject({ skipped: keys.length, archived: 0, failed: 0 });
    if (isSwift) {
      const source = ["--source", `${lab.env.ORIGINALS_SOURCE}/photos/`];
      const listed = await cli(["run", ...source, ...archive, "--run", "third", "--list", "--json"]);
      expect(listed.code, listed.stderr).toBe(0);
      expect(parseSummary(JSON.parse(listed.stdout))).toMatchObject({ skipped: keys.length, archived: 0 });
    }
    expect(fetches() ?? 0).toBe(0);
  });

  test(`is the same after ${kills} kills with -9, and what is fetched again is what was in flight`, async () => {
    lab.emulator.resetRequests();
    const manifest = await manifestOf("killed.txt", keys);
    const args = ["run", "--archive", `s3://${s3Bucket}/killed/`, "--run", "killed", "--manifest", manifest, "--json"];
    const concurrency = 8;
    for (let killed = 0; ; killed++) {
      const child = start(lab.built.cli, [...args, "--shard-size", "50", "--concurrency", String(concurrency)], env);
      let served = 0;
      const stop = lab.emulator.faults.use((request) => {
        if (killed < kills && request.operation === "object.original" && ++served === 20 + killed)
          child.kill("SIGKILL");
        return undefined;
      });
      const ended = await child.ended;
      stop();
      if (ended.signal === "SIGKILL") continue;
      expect(ended.code, ended.stderr).toBe(0);
      expect(killed).toBe(kills);
      const told = { rows: keys.length, archived: keys.length, failed: 0, pending: 0, state: "complete" };
      expect(parseSummary(JSON.parse(ended.stdout))).toMatchObject(told);
      break;
    }
    expect(fetches()).toBeLessThanOrEqual(keys.length + kills * concurrency);
    expect(await archived("killed/")).toEqual(originals());
  });

  test.skipIf(!hasRclone)("holds what rclone says it does (skipped without Debian's rclone)", async () => {
    const archive = ["--archive", `s3://${s3Bucket}/rclone/`, "--ledger", `s3://${s3Bucket}/ledger/`];
    const manifest = await manifestOf("rclone.txt", keys);
    expect((await cli(["run", ...archive, "--run", "rclone", "--manifest", manifest])).code).toBe(0);
    const folder = await mkdtemp(join(tmpdir(), "originals-rclone-"));
    try {
      for (const key of keys) {
        await mkdir(dirname(join(folder, key)), { recursive: true });
        await writeFile(join(folder, key), contentOf(key));
      }
      const remote = `:s3,provider=Other,env_auth=true,endpoint='${server.url}',region=us-east-1,force_path_style=true:${s3Bucket}/rclone`;
      const { stderr } = await promisify(execFile)("rclone", ["check", "--config", "", folder, remote], {
        env: { PATH: process.env.PATH, HOME: folder, ...env },
      });
      expect(stderr).toContain("0 differences found");
      expect(stderr).toContain(`${keys.length} matching files`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("doctor on an archive in S3", () => {
  test("says whether it may be written, and what a ledger there lacks", async () => {
    const { stdout } = await cli(["doctor", "--archive", `s3://${s3Bucket}/doctor/`, "--json"]);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; verdict: string; says: string }[] };
    const of = (check: string) => findings.find((found) => found.check === check);
    expect(of("source")).toMatchObject({ verdict: "good" });
    if (isSwift) {
      expect(of("archive")).toMatchObject({ verdict: "good" });
      expect(of("ledger")?.says).toContain("as a run begins");
    } else expect(of("archive")).toMatchObject({ verdict: "bad" });
    expect(stdout).not.toContain(credentials.secretKey);
  });
});
