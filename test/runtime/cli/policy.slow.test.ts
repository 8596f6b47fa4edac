/** Is the policy enough, and not more? The real command line goes through a door that lets pass only what the policy allows. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CamPolicy } from "../../../src/run/inspect/cam-policy.ts";
import { runCli } from "./built.ts";
import { type Door, openDoor } from "./door.ts";
import { keys, type Lab, lines, openLab, source } from "./lab.ts";

let lab: Lab;
let door: Door;
beforeAll(async () => {
  lab = await openLab();
  door = await openDoor(lab.emulator.url);
});
afterAll(async () => {
  await door.close();
  await lab.close();
});
beforeEach(() => lab.next());

const command = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(lab.built.cli, args, { ...lab.env, ...more });

const cases: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ["a manifest file", async () => ["--manifest", await lab.file("keys.txt", lines(...keys))]],
  [
    "a manifest in the source bucket",
    async () => {
      lab.emulator.bucket(source).put("lists/keys.txt", Buffer.from(lines(...keys)));
      return ["--manifest", `cos://${source}/lists/keys.txt`];
    },
  ],
  ["a listing", async () => ["--list", "--run", "nightly"]],
];

describe("cos-originals policy", () => {
  it.each(cases)("is enough for %s, run and all that is done after it, and allows nothing unused", async (_, asked) => {
    const rows = await asked();
    const env = { ORIGINALS_ENDPOINT: door.url };
    const place = ["--archive", lab.place()];
    const printed = await command(["policy", ...rows, ...place, "--json"]);
    expect(printed.code).toBe(0);
    const policy: CamPolicy = JSON.parse(printed.stdout);
    door.enforce(policy);

    const ran = await command(["run", ...rows, ...place, "--json"], env);
    expect(ran).toMatchObject({ code: 0 });
    const { run } = JSON.parse(ran.stdout);
    for (const after of ["status", "verify", "report"]) {
      expect(await command([after, run, ...place, "--json"], env)).toMatchObject({ code: 0 });
    }
    // With a ledger to look at, to see whether its bucket keeps versions.
    expect(await command(["plan", ...rows, ...place, "--json"], env)).toMatchObject({ code: 0 });
    expect(door.refused).toEqual([]);

    const multipart = /Multipart|UploadPart/;
    const unused = policy.statement
      .flatMap((each) => each.action.map((action) => `${action} ${each.resource.join(" ")}`))
      .filter((each) => !door.used.has(each) && !multipart.test(each));
    expect(unused).toEqual([]);
  });

  it("is printed for people as for scripts, with what it can't say beside it", async () => {
    const { code, stdout, stderr } = await command([
      "policy",
      "--list",
      "--endpoint",
      lab.emulator.url,
      "--rate",
      "9/s",
      "--archive",
      lab.place(),
    ]);
    expect({ code, version: JSON.parse(stdout).version }).toEqual({ code: 0, version: "2.0" });
    expect(stderr).toContain("Bind the image service");
  });

  it("of what lies in S3 is one of its own, which the first names", async () => {
    const there = ["--archive", "s3://photo-archive/photos/", "--archive-region", "eu-central-1"];
    const first = await command(["policy", "--list", ...there]);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("with --store s3 prints it") });
    const iam = await command(["policy", "--list", ...there, "--store", "s3", "--json"]);
    expect(iam.code).toBe(0);
    expect(JSON.parse(iam.stdout)).toMatchObject({
      Version: "2012-10-17",
      Statement: [{ Resource: ["arn:aws:s3:::photo-archive/photos/*"] }, {}, { Action: ["s3:ListBucket"] }],
    });
  });

  it.each([
    ["s3", "Neither the archive nor the ledger is in S3"],
    ["oss", '--store is "oss", and policies are those of cos or s3'],
  ])("of --store %s where nothing is there is refused", async (store, says) => {
    const { code, stdout, stderr } = await command(["policy", "--archive", lab.place(), "--store", store]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
  });
});
