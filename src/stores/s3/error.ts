/**
 * What a reply of S3 that is no success means (Amazon S3 API Reference, "Error responses"), in the port's words: a condition that failed is
 * FileAlreadyExists where overwriting was forbidden. Nothing that was signed goes into a message: neither StringToSign nor CanonicalRequest,
 * which the service sends back when signatures differ, is read.
 */
import { errorElements, subject, verdict } from "../../cos/exchange/error-from-reply.ts";
import { timeOf } from "../../cos/exchange/object-info.ts";
import type { Headers } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import type { Redact } from "../../vocabulary/redaction.ts";
import { requestIdOf } from "./service-marks.ts";

export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  /** Which condition failed: `If-None-Match`. */
  readonly condition: string | undefined;
  /** Of AuthorizationHeaderMalformed and redirections: where the bucket is. */
  readonly region: string | undefined;
  /** Which header or parameter is not taken. */
  readonly argument: string | undefined;
  /** Of redirections: the host that it is at. */
  readonly endpoint: string | undefined;
}

export function readErrorDocument(body: Uint8Array, redact: Redact): ErrorDocument | undefined {
  const text = errorElements(body, redact);
  if (text === undefined) return undefined;
  return {
    code: text("Code") ?? "",
    message: text("Message") ?? "",
    requestId: text("RequestId"),
    condition: text("Condition"),
    region: text("Region"),
    argument: text("ArgumentName") ?? text("Header"),
    endpoint: text("Endpoint"),
  };
}

export interface FailedReply {
  readonly method: string;
  readonly bucket: string;
  /** That the request was signed for. */
  readonly region: string;
  readonly key: string | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly said: ErrorDocument | undefined;
  /** Was overwriting forbidden (If-None-Match: *)? */
  readonly forbidOverwrite: boolean;
  /** When the reply arrived, by our clock, milliseconds since the epoch. */
  readonly now: number;
  /** By how much the request's signing time had been corrected, milliseconds. */
  readonly clockOffsetMs: number;
  readonly redact: Redact;
}

const nameOfStatus: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  307: "TemporaryRedirect",
  304: "NotModified",
  400: "BadRequest",
  403: "AccessDenied",
  404: "NoSuchKey",
  405: "MethodNotAllowed",
  412: "PreconditionFailed",
  416: "InvalidRange",
  501: "NotImplemented",
  503: "SlowDown",
};

/** S3's names of what COS, and so the port, calls otherwise. */
const portNames: Readonly<Record<string, string>> = {
  KeyTooLongError: "KeyTooLong",
  XAmzContentSHA256Mismatch: "BadDigest",
  NotFound: "NoSuchKey",
  MissingContentMD5: "ChecksumRequired",
};

/** What the services call it besides SlowDown: as the AWS SDKs know it, whatever the status. */
const throttles = /^(?:.*Throttl.*|RequestLimitExceeded|BandwidthLimitExceeded|TooManyRequests(?:Exception)?)$/;

/** RequestTimeTooSkewed beyond this difference of the clocks. */
const greatestSkewMs = 15 * 60_000;

export function errorOfS3(reply: FailedReply): BucketError {
  const { method, bucket, key, said, headers } = reply;
  const date = timeOf(headers.date);
  const clockSkewMs = date === undefined ? undefined : date - reply.now;
  const code = codeOf(reply, clockSkewMs);
  // Under the name of the port, its status.
  const status = code === "FileAlreadyExists" ? 409 : reply.status;
  // A 503 by a name that nobody here knows (SlowDownWrite, QpsLimitExceeded …) is taken for what S3's own means.
  const slows = throttles.test(code) || (status === 503 && entryOf(code) === undefined);
  const { retryable, throttled } = slows ? { retryable: true, throttled: true } : verdict(status, code);
  const headersId = requestIdOf(headers);
  const requestId = headersId === undefined ? said?.requestId : reply.redact(headersId);
  let text = `${subject(method, bucket, key)}: status ${reply.status}, ${code}`;
  if (requestId !== undefined) text += `, request id ${requestId}`;
  if (said !== undefined && said.message !== "") text += `: ${beginning(said.message)}`;
  const hint = hintOf(code, reply, clockSkewMs);
  return new BucketError(hint === undefined ? text : `${text.replace(/[.;]$/, "")}; ${hint}`, {
    code,
    status,
    requestId,
    retryable,
    throttled,
    retryAfterMs: retryAfter(headers["retry-after"], date ?? reply.now),
    clockSkewMs,
  });
}

function codeOf(reply: FailedReply, clockSkewMs: number | undefined): string {
  const { status, said, method, key, forbidOverwrite } = reply;
  // Some answer 304, which RFC 9110 has for GET and HEAD alone.
  if (status === 304 && forbidOverwrite) return "FileAlreadyExists";
  if (status === 412 && forbidOverwrite && !/copy-source|^if-match/i.test(said?.condition ?? "")) {
    return "FileAlreadyExists";
  }
  // Services without conditional writes answer 501 (Amazon until 2024), or that they take no such header (B2).
  const about = `${said?.message} ${said?.argument}`;
  if (status === 400 && forbidOverwrite && /if-none-match/i.test(about)) return "NotImplemented";
  if (said !== undefined && said.code !== "") {
    // Object Lock's refusal has no name of its own.
    if (said.code === "InvalidRequest" && /content-md5|x-amz-checksum/i.test(said.message)) return "ChecksumRequired";
    return portNames[said.code] ?? said.code;
  }
  if (status === 403 && method === "HEAD" && clockSkewMs !== undefined) {
    // There is no body to say so, but with clocks this far apart no signature can be accepted.
    if (Math.abs(clockSkewMs - reply.clockOffsetMs) >= greatestSkewMs) return "RequestTimeTooSkewed";
  }
  if (status === 404 && key === undefined) return "NoSuchBucket";
  const region = reply.headers["x-amz-bucket-region"];
  if (status === 400 && region !== undefined && region !== reply.region) return "AuthorizationHeaderMalformed";
  return nameOfStatus[status] ?? `Http${status}`;
}

function hintOf(
  code: string,
  { said, headers, redact }: FailedReply,
  clockSkewMs: number | undefined,
): string | undefined {
  if (code === "RequestTimeTooSkewed" && clockSkewMs !== undefined) {
    return `the service's clock is ${Math.round(clockSkewMs / 1000)} s ahead of this machine's: set the clock`;
  }
  const told = headers["x-amz-bucket-region"];
  const region = said?.region ?? (told === undefined ? undefined : redact(told));
  if (region !== undefined && (code === "AuthorizationHeaderMalformed" || code.endsWith("Redirect"))) {
    return `the bucket is in ${region}: say --archive-region ${region}; redirections are never followed`;
  }
  const entry = entryOf(code);
  if (code.endsWith("Redirect")) {
    const at = said?.endpoint === undefined ? "" : `the bucket is at ${said.endpoint}; `;
    return `${at}redirections are never followed: ${entry?.advice}`;
  }
  return entry?.told ? entry.advice : undefined;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from `now`. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const time = timeOf(text);
  return time === undefined ? undefined : Math.max(0, time - now);
}

const beginning = (message: string) => (message.length <= 300 ? message : `${message.slice(0, 299)}…`);
