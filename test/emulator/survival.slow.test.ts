/** The disk is the truth: what a start finds there, and what a kill at any moment leaves. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { Pool } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSigner } from "../../src/cos/signing/signature.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { credentials, host, openLab, photos } from "./lab.ts";

const MIB = 1024 * 1024;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "emulator-survival-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const files = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const bytesOnDisk = (root: string) => files(root).reduce((sum, file) => sum + statSync(file).size, 0);

describe("a start", () => {
  test("takes no notice of a line that was never finished", async () => {
    const lab = await openLab();
    lab.emulator.bucket(photos).put("whole", Buffer.from("whole"));
    await lab.emulator.close();
    const log = join(lab.dataDir, "log");
    appendFileSync(log, readFileSync(log, "utf8").slice(0, -20));
    await lab.restart();
    expect(lab.emulator.bucket(photos).keys()).toEqual(["whole"]);
    lab.emulator.bucket(photos).put("next", Buffer.from("next"));
    await lab.restart();
    expect(lab.emulator.bucket(photos).keys()).toEqual(["next", "whole"]);
    expect(lab.emulator.bucket(photos).get("next")?.bytes.toString()).toBe("next");
    await lab.close();
  });

  test("knows whose the bytes of a completed multipart upload are: they go when the object does", async () => {
    const lab = await openLab();
    const { element } = await lab.ask({ method: "POST", key: "m", query: [["uploads", ""]] });
    const uploadId = element("UploadId") ?? "";
    let parts = "";
    for (const n of [1, 2]) {
      const query = [
        ["partNumber", String(n)],
        ["uploadId", uploadId],
      ] as const;
      const part = await lab.ask({ method: "PUT", key: "m", query, body: Buffer.alloc(2 * MIB, `${n}`) });
      parts += `<Part><PartNumber>${n}</PartNumber><ETag>${part.headers.etag}</ETag></Part>`;
    }
    const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
    await lab.ask({ method: "POST", key: "m", query: [["uploadId", uploadId]], body });
    await lab.restart();
    expect(lab.emulator.bucket(photos).get("m")?.bytes.length).toBe(4 * MIB);
    expect(bytesOnDisk(lab.dataDir)).toBeGreaterThan(4 * MIB);
    lab.emulator.bucket(photos).delete("m");
    expect(bytesOnDisk(lab.dataDir)).toBeLessThan(10_000);
    await lab.close();
  });

  test("finds no more on disk than is of the present, where nothing of the past is left beside it", async () => {
    const lab = await openLab();
    const bucket = () => lab.emulator.bucket(photos);
    const of = (round: number, n: number) => Buffer.alloc(16 * 1024, `${round} ${n} `);
    for (let round = 0; round < 10; round++) for (let n = 0; n < 500; n++) bucket().put(`key ${n}`, of(round, n));
    await lab.restart();
    expect(bytesOnDisk(lab.dataDir)).toBeLessThan(2 * 500 * 16 * 1024);
    expect(bucket().size).toBe(500);
    for (let n = 0; n < 500; n++) expect(bucket().get(`key ${n}`)?.bytes.equals(of(9, n))).toBe(true);
    await lab.close();
  });

  test("refuses a data directory that another emulator is in, and takes over one whose owner is dead", async () => {
    const lab = await openLab();
    const second = startEmulator({ dataDir: lab.dataDir, credentials: [credentials] });
    await expect(second).rejects.toMatchObject({ code: "DataDirInUse" });
    await lab.emulator.close();
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    writeFileSync(join(lab.dataDir, "emulator.lock"), `${dead.pid} 1`);
    await lab.restart();
    await lab.close();
  });

  test("refuses a port in use, a wrong bucket name and a wrong suffix, and leaves the directory free", async () => {
    const lab = await openLab();
    const dataDir = join(directory, "refused");
    const start = (more: object) => startEmulator({ dataDir, credentials: [credentials], ...more });
    await expect(start({ port: lab.emulator.port })).rejects.toMatchObject({ code: "PortInUse" });
    await expect(start({ buckets: [{ name: "no-appid" }] })).rejects.toMatchObject({ code: "InvalidBucketName" });
    await expect(start({ buckets: [{ name: photos, protect: ["exe"] }] })).rejects.toMatchObject({
      code: "InvalidProtection",
    });
    await (await start({})).close();
    await lab.close();
  });
});

describe("kill -9", () => {
  const entry = `
    import { startEmulator } from ${JSON.stringify(resolve("src/emulator/emulator.ts"))};
    const emulator = await startEmulator({
      dataDir: process.argv[2],
      credentials: [${JSON.stringify(credentials)}],
      buckets: [{ name: ${JSON.stringify(photos)} }],
    });
    process.stdout.write(emulator.port + "\\n");
  `;
  let script: string;
  beforeAll(async () => {
    const built = await build({
      stdin: { contents: entry, resolveDir: process.cwd(), loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      write: false,
      logLevel: "silent",
    });
    script = join(directory, "emulator.mjs");
    writeFileSync(script, built.outputFiles[0]!.contents);
  });

  async function startChild(dataDir: string): Promise<{ child: ChildProcess; port: number }> {
    const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await once(lines, "line")) as [string];
    return { child, port: Number(line) };
  }

  /** Bytes that tell which write of which key they are, and whether they are whole. */
  function bodyOf(key: string, write: number): Buffer {
    const size = [0, 700, 16 * 1024, 200_000, 1_500_000][write % 5]!;
    return Buffer.alloc(size, `${key} ${write} `);
  }

  test("in the midst of uploads leaves every object whole: what was acknowledged, or a later write of that key", async () => {
    const dataDir = join(directory, "killed");
    const sign = createSigner();
    /** By key: the write that was acknowledged last, and the last that was begun. */
    const writes = new Map<string, { acknowledged: number; begun: number }>();
    for (let round = 0; round < 3; round++) {
      const { child, port } = await startChild(dataDir);
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8 });
      let acknowledged = 0;
      const killAfter = 40 + round * 37;
      let killed = false;
      const exited = once(child, "exit");
      await Promise.all(
        Array.from({ length: 8 }, async (_, uploader) => {
          for (let n = 0; !killed; n++) {
            const key = `${uploader}/${n % 6}`;
            const known = writes.get(key) ?? { acknowledged: -1, begun: -1 };
            writes.set(key, known);
            const write = ++known.begun;
            const path = `/${key}`;
            const headers = { host, "x-cos-meta-write": String(write), "content-type": "text/plain" };
            const signed = { method: "PUT", path, query: [], headers: Object.entries(headers) };
            const signature = sign(signed, credentials, systemClock.now() / 1000);
            try {
              const reply = await pool.request({
                method: "PUT",
                path,
                headers: { ...headers, authorization: signature },
                body: bodyOf(key, write),
              });
              await reply.body.dump();
              expect(reply.statusCode).toBe(200);
              known.acknowledged = write;
              if (++acknowledged === killAfter) {
                killed = true;
                child.kill("SIGKILL");
              }
            } catch (error) {
              if (!killed) throw error;
            }
          }
        }),
      );
      const [, signal] = await exited;
      expect(signal).toBe("SIGKILL");
      await pool.destroy();

      const emulator = await startEmulator({ dataDir, credentials: [credentials] });
      const bucket = emulator.bucket(photos);
      const keys = bucket.keys();
      for (const key of keys) {
        const { object, bytes } = bucket.get(key)!;
        const write = Number(object.headers["x-cos-meta-write"]);
        const { acknowledged: last, begun } = writes.get(key)!;
        expect(write).toBeGreaterThanOrEqual(last);
        expect(write).toBeLessThanOrEqual(begun);
        expect(bytes.equals(bodyOf(key, write))).toBe(true);
        expect(object).toMatchObject({ size: bytes.length, etag: createHash("md5").update(bytes).digest("hex") });
      }
      for (const [key, { acknowledged: last }] of writes) if (last >= 0) expect(keys).toContain(key);
      await emulator.close();
    }
  });
});
