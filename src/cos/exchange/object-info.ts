/** What the headers of a reply say of an object (documents 436/7753 and 436/7745). */

import type { HttpReply } from "../../http/port/http.ts";
import type { Headers, ObjectInfo, ObjectResponse, Standing } from "../../objects/bucket.ts";

/** Absent is what the reply does not say, or says in a form that means nothing. */
export function objectInfo(status: number, headers: Headers, standing?: Standing): ObjectInfo {
  return {
    status,
    headers,
    // The length that Smart Compression would send says nothing of the object.
    size: isSlimmed(headers) ? undefined : wholeNumber(headers["content-length"]),
    etag: unquote(headers.etag),
    crc64: decimal(headers["x-cos-hash-crc64ecma"]),
    lastModified: timeOf(headers["last-modified"]),
    versionId: headers["x-cos-version-id"],
    requestId: requestIdOf(headers),
    errNo: errNoOf(headers),
    standing,
  };
}

/** The same of a reply that brings the object. One literal: a copy of `objectInfo`'s with a few fields more costs more than it. */
export function objectResponse(reply: HttpReply): ObjectResponse {
  const { status, headers, standing } = reply;
  return {
    status,
    headers,
    size: wholeNumber(headers["content-length"]),
    etag: unquote(headers.etag),
    crc64: decimal(headers["x-cos-hash-crc64ecma"]),
    lastModified: timeOf(headers["last-modified"]),
    versionId: headers["x-cos-version-id"],
    requestId: requestIdOf(headers),
    errNo: errNoOf(headers),
    standing,
    kind: reply.kind,
    bytes: reply.kind === "bytes" ? reply.bytes : undefined,
    more: reply.kind === "bytes" ? reply.more : undefined,
    lease: reply.kind === "bytes" ? reply.lease : undefined,
    stream: reply.kind === "stream" ? reply.stream : undefined,
  } as ObjectResponse;
}

/** What the reply to an upload says of what was stored; its own Content-Length says nothing of that. */
export function putInfo({ status, headers, standing }: HttpReply): ObjectInfo {
  return {
    status,
    headers,
    size: undefined,
    etag: unquote(headers.etag),
    crc64: decimal(headers["x-cos-hash-crc64ecma"]),
    lastModified: timeOf(headers["last-modified"]),
    versionId: headers["x-cos-version-id"],
    requestId: requestIdOf(headers),
    errNo: errNoOf(headers),
    standing,
  };
}

/** Cloud Infinite's hosts name it x-ci-request-id. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers["x-cos-request-id"] ?? headers["x-ci-request-id"];
}

/**
 * X-SlimFlag: Smart Compression sends smaller bytes than the object's, under the object's own ETag. 0 says that it failed and 2 that it left
 * them as they are (document 436/96675); what no document names is taken for the worst.
 */
export function isSlimmed(headers: Headers): boolean {
  const flag = headers["x-slimflag"];
  return flag !== undefined && flag !== "" && flag !== "0" && flag !== "2";
}

/** X-ErrNo, a negative number where Cloud Infinite failed (document 460/8523). */
export function errNoOf(headers: Headers): number | undefined {
  const text = headers["x-errno"];
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds since the epoch. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `"abc"` and `W/"abc"` are abc. */
export function unquote(etag: string | undefined): string | undefined {
  if (etag === undefined) return undefined;
  const from = etag.startsWith('W/"') ? 3 : etag.startsWith('"') ? 1 : 0;
  const bare = etag.slice(from, etag.length > from && etag.endsWith('"') ? -1 : undefined);
  return bare === "" ? undefined : bare;
}

/** Bytes. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function decimal(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? text : undefined;
}
