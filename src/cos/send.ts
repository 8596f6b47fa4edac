/**
 * Signs and sends one request to a bucket, and turns whatever is no success into an error.
 *
 * Two things are learnt from errors, for the requests that follow; the failed one is never sent again here, so that who
 * calls can count and decide:
 * - after RequestTimeTooSkewed or RequestExpired, by how much the service's clock is ahead of ours;
 * - after ExpiredToken or InvalidToken, new credentials: the provider's refresh is called once for all requests that
 *   were signed with the old ones. The error is retryable where the provider has others by now.
 */
import type { Clock } from "../clock.ts";
import { type Log, silentLog } from "../log.ts";
import { type Body, type Headers, heldLength, isHeld, maxKeyBytes } from "./bucket.ts";
import { byNames, type Pair } from "./by-names.ts";
import type { CredentialsProvider } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { CosError } from "./error.ts";
import { errorFromReply, isErrorDocument, subject } from "./error-from-reply.ts";
import type { Http, HttpReply, HttpRequest } from "./http.ts";
import { type Credentials, createSigner, encodeKey, urlEncode } from "./signature.ts";

export type Query = readonly Pair[];

export interface BucketRequest {
  readonly method: HttpRequest["method"];
  /** Absent where the request is about the bucket. */
  readonly key?: string | undefined;
  /** Decoded; a value of "" goes out as the bare name. */
  readonly query?: Query | undefined;
  readonly headers?: Headers | undefined;
  /** Further headers, beside those of a caller. */
  readonly more?: readonly Pair[] | undefined;
  readonly body?: Body | undefined;
  /** Bytes, where body is not a Buffer. */
  readonly contentLength?: number | undefined;
  readonly bufferUpTo: number | "whole";
  readonly inPieces?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Elsewhere than the bucket's own endpoint. */
  readonly endpoint?: Endpoint | undefined;
}

export interface SendOptions {
  readonly bucket: string;
  readonly endpoint: Endpoint;
  readonly http: Http;
  /** Absent: nothing is signed. */
  readonly credentials: CredentialsProvider | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly log?: Log | undefined;
}

/** Resolves with what `read` makes of a success; what it throws is the call's error. */
export type Send = <T>(request: BucketRequest, read: (reply: HttpReply) => T) => Promise<T>;

/** Clocks that differ by less are not worth correcting: Date has whole seconds and replies take time. */
const leastSkewMs = 30_000;

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

/** What this file, or the connection, decides; a caller's own are left out. */
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

export function createSend(options: SendOptions): Send {
  const { bucket, http, credentials: provider, clock } = options;
  const log = options.log ?? silentLog;
  const sign = createSigner();
  let clockOffsetMs = 0;
  let refreshing: Promise<void> | undefined;

  const learnClock = (error: CosError) => {
    if (error.clockSkewMs === undefined) return;
    const offset = Math.abs(error.clockSkewMs) >= leastSkewMs ? error.clockSkewMs : 0;
    if (offset === clockOffsetMs) return;
    clockOffsetMs = offset;
    log.warn("the service's clock differs from this machine's; signatures follow it", { bucket, offsetMs: offset });
  };

  /** Resolves to whether other credentials are at hand now. */
  const renew = async (from: CredentialsProvider, used: Credentials): Promise<boolean> => {
    if (!same(await from.get(), used)) return true;
    if (from.refresh === undefined) return false;
    refreshing ??= from.refresh().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
    return !same(await from.get(), used);
  };

  /** The same error, retryable where the next try would be signed with other credentials. */
  const afterRenewal = async (error: CosError, used: Credentials): Promise<CosError> => {
    if (provider === undefined) return error;
    let cause: unknown;
    let retryable = false;
    try {
      retryable = await renew(provider, used);
    } catch (thrown) {
      log.error("the credentials could not be renewed", { bucket, error: String(thrown) });
      cause = thrown;
    }
    if (!retryable && cause === undefined) return error;
    const { code, status, errNo, requestId, throttled, retryAfterMs, clockSkewMs } = error;
    const details = { code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs };
    return new CosError(
      error.message + (retryable ? "; they were renewed meanwhile" : "; renewing them failed"),
      details,
      { cause },
    );
  };

  /** Signed with `credentials`, which are those of this moment. */
  const dispatch = (
    request: BucketRequest,
    length: number | undefined,
    credentials: Credentials | undefined,
    onSuccess: (reply: HttpReply) => void,
    onError: (error: unknown) => void,
  ): void => {
    const { method, key, body } = request;
    const endpoint = request.endpoint ?? options.endpoint;
    const query = request.query ?? noQuery;
    const headers: Pair[] = [["host", endpoint.host]];
    if (length !== undefined) headers.push(["content-length", String(length)]);
    for (const name in request.headers) {
      const value = request.headers[name];
      if (value === undefined || reservedHeaders.has(name)) continue;
      headers.push([name, value.trim()]);
    }
    if (request.more !== undefined) headers.push(...request.more);
    const sentOffsetMs = clockOffsetMs;
    let authorization: string | undefined;
    if (credentials !== undefined) {
      const { sessionToken } = credentials;
      if (sessionToken !== undefined) headers.push(["x-cos-security-token", sessionToken]);
      const path = key === undefined ? `${endpoint.pathPrefix}/` : `${endpoint.pathPrefix}/${key}`;
      const now = (clock.now() + sentOffsetMs) / 1000;
      const signed = areAllSigned(headers) ? headers : headers.filter(([name]) => isSigned(name));
      authorization = sign({ method, path, query, headers: signed }, credentials, now);
    }
    const onReply = (reply: HttpReply): void => {
      if (isSuccess(request, reply)) {
        onSuccess(reply);
        return;
      }
      const error = errorFromReply({
        method,
        bucket,
        key,
        status: reply.status,
        headers: reply.headers,
        body: reply.kind === "bytes" ? reply.bytes : noBytes,
        now: clock.now(),
        clockOffsetMs: sentOffsetMs,
      });
      if (error.code === "RequestTimeTooSkewed" || error.code === "RequestExpired") learnClock(error);
      const tokenEnded = error.code === "ExpiredToken" || error.code === "InvalidToken";
      if (!tokenEnded || credentials === undefined) onError(error);
      else afterRenewal(error, credentials).then(onError, onError);
    };
    const { bufferUpTo, inPieces, signal } = request;
    const target = requestTarget(endpoint.pathPrefix, key, query);
    const what = () => subject(method, bucket, key);
    http.send(
      {
        origin: endpoint.origin,
        method,
        target,
        headers,
        authorization,
        body,
        contentLength: length,
        bufferUpTo,
        inPieces,
        signal,
        what,
      },
      onReply,
      onError,
    );
  };

  // Hot: two of these are all that most objects need. So there is one promise a request, and no step waits that need not.
  return (request, read) =>
    new Promise((resolve, reject) => {
      const { method, key, body } = request;
      if (key !== undefined) checkKey(method, bucket, key);
      const length = body === undefined ? undefined : isHeld(body) ? heldLength(body) : request.contentLength;
      if (body !== undefined && length === undefined) {
        throw refusal(
          "MissingContentLength",
          `${subject(method, bucket, key)}: a streamed body needs its contentLength`,
        );
      }
      const onSuccess = (reply: HttpReply) => {
        try {
          resolve(read(reply));
        } catch (error) {
          reject(error);
        }
      };
      const credentials = provider?.get();
      if (!(credentials instanceof Promise)) dispatch(request, length, credentials, onSuccess, reject);
      else credentials.then((given) => dispatch(request, length, given, onSuccess, reject)).catch(reject);
    });
}

function isSuccess(request: BucketRequest, reply: HttpReply): boolean {
  if (reply.status >= 300) return false;
  return !(request.bufferUpTo === "whole" && reply.kind === "bytes" && isErrorDocument(reply.bytes));
}

const isSigned = (name: string) => signedHeaders.has(name) || name.startsWith("x-cos-") || name.startsWith("x-ci-");
const areAllSigned = byNames((names) => names.every(isSigned));

const noQuery: Query = [];
const noBytes = Buffer.alloc(0);

/** `/KEY?name=value&name`: the key's slashes and dots stay what they are, nothing is normalised. */
export function requestTarget(pathPrefix: string, key: string | undefined, query: Query): string {
  let target = key === undefined ? `${pathPrefix}/` : `${pathPrefix}/${encodeKey(key)}`;
  let separator = "?";
  for (const [name, value] of query) {
    target += separator + urlEncode(name);
    if (value !== "") target += `=${urlEncode(value)}`;
    separator = "&";
  }
  return target;
}

/** A key of another length could only be refused; one that is no well-formed Unicode would name another object. */
function checkKey(method: string, bucket: string, key: string): void {
  if (key === "") throw refusal("InvalidObjectName", `${subject(method, bucket, key)}: an object key is not empty`);
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes) {
    throw refusal(
      "KeyTooLong",
      `${subject(method, bucket, key)}: the key has ${Buffer.byteLength(key)} bytes and may have ${maxKeyBytes}`,
    );
  }
  if (!key.isWellFormed()) {
    throw refusal("InvalidObjectName", `${subject(method, bucket, key)}: the key is not well-formed Unicode`);
  }
}

function refusal(code: string, message: string): CosError {
  return new CosError(message, { code, status: 0, retryable: false, throttled: false });
}

function same(a: Credentials, b: Credentials): boolean {
  return a.secretId === b.secretId && a.secretKey === b.secretKey && a.sessionToken === b.sessionToken;
}
