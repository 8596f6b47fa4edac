/** Signs that the workers of a run give each other: one small object a worker and heartbeat, all of it in the name. */
import { type Pulse, parsePulse, paths, pulsePath } from "./layout.ts";
import { type LedgerStore, pagesAfter } from "./store.ts";

export type { Pulse };

export const slotMs = 10_000;

/** @param time ms since the epoch, by the ledger's clock */
export const slotAt = (time: number): number => Math.max(0, Math.floor(time / slotMs));

export function writePulse(ledger: LedgerStore, pulse: Pulse): Promise<void> {
  return ledger.put(pulsePath(pulse), "");
}

/** Of each worker its newest pulse, of the slots from `slot` on; what says it is of a time to come is passed over. */
export async function readPulses(
  ledger: LedgerStore,
  slot: number,
): Promise<{ readonly pulses: ReadonlyMap<string, Pulse>; readonly serverTime: number }> {
  const pulses = new Map<string, Pulse & { readonly lastModified: number }>();
  let serverTime = 0;
  for await (const page of pagesAfter(ledger, paths.pulses, paths.pulsesOfSlot(slot))) {
    serverTime = page.serverTime;
    for (const { key, lastModified } of page.objects) {
      const pulse = parsePulse(key);
      if (pulse === undefined || pulse.slot > slotAt(serverTime) + 1) continue;
      const known = pulses.get(pulse.worker);
      // Two of one slot are told apart by what was archived, which only grows, where the store's seconds do not.
      const isNewer =
        known === undefined ||
        pulse.slot > known.slot ||
        lastModified > known.lastModified ||
        (lastModified === known.lastModified && pulse.archived >= known.archived);
      if (isNewer) pulses.set(pulse.worker, { ...pulse, lastModified });
    }
  }
  return { pulses, serverTime };
}
