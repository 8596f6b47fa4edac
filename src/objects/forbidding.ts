/**
 * Does a service refuse to overwrite where it is asked to? Of those that speak S3's protocol some answer that they know no such thing
 * (NotImplemented): what one request of this process met, the others need not.
 */
import type { Bucket } from "./bucket.ts";

const without = new WeakSet<Bucket>();

export const forbidsOverwrite = (bucket: Bucket): boolean => !without.has(bucket);

export function knowsNoForbidding(bucket: Bucket): void {
  without.add(bucket);
}
