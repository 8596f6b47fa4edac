/**
 * One request and its reply, as whoever carries them reports.
 *
 *   begin ─ onCarried ─ onHead ─┬─ onData … ─ onEnd ─▶ onReply(bytes)
 *                               └─ onReply(stream) ─ onData … ─ onEnd ─▶ end of stream
 *
 * It settles once. What arrives after that concerns only the stream, if there is one.
 */

import { type Aborted, forgetAbort, isAborted, watchAbort } from "../../vocabulary/abort-watch.ts";
import { HttpError } from "../port/error.ts";
import { type Headers, type HttpCaller, type HttpRequest, isHeld, type Standing } from "../port/http.ts";
import { httpError, incompleteBody } from "./fault.ts";
import { joined, type Slab, SlabLease } from "./read-memory.ts";
import { ReplyStream } from "./reply-stream.ts";
import { type UploadBody, uploadBody } from "./upload-body.ts";

/** Who carries an exchange, as the exchange sees it: for as long as its reply is not at its end. */
export interface Carrier {
  /** That the bytes lie in which are being reported; undefined where their memory is the garbage collector's. */
  readonly slab: Slab | undefined;
  /** Of the reply that is to come. */
  readonly standing: Standing | undefined;
  /** No more data for now. */
  pause(): void;
  resume(): void;
  /** Ends it at once. */
  close(error: Error): void;
}

const errorBodyLimit = 64 * 1024;
/** What should be small stays well below: a page of a listing has half a megabyte, or some more. */
const wholeBodyLimit = 16 * 1024 * 1024;
const nothing = Buffer.alloc(0);

/** Nobody hears of it; one for all, because an Error costs as much as a signature. */
const unwanted = new Error("the rest of the reply is no longer wanted");

/** A class, because at thousands a second its methods should exist once. */
export class Exchange implements Aborted {
  readonly request: HttpRequest;
  /** Of a body that is a source of chunks. */
  readonly upload: UploadBody | undefined;
  readonly #caller: HttpCaller;
  /** Resolved or rejected; a stream may still be flowing. */
  #settled = false;
  /** The reply is at its end. */
  #ended = false;
  #carrier: Carrier | undefined;
  #standing: Standing | undefined;
  #status = 0;
  #headers: Headers = {};
  #expected: number | undefined;
  #received = 0;
  #limit = 0;
  #chunks: Buffer[] = [];
  #stream: ReplyStream | undefined;
  /** Of the memory that `#chunks` lie in. */
  #lease: SlabLease | undefined;

  constructor(request: HttpRequest, caller: HttpCaller) {
    this.request = request;
    this.#caller = caller;
    const { body, contentLength = 0 } = request;
    this.upload = body === undefined || isHeld(body) ? undefined : uploadBody(body, contentLength);
  }

  /** False where there is nothing to send: the caller gave up already. */
  begin(): boolean {
    const { signal } = this.request;
    if (signal === undefined) return true;
    if (isAborted(signal)) {
      this.onAbort(signal.reason);
      return false;
    }
    watchAbort(signal, this);
    return true;
  }

  /** May it be sent again where no byte of a reply came (RFC 9110, 9.2.2)? What was pulled from a source of chunks is gone. */
  get repeatable(): boolean {
    const { method, repeatable = method !== "POST" } = this.request;
    return repeatable && this.upload === undefined;
  }

  get settled(): boolean {
    return this.#settled;
  }

  onCarried(carrier: Carrier): void {
    this.#carrier = carrier;
    this.#standing = carrier.standing;
  }

  onAbort(reason: unknown): void {
    const happened = "given up because the caller asked to";
    this.#fail(new HttpError({ code: "RequestAborted", happened }, { cause: reason }));
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
      () => this.#carrier?.resume(),
      () => {
        this.#stream = undefined;
        this.#letGo();
      },
    );
    this.#stream = stream;
    this.#settled = true;
    this.#caller.onReply({
      status: this.#status,
      headers: this.#headers,
      standing: this.#standing,
      kind: "stream",
      stream,
    });
  }

  onData(chunk: Buffer): void {
    this.#received += chunk.length;
    const carrier = this.#carrier;
    // Bytes come only from who carries it.
    if (carrier === undefined) return;
    const { slab } = carrier;
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk, slab)) carrier.pause();
      return;
    }
    if (this.#settled) return;
    if (slab !== undefined) {
      this.#lease ??= new SlabLease();
      this.#lease.hold(slab);
    }
    const last = this.#chunks.at(-1);
    const together = last === undefined ? undefined : joined(slab, last, chunk);
    if (together === undefined) this.#chunks.push(chunk);
    else this.#chunks[this.#chunks.length - 1] = together;
    if (this.#received <= this.#limit) return;
    if (this.#status >= 300) this.#answer();
    else {
      const happened = `the reply has over ${this.#limit} bytes`;
      this.#fail(new HttpError({ code: "ReplyTooLarge", happened, status: this.#status }));
    }
  }

  onEnd(): void {
    this.#ended = true;
    // It may carry another exchange from now on.
    this.#carrier = undefined;
    // Whole, because the connection knows where a body ends.
    if (this.#stream === undefined) this.#answer();
    else {
      this.#forgetSignal();
      this.#stream.end();
    }
  }

  /** Who carried it, or should have, could not bring it to its end. */
  onError(error: Error): void {
    this.#carrier = undefined;
    if (this.#ended || (this.#settled && this.#stream === undefined)) return;
    const failure = this.upload?.failure;
    if (failure !== undefined) this.#fail(failure);
    // The server may answer and hang up while the body is still being sent: its answer says more than our EPIPE.
    else if (this.#status >= 300 && this.request.body !== undefined) this.#answer();
    else this.#fail(httpError(error, this.#progress()));
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
      const before = `answered ${this.#status} before it had the whole body: `;
      this.#fail(incompleteBody(before, { replied: true, received: upload.taken, expected: announced }));
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
      standing: this.#standing,
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
    if (!this.#ended) this.#carrier?.close(unwanted);
  }

  #forgetSignal(): void {
    const { signal } = this.request;
    if (signal !== undefined) forgetAbort(signal, this);
  }
}
