/** `npm run try`, small: what it would catch is a command that changed without the script that shows how they go together. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../../papers/papers.ts";
import { type Built, build } from "../built.ts";

let built: Built;
let folder = "";
beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-try-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Tried {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const tryIt = (...args: readonly string[]) =>
  new Promise<Tried>((resolve) => {
    const all = [join(root, "scripts/try.mjs"), "--cli", built.cli, ...args];
    execFile(process.execPath, all, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });

test("three workers, one of them killed, end a run; its report stays, and nothing else", async () => {
  const data = join(folder, "tried");
  const small = ["--rows", "120", "--shard-size", "10", "--rate", "30/s", "--data", data];
  const { code, stdout, stderr } = await tryIt(...small);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/Process \d+ is killed with -9 in the middle/);
  expect(stdout).toContain(
    "The run is complete: 120 rows, 120 archived, 0 failed, 0 pending; 120 of them are in the archive",
  );
  expect((await readdir(data)).sort()).toEqual([".cos-originals-try", "report"]);
  expect(JSON.parse(await readFile(join(data, "report/summary.json"), "utf8"))).toMatchObject({ archived: 120 });
});

test("what is no number, or a folder with other things in it, is refused before anything begins", async () => {
  expect(await tryIt("--rows", "many")).toMatchObject({ code: 2, stdout: "" });
  const { code, stderr } = await tryIt("--data", root);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("a folder with other things in it"),
  });
});
