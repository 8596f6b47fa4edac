/** The flags that name a ledger, for commands that people are told to type. */
import { flagOf } from "../../../config/settings.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { printAddress } from "../../../vocabulary/address.ts";

export function ledgerFlags(ledger: Place): string {
  const address = printAddress(ledger);
  const word = /^[\w:/.@+-]+$/.test(address) ? address : `'${address.replaceAll("'", "'\\''")}'`;
  return `${flagOf("ledger")} ${word} ${flagOf("archiveRegion")} ${ledger.region}`;
}
