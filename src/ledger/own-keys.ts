/** Which keys of a bucket are the ledger's own: nothing is archived there, and nothing that lies there is an original or a copy. */
import { asFolder } from "../vocabulary/names.ts";
import { runsFolder } from "./layout.ts";

interface Keys {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * What the ledger's own keys begin with, in the bucket of `beside`: the ledger's folder, or where that is no folder within
 * `beside`, the one of its runs. Undefined where it lies in another bucket.
 */
export function ledgerKeys(beside: Keys, ledger: Keys): string | undefined {
  if (ledger.bucket !== beside.bucket) return undefined;
  const folder = asFolder(ledger.prefix);
  return folder.length > beside.prefix.length ? folder : `${folder}${runsFolder}`;
}

/** The part of a listing that is the ledger's own; undefined where it has none. */
export function ledgerWithin(listed: Keys, ledger: Keys): string | undefined {
  const own = ledgerKeys(listed, ledger);
  return own?.startsWith(listed.prefix) ? own : undefined;
}
