/**
 * Reads the replies of one connection from its bytes, one after another, however the bytes are cut.
 *
 *   begin ─ head … ─┬─ onHead ─ onData … ─ onEnd      (interim replies, 1xx, are passed over)
 *                   └─ throws Fault `MalformedHttp`
 */

import { connectionEnded, type Fault, malformedHttp, SurplusBytes } from "../exchange/fault.ts";
import type { Headers } from "../port/http.ts";
import { type ChunkedBody, createChunkedBody } from "./chunked-body.ts";
import { HeadParser, type ReplyHead } from "./reply-head.ts";

/** Who takes a reply. */
export interface ReplySink {
  onHead(status: number, headers: Headers): void;
  onData(data: Buffer): void;
  onEnd(): void;
}

/** Of a reply: its head, the interim heads before it, and its trailers. */
const LONGEST_HEAD = 64 * 1024;
/** More come from nobody who means to reply. */
const MOST_INTERIM = 5;
const tooLong = () => malformedHttp(`the reply's head has over ${LONGEST_HEAD} bytes`);
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** A class, as one is read from at thousands of replies a second. */
export class ReplyReader {
  readonly #heads = new HeadParser();
  #sink: ReplySink | undefined;
  #toHead = false;
  /** What came of a head that is not whole. */
  #begun: Buffer | undefined;
  #head: ReplyHead | undefined;
  /** Of interim heads that came before. */
  #interim = 0;
  #interimBytes = 0;
  #bodyBytes = 0;
  /** Bytes of the body that are still to come, where its head says how many. */
  #left = 0;
  #chunks: ChunkedBody | undefined;

  /** A request goes out whose reply `sink` takes. */
  begin(sink: ReplySink, toHead: boolean): void {
    this.#sink = sink;
    this.#toHead = toHead;
    this.#head = undefined;
    this.#interim = 0;
    this.#interimBytes = 0;
    this.#bodyBytes = 0;
  }

  /** The reply that was begun is at its end. */
  get ended(): boolean {
    return this.#sink === undefined;
  }

  /** The head of the reply that is being read has come. */
  get replied(): boolean {
    return this.#head !== undefined;
  }

  /** Bytes of its body so far, without what frames them. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** How long the other side says that it keeps the connection open, milliseconds. */
  get keepAliveMs(): number | undefined {
    const told = this.#head?.headers["keep-alive"];
    const seconds = told && /timeout=(\d+)/.exec(told)?.[1];
    return seconds === undefined ? undefined : 1000 * Number(seconds);
  }

  /** May the connection carry another request? Known once a reply has ended. */
  get persistent(): boolean {
    return this.#head?.persistent === true;
  }

  /**
   * Reads the first `length` bytes of `memory`.
   *
   * @returns whether the sink was given some of them; here nothing of them is kept
   * @throws Fault `MalformedHttp`; SurplusBytes for what nobody asked for, or `ConnectionEnded` where that is a farewell
   */
  read(memory: Buffer, length: number): boolean {
    let at = 0;
    let isGiven = false;
    while (at < length) {
      if (this.#sink === undefined) throw unasked(memory, at, length);
      if (this.#head === undefined) at = this.#readHead(memory, at, length);
      else {
        at = this.#readBody(memory, at, length);
        isGiven = true;
      }
    }
    return isGiven;
  }

  /**
   * The connection has ended. True where that is what ended the reply.
   * @throws Fault `MalformedHttp` where what came is the beginning of something that is no reply
   */
  close(): boolean {
    if (this.#head?.body === "close" && this.#sink !== undefined) {
      this.#end();
      return true;
    }
    if (this.#begun !== undefined) this.#checkBeginning(this.#begun, true);
    return false;
  }

  #readHead(memory: Buffer, at: number, to: number): number {
    const begun = this.#begun;
    if (begun !== undefined) {
      // It may have ended within the four bytes.
      const all = Buffer.concat([begun, memory.subarray(at, to)]);
      const end = all.indexOf(END_OF_HEAD, Math.max(0, begun.length - 3));
      if (end < 0) return this.#waitForMore(all, to);
      this.#begun = undefined;
      this.#parseHead(all, 0, end);
      return at + end + END_OF_HEAD.length - begun.length;
    }
    const end = memory.indexOf(END_OF_HEAD, at);
    if (end < 0 || end + END_OF_HEAD.length > to) return this.#waitForMore(Buffer.from(memory.subarray(at, to)), to);
    this.#parseHead(memory, at, end);
    return end + END_OF_HEAD.length;
  }

  #waitForMore(begun: Buffer, to: number): number {
    this.#begun = begun;
    this.#checkBeginning(begun, false);
    return to;
  }

  #parseHead(memory: Buffer, from: number, end: number): void {
    this.#checkLength(end - from);
    const head = this.#heads.parse(memory.toString("latin1", from, end), this.#toHead);
    // 101 would be the last word of HTTP on this connection, and nobody asked for it.
    if (head.status === 101) throw malformedHttp("the reply switches protocols");
    if (head.status >= 200) this.#begin(head, end - from);
    else {
      this.#interimBytes += end - from;
      if (++this.#interim > MOST_INTERIM)
        throw malformedHttp(`over ${MOST_INTERIM} interim replies came, and no other`);
    }
  }

  #checkLength(bytes: number): void {
    if (this.#interimBytes + bytes > LONGEST_HEAD) throw tooLong();
  }

  #checkBeginning(begun: Buffer, ended: boolean): void {
    this.#checkLength(begun.length);
    const start = begun.toString("latin1", 0, 7);
    if (ended || !"HTTP/1.".startsWith(start)) throw malformedHttp("the reply is no HTTP/1.1");
  }

  #begin(head: ReplyHead, bytes: number): void {
    this.#head = head;
    this.#left = typeof head.body === "number" ? head.body : 0;
    this.#chunks = head.body === "chunks" ? createChunkedBody(LONGEST_HEAD - this.#interimBytes - bytes) : undefined;
    this.#sink?.onHead(head.status, head.headers);
    if (head.body === "none" || head.body === 0) this.#end();
  }

  #readBody(memory: Buffer, at: number, to: number): number {
    const chunks = this.#chunks;
    if (chunks !== undefined) {
      const next = chunks.take(memory.subarray(0, to), at, (data) => {
        this.#bodyBytes += data.length;
        this.#sink?.onData(data);
      });
      if (chunks.ended) this.#end();
      return next;
    }
    if (this.#head?.body === "close") {
      this.#bodyBytes += to - at;
      this.#sink?.onData(memory.subarray(at, to));
      return to;
    }
    const end = Math.min(to, at + this.#left);
    this.#left -= end - at;
    this.#bodyBytes += end - at;
    this.#sink?.onData(memory.subarray(at, end));
    if (this.#left === 0) this.#end();
    return end;
  }

  #end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd();
  }
}

/** What is wrong with bytes that came while nothing was asked for: SurplusBytes, or `ConnectionEnded` where they are a farewell. */
export function unasked(memory: Buffer, at: number, to: number): Fault {
  return isFarewell(memory, at, to) ? connectionEnded() : new SurplusBytes();
}

/** A 408 on a connection that carries nothing says that it will be closed for that: proxies say so instead of just closing it. */
function isFarewell(memory: Buffer, at: number, to: number): boolean {
  return /^HTTP\/1\.[01] 408\b/.test(memory.toString("latin1", at, Math.min(to, at + 16)));
}
