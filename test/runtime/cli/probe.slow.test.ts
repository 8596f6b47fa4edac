/** `doctor --probe` and `emulator --as` by the real command line: asked for, told, and reproduced. */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createBucketClient } from "../../../src/cos/client.ts";
import { environmentCredentials } from "../../../src/credentials/environment.ts";
import { defaultSwitches } from "../../../src/emulator/emulator.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { differencesOf } from "../../papers/cli-paper.ts";
import { runCli, start } from "./built.ts";
import { archive, type Lab, openLab, source } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => {
  lab.emulator.turn(defaultSwitches);
  lab.emulator.resetRequests();
  lab.next();
});

const probe = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(lab.built.cli, ["doctor", "--probe", "--archive", `cos://${archive}/photos/`, ...args], {
    ...lab.env,
    ...more,
  });

it("says what it costs, and without a terminal does nothing unless --yes is given", async () => {
  const { code, stdout, stderr } = await probe(["--price-requests", "500"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /at most \d+ requests, processes \d.* of originals, at most \d\.\d\d CNY .*agree to it with --yes/,
  );
  expect(lab.emulator.requests()["object.original"]).toBe(0);
});

it("ends with 6 where the credentials are refused", async () => {
  expect((await probe(["--yes"], { TENCENTCLOUD_SECRETKEY: "another" })).code).toBe(6);
});

it("tells people what is settled and what is not", async () => {
  lab.emulator.turn({ signedPlainGetOfProtected: "allow" });
  const { code, stdout, stderr } = await probe(["--yes"]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(
    /^settled {2}signedPlainGetOfProtected = "allow" \(the emulator's default: "refuse"\): signed plain GET .* \(200\)$/m,
  );
  expect(stdout).toMatch(/^unknown {2}emptyOriginImage: no empty object is among the first 4 keys; /m);
  expect(lab.emulator.bucket(archive).keys()).toEqual([]);
});

it("prints a document, and an emulator that is started by it is found the same", async () => {
  lab.emulator.turn({
    headOfProtected: "refuse",
    protectionSendsErrNo: false,
    originImageSendsCrc64: false,
    originImageHonoursRange: false,
    smartCompression: "plain",
  });
  const first = await probe(["--yes", "--json"]);
  expect(first.code, first.stderr).toBe(0);
  expect(differencesOf("cos-originals/findings@1", JSON.parse(first.stdout))).toEqual([]);
  const file = await lab.file("findings.json", first.stdout);
  const served = ["--bucket", source, "--bucket", archive, "--data", join(lab.folder, "like")];
  const emulator = start(lab.built.cli, ["emulator", "--port", "0", "--as", file, ...served], lab.env);
  try {
    const [, url = ""] = /listening on (\S+)/.exec(await emulator.says(/listening on \S+\n/)) ?? [];
    await putAll(url);
    const second = await probe(["--yes", "--json"], { ORIGINALS_ENDPOINT: url });
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    // The archive beside it is none that is protected or made smaller: what was archived can be read there.
    const more = { ORIGINALS_ENDPOINT: url, ORIGINALS_FINDINGS: file };
    const run = await lab.run(["--list", "--run", "as"], undefined, more);
    expect(run.code, run.stderr).toBe(0);
    const verified = await runCli(lab.built.cli, ["verify", "as", "--deep", "--archive", lab.place()], {
      ...lab.env,
      ...more,
    });
    expect(verified.code, verified.stderr).toBe(0);
  } finally {
    emulator.kill("SIGTERM");
    await emulator.ended;
  }
});

it("is not begun by a file that is none", async () => {
  const file = await lab.file("none.json", "{}");
  const { code, stderr } = await runCli(lab.built.cli, ["emulator", "--port", "0", "--as", file], lab.env);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining("no document cos-originals/findings@1"),
  });
});

/** What the lab's own source holds. */
async function putAll(url: string): Promise<void> {
  const credentials = environmentCredentials(lab.env);
  const client = createBucketClient({
    bucket: source,
    region: "ap-guangzhou",
    endpoint: url,
    credentials,
    clock: systemClock,
  });
  for (const key of lab.emulator.bucket(source).keys()) await client.put(key, lab.original(key) ?? Buffer.alloc(0));
  await client.close();
}
