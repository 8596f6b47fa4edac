/**
 * May the connections to an origin be used again, and how soon? A proxy that replies twice, its second reply a few milliseconds
 * late, would have it taken for the reply to the next request, and HTTP/1.1 has nothing to tell them apart by. So at first each
 * connection rests after a reply, for long enough to hear more; an origin of which nothing more came after many replies may use
 * them at once. The first surplus byte, then or later, and each connection is used once.
 */
export interface Reuse {
  /** May a connection carry more than one exchange? */
  readonly allowed: boolean;
  /** How long a connection rests before it carries the next, milliseconds. */
  readonly restMs: number;
  /** A connection rested, and nothing came. */
  rested(): void;
  /** More came than was asked for. True the first time. */
  surplus(): boolean;
}

/** Second replies come within some 10 ms. */
const REST_MS = 20;
/** They come after each reply, or after some: of those that come after one in twenty, this many find 96 of 100. */
const RESTS = 64;

export function createReuse(): Reuse {
  let left = RESTS;
  let allowed = true;
  return {
    get allowed() {
      return allowed;
    },
    get restMs() {
      return left > 0 ? REST_MS : 0;
    },
    rested() {
      if (left > 0) left--;
    },
    surplus() {
      const isFirst = allowed;
      allowed = false;
      return isFirst;
    },
  };
}
