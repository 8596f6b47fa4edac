/** Which keys of a bucket are the ledger's own: nothing is archived there, and nothing that lies there is an original or a copy. */
import type { Place } from "../run/messages/messages.ts";

type Keys = Pick<Place, "bucket" | "prefix">;

/**
 * What the ledger's own keys begin with, in the bucket of `beside`: the ledger's folder, or where that is no folder within
 * `beside`, the `runs/` in it. Undefined where it lies in another bucket.
 */
export function ledgerKeys(beside: Keys, ledger: Keys): string | undefined {
  if (ledger.bucket !== beside.bucket) return undefined;
  const folder = ledger.prefix === "" || ledger.prefix.endsWith("/") ? ledger.prefix : `${ledger.prefix}/`;
  return folder.length > beside.prefix.length ? folder : `${folder}runs/`;
}

/** The part of a listing that is the ledger's own; undefined where it has none. */
export function ledgerWithin(listed: Keys, ledger: Keys): string | undefined {
  const own = ledgerKeys(listed, ledger);
  return own?.startsWith(listed.prefix) ? own : undefined;
}
