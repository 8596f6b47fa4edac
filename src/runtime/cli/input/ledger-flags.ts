/** The flags that name a ledger, for commands that people are told to type. */
import { flagOf } from "../../../config/settings.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { shellWord } from "../terminal/shell-word.ts";

export function ledgerFlags(ledger: Place): string {
  // A folder is in no region.
  const region = ledger.store === "file" ? "" : ` ${flagOf("archiveRegion")} ${ledger.region}`;
  return `${flagOf("ledger")} ${shellWord(printAddress(ledger))}${region}`;
}
