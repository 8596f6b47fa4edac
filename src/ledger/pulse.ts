/** Signs that the workers of a run give each other: one small object a worker and heartbeat, all of it in the name. */
import { type RowRequest, rowRequests } from "../vocabulary/row-request.ts";
import { paths } from "./layout.ts";
import { type LedgerStore, pagesAfter } from "./store.ts";

export const slotMs = 10_000;

/** @param time ms since the epoch, by the ledger's clock */
export const slotAt = (time: number): number => Math.max(0, Math.floor(time / slotMs));

/** What a worker says of itself in the name of its pulse. */
export interface Pulse {
  /** Tens of seconds since the epoch, by the ledger's clock. */
  readonly slot: number;
  /** A ULID of this process and run. */
  readonly worker: string;
  /** Rows that it archived so far. */
  readonly archived: number;
  /** Of the shards that are open here: rows that have failed. */
  readonly failed: number;
  /** The slot in which each of a row's requests last succeeded; 0 where it never did. */
  readonly succeeded: Readonly<Record<RowRequest, number>>;
}

export function pulsePath({ slot, worker, archived, failed, succeeded }: Pulse): string {
  const last: readonly number[] = rowRequests.map((request) => succeeded[request]);
  // Of a run that restores nothing the name is what it ever was.
  const told = last.at(-1) === 0 ? last.slice(0, -1) : last;
  return `${paths.pulsesOfSlot(slot)}~${worker}~a${archived}~f${failed}~s${told.join("-")}`;
}

/** Undefined for what is none. */
export function parsePulse(path: string): Pulse | undefined {
  const match = /^pulse\/(\d+)~([0-9A-Z]{26})~a(\d+)~f(\d+)~s([\d-]+)$/.exec(path);
  if (match === null) return undefined;
  const [, slot, worker, archived, failed, succeeded = ""] = match;
  const last = succeeded.split("-").map(Number);
  return {
    slot: Number(slot),
    worker: worker as string,
    archived: Number(archived),
    failed: Number(failed),
    succeeded: lastOf((at) => last[at] ?? 0),
  };
}

const lastOf = (slotOf: (at: number) => number): Pulse["succeeded"] =>
  Object.fromEntries(rowRequests.map((request, at) => [request, slotOf(at)])) as Pulse["succeeded"];

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
