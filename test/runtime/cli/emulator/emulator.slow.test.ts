import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBucketClient } from "../../../../src/cos/client.ts";
import { staticCredentials } from "../../../../src/credentials/credentials.ts";
import { systemClock } from "../../../../src/vocabulary/clock.ts";
import { type Built, build, runCli, start } from "../built.ts";

const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
const env = { TENCENTCLOUD_SECRETID: credentials.secretId, TENCENTCLOUD_SECRETKEY: credentials.secretKey };

let built: Built;
let folder = "";
beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-emulator-cli-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const clientOf = (endpoint: string) =>
  createBucketClient({
    bucket: "photos-1250000000",
    region: "ap-guangzhou",
    endpoint,
    credentials: staticCredentials(credentials),
    clock: systemClock,
  });

async function listening(child: ReturnType<typeof start>): Promise<string> {
  return /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(await child.says(/listening on \S+\n/))?.[1] ?? "";
}

describe("cos-originals emulator", () => {
  it("serves protected buckets until it is told to stop, ends with 0, and keeps what was stored", async () => {
    const args = [
      "emulator",
      "--port",
      "0",
      "--data",
      join(folder, "kept"),
      "--bucket",
      "photos-1250000000",
      "--protect",
      "png",
    ];
    const first = start(built.cli, args, env);
    const client = clientOf(await listening(first));
    await client.put("a.png", Buffer.from("an image"));
    await expect(client.get("a.png")).rejects.toMatchObject({ status: 403, errNo: -154 });
    await client.close();
    first.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ code: 0 });

    const second = start(built.cli, ["emulator", "--port", "0", "--data", join(folder, "kept")], env);
    const again = clientOf(await listening(second));
    expect((await again.get("a.png", { originImage: true })).bytes?.toString()).toBe("an image");
    await again.close();
    second.kill("SIGINT");
    expect(await second.ended).toMatchObject({ code: 0 });
  });

  it("turns switches, and with --json tells its address as a document", async () => {
    const args = [
      "--bucket",
      "photos-1250000000",
      "--protect",
      "all",
      "--switch",
      "signedPlainGetOfProtected=allow",
      "--switch",
      "listLagMs=5",
    ];
    const child = start(built.cli, ["emulator", "--json", "--port", "0", ...args], env);
    const { schema, url } = JSON.parse(await child.says(/\}\n/));
    expect(schema).toBe("cos-originals/emulator@1");
    const client = clientOf(url);
    await client.put("a.png", Buffer.from("an image"));
    expect((await client.get("a.png")).bytes?.toString()).toBe("an image");
    await client.close();
    child.kill("SIGTERM");
    expect((await child.ended).code).toBe(0);
  });

  it("without --data leaves nothing behind", async () => {
    const child = start(built.cli, ["emulator", "--port", "0", "--bucket", "photos-1250000000"], {
      ...env,
      TMPDIR: folder,
    });
    await listening(child);
    child.kill("SIGTERM");
    expect((await child.ended).code).toBe(0);
    expect(existsSync(folder)).toBe(true);
    const { readdir } = await import("node:fs/promises");
    expect((await readdir(folder)).filter((name) => name.startsWith("cos-originals-emulator-"))).toEqual([]);
  });

  it("refuses what it can't do with 2 and a sentence", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const cases: [string[], RegExp][] = [
      [
        ["--port", "70000"],
        /^cos-originals: --port "70000" is not a whole number from 0 to 65535; --port 9000 would do\.$/,
      ],
      [["--port", "x"], /--port "x" is not a whole number/],
      [["--port", port], new RegExp(port)],
      [
        ["--queue", "--queue-port", "x"],
        /--queue-port "x" is not a whole number from 0 to 65535; --queue-port 9324 would do\.$/,
      ],
      [["--port", "0", "--bucket", "photos"], /"photos"/],
      [["--port", "0", "--protect", "jpg"], /--protect "jpg" is said of no bucket/],
      [["--port", "0", "--bucket", "a-1250000000", "--protect", "jpg,,png"], /holds an empty suffix/],
      [["--port", "0", "--bucket", "a-1250000000", "--protect", "tiff"], /tiff/],
      [["--port", "0", "--switch", "headOfProtected"], /is not of the form NAME=VALUE\.$/],
      [["--port", "0", "--switch", "headOfProtectd=refuse"], /perhaps headOfProtected is meant\.$/],
      [["--port", "0", "--switch", "suffixCaseSensitive=maybe"], /needs true or false as its value\.$/],
      [["--port", "0", "--switch", "listLagMs=soon"], /needs a number as its value\.$/],
      [["--port", "0", "--switch", "slowDownRetryAfter=true"], /needs a number or null as its value\.$/],
      [["--port", "0", "--switch", "headOfProtected=rubbish"], /needs one of metadata, refuse as its value\.$/],
      [["--port", "0", "--switch", "smartCompression=true"], /needs one of off, plain, every as its value\.$/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stdout, stderr } = await runCli(built.cli, ["emulator", ...args], env);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    await new Promise((resolve) => taken.close(resolve));
  });

  it("without credentials ends with 6 and names the variables", async () => {
    const { code, stderr } = await runCli(built.cli, ["emulator", "--port", "0"]);
    expect(code).toBe(6);
    expect(stderr).toContain("TENCENTCLOUD_SECRETID");
  });
});

describe("cos-originals", () => {
  it.each([
    [[], 2],
    [["--help"], 0],
    [["--version"], 0],
    [["rnu"], 2],
    [["run", "--help"], 0],
    [["emulator", "--help"], 0],
    [["demo", "--help"], 0],
    [["help", "run"], 0],
    [["--nonsense"], 2],
  ])("%j ends with %i", async (args, code) => {
    const ended = await runCli(built.cli, args);
    expect(ended.code).toBe(code);
    if (code === 0) expect(ended.stderr).toBe("");
    if (code === 2) expect(ended.stdout).toBe("");
    if (args.at(-1) === "--help") expect(ended.stdout).toMatch(/Examples?:\n {2}cos-originals /);
  });
});
