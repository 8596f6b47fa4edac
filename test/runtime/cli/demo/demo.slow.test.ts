import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSummary } from "../../../../src/report/summary.ts";
import { type Built, build, runCli, start } from "../built.ts";

let built: Built;
let folder = "";
beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-demo-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the demo", () => {
  it("archives 498 of 500, shows what is refused, leaves a report to open, ends with 0, and again", async () => {
    const data = join(folder, "data");
    const first = await runCli(built.cli, ["demo", "--data", data]);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(/anonymous GET of "plain\.png": refused \(403 AccessDenied, X-ErrNo -154\)/);
    expect(first.stdout).toMatch(/signed GET without ci-process of "plain\.png": refused/);
    expect(first.stdout).toMatch(/unsigned GET with ci-process=originImage of "plain\.png": refused/);
    expect(first.stdout).toContain("500 rows = 498 archived + 0 skipped + 2 failed + 0 pending");
    expect(first.stdout).toContain(join(data, "report", "report.html"));

    const second = await runCli(built.cli, ["demo", "--json", "--quiet", "--data", data], { LANG: "zh_CN.UTF-8" });
    expect(second).toMatchObject({ code: 0, stderr: "" });
    const document = JSON.parse(second.stdout);
    expect(document).toMatchObject({ schema: "cos-originals/demo@1", asExpected: true });
    const summary = parseSummary(document.summary);
    expect(summary.failures?.map(({ code, keys }) => [code, ...keys]).sort()).toEqual([
      ["InvalidObjectState", "2026/frozen.png"],
      ["NoSuchKey", "2026/deleted-long-ago.jpg"],
    ]);

    const report = await readdir(join(data, "report"));
    expect(report).toEqual(expect.arrayContaining(["report.html", "summary.json"]));
    expect(JSON.parse(await readFile(join(data, "report/summary.json"), "utf8"))).toEqual(document.summary);
    expect(await readFile(join(data, "report/report.html"), "utf8")).toContain('<html lang="zh-CN">');
    const failures = report.filter((name) => name.startsWith("failures-"));
    expect(await readFile(join(data, "report", failures[0] ?? ""), "utf8")).toContain("deleted-long-ago");
    const results = report.filter((name) => name.startsWith("results-"));
    expect(gunzipSync(await readFile(join(data, "report", results[0] ?? ""))).toString()).toContain("夏天");
  });

  // Catches: `--data ~` that empties somebody's home.
  it("refuses a folder with other things in it, and leaves them alone", async () => {
    const precious = join(folder, "precious.txt");
    await writeFile(precious, "mine");
    const { code, stderr } = await runCli(built.cli, ["demo", "--data", folder]);
    expect(code).toBe(2);
    expect(stderr).toContain("is a folder with other things in it");
    expect(await readFile(precious, "utf8")).toBe("mine");
  });

  it("refuses a port that is none", async () => {
    const { code, stderr } = await runCli(built.cli, ["demo", "--data", join(folder, "other"), "--port", "http"]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--port "http"') });
  });

  it("interrupted ends with 130", async () => {
    const child = start(built.cli, ["demo", "--data", join(folder, "interrupted")], {});
    await child.says("A manifest message is in the queue");
    child.kill("SIGINT");
    expect((await child.ended).code).toBe(130);
  });
});
