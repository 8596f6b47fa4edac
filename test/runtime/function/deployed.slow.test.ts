import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { createSqsJsonTransport, ReceiveMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { type Built, build } from "../cli/built.ts";
import { openQueueServer } from "../cli/queue-server.ts";
import { eventOf } from "./fixtures.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const require = createRequire(import.meta.url);
const osls = join(dirname(require.resolve("osls/package.json")), "bin/serverless.js");
const keys = ["plain.png", "a folder/夏天 +%20.png"];

let built: Built;
let emulator: Emulator;
let folder = "";
let env: Record<string, string> = {};

beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-deployed-"));
  emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [{ secretId: "AKIDtest", secretKey: "test-secret-key" }],
    buckets: [{ name: "demo-1250000000", protect: "all" }, { name: "archive-1250000000" }],
  });
  for (const [index, key] of keys.entries()) emulator.bucket("demo-1250000000").put(key, makeImage("png", 16, index));
  // Outside the checkout: what is shipped has to do without its node_modules.
  await cp(join(built.folder, "dist"), join(folder, "dist"), { recursive: true });
  await cp(join(root, "serverless.yml"), join(folder, "serverless.yml"));
  await cp(join(root, "events"), join(folder, "events"), { recursive: true });
  env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    SLS_NOTIFICATIONS_MODE: "off",
    TENCENTCLOUD_SECRETID: "AKIDtest",
    TENCENTCLOUD_SECRETKEY: "test-secret-key",
    ORIGINALS_ENDPOINT: emulator.url,
  };
});

afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const node = (args: readonly string[], more?: Record<string, string>) => execute(process.execPath, args, more);

function execute(
  file: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: folder, env: { ...env, ...more } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

function forget(): void {
  const archive = emulator.bucket("archive-1250000000");
  for (const key of archive.keys()) archive.delete(key);
}

function archivedKeys(): string[] {
  const archive = emulator.bucket("archive-1250000000");
  for (const key of keys) {
    expect(archive.get(`photos/${key}`)?.bytes, key).toEqual(emulator.bucket("demo-1250000000").get(key)?.bytes);
  }
  return archive.keys().filter((key) => key.startsWith("photos/") && !key.includes("/.originals/"));
}

describe("the bundles that are deployed", () => {
  // A megabyte is what a cold start can afford: `import { z } from "zod"` brings all its languages, undici's index all of fetch.
  it.each(["lambda.cjs", "scf/index.js"])("%s is less than a megabyte", async (file) => {
    const text = await readFile(join(built.folder, "dist", file), "utf8");
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    // The page's texts lost their comments, and undici's parser is there once.
    expect(text).not.toContain("to be copied by hand");
    expect(text.match(/[\w+/=]{50000,}/g)).toHaveLength(1);
    // A function refuses folders, and has none of what works them.
    expect(text).not.toContain("READ-ME.txt");
    expect(text).toContain("which has no disk that outlives it; name a bucket");
  });
});

describe("the function that is deployed to AWS", () => {
  it("archives what events/sqs.json asks for, invoked by `osls invoke local`", async () => {
    forget();
    const { code, stdout, stderr } = await node([osls, "invoke", "local", "-f", "originals", "-p", "events/sqs.json"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // What CloudWatch counts is written there too, before it.
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1))).toEqual({ batchItemFailures: [] });
    expect(archivedKeys()).toEqual(keys.map((key) => `photos/${key}`).sort());
  });

  it.runIf(existsSync("/proc/self/limits"))(
    "archives as many at once as it may open connections for, whatever its concurrency, and says so",
    async () => {
      const source = emulator.bucket("demo-1250000000");
      const many = Array.from({ length: 300 }, (_, n) => `many/${n}.png`);
      for (const [index, key] of many.entries()) source.put(key, makeImage("png", 16, index));
      emulator.faults.use(({ operation }) => (operation === "object.original" ? { kind: "delay", ms: 50 } : undefined));
      onTestFinished(() => emulator.faults.clear());
      const { Records } = eventOf("sqs") as { Records: readonly { readonly body: string }[] };
      const { run: _, ...message } = JSON.parse(Records[0]?.body ?? "");
      const body = JSON.stringify({ ...message, keys: many, options: { maxAttempts: 1 } });
      const invocation = JSON.stringify({ Records: [{ ...Records[0], body }] });
      await writeFile(
        join(folder, "many.cjs"),
        `require("./dist/lambda.cjs").handler(${invocation}, { getRemainingTimeInMillis: () => 900000 })
        .then((result) => console.log(JSON.stringify({ result })))
        .then(() => process.exit(0))`,
      );
      const more = { ORIGINALS_CONCURRENCY: "300" };
      const limited = ["-c", `ulimit -n 150; exec '${process.execPath}' many.cjs`];
      const { code, stdout, stderr } = await execute("/bin/sh", limited, more);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(JSON.parse(stdout)).toEqual({ result: { batchItemFailures: [] } });
      const logged = stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(logged.filter(({ asked }) => asked === 300)).toMatchObject([{ concurrency: 19, openFiles: 150 }]);
      expect(stderr).not.toContain("EMFILE");
      for (const key of many) {
        expect(emulator.bucket("archive-1250000000").get(`photos/${key}`)?.bytes, key).toEqual(source.get(key)?.bytes);
      }
    },
  );

  // Catches: a message that stays hidden for as long as Lambda has its queue hide it, an hour and a half, when its function dies.
  it("dies at a message, and a real queue gives it to another within two minutes, who ends it", async () => {
    const source = emulator.bucket("demo-1250000000");
    const many = Array.from({ length: 40 }, (_, n) => `dead/${n}.png`);
    for (const [index, key] of many.entries()) source.put(key, makeImage("png", 16, index));
    const queues = await openQueueServer();
    onTestFinished(() => queues.close());
    const QueueUrl = (await queues.create("work")).replace(/^sqs:/, "");
    const { Records } = eventOf("sqs") as { Records: readonly { readonly body: string }[] };
    const { run: _, ...message } = JSON.parse(Records[0]?.body ?? "");
    await queues.send("work", JSON.stringify({ ...message, run: "dead", keys: many }));

    const later = vi.spyOn(Date, "now");
    onTestFinished(() => later.mockRestore());
    const passes = (seconds: number) => {
      const now = Date.now() + 1_000 * seconds;
      later.mockReturnValue(now);
    };
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
    const endpoint = queues.env.AWS_ENDPOINT_URL_SQS;
    const client = new SQSClient({
      transport: createSqsJsonTransport({ region: "us-east-1", endpoint, credentials, env: {}, clock: systemClock }),
    });
    onTestFinished(() => client.destroy());
    /** As Lambda receives it, which goes by the queue's own visibility. */
    const received = async () => {
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 5_400 }));
      return Messages.map(({ MessageId, ReceiptHandle, Body }) => ({
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:work",
      }));
    };
    const invoked = (records: unknown) => [
      "-e",
      `require("./dist/lambda.cjs").handler({ Records: ${JSON.stringify(records)} }, { getRemainingTimeInMillis: () => 900000 })
        .then((result) => console.log(JSON.stringify(result)), console.error).then(() => process.exit(0))`,
    ];

    const dies = spawn(process.execPath, invoked(await received()), { cwd: folder, env: { ...env, ...queues.env } });
    const died = once(dies, "exit");
    let fetched = 0;
    onTestFinished(
      emulator.faults.use(({ operation, key }) => {
        if (operation !== "object.original" || !key.startsWith("dead/")) return undefined;
        if (++fetched === 20) dies.kill("SIGKILL");
        return undefined;
      }),
    );
    expect(await died).toEqual([null, "SIGKILL"]);
    passes(30);
    expect(await received()).toEqual([]);
    passes(91);
    const again = await received();
    expect(again).toHaveLength(1);

    const { code, stdout, stderr } = await node(invoked(again), queues.env);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toEqual({ batchItemFailures: [] });
    for (const key of many) {
      expect(emulator.bucket("archive-1250000000").get(`photos/${key}`)?.bytes, key).toEqual(source.get(key)?.bytes);
    }
    const logged = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(logged).toContainEqual(expect.objectContaining({ message: "run complete", run: "dead", rows: 40 }));
    expect(logged.map(({ takenOver }) => takenOver)).toContain(1);
  });

  it("says in the invocation's error what is wrong with a setting", async () => {
    const invoke = [osls, "invoke", "local", "-f", "originals", "-p", "events/sqs.json"];
    const { code, stdout } = await node(invoke, { ORIGINALS_CONCURRENCY: "many" });
    expect(code).toBe(1);
    expect(stdout).toContain('ORIGINALS_CONCURRENCY \\"many\\" is not a whole number from 1 to 1000');
  });
});

// More of it: scf-conditions.slow.test.ts.
describe("the function that is deployed to Tencent", () => {
  /** Loads dist/scf/index.js as the platform does, and invokes `index.main_handler`. */
  async function invoke(event: string, more: Record<string, string> = {}) {
    const script = `require("./dist/scf/index.js").main_handler(require("./events/${event}.json"), { time_limit_in_ms: 60000 })
      .then((result) => console.log(JSON.stringify({ result })), (error) => console.log(JSON.stringify({ thrown: error.message })))
      .then(() => process.exit(0))`;
    const { stdout } = await node(["-e", script], more);
    return JSON.parse(stdout) as { result?: unknown; thrown?: string };
  }

  it("throws, so that the event comes again, where the store does not answer", async () => {
    forget();
    expect(await invoke("scf-cmq", { ORIGINALS_ENDPOINT: "http://127.0.0.1:9" })).toEqual({
      thrown: expect.stringMatching(/^1 of 1 message must be delivered again: /),
    });
  });
});

describe("the payloads in events/", () => {
  it("name the buckets that the demo makes", () => {
    expect(JSON.stringify(eventOf("sqs"))).toContain("demo-1250000000");
  });
});
