/**
 * A run that is cancelled by hand. Whoever works it, or its reconcile message, tells others that it ended; of one that nobody carries any more
 * nobody would, so that whoever cancels it does, and writes its report.
 */
import type { Summary } from "../../report/summary.ts";
import { createShardWorker } from "../deliver/handle-delivery.ts";
import { settleEvents, tellsOthers } from "../finalize/settle-events.ts";
import { writeReport } from "../inspect/report.ts";
import { statusOf } from "../inspect/status.ts";
import type { Place } from "../messages/messages.ts";
import { cancelRun } from "../reconcile/cancel-resume.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export type Cancelled =
  /** There was nothing to cancel. */
  | { readonly kind: "complete" }
  /** `told`: how it stands, where it was for this to tell others; undefined where it tells nobody, or others do. */
  | { readonly kind: "cancelled"; readonly told: Summary | undefined };

/** Errors: UserError `NoSuchRun`; BucketError. */
export async function cancelAndTell(
  place: Place,
  id: string,
  surroundings: Surroundings,
  reason: string,
): Promise<Cancelled> {
  const { request, summary } = await statusOf(place, id, surroundings);
  const { state } = summary;
  if (state === "complete") return { kind: "complete" };
  await cancelRun(place, id, surroundings, reason);
  // Of a run that was halted its reconcile message has ended, having told so.
  const isNobodys = state === "incomplete" || state === "halted";
  const told = isNobodys && tellsOthers(request) ? await tellStopped(place, id, surroundings) : undefined;
  return { kind: "cancelled", told };
}

/** Writes the report of a stopped run that nobody carries, and tells others of its end. At least once, under the id that it always has. */
export async function tellStopped(place: Place, id: string, surroundings: Surroundings): Promise<Summary> {
  const { ledger, request, run, summary: listed } = await statusOf(place, id, surroundings);
  const summary = run === undefined ? listed : (await writeReport(place, id, surroundings)).summary;
  const { openSink } = createShardWorker(surroundings);
  return settleEvents({ ledger, place, request, openSink, surroundings }, summary, Number.POSITIVE_INFINITY);
}
