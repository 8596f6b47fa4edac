/** What is refused before work begins: wrong credentials, buckets that are not there. One LIST each, of one key. */
import type { Bucket } from "../cos/bucket.ts";
import { isCosError } from "../cos/error.ts";
import { RefusedError, UserError } from "../errors.ts";
import type { RunRequest } from "../ledger/run-document.ts";
import type { Place } from "./messages.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Errors: UserError `NoSuchBucket`; RefusedError with COS's own code. Not being allowed to list the source is no error: a
 * run needs only to read its keys.
 */
export async function preflight(request: RunRequest, ledger: Place, { open }: Surroundings): Promise<void> {
  await Promise.all([
    look(open("ledger", ledger), "the ledger", ledger.prefix, true),
    look(open("source", request.source), "the source", request.source.prefix, request.rows.kind === "listing"),
    look(open("archive", request.archive), "the archive", request.archive.prefix, false),
  ]);
}

async function look(bucket: Bucket, what: string, prefix: string, mustList: boolean): Promise<void> {
  try {
    await bucket.list({ prefix, maxKeys: 1 });
  } catch (error) {
    if (!isCosError(error)) throw error;
    const where = `${what} cos://${bucket.name} in ${bucket.region}`;
    if (error.code === "NoSuchBucket") {
      throw new UserError(
        "NoSuchBucket",
        `There is no bucket for ${where}; check its name, its APPID and its region.`,
        { cause: error },
      );
    }
    if (error.status === 403 || error.code === "ExpiredToken" || error.code === "InvalidToken") {
      if (error.code === "AccessDenied" && !mustList) return;
      const need = error.code === "AccessDenied" ? "; it needs cos:GetBucket (listing) there" : "";
      throw new RefusedError(error.code, `The credentials were refused for ${where}: ${error.message}${need}`, {
        cause: error,
      });
    }
    throw error;
  }
}
