/**
 * A ledger rests on two things that not each service which speaks S3's protocol has: a LIST shows what was written before it, and a PUT that
 * forbids overwriting is refused where something is there. Looked at once, as a run begins, by the request that was just written.
 */
import { paths } from "../../ledger/layout.ts";
import { runPrefix } from "../../ledger/runs.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { openLedger } from "./open-ledger.ts";
import type { Surroundings } from "./surroundings.ts";

/** Is overwriting forbidden there? `refused`: it does not know such a request, and says so. */
export type Forbids = "yes" | "passed over" | "refused";

/**
 * Warns where the store forbids no overwriting: then two that begin one run at the same moment do some of it twice. Throws UserError
 * `LedgerUnlisted` where it does not list what it holds: markers would be overlooked, and reports wrong.
 */
export async function checkLedgerStore(place: Place, run: string, surroundings: Surroundings): Promise<void> {
  const bucket = surroundings.open("ledger", place);
  const key = runPrefix(place.prefix, run) + paths.request;
  if (bucket.offers.listsAtOnce === "by most") {
    const { objects } = await withRetries(() => bucket.list({ prefix: key, maxKeys: 1 }), surroundings);
    if (!objects.some((object) => object.key === key)) {
      throw new UserError(
        "LedgerUnlisted",
        `The ledger ${bucket.address}/${key} was written, and a listing of it right after does not show it, so no run can be recorded there; record runs elsewhere, by --ledger.`,
      );
    }
  }
  if (bucket.offers.forbidsOverwrite !== "by most") return;
  const request = await openLedger(place, run, surroundings).get(paths.request);
  const forbids = request === undefined ? "yes" : await forbidsOverwriting(bucket, key, request, surroundings);
  if (forbids === "yes") return;
  surroundings.log.warn("The ledger's store forbids no overwriting: never start one run twice at the same moment.", {
    ledger: bucket.address,
    run,
    because: forbids === "refused" ? "it refuses If-None-Match" : "it passes over If-None-Match",
  });
}

/** @param there what the key holds, which was written once and is never changed: the same bytes are put again */
async function forbidsOverwriting(
  bucket: Bucket,
  key: string,
  there: Buffer,
  surroundings: Surroundings,
): Promise<Forbids> {
  try {
    await withRetries(() => bucket.put(key, there, { forbidOverwrite: true }), surroundings);
    return "passed over";
  } catch (error) {
    if (!isBucketError(error)) throw error;
    if (error.code === "FileAlreadyExists") return "yes";
    if (error.code === "NotImplemented") return "refused";
    throw error;
  }
}
