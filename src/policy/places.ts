/**
 * Do two places share keys? A bucket's name is one in all regions of its store (COS: it holds its APPID, document 436/13312), so a place is a
 * store, a bucket and a prefix, whatever region, endpoint or domain it is reached by. A folder may lie within another one. Pure.
 */
import { type Address, sameBucket } from "../vocabulary/address.ts";

/** A bucket, and what the keys in it begin with ("": all of them). */
export type KeyRange = Address;

/** How the second lies to the first; undefined where no key can be in both. */
export type Overlap = "same" | "within" | "holds it";

/** Is `inner` the same as `outer`, within it, or does it hold it? A prefix is no folder: `photos` holds `photos-old/`. */
export function overlapOf(outer: KeyRange, inner: KeyRange): Overlap | undefined {
  const [one, other] = [rangeOf(outer), rangeOf(inner)];
  if (!sameBucket(one, other)) return undefined;
  if (one.prefix === other.prefix) return "same";
  if (other.prefix.startsWith(one.prefix)) return "within";
  return one.prefix.startsWith(other.prefix) ? "holds it" : undefined;
}

/** Folders are prefixes of one disk. */
function rangeOf(place: KeyRange): KeyRange {
  return place.store === "file" ? { store: "file", bucket: "", prefix: `${place.bucket}/${place.prefix}` } : place;
}

/** Can a key be in both? */
export const shareKeys = (a: KeyRange, b: KeyRange): boolean => overlapOf(a, b) !== undefined;

/** What keys of `within` begin with where they lie in `place` too; undefined where it lies in another bucket, or above this folder. */
export function prefixIn(within: Pick<KeyRange, "store" | "bucket">, place: KeyRange): string | undefined {
  if (sameBucket(within, place)) return place.prefix;
  if (within.store !== "file" || place.store !== "file") return undefined;
  const folder = `${within.bucket}/`;
  const path = `${place.bucket}/${place.prefix}`;
  return path.startsWith(folder) ? path.slice(folder.length) : undefined;
}
