/**
 * The memory that connections read to. Left to itself, a socket takes 64 KiB of the heap for each read and leaves them to the
 * garbage collector, which costs as much as the read, and with many streams at once it comes too late. Here reads follow one
 * another in a slab; a read of which nothing is kept is written over by the next, and a slab that nobody holds is used again.
 *
 * Who keeps bytes holds their slab, and lets it go once nothing will look at them any more. Nobody has to: a slab that is never
 * let go is garbage with the last that refers to it.
 */
import type { Lease } from "../port/http.ts";

/** Most replies are heads, or heads and little more, and the less memory hundreds of them lie in, the more of it is cached. */
const SMALL_BYTES = 20 * 1024;
/** As much as a socket reads at once: what goes on after its first read goes on here, however little each read brings. */
const LARGE_BYTES = 64 * 1024;
/**
 * With less room than that another slab is begun: a read of a few bytes costs as much as one of many. A record of TLS has room (RFC 8446, 5.1);
 * a small slab takes one read of which something is kept.
 */
const LEAST_ROOM = 16 * 1024;
/** Of slabs of each size that wait to be used again. */
const MOST_SPARE_BYTES = 8 * 1024 * 1024;

export class Slab {
  readonly memory: Buffer;
  readonly #spare: Slab[];
  #holders = 0;

  constructor(bytes = LARGE_BYTES, spare: Slab[] = []) {
    this.memory = Buffer.allocUnsafeSlow(bytes);
    this.#spare = spare;
  }

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    if (--this.#holders > 0) return;
    if (this.#spare.length * this.memory.length < MOST_SPARE_BYTES) this.#spare.push(this);
  }
}

/**
 * Two reads as one, where the second lies right behind the first in the same slab. TLS gives 16 KiB at a time, and to take, encrypt and send
 * a whole slab costs hardly more than to do so with those.
 */
export function joined(slab: Slab | undefined, first: Buffer, second: Buffer): Buffer | undefined {
  if (slab === undefined || first.buffer !== second.buffer) return undefined;
  const from = first.byteOffset - slab.memory.byteOffset;
  if (from + first.length !== second.byteOffset - slab.memory.byteOffset) return undefined;
  return slab.memory.subarray(from, from + first.length + second.length);
}

const spareSmall: Slab[] = [];
const spareLarge: Slab[] = [];

function takeSlab(bytes: number, spare: Slab[]): Slab {
  const slab = spare.pop() ?? new Slab(bytes, spare);
  slab.hold();
  return slab;
}

const takeSmall = () => takeSlab(SMALL_BYTES, spareSmall);
const takeLarge = () => takeSlab(LARGE_BYTES, spareLarge);

/**
 * Takes what was read: the first `length` bytes of `memory`, what follows them is of earlier reads. True where some of it is
 * kept: it stays as it is for as long as its slab is held.
 */
export type OnRead = (memory: Buffer, length: number) => boolean;

/** Of one connection. */
export class ReadMemory {
  #slab = takeSmall();
  #room = this.#slab.memory;
  #onRead: OnRead = () => true;
  /** Will the next read go on with a body that has begun? To be told before `onRead` returns. */
  bodyGoesOn = false;

  /** As `net.connect` and `tls.connect` take it. */
  readonly onread = {
    buffer: (): Buffer => this.#room,
    callback: (length: number): boolean => {
      if (this.#onRead(this.#room, length)) this.#advance(length);
      return true;
    },
  };

  /** That what is being read lies in. */
  get slab(): Slab {
    return this.#slab;
  }

  /** To be set once the socket is connected: it reads nothing before. */
  set onRead(onRead: OnRead) {
    this.#onRead = onRead;
  }

  #advance(length: number): void {
    if (this.#slab.memory.length > SMALL_BYTES && this.#room.length - length >= LEAST_ROOM) {
      this.#room = this.#room.subarray(length);
      return;
    }
    this.#slab.letGo();
    this.#slab = this.bodyGoesOn ? takeLarge() : takeSmall();
    this.#room = this.#slab.memory;
  }
}

/** The slabs that hold one body. */
export class SlabLease implements Lease {
  #slabs: Slab[] = [];

  hold(slab: Slab): void {
    if (this.#slabs.at(-1) === slab) return;
    slab.hold();
    this.#slabs.push(slab);
  }

  /** Their memory may be used again. */
  release(): void {
    for (const slab of this.#slabs) slab.letGo();
    this.#slabs = [];
  }
}
