/** Fingerprints of the archive keys that the shards of a plan gave out since its last cursor: 12 bytes each (run/plan/keys/given-keys.ts). */
import { incomplete } from "../document.ts";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

/** @param shards written before them. Resolves with what a cursor names them by */
export async function writeFingerprints(
  ledger: LedgerStore,
  plan: string,
  shards: number,
  prints: Buffer,
): Promise<string> {
  const path = paths.fingerprints(plan, shards);
  await ledger.put(path, prints);
  return path;
}

/** @param path as a cursor names them. Throws UserError `LedgerIncomplete` */
export async function readFingerprints(ledger: LedgerStore, path: string): Promise<Buffer> {
  const prints = await ledger.get(path);
  if (prints !== undefined) return prints;
  throw incomplete(ledger.describe(path), "is missing, though a cursor names it; something deletes from the ledger.");
}
