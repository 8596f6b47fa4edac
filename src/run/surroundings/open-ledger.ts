/** The ledger of one run, opened for one delivery. */

import { paths, runPrefix } from "../../ledger/layout.ts";
import { checkNotNewer } from "../../ledger/needs.ts";
import { type RunRequest, requestSchema } from "../../ledger/plan/run-document.ts";
import { unreadable } from "../../ledger/shard/segment.ts";
import { createLedgerStore, type LedgerStore } from "../../ledger/store.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "./surroundings.ts";

export function openLedger(place: Place, run: string, { open, clock, random }: Surroundings): LedgerStore {
  return createLedgerStore({ bucket: open("ledger", place), prefix: runPrefix(place.prefix, run), clock, random });
}

/** What the run was asked; undefined where there is no such run. Errors: UserError `LedgerUnreadable`, `NewerThanTool`. */
export async function readRequest(ledger: LedgerStore): Promise<RunRequest | undefined> {
  const bytes = await ledger.get(paths.request);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable(ledger.describe(paths.request), "is not JSON", cause);
  }
  checkNotNewer(value, "request", ledger.describe(paths.request));
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) throw unreadable(ledger.describe(paths.request), "is no run request of this version");
  return parsed.data;
}

export function noSuchRun(ledger: LedgerStore, run: string): UserError {
  return new UserError(
    "NoSuchRun",
    `There is no run ${JSON.stringify(run)} in the ledger: ${ledger.describe(paths.request)} does not exist.`,
  );
}

/** Where a run's ledger lies unless it is said: `.originals/` below the archive. */
export function defaultLedger(archive: Place): Place {
  const base = archive.prefix === "" || archive.prefix.endsWith("/") ? archive.prefix : `${archive.prefix}/`;
  return { ...archive, prefix: `${base}.originals/` };
}
