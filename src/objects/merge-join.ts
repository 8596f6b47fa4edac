/**
 * Two listings as one: a sort-merge join by key. Both come in the order of their keys' UTF-8 bytes, so one pass tells of each key on which
 * side it lies, and no more than a page of each is held.
 */
import type { ListedObject } from "./bucket.ts";
import { compareKeys } from "./key-order.ts";

export interface JoinedSide {
  /** None of them empty. */
  readonly pages: AsyncIterable<readonly ListedObject[]>;
  /** What goes before the key that both sides share; each key begins so. */
  readonly before: string;
  /** The error of a listing that can't be joined, and why. */
  readonly malformed: (why: string) => Error;
}

/** A key of one listing or of both; `before` is in the keys of its objects, and not in `key`. */
export type Joined =
  | { readonly kind: "both"; readonly key: string; readonly left: ListedObject; readonly right: ListedObject }
  | { readonly kind: "left"; readonly key: string; readonly left: ListedObject }
  | { readonly kind: "right"; readonly key: string; readonly right: ListedObject };

/** Entries of one batch. */
const BATCH = 1_000;

/** Yields each key once, in batches, in order. Throws what `malformed` says of a listing in another order. */
export async function* mergeJoin(left: JoinedSide, right: JoinedSide): AsyncGenerator<readonly Joined[]> {
  const [one, other] = [cursorOf(left), cursorOf(right)];
  let batch: Joined[] = [];
  try {
    for (;;) {
      const [a, b] = [one.now() ?? (await one.ahead()), other.now() ?? (await other.ahead())];
      if (a === undefined && b === undefined) break;
      const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.key, b.key);
      if (order === 0 && a !== undefined && b !== undefined) {
        batch.push({ kind: "both", key: a.key, left: a.object, right: b.object });
      } else if (order < 0 && a !== undefined) batch.push({ kind: "left", key: a.key, left: a.object });
      else if (b !== undefined) batch.push({ kind: "right", key: b.key, right: b.object });
      if (order <= 0) one.pass();
      if (order >= 0) other.pass();
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

interface Keyed {
  /** Without what goes before it. */
  readonly key: string;
  readonly object: ListedObject;
}

/** One object after the other; only a new page needs waiting for. */
function cursorOf({ pages, before, malformed }: JoinedSide) {
  const iterator = pages[Symbol.asyncIterator]();
  let page: readonly ListedObject[] = [];
  let at = 0;
  let last: string | undefined;
  const now = (): Keyed | undefined => {
    const object = page[at];
    return object === undefined ? undefined : { key: object.key.slice(before.length), object };
  };
  return {
    now,
    pass() {
      at++;
    },
    /** The first of the next page; undefined at the end. */
    async ahead(): Promise<Keyed | undefined> {
      for (;;) {
        const next = await iterator.next();
        if (next.done) return undefined;
        for (const { key } of next.value) {
          if (last !== undefined && compareKeys(last, key) >= 0) throw malformed(unordered(last, key));
          last = key;
        }
        // The folder itself, as consoles store it, is nobody's copy.
        page = next.value.filter(({ key }) => key.length > before.length);
        at = 0;
        if (page.length > 0) return now();
      }
    },
    close: async (): Promise<void> => void (await iterator.return?.()),
  };
}

const unordered = (before: string, after: string): string =>
  `it has ${JSON.stringify(after)} after ${JSON.stringify(before)}, which is not the order of UTF-8, so it can't be compared with another`;
