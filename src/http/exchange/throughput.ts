/**
 * The least that a reply's body must bring while it is wanted. A byte now and then is progress to a time limit that any byte restarts:
 * it would hold its row, and the run's end, for as long as the other side likes.
 */

/** Bytes a second: a twentieth of what the slowest modem brought. */
const LEAST = 256;
/** Over how long, milliseconds, where the limit for standing still is not shorter. */
const LONGEST_WINDOW_MS = 30_000;

/** Of one connection. A class, as there are hundreds. */
export class Throughput {
  readonly #windowMs: number;
  /** When the window began, by the monotonic clock, milliseconds; undefined before the next look. */
  #from: number | undefined;
  #bytesThen = 0;

  /** @param idleMs for which a body may stand still, milliseconds */
  constructor(idleMs: number) {
    this.#windowMs = Math.min(idleMs, LONGEST_WINDOW_MS);
  }

  /** Another body, or one that was not wanted for a while. */
  restart(): void {
    this.#from = undefined;
  }

  /**
   * @param now by the monotonic clock, milliseconds
   * @param bytes of the body so far
   * @returns whether a whole window brought too little
   */
  isTooLow(now: number, bytes: number): boolean {
    if (this.#from !== undefined && now - this.#from < this.#windowMs) return false;
    const isLow = this.#from !== undefined && bytes - this.#bytesThen < (LEAST * (now - this.#from)) / 1000;
    this.#from = now;
    this.#bytesThen = bytes;
    return isLow;
  }
}
