/** The ledger of one run, opened for one delivery. */
import { defaultLedgerFolder } from "../../ledger/own-keys.ts";
import { reportPrefix, runPrefix } from "../../ledger/runs.ts";
import { createLedgerStore, type LedgerStore } from "../../ledger/store.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { asFolder } from "../../vocabulary/names.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "./surroundings.ts";

export function openLedger(place: Place, run: string, { open, clock, random, log }: Surroundings): LedgerStore {
  const region = place.store === "file" ? undefined : place.region;
  return createLedgerStore({
    bucket: open("ledger", place),
    prefix: runPrefix(place.prefix, run),
    region,
    clock,
    random,
    log,
  });
}

/** Where a run's ledger lies unless it is said: `.originals/` below the archive. */
export function defaultLedger(archive: Place): Place {
  return { ...archive, prefix: `${asFolder(archive.prefix)}${defaultLedgerFolder}` };
}

/** Where people read of a run. */
export function reportAddress(place: Place, run: string): string {
  return printAddress({ ...place, prefix: reportPrefix(runPrefix(place.prefix, run)) });
}
