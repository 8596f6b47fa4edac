/**
 * Is the copy the original? Told by what LISTs say of both, or by what HEADs do. What is merely unknown is never called equal. Pure.
 */
import { isEncrypted, isMd5, sameEtag } from "../../archive/proof/identity.ts";
import type { ListedObject, ObjectInfo } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";

/** What two objects were found equal by. */
export type EqualBy =
  /** Both tell the MD5 of their bytes. */
  | "content-md5"
  /** Both tell the CRC64 of their bytes. */
  | "crc64"
  /** Both tell one ETag that is no MD5: of the same bytes, uploaded in the same parts. */
  | "etag"
  /** The archive's store tells no CRC64; its metadata has the one that the bytes were proven by as they were stored with it. */
  | "recorded-crc64";

export const waysToBeEqual = ["content-md5", "crc64", "etag", "recorded-crc64"] as const satisfies readonly EqualBy[];

export type Judged =
  | { readonly kind: "same"; readonly by: EqualBy }
  | { readonly kind: "differs"; readonly message: string }
  | { readonly kind: "unknown" };

const same = (by: EqualBy): Judged => ({ kind: "same", by });
const differs = (message: string): Judged => ({ kind: "differs", message });
const unknown: Judged = { kind: "unknown" };

const otherSize = (there: number, expected: number) =>
  differs(`${there} ${nounOf(there, "byte")} instead of ${expected}`);

/**
 * Lengths that differ are certain, and so are MD5s that are one. What looks like an MD5 and is another may be no MD5 (an encrypted object's
 * ETag): a HEAD tells.
 */
export function judgeListed(
  source: Pick<ListedObject, "size" | "etag">,
  copy: Pick<ListedObject, "size" | "etag">,
): Judged {
  if (source.size !== copy.size) return otherSize(copy.size, source.size);
  return isMd5(source.etag) && isMd5(copy.etag) && sameEtag(source.etag, copy.etag) ? same("content-md5") : unknown;
}

export function judgeHeads(source: ObjectInfo, copy: ObjectInfo): Judged {
  if (source.size === undefined || copy.size === undefined) return unknown;
  if (source.size !== copy.size) return otherSize(copy.size, source.size);
  // Checksums of the bytes themselves settle it; an ETag may be something else.
  if (source.crc64 !== undefined && copy.crc64 !== undefined) {
    return source.crc64 === copy.crc64 ? same("crc64") : differs(`CRC64 ${copy.crc64} instead of ${source.crc64}`);
  }
  if (isMd5(source.etag) && isMd5(copy.etag)) {
    if (sameEtag(source.etag, copy.etag)) return same("content-md5");
    if (!isEncrypted(source) && !isEncrypted(copy)) return differs(`MD5 ${copy.etag} instead of ${source.etag}`);
  }
  if (isOfParts(source.etag) && sameEtag(source.etag, copy.etag)) return same("etag");
  if (source.crc64 !== undefined && copy.provenCrc64 !== undefined) {
    return source.crc64 === copy.provenCrc64
      ? same("recorded-crc64")
      : differs(`it was archived with the CRC64 ${copy.provenCrc64}, and the source's is ${source.crc64}`);
  }
  return unknown;
}

const isOfParts = (etag: string | undefined): boolean => etag !== undefined && /^[0-9a-f]{32}-\d{1,5}$/i.test(etag);
