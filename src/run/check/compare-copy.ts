/** Is an archived object what the ledger says? By what a HEAD tells of it, or by its bytes, read anew. Pure. */
import { isEncrypted, isMd5, sameEtag } from "../../archive/proof/identity.ts";
import type { Provenance } from "../../archive/task/archive-headers.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { EqualBy } from "./judge.ts";
import type { ReadBytes } from "./read-bytes.ts";

export type CopyDifference =
  /** There is no such object. */
  | "missing"
  /** It has another length. */
  | "size"
  /** It has the length, but other bytes, by its CRC64 or its ETag, or by what they are. */
  | "checksum";

/** `size`: neither side tells a checksum to compare, so only the length agrees. */
export type CopyEqualBy = Exclude<EqualBy, "recorded-crc64"> | "size";

export type ComparedCopy =
  | { readonly kind: "same"; readonly by: CopyEqualBy }
  | { readonly kind: CopyDifference; readonly message: string };

type Said = Pick<Outcome, "receivedSize" | "receivedEtag" | "receivedCrc64">;

/** A CRC64 that both tell settles it: the same bytes may have another ETag, put in other parts or encrypted. */
export function compareWithLedger(said: Said, there: Pick<ObjectInfo, "size" | "etag" | "crc64">): ComparedCopy {
  const { receivedSize, receivedEtag, receivedCrc64 } = said;
  if (receivedSize !== undefined && there.size !== undefined && receivedSize !== there.size) {
    return otherSize(there.size, receivedSize);
  }
  if (receivedCrc64 !== undefined && there.crc64 !== undefined) {
    if (receivedCrc64 === there.crc64) return { kind: "same", by: "crc64" };
    return { kind: "checksum", message: `CRC64 ${there.crc64} instead of ${receivedCrc64}` };
  }
  if (receivedEtag !== undefined && there.etag !== undefined) {
    if (sameEtag(receivedEtag, there.etag)) return { kind: "same", by: isMd5(there.etag) ? "content-md5" : "etag" };
    return { kind: "checksum", message: `ETag ${there.etag} instead of ${receivedEtag}` };
  }
  return { kind: "same", by: "size" };
}

/**
 * Of the bytes themselves. An ETag that looks like an MD5 and is not that of the bytes speaks against them only where it is known to be one:
 * it was the original's proof, or the object is not encrypted.
 */
export function compareBytes(
  said: Said & Pick<Outcome, "proof" | "expectedEtag" | "expectedCrc64">,
  { size, md5, crc64, info }: ReadBytes,
): ComparedCopy {
  const { receivedSize, receivedEtag, receivedCrc64 } = said;
  if (receivedSize !== undefined && receivedSize !== size) return otherSize(size, receivedSize);
  // Of a store that tells none, the one that they were proven by.
  const expectedCrc64 = receivedCrc64 ?? (said.proof === "content-md5" ? undefined : said.expectedCrc64);
  if (expectedCrc64 !== undefined) {
    if (expectedCrc64 === crc64) return { kind: "same", by: "crc64" };
    return { kind: "checksum", message: `the bytes' CRC64 is ${crc64} instead of ${expectedCrc64}` };
  }
  const proven = said.proof === "content-md5" && isMd5(said.expectedEtag) ? said.expectedEtag : undefined;
  const expected = proven ?? (isMd5(receivedEtag) ? receivedEtag : undefined);
  if (sameEtag(expected, md5)) return { kind: "same", by: "content-md5" };
  if (proven !== undefined || (expected !== undefined && !isEncrypted(info))) {
    return { kind: "checksum", message: `the bytes' MD5 is ${md5} instead of ${expected}` };
  }
  return { kind: "same", by: "size" };
}

function otherSize(there: number, expected: number): ComparedCopy {
  return { kind: "size", message: `${there} ${nounOf(there, "byte")} instead of ${expected}` };
}

/** Is an object the original that its provenance names? Where no checksum tells, it is not taken for it. */
export function isAsArchived(
  { etag, crc64 }: Pick<Provenance, "etag" | "crc64">,
  there: Pick<ObjectInfo, "etag" | "crc64">,
): boolean {
  if (crc64 !== undefined && there.crc64 !== undefined) return crc64 === there.crc64;
  return isMd5(etag) && isMd5(there.etag) && sameEtag(etag, there.etag);
}
