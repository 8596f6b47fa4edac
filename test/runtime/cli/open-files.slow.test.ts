/** A process that may open few files and connections (`ulimit -n`): it works on fewer rows at once, and pays and charges nothing for it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import type { Ended } from "./built.ts";
import { type Lab, lines, openLab, source } from "./lab.ts";
import { openQueueServer, type QueueServer } from "./queue-server.ts";

const keys = Array.from({ length: 400 }, (_, n) => `many/${String(n).padStart(3, "0")}.png`);

let lab: Lab;
let queues: QueueServer;
beforeAll(async () => {
  [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
  for (const [index, key] of keys.entries()) lab.emulator.bucket(source).put(key, makeImage("png", 16, index));
});
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});

let fetched = 0;
beforeEach(() => {
  lab.next();
  fetched = 0;
  lab.emulator.faults.use(({ operation }) => {
    if (operation !== "object.original") return undefined;
    fetched++;
    // So long that all that may be under way are.
    return { kind: "delay", ms: 100 };
  });
});

/** The command under `ulimit -n 150`. */
function limited(args: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
  const command = [process.execPath, lab.built.cli, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("/bin/sh", ["-c", `ulimit -n 150; exec ${command}`], {
    env: { PATH: process.env.PATH ?? "", ...lab.env, ...queues.env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
}

/** Holds 90 files from the first connection on: what the program is made of is read by then. */
const holdingNinety = `
const { Socket } = require("node:net");
const { openSync } = require("node:fs");
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...to) {
  Socket.prototype.connect = connect;
  for (let n = 0; n < 90; n++) openSync("/dev/null");
  return connect.apply(this, to);
};`;

const all = ["--concurrency", "300", "--json"];
const warnings = ({ stderr }: Ended) => stderr.split("\n").filter((line) => line.includes("at once"));

describe.runIf(existsSync("/proc/self/limits"))("a process that may open 150 files, asked for 300 rows at once", () => {
  const asked = async () => [
    ...["--archive", lab.place(), "--manifest", await lab.file("keys.txt", lines(...keys)), "--max-attempts", "1"],
  ];
  const expectAll = () => {
    for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
  };

  it("runs with as many as it can hold, says so once, and tries nothing twice", async () => {
    const ended = await limited(["run", ...all, ...(await asked())]);
    expect(ended).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ archived: 400, failed: 0, retries: 0 });
    expect(warnings(ended)).toEqual([expect.stringMatching(/concurrency: 19, asked: 300, openFiles: 150/)]);
    expect(ended.stderr).not.toContain("EMFILE");
    expect(fetched).toBe(400);
    expectAll();
  });

  it("works a queue likewise", async () => {
    const queue = await queues.create("few-files");
    const submitted = await limited([
      "submit",
      "--queue",
      queue,
      "--run",
      "few",
      "--shard-size",
      "20",
      ...(await asked()),
    ]);
    expect(submitted, submitted.stderr).toMatchObject({ code: 0 });
    const ended = await limited(["work", "--drain", "--queue", queue, ...all]);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ archived: 400, failed: 0, runs: [{ state: "complete" }] });
    expect(warnings(ended)).toHaveLength(1);
    expect(ended.stderr).not.toContain("EMFILE");
    expect(fetched).toBe(400);
    expectAll();
  });

  it("comes down further where something else holds most of them, and charges and pays nothing for what it could not send", async () => {
    const hog = await lab.file("hog.cjs", holdingNinety);
    const ended = await limited(["run", ...all, ...(await asked())], { NODE_OPTIONS: `--require ${hog}` });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ archived: 400, failed: 0 });
    expect(ended.stderr).toContain("this process or machine may open no more files or connections");
    expect(fetched).toBe(400);
    expectAll();
  });
});
