/** What of a run is sent while it is on trial (policy/trial.ts). */

import type { Standing } from "../../ledger/control.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { isShardOver } from "../../ledger/report/run-markers.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { writeShare } from "../../ledger/trial.ts";
import { sharedAnew, spread, trialAllowance, trialRows, trialStart } from "../../policy/trial.ts";
import type { Looked, ReconcileOptions } from "./look.ts";
import { shardMessage } from "./shard-message.ts";
import { sentAt } from "./submissions.ts";

/**
 * A few shards, from all over the plan, until a row of the run is archived: of each only a few rows may be fetched in vain. A shard
 * that is over without having used up its share makes room for another.
 */
export async function submitOnTrial(
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
