/**
 * What LISTs tell of wanted keys, as far as that costs less than a HEAD each (policy/listing.ts). A page tells of every key between its
 * marker and its last one: which lie there, and that the others do not. So the wanted keys are gone through in the order in which a bucket
 * lists them, and where a page ends before the next of them, the next page begins right before it. Best effort: a key that nothing is told
 * of is asked for by whoever wants it.
 */
import type { Bucket, ListedObject, ListPage } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { headsOfAList, listSent, mayList, pageCame, startCredit } from "../../policy/listing.ts";
import { type Backoff, backoffMs } from "../../policy/retry.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { RefusedError, UserError } from "../../vocabulary/errors.ts";
import { malformedReply, subject } from "../exchange/error-from-reply.ts";

export interface ListedKeys {
  /** The object; `none` where nothing lies there; undefined where no LIST told. */
  of(key: string): ListedObject | "none" | undefined;
  /** Wanted keys that something is told of. */
  readonly told: number;
  /** Requests, the repeated ones included. */
  readonly lists: number;
  /** What ended the listing before its time. */
  readonly fault: Error | undefined;
}

export interface ListKeysOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends it; what was told by then is kept. */
  readonly signal?: AbortSignal | undefined;
  /** No LIST begins after this, milliseconds by the clock's `elapsed`. */
  readonly until?: number | undefined;
  /** Keys a page; less only where a test wants many pages. */
  readonly maxKeys?: number | undefined;
  /** Called before each request. */
  readonly onRequest?: (() => void) | undefined;
}

const IN_FLIGHT = 8;
/** Fewer wanted keys are gone through one page after the other. */
const LEAST_PIECE = 5 * headsOfAList;
/** Whoever wants the keys has another way. */
const TRIES = 3;
const backoff: Backoff = { baseMs: 200, capMs: 2_000 };

/** Wanted keys, from one position to before another, of which nothing is told yet. */
interface Stretch {
  from: number;
  readonly to: number;
  /** All keys up to this one are told of. */
  after: string | undefined;
  listing: boolean;
}

/** Nothing is thrown for what the bucket does: it is the `fault`. */
export async function listKeys(
  bucket: Pick<Bucket, "name" | "list">,
  keys: Iterable<string>,
  { clock, random, signal, until = Number.POSITIVE_INFINITY, maxKeys, onRequest }: ListKeysOptions,
): Promise<ListedKeys> {
  const wanted = [...new Set(keys)].sort(compareKeys);
  const prefix = commonPrefix(wanted);
  const found = new Map<string, ListedObject | "none">();
  let credit = startCredit;
  let lists = 0;
  let fault: Error | undefined;
  let stretches: Stretch[] = [{ from: 0, to: wanted.length, after: undefined, listing: false }];
  let isFirst = true;

  const malformed = (why: string) => malformedReply(subject("list", bucket.name), 200, why);

  const request = async (marker: string | undefined): Promise<ListPage> => {
    for (let tried = 1; ; tried++) {
      onRequest?.();
      lists++;
      try {
        return await bucket.list({ prefix, marker, signal, ...(maxKeys === undefined ? undefined : { maxKeys }) });
      } catch (error) {
        if (!isBucketError(error) || !(error.retryable || error.throttled) || signal?.aborted) throw error;
        if (tried >= TRIES) throw error;
        await clock.sleep(backoffMs(tried - 1, backoff, random, error.retryAfterMs), signal);
      }
    }
  };

  const listOnce = async (stretch: Stretch): Promise<void> => {
    stretch.listing = true;
    credit = listSent(credit);
    try {
      const marker = later(stretch.after, rightBefore(wanted[stretch.from] as string));
      const page = await request(marker);
      const told = take(page, marker, stretch);
      credit = pageCame(credit, told);
      if (isFirst) stretches = split(stretch, told);
      isFirst = false;
    } catch (thrown) {
      if (!isBucketError(thrown) && !(thrown instanceof UserError) && !(thrown instanceof RefusedError)) throw thrown;
      if (!signal?.aborted) fault ??= thrown;
    } finally {
      stretch.listing = false;
    }
  };

  /** @returns how many of the stretch's keys the page told of */
  const take = ({ objects, nextMarker }: ListPage, marker: string | undefined, stretch: Stretch): number => {
    // What is in another order, or not what was asked for, tells nothing of what lies between.
    if (!isInOrder(objects, prefix, marker)) {
      fault ??= malformed("it is not in the order of UTF-8, or not of what was asked");
      return 0;
    }
    const upTo = nextMarker === undefined ? undefined : objects.at(-1)?.key;
    if (nextMarker !== undefined && upTo === undefined) {
      fault ??= malformed("it says that there is more, after a page without a key");
      return 0;
    }
    const { from } = stretch;
    for (let at = 0; stretch.from < stretch.to; stretch.from++) {
      const key = wanted[stretch.from] as string;
      if (upTo !== undefined && compareKeys(key, upTo) > 0) break;
      while (at < objects.length && compareKeys((objects[at] as ListedObject).key, key) < 0) at++;
      const object = objects[at];
      found.set(key, object?.key === key ? object : "none");
    }
    stretch.after = upTo;
    return stretch.from - from;
  };

  const next = (): Stretch | undefined => {
    if (fault !== undefined || signal?.aborted || clock.elapsed() >= until) return undefined;
    return stretches.find(({ listing, from, to }) => !listing && mayList(credit, to - from));
  };

  const underWay = new Set<Promise<void>>();
  for (;;) {
    for (let stretch = next(); stretch !== undefined && underWay.size < IN_FLIGHT; stretch = next()) {
      const listing = listOnce(stretch).finally(() => underWay.delete(listing));
      underWay.add(listing);
    }
    if (underWay.size === 0) break;
    await Promise.race(underWay);
  }
  return {
    of: (key) => found.get(key),
    told: found.size,
    lists,
    fault,
  };
}

/** What is left, in pieces of whole pages to be listed side by side, as far as the first page tells how many keys make one. */
function split(rest: Stretch, told: number): Stretch[] {
  const perPage = Math.max(1, told);
  const pages = Math.ceil((rest.to - rest.from) / perPage);
  const piece = Math.max(LEAST_PIECE, Math.ceil(pages / IN_FLIGHT) * perPage);
  const pieces: Stretch[] = [];
  for (let from = rest.from; from < rest.to; from += piece) {
    pieces.push({
      from,
      to: Math.min(from + piece, rest.to),
      after: from === rest.from ? rest.after : undefined,
      listing: false,
    });
  }
  return pieces;
}

function isInOrder(objects: readonly ListedObject[], prefix: string, marker: string | undefined): boolean {
  let before = marker;
  for (const { key } of objects) {
    if (!key.startsWith(prefix) || (before !== undefined && compareKeys(before, key) >= 0)) return false;
    before = key;
  }
  return true;
}

/**
 * A marker so that the listing begins with the key, or a few before it: the key without its last character, which nothing but its
 * siblings lies between. Undefined: from the beginning.
 */
function rightBefore(key: string): string | undefined {
  const shorter = wholeCharacters(key, key.length - 1);
  return shorter === "" ? undefined : shorter;
}

const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && compareKeys(b, a) > 0) ? b : a;

/** @param sorted in the order of `compareKeys`: what the first and the last share, all do */
function commonPrefix(sorted: readonly string[]): string {
  const first = sorted[0] ?? "";
  const last = sorted.at(-1) ?? "";
  let length = 0;
  while (length < first.length && first.charCodeAt(length) === last.charCodeAt(length)) length++;
  return wholeCharacters(first, length);
}

/** Half a surrogate pair is no character, and can't be sent. */
function wholeCharacters(text: string, length: number): string {
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length);
}
