/**
 * One emulator a data directory: two would write to the same log. The lock is a file with the owner's process id (and when
 * that process began, where the system tells, because ids are used again); one left by a dead process is taken over.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { quote, UserError } from "../../vocabulary/errors.ts";

const lockedHere = new Set<string>();

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** The process and when it began, in ticks since the system did ("" where /proc does not tell). */
function nameOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Throws UserError DataDirInUse; returns what gives the directory free. */
export function lockDirectory(directory: string): () => void {
  const path = resolve(directory, "emulator.lock");
  for (;;) {
    try {
      writeFileSync(path, nameOf(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = readText(path);
    const pid = Number.parseInt(owner, 10);
    const isOther = pid > 0 && pid !== process.pid && isAlive(pid) && nameOf(pid) === owner;
    if (isOther || lockedHere.has(path)) {
      throw new UserError(
        "DataDirInUse",
        `The emulator's data directory ${quote(directory)} is in use by process ${pid}; stop that emulator or name another directory.`,
      );
    }
    rmSync(path, { force: true });
  }
  lockedHere.add(path);
  return () => {
    lockedHere.delete(path);
    rmSync(path, { force: true });
  };
}
