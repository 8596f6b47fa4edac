/** TypeScript projects that use every entry of the package as it is installed: they compile, and archive. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { blocksOf, read } from "../papers/papers.ts";
import { type Packed, pack, projectWith, runIn, succeed, tsc } from "./packed.ts";

const sourceOf = (name: string) => readFileSync(new URL(`projects/${name}`, import.meta.url), "utf8");

const keys = { secretId: "AKIDexample", secretKey: "example-key" };

let packed: Packed;
beforeAll(async () => {
  packed = await pack();
});

describe("a TypeScript project with the package installed", () => {
  const settings = (more: object = {}) =>
    JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        resolveJsonModule: true,
        // What is shipped is checked too.
        skipLibCheck: false,
        outDir: "out",
        ...more,
      },
      include: ["*.ts"],
    });
  const compiled = (project: string) => runIn(project, tsc[0], [tsc[1], "-p", "."]);

  test("compiles in strict nodenext with every entry, and archives by each", async () => {
    const project = await projectWith(packed, "modules", {
      "package.json": '{"type":"module"}',
      "tsconfig.json": settings(),
      "main.ts": sourceOf("modules.ts"),
    });
    expect(await compiled(project)).toMatchObject({ code: 0, output: "" });
    expect(JSON.parse(await succeed(project, process.execPath, ["out/main.js"]))).toEqual({
      library: { kind: "acknowledge" },
      queue: ["hello"],
      lambda: "no answer",
      scf: {
        acknowledged: 1,
        rejected: 0,
        report: expect.stringMatching(/\/report\/$/),
        summary: expect.objectContaining({ state: "complete", archived: 1 }),
      },
      archived: ["library/picture.jpg", "lambda/picture.jpg", "scf/picture.jpg"],
      refused: "NoSuchKey",
      name: "cos-originals",
    });
  });

  test("compiles as CommonJS with the functions, and archives by both", async () => {
    const project = await projectWith(packed, "commonjs", {
      "package.json": '{"type":"commonjs"}',
      "tsconfig.json": settings(),
      "main.ts": sourceOf("commonjs.ts"),
    });
    expect(await compiled(project)).toMatchObject({ code: 0, output: "" });
    expect(JSON.parse(await succeed(project, process.execPath, ["out/main.js"]))).toEqual({
      lambda: { batchItemFailures: [] },
      scf: {
        acknowledged: 1,
        rejected: 0,
        report: expect.stringMatching(/\/report\/$/),
        summary: expect.objectContaining({ state: "complete", archived: 1 }),
      },
      archived: ["lambda/picture.jpg", "scf/picture.jpg"],
    });
  });

  test("archives a thousand keys as docs/library.md says: stopped by ^C, and gone on with by the same command", async () => {
    const [program] = blocksOf(read("docs/library.md")).filter(({ words }) => words[0] === "archive.ts");
    const project = await projectWith(packed, "own-program", {
      "package.json": '{"type":"module"}',
      "tsconfig.json": settings(),
      "archive.ts": program?.text ?? "",
    });
    expect(await compiled(project)).toMatchObject({ code: 0, output: "" });
    const stop = new AbortController();
    const emulator = await startEmulator({
      dataDir: join(project, "cos"),
      onServed: () => {
        if (fetched() === 50) stop.abort();
      },
      credentials: [keys],
      buckets: [{ name: "photos-1250000000", protect: "all" }, { name: "archive-1250000000" }],
    });
    const fetched = () => emulator.requests()["object.original"];
    try {
      const photos = emulator.bucket("photos-1250000000");
      for (let n = 0; n < 1_000; n++) photos.put(`2026/${n}.jpg`, Buffer.from(`the bytes of picture ${n}`));
      const env = {
        ...process.env,
        TENCENTCLOUD_SECRETID: keys.secretId,
        TENCENTCLOUD_SECRETKEY: keys.secretKey,
        ORIGINALS_ENDPOINT: emulator.url,
      };
      const first = spawn(process.execPath, ["out/archive.js"], { cwd: project, env });
      stop.signal.addEventListener("abort", () => first.kill("SIGINT"));
      const stopped = await endOf(first);
      expect(JSON.parse(stopped.stdout)).toMatchObject({ state: "incomplete" });
      expect(stopped.code).toBe(1);
      const second = await endOf(spawn(process.execPath, ["out/archive.js"], { cwd: project, env }));
      expect(second).toEqual({
        code: 0,
        stdout: '{"state":"complete","archived":1000,"pending":0}\n',
        stderr: "",
      });
      expect(fetched()).toBe(1_000);
    } finally {
      await emulator.close();
    }
  });

  test("does not compile where it passes what the package does not take", async () => {
    const project = await projectWith(packed, "mistaken", {
      "package.json": '{"type":"module"}',
      "tsconfig.json": settings({ noEmit: true }),
      "main.ts": sourceOf("mistaken.ts"),
    });
    const { code, output } = await compiled(project);
    expect(code).not.toBe(0);
    const wrong = sourceOf("mistaken.ts")
      .split("\n")
      .flatMap((line, index) => (line.includes("// wrong") ? [index + 1] : []));
    expect([...output.matchAll(/^main\.ts\((\d+),/gm)].map(([, line]) => Number(line))).toEqual(wrong);
  });
});

async function endOf(child: ChildProcess) {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}
