/**
 * Signs and sends one request to a bucket, and makes an error of whatever is no success. The failed one is never sent again
 * here, so that who calls can count and decide; corrections.ts has what the requests that follow are told by it.
 */

import type { Credentials, CredentialsProvider } from "../../credentials/credentials.ts";
import type { Pair } from "../../http/port/header-names.ts";
import type { Http, HttpCaller, HttpReply, HttpRequest } from "../../http/port/http.ts";
import { type Body, type Headers, heldLength, isHeld } from "../../objects/bucket.ts";
import type { Endpoint } from "../../objects/dialled.ts";
import { BucketError } from "../../objects/error.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { maxKeyBytes } from "../../vocabulary/limits.ts";
import { type Log, silentLog } from "../../vocabulary/log.ts";
import type { Redact } from "../../vocabulary/redaction.ts";
import { createSigner } from "../signing/signature.ts";
import { type Corrections, createCorrections } from "./corrections.ts";
import { errorFromReply, isErrorDocument, subject } from "./error-from-reply.ts";
import { errorFromTransport } from "./error-from-transport.ts";
import { isForeign, letGo, notTheService } from "./false-success.ts";
import { createOutsideText, type OutsideText, redactedError } from "./outside-text.ts";
import { replyBody } from "./reply-body.ts";
import { requestHeaders, signedOf } from "./request-headers.ts";
import { type Query, requestTarget } from "./request-target.ts";

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
  /** Every reply is one, a refusal too, whoever gave it: `read` judges. */
  readonly exact?: boolean | undefined;
  /** As somebody without credentials would send it. */
  readonly unsigned?: boolean | undefined;
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

/** What a call makes of a success. `request` is the one that it answers; of an exact reply, what its text is to be read through. */
export type Read<T> = (reply: HttpReply, request: BucketRequest, redact?: Redact) => T;

/** Resolves with what `read` makes of a success; what it throws is the call's error. */
export type Send = <T>(request: BucketRequest, read: Read<T>) => Promise<T>;

/** Of one bucket. */
interface Sender {
  readonly options: SendOptions;
  readonly corrections: Corrections;
  readonly sign: ReturnType<typeof createSigner>;
  readonly outside: OutsideText;
}

export function createSend(options: SendOptions): Send {
  const { bucket, credentials: provider, clock, log = silentLog } = options;
  const corrections = createCorrections(bucket, provider, log);
  const sender = { options, corrections, sign: createSigner(), outside: createOutsideText() };
  return (request, read) =>
    new Promise((resolve, reject) => {
      const call = new Call(sender, request, read, resolve, reject);
      const now = clock.now();
      const credentials = provider?.get(now);
      if (!(credentials instanceof Promise)) call.send(credentials, now);
      else credentials.then((given) => call.send(given, clock.now())).catch(reject);
    });
}

/** Hot: two of these are all that most objects need. So it is one object beside its promise, and no step waits that need not. */
class Call<T> implements HttpCaller {
  readonly #sender: Sender;
  readonly #request: BucketRequest;
  readonly #read: Read<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #length: number | undefined;
  /** Signed with. */
  #credentials: Credentials | undefined;
  #authorization: string | undefined;
  #clockOffsetMs = 0;

  /** @throws BucketError where the request can't be one */
  constructor(
    sender: Sender,
    request: BucketRequest,
    read: Read<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#sender = sender;
    this.#request = request;
    this.#read = read;
    this.#resolve = resolve;
    this.#reject = reject;
    const { key, body } = request;
    if (key !== undefined) checkKey(request.method, sender.options.bucket, key);
    this.#length = body === undefined ? undefined : isHeld(body) ? heldLength(body) : request.contentLength;
    if (body !== undefined && this.#length === undefined) {
      throw refusal("MissingContentLength", `${this.#what()}: a streamed body needs its contentLength`);
    }
  }

  #what(): string {
    const { method, key } = this.#request;
    return subject(method, this.#sender.options.bucket, key);
  }

  /** Signed with `credentials`, which are those of this moment. */
  send(credentials: Credentials | undefined, now: number): void {
    const { options, corrections, sign } = this.#sender;
    const { method, key, body, bufferUpTo, inPieces, signal, query = noQuery } = this.#request;
    const { origin, host, pathPrefix } = this.#request.endpoint ?? options.endpoint;
    const length = this.#length;
    const token = this.#request.unsigned === true ? undefined : credentials?.sessionToken;
    const headers = requestHeaders(host, length, this.#request.headers, this.#request.more, token);
    this.#credentials = credentials;
    this.#clockOffsetMs = corrections.clockOffsetMs;
    if (credentials !== undefined && this.#request.unsigned !== true) {
      const path = key === undefined ? `${pathPrefix}/` : `${pathPrefix}/${key}`;
      const seconds = (now + this.#clockOffsetMs) / 1000;
      this.#authorization = sign({ method, path, query, headers: signedOf(headers) }, credentials, seconds);
    }
    const target = requestTarget(pathPrefix, key, query);
    const authorization = this.#authorization;
    options.http.send(
      { origin, method, target, headers, authorization, body, contentLength: length, bufferUpTo, inPieces, signal },
      this,
    );
  }

  onReply(reply: HttpReply): void {
    const judged = this.#request.exact !== true;
    if (judged && !this.#isSuccess(reply)) {
      this.#refused(reply);
      return;
    }
    if (judged && isForeign(reply.status, reply.headers, false)) {
      letGo(reply);
      this.#fail(notTheService(this.#what(), reply.status, reply.headers));
      return;
    }
    try {
      const told = this.#sender.outside.reply(reply, this.#credentials, this.#authorization);
      // What reads the body later has left this call behind, and is told of it all the same.
      const its =
        told.kind === "stream" ? { ...told, stream: replyBody(told.stream, (error) => this.#broken(error)) } : told;
      this.#resolve(this.#read(its, this.#request, judged ? undefined : this.#redact()));
    } catch (error) {
      letGo(reply);
      this.#fail(error);
    }
  }

  onError(error: Error): void {
    this.#reject(this.#broken(error));
  }

  #broken(error: Error): unknown {
    return redactedError(errorFromTransport(this.#what(), error), this.#redact());
  }

  #fail(error: unknown): void {
    this.#reject(redactedError(error, this.#redact()));
  }

  #redact(): Redact {
    return this.#sender.outside.redact(this.#credentials, this.#authorization);
  }

  #isSuccess(reply: HttpReply): boolean {
    if (reply.status >= 300) return false;
    return !(this.#request.bufferUpTo === "whole" && reply.kind === "bytes" && isErrorDocument(reply.bytes));
  }

  #refused(reply: HttpReply): void {
    const { options, corrections } = this.#sender;
    const { method, key } = this.#request;
    const error = errorFromReply({
      method,
      bucket: options.bucket,
      key,
      status: reply.status,
      headers: reply.headers,
      body: reply.kind === "bytes" ? reply.bytes : noBytes,
      now: options.clock.now(),
      clockOffsetMs: this.#clockOffsetMs,
      redact: this.#redact(),
    });
    const told = corrections.from(error, this.#credentials);
    if (told instanceof Promise) {
      told.then(
        (after) => this.#fail(after),
        (thrown) => this.#fail(thrown),
      );
    } else this.#fail(told);
  }
}

const noQuery: Query = [];
const noBytes = Buffer.alloc(0);

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

function refusal(code: string, message: string): BucketError {
  return new BucketError(message, { code, status: 0, retryable: false, throttled: false });
}
