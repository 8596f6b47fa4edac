/** A file that a flag names, and that can't be written: why, and what to do. */
import { ensureError, UserError } from "../../../vocabulary/errors.ts";

/** By the system's names of what went wrong. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "the folder that it is to lie in is not there; make it first",
  ENOTDIR: "what it is to lie in is no folder; name another place",
  EISDIR: "it is a folder; name a file",
  EEXIST: "there is a file of that name where a folder is to be; name another place",
  EACCES: "this user may not write there; name another place, or give this user the right",
  EPERM: "this user may not write there; name another place, or give this user the right",
  EROFS: "that disk is there for reading only; name another place",
  ENOSPC: "the disk is full; make room, or name another place",
};

/** @param what flag and value: `--out "report/"` */
export function unwritable(what: string, thrown: unknown): UserError {
  const error = ensureError(thrown);
  const code = "code" in error ? String(error.code) : "";
  return new UserError("OutUnwritable", `${what} can't be written: ${reasons[code] ?? error.message}.`, {
    cause: error,
  });
}
