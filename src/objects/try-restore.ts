/** May an object be restored? As of a PUT (try-put.ts): under a Content-MD5 that can't be right nothing is restored, whoever may. */
import type { Bucket } from "./bucket.ts";
import { type BucketError, isBucketError } from "./error.ts";
import { md5OfOtherBytes } from "./try-put.ts";

export type TriedRestore = { readonly kind: "allowed" } | { readonly kind: "refused"; readonly error: BucketError };

/** Throws what is no BucketError. */
export async function tryRestore(bucket: Bucket, key: string, signal?: AbortSignal | undefined): Promise<TriedRestore> {
  try {
    await bucket.restore?.(key, { days: 1, tier: "Standard", contentMd5: md5OfOtherBytes, signal });
    return { kind: "allowed" };
  } catch (error) {
    if (!isBucketError(error)) throw error;
    return allowing.has(error.code) ? { kind: "allowed" } : { kind: "refused", error };
  }
}

/** Who may not restore is not told what it is that can't be restored. */
const allowing: ReadonlySet<string> = new Set(["BadDigest", "RestoreNonArchiveObject", "RestoreAlreadyInProgress"]);
