/** Plain GETs of images, without credentials and where that does not tell with them, of a byte each: which are protected? */
import type { Asking } from "./asking.ts";
import { type Answer, type Controls, isProtectedBy, knownOf } from "./replies.ts";
import type { Sample } from "./samples.ts";
import type { SuffixReplies } from "./verdicts.ts";

export interface PlainGets {
  of(sample: Sample): Promise<SuffixReplies>;
  /** Asked only where it can settle something, and once. */
  ofUpperCase(sample: Sample | undefined, lower: readonly SuffixReplies[]): Promise<SuffixReplies | undefined>;
  /** What was answered where there is nothing, as far as anybody had to know. */
  controls(): Controls;
  /** A key that is not there, and no image's. */
  readonly nothing: string;
}

export function createPlainGets(asking: Asking, nothing: string, missingOriginal: Answer): PlainGets {
  let missingUnsigned: Answer | undefined;
  const controls = () => ({ missingUnsigned, missingOriginal });
  async function of({ suffix, object }: Sample): Promise<SuffixReplies> {
    const { key } = object;
    const plain = { method: "GET", key, headers: { range: "bytes=0-0" } } as const;
    const unsigned = await asking.exact({ ...plain, unsigned: true }, knownOf(object));
    const replies = { key, suffix, unsigned };
    const isSettled = () => isProtectedBy({ unsigned }, controls()) !== undefined;
    if (isSettled()) return replies;
    missingUnsigned ??= await asking.exact({ method: "GET", key: nothing, unsigned: true });
    if (isSettled()) return replies;
    return { ...replies, signed: await asking.exact(plain, knownOf(object)) };
  }
  return {
    of,
    async ofUpperCase(sample, lower) {
      if (sample === undefined) return undefined;
      const same = lower.find(({ key }) => key === sample.object.key);
      if (same !== undefined) return same;
      const beside = lower.find(({ suffix }) => suffix === sample.suffix);
      // Beside one that is not protected it would tell nothing.
      return beside === undefined || isProtectedBy(beside, controls()) === true ? of(sample) : undefined;
    },
    controls,
    nothing,
  };
}
