/** What a listing came to, and its digest, by which two of them are told to be one. */
import { createHash } from "node:crypto";
import type { ListedObject } from "../../objects/bucket.ts";
import { isoTime } from "../../vocabulary/clock.ts";

export interface ListTotals {
  readonly objects: number;
  readonly bytes: number;
  /** The newest by Last-Modified, milliseconds since the epoch; null of an empty listing. */
  readonly newest: { readonly key: string; readonly lastModified: number } | null;
  /** Of one line an object, in the order of the listing: `["KEY",SIZE,"ETAG","LAST MODIFIED"]` as JSON without spaces, and a line feed. */
  readonly sha256: string;
}

export interface ListCounter {
  take(page: readonly ListedObject[]): void;
  /** Of what was taken; nothing is taken after it. */
  totals(): ListTotals;
}

export function createListCounter(): ListCounter {
  const digest = createHash("sha256");
  let objects = 0;
  let bytes = 0;
  let newest: { key: string; lastModified: number } | null = null;
  return {
    take(page) {
      let lines = "";
      for (const { key, size, etag, lastModified } of page) {
        lines += `${JSON.stringify([key, size, etag, isoTime(lastModified)])}\n`;
        bytes += size;
        if (newest === null || lastModified > newest.lastModified) newest = { key, lastModified };
      }
      objects += page.length;
      digest.update(lines);
    },
    totals: () => ({ objects, bytes, newest, sha256: digest.digest("hex") }),
  };
}

/** The same pages, counted as they pass. */
export async function* counted(
  pages: AsyncIterable<readonly ListedObject[]>,
  counter: ListCounter,
): AsyncGenerator<readonly ListedObject[]> {
  for await (const page of pages) {
    counter.take(page);
    yield page;
  }
}
