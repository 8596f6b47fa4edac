/** What of the file system the folder is built on, passed in: tests end it at each of its steps, or let it fail as a full disk does. */
import * as promises from "node:fs/promises";

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
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
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
