import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { processIdentity } from "../../../src/run/surroundings/worker-identity.ts";

/** The id that a process which has ended had. */
async function idOfTheDead(): Promise<string> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return processIdentity(child.pid).id;
}

describe("who worked", () => {
  test("is known to be gone once its process has ended", async () => {
    expect(processIdentity().isGone(await idOfTheDead())).toBe(true);
  });

  test("is not known to be gone while its process lives, whether this or another", () => {
    expect(processIdentity().isGone(processIdentity().id)).toBe(false);
    expect(processIdentity().isGone(processIdentity(process.ppid).id)).toBe(false);
  });

  test("is not known where the text is of another machine, or nothing", async () => {
    const elsewhere = { ...JSON.parse(await idOfTheDead()), machine: "another" };
    for (const text of ["", "{}", "null", JSON.stringify(elsewhere)]) {
      expect(processIdentity().isGone(text), text).toBe(false);
    }
  });

  // What it would catch: a ledger of before, whose markers name a thread as well, that is waited for in vain.
  test("is known of a marker that says more than the process", async () => {
    const dead = { ...JSON.parse(await idOfTheDead()), thread: 3 };
    expect(processIdentity().isGone(JSON.stringify(dead))).toBe(true);
    expect(processIdentity().isGone(JSON.stringify({ ...dead, pid: process.ppid }))).toBe(false);
  });
});
