/** A manifest message: a run is asked for. */
import { leastWorkMs } from "../../policy/deadline.ts";
import { statusOf } from "../inspect/status.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import { type ManifestMessage, type ReconcileMessage, versionFor } from "../messages/messages.ts";
import { beginnings, beginRun } from "../plan/begin-run.ts";
import { readingTime } from "../plan/reading-time.ts";
import { rowsOf } from "../plan/rows.ts";
import { remindUnfinished } from "../reconcile/unfinished-runs.ts";
import { defaultLedger, reportAddress } from "../surroundings/open-ledger.ts";
import { handleReconcile } from "./handle-reconcile.ts";
import { requestOfMessage } from "./request-of-message.ts";
import { tellAskedAgain } from "./tell-refused.ts";
import { runKey, type ShardWorker, workShard } from "./work-shard.ts";

/** Until a scheduled run looks again whether the one before it is over; it reminds of unfinished runs within less time alone. */
const WAIT_SECONDS = 300;
const REMINDED_MS = 240_000;

/** A run of at most one shard is planned, archived and finalized in this delivery; any larger one goes on by reconcile messages. */
export async function handleManifest(
  message: ManifestMessage,
  delivery: Delivery,
  sender: Sender,
  worker: ShardWorker,
): Promise<Answer> {
  const { surroundings } = worker;
  const place = message.ledger ?? defaultLedger(message.archive);
  const { scheduledAt } = message;
  // Not of one that waited: it has reminded them when it came first.
  if (scheduledAt !== undefined && surroundings.clock.now() - Date.parse(scheduledAt) < REMINDED_MS) {
    await remindUnfinished(place, delivery.deadline, sender, surroundings);
  }
  const request = await requestOfMessage(message, surroundings);
  const { clock, log } = surroundings;
  // Half of the delivery's: the rest is for what the rows then need, or for handing them on.
  const look = readingTime(clock, (clock.elapsed() + delivery.deadline) / 2);
  const { signal } = look;
  const rows = () => rowsOf(request, surroundings, { ledger: place, signal });
  const input = { ledger: place, request, rows, leastRows: message.minRows };
  const beginning = scheduledAt === undefined ? beginnings.message : beginnings.schedule;
  const begun = await beginRun(input, beginning, surroundings, undefined, signal).finally(look.end);
  if (begun.kind === "waits") {
    log.warn("A scheduled run waits for another that works in its places.", { run: request.run, waitsFor: begun.for });
    // As a message of its own: one that is given back over and over would become a dead letter.
    await sender.send(delivery.body, WAIT_SECONDS);
    return { kind: "acknowledge" };
  }
  if (begun.kind === "complete") {
    // Whoever waits for the end of what this message asks for hears of it here, as of a run that ends now.
    const { run, state, endedAt, rows, archived, skipped, failed } = begun.summary;
    const said = { run, state, endedAt, rows, archived, skipped, failed };
    log.warn("A message asks for a run that has ended, and begins nothing anew.", said);
    delivery.onSummary?.(begun.summary, reportAddress(place, run));
    await tellAskedAgain(message, delivery, begun.summary, worker);
    return { kind: "acknowledge" };
  }

  const tellStatus = async () => {
    if (delivery.onSummary === undefined) return;
    const { summary } = await statusOf(place, request.run, surroundings);
    delivery.onSummary(summary, reportAddress(place, request.run));
  };
  const reconcile: ReconcileMessage = { v: versionFor(place), type: "reconcile", ledger: place, run: request.run };
  // What a run may spend is given out by reconcile.
  if (begun.kind === "handed on" || begun.run.shards > 1 || request.prices !== undefined) {
    await sender.send(JSON.stringify(reconcile));
    await tellStatus();
    return { kind: "acknowledge" };
  }
  const { run } = begun;
  if (run.shards === 1) {
    const shard = {
      v: versionFor(place),
      type: "shard",
      ledger: place,
      run: run.run,
      plan: run.plan,
      shard: 0,
      seq: 0,
    } as const;
    // Read right after it was written, or found.
    worker.runs.set(runKey(place, run.run), run);
    let handedOver = false;
    const watching: Sender = {
      async send(body, delaySeconds) {
        await sender.send(body, delaySeconds);
        handedOver = true;
      },
    };
    const answer = await workShard(shard, delivery, watching, worker);
    if (answer.kind !== "acknowledge") return answer;
    if (handedOver) {
      await sender.send(JSON.stringify(reconcile), 5);
      await tellStatus();
      return answer;
    }
    // Its rows took all the time that there was: the report is another delivery's.
    if (delivery.deadline - clock.elapsed() < leastWorkMs) {
      await sender.send(JSON.stringify(reconcile));
      await tellStatus();
      return answer;
    }
  }
  return handleReconcile(reconcile, delivery, sender, worker);
}
