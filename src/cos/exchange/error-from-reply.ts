/**
 * What a reply that is no success means.
 *
 * Its name is the Code element of the body (document 436/7730); where COS prints the name as the Message under Code
 * AccessDenied (document 436/40105), it is that name; and where there is no body, as after a HEAD, the status tells.
 * Cloud Infinite adds a number of its own, X-ErrNo (document 460/8523), which outranks the status.
 *
 * Nothing that was signed goes into a message: neither the URL's query, nor the StringToSign and FormatString elements
 * which the service sends back when signatures differ, nor what a proxy's page tells of the request (outside-text.ts).
 */

import type { Headers } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { effectOf, entryOf, errNoEntry } from "../../vocabulary/codes/catalogue.ts";
import { quote } from "../../vocabulary/errors.ts";
import type { Redact } from "../../vocabulary/redaction.ts";
import { isForeign, notTheService } from "./false-success.ts";
import { errNoOf, requestIdOf, timeOf } from "./object-info.ts";
import { isRedirection, redirectionAdvice } from "./redirection.ts";
import { parseXml, textOf } from "./xml.ts";

export interface FailedReply {
  readonly method: string;
  readonly bucket: string;
  /** Absent where the request was about the bucket. */
  readonly key?: string | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** When the reply arrived, by our clock, milliseconds since the epoch. */
  readonly now: number;
  /** By how much the request's signing time had been corrected, milliseconds. */
  readonly clockOffsetMs?: number | undefined;
  /** What text from outside is read through. */
  readonly redact: Redact;
}

/** Names that COS is known to print as the Message under Code AccessDenied. */
const namesInMessage = new Set([
  "RequestTimeTooSkewed",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidObjectState",
  "AccessForbidden",
  "Request has expired",
]);

const nameOfStatus: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  302: "TemporaryRedirect",
  303: "TemporaryRedirect",
  307: "TemporaryRedirect",
  308: "PermanentRedirect",
  304: "NotModified",
  400: "BadRequest",
  403: "AccessDenied",
  404: "NoSuchKey",
  412: "PreconditionFailed",
};

/** RequestTimeTooSkewed beyond this difference of the clocks (document 436/40105). */
const greatestSkewMs = 15 * 60_000;

/** Whether to try again, and whether to slow down, by X-ErrNo, then by name, then by status. */
export function verdict(
  status: number,
  code: string,
  errNo?: number | undefined,
): { readonly retryable: boolean; readonly throttled: boolean } {
  const effect = errNoEntry(errNo)?.effect ?? effectOf(code);
  const throttled = effect === "slowed" || (errNoEntry(errNo) === undefined && status === 429);
  if (errNoEntry(errNo) !== undefined) return { retryable: effect === "retried" || throttled, throttled };
  // 501 and 505 are refusals of what was asked, for ever.
  const byStatus = (status >= 500 && status !== 501 && status !== 505) || status === 408;
  return { retryable: throttled || byStatus || effect === "retried", throttled };
}

/** The error of a reply whose status is not 2xx, or whose body is an error document all the same. */
export function errorFromReply(reply: FailedReply): BucketError {
  const { status, headers } = reply;
  const said = readErrorDocument(reply.body, reply.redact);
  if (isForeign(status, headers, said !== undefined)) {
    return notTheService(subject(reply.method, reply.bucket, reply.key), status, headers);
  }
  const date = timeOf(headers.date) ?? timeOf(said?.serverTime);
  const clockSkewMs = date === undefined ? undefined : date - reply.now;
  const errNo = errNoOf(headers) ?? (saysProtected(said) ? PROTECTED : undefined);
  const code = codeOf(reply, said, clockSkewMs);
  const { retryable, throttled } = verdict(status, code, errNo);
  if (!retryable && errNo === undefined && isCutDocument(reply.body)) {
    return cutRefusal(subject(reply.method, reply.bucket, reply.key), status);
  }
  const headersId = requestIdOf(headers);
  const requestId = headersId === undefined ? said?.requestId : reply.redact(headersId);
  const elsewhere = isRedirection(status)
    ? reply.redact(redirectionAdvice(headers.location, said?.endpoint))
    : undefined;
  const facts = { code, errNo, requestId, clockSkewMs, elsewhere, message: said?.message };
  return new BucketError(messageOf(reply, facts), {
    code,
    status,
    errNo,
    requestId,
    retryable,
    throttled,
    retryAfterMs: retryAfter(headers["retry-after"], date ?? reply.now),
    clockSkewMs,
  });
}

/** Original Image Protection forbids the URL (document 460/8523). */
const PROTECTED = -154;

/** The same refusal without its number, as users have met it: the image can't be accessed, a style is to be used. */
function saysProtected(said: ErrorDocument | undefined): boolean {
  if (said?.code !== "AccessDenied") return false;
  return /\bimage\b[^.]*\bcan(?: ?not|['’]t)\b[^.]*\baccess/i.test(said.message) && /\bstyles?\b/i.test(said.message);
}

/** More than is ever shown of one element. */
const maxTextLength = 4096;

interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly serverTime: string | undefined;
  /** Of a redirection: the host where the bucket is. */
  readonly endpoint: string | undefined;
}

/** The texts of an error document's elements, by name; undefined where the body is none. COS and S3 have the same. */
export function errorElements(body: Uint8Array, redact: Redact): ((name: string) => string | undefined) | undefined {
  if (body.length === 0) return undefined;
  const raw = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  // A FormatString holds `&`; an error must not lose its name because that was not escaped.
  const document = parseXml(raw.replace(/&(?!(?:[a-z]+|#\d+|#x[\da-f]+);)/gi, "&amp;"));
  if (document?.name !== "Error") return undefined;
  return (name) => {
    const found = textOf(document.root, name)?.trim().slice(0, maxTextLength);
    return found ? redact(found) : undefined;
  };
}

export function readErrorDocument(body: Uint8Array, redact: Redact): ErrorDocument | undefined {
  const text = errorElements(body, redact);
  if (text === undefined) return undefined;
  return {
    code: text("Code") ?? "",
    message: text("Message") ?? "",
    requestId: text("RequestId"),
    serverTime: text("ServerTime"),
    endpoint: text("Endpoint"),
  };
}

/** Is a body of a 2xx reply an error document? COS may find out after it began to answer (Copy, Complete; 436/7730). */
export function isErrorDocument(body: Uint8Array): boolean {
  if (body.length === 0) return false;
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 512)).toString("latin1");
  return /^(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*\?>\s*)*<Error[\s/>]/.test(head);
}

/** As the documents of COS and S3 begin. */
const beginnings = ["<?xml", "<Error"];

/**
 * Does it begin as an error document does, and has no end? A connection ended while a body was still being sent, or whoever stands between told a
 * shorter length. The status alone would name a refusal for good (403: AccessDenied) where the document named one that passes.
 */
export function isCutDocument(body: Uint8Array): boolean {
  if (body.length === 0) return false;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const begins = beginnings.some((beginning) => beginning.startsWith(text.slice(0, beginning.length)));
  return begins && !text.includes("</Error>");
}

/** Worth another try, which may bring the reason. */
export const cutRefusal = (what: string, status: number): BucketError =>
  malformedReply(what, status, `status ${status}, and the document that says why is cut in the middle`);

function codeOf(reply: FailedReply, said: ErrorDocument | undefined, clockSkewMs: number | undefined): string {
  if (said !== undefined && said.code !== "") return nameIn(said);
  if (reply.status === 403 && reply.method === "HEAD" && clockSkewMs !== undefined) {
    // There is no body to say so, but with clocks this far apart no signature can be accepted.
    const skew = clockSkewMs - (reply.clockOffsetMs ?? 0);
    if (Math.abs(skew) >= greatestSkewMs) return "RequestTimeTooSkewed";
  }
  if (reply.status === 404 && reply.key === undefined) return "NoSuchBucket";
  return nameOfStatus[reply.status] ?? `Http${reply.status}`;
}

/** What an error document's refusal is called, wherever it prints that. */
export function nameIn(said: Pick<ErrorDocument, "code" | "message">): string {
  const message = said.message.replace(/\.$/, "");
  const code = said.code === "AccessDenied" && namesInMessage.has(message) ? message : said.code;
  return code === "Request has expired" ? "RequestExpired" : code;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from `now`. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const time = timeOf(text);
  return time === undefined ? undefined : Math.max(0, time - now);
}

function adviceTold(code: string): string | undefined {
  const entry = entryOf(code);
  return entry?.told ? entry.advice : undefined;
}

function messageOf(
  reply: FailedReply,
  facts: {
    readonly code: string;
    readonly errNo: number | undefined;
    readonly requestId: string | undefined;
    readonly clockSkewMs: number | undefined;
    readonly message: string | undefined;
    readonly elsewhere: string | undefined;
  },
): string {
  let text = `${subject(reply.method, reply.bucket, reply.key)}: status ${reply.status}, ${facts.code}`;
  if (facts.errNo !== undefined) {
    const means = errNoEntry(facts.errNo)?.means;
    text += `, ${errNoOf(reply.headers) === undefined ? "as X-ErrNo" : "X-ErrNo"} ${facts.errNo}${means === undefined ? "" : ` (${means})`}`;
  }
  if (facts.requestId !== undefined) text += `, request id ${facts.requestId}`;
  if (facts.message) text += `: ${beginning(facts.message)}`;
  const skewed = facts.code === "RequestTimeTooSkewed" || facts.code === "RequestExpired";
  const hint =
    facts.elsewhere ??
    (skewed && facts.clockSkewMs !== undefined
      ? `the service's clock is ${Math.round(facts.clockSkewMs / 1000)} s ahead of this machine's: set the clock`
      : adviceTold(facts.code));
  return hint === undefined ? text : `${text.replace(/[.;]$/, "")}; ${hint}`;
}

/** The reply is not what the service's documents say it is. */
export function malformedReply(what: string, status: number, why: string): BucketError {
  return new BucketError(`${what}: ${why}; check the endpoint, and that no proxy answers in its place`, {
    code: "MalformedReply",
    status,
    retryable: true,
    throttled: false,
  });
}

/** `GET "photos/a.jpg" of photos-1250000000`, how every message about a request begins. */
export function subject(method: string, bucket: string, key?: string | undefined): string {
  return key === undefined ? `${method} of bucket ${bucket}` : `${method} ${quote(key)} of ${bucket}`;
}

function beginning(message: string): string {
  return message.length <= 300 ? message : `${message.slice(0, 299)}…`;
}
