/**
 * A whole prefix in key order, with many LISTs in flight: the key space is split into ranges that are listed side by side.
 *
 * GET Bucket, List Objects v1 (document 436/7734). A range is `(after, upTo]`: LIST v1 answers with the keys after its marker,
 * so a range begins where the one before it ends, whatever the keys are, and each key belongs to exactly one. Correctness
 * rests on that alone. Where to split is a guess (cuts.ts), and a bad guess costs a request, never a key. A range
 * that proves empty was one request in vain; there may not be more of these than of useful ones.
 *
 * Requests go to the earliest range that may have one, and a range reads only a little ahead of the reader, so memory is
 * flat: `RANGES × inFlight` ranges of `READ_AHEAD` pages at most. As soon as requests are idle, the earliest range that
 * can be is split again, so it is always the pages that are needed next that are fetched side by side.
 */
import { setMaxListeners } from "node:events";
import type { Bucket, ListedObject, ListPage } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { type Backoff, backoffMs, throttleBackoff } from "../../policy/retry.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import { malformedReply, subject } from "../exchange/error-from-reply.ts";
import { createLetters, cutsAfter } from "./cuts.ts";

export interface ParallelListingOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Requests at once. Default 16. */
  readonly inFlight?: number;
  /** Keys after this one. */
  readonly after?: string | undefined;
  /** Keys up to this one, itself included. */
  readonly upTo?: string | undefined;
  /** Keys a page; less only where a test wants many pages. */
  readonly maxKeys?: number;
  readonly signal?: AbortSignal | undefined;
  /** Is told of waits. */
  readonly log?: Log | undefined;
  /** Called before each request, the repeated ones included. */
  readonly onRequest?: (() => void) | undefined;
}

const IN_FLIGHT = 16;
/** Pages that a range holds before the reader has come to it. */
const READ_AHEAD = 4;
/** Ranges, as a multiple of the requests at once. */
const RANGES = 3;
/** Tries of one page. */
const TRIES = 8;
const pageBackoff: Backoff = { baseMs: 200, capMs: 20_000 };

interface Range {
  /** Of the next request. */
  after: string | undefined;
  /** Undefined: to the end of the prefix. */
  upTo: string | undefined;
  readonly pages: ListedObject[][];
  listing: boolean;
  over: boolean;
  /** The last page that came: its first and last key. */
  span: { readonly first: string; readonly last: string } | undefined;
  /** Joined with the range before it: what still comes of it is nobody's. */
  gone: boolean;
}

/**
 * Yields the pages of the listing, in order, none of them empty; every key once. What fails for the moment is tried again.
 *
 * @throws BucketError what the last try of a page threw, or the first that can never succeed
 */
export async function* parallelListing(
  bucket: Pick<Bucket, "name" | "list">,
  prefix: string,
  options: ParallelListingOptions,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  const { clock, random, signal, log, maxKeys, onRequest, inFlight = IN_FLIGHT } = options;
  const stop = new AbortController();
  // Every request listens to it, and Node would warn of a leak.
  setMaxListeners(0, stop.signal);
  const stopToo = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", stopToo, { once: true });
  const letters = createLetters(prefix);
  const ranges: Range[] = [rangeOf(options.after, options.upTo)];
  let active = 0;
  let useful = 0;
  let vain = 0;
  let fault: { readonly thrown: unknown } | undefined;
  let wake: () => void = () => undefined;

  const request = async (after: string | undefined): Promise<ListPage> => {
    for (let tried = 0; ; tried++) {
      try {
        onRequest?.();
        return await bucket.list({
          prefix,
          marker: after,
          signal: stop.signal,
          ...(maxKeys === undefined ? undefined : { maxKeys }),
        });
      } catch (error) {
        if (!isBucketError(error) || !(error.retryable || error.throttled)) throw error;
        if (tried + 1 >= TRIES || stop.signal.aborted) throw error;
        const backoff = error.throttled ? throttleBackoff : pageBackoff;
        const pause = backoffMs(tried, backoff, random, error.retryAfterMs);
        tellWait(log, "The listing is waited with.", pause, { bucket: bucket.name, reason: error.message });
        await clock.sleep(pause, stop.signal);
      }
    }
  };

  const fetchPage = async (range: Range): Promise<void> => {
    range.listing = true;
    active++;
    try {
      const after = range.after;
      const page = await request(after);
      if (range.gone) return;
      const { upTo } = range;
      const within = upTo === undefined ? page.objects : page.objects.filter(({ key }) => compareKeys(key, upTo) <= 0);
      const first = within[0];
      const last = within.at(-1);
      if (first !== undefined && last !== undefined) {
        useful++;
        range.pages.push([...within]);
        range.span = { first: first.key === last.key ? (after ?? "") : first.key, last: last.key };
        letters.note(first.key);
        letters.note(last.key);
      } else vain++;
      const more = page.nextMarker;
      if (more !== undefined && more === after) {
        throw malformedReply(subject("list", bucket.name), 200, `NextMarker stays ${JSON.stringify(more)}`);
      }
      range.over =
        more === undefined ||
        within.length < page.objects.length ||
        (upTo !== undefined && compareKeys(more, upTo) >= 0);
      range.after = more;
    } catch (thrown) {
      fault ??= { thrown };
    } finally {
      range.listing = false;
      active--;
      pump();
      wake();
    }
  };

  /** Splits the earliest range that can be. False: there is nothing to do for now. */
  const split = (): boolean => {
    if (vain > useful + inFlight) return false;
    for (const [at, range] of ranges.entries()) {
      if (range.over || range.span === undefined) continue;
      const cuts = cutsAfter(range.span, range.upTo, prefix, letters, inFlight - active);
      if (cuts.length === 0) continue;
      while (ranges.length + cuts.length > RANGES * inFlight && ranges.length > at + 1 + inFlight) joinLastTwo(ranges);
      const room = RANGES * inFlight - ranges.length;
      if (room <= 0) return false;
      const taken = cuts.slice(0, room);
      const pieces = taken.map((cut, n) => rangeOf(cut, taken[n + 1] ?? range.upTo));
      range.upTo = taken[0];
      ranges.splice(at + 1, 0, ...pieces);
      return true;
    }
    return false;
  };

  const pump = (): void => {
    while (active < inFlight && fault === undefined && !stop.signal.aborted) {
      const next = ranges.find((range) => !range.over && !range.listing && range.pages.length < READ_AHEAD);
      if (next !== undefined) void fetchPage(next);
      else if (!split()) return;
    }
  };

  try {
    for (;;) {
      signal?.throwIfAborted();
      while (ranges[0]?.over && ranges[0].pages.length === 0) ranges.shift();
      const front = ranges[0];
      if (front === undefined) return;
      pump();
      const page = front.pages.shift();
      if (page !== undefined) {
        yield page;
        continue;
      }
      // After what was fetched before it has been read, so that the reader gets all that there is.
      if (fault !== undefined) throw fault.thrown;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener("abort", stopToo);
    stop.abort();
  }
}

const rangeOf = (after: string | undefined, upTo: string | undefined): Range => ({
  after,
  upTo,
  pages: [],
  listing: false,
  over: after !== undefined && upTo !== undefined && compareKeys(after, upTo) >= 0,
  span: undefined,
  gone: false,
});

/** The last range becomes part of the one before it; what was read of it is read again when its turn comes. */
function joinLastTwo(ranges: Range[]): void {
  const last = ranges.pop();
  const before = ranges.at(-1);
  if (last === undefined || before === undefined) return;
  last.gone = true;
  // Where the former is read to its end, reading goes on from there.
  if (before.over) before.after = before.upTo;
  before.over = false;
  before.upTo = last.upTo;
}
