import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { settingTable } from "../../../src/config/settings.ts";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { parseSummary } from "../../../src/report/summary.ts";
import { makeImage } from "../../../src/runtime/cli/demo-images.ts";
import { type Built, build, type Ended, runCli, start } from "./built.ts";

const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
const source = "photos-1250000000";
const archive = "archive-1250000000";
const keys = ["plain.png", "a folder/夏天 +%20.png", "100% sure?.png", "a+b&c=d.png"];

let built: Built;
let emulator: Emulator;
let folder = "";
let env: Record<string, string> = {};

beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-cli-"));
  emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [credentials],
    buckets: [{ name: source, protect: "all" }, { name: archive }],
  });
  for (const [index, key] of keys.entries()) emulator.bucket(source).put(key, makeImage("png", 16, index));
  env = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: emulator.url,
    ORIGINALS_SOURCE: `cos://${source}`,
    ORIGINALS_REGION: "ap-guangzhou",
  };
}, 60_000);

afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
  await built?.remove();
});

let place = "";
let runs = 0;
beforeEach(() => {
  // Each test archives to a place of its own.
  place = `cos://${archive}/${++runs}/`;
  emulator.faults.clear();
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const lines = (...all: string[]) => all.map((key) => `${key}\n`).join("");
const run = (args: readonly string[], stdin?: string | Buffer, more: Record<string, string> = {}): Promise<Ended> =>
  runCli(built.cli, ["run", "--archive", place, ...args], { ...env, ...more }, stdin);
const archived = (key: string) => emulator.bucket(archive).get(`${runs}/${key}`)?.bytes;
const original = (key: string) => emulator.bucket(source).get(key)?.bytes;

describe("cos-originals run", { timeout: 30_000 }, () => {
  it("archives what a manifest lists and ends with 0; its summary goes to standard output", async () => {
    const { code, stdout, stderr } = await run(["--manifest", await file("keys.txt", lines(...keys))]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(
      /^run m-[0-9a-f]{20} is complete\n {2}4 rows = 4 archived \+ 0 skipped \+ 0 failed \+ 0 pending\n/,
    );
    expect(stderr).toMatch(
      /^The report lies below cos:\/\/archive-1250000000\/\d+\/\.originals\/runs\/m-[0-9a-f]+\/report\/\n$/,
    );
    for (const key of keys) expect(archived(key), key).toEqual(original(key));
  });

  it("with --json prints one document and nothing else, and draws no progress where there is no terminal", async () => {
    const { code, stdout, stderr } = await run([
      "--json",
      "--quiet",
      "--manifest",
      await file("keys.txt", lines(...keys)),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.endsWith("}\n")).toBe(true);
    expect(parseSummary(JSON.parse(stdout))).toMatchObject({ state: "complete", rows: 4, archived: 4, failed: 0 });
  });

  it("said again fetches nothing again", async () => {
    const manifest = await file("keys.txt", lines(...keys));
    const first = JSON.parse((await run(["--json", "--manifest", manifest])).stdout);
    emulator.resetRequests();
    const again = await run(["--json", "--manifest", manifest]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ run: first.run, archived: 4 });
    expect(emulator.requests()["object.original"]).toBe(0);
  });

  it("ends with 3 where keys failed, and names them", async () => {
    const { code, stdout } = await run(["--manifest", await file("keys.txt", lines("plain.png", "missing.png"))]);
    expect(code).toBe(3);
    expect(stdout).toContain("2 rows = 1 archived + 0 skipped + 1 failed + 0 pending");
    expect(stdout).toContain("failed: 1 NoSuchKey, missing.png");
  });

  it("ends with 4 where more failed than was allowed", async () => {
    const missing = Array.from({ length: 40 }, (_, i) => `missing-${i}.png`);
    const args = ["--json", "--max-failures", "3", "--shard-size", "10", "--concurrency", "2"];
    const { code, stdout } = await run([...args, "--manifest", await file("keys.txt", lines(...missing))]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ state: "halted", reason: expect.stringContaining("--max-failures 3") });
  });

  it("reads the manifest from standard input", async () => {
    const { code } = await run(["--manifest", "-", "--format", "jsonl"], `${JSON.stringify({ key: keys[1] })}\n`);
    expect(code).toBe(0);
    expect(archived(keys[1] ?? "")).toEqual(original(keys[1] ?? ""));
  });

  it("reads the manifest from a bucket", async () => {
    emulator.bucket(source).put("lists/today.csv", Buffer.from("Key,Size\nplain.png,\n"));
    const { code, stdout } = await run(["--json", "--manifest", `cos://${source}/lists/today.csv`]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ archived: 1 });
  });

  it("archives a listing under a given id, and says so where that is missing", async () => {
    const { code, stdout } = await run([
      "--json",
      "--list",
      "--run",
      "nightly-1",
      "--source",
      `cos://${source}/a folder/`,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: "nightly-1", archived: 1 });
    const without = await run(["--list"]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain("needs --run");
  });

  it("a listing that finds nothing is done", async () => {
    const { code, stdout } = await run([
      "--json",
      "--list",
      "--run",
      "nightly-2",
      "--source",
      `cos://${source}/nothing here/`,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 0, state: "complete" });
  });

  it("refuses an id that was asked something else, and continues one that was not", async () => {
    const one = await file("one.txt", lines("plain.png"));
    const two = await file("two.txt", lines("plain.png", "a+b&c=d.png"));
    expect((await run(["--run", "tonight", "--manifest", one])).code).toBe(0);
    const other = await run(["--run", "tonight", "--manifest", two]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(
      /^cos-originals: The run "tonight" exists and was asked something else: its manifest is /,
    );
    expect((await run(["--run", "tonight", "--manifest", one, "--concurrency", "1"])).code).toBe(0);
  });

  it("takes its settings from a file, below environment and flags", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const config = await file("originals.yaml", `archive-key: "{run}/{name}"\nrun: from-file\nmanifest: ${manifest}\n`);
    expect((await run(["--config", config])).code).toBe(0);
    expect(archived("from-file/plain.png")).toEqual(original("plain.png"));
    expect(
      (await run(["--config", config, "--run", "from-flag"], undefined, { ORIGINALS_RUN: "from-environment" })).code,
    ).toBe(0);
    expect(archived("from-flag/plain.png")).toEqual(original("plain.png"));
  });

  it("interrupted once ends cleanly with 130, says how to go on, and goes on to the same end", async () => {
    const many = Array.from({ length: 30 }, (_, i) => `many/${i}.png`);
    for (const [index, key] of many.entries()) emulator.bucket(source).put(key, makeImage("png", 8, index));
    const manifest = await file("many.txt", lines(...many));
    let fetched = 0;
    emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      if (++fetched === 4) child.kill("SIGINT");
      return { kind: "delay", ms: 100 };
    });
    const args = [
      "run",
      "--archive",
      place,
      "--json",
      "--manifest",
      manifest,
      "--concurrency",
      "2",
      "--shard-size",
      "5",
    ];
    const child = start(built.cli, args, env);
    const first = await child.ended;
    expect(first.code, first.stderr).toBe(130);
    expect(first.stderr).toContain("Stopping: ");
    const resume = /cos-originals run (--resume .*)\n/.exec(first.stderr)?.[1]?.split(" ") ?? [];
    const summary = JSON.parse(first.stdout);
    expect(summary.state).toBe("incomplete");
    expect(summary.archived + summary.pending).toBe(30);
    expect(summary.archived).toBeGreaterThan(0);

    emulator.faults.clear();
    emulator.resetRequests();
    const { ORIGINALS_SOURCE: _, ...without } = env;
    const second = await runCli(built.cli, ["run", "--json", ...resume], without);
    expect(second.code, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ run: summary.run, state: "complete", rows: 30, archived: 30 });
    expect(fetched + emulator.requests()["object.original"]).toBeLessThanOrEqual(30 + 2);
    for (const key of many) expect(archived(key), key).toEqual(original(key));
  });

  it("interrupted twice ends at once", async () => {
    emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      child.kill("SIGTERM");
      return { kind: "hang" };
    });
    const child = start(
      built.cli,
      ["run", "--archive", place, "--manifest", await file("keys.txt", lines("plain.png"))],
      env,
    );
    await child.says("Stopping: ");
    child.kill("SIGINT");
    expect((await child.ended).code).toBe(130);
  });

  it("goes on where nobody reads its output any more", async () => {
    const child = start(
      built.cli,
      ["run", "--archive", place, "--manifest", await file("keys.txt", lines("plain.png"))],
      env,
    );
    child.closeStdout();
    expect((await child.ended).code).toBe(0);
    expect(archived("plain.png")).toEqual(original("plain.png"));
  });
});

describe("cos-originals run refuses", { timeout: 60_000 }, () => {
  it("a manifest that is missing, a directory, or empty, each in its own words", async () => {
    const cases: [string, RegExp][] = [
      [join(folder, "absent.txt"), /can't be read: there is no such file\.$/],
      [folder, /can't be read: it is a directory\.$/],
      [await file("empty.txt", ""), /is empty: there is nothing to archive\.$/],
      [await file("header.csv", "Key,Size\n"), /header\.csv" .*no row/s],
      [await file("array.json", "[]"), /array\.json" .*no row/s],
      [`cos://${source}/absent.csv`, /The manifest "cos:\/\/photos-1250000000\/absent\.csv" does not exist/],
      [await file("keys", "plain.png\n"), /does not tell its format; say it, for example --format lines\.$/],
      [await file("inventory.json", '{"sourceAppid":"1","fileFormat":"CSV"}'), /is that of an inventory/],
      ["-", /"standard input" does not tell its format/],
    ];
    for (const [manifest, sentence] of cases) {
      const { code, stdout, stderr } = await run(["--manifest", manifest], "plain.png\n");
      expect({ manifest, code, stdout }).toEqual({ manifest, code: 2, stdout: "" });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  it("a manifest that is not what --format says, is no text, or is damaged", async () => {
    const cases: [string, string | Buffer, string][] = [
      ["jsonl", "Key,Size\nplain.png,3\n", "text.txt"],
      ["json", '{"key":"plain.png"}', "object.json"],
      ["csv", Buffer.from([0, 1, 2, 3, 0, 255, 254]), "binary.csv"],
      ["lines", Buffer.from("\ufeffplain.png\n", "utf16le"), "utf16.txt"],
      ["lines", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), "cut.txt.gz"],
    ];
    for (const [format, content, name] of cases) {
      const { code, stderr } = await run(["--format", format, "--manifest", await file(name, content)]);
      expect({ name, code, stderr }).toMatchObject({ name, code: 2 });
      expect(stderr).toContain(name);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it("no whole manifest for one bad row: a huge line and bytes that are no UTF-8 fail alone", async () => {
    const content = Buffer.concat([
      Buffer.from("plain.png\n"),
      Buffer.alloc(3_000_000, "x"),
      Buffer.from([10, 0xff, 0xfe, 10]),
    ]);
    const { code, stdout } = await run(["--json", "--manifest", await file("odd.txt", content)]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 3,
      archived: 1,
      failed: 2,
      failures: [{ code: "InvalidRow", count: 2 }],
    });
  });

  it("wrong, expired and missing credentials with 6, before any work", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    emulator.resetRequests();
    const { TENCENTCLOUD_SECRETID: _, TENCENTCLOUD_SECRETKEY: __, ...without } = env;
    const args = ["run", "--archive", place, "--manifest", manifest];
    const wrong: [Record<string, string>, RegExp][] = [
      [{ ...env, TENCENTCLOUD_SECRETKEY: "another" }, /SignatureDoesNotMatch|refused/],
      [{ ...env, TENCENTCLOUD_SECRETID: "AKIDnobody" }, /InvalidAccessKeyId|refused/],
      [without, /TENCENTCLOUD_SECRETID/],
    ];
    for (const [environment, sentence] of wrong) {
      const { code, stderr } = await runCli(built.cli, args, environment);
      expect({ code, stderr }).toMatchObject({ code: 6 });
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toContain("another");
      expect(stderr).not.toContain(credentials.secretKey);
    }
    expect(emulator.requests()["object.original"]).toBe(0);
  });

  it("a bucket that does not exist", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--source", "cos://nowhere-1250000000", "--manifest", manifest]);
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain("cos://nowhere-1250000000");
  });

  it("plain http to any other machine", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--manifest", manifest, "--endpoint", "http://cos.example.com"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--allow-http cos.example.com");
  });

  const wrongFlags: readonly (readonly string[])[] = [
    ["--source", "photos"],
    ["--archive", "cos://archive"],
    ["--ledger", "/tmp"],
    ["--region", "Guangzhou!"],
    ["--source-region", ""],
    ["--archive-region", "x y"],
    ["--manifest-region", "?"],
    ["--endpoint", "cos.example.com"],
    ["--source-endpoint", "ftp://x"],
    ["--archive-endpoint", "https://{buckets}"],
    ["--manifest", ""],
    ["--format", "xml"],
    ["--key-encoding", "utf8"],
    ["--run", "../x"],
    ["--resume", "a/b"],
    ["--shard-size", "0"],
    ["--concurrency", "1001"],
    ["--rate", "fast"],
    ["--max-instances", "-1"],
    ["--archive-key", "{folder}"],
    ["--if-exists", "ask"],
    ["--if-changed", "ask"],
    ["--storage-class", "cold"],
    ["--encryption", "rot13"],
    ["--max-failures", "200%"],
    ["--proof", "md5"],
    ["--expect", "head"],
    ["--max-attempts", "0"],
    ["--allow-http", "http://x"],
  ];

  it("every flag out of its range with 2, and one sentence that quotes flag and value", async () => {
    const notOfRun = ["list", "queue", "visibility"];
    expect(wrongFlags.length).toBe(Object.keys(settingTable).length - notOfRun.length);
    const manifest = await file("keys.txt", lines("plain.png"));
    await pLimit(4).map(wrongFlags, async ([flag = "", value = ""]) => {
      const { code, stdout, stderr } = await run(["--manifest", manifest, flag, value]);
      expect({ flag, code, stdout }).toEqual({ flag, code: 2, stdout: "" });
      expect(stderr.startsWith(`cos-originals: ${flag} ${JSON.stringify(value)} `), stderr).toBe(true);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
  });

  it("flags that there are not, values that are missing, and what contradicts itself", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const cases: [string[], RegExp][] = [
      [
        ["--concurency", "3"],
        /^cos-originals: unknown option '--concurency'; perhaps --concurrency is meant\. See: cos-originals run --help$/,
      ],
      [["--concurrency"], /^cos-originals: option '--concurrency <N>' argument missing\. See: /],
      [["keys.txt"], /^cos-originals: too many arguments for 'run'/],
      [[], /^cos-originals: What to archive is missing; say it with --manifest FILE/],
      [["--manifest", manifest, "--list", "--run", "x"], /are both given; a run archives one or the other\.$/],
      [["--resume", "x", "--proof", "size"], /^cos-originals: --proof "size" can't be given with --resume "x"/],
      [["--resume", "nobody"], /There is no run "nobody" in the ledger/],
      [
        ["--manifest", manifest, "--config", join(folder, "absent.yaml")],
        /absent\.yaml" can't be read: there is no such file\.$/,
      ],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr } = await run(args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr.trimEnd()).toMatch(sentence);
    }
  });

  it("with --json gives the reason as a document too", async () => {
    const { code, stdout, stderr } = await run(["--json", "--concurrency", "abc", "--list"]);
    expect(code).toBe(2);
    const message = '--concurrency "abc" is not a whole number from 1 to 1000; --concurrency 32 would do.';
    expect(JSON.parse(stdout)).toEqual({ schema: "cos-originals/error@1", error: { code: "InvalidSetting", message } });
    expect(stderr).toBe(`cos-originals: ${message}\n`);
  });

  it("says which environment variable is misspelt, and goes on", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--manifest", manifest], undefined, { ORIGINALS_CONCURENCY: "4" });
    expect(code).toBe(0);
    expect(stderr).toContain("perhaps ORIGINALS_CONCURRENCY is meant");
  });
});
