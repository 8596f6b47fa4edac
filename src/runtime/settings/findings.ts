/** What a probe found out about the source, where the settings name a document of it. */
import { readFileSync } from "node:fs";
import type { Settings } from "../../config/read.ts";
import { type Likeness, likenessOf } from "../../emulator/faults/findings.ts";
import type { FoundOfSource } from "../../run/plan/estimate/estimate.ts";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";

/** @throws UserError `InvalidFindings` */
export function readFindings(file: string): Likeness {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = ensureError(error).message;
    throw new UserError("InvalidFindings", `The findings in ${quote(file)} can't be read (${why}); give another file.`);
  }
  return likenessOf(text, file);
}

/**
 * Undefined where no findings were given. Of them those alone matter to a run that are safe whichever way: what a bucket lacks costs
 * requests; that it has something is seen in each reply.
 *
 * @throws UserError `InvalidFindings`
 */
export function foundOfSource({ values }: Pick<Settings, "values">): FoundOfSource | undefined {
  if (values.findings === undefined) return undefined;
  const { originImageSendsMeta, originImageMaxBytes, originImageHonoursVersionId } = readFindings(
    values.findings,
  ).switches;
  return {
    bringsMetadata: originImageSendsMeta,
    largestOriginal: originImageMaxBytes === 0 ? undefined : originImageMaxBytes,
    heedsVersions: originImageHonoursVersionId,
  };
}
