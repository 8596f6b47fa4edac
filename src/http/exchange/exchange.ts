/**
 * One request and its reply, as its connection reports them.
 *
 *   begin ─ onCarried ─ onHead ─┬─ onData … ─ onEnd ─▶ onReply(bytes)
 *                               └─ onReply(stream) ─ onData … ─ onEnd ─▶ end of stream
 *
 * It settles once. What arrives after that concerns only the stream, if there is one.
 */

import { type Headers, isHeld } from "../../objects/bucket.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { HttpCaller, HttpRequest } from "../wire/client.ts";
import type { Connection } from "../wire/connection.ts";
import type { ReplySink } from "../wire/reply-reader.ts";
import { requestHead } from "../wire/request-head.ts";
import { type Aborted, forgetAbort, watchAbort } from "./abort-watch.ts";
import { incompleteBody, replyTooLarge, requestAborted, transportError } from "./fault.ts";
import { Lease } from "./read-memory.ts";
import { ReplyStream } from "./reply-stream.ts";
import { type UploadBody, uploadBody } from "./upload-body.ts";

const errorBodyLimit = 64 * 1024;
/** A listing of 1,000 keys of 850 bytes, each URL-encoded and escaped, stays well below. */
const wholeBodyLimit = 16 * 1024 * 1024;
const nothing = Buffer.alloc(0);

/** Nobody hears of it; one for all, because an Error costs as much as a signature. */
const unwanted = new Error("the rest of the reply is no longer wanted");

/** A class, because at thousands a second its methods should exist once. */
export class Exchange implements ReplySink, Aborted {
  readonly request: HttpRequest;
  /** Of a body that is a source of chunks. */
  readonly upload: UploadBody | undefined;
  readonly #caller: HttpCaller;
  #head = "";
  /** Resolved or rejected; a stream may still be flowing. */
  #settled = false;
  /** The reply is at its end. */
  #ended = false;
  #connection: Connection | undefined;
  #status = 0;
  #headers: Headers = {};
  #expected: number | undefined;
  #received = 0;
  #limit = 0;
  #chunks: Buffer[] = [];
  #stream: ReplyStream | undefined;
  /** Of the memory that `#chunks` lie in. */
  #lease: Lease | undefined;

  constructor(request: HttpRequest, caller: HttpCaller) {
    this.request = request;
    this.#caller = caller;
    const { body } = request;
    this.upload = body === undefined || isHeld(body) ? undefined : uploadBody(body);
  }

  /** False where there is nothing to send: the caller gave up already, or the request is none. */
  begin(): boolean {
    const { signal, method, target, headers, authorization } = this.request;
    if (signal?.aborted) {
      this.onAbort(signal.reason);
      return false;
    }
    try {
      this.#head = requestHead(method, target, headers, authorization);
    } catch (error) {
      this.onError(ensureError(error));
      return false;
    }
    if (signal !== undefined) watchAbort(signal, this);
    return true;
  }

  /** Of the request, Latin-1. */
  get head(): string {
    return this.#head;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** How long the service says that it keeps the connection open, milliseconds. */
  get keepAliveMs(): number | undefined {
    const told = this.#headers["keep-alive"];
    const seconds = told && /timeout=(\d+)/.exec(told)?.[1];
    return seconds === undefined ? undefined : 1000 * Number(seconds);
  }

  onCarried(connection: Connection): void {
    this.#connection = connection;
  }

  onAbort(reason: unknown): void {
    this.#fail(requestAborted(this.#caller.what(), reason));
  }

  onHead(status: number, headers: Headers): void {
    if (this.#settled) return;
    this.#status = status;
    this.#headers = headers;
    const { bufferUpTo } = this.request;
    const length = headers["content-length"];
    this.#expected = length === undefined || this.#hasNoBody() ? undefined : Number(length);
    if (status >= 300) this.#limit = errorBodyLimit;
    else if (bufferUpTo === "whole") this.#limit = wholeBodyLimit;
    else if (this.#hasNoBody() || (this.#expected !== undefined && this.#expected <= bufferUpTo)) {
      this.#limit = Number.POSITIVE_INFINITY;
    } else this.#flow();
  }

  #hasNoBody(): boolean {
    return this.request.method === "HEAD" || this.#status === 204 || this.#status === 304;
  }

  #flow(): void {
    const stream = new ReplyStream(
      () => this.#connection?.resume(),
      () => {
        this.#stream = undefined;
        this.#letGo();
      },
    );
    this.#stream = stream;
    this.#settled = true;
    this.#caller.onReply({ status: this.#status, headers: this.#headers, kind: "stream", stream });
  }

  onData(chunk: Buffer): void {
    this.#received += chunk.length;
    const connection = this.#connection;
    // Bytes come only from the connection that carries it.
    if (connection === undefined) return;
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk, connection.slab)) connection.pause();
      return;
    }
    if (this.#settled) return;
    this.#lease ??= new Lease();
    this.#lease.hold(connection.slab);
    this.#chunks.push(chunk);
    if (this.#received <= this.#limit) return;
    if (this.#status >= 300) this.#answer();
    else this.#fail(replyTooLarge(this.#caller.what(), this.#status, this.#limit));
  }

  onEnd(): void {
    this.#ended = true;
    // It may carry another exchange from now on.
    this.#connection = undefined;
    // Whole, because the connection knows where a body ends.
    if (this.#stream === undefined) this.#answer();
    else {
      this.#forgetSignal();
      this.#stream.end();
    }
  }

  /** The connection, which is gone, could not carry it to its end. */
  onError(error: Error): void {
    this.#connection = undefined;
    if (this.#ended || (this.#settled && this.#stream === undefined)) return;
    const failure = this.upload?.failure;
    if (failure !== undefined) this.#fail(failure);
    // The server may answer and hang up while the body is still being sent: its answer says more than our EPIPE.
    else if (this.#status >= 300 && this.request.body !== undefined) this.#answer();
    else this.#fail(transportError(this.#caller.what(), error, this.#progress()));
  }

  #progress() {
    return { replied: this.#status !== 0, received: this.#received, expected: this.#expected };
  }

  /** The reply, whole in memory. */
  #answer(): void {
    if (this.#settled) return;
    const upload = this.upload;
    const announced = this.request.contentLength ?? 0;
    if (upload !== undefined && this.#status < 300 && upload.taken < announced) {
      // It can't have stored what it was not sent.
      const what = `${this.#caller.what()}: answered ${this.#status} before it had the whole body`;
      this.#fail(incompleteBody(what, { replied: true, received: upload.taken, expected: announced }));
      return;
    }
    this.#settled = true;
    const chunks = this.#chunks;
    const first = chunks[0];
    let bytes: Buffer;
    let more: readonly Buffer[] | undefined;
    if (first === undefined) bytes = nothing;
    else if (chunks.length === 1) bytes = first;
    else if (this.request.inPieces === true && this.#status < 300) {
      bytes = first;
      more = chunks.slice(1);
    } else bytes = Buffer.concat(chunks);
    this.#letGo();
    this.#caller.onReply({
      status: this.#status,
      headers: this.#headers,
      kind: "bytes",
      bytes,
      more,
      lease: this.#lease,
    });
  }

  #fail(error: Error): void {
    if (this.#stream !== undefined) {
      const stream = this.#stream;
      this.#stream = undefined;
      this.#letGo();
      stream.fail(error);
      return;
    }
    if (this.#settled) return;
    this.#settled = true;
    this.#letGo();
    this.#caller.onError(error);
  }

  /** Nothing more is wanted: of a reply that is not at its end, its connection goes with it. */
  #letGo(): void {
    this.#forgetSignal();
    this.upload?.stop();
    if (!this.#ended) this.#connection?.close(unwanted);
  }

  #forgetSignal(): void {
    const { signal } = this.request;
    if (signal !== undefined) forgetAbort(signal, this);
  }
}
