/**
 * Runs that are not over. Each goes round by a reconcile message of its own; should one ever be lost, the nightly schedule
 * sends another. Two messages of one run cost a look at its ledger each, and nothing else.
 */

import pLimit from "p-limit";
import { type Control, readControl, saysStop } from "../../ledger/control.ts";
import { documentsPresent } from "../../ledger/documents-present.ts";
import { readRequest } from "../../ledger/plan/request.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { listRuns } from "../../ledger/runs.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Summary } from "../../report/summary.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { isNewerThanTool } from "../../vocabulary/newer.ts";
import { tellsOthers } from "../finalize/settle-events.ts";
import type { Sender } from "../messages/delivery.ts";
import { type Place, runIdSchema } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { reconcileMessage } from "./cancel-resume.ts";

/** Runs looked at, at most: a LIST each, and of those that look unfinished a few requests more. */
const MOST_RUNS = 10_000;
const AT_ONCE = 8;
/** Who takes nothing for a week is away for good; `events RUN` tries all the same. */
const TOLD_FOR_MS = 7 * 24 * 3_600_000;

export interface Unfinished {
  readonly runs: readonly string[];
  /** Were all runs of the ledger looked at? */
  readonly all: boolean;
}

/**
 * Runs with a request and without a complete summary that nobody stopped, and those that ended, or were stopped by somebody, and did not tell others all of it. Left out is what only its own process can plan: a
 * run of a file whose plan is not whole; and what only a newer version can plan.
 */
export async function unfinishedRuns(place: Place, surroundings: Surroundings, deadline: number): Promise<Unfinished> {
  const limit = pLimit(AT_ONCE);
  const runs: string[] = [];
  let looked = 0;
  const isEnough = () => surroundings.clock.elapsed() >= deadline || looked >= MOST_RUNS;
  for await (const names of listRuns(surroundings.open("ledger", place), place.prefix, surroundings)) {
    const ids = names.filter((id) => runIdSchema.safeParse(id).success);
    const found = await limit.map(ids, async (id) => {
      if (isEnough()) return undefined;
      looked++;
      return (await standingOf(place, id, surroundings)) === "unfinished" ? id : undefined;
    });
    runs.push(...found.filter((id) => id !== undefined));
    if (isEnough()) return { runs, all: false };
  }
  return { runs, all: true };
}

/** Others could not be told all of it: for some days it is tried again. */
function isToBeTold({ undelivered, endedAt }: Summary, { clock }: Surroundings): boolean {
  if (undelivered === undefined || undelivered === 0 || endedAt === null) return false;
  return clock.now() - Date.parse(endedAt) < TOLD_FOR_MS;
}

const stateOf = ({ kind }: Control) => (kind === "halt" ? "halted" : "cancelled");

/** `over`: nobody need look at it again. `at rest`: stopped, or for its own process to go on with; or nothing of it is there. */
export async function standingOf(
  place: Place,
  run: string,
  surroundings: Surroundings,
): Promise<"unfinished" | "over" | "at rest"> {
  const ledger = openLedger(place, run, surroundings);
  const there = await documentsPresent(ledger);
  if (!there.request) return "at rest";
  const summary = there.summary ? await readSummary(ledger) : undefined;
  if (summary?.state === "complete") return isToBeTold(summary, surroundings) ? "unfinished" : "over";
  return (await isToGoOn(ledger, there.run, summary, surroundings)) ? "unfinished" : "at rest";
}

async function isToGoOn(
  ledger: LedgerStore,
  isPlanned: boolean,
  summary: Summary | undefined,
  surroundings: Surroundings,
): Promise<boolean> {
  const control = await readControl(ledger);
  if (!saysStop(control) && isPlanned) return true;
  if (saysStop(control)) {
    // Whose report says so has been told of, as far as anybody could be.
    if (summary?.state === stateOf(control)) return isToBeTold(summary, surroundings);
    if (control.ageMs >= TOLD_FOR_MS) return false;
  }
  try {
    const request = await readRequest(ledger);
    if (saysStop(control)) return request !== undefined && tellsOthers(request);
    return request?.rows.kind !== "file" && request?.except?.kind !== "file";
  } catch (thrown) {
    // The schedule of those that know it reminds of it; the others' runs must not wait for that.
    if (isNewerThanTool(ensureError(thrown))) return false;
    throw thrown;
  }
}

/**
 * Sends a reconcile message for every unfinished run, as far as half of the delivery's time reaches. Fails for nothing: the
 * schedule's own run must not depend on runs of other nights.
 */
export async function remindUnfinished(
  place: Place,
  deadline: number,
  sender: Sender,
  surroundings: Surroundings,
): Promise<void> {
  const { clock, log } = surroundings;
  const now = clock.elapsed();
  try {
    const { runs, all } = await unfinishedRuns(place, surroundings, now + (deadline - now) / 2);
    for (const run of runs) await sender.send(reconcileMessage(place, run));
    if (runs.length > 0) log.info("unfinished runs were sent a reconcile message", { runs: runs.length });
    if (!all) log.warn("not every run of the ledger could be looked at for being unfinished", { ledger: place.prefix });
  } catch (thrown) {
    log.warn("unfinished runs could not be looked for", { reason: ensureError(thrown).message });
  }
}
