/** Which objects of a bucket a probe tries, from the beginning of its listing. Pure. */
import { protectableSuffixes } from "../../../cos/origin-protect.ts";
import type { ListedObject } from "../../../objects/bucket.ts";
import { isArchiveClass } from "../../../vocabulary/choices.ts";
import { largestImage } from "../../../vocabulary/limits.ts";

/** An image, and its suffix in lower case. */
export interface Sample {
  readonly suffix: string;
  readonly object: ListedObject;
}

export interface Samples {
  /** Of each suffix that can be protected and is there: the smallest object; where none is in lower case, `upperCase` alone. */
  readonly bySuffix: ReadonlyMap<string, Sample>;
  /** Whose suffix is one of these, but for its case: cameras write it so. */
  readonly upperCase?: Sample | undefined;
  readonly empty?: ListedObject | undefined;
  /** With a suffix that can't be protected. */
  readonly other?: ListedObject | undefined;
  /** An image above the 32 MB of Cloud Infinite's limit. */
  readonly large?: ListedObject | undefined;
  /** What was looked at: `first 3 keys`. */
  readonly among: string;
}

/** More is not fetched to try. */
export const largestSample = 256 * 1024 * 1024;

const suffixOf = (key: string) => /\.([^./]+)$/.exec(key)?.[1] ?? "";
const isImage = (suffix: string) => (protectableSuffixes as readonly string[]).includes(suffix);
const smaller = (a: ListedObject | undefined, b: ListedObject) => (a === undefined || b.size < a.size ? b : a);

/** Of what an archive class holds nothing is given out, so it is not tried. @param among what they are: `first 3 keys` */
export function chooseSamples(objects: readonly ListedObject[], among: string): Samples {
  const bySuffix = new Map<string, Sample>();
  let upperCase: Sample | undefined;
  let empty: ListedObject | undefined;
  let other: ListedObject | undefined;
  let large: ListedObject | undefined;
  for (const object of objects) {
    const { key, size } = object;
    const written = suffixOf(key);
    const suffix = written.toLowerCase();
    const image = isImage(suffix);
    if (isArchiveClass(object.storageClass) || key.endsWith("/")) continue;
    if (size === 0) {
      // An image's key before any other: the suffix may matter.
      if (empty === undefined || (image && !isImage(suffixOf(empty.key).toLowerCase()))) empty = object;
    } else if (image && size > largestImage) {
      if (size <= largestSample) large = smaller(large, object);
    } else if (size < 2 || size > largestImage) {
      // A part of it must be smaller than the whole.
    } else if (!image) other = smaller(other, object);
    else if (written === suffix)
      bySuffix.set(suffix, { suffix, object: smaller(bySuffix.get(suffix)?.object, object) });
    else if (upperCase === undefined || size < upperCase.object.size) upperCase = { suffix, object };
  }
  if (bySuffix.size === 0 && upperCase !== undefined) bySuffix.set(upperCase.suffix, upperCase);
  return { bySuffix, upperCase, empty, other, large, among };
}

/** The smallest of these; none where there is none. */
export function smallestOf(samples: Iterable<Sample>): readonly Sample[] {
  const [first, ...rest] = samples;
  if (first === undefined) return [];
  return [rest.reduce((best, each) => (each.object.size < best.object.size ? each : best), first)];
}

/** What probing these may come to at most: requests, those sent so far included, and bytes of originals that are paid for. */
export function costOfSamples(
  samples: Samples,
  sent: number,
  copies: boolean,
): { readonly requests: number; readonly bytes: number } {
  const { bySuffix, upperCase, empty, other, large } = samples;
  const sizes = [...bySuffix.values()].map(({ object }) => object.size);
  const image = Math.max(0, ...sizes);
  // The bucket's settings, a missing original, and a missing key where a plain GET's refusal has to be told from that.
  let requests = sent + 5 + 2 * bySuffix.size;
  // HEAD, plain, style, originImage unsigned, whole, in part, on a condition, of a version; a control for the HEAD.
  if (sizes.length > 0) requests += 9;
  // What was left there; whether one could be deleted, the copy, a look at it, its end, and a marker's; a second one is the control.
  if (sizes.length > 0 && copies) requests += 1 + 2 * 5;
  if (upperCase !== undefined) requests += 2;
  for (const each of [empty, other, large]) if (each !== undefined) requests += 1;
  return { requests, bytes: 5 * image + (other?.size ?? 0) + (large?.size ?? 0) };
}
