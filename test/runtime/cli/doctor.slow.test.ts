/** `doctor` by the real command line: what it finds, that it leaves nothing behind, and what it costs. */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startEmulator } from "../../../src/emulator/emulator.ts";
import type { CamPolicy } from "../../../src/run/allowed/cam-policy.ts";
import type { Check, Finding, Verdict } from "../../../src/run/inspect/doctor-findings.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { runCli } from "./built.ts";
import { type Door, openDoor } from "./door.ts";
import { archive, credentials, type Lab, openLab, source } from "./lab.ts";

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
beforeEach(() => {
  lab.next();
  lab.emulator.turn({ fourXxDisplay: "code" });
  lab.emulator.resetRequests();
});

const run = (command: string, args: readonly string[], more: Record<string, string> = {}) =>
  runCli(lab.built.cli, [command, "--archive", lab.place(), "--json", ...args], { ...lab.env, ...more });

async function doctor(args: readonly string[] = [], more: Record<string, string> = {}) {
  const { code, stdout } = await run("doctor", args, more);
  const { findings }: { readonly findings: readonly Finding[] } = JSON.parse(stdout);
  const of = (check: Check) => findings.find((each) => each.check === check);
  return { code, of, verdicts: Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])) };
}

const allGood: Partial<Record<Check, Verdict>> = {
  credentials: "good",
  clock: "good",
  source: "good",
  protection: "good",
  "smart compression": "good",
  original: "good",
  "missing key": "good",
  archive: "good",
  ledger: "good",
  // What a run replaces is lost: neither a history, nor versions.
  history: "warning",
  // The settings name no manifest, so a message may name any.
  messages: "warning",
};

/** Where something is bad, nothing is said of messages. */
const { messages: _, ...withoutMessages } = allGood;

describe("cos-originals doctor", () => {
  it("says what the messages of a worker with these settings may name, and which line bounds them", async () => {
    const open = await doctor();
    expect(open.of("messages")?.says).toMatch(/may name any place as its manifest; .* ORIGINALS_ALLOW='manifest=cos:/);
    const bounded = await doctor([], { ORIGINALS_ALLOW: "manifest=cos://lists-1250000000/nightly/" });
    expect(bounded.of("messages")).toMatchObject({
      verdict: "good",
      says: expect.stringContaining("may only name manifest=cos://lists-1250000000/nightly/, source=cos://"),
    });
  });

  it("finds nothing amiss where all is well, fetches one original, and leaves nothing behind", async () => {
    const before = lab.emulator.bucket(archive).keys();
    const { code, of, verdicts } = await doctor();
    expect({ code, verdicts }).toEqual({ code: 0, verdicts: allGood });
    expect(of("original")?.says).toContain("proven to be the object's by their CRC64");
    // The second is of the key that is not there.
    expect(lab.emulator.requests()["object.original"]).toBe(2);
    expect(lab.emulator.bucket(archive).keys()).toEqual(before);
  });

  it("says it line by line to people", async () => {
    const { code, stdout } = await runCli(lab.built.cli, ["doctor", "--archive", lab.place()], lab.env);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => /^good {5}[a-z ]+: ./.test(line))).toHaveLength(9);
  });

  it("names a placeholder setting", async () => {
    lab.emulator.turn({ fourXxDisplay: "placeholder" });
    const { code, of } = await doctor();
    expect(code).toBe(0);
    expect(of("missing key")).toMatchObject({ verdict: "warning", says: expect.stringContaining("Return code") });
  });

  it("ends with 6 where the credentials are refused, and asks no further", async () => {
    const { code, of, verdicts } = await doctor([], { TENCENTCLOUD_SECRETKEY: "another" });
    expect({ code, verdicts }).toEqual({ code: 6, verdicts: { credentials: "good", source: "bad" } });
    expect(of("source")?.says).toContain("SignatureDoesNotMatch");
    expect(of("source")?.says).not.toContain("another");
  });

  it.each(["source", "archive", "ledger"])(
    "says that there is no bucket for the %s as any command does, with 2",
    async (which) => {
      const { code, stderr } = await run("doctor", [`--${which}`, "cos://nobodys-1250000000/a/"]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`There is no bucket for the ${which} cos://nobodys-1250000000 in ap-guangzhou`),
      });
    },
  );

  it("ends with 6 where the original that was named is not there, or is not what originImage brings", async () => {
    expect(await doctor(["--key", "nothing.jpg"])).toMatchObject({
      code: 6,
      verdicts: { ...withoutMessages, original: "bad" },
    });
    lab.emulator.faults.use(({ operation, key }) =>
      operation === "object.original" && key === "plain.png" ? { kind: "placeholder" } : undefined,
    );
    const { code, of } = await doctor(["--key", "plain.png"]);
    expect({ code, verdict: of("original")?.verdict }).toEqual({ code: 6, verdict: "bad" });
    expect(of("original")?.says).toContain("X-ErrNo -6101: a placeholder (the 4xx image setting)");
  });

  it("needs no more than the policy that policy prints; only the protection can't be asked then", async () => {
    const { stdout } = await run("policy", []);
    door.enforce(JSON.parse(stdout));
    const { code, verdicts } = await doctor([], { ORIGINALS_ENDPOINT: door.url });
    expect({ code, verdicts }).toEqual({
      code: 0,
      verdicts: { ...allGood, protection: "unknown", "smart compression": "unknown", history: "unknown" },
    });
  });

  it.each<[string, Partial<Record<Check, Verdict>>, number]>([
    ["PutObject", { archive: "bad", ledger: "bad" }, 6],
    ["GetObject", { original: "bad", "missing key": "warning", ledger: "bad" }, 6],
    ["HeadObject", { original: "bad", archive: "bad" }, 6],
    ["GetBucket", { source: "warning", original: "unknown", ledger: "bad" }, 6],
  ])("tells where %s is missing", async (action, wrong, expected) => {
    const { stdout } = await run("policy", []);
    const whole: CamPolicy = JSON.parse(stdout);
    const statement = whole.statement.map((each) => ({
      ...each,
      action: each.action.filter((name) => !name.endsWith(`:${action}`)),
    }));
    door.enforce({ ...whole, statement });
    const { code, of, verdicts } = await doctor([], { ORIGINALS_ENDPOINT: door.url });
    const { clock: _, ...good } = expected === 6 ? withoutMessages : allGood;
    expect({ code, verdicts }).toMatchObject({
      code: expected,
      verdicts: { ...good, protection: "unknown", "smart compression": "unknown", history: "unknown", ...wrong },
    });
    for (const check of Object.keys(wrong) as Check[]) {
      if (wrong[check] === "bad") expect(of(check)?.says).toMatch(/403/);
    }
  });

  it.each([
    ["behind", 1_200],
    ["behind", 86_400],
    ["ahead of", -86_400],
  ])("says how far a clock is off, and where a ledger's bucket keeps versions: %s by %d s", async (which, seconds) => {
    const dataDir = join(lab.folder, `another ${seconds}`);
    const ahead = { ...systemClock, now: () => systemClock.now() + seconds * 1_000 };
    const buckets = [
      { name: source, protect: "all" as const },
      { name: archive, versioning: "Enabled" as const },
    ];
    const emulator = await startEmulator({ dataDir, clock: ahead, credentials: [credentials], buckets });
    onTestFinished(() => emulator.close());
    emulator.bucket(source).put("a.jpg", Buffer.from("a picture"));
    const ledger = `${lab.place().replace(`cos://${archive}/`, "")}.originals/`;
    emulator.bucket(archive).put(`${ledger}runs/r/request.json`, Buffer.from("{}"));
    const { code, of, verdicts } = await doctor([], { ORIGINALS_ENDPOINT: emulator.url });
    expect({ code, verdicts }).toEqual({
      code: 0,
      verdicts: { ...allGood, clock: "warning", versions: "warning", history: "good" },
    });
    const said = new RegExp(`is (\\d+) s ${which} the service's(?: \\(give or take (\\d+) s,)?`).exec(
      of("clock")?.says ?? "",
    );
    // On a busy machine the answer takes a while, and what can be known of its time is less exact.
    expect(Math.abs(Number(said?.[1]) - Math.abs(seconds))).toBeLessThanOrEqual(Number(said?.[2] ?? 2));
  });

  it("knows a protection that is off", async () => {
    const dataDir = join(lab.folder, "open");
    const buckets = [{ name: source }, { name: archive }];
    const emulator = await startEmulator({ dataDir, credentials: [credentials], buckets });
    onTestFinished(() => emulator.close());
    const { code, verdicts } = await doctor([], { ORIGINALS_ENDPOINT: emulator.url });
    // Nor is there an original to try.
    const expected = { ...allGood, protection: "warning", original: "unknown" };
    expect({ code, verdicts }).toEqual({ code: 0, verdicts: expected });
  });
});
