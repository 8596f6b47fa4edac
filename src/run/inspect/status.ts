/**
 * How a run stands, whoever works on it. Counts come by LISTs alone: group markers, and the done markers of the groups that
 * have none yet, page by page; so a run of ten million rows costs a few dozen requests and no memory to speak of.
 */

import { readControl, saysStop } from "../../ledger/control.ts";
import { addCounts, type MarkerCounts } from "../../ledger/counts.ts";
import { groupOf, groupsOf, shardsPerGroup } from "../../ledger/group.ts";
import { noSuchRun, type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { overByPlan, type RunDocument, readRun } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { isSubmitted } from "../../ledger/plan/submitted.ts";
import { readSummary, summaryWrittenAt } from "../../ledger/report/summary.ts";
import { groupMarkers, readTally } from "../../ledger/report/tally-markers.ts";
import { isAlive } from "../../ledger/shard/attempts.ts";
import { doneMarkers } from "../../ledger/shard/done-marker.ts";
import { foldShards } from "../../ledger/shard/fold-shards.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import { readOpenMarker } from "../../ledger/shard/open-marker.ts";
import { readRestoring } from "../../ledger/shard/restoring-marker.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { listedSummary, type RunState, type Summary, tallyToSummary } from "../../report/summary.ts";
import { addOutcome, addRequests, emptyTally, type Tally } from "../../report/tally.ts";
import { factsOf, wholeTally } from "../finalize/finalize.ts";
import { doneOf, partsBegun } from "../finalize/report-parts.ts";
import { resolved } from "../finalize/resolved.ts";
import type { Place } from "../messages/messages.ts";
import { type IdleShards, idleShards } from "../reconcile/idle-shards.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface RunStatus {
  readonly ledger: LedgerStore;
  readonly request: RunRequest;
  /** Undefined while the run is being planned. */
  readonly run: RunDocument | undefined;
  /** What a LIST can't tell is null, unless `full` was asked. Without a plan there are no rows yet. */
  readonly summary: Summary;
  /** Shards that nobody works on, of a run that goes on. */
  readonly idle: IdleShards;
}

/** Shards that are not over whose attempts are looked at for signs of life. */
const LOOKED_AT = 8;
/** A shard may be given back for 15 minutes (policy/retry.ts); who is silent for longer does not come back by itself. */
const QUIET_MS = 16 * 60_000;
/** Of what was recorded of shards, for those that nobody works on. */
const MOST_LISTS = 20;
/** As many of those are named. */
const IDLE_NAMED = 10;
const noneIdle: IdleShards = { shards: [], all: true };
/** Between the plan and the first sign of work. */
const SETTLING_MS = 60_000;

/** Throws UserError `NoSuchRun`. With `full` the segments of what is not over are read as well. */
export async function statusOf(
  place: Place,
  id: string,
  surroundings: Surroundings,
  { full = false }: { readonly full?: boolean } = {},
): Promise<RunStatus> {
  const { clock } = surroundings;
  const ledger = openLedger(place, id, surroundings);
  const [request, run] = await Promise.all([readRequest(ledger), readRun(ledger)]);
  if (request === undefined) throw noSuchRun(ledger, id);
  if (run === undefined) {
    const control = await readControl(ledger);
    const state = !saysStop(control) ? "running" : control.kind === "halt" ? "halted" : "cancelled";
    const facts = await factsOf(ledger, { run: id, request }, state, clock.now());
    const summary = listedSummary(emptyTally(), { ...facts, endedAt: undefined });
    return { ledger, request, run, summary, idle: noneIdle };
  }
  const { counts, open, isOver } = await listedCounts(ledger, run);
  const { state, stored } = await stateOf(ledger, run, open, surroundings);
  const from = open[0];
  const idle =
    state === "running" && from !== undefined
      ? await idleShards(ledger, run, { isOver, from, mostLists: full ? Number.POSITIVE_INFINITY : MOST_LISTS })
      : noneIdle;
  const facts = {
    ...(await factsOf(ledger, run, state, clock.now())),
    ...(open.length > 0 && !full ? { atLeast: true } : undefined),
    idle: toldIdle(idle),
  };
  const endedAt = state === "running" ? undefined : endOf(stored);
  const whole = full ? wholeTally(run, await talliesOf(ledger, run, surroundings)) : counts;
  const pending = Math.max(0, run.rows - whole.archived - whole.skipped - whole.failed);
  const summary = full
    ? tallyToSummary({ ...emptyTally(), ...whole, pending }, { ...facts, endedAt })
    : listedSummary({ ...whole, pending }, { ...facts, endedAt });
  return { ledger, request, run, summary, idle };
}

function toldIdle({ shards, all }: IdleShards): Summary["idle"] {
  const [first] = shards;
  if (first === undefined) return undefined;
  const numbers = shards.slice(0, IDLE_NAMED).map(({ shard }) => shard);
  return { shards: shards.length, atLeast: !all, since: new Date(first.since).toISOString(), numbers };
}

function endOf(stored: Summary | undefined): number | undefined {
  return stored === undefined || stored.endedAt === null ? undefined : Date.parse(stored.endedAt);
}

interface Listed {
  readonly counts: MarkerCounts;
  /** The first few shards that are not over. */
  readonly open: readonly number[];
  readonly isOver: (shard: number) => boolean;
}

async function listedCounts(ledger: LedgerStore, run: RunDocument): Promise<Listed> {
  const over = await groupMarkers(ledger);
  const counts = { ...overByPlan(run) };
  for (const marker of over.values()) addCounts(counts, marker);
  let group = 0;
  while (group < groupsOf(run) && over.has(group)) group++;
  const open: number[] = [];
  const done = new Set<number>();
  /** Shards below this one are accounted for. */
  let next = group * shardsPerGroup;
  const openUpTo = (shard: number) => {
    for (; next < shard && open.length < LOOKED_AT; next++) if (!over.has(groupOf(next))) open.push(next);
  };
  if (group < groupsOf(run)) {
    let before = -1;
    for await (const marker of doneMarkers(ledger, group)) {
      // A shard's markers lie side by side, and all tell of the same segments: one counts.
      if (marker.number === before || over.has(groupOf(marker.number))) continue;
      before = marker.number;
      done.add(marker.number);
      openUpTo(marker.number);
      next = Math.max(next, marker.number + 1);
      addCounts(counts, marker);
    }
    openUpTo(run.shards);
  }
  return { counts, open, isOver: (shard) => done.has(shard) || over.has(groupOf(shard)) };
}

/**
 * Where no control says stop and the report is not whole, the run goes on as long as something carries it: a worker that
 * lives, or a queue. A run that only ever was a process's own is incomplete once that process has stopped.
 */
async function stateOf(
  ledger: LedgerStore,
  run: RunDocument,
  open: readonly number[],
  surroundings: Surroundings,
): Promise<{ readonly state: RunState; readonly stored: Summary | undefined }> {
  const stored = await readSummary(ledger);
  if (stored?.state === "complete") return { state: "complete", stored };
  const control = await readControl(ledger);
  if (saysStop(control)) {
    const state = control.kind === "halt" ? "halted" : "cancelled";
    return { state, stored: stored?.state === state ? stored : undefined };
  }
  const going = { state: "running", stored: undefined } as const;
  if (await isSubmitted(ledger, run.plan)) return going;
  const signs = await signsOfLife(ledger, open, surroundings);
  if (signs.alive) return going;
  const writtenAt = await summaryWrittenAt(ledger);
  const newest = Math.max(signs.newest, writtenAt ?? signs.newest, await nextLook(ledger, run));
  const wasLeft = stored?.state === "incomplete" && writtenAt !== undefined && writtenAt >= signs.newest;
  if (wasLeft) return { state: "incomplete", stored };
  if (surroundings.clock.now() - Date.parse(run.plannedAt) < SETTLING_MS && signs.newest === Number.NEGATIVE_INFINITY)
    return going;
  const quiet = signs.serverTime - newest > QUIET_MS;
  return signs.died || signs.stopped || quiet ? { state: "incomplete", stored: undefined } : going;
}

/** Until then nobody who waits for restores shows a sign of life; ms since the epoch, by the store's clock. */
async function nextLook(ledger: LedgerStore, run: RunDocument): Promise<number> {
  if (restoreOf(run.request.options) === undefined) return Number.NEGATIVE_INFINITY;
  const { shards } = await readRestoring(ledger);
  return Math.max(Number.NEGATIVE_INFINITY, ...Array.from(shards.values(), ({ until }) => until));
}

interface Signs {
  readonly alive: boolean;
  /** An attempt stopped without saying so. */
  readonly died: boolean;
  /** The newest sign is of a process that stopped, and said so. */
  readonly stopped: boolean;
  /** By the store's clock, ms since the epoch. */
  readonly newest: number;
  readonly serverTime: number;
}

async function signsOfLife(ledger: LedgerStore, shards: readonly number[], surroundings: Surroundings): Promise<Signs> {
  let died = false;
  let stopped = false;
  let newest = Number.NEGATIVE_INFINITY;
  let serverTime = surroundings.clock.now();
  for (const shard of shards) {
    const listed = await listShard(ledger, shard);
    serverTime = listed.serverTime;
    for (const attempt of listed.attempts) {
      if (attempt.lastSign > newest) stopped = attempt.processStopped === true;
      else if (attempt.lastSign === newest) stopped ||= attempt.processStopped === true;
      newest = Math.max(newest, attempt.lastSign);
      if (attempt.ended) continue;
      const marker = isAlive(attempt, serverTime) ? await readOpenMarker(ledger, shard, attempt) : undefined;
      if (marker !== undefined && !surroundings.worker.isGone(marker.worker)) {
        return { alive: true, died, stopped, newest, serverTime };
      }
      died = true;
    }
  }
  return { alive: false, died, stopped, newest, serverTime };
}

/** What each group of a run comes to: its marker's tally, or the fold of its segments where it is not over. */
export async function talliesOf(ledger: LedgerStore, run: RunDocument, surroundings: Surroundings): Promise<Tally[]> {
  const over = await groupMarkers(ledger);
  const archive = surroundings.open("archive", run.request.archive);
  const tallies: Tally[] = [];
  for await (const part of partsBegun(ledger, run, (group) => !over.has(group))) {
    const tally = emptyTally();
    for await (const { shard, rows, recordedAt, countIn } of foldShards(ledger, part.from, part.to)) {
      countIn(tally);
      for (const folded of rows.values()) {
        const outcome = await resolved(folded, archive, tally, surroundings);
        const at = { first: shard * run.request.options.shardSize, recordedAt: recordedAt(folded) };
        if (outcome.outcome !== "pending") addOutcome(tally, outcome, at);
      }
    }
    addRequests(tally, { ledger: (await doneOf(ledger, part)).markers });
    tallies.push(tally);
  }
  for (const marker of over.values()) tallies.push(await readTally(ledger, marker));
  return tallies;
}
