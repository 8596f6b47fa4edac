/**
 * Each command that a paper prints in a `sh` block works as printed: all blocks of a paper, one after the other in one shell, as
 * somebody would type them who has the services that they name. The services are the embedded COS and an SQS server; of what is
 * printed only a queue's address (`sqs:URL`), a port and a credential (`…`) are filled in.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../src/emulator/emulator.ts";
import { makeImage } from "../../src/runtime/cli/demo/images.ts";
import { build } from "../runtime/cli/built.ts";
import { openQueueServer, type QueueServer } from "../runtime/cli/queue-server.ts";
import { freePort } from "../setup/free-port.ts";
import { linesOf, runsElsewhere, shellBlocks } from "./documented-commands.ts";
import { blocksOf, read, readPapers, root } from "./papers.ts";

const credentials = { secretId: "AKIDpapers", secretKey: "a-secret-of-the-papers" };
const keys = ["2026/a.jpg", "2026/b ü.png"];

let folder = "";
let emulator: Emulator;
let queues: QueueServer;
/** A dead man's switch, and the paths that it was pinged at. */
let pinged: Server;
const pings: string[] = [];

/** Where an npx lies that finds what npx does, and does not take seconds to begin each of some seventy commands. */
const quickNpx = () => join(folder, "quick-npx");

/** A checkout beside this one: what is built, what is deployed, and the command where npx finds it. */
beforeAll(async () => {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "papers-"));
  for (const name of ["package.json", "serverless.yml", "events", "scripts", "src"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "node_modules/osls/bin/serverless.js"), join(folder, "node_modules/.bin/osls"));
  symlinkSync("../../dist/cli.js", join(folder, "node_modules/.bin/cos-originals"));
  cpSync(join((await build()).folder, "dist"), join(folder, "dist"), { recursive: true });
  mkdirSync(quickNpx(), { recursive: true });
  writeFileSync(
    join(quickNpx(), "npx"),
    `#!/bin/sh\ncommand=$1\nshift\nexec "${folder}/node_modules/.bin/$command" "$@"\n`,
    {
      mode: 0o755,
    },
  );
  writeFileSync(join(folder, "keys.txt"), keys.map((key) => `${key}\n`).join(""));
  mkdirSync(join(folder, "pictures"));
  for (const n of [1, 2, 3]) writeFileSync(join(folder, `pictures/${n}.png`), makeImage("png", 16, n));
  queues = await openQueueServer();
  pinged = createHttpServer((request, response) => {
    pings.push(request.url ?? "");
    request.resume().on("end", () => response.end("OK"));
  });
  await new Promise<void>((resolve) => pinged.listen(0, "127.0.0.1", resolve));
  emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [credentials],
    buckets: [{ name: "photos-1250000000", protect: "all" }, { name: "archive-1250000000" }],
  });
  for (const [n, key] of keys.entries()) emulator.bucket("photos-1250000000").put(key, makeImage("png", 16, n));
});
afterAll(async () => {
  await emulator?.close();
  await queues?.close();
  await new Promise((resolve) => (pinged === undefined ? resolve(undefined) : pinged.close(resolve)));
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

/**
 * Ends at the first command that fails. Job control as a terminal has it: what runs in the background is a job, which can be stopped
 * whole, and is at the end.
 */
const prelude = "set -em\ntrap 'for job in $(jobs -p); do kill -- -$job; done' EXIT\n";

/** Runs a script as a shell does for somebody who types it, and tells which of its lines failed. */
function shell(
  script: string,
  path = `${quickNpx()}:${process.env.PATH}`,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = {
    PATH: path,
    HOME: folder,
    ORIGINALS_ENDPOINT: emulator.url,
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    SLS_NOTIFICATIONS_MODE: "off",
    ...queues.env,
  };
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", prelude + script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** Sections of papers, each with what it tells to type, which is one story. */
const sections = readPapers()
  // Its commands are those of the English one, which languages.test.ts holds.
  .filter(({ path }) => path !== "README.zh.md")
  .flatMap((paper) => {
    const headings = [...paper.text.matchAll(/^#{2,3} (.*)$/gm)].map((match) => ({
      heading: match[1] as string,
      line: paper.text.slice(0, match.index).split("\n").length,
    }));
    const stories = new Map<string, string[]>();
    for (const block of shellBlocks(paper)) {
      const lines = linesOf(block).filter(({ kind }) => kind === "run" && !runsElsewhere(block));
      const under = headings.findLast(({ line }) => line < block.line)?.heading ?? "";
      if (lines.length > 0) stories.set(under, [...(stories.get(under) ?? []), ...lines.map(({ text }) => text)]);
    }
    return [...stories].map(([heading, lines]) => ({ path: paper.path, heading, lines }));
  });

test("papers print commands that can be run", () => {
  expect(sections.map(({ path, heading }) => `${path}: ${heading}`)).toEqual([
    "README.md: Archive a real bucket",
    "docs/costs.md: A worked example",
    "docs/deploy/aws.md: Before you deploy",
    "docs/deploy/aws.md: On your machine",
    "docs/deploy/hosts.md: On one machine, to try it",
    "docs/deploy/hosts.md: A queue and workers",
    "docs/deploy/tencent.md: From account to first backup",
    "docs/formats.md: Failures",
    "docs/migration.md: Leave the protection",
    "docs/nightly.md: Night after night",
    "docs/operating.md: First look",
    "docs/operating.md: By what you see",
    "docs/reprocessing.md: Step by step",
    "docs/security.md: Least privilege",
  ]);
});

test("npx finds the commands that papers print", async () => {
  const { code, output } = await shell("npx cos-originals --version\nnpx osls --version", process.env.PATH);
  expect(code, output).toBe(0);
  expect(output).toMatch(/^\d+\.\d+\.\d+\n/);
});

describe.each(sections)("$path, $heading", ({ path, lines }) => {
  test("prints commands that work", async () => {
    // `yaml originals.yaml`: a file that the paper tells to write.
    for (const { words, text } of blocksOf(read(path))) {
      if (words[0]?.includes(".")) writeFileSync(join(folder, words[0]), text);
    }
    const [port, queue] = [await freePort(), await queues.create("papers")];
    const filledIn = lines.map((line) =>
      line
        .replace("TENCENTCLOUD_SECRETID=…", `TENCENTCLOUD_SECRETID=${credentials.secretId}`)
        .replace("TENCENTCLOUD_SECRETKEY=…", `TENCENTCLOUD_SECRETKEY=${credentials.secretKey}`)
        .replaceAll("sqs:URL", queue)
        .replaceAll("https://hc-ping.com/UUID", `http://127.0.0.1:${(pinged.address() as AddressInfo).port}/UUID`)
        .replaceAll("9000", String(port)),
    );
    const script = filledIn
      .map((line) => `echo ${JSON.stringify(`$ ${line}`).replaceAll("$", "\\$")}\n${line}\n`)
      .join("");
    const { code, output } = await shell(script);
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/…|command not found/);
    expect(pings.splice(0)).toEqual(lines.some((line) => line.includes("--ping")) ? ["/UUID/start", "/UUID"] : []);
  });
});
