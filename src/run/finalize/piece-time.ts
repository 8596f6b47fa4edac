/**
 * How far one delivery gets with work that comes in pieces: another piece is begun while there is time for one like the
 * slowest so far. The first is always begun, or a short delivery would never move anything.
 */
import type { Clock } from "../../vocabulary/clock.ts";

export interface PieceTime {
  /** The first of some pieces begins. */
  begin(): void;
  /** One has ended, and the next begins. */
  ended(): void;
  /** Is there time for another? */
  forAnother(): boolean;
  /** Is there time for so many milliseconds more? */
  has(ms: number): boolean;
  /** Is there time for whatever comes? */
  readonly isUnlimited: boolean;
}

/** `until`: ms by the clock's `elapsed`. */
export function createPieceTime(clock: Clock, until: number): PieceTime {
  let last = clock.elapsed();
  let slowest: number | undefined;
  return {
    begin() {
      last = clock.elapsed();
    },
    ended() {
      const now = clock.elapsed();
      slowest = Math.max(slowest ?? 0, now - last);
      last = now;
    },
    has: (ms) => clock.elapsed() + ms <= until,
    forAnother: () => slowest === undefined || clock.elapsed() + slowest <= until,
    isUnlimited: until === Number.POSITIVE_INFINITY,
  };
}

/** Time kept for the last steps of a delivery, a message or two; of a short one a sixth. */
const RESERVE_MS = 20_000;

/** What of the time until the deadline is kept, in milliseconds. */
export const reserveOf = (clock: Clock, deadline: number): number =>
  Math.min(RESERVE_MS, (deadline - clock.elapsed()) / 6);
