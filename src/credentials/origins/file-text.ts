/** A small file that may be replaced at any moment, read whole. */
import { readFile, stat } from "node:fs/promises";

/** No such file is larger. */
const MOST_BYTES = 1_048_576;

/** @throws Error as the file system gives it, with its `code`; `ENOTFILE` for what is none, as a pipe, which could be read once only */
export async function readSmallFile(path: string): Promise<string> {
  const info = await stat(path);
  if (!info.isFile()) throw Object.assign(new Error("it is no file"), { code: "ENOTFILE" });
  if (info.size > MOST_BYTES) throw Object.assign(new Error("it is too large"), { code: "EFBIG" });
  return readFile(path, "utf8");
}
