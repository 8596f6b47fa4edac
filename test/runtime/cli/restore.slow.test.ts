/** Originals in an archive class, from the command line: restored, waited for, archived, through a kill. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseSummary } from "../../../src/report/summary.ts";
import { runCli, start } from "./built.ts";
import { type Lab, lines, openLab, source } from "./lab.ts";
import "../../setup/long.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => {
  lab.next();
  lab.emulator.turn({ restoreSeconds: 2 });
});

const ROWS = 10;
const warm = Array.from({ length: ROWS }, (_, n) => `warm/${n}.png`);
const cold = Array.from({ length: ROWS }, (_, n) => `cold/${n}.png`);

/** Ten originals in ARCHIVE, and ten that are not. */
async function given(): Promise<string> {
  const bucket = lab.emulator.bucket(source);
  for (const key of warm) bucket.put(key, Buffer.from(`the original ${key}`));
  for (const key of cold) bucket.put(key, Buffer.from(`the original ${key}`), { "x-cos-storage-class": "ARCHIVE" });
  const rows = [...cold.map((key) => `${key},ARCHIVE`), ...warm.map((key) => `${key},STANDARD`)];
  lab.emulator.resetRequests();
  return lab.file("rows.csv", `Key,StorageClass\n${rows.join("\n")}\n`);
}

const restores = () => lab.emulator.requests()["object.restore"];
const fetches = () => lab.emulator.requests()["object.original"];

describe("run --archived-class restore", () => {
  it("archives what is restored meanwhile, and says what it waits for", async () => {
    const manifest = await given();
    const ended = await lab.run([
      "--manifest",
      manifest,
      "--archived-class",
      "restore",
      "--restore-days",
      "1",
      "--json",
    ]);
    expect(ended).toMatchObject({ code: 0 });
    expect(parseSummary(JSON.parse(ended.stdout))).toMatchObject({
      state: "complete",
      archived: 2 * ROWS,
      pending: 0,
      requests: { "source.get": 2 * ROWS, "source.restore": ROWS },
    });
    expect(ended.stderr).toContain("Rows wait until their originals are restored");
    expect([restores(), fetches()]).toEqual([ROWS, 2 * ROWS]);
    for (const key of [...cold, ...warm])
      expect(lab.archived(key)?.equals(lab.original(key) ?? Buffer.alloc(0))).toBe(true);
  });

  it("goes on after a kill -9 while it waits: each is restored once, and fetched once", async () => {
    lab.emulator.turn({ restoreSeconds: 12 });
    const manifest = await given();
    const args = [
      "run",
      "--run",
      "cold",
      "--archive",
      lab.place(),
      "--manifest",
      manifest,
      "--archived-class",
      "restore",
      "--json",
    ];
    const first = start(lab.built.cli, args, lab.env);
    await first.says("Rows wait until their originals are restored");
    first.kill("SIGKILL");
    await first.ended;
    expect([restores(), fetches()]).toEqual([ROWS, ROWS]);
    const status = ["status", "cold", "--archive", lab.place(), "--full", "--json"];
    const stood = await runCli(lab.built.cli, status, lab.env);
    expect(JSON.parse(stood.stdout)).toMatchObject({ archived: ROWS, pending: ROWS });
    expect(stood.code).toBe(5);
    const second = await runCli(lab.built.cli, args, lab.env);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    expect(parseSummary(JSON.parse(second.stdout))).toMatchObject({ state: "complete", archived: 2 * ROWS });
    expect([restores(), fetches()]).toEqual([ROWS, 2 * ROWS]);
  });

  it("fails what its tier does not restore, and asks for none of it", async () => {
    const manifest = await given();
    lab.emulator.bucket(source).put("deep.png", Buffer.from("deep"), { "x-cos-storage-class": "DEEP_ARCHIVE" });
    const keys = await lab.file("deep.txt", lines("deep.png", ...warm));
    expect(manifest).toBeDefined();
    const ended = await lab.run(["--manifest", keys, "--archived-class", "restore", "--restore-tier", "Expedited"]);
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain("InvalidObjectState");
    expect(restores()).toBe(0);
  });
});

describe("before it is begun", () => {
  const of = (command: string, ...more: string[]) =>
    runCli(lab.built.cli, [command, "--archive", lab.place(), ...more], lab.env);

  it("plan says how many rows that is, what it costs and how long it takes", async () => {
    const manifest = await given();
    const asked = ["--manifest", manifest, "--archived-class", "restore", "--restore-tier", "Bulk"];
    const text = (await of("plan", ...asked)).stdout;
    expect(text).toContain("10 of them are restored first, where they are not yet: 10 in ARCHIVE (230 B)");
    expect(text).toMatch(/that takes .*12 h.* at the longest, and the run waits for it/);
    const document = JSON.parse((await of("plan", ...asked, "--json")).stdout);
    expect(document).toMatchObject({
      toArchive: 2 * ROWS,
      archivedClass: 0,
      restore: { tier: "Bulk", days: 3, rows: ROWS, byClass: [{ storageClass: "ARCHIVE", rows: ROWS }] },
      requests: { "source.restore": ROWS, "source.get": 2 * ROWS },
    });
    expect(restores()).toBe(0);
  });

  it("policy names the permission only where it is asked for", async () => {
    expect((await of("policy", "--list")).stdout).not.toContain("PostObjectRestore");
    expect((await of("policy", "--list", "--archived-class", "restore")).stdout).toContain(
      "name/cos:PostObjectRestore",
    );
  });

  it("doctor says whether it is allowed, and restores nothing", async () => {
    await given();
    const asked = ["--key", cold[0] ?? "", "--archived-class", "restore"];
    const allowed = await of("doctor", ...asked);
    expect(allowed.stdout).toMatch(/good +restore: originals in an archive class may be restored/);
    const head = lab.emulator.bucket(source).head(cold[0] ?? "");
    expect(head?.restore).toBeUndefined();
    const refuse = (request: { readonly operation: string }) => request.operation === "object.restore";
    lab.emulator.faults.next(5, { kind: "error", code: "AccessDenied" }, refuse);
    const refused = await of("doctor", ...asked);
    expect(refused.stdout).toMatch(/bad +restore: originals may not be restored, \?restore, cos:PostObjectRestore/);
    expect(refused.code).toBe(6);
    expect((await of("doctor", "--key", warm[0] ?? "")).stdout).not.toContain("restore:");
  });
});
