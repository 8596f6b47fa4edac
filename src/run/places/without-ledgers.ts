/** A listing without what belongs to anybody's ledger, which is neither an original nor a copy of one. */
import { printAddress } from "../../cos/address/address.ts";
import { createLedgerFinder } from "../../ledger/own-keys.ts";
import type { ListedObject } from "../../objects/bucket.ts";

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
