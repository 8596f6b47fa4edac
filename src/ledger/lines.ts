/** Gzipped JSON lines, as rows and outcomes lie in the ledger. */
import { gunzipSync } from "node:zlib";
import { unreadable } from "./document.ts";

/** Of what a packed object may unpack to; the largest that are written have a third of it. */
const mostBytes = 128 * 1024 * 1024;

/** Throws UserError `LedgerUnreadable` that names `where`. */
export function* decodeLines(bytes: Buffer, where: string): Generator<unknown> {
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: mostBytes }).toString("utf8");
  } catch (cause) {
    const isTooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw unreadable(where, isTooLarge ? `unpacks to more than ${mostBytes / 1024 ** 2} MiB` : "is not gzip", cause);
  }
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      yield JSON.parse(line);
    } catch (cause) {
      throw unreadable(where, "holds a line that is not JSON", cause);
    }
  }
}
