/**
 * The one way in which a run comes to be, or is gone on with, whichever door asks for it. From top to bottom:
 *
 *   1. the archive key's template can be used, source, archive and ledger share no keys (PlacesOverlap), and the archive's store knows the
 *      words of the request (InvalidSetting)
 *   2. the ledger is there, and may be read             where buckets are looked at first
 *   3. a plan is there: the request is the same (RunDiffers), and the run is not over yet
 *   4. the run is not stopped                           where a run that is stopped is refused
 *   5. source and archive are there                     where buckets are looked at first
 *   6. no plan yet: a listing finds enough (TooFewRows), and the rows can be read
 *   7. no other run works in its places (PlacesTaken)   where others are asked for: by commands, and by schedules, which wait
 *   8. no plan yet: the request is claimed (RunDiffers), what the ledger's store may lack is looked at (LedgerUnlisted), and the plan is
 *      written, or handed on
 *
 * Nothing is written before all that could be refused was.
 */

import { readControl, saysStop } from "../../ledger/control.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { type RunDocument, readRun } from "../../ledger/plan/run-document.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { checkStoreLacks } from "../../ledger/store-lacks.ts";
import { checkTemplate } from "../../policy/archive-key.ts";
import type { Summary } from "../../report/summary.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { checkLeastRows, leastRowsUnlessSaid } from "../places/least-rows.ts";
import { lookForOthers } from "../places/other-runs.ts";
import { checkPlacesApart } from "../places/places-apart.ts";
import { checkStoreWords } from "../places/store-words.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { checkManifest } from "./check-manifest.ts";
import { claimNewRun, claimRun } from "./claim.ts";
import { type PlanEntries, type ReadUpTo, skipRows } from "./entry.ts";
import { planOn, writePlan } from "./plan.ts";
import { preflight, preflightLedger } from "./preflight.ts";
import { readAhead } from "./read-ahead.ts";
import { rowsOf } from "./rows.ts";
import { entriesInScope, tellLeftOut } from "./scope.ts";

/** Which run, where it is recorded, and where its rows are read. */
export interface RunInput {
  readonly ledger: Place;
  /** What is asked; `request.run` names the run. A run of that id that was asked something else is refused (UserError RunDiffers). */
  readonly request: RunRequest;
  /** The rows, read anew at each call; not needed (never called) where the run is planned already. */
  readonly rows: () => PlanEntries;
  /** The rows that are left out, where they are a file of this process. */
  readonly except?: (() => PlanEntries) | undefined;
  /** What a listing must find in the source at least, before anything is compared (UserError TooFewRows); 1 where absent. */
  readonly leastRows?: number | undefined;
  /** Is it begun though another run works in its places just now? */
  readonly beside?: boolean | undefined;
  /** What whoever looked for it found of this run in the ledger just now; absent where nobody did. */
  readonly before?: "nothing" | "something" | undefined;
}

/** How a door begins a run. */
export interface Beginning {
  /** Are the buckets looked at first, so that a person is told at once? A message finds out by its first request. */
  readonly looksFirst: boolean;
  /** What is sent of a run that was halted or cancelled, workers drop. */
  readonly refusesStopped: boolean;
  /** Which plans are written here. The others are handed on to whoever works the queue. */
  readonly plans: "every" | "own file" | "one shard";
  /** What becomes of it while another run works in its places: messages may bring one manifest after the other. */
  readonly others: "refused for" | "waited for" | "passed over";
}

export const beginnings = {
  message: { looksFirst: false, refusesStopped: false, plans: "one shard", others: "passed over" },
  schedule: { looksFirst: false, refusesStopped: false, plans: "one shard", others: "waited for" },
  run: { looksFirst: true, refusesStopped: false, plans: "every", others: "refused for" },
  submit: { looksFirst: true, refusesStopped: true, plans: "own file", others: "refused for" },
} as const satisfies Record<string, Beginning>;

export type Begun =
  /** It was over before. */
  | { readonly kind: "complete"; readonly ledger: LedgerStore; readonly summary: Summary }
  /** Now, or before. `isNew`: nothing of it was in the ledger. */
  | { readonly kind: "planned"; readonly ledger: LedgerStore; readonly run: RunDocument; readonly isNew: boolean }
  /** Its request is in the ledger, and whoever handles a reconcile message writes its plan. */
  | { readonly kind: "handed on" }
  /** Nothing is begun: that run works in its places, and is waited for. */
  | { readonly kind: "waits"; readonly for: string };

/**
 * Errors: UserError (usage, manifest, `RunDiffers`, `RunStopped`, `PlacesTaken`), RefusedError (credentials or permission), BucketError; what
 * `signal` aborted with.
 * @param looking aborts once there is no more time to look whether one shard holds all rows: then the plan is handed on, unlooked at
 */
export async function beginRun(
  input: RunInput,
  { looksFirst, refusesStopped, plans, others }: Beginning,
  surroundings: Surroundings,
  signal?: AbortSignal,
  looking?: AbortSignal,
): Promise<Begun> {
  const { request } = input;
  checkTemplate(request.options.archiveKey);
  checkPlacesApart({ ...request, ledger: input.ledger });
  checkStoreWords(request);
  if (looksFirst && input.before === undefined) await preflightLedger(input.ledger, surroundings);
  const ledger = openLedger(input.ledger, request.run, surroundings);
  const isNew = input.before === "nothing";
  const planned = isNew ? undefined : await readRun(ledger);
  if (planned !== undefined) {
    await claimRun(ledger, request);
    const summary = await readSummary(ledger);
    if (summary?.state === "complete") return { kind: "complete", ledger, summary };
  }
  if (refusesStopped) await refuseStopped(ledger, request.run);
  const places = others === "passed over" ? undefined : lookForOthers(input.ledger, request, surroundings);
  if (looksFirst) await preflight(request, surroundings);
  const other = async () => places && (await places).take(input.beside === true);
  if (planned !== undefined) {
    if (others === "refused for") refuseTaken(await other(), request);
    return { kind: "planned", ledger, run: planned, isNew: false };
  }

  await checkLeastRows(request, input.leastRows ?? leastRowsUnlessSaid, input.ledger, surroundings);
  const read = plans === "one shard" ? await readAhead(input.rows(), request.options.shardSize, looking) : undefined;
  if (read?.kind !== "out of time") await checkManifest(read === undefined ? input.rows() : read.entries(), request);
  const at = await other();
  if (at !== undefined && others === "waited for") return { kind: "waits", for: at };
  refuseTaken(at, request);
  const claim = isNew ? await claimNewRun(ledger, request) : undefined;
  const ruling = claim?.isFirst ? request : await (claim?.ruling ?? claimRun(ledger, request));
  const { prefix } = input.ledger;
  await checkStoreLacks({ bucket: surroundings.open("ledger", input.ledger), prefix, run: request.run }, surroundings);
  const isOwnFile = ruling.rows.kind === "file" || ruling.except?.kind === "file";
  if (!isPlannedHere(plans, isOwnFile, read?.kind === "read" && read.whole)) {
    await claim?.ruling;
    return { kind: "handed on" };
  }
  const planner = { ledger, place: input.ledger, clock: surroundings.clock, random: surroundings.random };
  if (read?.kind === "read") {
    const entries = entriesInScope(read.entries(), ruling, surroundings, { signal: looking ?? signal });
    const run = await writePlan(entries, ruling, planner);
    tellLeftOut(surroundings.log, run);
    return { kind: "planned", ledger, run, isNew: false };
  }
  const rows = (from: ReadUpTo | undefined) =>
    entriesInScope(rowsAfter(input, surroundings, from), ruling, surroundings, { signal, except: input.except });
  const slice = { ...planner, rows, deadline: Number.POSITIVE_INFINITY, signal };
  const run = await planOn({ ...slice, request: ruling, ...(claim?.isFirst && { claimed: claim.ruling }) });
  if (run !== undefined) {
    tellLeftOut(surroundings.log, run);
    return { kind: "planned", ledger, run, isNew: claim?.isFirst === true };
  }
  // Asked to stop while it was planning: the next process goes on from there.
  signal?.throwIfAborted();
  throw new Error("planning without a deadline stops only where it is asked to");
}

/**
 * @param ownFile is a file of this process needed for it?
 * @param whole do all rows fit into one shard?
 */
export function isPlannedHere(plans: Beginning["plans"], ownFile: boolean, whole: boolean): boolean {
  switch (plans) {
    case "every":
      return true;
    case "own file":
      return ownFile;
    case "one shard":
      return whole;
  }
}

function refuseTaken(other: string | undefined, { source, archive }: RunRequest): void {
  if (other === undefined) return;
  throw new UserError(
    "PlacesTaken",
    `The run ${JSON.stringify(other)} archives from ${printAddress(source)} to ${printAddress(archive)} just now, and each key would be fetched and paid for twice; nothing was begun: wait for it, cancel it, or say --beside.`,
  );
}

async function refuseStopped(ledger: LedgerStore, run: string): Promise<void> {
  const control = await readControl(ledger);
  if (!saysStop(control)) return;
  const how = control.kind === "halt" ? "halted" : "cancelled";
  throw new UserError(
    "RunStopped",
    `The run ${JSON.stringify(run)} was ${how}, and workers drop what is sent of it; let it go on with: cos-originals resume ${run}`,
  );
}

/** Where an earlier process had planned so far: the rows behind that. */
function rowsAfter(input: RunInput, surroundings: Surroundings, from: ReadUpTo | undefined): PlanEntries {
  if (from === undefined) return input.rows();
  const { kind } = input.request.rows;
  if (kind === "file" || kind === "inline") return skipRows(input.rows(), from.rows);
  return rowsOf(input.request, surroundings, { ledger: input.ledger, from });
}
