/**
 * A listing that finds next to nothing is a typo in its prefix, or a source that is not what it was: nothing is begun then. Counted
 * is what the source holds, before anything is compared, so a quiet night is none of that.
 */

import { parallelListing } from "../../cos/listing/parallel.ts";
import { ledgerWithin } from "../../ledger/own-keys.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { keysPerPage } from "../../vocabulary/limits.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { listWithout, withoutLedgers } from "./without-ledgers.ts";

/** What a listing must find unless somebody says otherwise. */
export const leastRowsUnlessSaid = 1;

/** Throws UserError `TooFewRows`. Lists no further than it must. */
export async function checkLeastRows(
  { source, rows }: Pick<RunRequest, "source" | "rows">,
  least: number,
  ledger: Place,
  { open, clock, random }: Surroundings,
): Promise<void> {
  if (rows.kind !== "listing" || least === 0) return;
  const { prefix } = rows;
  const bucket = open("source", source);
  // One page tells most; a number of many pages is counted as fast as a run is planned.
  const pace = least > keysPerPage ? {} : { inFlight: 1 };
  const pages = listWithout(
    (range) => parallelListing(bucket, prefix, { clock, random, ...pace, ...range }),
    ledgerWithin({ bucket: source.bucket, prefix }, ledger),
    undefined,
  );
  let found = 0;
  for await (const page of withoutLedgers(pages, source.bucket, () => undefined)) {
    found += page.length;
    if (found >= least) return;
  }
  const where = printAddress({ bucket: source.bucket, prefix });
  throw new UserError(
    "TooFewRows",
    `The listing of ${where} found ${found} ${nounOf(found, "object")}, and a run of it is to begin with ${least} at least, so nothing was begun; check the prefix, or say otherwise with --min-rows (\`minRows\` in a message).`,
  );
}
