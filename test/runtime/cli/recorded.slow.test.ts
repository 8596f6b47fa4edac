/** The commands about a run that was worked on this machine. */
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseSummary } from "../../../src/report/summary.ts";
import { differencesOf } from "../../papers/cli-paper.ts";
import { type Ended, runCli, start } from "./built.ts";
import { archive, keys, type Lab, lines, openLab, source } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

/** Of a run in the test's own archive. */
const about = (command: string, run: string, ...args: readonly string[]): Promise<Ended> =>
  runCli(lab.built.cli, [command, run, "--archive", lab.place(), ...args], lab.env);
const run = async (id: string, ...of: readonly string[]) =>
  lab.run(["--run", id, "--shard-size", "2", "--manifest", await lab.file(`${id}.txt`, lines(...of))]);
/** The key in the archive bucket. */
const archiveKey = (key: string) => `${lab.place().slice(`cos://${archive}/`.length)}${key}`;

describe("cos-originals plan", () => {
  const manifest = (name = "plan.jsonl") =>
    lab.file(
      name,
      [
        { key: "known.png", size: 1024 ** 3, etag: "0cc175b9c0f1b6a831c399e269772661" },
        { key: "crc.png", size: 1024 ** 3, crc64: "123" },
        { key: "unknown.png" },
        { key: "empty.png", size: 0 },
        { key: "known.png" },
        { key: "x.png", archiveKey: "unknown.png" },
        { key: "" },
      ]
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(""),
    );
  const plan = (...args: readonly string[]) =>
    runCli(lab.built.cli, ["plan", "--archive", lab.place(), ...args], lab.env);

  it("tells rows, bytes, requests, money and time, and writes nothing", async () => {
    const written = lab.emulator.bucket(archive).keys();
    const { code, stdout } = await plan("--json", "--rate", "2/s", "--manifest", await manifest());
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      schema: "cos-originals/plan@1",
      rows: 7,
      shards: 1,
      toArchive: 4,
      duplicates: 1,
      collisions: 1,
      invalid: 1,
      comparedExactly: true,
      bytes: { known: 2 * 1024 ** 3, rowsWithSize: 3, rowsWithout: 1 },
      rowsThatProve: 2,
      requests: { "source.get": 3, "source.head": 2, "archive.head": 4, "archive.put": 4 },
      time: { seconds: 1.5, limitedBy: "rate" },
      cost: { indicative: true, prices: { currency: "CNY", processing: 0.025 } },
      samples: [{ code: "ArchiveKeyCollision" }, { code: "InvalidRow", message: expect.stringContaining("row 7") }],
    });
    expect(document.cost.estimate.processing).toEqual({ from: 0, upTo: expect.closeTo((8 / 3) * 0.025, 6) });
    expect(lab.emulator.bucket(archive).keys()).toEqual(written);
    expect(lab.emulator.requests()["object.original"]).toBe(0);
  });

  it("says it to people, in their own prices", async () => {
    const { code, stdout } = await plan(
      "--price-currency",
      "USD",
      "--price-processing",
      "1",
      "--free-processing",
      "0",
      "--manifest",
      await manifest(),
    );
    expect(code).toBe(0);
    expect(stdout).toContain("7 rows in 1 shard: 4 to archive, 1 duplicate, 1 collision of archive keys, 1 invalid");
    expect(stdout).toContain("duplicates and collisions are exact");
    expect(stdout).toContain("cost: 2.67 USD (indicative, at 1 USD/GB of image processing");
    expect(stdout).toContain("look at your price list");
    expect(stdout).toContain("if an original takes 0.25 s");
    expect(stdout).toMatch(/will fail: InvalidRow : .*row 7/);
  });

  it("of --if-exists overwrite asks nothing of the archive; of --expect get nothing of the source", async () => {
    const { stdout } = await plan(
      "--json",
      "--if-exists",
      "overwrite",
      "--expect",
      "get",
      "--manifest",
      await manifest(),
    );
    expect(JSON.parse(stdout).requests).toMatchObject({ "archive.head": 0, "source.head": 1 });
  });

  it("reads a listing too, which needs no name to be planned", async () => {
    const { code, stdout } = await plan("--json", "--list", "--source", `cos://${source}/a folder/`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: null, rows: 1, toArchive: 1, rowsThatProve: 1 });
  });

  it("tells which rows of a listing are unchanged, or why it can't be told, and counts the LISTs", async () => {
    const listing = ["--list", "--source", `cos://${source}/a folder/`, "--if-exists", "keep"];
    await lab.run([...listing, "--run", "last-night"]);
    const compared = JSON.parse((await plan("--json", ...listing)).stdout);
    expect(compared).toMatchObject({ rows: 1, toArchive: 0, unchanged: 1, comparedExactly: true });
    expect(compared.compared).toEqual({ by: "listing" });
    expect(compared.requests).toMatchObject({ "source.list": 1, "archive.list": expect.any(Number), "source.get": 0 });
    expect(compared.requests["archive.list"]).toBeGreaterThan(0);
    const { stdout } = await plan(...listing);
    expect(stdout).toContain("1 row in 0 shards: 0 to archive, ");
    expect(stdout).toContain(", 1 unchanged (neither fetched nor asked)");
    expect(stdout).toMatch(/requests, where nothing fails: .*source\.list 1, archive\.list \d/);

    lab.emulator.faults.use(({ operation, bucket }) =>
      operation === "bucket.list" && bucket === archive ? { kind: "error", code: "AccessDenied" } : undefined,
    );
    const refused = await plan("--json", ...listing);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      rows: 1,
      toArchive: 1,
      unchanged: 0,
      compared: { by: "head", reason: expect.stringContaining("AccessDenied") },
    });
    const told = (await plan(...listing)).stdout;
    expect(told).toMatch(
      /unchanged rows are not known beforehand, and deleted keys are not looked for: the archive .* may not be listed \(AccessDenied\)/,
    );
    expect(told).not.toContain("neither fetched nor asked");
  });

  it("needs neither network nor credentials for a local file", async () => {
    const env = {
      ORIGINALS_ENDPOINT: "http://127.0.0.1:9",
      ORIGINALS_REGION: "ap-guangzhou",
      ORIGINALS_SOURCE: `cos://${source}`,
    };
    const args = ["plan", "--json", "--archive", lab.place(), "--manifest", await manifest()];
    const { code, stdout } = await runCli(lab.built.cli, args, env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 7 });
  });
});

describe("a run that ended", () => {
  it("with failures: status 3, its report can be brought here, and a redrive brings it to 0", async () => {
    const [there = "", gone = ""] = keys;
    const bytes = lab.original(gone) ?? Buffer.alloc(0);
    lab.emulator.bucket(source).delete(gone);
    const first = await lab.run([
      "--run",
      "nightly",
      "--format",
      "jsonl",
      "--manifest",
      await lab.file(
        "nightly.jsonl",
        `${JSON.stringify({ key: there })}\n${JSON.stringify({ key: gone })}\n{"key":""}\n`,
      ),
    ]);
    expect(first.code).toBe(3);
    const status = await about("status", "nightly", "--json");
    expect(status.code).toBe(3);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: "complete",
      archived: 1,
      failed: 2,
      pending: 0,
      failures: null,
      recovered: null,
    });
    const full = JSON.parse((await about("status", "nightly", "--json", "--full")).stdout);
    expect(parseSummary(full).failures?.map(({ code }) => code)).toEqual(["InvalidRow", "NoSuchKey"]);

    const before = JSON.parse((await about("status", "nightly", "--json")).stdout);
    const folder = join(await mkdtemp(join(lab.folder, "report-")), "new");
    const report = await about("report", "nightly", "--out", folder);
    expect(report.code).toBe(0);
    expect(report.stderr).toContain("redrive nightly --ledger");
    expect((await readdir(folder)).sort()).toEqual([
      "failures-000000.csv",
      "report.html",
      "results-000000.csv.gz",
      "summary.json",
    ]);
    const summary = parseSummary(JSON.parse(await readFile(join(folder, "summary.json"), "utf8")));
    // Written anew, it ended when it ended.
    expect(summary).toMatchObject({ state: "complete", failed: 2, endedAt: before.endedAt });
    expect(
      gunzipSync(await readFile(join(folder, "results-000000.csv.gz")))
        .toString()
        .trimEnd()
        .split("\n"),
    ).toHaveLength(4);

    // Of a run that is not there, too.
    const file = join(lab.folder, "nights.prom");
    expect((await about("redrive", "none", "--metrics-file", file)).code).toBe(2);
    expect(await readFile(file, "utf8")).toContain('cos_originals_run_exit_code{file="nights"} 2\n');
    const still = await about("redrive", "nightly", "--json", "--metrics-file", file);
    expect(still.code).toBe(3);
    expect(await readFile(file, "utf8")).toContain('cos_originals_run_exit_code{file="nights"} 3\n');
    expect(JSON.parse(still.stdout)).toMatchObject({
      run: "nightly-redrive-1",
      redriveOf: "nightly",
      rows: 1,
      failed: 1,
    });
    lab.emulator.bucket(source).put(gone, bytes);
    const redriven = await about("redrive", "nightly", "--json", "--metrics-file", file);
    expect(redriven.code, redriven.stderr).toBe(0);
    const told = await readFile(file, "utf8");
    expect(told).toContain('cos_originals_run_exit_code{file="nights"} 0\n');
    expect(told).toContain('cos_originals_run_rows{outcome="archived",file="nights"} 1\n');
    expect(redriven.stderr).toContain("1 of the 2 failed rows is left out");
    expect(JSON.parse(redriven.stdout)).toMatchObject({
      run: "nightly-redrive-2",
      state: "complete",
      rows: 1,
      archived: 1,
    });
    expect(lab.archived(gone)).toEqual(bytes);
  });

  it("without any: nothing is redriven, and nothing can be cancelled", async () => {
    expect((await run("fine", "plain.png")).code).toBe(0);
    expect(await about("redrive", "fine")).toMatchObject({
      code: 0,
      stdout: "run fine has no failed rows that could be tried again\n",
    });
    expect(await about("cancel", "fine")).toMatchObject({
      code: 0,
      stdout: "run fine is complete: there is nothing to cancel\n",
    });
    expect((await about("status", "fine")).code).toBe(0);
    expect(await about("resume", "fine")).toMatchObject({ code: 0 });
  });

  it("is redriven under the archive keys it had, by a given id, and otherwise than before where that is asked", async () => {
    lab.emulator.bucket(source).put("later.png", Buffer.from("later"));
    const later = lab.original("later.png") ?? Buffer.alloc(0);
    lab.emulator.bucket(source).delete("later.png");
    const manifest = await lab.file("template.txt", lines("later.png"));
    expect((await lab.run(["--run", "by-day", "--archive-key", "{run}/{name}", "--manifest", manifest])).code).toBe(3);
    lab.emulator.bucket(source).put("later.png", later);
    const { code, stdout, stderr } = await about(
      "redrive",
      "by-day",
      "--json",
      "--run",
      "second-try",
      "--max-attempts",
      "2",
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: "second-try", redriveOf: "by-day" });
    expect(lab.archived("by-day/later.png")).toEqual(later);
    const request = JSON.parse(lab.archived(".originals/runs/second-try/request.json")?.toString() ?? "");
    expect(request.options).toMatchObject({ maxAttempts: 2, archiveKey: "{run}/{name}", shardSize: 1000 });
  });
});

describe("cos-originals runs", () => {
  const list = (...args: readonly string[]) =>
    runCli(lab.built.cli, ["runs", "--archive", lab.place(), ...args], lab.env);

  it("tells of each night, the newest first; and the last can be continued without its name", async () => {
    expect(await list()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^no run is recorded below cos:/) });
    await run("one", ...keys.slice(0, 3));
    await run("two", ...keys.slice(0, 2), "missing.png");
    const { code, stdout } = await list();
    expect(code).toBe(0);
    const [head = "", two = "", one = "", ...others] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^run +began +state +took +rows +archived +skipped +failed +pending +bytes +cost +last sign$/);
    expect(two).toMatch(/^two +\d{4}-\d\d-\d\d \d\d:\d\d +complete .+ 3 +0 +2 +1 +0 .+ CNY +-$/);
    expect(one).toMatch(/^one .+ complete .+ 3 +3 +0 +0 +0 .+ CNY +-$/);
    expect(others).toEqual([]);
    const document = JSON.parse((await list("--json", "--newest", "1")).stdout);
    expect(differencesOf("cos-originals/runs@1", document)).toEqual([]);
    expect(document).toMatchObject({ more: 1, runs: [{ run: "two", failed: 1, archive: lab.place() }] });
    const last = await runCli(lab.built.cli, ["run", "--resume", "last", "--archive", lab.place()], lab.env);
    expect(last).toMatchObject({ code: 3, stderr: expect.stringContaining("The last run is two.") });
    expect(await list("--newest", "0")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--newest "0" is not'),
    });

    // As a page, and for a CI job.
    const report = (...args: readonly string[]) =>
      runCli(lab.built.cli, ["report", ...args, "--archive", lab.place()], lab.env);
    const page = join(lab.folder, "nights.html");
    expect(await report("--index", page)).toMatchObject({
      code: 0,
      stdout: `2 runs of ${lab.place()}.originals/ in ${page}\n`,
    });
    const shown = await readFile(page, "utf8");
    expect(["one", "two"].filter((name) => shown.includes(name))).toEqual(["one", "two"]);
    const markdown = join(lab.folder, "job-summary");
    for (const id of ["one", "two"]) await report(id, "--summary-md", markdown);
    expect((await readFile(markdown, "utf8")).match(/^### .*$/gm)).toEqual(["### Run `one`", "### Run `two`"]);
    for (const flag of ["--index", "--summary-md"]) {
      const { code, stderr } = await report(
        ...(flag === "--index" ? [] : ["one"]),
        flag,
        join(lab.folder, "none", "x"),
      );
      expect({ code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /can't be written: the folder that it is to lie in is not there; make it first\.\n$/,
        ),
      });
    }
  });
});

describe("cos-originals verify", () => {
  it("finds what is missing, of another size, or of other bytes, and its list is a manifest that repairs it", async () => {
    expect((await run("sound", ...keys)).code).toBe(0);
    expect((await about("verify", "sound")).code).toBe(0);
    const [missing = "", shorter = "", altered = ""] = keys;
    const store = lab.emulator.bucket(archive);
    store.delete(archiveKey(missing));
    store.put(archiveKey(shorter), Buffer.from("short"));
    const other = Buffer.from(lab.archived(altered) ?? "");
    other[10] = (other[10] ?? 0) ^ 1;
    store.put(archiveKey(altered), other);
    const out = join(lab.folder, "differences.csv");
    const { code, stdout } = await about("verify", "sound", "--out", out);
    expect(code).toBe(7);
    expect(stdout).toContain("4 objects checked, 1 as the ledger says, 3 different");
    expect(stdout).toContain("missing 1, size 1, checksum 1");
    expect(stdout).toMatch(/size: \d+\/a folder\/夏天 \+%20\.png: 5 bytes instead of \d+/);
    const all = JSON.parse((await about("verify", "sound", "--json", "--concurrency", "1")).stdout);
    expect(all).toMatchObject({
      schema: "cos-originals/verify@1",
      checked: 4,
      same: 1,
      missing: 1,
      size: 1,
      checksum: 1,
    });
    expect(all.differences.map((difference: { key: string }) => difference.key).sort()).toEqual(
      [missing, shorter, altered].sort(),
    );

    // What differs is in the list, so that with it as exceptions all is as it should be.
    const part = ["--except", out, "--include", "*.png", "--certificate", join(lab.folder, "part.json")];
    const rest = await about("verify", "sound", ...part);
    expect(rest.code, rest.stderr).toBe(0);
    expect(rest.stdout).toContain("1 object checked, 1 as the ledger says, 0 different");
    expect(rest.stdout).toContain("left out: 3 rows as --except names them");
    const { scope } = JSON.parse(await readFile(join(lab.folder, "part.json"), "utf8"));
    expect(scope).toEqual({ filter: ["+ *.png", "- **"], except: out, leftOut: 3 });
    const none = await about("verify", "sound", "--include", "*.jpg");
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("none is in scope") });

    const repaired = await lab.run(["--json", "--manifest", out]);
    expect(repaired.code, repaired.stderr).toBe(0);
    expect(JSON.parse(repaired.stdout)).toMatchObject({ rows: 3, archived: 3 });
    expect((await about("verify", "sound")).code).toBe(0);
  });
});

describe("a run that is not over", () => {
  it("with keys that are formulas has them as they are, or with --csv-safe as none, but never in failures.csv", async () => {
    const formula = "=1+1|cmd.png";
    const manifest = await lab.file("formulas.txt", lines(formula));
    const results = async (id: string, ...more: string[]) => {
      const folder = await mkdtemp(join(lab.folder, "formulas-"));
      expect((await about("report", id, "--out", folder, ...more)).code).toBe(0);
      expect(await readFile(join(folder, "failures-000000.csv"), "utf8")).toContain(`,${formula},`);
      const [, line = ""] = gunzipSync(await readFile(join(folder, "results-000000.csv.gz")))
        .toString()
        .split("\n");
      return line.split(",")[1];
    };
    expect((await lab.run(["--run", "raw", "--manifest", manifest])).code).toBe(3);
    expect(await results("raw")).toBe(formula);
    expect(await results("raw", "--csv-safe")).toBe(`'${formula}`);
    expect((await lab.run(["--run", "safe", "--csv-safe", "--manifest", manifest])).code).toBe(3);
    expect(await results("safe")).toBe(`'${formula}`);
  });

  it("interrupted is incomplete; its report can be written; cancelled it stays so until it is resumed", async () => {
    const many = Array.from({ length: 20 }, (_, n) => `unfinished/${n}.png`);
    for (const key of many) lab.emulator.bucket(source).put(key, Buffer.from(key));
    const manifest = await lab.file("many.txt", lines(...many));
    let fetched = 0;
    lab.emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      if (++fetched === 4) child.kill("SIGINT");
      return { kind: "delay", ms: 100 };
    });
    const asked = [
      "run",
      "--archive",
      lab.place(),
      "--run",
      "left",
      "--manifest",
      manifest,
      "--shard-size",
      "5",
      "--concurrency",
      "2",
    ];
    const child = start(lab.built.cli, asked, lab.env);
    expect((await child.ended).code).toBe(130);
    lab.emulator.faults.clear();

    const status = await about("status", "left", "--json", "--full");
    expect(status.code).toBe(5);
    const summary = parseSummary(JSON.parse(status.stdout));
    expect(summary).toMatchObject({ state: "incomplete", rows: 20, failed: 0 });
    expect(summary.archived).toBeGreaterThan(0);
    // At rest: there is nothing to watch.
    expect((await about("status", "left", "--watch")).code).toBe(5);
    const report = await about("report", "left", "--json");
    expect(report.code).toBe(0);
    expect(JSON.parse(report.stdout)).toMatchObject({
      state: "incomplete",
      archived: summary.archived,
      pending: summary.pending,
    });
    expect((await about("verify", "left")).stdout).toContain(
      `${summary.archived} objects checked, ${summary.archived} as the ledger says`,
    );

    expect(await about("cancel", "left", "--reason", "enough")).toMatchObject({
      code: 0,
      stdout: "run left is cancelled\n",
    });
    const cancelled = await about("status", "left");
    expect(cancelled.code).toBe(5);
    expect(cancelled.stdout).toContain("was cancelled: enough");
    expect((await lab.run(["--run", "left", "--manifest", manifest])).code).toBe(5);

    const resumed = await about("resume", "left");
    expect(resumed.code).toBe(0);
    const how = /cos-originals (run --resume .*)\n/.exec(resumed.stderr)?.[1]?.split(" ") ?? [];
    const { ORIGINALS_SOURCE: _, ...env } = lab.env;
    const went = await runCli(lab.built.cli, how, env);
    expect(went.code, went.stderr).toBe(0);
    expect((await about("status", "left")).code).toBe(0);
  });

  it("killed, is incomplete as soon as its machine knows that the process is gone", async () => {
    lab.emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      child.kill("SIGKILL");
      return { kind: "hang" };
    });
    const manifest = await lab.file("killed.txt", lines("plain.png"));
    const child = start(
      lab.built.cli,
      ["run", "--archive", lab.place(), "--run", "killed", "--manifest", manifest],
      lab.env,
    );
    expect((await child.ended).signal).toBe("SIGKILL");
    const { code, stdout } = await about("status", "killed", "--json");
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ state: "incomplete", rows: 1, pending: 1 });
  });

  it("halted says why, with 4", async () => {
    const missing = Array.from({ length: 20 }, (_, n) => `missing-${n}.png`);
    const manifest = await lab.file("halted.txt", lines(...missing));
    const args = ["--run", "too-many", "--max-failures", "2", "--shard-size", "5", "--concurrency", "1"];
    expect((await lab.run([...args, "--manifest", manifest])).code).toBe(4);
    const { code, stdout } = await about("status", "too-many", "--json");
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ state: "halted", reason: expect.stringContaining("--max-failures 2") });
  });
});
