/**
 * Is it the original? What an original is must be known from somewhere other than the reply that brings it, or a
 * placeholder picture would prove itself (a bucket's "4xx image setting" answers 200 with one). Pure.
 */

import type { Row } from "../../manifest/row.ts";
import type { ListedObject, ObjectInfo } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";

/** What the original is, as far as it is known. */
export interface Expectation {
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
  readonly crc64?: string | undefined;
  readonly from: "row" | "head" | "get";
}

/** The ETag of a simple upload is the MD5 of its bytes; that of a multipart upload (`…-N`) is not. */
export const isMd5 = (etag: string | undefined): etag is string => etag?.length === 32 && !/[^0-9a-f]/i.test(etag);

/** Are two ETags the same, in whichever case? */
export const sameEtag = (a: string | undefined, b: string | undefined): boolean =>
  a === b || a?.toLowerCase() === b?.toLowerCase();

/** An encrypted object's ETag need not be an MD5. */
export function isEncrypted(info: ObjectInfo): boolean {
  return (
    info.headers["x-cos-server-side-encryption"] !== undefined ||
    info.headers["x-cos-server-side-encryption-customer-algorithm"] !== undefined
  );
}

export function expectationOfRow(row: Row): Expectation {
  return { size: row.size, etag: row.etag, crc64: row.crc64, from: "row" };
}

export function expectationOfReply(info: ObjectInfo, from: "head" | "get"): Expectation {
  return { size: info.size, etag: info.etag, crc64: info.crc64, from };
}

/** What a HEAD would say, as far as a listing tells. It tells of no encryption, no CRC64 and no metadata. */
export const infoOfListed = ({ size, etag }: ListedObject): ObjectInfo => ({ status: 200, headers: {}, size, etag });

/**
 * Does a reply say which object it brings? One with neither ETag nor CRC64 may bring anything of the same length: a proof by the
 * length alone would be none.
 */
export const namesObject = ({ etag, crc64 }: Pick<ObjectInfo, "etag" | "crc64">): boolean =>
  etag !== undefined || crc64 !== undefined;

/** Why `info` can't be the expected object, in words; undefined where nothing that both say differs. */
export function difference(expectation: Expectation, info: ObjectInfo): string | undefined {
  if (expectation.size !== undefined && info.size !== undefined && expectation.size !== info.size) {
    return `${info.size} ${nounOf(info.size, "byte")} instead of ${expectation.size}`;
  }
  if (expectation.crc64 !== undefined && info.crc64 !== undefined) {
    // Checksums of the bytes themselves settle it; an ETag may be something else.
    return expectation.crc64 === info.crc64 ? undefined : `CRC64 ${info.crc64} instead of ${expectation.crc64}`;
  }
  if (sameEtag(expectation.etag, info.etag)) return undefined;
  if (isMd5(expectation.etag) && isMd5(info.etag) && !isEncrypted(info)) {
    return `ETag ${info.etag} instead of ${expectation.etag}`;
  }
  return undefined;
}

/**
 * Does the archive hold this original? Only its own length, and its own CRC64 or simple ETag, can say so; what is merely
 * unknown is no yes. (Provenance metadata tells which version was archived, never that the bytes are right; but where the store tells no
 * CRC64, what it was proven by, written only with bytes that were, has to stand for it, or an original whose ETag is no MD5 would be paid
 * for each night.)
 */
export function holdsOriginal(expectation: Expectation, archived: ObjectInfo): boolean {
  if (expectation.size === undefined || !mayHold(expectation, archived)) return false;
  const sameCrc = expectation.crc64 !== undefined && archived.crc64 === expectation.crc64;
  const sameMd5 =
    isMd5(expectation.etag) &&
    isMd5(archived.etag) &&
    !isEncrypted(archived) &&
    sameEtag(archived.etag, expectation.etag);
  const sameProven =
    expectation.crc64 !== undefined && archived.crc64 === undefined && archived.provenCrc64 === expectation.crc64;
  return sameCrc || sameMd5 || sameProven;
}

/** Is the archive's object of this length, and does nothing that it tells speak against it? */
export function mayHold(expectation: Expectation, archived: ObjectInfo): boolean {
  return expectation.size === archived.size && difference(expectation, archived) === undefined;
}

/**
 * Has the source changed since the expectation was formed? `now` is a fresh HEAD. An ETag that is no MD5 counts here: the
 * same object has the same ETag.
 */
export function hasChanged(expectation: Expectation, now: ObjectInfo): boolean {
  const differs = (a: string | number | undefined, b: string | number | undefined) =>
    a !== undefined && b !== undefined && a !== b;
  return (
    differs(expectation.size, now.size) ||
    differs(expectation.crc64, now.crc64) ||
    differs(expectation.etag?.toLowerCase(), now.etag?.toLowerCase())
  );
}

/**
 * Does a reply say that it brings another version than the one that was asked for? Whether originImage heeds a versionId is not documented,
 * so what it brings is compared with that version's own HEAD.
 */
export function isOtherVersion(asked: string | undefined, reply: ObjectInfo, head?: ObjectInfo): boolean {
  if (asked === undefined) return false;
  if (reply.versionId !== undefined) return reply.versionId !== asked;
  if (head === undefined || !namesObject(reply)) return false;
  if (reply.crc64 !== undefined && head.crc64 !== undefined) return reply.crc64 !== head.crc64;
  return reply.etag !== undefined && head.etag !== undefined && !sameEtag(reply.etag, head.etag);
}

/** base64 of a hex MD5, as Content-MD5 wants it. */
export function contentMd5(etag: string): string {
  return Buffer.from(etag, "hex").toString("base64");
}
