/** What is refused before work begins: wrong credentials, buckets that are not there. One LIST each, of one key. */

import type { RunRequest } from "../../ledger/plan/request.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { type BucketError, isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { tryPut } from "../../objects/try-put.ts";
import { storeOf } from "../../vocabulary/address.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import { RefusedError, UserError } from "../../vocabulary/errors.ts";
import { needOf } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/**
 * Errors: UserError `NoSuchBucket`; RefusedError with COS's own code. Not being allowed to list the source is no error: a
 * run needs only to read its keys.
 */
export async function preflight(request: RunRequest, surroundings: Surroundings): Promise<void> {
  const { source, archive, rows } = request;
  const { open } = surroundings;
  await Promise.all([
    look(open("source", source), "the source", source.prefix, rows.kind === "listing", surroundings),
    look(open("archive", archive), "the archive", archive.prefix, false, surroundings),
  ]);
  if (archive.store === "file") await mayWrite(open("archive", archive), archive.prefix);
}

/** A folder that may not be written says so before anything is fetched, at no cost. */
async function mayWrite(folder: Bucket, prefix: string): Promise<void> {
  const put = await tryPut(folder, `${prefix}cos-originals-preflight`);
  if (put.kind !== "refused") return;
  const { code, message } = put.error;
  throw new RefusedError(code, `The archive can't be written: ${message}`, { cause: put.error });
}

/** The same of the ledger, before anything is read of it. It must be listed. */
export async function preflightLedger(place: Place, surroundings: Surroundings): Promise<void> {
  await look(surroundings.open("ledger", place), "the ledger", place.prefix, true, surroundings);
}

/**
 * The same of a place that must be listed. Resolves with the service's time as its reply tells it, milliseconds since the epoch.
 */
export function preflightListed(
  role: "source" | "archive",
  place: Place,
  surroundings: Surroundings,
): Promise<number | undefined> {
  return look(surroundings.open(role, place), `the ${role}`, place.prefix, true, surroundings);
}

async function look(
  bucket: Bucket,
  what: string,
  prefix: string,
  mustList: boolean,
  surroundings: Surroundings,
): Promise<number | undefined> {
  try {
    return (await withRetries(() => bucket.list({ prefix, maxKeys: 1 }), surroundings)).serverTime;
  } catch (error) {
    if (!isBucketError(error)) throw error;
    const where = `${what} ${bucket.address} in ${bucket.region}`;
    if (error.code === "NoSuchBucket") throw noSuchBucket(what, bucket, error);
    // Whatever the credentials: the sentence says what to set.
    if (entryOf(error.code)?.ofPlace) throw error;
    if (error.status === 403 || error.code === "ExpiredToken" || error.code === "InvalidToken") {
      if (error.code === "AccessDenied" && !mustList) return undefined;
      const action = error.code === "AccessDenied" ? needOf(storeOf(bucket.address), "list") : undefined;
      const need = action === undefined ? "" : `; it needs ${action} (listing) there`;
      // A folder has no credentials.
      const refused = bucket.address.startsWith("file:") ? "This user was refused" : "The credentials were refused";
      throw new RefusedError(error.code, `${refused} for ${where}: ${error.message}${need}`, { cause: error });
    }
    throw error;
  }
}

/** @param what `the source` */
export function noSuchBucket(
  what: string,
  { address, region }: Pick<Bucket, "address" | "region">,
  cause: BucketError,
): UserError {
  // What a folder says of itself is more than a bucket's name tells.
  if (address.startsWith("file:")) return new UserError("NoSuchBucket", `${cause.message}.`, { cause });
  // COS's name of a bucket has the account in it; S3's protocol is spoken at many addresses.
  const check =
    storeOf(address) === "s3" ? "its name, its region and --archive-endpoint" : "its name, its APPID and its region";
  return new UserError("NoSuchBucket", `There is no bucket for ${what} ${address} in ${region}; check ${check}.`, {
    cause,
  });
}
