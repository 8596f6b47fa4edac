/** Lists a prefix of the listing store, many LISTs side by side or one after the other. */

import { parallelListing } from "../../../src/cos/listing/parallel.ts";
import type { ListedObject } from "../../../src/objects/bucket.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import { bucketsOf, region } from "../bodies.ts";
import { openSurroundings } from "../planned-run.ts";

export interface ListJob {
  readonly origin: string;
  readonly prefix: string;
  readonly sideBySide: boolean;
}

/** Entries, each once and in order; anything else is an error. */
export async function list({ origin, prefix, sideBySide }: ListJob): Promise<number> {
  const surroundings = openSurroundings(origin, 16);
  try {
    const bucket = surroundings.open("source", { bucket: bucketsOf.source, region });
    const pages = sideBySide ? parallelListing(bucket, prefix, surroundings) : serial();
    let entries = 0;
    let last: string | undefined;
    for await (const page of pages) {
      const first = page[0]?.key;
      if (first !== undefined && last !== undefined && compareKeys(first, last) <= 0)
        throw new Error(`${first} came again`);
      last = page.at(-1)?.key ?? last;
      entries += page.length;
    }
    return entries;

    async function* serial(): AsyncGenerator<readonly ListedObject[]> {
      let marker: string | undefined;
      do {
        const page = await bucket.list({ prefix, marker });
        yield page.objects;
        marker = page.nextMarker;
      } while (marker !== undefined);
    }
  } finally {
    await surroundings.close();
  }
}
