/**
 * One emulator a data directory: two would append to the same journals. The lock is a file with the owner's process id
 * (and when that process began, where the system tells, because ids are used again); one left by a dead process is
 * taken over.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { quote, UserError } from "../../vocabulary/errors.ts";

const lockedHere = new Set<string>();

/** When a process began, in ticks since the system did; "" where /proc does not tell. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Throws UserError DataDirInUse; returns what gives the directory free. */
export function lockDirectory(directory: string): () => void {
  const path = resolve(directory, "emulator.lock");
  const mine = `${process.pid} ${beganAt(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    let owner = "";
    try {
      owner = readFileSync(path, "utf8");
    } catch {
      continue;
    }
    const [pidText = "", began = ""] = owner.split(" ");
    const pid = Number(pidText);
    const isOther = pid !== process.pid && pid > 0 && isAlive(pid) && (began === "" || beganAt(pid) === began);
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
