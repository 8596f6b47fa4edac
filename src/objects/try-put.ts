/**
 * May a key be written? A PUT under a Content-MD5 that can't be right: whoever may not write is refused for that, whoever may for the
 * MD5, and nothing is stored.
 */
import { createHash } from "node:crypto";
import type { Bucket, PutOptions } from "./bucket.ts";
import { type BucketError, isBucketError } from "./error.ts";

export type TriedPut =
  | { readonly kind: "allowed" }
  /** It took bytes that it should have refused: an object lies there now, or something before it answers. */
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly error: BucketError };

/** base64. */
export const md5OfOtherBytes = createHash("md5").update("other bytes").digest("base64");

/** @param key where nothing lies: a store that looks at no MD5 would write over it. Throws what is no BucketError. */
export async function tryPut(
  bucket: Bucket,
  key: string,
  options: Pick<PutOptions, "headers" | "forbidOverwrite" | "signal"> = {},
): Promise<TriedPut> {
  try {
    await bucket.put(key, Buffer.from("a probe\n"), { ...options, contentMd5: md5OfOtherBytes });
    return { kind: "taken" };
  } catch (error) {
    if (!isBucketError(error)) throw error;
    return error.code === "BadDigest" ? { kind: "allowed" } : { kind: "refused", error };
  }
}
