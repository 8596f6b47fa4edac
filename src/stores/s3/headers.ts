/** Headers of objects: the port's names, which are COS's, and S3's. Values such as a storage class are the store's own words. */
import type { Headers } from "../../objects/bucket.ts";
import { decodeWords, encodeWord } from "./encoded-word.ts";

/** Of a request. */
export function toS3(headers: Headers | undefined): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.startsWith(COS_META)) made[S3_META + name.slice(COS_META.length)] = encodeWord(value);
    else if (name.startsWith(COS)) made[S3 + name.slice(COS.length)] = value;
    else made[name] = value;
  }
  return made;
}

/**
 * Of a reply. S3 encrypts by itself under keys of its own (AES256), and its ETag is the MD5 all the same (User Guide, "Checking object
 * integrity"): only under other keys an object counts as encrypted.
 */
export function fromS3(headers: Headers): Headers {
  const made: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(S3)) made[name] = value;
    else if (name.startsWith(S3_META)) made[COS_META + name.slice(S3_META.length)] = decodeWords(value);
    else if (name !== "x-amz-server-side-encryption" || value !== "AES256") made[COS + name.slice(S3.length)] = value;
  }
  return made;
}

const COS = "x-cos-";
const S3 = "x-amz-";
const COS_META = "x-cos-meta-";
const S3_META = "x-amz-meta-";
