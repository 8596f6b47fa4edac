import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseSummary } from "../../../src/report/summary.ts";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import { runCli, start } from "./built.ts";
import { archive, keys, type Lab, lines, openLab, source } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

const run: Lab["run"] = (...given) => lab.run(...given);
const file: Lab["file"] = (...given) => lab.file(...given);
const archived: Lab["archived"] = (key) => lab.archived(key);
const original: Lab["original"] = (key) => lab.original(key);

describe("cos-originals run", () => {
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
    lab.emulator.resetRequests();
    const again = await run(["--json", "--manifest", manifest]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ run: `${first.run}-2`, archived: 0, skipped: 4 });
    expect(lab.emulator.requests()["object.original"]).toBe(0);
  });

  it("--dry-run is plan: it begins nothing", async () => {
    const manifest = await file("keys.txt", lines(...keys));
    lab.emulator.resetRequests();
    const { code, stdout } = await run(["--dry-run", "--json", "--manifest", manifest]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "cos-originals/plan@1", rows: 4 });
    const requests = lab.emulator.requests();
    expect([requests["object.original"], requests["object.put"]]).toEqual([0, 0]);
    const resumed = await run(["--dry-run", "--resume", "m-1"]);
    expect(resumed).toMatchObject({ code: 2, stderr: expect.stringContaining("goes on with what is planned") });
  });

  it("ends with 3 where keys failed, and names them", async () => {
    const given = ["--manifest", await file("keys.txt", lines("plain.png", "missing.png"))];
    const { code, stdout, stderr } = await run(given);
    expect(code).toBe(3);
    expect(stdout).toContain("2 rows = 1 archived + 0 skipped + 1 failed + 0 pending");
    expect(stdout).toContain("failed: 1 NoSuchKey, missing.png");
    expect(stderr).toMatch(/To have it here: cos-originals report m-\w+ --out report-m-\w+ --ledger cos:/);
    expect(stderr).toMatch(/To try again what failed: cos-originals redrive m-\w+ --ledger cos:/);
  });

  it("ends with 4 where more failed than was allowed", async () => {
    const missing = Array.from({ length: 40 }, (_, i) => `missing-${i}.png`);
    const args = ["--json", "--max-failures", "3", "--shard-size", "10", "--concurrency", "2"];
    const { code, stdout } = await run([...args, "--manifest", await file("keys.txt", lines(...missing))]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ state: "halted", reason: expect.stringContaining("--max-failures 3") });
  });

  it("tells a dead man's switch that it begins and how it ended, without a key", async () => {
    const told: { url: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        told.push({ url: request.url ?? "", body });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const ping = ["--ping", `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`];
    try {
      const manifest = ["--manifest", await file("keys.txt", lines("plain.png"))];
      expect((await run([...ping, ...manifest])).code).toBe(0);
      const missing = ["--manifest", await file("missing.txt", lines("plain.png", "missing.png"))];
      expect((await run([...ping, ...missing])).code).toBe(3);
      expect((await run([...ping, "--manifest", "nowhere.txt"])).code).toBe(2);
    } finally {
      server.close();
    }
    expect(told).toEqual([
      { url: "/check/start", body: "" },
      { url: "/check", body: expect.stringMatching(/^exit code 0\nrun m-\w+ is complete\n {2}1 rows? = 1 archived/) },
      { url: "/check/start", body: "" },
      { url: "/check/fail", body: expect.stringMatching(/^exit code 3\nrun m-\w+ is complete\n {2}2 rows = /) },
      { url: "/check/start", body: "" },
      { url: "/check/fail", body: "exit code 2" },
    ]);
    expect(JSON.stringify(told)).not.toContain(".png");
  });

  it("reads the manifest from standard input", async () => {
    const { code } = await run(["--manifest", "-", "--format", "jsonl"], `${JSON.stringify({ key: keys[1] })}\n`);
    expect(code).toBe(0);
    expect(archived(keys[1] ?? "")).toEqual(original(keys[1] ?? ""));
  });

  it("reads the manifest from a bucket", async () => {
    lab.emulator.bucket(source).put("lists/today.csv", Buffer.from("Key,Size\nplain.png,\n"));
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

  it("begins nothing of a listing that finds fewer objects than it must, and says how many", async () => {
    const args = ["--list", "--run", "nightly-2", "--source", `cos://${source}/nothing here/`];
    const refused = await run(args);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^cos-originals: The listing of cos:\/\/photos-1250000000\/nothing here\/ found 0 objects, .*--min-rows/,
    );
    const { code, stdout } = await run(["--json", ...args, "--min-rows", "0"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 0, state: "complete" });
  });

  it("begins anew what was over before, where its id follows from what is asked; with overwrite only by --again", async () => {
    const manifest = await file("again.txt", lines("plain.png"));
    const summaryOf = async (...more: string[]) => {
      const { code, stdout, stderr } = await run(["--json", "--manifest", manifest, ...more]);
      expect(code, stderr).toBe(0);
      return { ...JSON.parse(stdout), stderr };
    };
    const first = await summaryOf();
    lab.emulator.bucket(source).put("plain.png", Buffer.from("another picture"));
    const second = await summaryOf();
    expect(second).toMatchObject({ run: `${first.run}-2`, archived: 1, skipped: 0 });
    expect(second.stderr).toContain(`The run ${first.run} ended at ${first.endedAt}; ${first.run}-2 looks again`);
    expect(archived("plain.png")).toEqual(Buffer.from("another picture"));
    expect(await summaryOf()).toMatchObject({ run: `${first.run}-3`, archived: 0, skipped: 1 });

    const overwritten = await summaryOf("--if-exists", "overwrite");
    const refused = await run(["--manifest", manifest, "--if-exists", "overwrite"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^cos-originals: The run "m-\w+" ended at .*; nothing was done; .*--again/);
    expect(await summaryOf("--if-exists", "overwrite", "--again")).toMatchObject({
      run: `${overwritten.run}-2`,
      archived: 1,
    });
    const named = await run(["--manifest", manifest, "--again", "--run", "x"]);
    expect(named).toMatchObject({ code: 2 });
    expect(named.stderr).toContain('--again begins a run anew that is named by what is asked, and --run "x" names one');
  });

  it("names each night's run by its date and time", async () => {
    const args = ["--json", "--list", "--run", "nightly-{date}T{time}"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).run).toMatch(/^nightly-20\d\d-\d\d-\d\dT\d{6}$/);
    const wrong = await run(["--list", "--run", "nightly-{day}"]);
    expect(wrong.stderr).toMatch(
      /^cos-originals: --run "nightly-\{day\}" holds \{day\}, and only \{date\} and \{time\} have a meaning in it; --run 'nightly-\{date\}' would do/,
    );
  });

  it("refuses an id that was asked something else, and one whose run is over", async () => {
    const one = await file("one.txt", lines("plain.png"));
    const two = await file("two.txt", lines("plain.png", "a+b&c=d.png"));
    expect((await run(["--run", "tonight", "--manifest", one])).code).toBe(0);
    const other = await run(["--run", "tonight", "--manifest", two]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(
      /^cos-originals: The run "tonight" exists and was asked something else: its manifest is /,
    );
    const ended = await run(["--run", "tonight", "--manifest", one, "--concurrency", "1"]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(
      /^cos-originals: The run "tonight" ended at \d{4}-.*Z; nothing was done; .*--run 'nightly-\{date\}'/,
    );
    // Who goes on with a run by --resume is told how it ended.
    expect((await run(["--resume", "tonight"])).code).toBe(0);
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
    for (const [index, key] of many.entries()) lab.emulator.bucket(source).put(key, makeImage("png", 8, index));
    const manifest = await file("many.txt", lines(...many));
    let fetched = 0;
    lab.emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      if (++fetched === 4) child.kill("SIGINT");
      return { kind: "delay", ms: 100 };
    });
    const args = [
      "run",
      "--archive",
      lab.place(),
      "--json",
      "--manifest",
      manifest,
      "--concurrency",
      "2",
      "--shard-size",
      "5",
    ];
    const child = start(lab.built.cli, args, lab.env);
    const first = await child.ended;
    expect(first.code, first.stderr).toBe(130);
    expect(first.stderr).toContain("Stopping: ");
    const resume = /cos-originals run (--resume .*)\n/.exec(first.stderr)?.[1]?.split(" ") ?? [];
    const summary = JSON.parse(first.stdout);
    expect(summary.state).toBe("incomplete");
    expect(summary.archived + summary.pending).toBe(30);
    expect(summary.archived).toBeGreaterThan(0);

    lab.emulator.faults.clear();
    lab.emulator.resetRequests();
    const { ORIGINALS_SOURCE: _, ...without } = lab.env;
    const second = await runCli(lab.built.cli, ["run", "--json", ...resume], without);
    expect(second.code, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ run: summary.run, state: "complete", rows: 30, archived: 30 });
    expect(fetched + lab.emulator.requests()["object.original"]).toBeLessThanOrEqual(30 + 2);
    for (const key of many) expect(archived(key), key).toEqual(original(key));
  });

  it("interrupted twice ends at once, says how to go on, and tells the ledger that nobody works there", async () => {
    lab.emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      child.kill("SIGTERM");
      return { kind: "hang" };
    });
    const manifest = await file("keys.txt", lines("plain.png"));
    const args = ["run", "--archive", lab.place(), "--run", "twice", "--manifest", manifest, "--rate", "50/s"];
    const child = start(lab.built.cli, args, lab.env);
    await child.says("Stopping: what is under way ends, within 25 s, and is recorded; nothing new begins.");
    child.kill("SIGINT");
    const { code, stderr } = await child.ended;
    expect(code).toBe(130);
    const resume = /or with: cos-originals (run --resume twice --ledger .* --rate 50\/s)\n/
      .exec(stderr)?.[1]
      ?.split(" ");
    const written = lab.emulator.bucket(archive).keys();
    expect(written.filter((key) => /\/runs\/twice\/outcomes\/.*-end$/.test(key))).toHaveLength(1);
    lab.emulator.faults.clear();
    const { ORIGINALS_SOURCE: _, ...without } = lab.env;
    const second = await runCli(lab.built.cli, [...(resume ?? []), "--json"], without);
    expect(second.code, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ run: "twice", state: "complete", archived: 1 });
  });

  it("goes on where nobody reads its output any more", async () => {
    const child = start(
      lab.built.cli,
      ["run", "--archive", lab.place(), "--manifest", await file("keys.txt", lines("plain.png"))],
      lab.env,
    );
    child.closeStdout();
    expect((await child.ended).code).toBe(0);
    expect(archived("plain.png")).toEqual(original("plain.png"));
  });
});
