/** One reply of a probe, reduced to what findings are made of: nothing in it names a bucket, a key, an account or a request. Pure. */
import { isMd5, sameEtag } from "../../../archive/proof/identity.ts";
import type { ExactReply } from "../../../cos/exact-reply.ts";
import { isSlimmed } from "../../../cos/exchange/object-info.ts";
import { type FoundReply, findingCode } from "../../../emulator/faults/findings.ts";
import type { ListedObject } from "../../../objects/bucket.ts";

/** Which headers of an object a reply has. */
export interface Tells {
  readonly etag: boolean;
  readonly crc64: boolean;
  /** x-cos-meta-* and what else is stored with the object, but for Content-Type. */
  readonly meta: boolean;
  readonly lastModified: boolean;
  readonly contentLength: boolean;
  readonly requestId: "cos" | "ci" | "none";
}

export interface Said {
  readonly status: number;
  readonly code?: string | undefined;
  readonly errNo?: number | undefined;
  /** What the code means (ExactReply). */
  readonly name?: string | undefined;
  /** Of a refusal, without any name. */
  readonly words?: string | undefined;
  /** A success: the object's own bytes, a part of them, those that Smart Compression made, or others. */
  readonly brought: "object" | "part" | "slim" | "other" | "nothing";
  readonly tells: Tells;
}

/** `unanswered` says why nothing is known. */
export type Answer = Said | { readonly unanswered: string };

export const isSaid = (answer: Answer | undefined): answer is Said => answer !== undefined && "status" in answer;

/** What is known of the object that was asked for. */
export interface Known {
  readonly size: number;
  readonly etag: string | undefined;
  readonly crc64: string | undefined;
}

export const knownOf = ({ size, etag }: ListedObject): Known => ({ size, etag, crc64: undefined });

/** @param names what must not be told of it: bucket, key */
export function saidOf(reply: ExactReply, known: Known | undefined, names: readonly string[]): Said {
  const { status, headers, code, message, errNo } = reply;
  const has = (name: string) => headers[name] !== undefined;
  return {
    status,
    code: code !== undefined && findingCode.test(code) ? code : undefined,
    errNo: errNo === 0 ? undefined : errNo,
    name: reply.name,
    words: message === undefined ? undefined : withoutNames(message, names),
    brought: broughtBy(reply, known),
    tells: {
      etag: reply.etag !== undefined,
      crc64: reply.crc64 !== undefined,
      meta: Object.keys(headers).some((name) => name.startsWith("x-cos-meta-") || stored.has(name)),
      lastModified: has("last-modified"),
      contentLength: has("content-length"),
      requestId: has("x-cos-request-id") ? "cos" : has("x-ci-request-id") ? "ci" : "none",
    },
  };
}

const stored: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
]);

function broughtBy({ headers, body, status, errNo }: ExactReply, known: Known | undefined): Said["brought"] {
  if (body === undefined) return "nothing";
  if (isSlimmed(headers)) return "slim";
  if (known === undefined || (errNo !== undefined && errNo !== 0)) return "other";
  if (status === 206) return body.size < known.size ? "part" : "object";
  if (body.size !== known.size) return "other";
  if (known.crc64 !== undefined) return known.crc64 === body.crc64 ? "object" : "other";
  return !isMd5(known.etag) || sameEtag(known.etag, body.md5) ? "object" : "other";
}

/** The service's own words: what could name something (a host, a path, a number, an id) is left out of them. */
export function withoutNames(message: string, names: readonly string[]): string {
  let text = message;
  for (const name of names) if (name.length >= 3) text = text.replaceAll(name, "…");
  const words = text.split(/\s+/).map((word) => {
    const bare = word.replace(/^[("'[]+|[)"'\],.:;!?]+$/g, "");
    return /^[A-Za-z'’…-]{0,20}$/.test(bare) ? word : "…";
  });
  return words.join(" ").slice(0, 300);
}

/** Was it refused, by a status or by an error document under another? */
export const isRefused = (said: Said): boolean => said.status >= 300 || said.code !== undefined;

/** The object came, whole, in part, or slimmed. */
export const isServed = (said: Said): boolean =>
  !isRefused(said) &&
  said.errNo === undefined &&
  (said.brought === "object" || said.brought === "part" || said.brought === "slim");

/** A picture came that is not the object: what the "4xx image setting" puts in a refusal's place. */
export const isStandIn = (said: Said): boolean => !isRefused(said) && !isServed(said);

/** X-ErrNo of Original Image Protection (document 460/8523). */
export const protectionErrNo = -154;

/** The same answer, as far as it is told. */
export const isAlike = (a: Said, b: Said): boolean =>
  a.status === b.status && a.code === b.code && a.errNo === b.errNo && a.words === b.words && a.brought === b.brought;

/** Refused for what the object is or where it is, not for how it was asked for: deleted since it was listed, archived, banned. */
export const isOfObject = ({ name }: Said): boolean => name !== undefined && ofObject.has(name);
const ofObject: ReadonlySet<string> = new Set([
  "NoSuchKey",
  "InvalidObjectState",
  "DomainAuditFailed",
  "UnavailableForLegalReasons",
]);

/** The names of a refusal for who asks. */
const denials: ReadonlySet<string> = new Set(["AccessDenied", "AccessForbidden", "NoProcessAuthority"]);
export const isDenial = (name: string): boolean => denials.has(name);

/** Refused in the words for whoever may not do it. */
export const isDenied = (said: Said): boolean =>
  isRefused(said) && said.errNo === undefined && said.name !== undefined && isDenial(said.name);

/** What an image was answered. */
export interface ImageAnswers {
  /** A plain GET without credentials, and one with them. */
  readonly unsigned: Answer | undefined;
  readonly signed?: Answer | undefined;
  /** originImage. */
  readonly original?: Answer | undefined;
}

/** What was answered where there is nothing: the refusals of whoever may not read at all are alike. */
export interface Controls {
  /** Without credentials, of a key that is no image's. */
  readonly missingUnsigned: Answer | undefined;
  /** originImage of an image that is not there. */
  readonly missingOriginal: Answer | undefined;
}

/** Is an image protected, by what plain GETs of it were answered? Undefined where they don't tell. */
export function isProtectedBy(
  { unsigned, signed, original }: ImageAnswers,
  { missingUnsigned, missingOriginal }: Controls,
): boolean | undefined {
  if (isSaid(unsigned) && !isOfObject(unsigned)) {
    if (unsigned.errNo === protectionErrNo || isStandIn(unsigned)) return true;
    if (isServed(unsigned)) return false;
    if (isSaid(missingUnsigned) && !isAlike(unsigned, missingUnsigned)) return true;
  }
  if (!isSaid(signed) || isOfObject(signed)) return undefined;
  if (isServed(signed)) return false;
  if (signed.errNo === protectionErrNo || isStandIn(signed)) return true;
  // Or it is the refusal of whoever may not read.
  const mayRead = isSaid(original) && isServed(original);
  const isOther = isSaid(missingOriginal) && isRefused(missingOriginal) && !isAlike(signed, missingOriginal);
  return mayRead || isOther ? true : undefined;
}

/** As documents tell it. */
export function foundReply({ status, code, errNo }: Said): FoundReply {
  return { status, ...(code === undefined ? {} : { code }), ...(errNo === undefined ? {} : { errNo }) };
}
