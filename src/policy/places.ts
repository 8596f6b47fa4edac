/**
 * Do two places share keys? A bucket's name holds its APPID and is one in all regions (document 436/13312), so a place is a bucket and a
 * prefix, whatever region, endpoint or domain it is reached by. Pure.
 */

/** A bucket, and what the keys in it begin with ("": all of them). */
export interface KeyRange {
  readonly bucket: string;
  readonly prefix: string;
}

/** How the second lies to the first; undefined where no key can be in both. */
export type Overlap = "same" | "within" | "holds it";

/** Is `inner` the same as `outer`, within it, or does it hold it? A prefix is no folder: `photos` holds `photos-old/`. */
export function overlapOf(outer: KeyRange, inner: KeyRange): Overlap | undefined {
  if (outer.bucket !== inner.bucket) return undefined;
  if (outer.prefix === inner.prefix) return "same";
  if (inner.prefix.startsWith(outer.prefix)) return "within";
  return outer.prefix.startsWith(inner.prefix) ? "holds it" : undefined;
}

/** Can a key be in both? */
export const shareKeys = (a: KeyRange, b: KeyRange): boolean => overlapOf(a, b) !== undefined;
