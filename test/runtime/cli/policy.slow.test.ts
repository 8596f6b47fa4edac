/** Is the policy enough, and not more? The real command line goes through a door that lets pass only what the policy allows. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CamPolicy } from "../../../src/run/allowed/cam-policy.ts";
import { makeImage } from "../../../src/runtime/cli/demo/images.ts";
import { runCli } from "./built.ts";
import { type Door, openDoor } from "./door.ts";
import { archive, keys, type Lab, lines, openLab, source } from "./lab.ts";

let lab: Lab;
let door: Door;
beforeAll(async () => {
  lab = await openLab();
  door = await openDoor(lab.emulator.url);
  lab.emulator.createBucket({ name: lists });
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
  ["a listing but for what a manifest elsewhere names", async () => ["--list", "--run", "part", ...exceptions()]],
];

/** Manifests in a bucket of their own, so that what is allowed elsewhere does not stand for what they need. */
const lists = "lists-1250000000";
function exceptions(): readonly string[] {
  lab.emulator.bucket(lists).put("except.txt", Buffer.from(lines(keys[0] ?? "")));
  return ["--except", `cos://${lists}/except.txt`];
}

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
    // plan asks what becomes of what is replaced, and goes by what objects tell where it may not.
    expect(door.refused.filter((each) => !each.includes("GetBucketVersioning"))).toEqual([]);

    const multipart = /Multipart|UploadPart/;
    expect(unusedOf(policy).filter((each) => !multipart.test(each))).toEqual([]);
  });

  /** Each action of each statement; with one of them the policy without it. */
  const withoutOne = ({ version, statement }: CamPolicy) =>
    statement.flatMap((each, at) =>
      each.action.map((action) => ({
        what: `${action} ${each.resource.join(" ")}`,
        policy: {
          version,
          statement: statement.flatMap((other, n): CamPolicy["statement"] => {
            if (n !== at) return [other];
            const left = other.action.filter((name) => name !== action);
            return left.length === 0 ? [] : [{ ...other, action: left }];
          }),
        },
      })),
    );

  const unusedOf = (policy: CamPolicy) =>
    policy.statement
      .flatMap((each) => each.action.map((action) => `${action} ${each.resource.join(" ")}`))
      .filter((each) => !door.used.has(each));

  async function policyFor(purpose: string, place: readonly string[]): Promise<CamPolicy> {
    const printed = await command(["policy", "--for", purpose, ...place, "--json"]);
    expect(printed, printed.stderr).toMatchObject({ code: 0 });
    return JSON.parse(printed.stdout);
  }

  const one = "encrypted.png";
  /** An archive of all, with an object of which only HEADs tell. */
  async function archivedWithOneEncrypted(place: readonly string[]): Promise<void> {
    expect(await command(["run", "--list", "--run", "whole", ...place])).toMatchObject({ code: 0 });
    const bytes = makeImage("png", 16, 9);
    lab.emulator.bucket(source).put(one, bytes);
    lab.emulator.turn({ encryptedEtag: "opaque" });
    const key = lab.place().slice(`cos://${archive}/`.length) + one;
    lab.emulator.bucket(archive).put(key, bytes, { "x-cos-server-side-encryption": "cos/kms" });
  }

  it("for a check is enough, and each of its actions is needed", async () => {
    const place = ["--archive", lab.place()];
    const env = { ORIGINALS_ENDPOINT: door.url };
    await archivedWithOneEncrypted(place);
    const policy = await policyFor("check", place);
    const check = () => command(["check", ...place, "--json"], env);
    door.enforce(policy);
    const whole = await check();
    expect(whole, whole.stderr).toMatchObject({ code: 0 });
    expect(door.refused).toEqual([]);
    for (const { what, policy: less } of withoutOne(policy)) {
      door.enforce(less);
      expect((await check()).code, what).not.toBe(0);
      expect(door.refused, what).not.toEqual([]);
    }
    lab.emulator.bucket(source).delete(one);
  });

  it("for a verify is enough, with the bytes read and without, and each of its actions is needed", async () => {
    const place = ["--archive", lab.place(), "--ledger", `cos://${archive}/ledger-of-verify/`];
    const env = { ORIGINALS_ENDPOINT: door.url };
    expect(await command(["run", "--list", "--run", "whole", ...place])).toMatchObject({ code: 0 });
    const part = [...place, ...exceptions()];
    const verify = (...more: string[]) => command(["verify", "whole", ...part, ...more], env);
    const policy = await policyFor("verify", part);
    door.enforce(policy);
    const whole = await verify();
    expect(whole, whole.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("left out: 1 row") });
    expect(door.refused).toEqual([]);
    for (const { what, policy: less } of withoutOne(policy)) {
      door.enforce(less);
      expect((await verify()).code, what).not.toBe(0);
      expect(door.refused, what).not.toEqual([]);
    }
    const deep = await policyFor("verify", [...part, "--deep"]);
    door.enforce(policy);
    expect((await verify("--deep")).code).not.toBe(0);
    door.enforce(deep);
    expect(await verify("--deep")).toMatchObject({ code: 0 });
    expect(door.refused).toEqual([]);
    // Asked only where two attempts archived a row differently.
    expect(unusedOf(deep).filter((each) => !each.includes("HeadObject"))).toEqual([]);
  });

  it("for a protection is enough to ask, to turn on and to leave, and each of its actions is needed", async () => {
    const place = ["--archive", lab.place()];
    const env = { ORIGINALS_ENDPOINT: door.url };
    expect(await command(["run", "--list", "--run", "whole", ...place])).toMatchObject({ code: 0 });
    const certificate = `${lab.folder}/policy-check.json`;
    expect(await command(["check", ...place, "--certificate", certificate])).toMatchObject({ code: 0 });
    const policy = await policyFor("protection", []);
    const inTurn = async () => {
      lab.emulator.bucket(source).configure({ protect: ["jpg", "png"] });
      for (const asked of [["status"], ["off", "--certificate", certificate], ["on"]]) {
        const { code } = await command(["protection", ...asked], env);
        if (code !== 0) return code;
      }
      return 0;
    };
    door.enforce(policy);
    expect(await inTurn()).toBe(0);
    expect(door.refused).toEqual([]);
    for (const { what, policy: less } of withoutOne(policy)) {
      door.enforce(less);
      expect(await inTurn(), what).toBe(6);
    }
    lab.emulator.bucket(source).configure({ protect: ["jpg", "png"] });
  });

  it("for a doctor is enough, and each of its actions is needed", async () => {
    // Beside the archive, so that what is allowed there does not stand for what the ledger needs.
    const place = ["--archive", lab.place(), "--ledger", `cos://${archive}/ledger-of-doctor/`];
    const env = { ORIGINALS_ENDPOINT: door.url };
    expect(await command(["run", "--list", "--run", "whole", ...place])).toMatchObject({ code: 0 });
    const policy = await policyFor("doctor", place);
    door.enforce(policy);
    const whole = await command(["doctor", ...place, "--json"], env);
    expect(whole, whole.stdout).toMatchObject({ code: 0 });
    const poor = ({ check, verdict }: { check: string; verdict: string }) =>
      !["messages", "history"].includes(check) && verdict !== "good";
    expect(JSON.parse(whole.stdout).findings.filter(poor)).toEqual([]);
    expect(door.refused).toEqual([]);
    expect(unusedOf(policy)).toEqual([]);
    for (const { what, policy: less } of withoutOne(policy)) {
      door.enforce(less);
      const found = await command(["doctor", ...place, "--json"], env);
      // That a bucket keeps versions is told only where that may be asked, or a HEAD.
      const missed = /HeadObject|Versioning/.test(what) ? door.refused : [];
      expect([...JSON.parse(found.stdout).findings.filter(poor), ...missed], what).not.toEqual([]);
    }
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
    ["as the archive is", [], "Enabled"],
    ["as it was, by versions", ["--at", "2100-01-01T00:00:00Z"], "Enabled"],
    ["as it was, by a history", ["--at", "2100-01-01T00:00:00Z", "--history", "kept/"], undefined],
  ] as const)("for a restore is enough, and allows nothing unused: %s", async (_, at, versioning) => {
    const bucket = lab.emulator.createBucket({
      name: `${at.length}kept-1250000000`,
      ...(versioning === undefined ? {} : { versioning }),
    });
    const to = lab.emulator.createBucket({ name: `${at.length}back-1250000000` });
    const archived = [
      "--archive",
      `cos://${bucket.name}/photos/`,
      "--ledger",
      `cos://${archive}/ledger-of-${bucket.name}/`,
    ];
    const env = { ORIGINALS_ENDPOINT: door.url, ORIGINALS_SOURCE: "" };
    const history = at.includes("--history" as never) ? ["--history", "kept/"] : [];
    const night = (run: string) => command(["run", "--list", "--run", run, ...archived, ...history]);
    expect(await night("first")).toMatchObject({ code: 0 });
    const asked = [...archived, ...at, "--to", `cos://${to.name}`];
    const printed = await command(["policy", "--for", "restore", ...asked, "--json"]);
    expect(printed, printed.stderr).toMatchObject({ code: 0 });
    const policy: CamPolicy = JSON.parse(printed.stdout);
    door.enforce(policy);
    const brought = await command(["restore", ...asked, "--json"], env);
    expect(brought, brought.stderr).toMatchObject({ code: 0 });
    expect(to.keys().length).toBe(lab.emulator.bucket(source).keys().length);
    expect(door.refused).toEqual([]);
    // At that time there is nothing in the history that was not replaced since.
    expect(unusedOf(policy).filter((each) => !/Multipart|UploadPart|kept\/\*/.test(each))).toEqual([]);
  });

  it("is for what it says, and for nothing that it does not know", async () => {
    const { code, stderr } = await command(["policy", "--archive", lab.place(), "--for", "everything"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--for is "everything"') });
  });

  it.each([
    ["s3", "Neither the archive nor the ledger is in S3"],
    ["oss", '--store is "oss", and policies are those of cos or s3'],
  ])("of --store %s where nothing is there is refused", async (store, says) => {
    const { code, stdout, stderr } = await command(["policy", "--archive", lab.place(), "--store", store]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
  });
});
