/**
 * A whole prefix in key order, with many LISTs in flight: the key space is split into ranges that are listed side by side.
 *
 * GET Bucket, List Objects v1 (document 436/7734). A range is `(after, upTo]`: LIST v1 answers with the keys after its marker, so a range begins where the one before it ends,
 * whatever the keys are, and each key belongs to exactly one. Correctness rests on that alone. Where to split is a guess from
 * the keys seen so far, and a bad guess costs a request, never a key: a page that went from `IMG_0411` to `IMG_0491` says
 * that pages are some eighty names long, so what follows is cut at `IMG_07`, then at `IMG_1`, `IMG_2`, … A range that
 * proves empty was one request in vain; there may not be more of these than of useful ones.
 *
 * Requests go to the earliest range that may have one, and a range reads only a little ahead of the reader, so memory is
 * flat: `RANGES × inFlight` ranges of `READ_AHEAD` pages at most. As soon as requests are idle, the earliest range that
 * can be is split again, so it is always the pages that are needed next that are fetched side by side.
 */
import { setMaxListeners } from "node:events";
import type { Clock, Random } from "../clock.ts";
import { type Backoff, backoffMs, throttleBackoff } from "../policy/retry.ts";
import type { Bucket, ListedObject, ListPage } from "./bucket.ts";
import { isCosError } from "./error.ts";
import { subject } from "./error-from-reply.ts";
import { compareKeys } from "./key-order.ts";
import { malformedReply } from "./transport-error.ts";

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
  /** Called before each request, the repeated ones included. */
  readonly onRequest?: (() => void) | undefined;
}

const IN_FLIGHT = 16;
/** Pages that a piece is meant to have: its last request brings less than a page, so pieces of one would double them. */
const PAGES_A_PIECE = 3;
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
  seen: { readonly first: string; readonly last: string } | undefined;
  /** Joined with the range before it: what still comes of it is nobody's. */
  gone: boolean;
}

/**
 * Yields the pages of the listing, in order, none of them empty; every key once. What fails for the moment is tried again.
 *
 * @throws CosError what the last try of a page threw, or the first that can never succeed
 */
export async function* parallelListing(
  bucket: Pick<Bucket, "name" | "list">,
  prefix: string,
  options: ParallelListingOptions,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  const { clock, random, signal, maxKeys, onRequest, inFlight = IN_FLIGHT } = options;
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
        if (!isCosError(error) || !(error.retryable || error.throttled)) throw error;
        if (tried + 1 >= TRIES || stop.signal.aborted) throw error;
        const backoff = error.throttled ? throttleBackoff : pageBackoff;
        await clock.sleep(backoffMs(tried, backoff, random, error.retryAfterMs), stop.signal);
      }
    }
  };

  const fetchPage = async (range: Range): Promise<void> => {
    range.listing = true;
    active++;
    try {
      const asked = range.after;
      const page = await request(asked);
      if (range.gone) return;
      const { upTo } = range;
      const within = upTo === undefined ? page.objects : page.objects.filter(({ key }) => compareKeys(key, upTo) <= 0);
      const first = within[0];
      const last = within.at(-1);
      if (first !== undefined && last !== undefined) {
        useful++;
        range.pages.push([...within]);
        range.seen = { first: first.key === last.key ? (asked ?? "") : first.key, last: last.key };
        letters.note(first.key);
        letters.note(last.key);
      } else vain++;
      const more = page.nextMarker;
      if (more !== undefined && more === asked) {
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
      if (range.over || range.seen === undefined) continue;
      const cuts = cutsAfter(range.seen, range.upTo, prefix, letters, inFlight - active);
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
  seen: undefined,
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

/** What is known of the characters of keys, by how deep in the key they stand: what there is to cut at. */
interface Letters {
  note(key: string): void;
  /** Characters after `letter` that keys may have at this depth, in order, every `step`-th of a class. */
  after(letter: string, depth: number, step: number, most: number): string[];
}

const DIGITS = [..."0123456789"];

function createLetters(prefix: string): Letters {
  const everywhere = new Set<string>();
  const byDepth: Set<string>[] = [];
  return {
    note(key) {
      for (const [depth, letter] of [...key.slice(prefix.length)].entries()) {
        everywhere.add(letter);
        byDepth[depth] ??= new Set();
        byDepth[depth].add(letter);
      }
    },
    after(letter, depth, step, most) {
      const code = letter.codePointAt(0) as number;
      const like = kindOf(code);
      if (like === "beyond") return codesAfter(code, step, most);
      const alike = like === "digit" ? DIGITS : [...everywhere].filter((each) => kindOf(each.codePointAt(0)) === like);
      const next = alike
        .filter((each) => each > letter)
        .sort()
        .filter((_, n) => (n + 1) % step === 0);
      // Of another class only what was seen at this depth: in a hex name letters follow the digits.
      const others = [...(byDepth[depth] ?? [])].filter(
        (each) => compareKeys(each, letter) > 0 && !alike.includes(each),
      );
      return [...next, ...others].sort(compareKeys).slice(0, most);
    },
  };
}

function kindOf(code = 0): "digit" | "lower" | "upper" | "sign" | "beyond" {
  if (code >= 0x30 && code <= 0x39) return "digit";
  if (code >= 0x61 && code <= 0x7a) return "lower";
  if (code >= 0x41 && code <= 0x5a) return "upper";
  return code < 0x80 ? "sign" : "beyond";
}

/** Scripts beyond ASCII have their characters side by side. Surrogates are no characters. */
function codesAfter(code: number, step: number, most: number): string[] {
  const codes: string[] = [];
  for (let next = code + step; next <= 0x10ffff && codes.length < most; next += step) {
    if (next >= 0xd800 && next <= 0xdfff) continue;
    codes.push(String.fromCodePoint(next));
  }
  return codes;
}

/** How many characters on of its class the second is; at least one. */
function distance(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return 1;
  const [from, to] = [a.codePointAt(0), b.codePointAt(0)];
  return kindOf(from) === kindOf(to) ? Math.max(1, (to as number) - (from as number)) : 1;
}

/** Characters of a class: what one step at a place of the key is worth in steps at the next. */
const RADIX = 10;

/**
 * Where to cut what is left of a range after a page from `first` to `last`: at keys after `last`, in order, the nearest some
 * pages apart and then farther and farther. At most `most`, all of them before `upTo`.
 */
function cutsAfter(
  { first, last }: { readonly first: string; readonly last: string },
  upTo: string | undefined,
  prefix: string,
  letters: Letters,
  most: number,
): string[] {
  const from = [...first.slice(prefix.length)];
  const to = [...last.slice(prefix.length)];
  // The one key that is the prefix itself says nothing of the others.
  if (to.length === 0) return [];
  let depth = 0;
  while (depth < to.length - 1 && from[depth] === to[depth]) depth++;
  let step = PAGES_A_PIECE * distance(from[depth], to[depth]);
  const cuts: string[] = [];
  for (; depth >= 0 && cuts.length < most; depth--, step = Math.max(1, Math.round(step / RADIX))) {
    const stem = prefix + to.slice(0, depth).join("");
    for (const letter of letters.after(to[depth] as string, depth, step, most - cuts.length)) {
      const cut = stem + letter;
      if (upTo !== undefined && compareKeys(cut, upTo) >= 0) return cuts;
      cuts.push(cut);
    }
  }
  return cuts;
}
