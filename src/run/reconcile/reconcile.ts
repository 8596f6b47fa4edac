/**
 * The one place where a run is moved forward: look at the ledger, do what is next, come back. A controller in the sense of
 * Kubernetes: each step is idempotent, bounded, and safe beside another reconciler.
 */

import pLimit from "p-limit";
import { newStanding, readStanding, saysStop, writeControl } from "../../ledger/control.ts";
import { groupsOf } from "../../ledger/group.ts";
import { noMarkers, readMarkers } from "../../ledger/report/run-markers.ts";
import { readTally } from "../../ledger/report/tally-markers.ts";
import { readVain } from "../../ledger/trial.ts";
import { failureReason, isOverBudget, parseFailureBudget } from "../../policy/failure-budget.ts";
import { isOnTrial, isTrialLost, trialLostReason } from "../../policy/trial.ts";
import type { Summary } from "../../report/summary.ts";
import type { Tally } from "../../report/tally.ts";
import { finalizeGroup, writeSummary } from "../finalize/finalize.ts";
import { createPieceTime, reserveOf } from "../finalize/piece-time.ts";
import { markCompared } from "../places/deleted-before.ts";
import type { Progress } from "../surroundings/surroundings.ts";
import { openAllowances } from "./allowances.ts";
import type { ReconcileOptions } from "./look.ts";
import { markArchived } from "./mark-archived.ts";
import { awaitedRestores, type RestoresAwaited } from "./restores.ts";
import { sendShards } from "./send-shards.ts";

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
  for (const [group, over] of view.complete) {
    const tally = pieceTime.forAnother()
      ? await finalizeGroup(ledger, run, { group, over }, surroundings, pieceTime)
      : undefined;
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
  moved = (await sendShards(options, { view, standing, awaited, allowances }, lastMoment)) || moved;
  const reached = allowances?.reached();
  if (reached !== undefined) {
    await writeControl(ledger, "halt", reached, new Date(clock.now()).toISOString());
    return { kind: "stopped", state: "halted", counts };
  }
  return { kind: "again", moved, counts, restores: awaited.told };
}
