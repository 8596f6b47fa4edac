/** Source, archive and ledger of a run share no keys: else copies are archived again, or originals overwritten. */

import { writeControl } from "../../ledger/control.ts";
import { defaultHistoryFolder, ledgerRanges, mayBeLedgerKey } from "../../ledger/own-keys.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type KeyRange, overlapOf, shareKeys } from "../../policy/places.ts";
import { printAddress } from "../../vocabulary/address.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { asFolder } from "../../vocabulary/names.ts";

export interface PlacesOfRun {
  readonly source: KeyRange;
  readonly archive: KeyRange;
  readonly ledger: KeyRange;
  /** `history`: where in the archive's bucket replaced objects are kept. `fromArchive`: the source is itself an archive, with a ledger in it. */
  readonly options?:
    | {
        readonly history?: string | undefined;
        readonly fromArchive?: { readonly history?: string | undefined } | undefined;
      }
    | undefined;
}

/** What is wrong with these places, in one sentence that names both; undefined where nothing is. */
export function placesFault({ source, archive, ledger, options }: PlacesOfRun): string | undefined {
  const [from, to, record] = [source, archive, ledger].map(printAddress);
  switch (overlapOf(source, archive)) {
    case "same":
      return `The source and the archive are one place, ${from}, where each original would be taken for its own copy; ${apart}.`;
    case "within":
      return `The archive ${to} lies within the source ${from}, so copies would be archived again as originals; ${apart}.`;
    case "holds it":
      return `The source ${from} lies within the archive ${to}, so a copy could be written over an original; ${apart}.`;
    case undefined:
  }
  if (options?.fromArchive !== undefined) return fromArchiveFault(options.fromArchive.history);
  if (!ledgerRanges(ledger).some((range) => shareKeys(source, range))) return historyFault();
  return `The ledger ${record} and the source ${from} share keys, so what is recorded would lie among the originals; record runs elsewhere, by --ledger or the message's \`ledger\`.`;

  /** What is brought back goes neither over the ledger nor over what was kept. */
  function fromArchiveFault(history: string | undefined): string | undefined {
    if (ledgerRanges(ledger).some((range) => shareKeys(archive, range))) {
      return `The ledger ${record} and the destination ${to} share keys; bring the keys back to another place, or record the run elsewhere, by --ledger.`;
    }
    if (history === undefined) return undefined;
    const kept = historyRange(source, history);
    if (!shareKeys(archive, kept)) return undefined;
    return `The history ${printAddress(kept)} and the destination ${to} share keys; bring the keys back to another place.`;
  }

  function historyFault(): string | undefined {
    if (options?.history === undefined) return undefined;
    const history = historyRange(archive, options.history);
    const kept = printAddress(history);
    if (shareKeys(source, history)) {
      return `The history ${kept} and the source ${from} share keys, so what was replaced would lie among the originals; ${elsewhere}.`;
    }
    // Listings leave out what has a ledger's name, whichever run's it is.
    const hides = overlapOf(archive, history) === "within" && mayBeLedgerKey(history.prefix);
    if (shareKeys(archive, history) && !hides) {
      return `The history ${kept} and the archive ${to} share keys, so what was replaced would be taken for archived originals; ${elsewhere}, or, within the archive, in ${printAddress({ ...archive, prefix: asFolder(archive.prefix) + defaultHistoryFolder })}.`;
    }
    if (ledgerRanges(ledger).some((range) => shareKeys(history, range))) {
      return `The history ${kept} and the ledger ${record} share keys; ${elsewhere}.`;
    }
    return undefined;
  }
}

const elsewhere = "keep it under another --history, like history/";

/** Where in the archive's bucket replaced objects are kept. */
export const historyRange = ({ store, bucket }: Pick<KeyRange, "store" | "bucket">, history: string): KeyRange =>
  store === undefined ? { bucket, prefix: history } : { store, bucket, prefix: history };

const apart = "archive to another bucket, or give both a prefix in such a way that neither begins the other";

/** @throws UserError `PlacesOverlap` */
export function checkPlacesApart(places: PlacesOfRun): void {
  const fault = placesFault(places);
  if (fault !== undefined) throw new UserError("PlacesOverlap", fault);
}

/** A run that an older version planned in spite of its places: its messages are nobody's fault, and no row of it may be archived. */
export async function haltForPlaces(
  ledger: LedgerStore,
  fault: string,
  { clock }: { readonly clock: Pick<Clock, "now"> },
): Promise<void> {
  await writeControl(ledger, "halt", fault, new Date(clock.now()).toISOString());
}
