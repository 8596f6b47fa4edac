/** Signs that the workers of a run give each other: one small object a worker and heartbeat, all of it in the name. */
import { type Pulse, parsePulse, paths, pulsePath } from "./layout.ts";
import { type LedgerStore, pagesAfter } from "./store.ts";

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
  const pulses = new Map<string, Pulse>();
  let serverTime = 0;
  for await (const page of pagesAfter(ledger, paths.pulses, paths.pulsesOfSlot(slot))) {
    serverTime = page.serverTime;
    for (const { key } of page.objects) {
      const pulse = parsePulse(key);
      if (pulse === undefined || pulse.slot > slotAt(serverTime) + 1) continue;
      const known = pulses.get(pulse.worker);
      if (known === undefined || pulse.slot >= known.slot) pulses.set(pulse.worker, pulse);
    }
  }
  return { pulses, serverTime };
}
