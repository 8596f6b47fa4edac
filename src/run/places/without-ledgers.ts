/** A listing without what belongs to anybody's ledger, which is neither an original nor a copy of one. */

import { createLedgerFinder } from "../../ledger/own-keys.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { printAddress } from "../../vocabulary/address.ts";

/** As many are named. */
const NAMED = 5;

/** @param onFound told where such a ledger, or a run of one, lies; at most five times */
export async function* withoutLedgers(
  pages: AsyncIterable<readonly ListedObject[]>,
  bucket: string,
  onFound: (address: string) => void,
): AsyncGenerator<readonly ListedObject[]> {
  const ledgerOf = createLedgerFinder();
  let told = 0;
  let last: string | undefined;
  for await (const page of pages) {
    const others = page.filter(({ key }) => {
      const ledger = ledgerOf(key);
      if (ledger === undefined) return true;
      if (ledger !== last && told++ < NAMED) onFound(printAddress({ bucket, prefix: ledger }));
      last = ledger;
      return false;
    });
    if (others.length > 0) yield others;
  }
}

/**
 * A listing that leaves out all keys beginning with `jumped` without listing them: up to there, and on from behind the last
 * key that could begin so.
 */
export async function* listWithout(
  list: (range: {
    readonly after?: string | undefined;
    readonly upTo?: string | undefined;
  }) => AsyncIterable<readonly ListedObject[]>,
  jumped: string | undefined,
  after: string | undefined,
): AsyncGenerator<readonly ListedObject[]> {
  if (jumped === undefined) return yield* list({ after });
  const without = async function* (pages: AsyncIterable<readonly ListedObject[]>) {
    for await (const page of pages) {
      const others = page.filter(({ key }) => !key.startsWith(jumped));
      if (others.length > 0) yield others;
    }
  };
  if (after === undefined || compareKeys(after, jumped) < 0) yield* without(list({ after, upTo: jumped }));
  const behind = `${jumped}\u{10fffd}`;
  yield* without(list({ after: after === undefined || compareKeys(after, behind) < 0 ? behind : after }));
}
