/**
 * Signs and sends one request to a bucket of S3, and makes an error of whatever is no success. The failed one is never sent again here, so
 * that who calls can count and decide; what the requests that follow are told by it, is as for COS (cos/exchange/corrections.ts).
 */
import { createCorrections } from "../../cos/exchange/corrections.ts";
import { cutRefusal, isCutDocument, isErrorDocument, subject } from "../../cos/exchange/error-from-reply.ts";
import { errorFromTransport } from "../../cos/exchange/error-from-transport.ts";
import { letGo } from "../../cos/exchange/false-success.ts";
import { createOutsideText, redactedError } from "../../cos/exchange/outside-text.ts";
import { replyBody } from "../../cos/exchange/reply-body.ts";
import { type Query, requestTarget } from "../../cos/exchange/request-target.ts";
import type { Credentials, CredentialsProvider } from "../../credentials/credentials.ts";
import { trimmedValue } from "../../http/exchange/header-values.ts";
import type { Pair } from "../../http/port/header-names.ts";
import type { Http, HttpReply, HttpRequest } from "../../http/port/http.ts";
import { type Body, type Headers, heldLength, isHeld } from "../../objects/bucket.ts";
import type { Endpoint } from "../../objects/dialled.ts";
import { BucketError } from "../../objects/error.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { quote } from "../../vocabulary/errors.ts";
import { type Log, silentLog } from "../../vocabulary/log.ts";
import { errorOfS3, readErrorDocument } from "./error.ts";
import { fromS3, toS3 } from "./headers.ts";
import { s3Offers } from "./offers.ts";
import { createServiceMarks } from "./service-marks.ts";
import { sign } from "./signing.ts";

export interface S3Request {
  readonly method: HttpRequest["method"];
  /** Absent where the request is about the bucket. */
  readonly key?: string | undefined;
  /** Decoded; a value of "" goes out as the bare name. */
  readonly query?: Query | undefined;
  /** A caller's, by the port's names. */
  readonly headers?: Headers | undefined;
  /** Further headers, by S3's names. */
  readonly more?: readonly Pair[] | undefined;
  /** Goes out as `If-None-Match: *`. */
  readonly forbidOverwrite?: boolean | undefined;
  readonly body?: Body | undefined;
  /** Bytes, where body is not held. */
  readonly contentLength?: number | undefined;
  readonly bufferUpTo: number | "whole";
  readonly inPieces?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What follows a success is a document of S3. */
  readonly documented?: boolean | undefined;
}

export interface S3SendOptions {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: Endpoint;
  readonly http: Http;
  readonly credentials: CredentialsProvider;
  readonly clock: Pick<Clock, "now">;
  readonly log?: Log | undefined;
}

/** What a call makes of a success, whose headers have the port's names. */
export type S3Read<T> = (reply: HttpReply, request: S3Request) => T;
export type S3Send = <T>(request: S3Request, read: S3Read<T>) => Promise<T>;

/** What this file, or the connection, decides; a caller's own are left out. */
const reserved: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
]);

export function createS3Send(options: S3SendOptions): S3Send {
  const { bucket, region, endpoint, http, credentials: provider, clock, log = silentLog } = options;
  const corrections = createCorrections(bucket, provider, log);
  const outside = createOutsideText();
  const marks = createServiceMarks();

  /** A wildcard of a certificate stands for one label. */
  const hasDots = bucket.includes(".") && endpoint.host.startsWith(`${bucket}.`);
  const dotted = (error: Error): Error =>
    hasDots && error instanceof BucketError && error.code === "UntrustedCertificate"
      ? new BucketError(
          `${error.message}; services' certificates cover no bucket with dots in its name: let {bucket} stand in the path of the endpoint`,
          error,
          { cause: error.cause },
        )
      : error;

  function headersOf(request: S3Request, length: number | undefined): readonly Pair[] {
    const headers: Pair[] = [["host", endpoint.host]];
    if (length !== undefined) headers.push(["content-length", String(length)]);
    for (const [name, value] of Object.entries(toS3(request.headers))) {
      if (!reserved.has(name)) headers.push([name, trimmedValue(value)]);
    }
    headers.push(...(request.more ?? []));
    if (request.forbidOverwrite === true) headers.push(["if-none-match", "*"]);
    return headers;
  }

  return async (request, read) => {
    const { method, key, body, query = [], bufferUpTo, inPieces, signal } = request;
    const what = () => subject(method, bucket, key);
    if (key !== undefined) checkKey(what, key);
    const length = body === undefined ? undefined : isHeld(body) ? heldLength(body) : request.contentLength;
    if (body !== undefined && length === undefined) {
      throw refusal("MissingContentLength", `${what()}: a streamed body needs its contentLength`);
    }
    const credentials: Credentials = await provider.get(clock.now());
    const { clockOffsetMs } = corrections;
    const target = requestTarget(endpoint.pathPrefix, key, query);
    const signed = sign(
      { method, target, region, headers: headersOf(request, length), body, now: clock.now() + clockOffsetMs },
      credentials,
    );
    const { authorization } = signed;
    const redact = outside.redact(credentials, authorization);
    const { origin } = endpoint;
    const sent = { origin, method, target, headers: signed.headers, authorization, body, bufferUpTo, inPieces, signal };
    let reply: HttpReply;
    try {
      reply = await new Promise<HttpReply>((resolve, reject) =>
        http.send({ ...sent, contentLength: length }, { onReply: resolve, onError: reject }),
      );
    } catch (thrown) {
      throw redactedError(dotted(errorFromTransport(what(), thrown as Error)), redact);
    }
    const { status, headers } = reply;
    const documentOf = () => (reply.kind === "bytes" ? readErrorDocument(reply.bytes, redact) : undefined);
    // A success may turn out to be none after it began (Copy, Complete).
    const refused = status >= 300 || (bufferUpTo === "whole" && reply.kind === "bytes" && isErrorDocument(reply.bytes));
    const said = refused ? documentOf() : undefined;
    const documented = refused ? said !== undefined : isDocument(reply, request);
    marks.learn(headers, documented);
    if (marks.isForeign(status, headers, documented)) {
      letGo(reply);
      throw redactedError(notTheService(what(), status, headers), redact);
    }
    if (refused) {
      const forbidOverwrite = request.forbidOverwrite === true;
      const now = clock.now();
      const failed = {
        method,
        bucket,
        region,
        key,
        status,
        headers,
        said,
        forbidOverwrite,
        now,
        clockOffsetMs,
        redact,
      };
      const error = errorOfS3(failed);
      if (!error.retryable && reply.kind === "bytes" && isCutDocument(reply.bytes)) {
        throw redactedError(cutRefusal(what(), status), redact);
      }
      throw redactedError(await corrections.from(error, credentials), redact);
    }
    try {
      const told = outside.reply({ ...reply, headers: fromS3(headers) }, credentials, authorization);
      return read(
        told.kind === "stream"
          ? {
              ...told,
              stream: replyBody(told.stream, (error) => redactedError(errorFromTransport(what(), error), redact)),
            }
          : told,
        request,
      );
    } catch (error) {
      letGo(reply);
      throw redactedError(error, redact);
    }
  };
}

const isDocument = (reply: HttpReply, { documented = false }: S3Request): boolean =>
  documented &&
  reply.kind === "bytes" &&
  /^\s*(?:<\?xml[^>]*\?>\s*)?<[A-Z]\w+Result[\s>]/.test(reply.bytes.toString("latin1", 0, 512));

function notTheService(what: string, status: number, headers: Headers): BucketError {
  const told = [
    ["Server", headers.server],
    ["Content-Type", headers["content-type"]],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quote(value)}`]));
  const by = told.length === 0 ? "" : ` (${told.join(", ")})`;
  return new BucketError(
    `${what}: status ${status} without x-amz-request-id, which other replies had${by}; check the endpoint and what stands between`,
    { code: "NotTheService", status, retryable: true, throttled: false },
  );
}

/** A key of another length could only be refused; one that is no well-formed Unicode would name another object. */
function checkKey(what: () => string, key: string): void {
  if (key === "") throw refusal("InvalidObjectName", `${what()}: an object key is not empty`);
  const bytes = Buffer.byteLength(key);
  if (bytes > s3Offers.mostKeyBytes) {
    throw refusal("KeyTooLong", `${what()}: the key has ${bytes} bytes and may have ${s3Offers.mostKeyBytes}`);
  }
  if (!key.isWellFormed()) {
    throw refusal("InvalidObjectName", `${what()}: the key is not well-formed Unicode`);
  }
}

function refusal(code: string, message: string): BucketError {
  return new BucketError(message, { code, status: 0, retryable: false, throttled: false });
}
