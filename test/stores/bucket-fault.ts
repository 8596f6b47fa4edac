/** What can go wrong with a request to a bucket in memory, and the errors that the service and the network then give. */

import { subject, verdict } from "../../src/cos/exchange/error-from-reply.ts";
import type { Headers } from "../../src/objects/bucket.ts";
import { BucketError } from "../../src/objects/error.ts";

export type RequestType =
  | "get"
  /** GET with originImage. */
  | "original"
  | "head"
  | "put"
  | "copy"
  | "restore"
  | "delete"
  | "list"
  | "create-upload"
  | "upload-part"
  | "complete-upload"
  | "abort-upload";

/** A request as the hook and the log see it. */
export interface SeenRequest {
  readonly type: RequestType;
  /** Of a listing, its prefix. */
  readonly key: string;
  /** Milliseconds since the epoch, by the bucket's clock. */
  readonly at: number;
  /** Counts from 1: how many of this type came, this one included. */
  readonly nth: number;
  readonly versionId?: string | undefined;
  readonly headers: Headers;
  readonly contentMd5?: string | undefined;
  readonly forbidOverwrite?: boolean | undefined;
  readonly contentLength?: number | undefined;
  readonly partNumber?: number | undefined;
}

export type Fault =
  /** Refused; nothing was done. */
  | { readonly kind: "refuse"; readonly error: BucketError }
  /** Done, but the connection ends before the answer. */
  | { readonly kind: "lose-answer" }
  /** Changes what is answered, after it was done. A changed body changes Content-Length too, where `headers` does not. */
  | {
      readonly kind: "spoil";
      readonly status?: number;
      /** null takes a header away. */
      readonly headers?: Readonly<Record<string, string | null>>;
      readonly body?: (bytes: Buffer) => Buffer;
    }
  /** The connection is reset after so many bytes of the body: of the answer's to a GET, of the request's in a PUT. */
  | { readonly kind: "break-off"; readonly afterBytes: number }
  /** Waits on the bucket's clock before anything is done. */
  | { readonly kind: "delay"; readonly ms: number };

export type Faults = Fault | readonly Fault[] | undefined;
/** Asked at every request before it is done; may itself change the bucket, or wait. */
export type OnRequest = (request: SeenRequest) => Faults | Promise<Faults>;

const statusOf: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  BadDigest: 400,
  FileAlreadyExists: 409,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidImageSource: 400,
  InvalidObjectState: 403,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  MissingContentLength: 411,
  PreconditionFailed: 412,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  RestoreAlreadyInProgress: 409,
  RestoreNonArchiveObject: 405,
  ServiceUnavailable: 503,
  SlowDown: 503,
};

/** The service's refusal by its name, with the verdict that the client would give it. */
export function refusal(
  code: string,
  more: {
    readonly status?: number;
    readonly errNo?: number;
    readonly retryAfterMs?: number;
    readonly what?: string;
  } = {},
): BucketError {
  const status = more.status ?? statusOf[code] ?? 500;
  const message = `${more.what ?? "the request"}: status ${status}, ${code}`;
  const { errNo, retryAfterMs } = more;
  return new BucketError(message, { code, status, errNo, retryAfterMs, ...verdict(status, code, errNo) });
}

export function connectionReset(what = "the request"): BucketError {
  return new BucketError(`${what}: no reply arrived (ECONNRESET)`, {
    code: "ECONNRESET",
    status: 0,
    retryable: true,
    throttled: false,
  });
}

export function bodyEnded(what: string, received: number, expected: number): BucketError {
  return new BucketError(`${what}: the body ended after ${received} of ${expected} bytes`, {
    code: "IncompleteBody",
    status: 0,
    retryable: true,
    throttled: false,
  });
}

export function aborted(what: string): BucketError {
  return new BucketError(`${what}: given up because the caller asked to`, {
    code: "RequestAborted",
    status: 0,
    retryable: false,
    throttled: false,
  });
}

export const refuse = (code: string, more: Parameters<typeof refusal>[1] = {}): Fault => ({
  kind: "refuse",
  error: refusal(code, more),
});
export const reset: Fault = { kind: "refuse", error: connectionReset() };
export const loseAnswer: Fault = { kind: "lose-answer" };

/** `GET "a.jpg" of photos-1250000000` */
export const whatOf = (bucket: string, type: RequestType, key: string): string =>
  subject(type.toUpperCase(), bucket, key);
