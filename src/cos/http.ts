/**
 * One HTTP request, over undici's dispatch. This is the hot path of every object: no URL objects, one promise, one
 * object a request.
 *
 * A body whose Content-Length is at most `bufferUpTo` arrives as one Buffer; a larger one, or one of unknown length, as
 * a stream with backpressure. Bodies are never decompressed: what is archived is the bytes as they are stored. The body
 * of a reply that is no success is always a Buffer, cut at 64 KiB.
 *
 * A request is never retried and a redirection never followed. What goes wrong on the way is a CosError with status 0;
 * what a request's own body throws is thrown on as it is.
 */
import { Readable } from "node:stream";
import { buildConnector, type Dispatcher, Pool } from "undici";
import { ensureError } from "../errors.ts";
import type { Body, Headers } from "./bucket.ts";
import { incompleteBody, replyTooLarge, requestAborted, transportError } from "./transport-error.ts";
import { type UploadBody, uploadBody } from "./upload-body.ts";

export interface HttpRequest {
  /** `https://host[:port]`, dialled. */
  readonly origin: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Path and query, encoded; sent as it is. */
  readonly target: string;
  /** name, value, name, value, …; lower-case names; `host` and, with a body, `content-length` among them. */
  readonly headers: string[];
  readonly body?: Body | undefined;
  /** Bytes of the body, where it is not a Buffer. */
  readonly contentLength?: number | undefined;
  /** Bytes up to which a success's body is a Buffer; "whole": always. */
  readonly bufferUpTo: number | "whole";
  readonly signal?: AbortSignal | undefined;
  /** The subject of a message, asked for only where there is one: `GET "a.jpg" of photos-1250000000`. */
  readonly what: () => string;
}

export type HttpReply = { readonly status: number; readonly headers: Headers } & (
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "stream"; readonly stream: Readable }
);

export interface Timeouts {
  /** Until a connection stands, TLS included. Default 10 s. */
  readonly connectMs?: number | undefined;
  /** From the end of the request to the reply's head. Default 60 s. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of a body, while they are wanted. Default 60 s. */
  readonly bodyIdleMs?: number | undefined;
}

export interface HttpOptions {
  /** Connections to one origin; requests beyond wait. Default 64. */
  readonly connections?: number | undefined;
  readonly timeouts?: Timeouts | undefined;
}

export interface Http {
  send(request: HttpRequest): Promise<HttpReply>;
  /** Ends at once: what is still in flight fails with UND_ERR_DESTROYED. */
  close(): Promise<void>;
}

const errorBodyLimit = 64 * 1024;
/** A listing of 1,000 keys of 850 bytes, each URL-encoded and escaped, stays well below. */
const wholeBodyLimit = 16 * 1024 * 1024;
/** Two reads of a socket: enough to keep the writer busy, little for hundreds of streams. */
const streamHighWaterMark = 128 * 1024;

export function createHttp(options: HttpOptions = {}): Http {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: options.connections ?? 64,
        pipelining: 1,
        headersTimeout: options.timeouts?.headersMs ?? 60_000,
        bodyTimeout: options.timeouts?.bodyIdleMs ?? 60_000,
        connect: connector(origin, options.timeouts?.connectMs ?? 10_000),
      });
      pools.set(origin, pool);
    }
    return pool;
  };
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const exchange = new Exchange(request, resolve, reject);
        if (!exchange.begin()) return;
        poolOf(request.origin).dispatch(exchange.options(), exchange);
      }),
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/**
 * The certificate must be of the host that is dialled. (undici would ask for one of the Host header, which for an
 * endpoint without {bucket} is another; for an endpoint that is an IP address there is no other name to ask for.)
 */
function connector(origin: string, timeout: number): buildConnector.connector | { timeout: number } {
  const { protocol, hostname } = new URL(origin);
  const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
  if (protocol !== "https:" || isAddress) return { timeout };
  const connect = buildConnector({ timeout });
  return (to, callback) => connect({ ...to, servername: hostname }, callback);
}

/** One request and its reply. A class, because at thousands a second its methods should exist once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (reply: HttpReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #upload: UploadBody | undefined;
  /** Resolved or rejected; a stream may still be flowing. */
  #settled = false;
  /** The reply is at its end. */
  #ended = false;
  #controller: Dispatcher.DispatchController | undefined;
  #onAbort: (() => void) | undefined;
  #status = 0;
  #headers: Headers = {};
  #expected: number | undefined;
  #received = 0;
  #limit = 0;
  #chunks: Buffer[] = [];
  #stream: Readable | undefined;

  constructor(request: HttpRequest, resolve: (reply: HttpReply) => void, reject: (error: Error) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    const { body } = request;
    this.#upload = body === undefined || Buffer.isBuffer(body) ? undefined : uploadBody(body);
  }

  /** False where there is nothing to send because the caller gave up already. */
  begin(): boolean {
    const { signal } = this.#request;
    if (signal === undefined) return true;
    const onAbort = () => this.#fail(requestAborted(this.#request.what(), signal.reason));
    if (signal.aborted) {
      onAbort();
      return false;
    }
    this.#onAbort = onAbort;
    signal.addEventListener("abort", onAbort);
    return true;
  }

  options(): Dispatcher.DispatchOptions {
    const { method, target, headers, body } = this.#request;
    return {
      path: target,
      method,
      headers,
      // undici sends any async iterable; its types do not say so.
      body: Buffer.isBuffer(body) ? body : ((this.#upload as unknown as Readable | undefined) ?? null),
      // undici would close the connection after each HEAD, for servers that send a body with it; COS does not.
      ...(method === "HEAD" ? { reset: false } : undefined),
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error("given up before it was sent"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#settled) return;
    this.#status = status;
    this.#headers = plainHeaders(headers);
    const { bufferUpTo } = this.#request;
    const length = this.#headers["content-length"];
    this.#expected = length === undefined || this.#hasNoBody() ? undefined : Number(length);
    if (status >= 300) this.#limit = errorBodyLimit;
    else if (bufferUpTo === "whole") this.#limit = wholeBodyLimit;
    else if (this.#hasNoBody() || (this.#expected !== undefined && this.#expected <= bufferUpTo)) {
      this.#limit = Number.POSITIVE_INFINITY;
    } else this.#flow();
  }

  #hasNoBody(): boolean {
    return this.#request.method === "HEAD" || this.#status === 204 || this.#status === 304;
  }

  #flow(): void {
    const stream = new Readable({
      highWaterMark: streamHighWaterMark,
      read: () => this.#controller?.resume(),
      destroy: (error, callback) => {
        this.#stream = undefined;
        if (!this.#ended) this.#controller?.abort(error ?? new Error("the body is no longer wanted"));
        this.#forgetSignal();
        callback(error);
      },
    });
    this.#stream = stream;
    this.#settled = true;
    this.#resolve({ status: this.#status, headers: this.#headers, kind: "stream", stream });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause();
      return;
    }
    if (this.#settled) return;
    this.#chunks.push(chunk);
    if (this.#received <= this.#limit) return;
    if (this.#status >= 300) {
      this.#answer();
      controller.abort(new Error("the rest of an error is not read"));
    } else this.#fail(replyTooLarge(this.#request.what(), this.#status, this.#limit));
  }

  onResponseEnd(): void {
    this.#ended = true;
    const expected = this.#expected;
    const whole = expected === undefined || expected === this.#received;
    if (this.#stream !== undefined) {
      const stream = this.#stream;
      this.#forgetSignal();
      if (whole) stream.push(null);
      else stream.destroy(incompleteBody(this.#request.what(), this.#progress()));
    } else if (whole) this.#answer();
    else this.#fail(incompleteBody(this.#request.what(), this.#progress()));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#settled && this.#stream === undefined) return;
    const failure = this.#upload?.failure;
    if (failure !== undefined) this.#fail(failure);
    // The server may answer and hang up while the body is still being sent: its answer says more than our EPIPE.
    else if (this.#status >= 300 && this.#request.body !== undefined) this.#answer();
    else this.#fail(transportError(this.#request.what(), ensureError(error), this.#progress()));
  }

  #progress() {
    return { replied: this.#status !== 0, received: this.#received, expected: this.#expected };
  }

  /** The reply, whole in memory. */
  #answer(): void {
    if (this.#settled) return;
    const upload = this.#upload;
    const announced = this.#request.contentLength ?? 0;
    if (upload !== undefined && this.#status < 300 && upload.taken < announced) {
      // It can't have stored what it was not sent.
      const what = `${this.#request.what()}: answered ${this.#status} before it had the whole body`;
      this.#fail(incompleteBody(what, { replied: true, received: upload.taken, expected: announced }));
      return;
    }
    this.#settled = true;
    const chunks = this.#chunks;
    const first = chunks[0];
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    this.#letGo();
    this.#resolve({ status: this.#status, headers: this.#headers, kind: "bytes", bytes });
  }

  #fail(error: Error): void {
    if (this.#stream !== undefined) {
      this.#stream.destroy(error);
      return;
    }
    if (this.#settled) return;
    this.#settled = true;
    this.#letGo();
    this.#reject(error);
    this.#controller?.abort(error);
  }

  #letGo(): void {
    this.#forgetSignal();
    this.#upload?.stop();
  }

  #forgetSignal(): void {
    if (this.#onAbort === undefined) return;
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

/** undici reads header values as Latin-1; COS writes UTF-8. Repeated headers become one, as RFC 9110 says. */
function plainHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") {
      if (/[\x80-\xff]/.test(value)) headers[name] = fromUtf8(value);
    } else if (value === undefined) delete headers[name];
    else headers[name] = value.map(fromUtf8).join(", ");
  }
  return headers as Headers;
}

function fromUtf8(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.includes("\ufffd") ? latin1 : text;
}
