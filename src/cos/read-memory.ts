/**
 * The memory that connections read to. Left to itself, a socket takes 64 KiB of the heap for each read and leaves them to the
 * garbage collector, which costs as much as the read, and with many streams at once it comes too late. Here reads follow one
 * another in a slab; a read of which nothing is kept is written over by the next, and a slab that nobody holds is used again.
 *
 * Who keeps bytes holds their slab, and lets it go once nothing will look at them any more. Nobody has to: a slab that is never
 * let go is garbage with the last that refers to it.
 */

const SLAB_BYTES = 64 * 1024;
/** With less room than that another slab is begun: a read of a few bytes costs as much as one of many. */
const LEAST_ROOM = 20 * 1024;
/** Slabs that wait to be used again: 8 MiB. */
const MOST_SPARE = 128;

export class Slab {
  readonly memory = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #holders = 0;

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    if (--this.#holders === 0 && spare.length < MOST_SPARE) spare.push(this);
  }
}

const spare: Slab[] = [];

function takeSlab(): Slab {
  const slab = spare.pop() ?? new Slab();
  slab.hold();
  return slab;
}

/**
 * Takes what was read: the first `length` bytes of `memory`, what follows them is of earlier reads. True where some of it is
 * kept: it stays as it is for as long as its slab is held.
 */
export type OnRead = (memory: Buffer, length: number) => boolean;

/** Of one connection. */
export class ReadMemory {
  #slab = takeSlab();
  #room = this.#slab.memory;
  #onRead: OnRead = () => true;

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
    if (this.#room.length - length >= LEAST_ROOM) {
      this.#room = this.#room.subarray(length);
      return;
    }
    this.#slab.letGo();
    this.#slab = takeSlab();
    this.#room = this.#slab.memory;
  }
}

/** The slabs that hold one body. */
export class Lease {
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
