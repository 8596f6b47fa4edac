/**
 * `submit`: a run is asked for, and handed to a queue. A manifest that lies in a bucket, or a listing, is planned by the
 * workers; a local file only this process can read, so it plans, and sends the shards itself.
 */
import { checkTemplate } from "../archive/archive-key.ts";
import { UserError } from "../errors.ts";
import { readControl, saysStop } from "../ledger/control.ts";
import type { Summary } from "../report/summary.ts";
import { claimRun } from "./ask.ts";
import type { Sender } from "./delivery.ts";
import { readSummary } from "./finalize.ts";
import { createShardWorker } from "./handle-delivery.ts";
import { handleReconcile } from "./handle-reconcile.ts";
import { openLedger } from "./open-ledger.ts";
import { checkManifest, planOn, readRun } from "./plan.ts";
import { type ReadUpTo, skipRows } from "./plan-entry.ts";
import { preflight, preflightLedger } from "./preflight.ts";
import type { RunAsk } from "./run-here.ts";
import { reconcileMessage } from "./stop-and-go.ts";
import type { Surroundings } from "./surroundings.ts";

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
export async function submitRun(ask: RunAsk, around: Surroundings, sender: Sender): Promise<Submitted> {
  const { request } = ask;
  checkTemplate(request.options.archiveKey);
  await preflightLedger(ask.ledger, around);
  const ledger = openLedger(ask.ledger, request.run, around);
  let run = await readRun(ledger);
  if (run !== undefined) {
    await claimRun(ledger, request);
    const summary = await readSummary(ledger);
    if (summary?.state === "complete") return { kind: "complete", summary };
  }
  const control = await readControl(ledger);
  if (saysStop(control)) {
    const how = control.kind === "halt" ? "halted" : "cancelled";
    throw new UserError(
      "RunStopped",
      `The run ${JSON.stringify(request.run)} was ${how}, and workers drop what is sent of it; let it go on with: cos-originals resume ${request.run}`,
    );
  }
  await preflight(request, around);
  if (run === undefined) {
    await checkManifest(ask.rows(), request);
    const ruling = await claimRun(ledger, request);
    if (ruling.rows.kind === "file") {
      const planner = { ledger, place: ask.ledger, clock: around.clock, random: around.random };
      const rows = (from: ReadUpTo | undefined) => skipRows(ask.rows(), from?.rows ?? 0);
      run = await planOn({ ...planner, request: ruling, rows, deadline: Number.POSITIVE_INFINITY });
    }
  }
  const body = reconcileMessage(ask.ledger, request.run);
  if (run === undefined) {
    await sender.send(body);
    return { kind: "asked" };
  }
  const message = { v: 1, type: "reconcile", ledger: ask.ledger, run: request.run } as const;
  await handleReconcile(message, { body, deadline: Number.POSITIVE_INFINITY }, sender, createShardWorker(around));
  return { kind: "sent", shards: run.shards, rows: run.rows };
}
