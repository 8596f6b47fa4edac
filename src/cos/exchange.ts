/**
 * One request and its reply, as undici's dispatch reports them.
 *
 *   begin ─ onRequestStart ─ onResponseStart ─┬─ onResponseData … ─ onResponseEnd ─▶ resolve(bytes)
 *                                             └─ resolve(stream) ─ onResponseData … ─ onResponseEnd ─▶ end of stream
 *
 * It settles once. What arrives after that concerns only the stream, if there is one.
 */
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { ensureError } from "../errors.ts";
import type { Headers } from "./bucket.ts";
import type { HttpReply, HttpRequest } from "./http.ts";
import { incompleteBody, replyTooLarge, requestAborted, transportError } from "./transport-error.ts";
import { type UploadBody, uploadBody } from "./upload-body.ts";

const errorBodyLimit = 64 * 1024;
/** A listing of 1,000 keys of 850 bytes, each URL-encoded and escaped, stays well below. */
const wholeBodyLimit = 16 * 1024 * 1024;
/** Two reads of a socket: enough to keep the writer busy, little for hundreds of streams. */
const streamHighWaterMark = 128 * 1024;

/** A class, because at thousands a second its methods should exist once. */
export class Exchange implements Dispatcher.DispatchHandler {
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
