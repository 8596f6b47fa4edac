/** What of the file system the folder is built on, passed in: tests end it at each of its steps, or let it fail as a full disk does. */
import * as promises from "node:fs/promises";
import { constants } from "node:os";

export type Files = Pick<
  typeof promises,
  | "copyFile"
  | "link"
  | "lstat"
  | "mkdir"
  | "open"
  | "opendir"
  | "readdir"
  | "readFile"
  | "realpath"
  | "rename"
  | "rmdir"
  | "statfs"
  | "unlink"
  | "utimes"
>;

export type { FileHandle } from "node:fs/promises";

export const machineFiles: Files = promises;

/** The name by which the system calls what went wrong: `ENOENT`; undefined where it was not the system. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, errno, syscall } = thrown as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || errno === undefined || !/ -?\d+$/.test(code)) return code;
  // Node has no name for some, a used-up quota among them: their code is "Unknown system error -122".
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? `E${-errno}`;
}

export const isMissing = (thrown: unknown): boolean => errnoOf(thrown) === "ENOENT";

/** Undefined where nothing is there. */
export async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
