/** Which objects of a bucket a probe tries, from the beginning of its listing. Pure. */
import { protectableSuffixes } from "../../cos/origin-protect.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { isArchiveClass } from "../../vocabulary/choices.ts";
import { largestImage } from "../../vocabulary/limits.ts";

export interface Samples {
  /** Of each suffix that can be protected and is there, in lower case: the smallest object. */
  readonly bySuffix: ReadonlyMap<string, ListedObject>;
  /** Whose suffix is one of these, but for its case. */
  readonly upperCase?: ListedObject | undefined;
  readonly empty?: ListedObject | undefined;
  /** With a suffix that can't be protected. */
  readonly other?: ListedObject | undefined;
  /** An image above the 32 MB of Cloud Infinite's limit. */
  readonly large?: ListedObject | undefined;
  /** Keys that were looked at. */
  readonly keys: number;
}

/** More is not fetched to try. */
export const largestSample = 256 * 1024 * 1024;

const suffixOf = (key: string) => /\.([^./]+)$/.exec(key)?.[1] ?? "";
const isImage = (suffix: string) => (protectableSuffixes as readonly string[]).includes(suffix);
const smaller = (a: ListedObject | undefined, b: ListedObject) => (a === undefined || b.size < a.size ? b : a);

/** Of what an archive class holds nothing is given out, so it is not tried. */
export function chooseSamples(objects: readonly ListedObject[]): Samples {
  const bySuffix = new Map<string, ListedObject>();
  let upperCase: ListedObject | undefined;
  let empty: ListedObject | undefined;
  let other: ListedObject | undefined;
  let large: ListedObject | undefined;
  for (const object of objects) {
    const { key, size } = object;
    const suffix = suffixOf(key);
    const image = isImage(suffix.toLowerCase());
    if (isArchiveClass(object.storageClass) || key.endsWith("/")) continue;
    if (size === 0) {
      // An image's key before any other: the suffix may matter.
      if (empty === undefined || (image && !isImage(suffixOf(empty.key)))) empty = object;
    } else if (image && size > largestImage) {
      if (size <= largestSample) large = smaller(large, object);
    } else if (size < 2 || size > largestImage) {
      // A part of it must be smaller than the whole.
    } else if (!image) other = smaller(other, object);
    else if (isImage(suffix)) bySuffix.set(suffix, smaller(bySuffix.get(suffix), object));
    else upperCase = smaller(upperCase, object);
  }
  return { bySuffix, upperCase, empty, other, large, keys: objects.length };
}

/** What probing these may come to at most: requests, LISTs so far included, and bytes of originals that are paid for. */
export function costOfSamples(
  samples: Samples,
  lists: number,
  copies: boolean,
): { readonly requests: number; readonly bytes: number } {
  const { bySuffix, upperCase, empty, other, large } = samples;
  const sizes = [...bySuffix.values()].map(({ size }) => size);
  const image = Math.max(0, ...sizes);
  // Three of the bucket's settings, two baselines, a missing original.
  let requests = lists + 6 + 2 * bySuffix.size;
  // HEAD, plain, style, originImage unsigned, whole, in part, on a condition, of a version; a control for the HEAD.
  if (sizes.length > 0) requests += 9;
  // Each copy is looked at and deleted; a second one is the control.
  if (sizes.length > 0 && copies) requests += 6;
  for (const each of [upperCase, empty, other, large]) if (each !== undefined) requests += 1;
  return { requests, bytes: 5 * image + (other?.size ?? 0) + (large?.size ?? 0) };
}
