/**
 * A ledger rests on two things that not each service which speaks S3's protocol has: a LIST shows what was written before it, and a PUT that
 * forbids overwriting is refused where something is there. Looked at once, as a run begins, by the request that was just written.
 */
import type { Bucket } from "../objects/bucket.ts";
import { isBucketError } from "../objects/error.ts";
import { type Retrying, withRetries } from "../objects/retrying.ts";
import { UserError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";
import { paths } from "./layout.ts";
import { runPrefix } from "./runs.ts";
import { createLedgerStore } from "./store.ts";

export interface LookedAt {
  readonly bucket: Bucket;
  /** Of the ledger. */
  readonly prefix: string;
  readonly run: string;
}

/**
 * Warns where the store forbids no overwriting: then two that begin one run at the same moment do some of it twice. Throws UserError
 * `LedgerUnlisted` where it does not list what it holds, BucketError `UnorderedListing` where not in order: markers would be overlooked, and reports
 * wrong.
 */
export async function checkStoreLacks(
  { bucket, prefix, run }: LookedAt,
  retrying: Retrying & { readonly log: Log },
): Promise<void> {
  const { offers, address } = bucket;
  const key = runPrefix(prefix, run) + paths.request;
  if (offers.listsAtOnce === "by most") {
    const { objects } = await withRetries(() => bucket.list({ prefix: key, maxKeys: 1 }), retrying);
    if (!objects.some((object) => object.key === key)) {
      throw new UserError(
        "LedgerUnlisted",
        `The ledger object ${address}/${key} was written, and a listing right after does not show it, so no run can be recorded there; record runs elsewhere, by --ledger.`,
      );
    }
    // A store that begins anew whatever it is asked for is refused by its client; nothing has been paid for yet.
    await withRetries(() => bucket.list({ prefix: key, marker: `${key}~`, maxKeys: 1 }), retrying);
  }
  if (offers.forbidsOverwrite !== "by most") return;
  const because = await forbidsNoOverwriting({ bucket, prefix, run }, retrying);
  if (because === undefined) return;
  const told = { ledger: address, run, because };
  retrying.log.warn("The ledger's store forbids no overwriting: never start one run twice at the same moment.", told);
}

/** The request is put again as it is: it was written once, and is never changed. */
async function forbidsNoOverwriting(
  { bucket, prefix: ledgerPrefix, run }: LookedAt,
  retrying: Retrying,
): Promise<string | undefined> {
  const prefix = runPrefix(ledgerPrefix, run);
  const there = await createLedgerStore({ bucket, prefix, ...retrying }).get(paths.request);
  if (there === undefined) return undefined;
  try {
    await withRetries(() => bucket.put(prefix + paths.request, there, { forbidOverwrite: true }), retrying);
    return "it passes over If-None-Match";
  } catch (error) {
    if (!isBucketError(error)) throw error;
    if (error.code === "FileAlreadyExists") return undefined;
    if (error.code === "NotImplemented") return "it refuses If-None-Match";
    throw error;
  }
}
