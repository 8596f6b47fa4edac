/**
 * The one place where a run is moved forward: look at the ledger, do what is next, come back. A controller in the sense of
 * Kubernetes: each step is idempotent, bounded, and safe beside another reconciler.
 */

import pLimit from "p-limit";
import {
  type Control,
  newStanding,
  readStanding,
  type Standing,
  saysStop,
  writeControl,
} from "../../ledger/control.ts";
import { groupsOf } from "../../ledger/group.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { isShardOver, noMarkers, type RunMarkers, readMarkers } from "../../ledger/report/run-markers.ts";
import { readTally } from "../../ledger/report/tally-markers.ts";
import { newestSeq } from "../../ledger/shard/attempts.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { readVain, writeShare } from "../../ledger/trial.ts";
import { failureReason, isOverBudget, parseFailureBudget } from "../../policy/failure-budget.ts";
import {
  isOnTrial,
  isTrialLost,
  sharedAnew,
  spread,
  trialAllowance,
  trialLostReason,
  trialRows,
  trialStart,
} from "../../policy/trial.ts";
import type { Summary } from "../../report/summary.ts";
import type { Tally } from "../../report/tally.ts";
import { finalizeGroup, writeSummary } from "../finalize/finalize.ts";
import { createPieceTime, reserveOf } from "../finalize/piece-time.ts";
import type { Sender, Submissions } from "../messages/delivery.ts";
import type { Place } from "../messages/messages.ts";
import { markCompared } from "../places/deleted-before.ts";
import type { Progress, Surroundings } from "../surroundings/surroundings.ts";
import { type Allowances, openAllowances } from "./allowances.ts";
import { markArchived } from "./mark-archived.ts";
import { type AwaitedRestores, awaitedRestores, type RestoresAwaited } from "./restores.ts";
import { shardMessage } from "./shard-message.ts";
import { sentAt } from "./submissions.ts";

export interface ReconcileOptions {
  readonly ledger: LedgerStore;
  readonly place: Place;
  readonly run: RunDocument;
  readonly surroundings: Surroundings;
  readonly submissions: Submissions;
  readonly sender: Sender;
  /** Shards sent beyond those that are over. */
  readonly submitAhead: number;
  /** How long the queue may hide a message without anybody working on it; a shard silent for longer is sent again. */
  readonly hiddenMs: number;
  /** Milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  /** Was it planned here just now? Then nothing else of it is in the ledger, and nothing is looked for: who opens a shard looks all the same. */
  readonly isNew?: boolean | undefined;
}

export type Reconciled =
  | { readonly kind: "over"; readonly summary: Summary }
  /** `moved`: something happened, so look again soon. `restores`: what waits for originals that are being restored, where something does. */
  | {
      readonly kind: "again";
      readonly moved: boolean;
      readonly counts: Progress;
      readonly restores?: RestoresAwaited | undefined;
    }
  | { readonly kind: "stopped"; readonly state: "halted" | "cancelled"; readonly counts: Progress };

/** With less time than this nothing is begun. */
const LEAST_MS = 2_000;
/** Messages sent at once. */
const SENDS = 16;
/** Tallies of groups read at once. */
const READS = 16;

export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { ledger, run, surroundings, deadline } = options;
  const { clock } = surroundings;
  const reserve = reserveOf(clock, deadline);
  const [standing, view] = options.isNew
    ? [newStanding, noMarkers(run)]
    : await Promise.all([readStanding(ledger), readMarkers(ledger, run)]);
  const { control } = standing;
  const counts = { rows: run.rows, ...view.counts };
  if (saysStop(control)) return { kind: "stopped", state: control.kind === "halt" ? "halted" : "cancelled", counts };

  // Who resumes a run knows its failures and wants the rest all the same: it would never end if it were halted again.
  const { maxFailures } = run.request.options;
  // Who marked the last of them halts, unless it died before, or could not yet see those of others.
  if (isOnTrial(standing) && view.counts.archived === 0 && isTrialLost(standing.vain.length)) {
    const message = await readVain(ledger, standing.vain);
    const reason = trialLostReason(standing.vain.length, message ?? "no reason was recorded");
    await writeControl(ledger, "halt", reason, new Date(clock.now()).toISOString());
    return { kind: "stopped", state: "halted", counts };
  }
  const budget = maxFailures === undefined || control !== undefined ? undefined : parseFailureBudget(maxFailures);
  const ended = counts.archived + counts.skipped + counts.failed;
  if (budget !== undefined && isOverBudget(budget, { ended, failed: counts.failed, rows: run.rows })) {
    const reason = failureReason(counts.failed, ended, maxFailures);
    await writeControl(ledger, "halt", reason, new Date(clock.now()).toISOString());
    return { kind: "stopped", state: "halted", counts };
  }

  let moved = false;
  const tallies = new Map<number, Tally>();
  const pieceTime = createPieceTime(clock, deadline - reserve);
  for (const group of view.complete) {
    const tally = pieceTime.forAnother() ? await finalizeGroup(ledger, run, group, surroundings, pieceTime) : undefined;
    if (tally === undefined) return { kind: "again", moved: true, counts };
    tallies.set(group, tally);
    moved = true;
  }
  if (view.over.size + tallies.size === groupsOf(run)) {
    await pLimit(READS).map(view.over, async ([group, marker]) => {
      tallies.set(group, await readTally(ledger, marker));
    });
    const summary = await writeSummary(ledger, run, [...tallies.values()], "complete", surroundings);
    await markCompared(options.place, run, surroundings);
    return { kind: "over", summary };
  }
  if (isOnTrial(standing) && counts.archived > 0) await markArchived(ledger);
  const lastMoment = deadline - Math.max(LEAST_MS, reserve / 2);
  const awaited = await awaitedRestores(options, view);
  const allowances = await openAllowances(ledger, run, view);
  const looked = { view, standing, awaited, allowances };
  // First, or there would be no room for what has waited longest.
  moved = (await wake(options, looked, lastMoment)) || moved;
  moved = (await sendShort(options, looked, lastMoment)) || moved;
  moved = (await submit(options, looked, lastMoment)) || moved;
  moved = (await sweep(options, looked, lastMoment)) || moved;
  const reached = allowances?.reached();
  if (reached !== undefined) {
    await writeControl(ledger, "halt", reached, new Date(clock.now()).toISOString());
    return { kind: "stopped", state: "halted", counts };
  }
  return { kind: "again", moved, counts, restores: awaited.told };
}

/** What the markers tell. */
type View = RunMarkers;

/** What one look at the run showed. */
interface Looked {
  readonly view: View;
  readonly standing: Standing;
  readonly awaited: AwaitedRestores;
  /** Undefined of a run without a cap. */
  readonly allowances: Allowances | undefined;
}

// What older versions archived left no mark, but a count.
const onTrial = ({ view, standing }: Looked): boolean => isOnTrial(standing) && view.counts.archived === 0;

async function submit(options: ReconcileOptions, looked: Looked, lastMoment: number): Promise<boolean> {
  return onTrial(looked) ? submitOnTrial(options, looked, lastMoment) : submitAll(options, looked, lastMoment);
}

/** Sends what waited for restores and is to be looked at, as far as there is room for more under way. */
async function wake(options: ReconcileOptions, looked: Looked, lastMoment: number): Promise<boolean> {
  const { submissions, sender, submitAhead, surroundings } = options;
  const { view, awaited, allowances } = looked;
  // On trial they are sent as any other: a few at once.
  if (awaited.due.length === 0 || onTrial(looked)) return false;
  const submitted = await submissions.read();
  let room = submitAhead;
  for (const shard of sentShards(submitted)) {
    if (!isShardOver(view, shard) && !awaited.isAsleep(shard) && !allowances?.isShort(shard)) room--;
  }
  let moved = false;
  for (const shard of awaited.due.slice(0, Math.max(0, room))) {
    if (surroundings.clock.elapsed() >= lastMoment) return true;
    await sender.send(shardMessage(options, shard));
    await submissions.sentAgain(shard);
    awaited.woken(shard);
    moved = true;
  }
  return moved;
}

/** Sends what had used up its allowance, as far as the cap has room for more. */
async function sendShort(options: ReconcileOptions, { allowances }: Looked, lastMoment: number): Promise<boolean> {
  const { ledger, submissions, sender, surroundings } = options;
  let moved = false;
  for (const shard of allowances?.short() ?? []) {
    if (surroundings.clock.elapsed() >= lastMoment) return true;
    if (!(await allowances?.admits(shard))) continue;
    const { attempts } = await listShard(ledger, shard);
    await sender.send(shardMessage(options, shard, newestSeq(attempts)));
    await submissions.sentAgain(shard);
    moved = true;
  }
  return moved;
}

/**
 * A few shards, from all over the plan, until a row of the run is archived: of each only a few rows may be fetched in vain. A shard
 * that is over without having used up its share makes room for another.
 */
async function submitOnTrial(
  options: ReconcileOptions,
  { view, standing, awaited, allowances }: Looked,
  lastMoment: number,
): Promise<boolean> {
  const { ledger, run, submissions, sender, surroundings } = options;
  const submitted = await submissions.read();
  const due: number[] = [];
  const unsent: number[] = [];
  const sent: number[] = [];
  const short = new Set<number>();
  for (const shard of spread(run.shards, trialStart(standing))) {
    if (isShardOver(view, shard)) continue;
    if (awaited.isAsleep(shard)) {
      // What waits for restores holds up nobody; what has waited long enough is tried before others.
      if (awaited.isDue(shard)) due.push(shard);
    } else if (sentAt(submitted, shard) === undefined) unsent.push(shard);
    // Nothing of it is under way until there is money for it again.
    else if (allowances?.isShort(shard)) short.add(shard);
    else sent.push(shard);
  }
  const next = [...due, ...unsent];
  if (next.length === 0) return shareAnew(ledger, run, sent, standing);
  const spent = standing.vain.filter(({ shard }) => isShardOver(view, shard) || short.has(shard)).length;
  const most = Math.max(1, Math.floor((trialRows - spent) / trialAllowance(run.shards)));
  const batch = next.slice(0, Math.max(0, most - sent.length));
  let moved = false;
  for (const shard of batch) {
    if (surroundings.clock.elapsed() >= lastMoment) break;
    if (allowances !== undefined && !(await allowances.admits(shard))) {
      // Its cap has no room for another one: what is left of the trial goes to those that have it, or they would wait for ever.
      return (await shareAnew(ledger, run, sent, standing)) || moved;
    }
    await sender.send(shardMessage(options, shard));
    await submissions.sentAgain(shard);
    awaited.woken(shard);
    moved = true;
  }
  return moved;
}

/** @param open all shards that are not over, and have the money to go on; each was sent */
async function shareAnew(ledger: LedgerStore, run: RunDocument, open: readonly number[], standing: Standing) {
  const { resumes, vain, shares } = standing;
  const shared = open.map((shard) => ({
    shard,
    spent: vain.filter((row) => row.shard === shard).length,
    share: Math.max(trialAllowance(run.shards), shares.get(shard) ?? 0),
  }));
  const anew = sharedAnew(shared, vain.length);
  for (const { shard, share } of anew) await writeShare(ledger, { resumes, shard, rows: share });
  return anew.length > 0;
}

/** Sends shards, at most `submitAhead` beyond those that are over or wait for restores. */
async function submitAll(
  options: ReconcileOptions,
  { view, standing: { control }, awaited, allowances }: Looked,
  lastMoment: number,
): Promise<boolean> {
  const { run, submissions, sender, submitAhead, surroundings } = options;
  const { upTo, again, now } = await submissions.read();
  // Those of the trial were sent; but workers drop the messages of a run that is stopped.
  const sinceResumed = resumedFor(control);
  const isSent = (shard: number) =>
    now - (again.get(shard) ?? Number.NEGATIVE_INFINITY) < sinceResumed && again.has(shard);
  let inFlight = 0;
  const waits = (shard: number) => awaited.isAsleep(shard) || allowances?.isShort(shard) === true;
  for (let shard = 0; shard < upTo; shard++) if (!isShardOver(view, shard) && !waits(shard)) inFlight++;
  let next = upTo;
  let isCapped = false;
  try {
    while (!isCapped && next < run.shards && inFlight < submitAhead && surroundings.clock.elapsed() < lastMoment) {
      const batch: number[] = [];
      let end = next;
      for (; end < run.shards && batch.length < Math.min(SENDS, submitAhead - inFlight); end++) {
        if (isShardOver(view, end) || isSent(end) || waits(end)) continue;
        isCapped = allowances !== undefined && !(await allowances.admits(end));
        if (isCapped) break;
        batch.push(end);
      }
      const sent = await Promise.allSettled(batch.map((shard) => sender.send(shardMessage(options, shard))));
      const failed = sent.findIndex(({ status }) => status === "rejected");
      next = batch[failed] ?? end;
      const failure = sent[failed];
      if (failure?.status === "rejected") throw failure.reason;
      inFlight += batch.length;
    }
  } finally {
    // Also where a send failed: what was sent before it need not be sent again.
    if (next > upTo) await submissions.sentUpTo(next);
  }
  return next > upTo;
}

/** Milliseconds since the run went on; Infinity where it was never stopped. */
const resumedFor = (control: Control | undefined): number =>
  control?.kind === "resume" ? control.ageMs : Number.POSITIVE_INFINITY;

/** Those of a trial were sent before the others. */
function* sentShards({ upTo, again }: Awaited<ReturnType<Submissions["read"]>>): Generator<number> {
  for (let shard = 0; shard < upTo; shard++) yield shard;
  for (const shard of again.keys()) if (shard >= upTo) yield shard;
}

/** Sends again what was sent, is not over, and shows no sign of life for longer than a queue could hide it. */
async function sweep(
  options: ReconcileOptions,
  { view, standing: { control }, awaited, allowances }: Looked,
  lastMoment: number,
): Promise<boolean> {
  const { ledger, submissions, sender, hiddenMs, surroundings } = options;
  const sinceResumed = resumedFor(control);
  const submitted = await submissions.read();
  let moved = false;
  for (const shard of sentShards(submitted)) {
    if (isShardOver(view, shard) || awaited.isAsleep(shard) || allowances?.isShort(shard)) continue;
    const sent = sentAt(submitted, shard);
    if (sent === undefined) continue;
    // Workers drop the messages of a run that is stopped: what was sent before it went on again may be gone. Ages are compared,
    // not times, which are by different clocks.
    const dropped = submitted.now - sent >= sinceResumed;
    if (!dropped && submitted.now - sent <= hiddenMs) continue;
    // The rest has its turn when the run is looked at again.
    if (surroundings.clock.elapsed() >= lastMoment) return true;
    const { attempts, serverTime } = await listShard(ledger, shard);
    const lastSign = Math.max(...attempts.map((attempt) => attempt.lastSign), Number.NEGATIVE_INFINITY);
    if (!dropped && serverTime - lastSign <= hiddenMs) continue;
    await sender.send(shardMessage(options, shard, newestSeq(attempts)));
    await submissions.sentAgain(shard);
    moved = true;
  }
  return moved;
}
