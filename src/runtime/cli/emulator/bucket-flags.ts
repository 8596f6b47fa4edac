/** What `--protect`, `--slim` and `--seed` say of the buckets of `--bucket`: of all of them, or as `BUCKET=VALUE` of one. */
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { isBucketName } from "../../../vocabulary/names.ts";

/** A value, and the bucket that it is said of; undefined: of none by name. */
export interface OfBucket {
  readonly bucket: string | undefined;
  readonly value: string;
  /** As it was typed. */
  readonly text: string;
}

/**
 * Each value with the bucket that it names. What stands before the first `=` is a bucket where it is the name of one: a folder's name may
 * hold a `=` as well. Throws UserError `InvalidSetting` for a bucket that `--bucket` does not name.
 */
export function ofBuckets(flag: string, texts: unknown, buckets: readonly string[]): readonly OfBucket[] {
  const all = (Array.isArray(texts) ? texts : texts === undefined ? [] : [texts]).map(String);
  return all.map((text) => {
    if (buckets.length === 0) {
      throw new UserError(
        "InvalidSetting",
        `${flag} ${quote(text)} is said of no bucket; name one with --bucket NAME-APPID.`,
      );
    }
    const equals = text.indexOf("=");
    const before = text.slice(0, Math.max(0, equals));
    if (!isBucketName(before)) return { bucket: undefined, value: text, text };
    if (!buckets.includes(before)) {
      throw new UserError(
        "InvalidSetting",
        `${flag} ${quote(text)} names a bucket that is none of --bucket; add --bucket ${before}, or name one of ${buckets.join(", ")}.`,
      );
    }
    return { bucket: before, value: text.slice(equals + 1), text };
  });
}

/** What is said of this bucket: the last that names it, else the last that names none. */
export const saidOf = (bucket: string, said: readonly OfBucket[]): OfBucket | undefined =>
  said.findLast((each) => each.bucket === bucket) ?? said.findLast((each) => each.bucket === undefined);

/** `jpg,.png` as `jpg` and `png`. Throws UserError `InvalidSetting` where one is empty. */
export function suffixesOf(flag: string, { value, text }: OfBucket): readonly string[] {
  const suffixes = value.split(",").map((suffix) => suffix.trim().replace(/^\./, ""));
  if (suffixes.every((suffix) => suffix !== "")) return suffixes;
  throw new UserError("InvalidSetting", `${flag} ${quote(text)} holds an empty suffix; ${flag} jpg,png would do.`);
}
