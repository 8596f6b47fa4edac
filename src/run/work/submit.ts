/**
 * `submit`: a run is asked for, and handed to a queue. A manifest that lies in a bucket, or a listing, is planned by the
 * workers; a local file only this process can read, so it plans, and sends the shards itself.
 */

import type { Summary } from "../../report/summary.ts";
import { createShardWorker } from "../deliver/handle-delivery.ts";
import { handleReconcile } from "../deliver/handle-reconcile.ts";
import type { Sender } from "../messages/delivery.ts";
import { versionFor } from "../messages/messages.ts";
import { beginnings, beginRun, type RunInput } from "../plan/begin-run.ts";
import { reconcileMessage } from "../reconcile/cancel-resume.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export type Submitted =
  /** Planned here, and its shards are sent. */
  | { readonly kind: "sent"; readonly shards: number; readonly rows: number }
  /** A worker plans it. */
  | { readonly kind: "asked" }
  /** There was nothing to do any more. */
  | { readonly kind: "complete"; readonly summary: Summary };

/**
 * Safe to do again: what was sent is remembered in the ledger, and a shard that comes twice costs no second fetch. Errors:
 * as `runHere`, and UserError `RunStopped`.
 */
export async function submitRun(input: RunInput, surroundings: Surroundings, sender: Sender): Promise<Submitted> {
  const { ledger, request } = input;
  const begun = await beginRun(input, beginnings.submit, surroundings);
  if (begun.kind === "complete") return { kind: "complete", summary: begun.summary };
  if (begun.kind === "waits") throw new Error("who submits is told, and waits for no other");
  const body = reconcileMessage(ledger, request.run);
  if (begun.kind === "handed on") {
    await sender.send(body);
    return { kind: "asked" };
  }
  const message = { v: versionFor(ledger), type: "reconcile", ledger, run: request.run } as const;
  await handleReconcile(message, { body, deadline: Number.POSITIVE_INFINITY }, sender, createShardWorker(surroundings));
  return { kind: "sent", shards: begun.run.shards, rows: begun.run.rows };
}
