/** Source, archive and ledger of a run share no keys: else copies are archived again, or originals overwritten. */

import { writeControl } from "../../ledger/control.ts";
import { ledgerRanges } from "../../ledger/own-keys.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type KeyRange, overlapOf, shareKeys } from "../../policy/places.ts";
import { printAddress } from "../../vocabulary/address.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";

export interface PlacesOfRun {
  readonly source: KeyRange;
  readonly archive: KeyRange;
  readonly ledger: KeyRange;
}

/** What is wrong with these places, in one sentence that names both; undefined where nothing is. */
export function placesFault({ source, archive, ledger }: PlacesOfRun): string | undefined {
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
  if (!ledgerRanges(ledger).some((range) => shareKeys(source, range))) return undefined;
  return `The ledger ${record} and the source ${from} share keys, so what is recorded would lie among the originals; record runs elsewhere, by --ledger or the message's \`ledger\`.`;
}

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
