/**
 * Where objects are written before they get their names: a folder of each process (and store in it), in the same file system. What a process
 * leaves there that was killed is removed when the folder is opened next: at once where it is known to have ended, else after a day.
 *
 *   ^store/tmp/<machine>-<pid>-<began>-<chance>/<n>
 */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Random } from "../../vocabulary/clock.ts";
import { type Files, orMissing } from "./files.ts";

export type Temporaries = Awaited<ReturnType<typeof openTemporaries>>;

/** Nobody writes to a temporary file more slowly. */
const abandonedAfterMs = 24 * 3_600_000;

interface Owner {
  /** Where process ids mean the same: this start of this machine, and this container. */
  readonly machine: string;
  readonly pid: number;
  /** When it began, in ticks since the machine did; "" where the system does not tell. */
  readonly began: string;
}

function readText(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

const beganAt = (pid: number): string => {
  const stat = readText(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
};

function ownOwner(): Owner {
  const boot = readText(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim());
  const container = readText(() => readlinkSync("/proc/self/ns/pid"));
  const machine = createHash("sha256").update([hostname(), boot, container].join("\n")).digest("hex").slice(0, 12);
  return { machine, pid: process.pid, began: beganAt(process.pid) };
}

function hasEnded({ machine, pid, began }: Owner, own: Owner): boolean {
  if (machine !== own.machine) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "ESRCH";
  }
  // Another process has its id now.
  return beganAt(pid) !== began;
}

const folderName = ({ machine, pid, began }: Owner, chance: string) => `${machine}-${pid}-${began}-${chance}`;

function readFolderName(name: string): Owner | undefined {
  const [, machine, pid, began] = /^([\da-f]{12})-(\d+)-(\d*)-[\da-z]+$/.exec(name) ?? [];
  return machine === undefined || began === undefined ? undefined : { machine, pid: Number(pid), began };
}

/** @param folder `^store/tmp`, which is there */
export async function openTemporaries(files: Files, folder: string, random: Random) {
  const owner = ownOwner();
  const own = join(folder, folderName(owner, Math.floor(random() * 36 ** 8).toString(36)));
  await files.mkdir(own);
  await removeAbandoned(files, folder, own, owner);
  let count = 0;
  return {
    /** A path where nothing is. */
    next: (): string => join(own, (count++).toString(36)),
    close: (): Promise<void> => removeWith(files, own),
  };
}

async function removeAbandoned(files: Files, folder: string, own: string, owner: Owner): Promise<void> {
  const now = Number((await files.lstat(own)).mtimeMs);
  for (const name of await files.readdir(folder)) {
    const its = readFolderName(name);
    const path = join(folder, name);
    if (its === undefined || path === own) continue;
    if (hasEnded(its, owner) || (await isOld(files, path, now))) await removeWith(files, path);
  }
}

async function isOld(files: Files, folder: string, now: number): Promise<boolean> {
  const names = (await orMissing(files.readdir(folder))) ?? [];
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    const stat = await orMissing(files.lstat(path));
    if (stat !== undefined && now - stat.mtimeMs < abandonedAfterMs) return false;
  }
  return true;
}

/** A folder of files, and nothing deeper. What another process removes meanwhile is removed. */
export async function removeWith(files: Files, folder: string): Promise<void> {
  for (const name of (await orMissing(files.readdir(folder))) ?? []) {
    await orMissing(files.unlink(join(folder, name)));
  }
  await orMissing(files.rmdir(folder)).catch(() => undefined);
}
