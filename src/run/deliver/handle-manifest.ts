/** A manifest message: a run is asked for. */
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { ManifestMessage, ReconcileMessage } from "../messages/messages.ts";
import { beginnings, beginRun } from "../plan/begin-run.ts";
import { rowsOf } from "../plan/rows.ts";
import { remindUnfinished } from "../reconcile/unfinished-runs.ts";
import { defaultLedger } from "../surroundings/open-ledger.ts";
import { handleReconcile } from "./handle-reconcile.ts";
import { requestOfMessage } from "./request-of-message.ts";
import { type ShardWorker, workShard } from "./work-shard.ts";

/** A run of at most one shard is planned, archived and finalized in this delivery; any larger one goes on by reconcile messages. */
export async function handleManifest(
  message: ManifestMessage,
  delivery: Delivery,
  sender: Sender,
  worker: ShardWorker,
): Promise<Answer> {
  const { surroundings } = worker;
  const place = message.ledger ?? defaultLedger(message.archive);
  if (message.scheduledAt !== undefined) await remindUnfinished(place, delivery.deadline, sender, surroundings);
  const request = await requestOfMessage(message, surroundings);
  const rows = () => rowsOf(request, surroundings, { ledger: place });
  const input = { ledger: place, request, rows, leastRows: message.minRows };
  const begun = await beginRun(input, beginnings.message, surroundings);
  if (begun.kind === "complete") {
    const { run, state, endedAt } = begun.summary;
    surroundings.log.warn("A message asks for a run that has ended, and begins nothing anew.", { run, state, endedAt });
    return { kind: "acknowledge" };
  }

  const reconcile: ReconcileMessage = { v: 1, type: "reconcile", ledger: place, run: request.run };
  if (begun.kind === "handed on" || begun.run.shards > 1) {
    await sender.send(JSON.stringify(reconcile));
    return { kind: "acknowledge" };
  }
  const { run } = begun;
  if (run.shards === 1) {
    const shard = { v: 1, type: "shard", ledger: place, run: run.run, plan: run.plan, shard: 0, seq: 0 } as const;
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
      return answer;
    }
  }
  return handleReconcile(reconcile, delivery, sender, worker);
}
