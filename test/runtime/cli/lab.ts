import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import { type Built, build, type Ended, runCli } from "./built.ts";

export const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
export const source = "photos-1250000000";
export const archive = "archive-1250000000";
export const keys = ["plain.png", "a folder/夏天 +%20.png", "100% sure?.png", "a+b&c=d.png"];

export const lines = (...all: string[]) => all.map((key) => `${key}\n`).join("");

/** The built command line beside an emulator whose source bucket is protected. */
export interface Lab {
  readonly built: Built;
  readonly emulator: Emulator;
  readonly folder: string;
  /** Credentials, endpoint, source and region. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the test at hand archives. */
  place(): string;
  /** A new place, no faults. */
  next(): void;
  file(name: string, content: string | Buffer): Promise<string>;
  run(args: readonly string[], stdin?: string | Buffer, more?: Record<string, string>): Promise<Ended>;
  archived(key: string): Buffer | undefined;
  original(key: string): Buffer | undefined;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const built = await build();
  const folder = await mkdtemp(join(tmpdir(), "originals-cli-"));
  const emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [credentials],
    buckets: [{ name: source, protect: "all" }, { name: archive }],
  });
  for (const [index, key] of keys.entries()) emulator.bucket(source).put(key, makeImage("png", 16, index));
  const env = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: emulator.url,
    ORIGINALS_SOURCE: `cos://${source}`,
    ORIGINALS_REGION: "ap-guangzhou",
  };
  let tests = 0;
  const place = () => `cos://${archive}/${tests}/`;
  return {
    built,
    emulator,
    folder,
    env,
    place,
    next() {
      tests++;
      emulator.faults.clear();
    },
    async file(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    run: (args, stdin, more = {}) =>
      runCli(built.cli, ["run", "--archive", place(), ...args], { ...env, ...more }, stdin),
    archived: (key) => emulator.bucket(archive).get(`${tests}/${key}`)?.bytes,
    original: (key) => emulator.bucket(source).get(key)?.bytes,
    async close() {
      await emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
