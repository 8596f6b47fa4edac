/** A disk that is full behind standard output, standard error or the folder of temporary files, and one that is not there. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keys, type Lab, lines, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

const full = "/dev/full";

/** With one of its outputs behind a full disk. */
function redirected(args: readonly string[], which: ">" | "2>"): Promise<{ code: number | null; said: string }> {
  const command = [process.execPath, lab.built.cli, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("/bin/sh", ["-c", `exec ${command} ${which} ${full}`], {
    env: { PATH: process.env.PATH ?? "", ...lab.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
}

describe.runIf(existsSync(full))("a full disk", () => {
  const args = async () => ["run", "--archive", lab.place(), "--manifest", await lab.file("keys.txt", lines(...keys))];

  it("behind standard error stops nothing", async () => {
    const { code, said } = await redirected(await args(), "2>");
    expect(code).toBe(0);
    expect(said).toContain("4 archived");
    for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
  });

  it.each([[], ["--json"]])(
    "behind standard output is told in one sentence, after all is archived %j",
    async (...more) => {
      const { code, said } = await redirected([...(await args()), ...more], ">");
      expect(code).toBe(1);
      expect(said).toMatch(/cos-originals: what was asked for could not be written to standard output: .*ENOSPC/);
      expect(said).not.toContain("a fault in the program");
      for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
    },
  );

  it("does not hide how a run ended", async () => {
    const manifest = await lab.file("none.txt", lines("no such key.png"));
    const { code } = await redirected(["run", "--archive", lab.place(), "--manifest", manifest], ">");
    expect(code).toBe(3);
  });
});

describe("a folder for temporary files", () => {
  it("that is not there is named where a manifest comes on standard input", async () => {
    const folder = join(lab.folder, "nowhere");
    const ended = await lab.run(["--manifest", "-", "--format", "lines"], lines(...keys), { TMPDIR: folder });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`can't be kept in ${JSON.stringify(folder)}`);
    expect(ended.stderr).toContain("set TMPDIR");
    expect(ended.stderr).not.toContain("a fault in the program");
  });
});
