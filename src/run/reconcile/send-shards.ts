/** Which shards' messages are sent after a look at the run: those that waited, those that were not sent yet, those of which nobody heard. */

import type { Control } from "../../ledger/control.ts";
import { isShardOver } from "../../ledger/report/run-markers.ts";
import { newestSeq } from "../../ledger/shard/attempts.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import { isOnTrial } from "../../policy/trial.ts";
import type { Submissions } from "../messages/delivery.ts";
import type { Looked, ReconcileOptions } from "./look.ts";
import { shardMessage } from "./shard-message.ts";
import { sentAt } from "./submissions.ts";
import { submitOnTrial } from "./submit-on-trial.ts";

/** Messages sent at once. */
const SENDS = 16;

/**
 * @param lastMoment by the clock's `elapsed`: nothing is begun after it
 * @returns whether anything was sent
 */
export async function sendShards(options: ReconcileOptions, looked: Looked, lastMoment: number): Promise<boolean> {
  // First, or there would be no room for what has waited longest.
  const woken = await wake(options, looked, lastMoment);
  const paid = await sendShort(options, looked, lastMoment);
  const submitted = await submit(options, looked, lastMoment);
  const swept = await sweep(options, looked, lastMoment);
  return woken || paid || submitted || swept;
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
