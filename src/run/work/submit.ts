/**
 * `submit`: a run is asked for, and handed to a queue. A manifest that lies in a bucket, or a listing, is planned by the
 * workers; a local file only this process can read, so it plans, and sends the shards itself.
 */

import { readControl, saysStop } from "../../ledger/control.ts";
import { readRun } from "../../ledger/plan/run-document.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { checkTemplate } from "../../policy/archive-key.ts";
import type { Summary } from "../../report/summary.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { createShardWorker } from "../deliver/handle-delivery.ts";
import { handleReconcile } from "../deliver/handle-reconcile.ts";
import type { Sender } from "../messages/delivery.ts";
import { checkManifest } from "../plan/check-manifest.ts";
import { claimRun } from "../plan/claim.ts";
import { type ReadUpTo, skipRows } from "../plan/entry.ts";
import { planOn } from "../plan/plan.ts";
import { preflight, preflightLedger } from "../plan/preflight.ts";
import { reconcileMessage } from "../reconcile/cancel-resume.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { RunInput } from "./run-here.ts";

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
  const { request } = input;
  checkTemplate(request.options.archiveKey);
  await preflightLedger(input.ledger, surroundings);
  const ledger = openLedger(input.ledger, request.run, surroundings);
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
  await preflight(request, surroundings);
  if (run === undefined) {
    await checkManifest(input.rows(), request);
    const ruling = await claimRun(ledger, request);
    if (ruling.rows.kind === "file") {
      const planner = { ledger, place: input.ledger, clock: surroundings.clock, random: surroundings.random };
      const rows = (from: ReadUpTo | undefined) => skipRows(input.rows(), from?.rows ?? 0);
      run = await planOn({ ...planner, request: ruling, rows, deadline: Number.POSITIVE_INFINITY });
    }
  }
  const body = reconcileMessage(input.ledger, request.run);
  if (run === undefined) {
    await sender.send(body);
    return { kind: "asked" };
  }
  const message = { v: 1, type: "reconcile", ledger: input.ledger, run: request.run } as const;
  await handleReconcile(message, { body, deadline: Number.POSITIVE_INFINITY }, sender, createShardWorker(surroundings));
  return { kind: "sent", shards: run.shards, rows: run.rows };
}
