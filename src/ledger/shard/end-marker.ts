/** `<attempt>-end`: it stopped cleanly, and nothing of it is in flight. attempts.ts reads it from a listing. */
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

export function writeEndMarker(ledger: LedgerStore, shard: number, attempt: string): Promise<void> {
  return ledger.put(paths.end(shard, attempt), "");
}
