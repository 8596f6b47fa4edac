/** Gzipped JSON lines, as rows and outcomes lie in the ledger. */
import { gunzipSync } from "node:zlib";
import { unreadable } from "./document.ts";

/** Throws UserError `LedgerUnreadable` that names `where`. */
export function* decodeLines(bytes: Buffer, where: string): Generator<unknown> {
  let text: string;
  try {
    text = gunzipSync(bytes).toString("utf8");
  } catch (cause) {
    throw unreadable(where, "is not gzip", cause);
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
