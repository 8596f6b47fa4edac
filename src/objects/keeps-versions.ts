/** Does a bucket keep versions, or did it ever? Then COS forbids no overwriting in it (document 436/7749). */
import type { Bucket } from "./bucket.ts";

/** An object of such a bucket has a version. Best effort: false where nothing below `prefix` tells, and where the store forbids all the same. */
export async function keepsVersions(bucket: Bucket, prefix: string): Promise<boolean> {
  if (bucket.offers.forbidsOverwrite !== "unless versioned") return false;
  const signal = AbortSignal.timeout(10_000);
  try {
    const [object] = (await bucket.list({ prefix, maxKeys: 1, signal })).objects;
    if (object === undefined) return false;
    return (await bucket.head(object.key, { signal })).versionId !== undefined;
  } catch {
    return false;
  }
}
