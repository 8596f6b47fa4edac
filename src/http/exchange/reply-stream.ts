/**
 * The body of a large reply on its way: chunks as they were read, one after another, as many as are little in memory. For one
 * reader.
 */
import type { BodyStream } from "../port/http.ts";
import { joined, type Slab } from "./read-memory.ts";

/** Two reads of a socket: enough to keep the writer busy, little for hundreds of streams. */
const MOST_WAITING = 128 * 1024;

interface Piece {
  chunk: Buffer;
  readonly slab: Slab | undefined;
}

interface Reader {
  resolve(result: IteratorResult<Buffer, undefined>): void;
  reject(error: Error): void;
}

export class ReplyStream implements BodyStream {
  /** Asked for where there is room again. */
  readonly #more: () => void;
  /** The reader wants no more, and the body is not at its end. */
  readonly #onDestroyed: () => void;
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  /** Of what was handed out and not released yet: held on to by whoever looks at it, and not from here. */
  readonly #lent = new WeakMap<Uint8Array, Slab>();
  #reader: Reader | undefined;
  #state: "open" | "ended" | "failed" = "open";
  #error: Error | undefined;

  constructor(more: () => void, onDestroyed: () => void) {
    this.#more = more;
    this.#onDestroyed = onDestroyed;
  }

  /** False where it is enough for now. */
  push(chunk: Buffer, slab: Slab | undefined): boolean {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      slab?.hold();
      reader.resolve(this.#lend({ chunk, slab }));
      return true;
    }
    this.#waitingBytes += chunk.length;
    const last = this.#waiting.at(-1);
    const together = last !== undefined && last.slab === slab ? joined(slab, last.chunk, chunk) : undefined;
    if (last !== undefined && together !== undefined) last.chunk = together;
    else {
      slab?.hold();
      this.#waiting.push({ chunk, slab });
    }
    return this.#waitingBytes < MOST_WAITING;
  }

  /** The body is whole. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  /** It broke; what nobody has read yet is dropped. */
  fail(error: Error): void {
    if (this.#state === "failed" || (this.#state === "ended" && this.#waiting.length === 0)) return;
    this.#state = "failed";
    this.#error = error;
    for (const { slab } of this.#waiting) slab?.letGo();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  destroy(error: Error = new Error("the body was destroyed before it was read to its end")): void {
    const wasOpen = this.#state === "open";
    this.fail(error);
    if (wasOpen) this.#onDestroyed();
  }

  release(chunk: Uint8Array): void {
    const slab = this.#lent.get(chunk);
    if (slab === undefined) return;
    this.#lent.delete(chunk);
    slab.letGo();
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.destroy();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<Buffer, undefined>> {
    const piece = this.#waiting.shift();
    if (piece !== undefined) {
      this.#waitingBytes -= piece.chunk.length;
      if (this.#state === "open" && this.#waitingBytes < MOST_WAITING) this.#more();
      return Promise.resolve(this.#lend(piece));
    }
    if (this.#state === "ended") return Promise.resolve({ done: true, value: undefined });
    if (this.#state === "failed") return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #lend(piece: Piece): IteratorYieldResult<Buffer> {
    const { chunk, slab } = piece;
    if (slab !== undefined) this.#lent.set(chunk, slab);
    return { done: false, value: chunk };
  }
}
