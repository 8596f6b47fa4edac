/** What a probe found out about the source, where the settings name a document of it. */
import { closeSync, openSync, readSync } from "node:fs";
import type { Settings } from "../../config/read.ts";
import { type Likeness, likenessOf } from "../../emulator/faults/findings.ts";
import type { FoundOfSource } from "../../run/plan/estimate/by-findings.ts";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";

/** No document of findings is larger: what is, is another file, or never ends. */
const MOST_BYTES = 1_048_576;

/** A pipe will do, as it is read once. @throws UserError `InvalidFindings` */
export function readFindings(file: string): Likeness {
  const fault = (why: string) =>
    new UserError("InvalidFindings", `The findings in ${quote(file)} can't be read: ${why}.`);
  let bytes: Buffer;
  try {
    bytes = firstBytes(file, MOST_BYTES + 1);
  } catch (error) {
    throw fault(`${ensureError(error).message}; give another file`);
  }
  if (bytes.length > MOST_BYTES) throw fault("it has more than 1 MiB; give what doctor --probe --json printed");
  if (bytes.includes(0)) throw fault("it is UTF-16, as PowerShell writes by >; save it as UTF-8");
  try {
    return likenessOf(new TextDecoder("utf-8", { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (error instanceof TypeError) throw fault("it is not UTF-8 text; give what doctor --probe --json printed");
    throw error;
  }
}

function firstBytes(file: string, most: number): Buffer {
  const opened = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(most);
    let length = 0;
    while (length < most) {
      const read = readSync(opened, bytes, length, most - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(opened);
  }
}

/**
 * Undefined where no findings were given. Of them those alone matter to a run that are safe whichever way: what a bucket lacks costs
 * requests; that it has something is seen in each reply.
 *
 * @throws UserError `InvalidFindings`
 */
export function foundOfSource({ values }: Pick<Settings, "values">): FoundOfSource | undefined {
  if (values.findings === undefined) return undefined;
  const found = readFindings(values.findings).switches;
  const { originImageMaxBytes: most } = found;
  return {
    bringsMetadata: found.originImageSendsMeta,
    refusesHead: found.headOfProtected === undefined ? undefined : found.headOfProtected === "refuse",
    largestOriginal: most === 0 ? undefined : most,
    heedsVersions: found.originImageHonoursVersionId,
    bringsNone: found.ciBound === false ? "unbound" : found.smartCompression === "every" ? "slimmed" : undefined,
  };
}
