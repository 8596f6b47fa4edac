/** The examples that editors show beside what the package exports: each compiles, runs, and prints what it says that it prints. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../src/emulator/emulator.ts";
import { type Example, examplesIn } from "./examples.ts";
import { type Packed, pack, projectWith, runIn, tsc } from "./packed.ts";

const keys = { secretId: "AKIDexample", secretKey: "example-key" };

let packed: Packed;
let emulator: Emulator;
let folder = "";
let project = "";
let examples: readonly Example[] = [];

beforeAll(async () => {
  packed = await pack();
  folder = await mkdtemp(join(tmpdir(), "originals-examples-"));
  emulator = await startEmulator({
    dataDir: folder,
    credentials: [keys],
    buckets: [{ name: "photos-1250000000", protect: "all" }, { name: "archive-1250000000" }],
  });
  emulator.bucket("photos-1250000000").put("2026/picture.jpg", Buffer.from("the bytes of a picture"));
  const declarations = ["index.d.ts", "queue.d.ts", "shared.d.ts"].map((name) => join(packed.folder, "types", name));
  examples = (await Promise.all(declarations.map((path) => readFile(path, "utf8")))).flatMap(examplesIn);
  project = await projectWith(packed, "examples", {
    "package.json": '{"type":"module"}',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        outDir: "out",
      },
      include: ["*.ts"],
    }),
    ...Object.fromEntries(examples.map(({ name, text }) => [`${name}.ts`, text])),
  });
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the examples", () => {
  test("are there for what users begin with", () => {
    expect(examples.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "SQSClient",
        "archiveManifest",
        "createBucketClient",
        "createDeliveryHandler",
        "createLambdaHandler",
        "createLease",
        "createScfHandler",
        "environmentCredentials",
        "keepFunctionWorker",
        "parseMessage",
        "queueFromUrl",
        "readSettings",
        "runHere",
        "startEmulator",
        "surroundingsFromSettings",
      ]),
    );
  });

  test("compile in strict nodenext", async () => {
    expect(await runIn(project, tsc[0], [tsc[1], "-p", "."])).toMatchObject({ code: 0, output: "" });
  });

  test("print what they say, against the embedded COS", async () => {
    const environment = {
      TENCENTCLOUD_SECRETID: keys.secretId,
      TENCENTCLOUD_SECRETKEY: keys.secretKey,
      ORIGINALS_ENDPOINT: emulator.url,
    };
    const printed = await Promise.all(
      examples.map(async ({ name }) => {
        const { code, stdout, output } = await runIn(project, process.execPath, [`out/${name}.js`], environment);
        return { name, code, printed: code === 0 ? stdout.split("\n").slice(0, -1) : output };
      }),
    );
    expect(printed).toEqual(examples.map(({ name, prints }) => ({ name, code: 0, printed: prints })));
  });
});
