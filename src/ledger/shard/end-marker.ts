/**
 * `<attempt>-end`: it stopped cleanly, and nothing of it is in flight. One with a byte in it says that its process stops too, so that no other
 * attempt of that process follows. attempts.ts reads both from a listing.
 */
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

export function writeEndMarker(
  ledger: LedgerStore,
  shard: number,
  attempt: string,
  { processStops = false }: { readonly processStops?: boolean | undefined } = {},
): Promise<void> {
  return ledger.put(paths.end(shard, attempt), processStops ? "." : "");
}
