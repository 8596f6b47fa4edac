/**
 * The runs of a ledger, the newest first. Which there are is told by LISTs of names, and so is when those of commands and
 * schedules began; each that is shown costs a
 * LIST and two GETs where it is over, and what `status` costs where it is not.
 */
import pLimit from "p-limit";
import { documentsPresent } from "../../ledger/documents-present.ts";
import { openPlaces } from "../../ledger/places.ts";
import { type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { readPulses, slotAt, slotMs } from "../../ledger/pulse.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { listRuns } from "../../ledger/runs.ts";
import type { Summary } from "../../report/summary.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { runIdSchema } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { statusOf } from "./status.ts";

export type RunOfLedger =
  | {
      readonly kind: "read";
      readonly run: string;
      readonly request: RunRequest;
      /** Of a run that is not over what a LIST can't tell is null in it. */
      readonly summary: Summary;
      /** Of a run that is not over: when a worker of it last gave a sign within the hour, ms since the epoch by the ledger's clock. */
      readonly lastSign: number | undefined;
    }
  /** Its documents are a newer version's, or none. */
  | { readonly kind: "unread"; readonly run: string; readonly reason: string };

export interface RunsOfLedger {
  /** The newest first. */
  readonly runs: readonly RunOfLedger[];
  /** Those that are not shown. */
  readonly more: number;
}

/** Runs looked at, and requests for what no LIST tells of their beginning, at once. */
const AT_ONCE = 8;
/** Of which a worker's sign is looked for. */
const RECENT_MS = 3_600_000;

/** @param most so many of the newest are shown */
export async function runsOf(place: Place, surroundings: Surroundings, most: number): Promise<RunsOfLedger> {
  const ids = await newestFirst(place, surroundings);
  const limit = pLimit(AT_ONCE);
  const runs = await limit.map(ids.slice(0, most), (id) => look(place, id, surroundings));
  return { runs, more: Math.max(0, ids.length - most) };
}

/** Undefined where the ledger has no run. */
export async function newestRun(place: Place, surroundings: Surroundings): Promise<string | undefined> {
  const [newest] = await newestFirst(place, surroundings);
  return newest;
}

async function newestFirst(place: Place, surroundings: Surroundings): Promise<readonly string[]> {
  const bucket = surroundings.open("ledger", place);
  const begun = new Map(await openPlaces(bucket, place.prefix, surroundings).beginnings());
  const limit = pLimit(AT_ONCE);
  const there = new Map<string, number>();
  for await (const names of listRuns(bucket, place.prefix, surroundings)) {
    const ids = names.filter((id) => runIdSchema.safeParse(id).success);
    await limit.map(ids, async (id) => {
      there.set(id, begun.get(id) ?? (await askedAt(place, id, surroundings)));
    });
  }
  return [...there].sort(([a, at], [b, bt]) => bt - at || (a < b ? 1 : -1)).map(([id]) => id);
}

/** Of a run that a message, or an earlier version, began. What can't be read comes last. */
async function askedAt(place: Place, id: string, surroundings: Surroundings): Promise<number> {
  try {
    const request = await readRequest(openLedger(place, id, surroundings));
    return request === undefined ? 0 : Date.parse(request.askedAt);
  } catch (thrown) {
    if (thrown instanceof UserError) return 0;
    throw thrown;
  }
}

async function look(place: Place, run: string, surroundings: Surroundings): Promise<RunOfLedger> {
  const ledger = openLedger(place, run, surroundings);
  try {
    const there = await documentsPresent(ledger);
    if (there.summary && there.request) {
      const [written, request] = await Promise.all([readSummary(ledger), readRequest(ledger)]);
      if (written?.state === "complete" && request !== undefined) {
        return { kind: "read", run, request, summary: written, lastSign: undefined };
      }
    }
    const { summary, request } = await statusOf(place, run, surroundings);
    const from = slotAt(there.serverTime - RECENT_MS);
    const { pulses } = await readPulses(ledger, from);
    const slots = [...pulses.values()].map(({ slot }) => slot);
    const lastSign = slots.length === 0 ? undefined : Math.max(...slots) * slotMs;
    return { kind: "read", run, request, summary, lastSign };
  } catch (thrown) {
    const error = ensureError(thrown);
    if (!(error instanceof UserError)) throw error;
    return { kind: "unread", run, reason: error.message };
  }
}
