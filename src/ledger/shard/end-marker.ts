/**
 * `<attempt>-end`: it stopped cleanly, and nothing of it is in flight. How many bytes it has says more, so that a listing tells it (attempts.ts): one
 * where its process stops too, so that no other attempt of that process follows; two where it got on and hands over what is left; three for both.
 */
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

export interface AttemptEnding {
  readonly processStops?: boolean | undefined;
  readonly handsOver?: boolean | undefined;
}

export function writeEndMarker(
  ledger: LedgerStore,
  shard: number,
  attempt: string,
  { processStops = false, handsOver = false }: AttemptEnding = {},
): Promise<void> {
  return ledger.put(paths.end(shard, attempt), ".".repeat((processStops ? 1 : 0) + (handsOver ? 2 : 0)));
}

/** Of as many bytes. */
export function endingOf(size: number): { readonly processStopped?: true; readonly handedOver?: true } {
  return {
    ...(size % 2 === 1 ? { processStopped: true } : undefined),
    ...(size >= 2 ? { handedOver: true } : undefined),
  };
}
