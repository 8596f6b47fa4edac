/** Which keys the last complete run of the same had found deleted, so that the next one tells the new ones from them. */
import { comparedRuns } from "../../ledger/compared.ts";
import { readDeleted } from "../../ledger/plan/deleted-keys.ts";
import { type RunRequest, requestIdentity } from "../../ledger/plan/request.ts";
import { type RunDocument, readRun } from "../../ledger/plan/run-document.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

type Asked = Pick<RunRequest, "source" | "archive" | "rows" | "options">;

const comparedOf = (place: Place, asked: Asked, surroundings: Surroundings) =>
  comparedRuns(surroundings.open("ledger", place), place.prefix, requestIdentity(asked), surroundings);

/** Undefined where no run of the same was complete before, or its lists are gone. */
export async function deletedBefore(
  place: Place,
  asked: Asked,
  surroundings: Surroundings,
): Promise<{ readonly run: string; readonly keys: AsyncIterable<string> } | undefined> {
  const run = await comparedOf(place, asked, surroundings).last();
  if (run === undefined) return undefined;
  const ledger = openLedger(place, run, surroundings);
  const untold = (thrown: unknown) => {
    if (!(thrown instanceof UserError)) throw thrown;
    surroundings.log.warn("The keys that an earlier run found deleted can't be read, so they are taken for new ones.", {
      run,
      reason: thrown.message,
    });
  };
  let before: RunDocument | undefined;
  try {
    before = await readRun(ledger);
  } catch (thrown) {
    untold(thrown);
    return undefined;
  }
  const deleted = before?.deletedFromSource;
  // One of an earlier version told their number alone.
  if (deleted === undefined || (deleted.count > 0 && deleted.lists === undefined)) return undefined;
  const { lists = [] } = deleted;
  async function* keys() {
    try {
      for await (const { key } of readDeleted(ledger, lists)) yield key;
    } catch (thrown) {
      untold(thrown);
    }
  }
  return { run, keys: keys() };
}

/** A run that compared its listings is complete. */
export async function markCompared(place: Place, run: RunDocument, surroundings: Surroundings): Promise<void> {
  // One that ended at its limit looked at the first keys alone.
  if (run.compared?.by === "listing" && run.limited !== true)
    await comparedOf(place, run.request, surroundings).add(run.run);
}
