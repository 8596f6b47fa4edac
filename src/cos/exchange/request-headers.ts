/** The headers of a request to a bucket: a caller's and our own, and which of them are signed (document 436/7778). */

import { trimmedValue } from "../../http/exchange/header-values.ts";
import { oncePerNameList, type Pair } from "../../http/port/header-names.ts";
import type { Headers } from "../../objects/bucket.ts";

/** Beyond these, what begins with x-cos- or x-ci- is signed. */
const signedHeaders = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-md5",
  "content-type",
  "expires",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "pic-operations",
  "range",
]);

/** What send.ts, or the connection, decides; a caller's own are left out. */
const reservedHeaders = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "x-cos-security-token",
]);

export function requestHeaders(
  host: string,
  /** Bytes of the body, where there is one. */
  length: number | undefined,
  callers: Headers | undefined,
  more: readonly Pair[] | undefined,
  sessionToken: string | undefined,
): readonly Pair[] {
  const headers: Pair[] = [["host", host]];
  if (length !== undefined) headers.push(["content-length", String(length)]);
  for (const name in callers) {
    const value = callers[name];
    if (value === undefined || reservedHeaders.has(name)) continue;
    headers.push([name, trimmedValue(value)]);
  }
  if (more !== undefined) headers.push(...more);
  if (sessionToken !== undefined) headers.push(["x-cos-security-token", sessionToken]);
  return headers;
}

const isSigned = (name: string) => signedHeaders.has(name) || name.startsWith("x-cos-") || name.startsWith("x-ci-");
const areAllSigned = oncePerNameList((names) => names.every(isSigned));

export function signedOf(headers: readonly Pair[]): readonly Pair[] {
  return areAllSigned(headers) ? headers : headers.filter(([name]) => isSigned(name));
}
