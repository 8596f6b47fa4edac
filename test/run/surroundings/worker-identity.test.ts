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

  test("as a thread of this process is gone once that thread is, and not before", () => {
    const gone = new Set<number>();
    const one = processIdentity(process.pid, { number: 1, gone });
    const other = processIdentity(process.pid, { number: 2, gone });
    expect(other.isGone(one.id)).toBe(false);
    gone.add(1);
    expect(other.isGone(one.id)).toBe(true);
    expect(one.isGone(other.id)).toBe(false);
    expect(other.isGone(processIdentity().id)).toBe(false);
  });

  test("as a thread of another process is gone with that process alone", async () => {
    const here = processIdentity(process.pid, { number: 2, gone: new Set([1]) });
    expect(here.isGone(processIdentity(process.ppid, { number: 1, gone: new Set() }).id)).toBe(false);
    const dead = { ...JSON.parse(await idOfTheDead()), thread: 3 };
    expect(here.isGone(JSON.stringify(dead))).toBe(true);
    expect(processIdentity().isGone(JSON.stringify(dead))).toBe(true);
  });
});
