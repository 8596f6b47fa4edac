/** A reconcile message: do what is next for one run, and send the message on its way again until the run is over. */
import { readControl, saysStop } from "../../ledger/control.ts";
import { noSuchRun, type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { readRun } from "../../ledger/plan/run-document.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import type { Summary } from "../../report/summary.ts";
import { reportStopped } from "../finalize/report-stopped.ts";
import { settleEvents, settleRows, tellsOthers } from "../finalize/settle-events.ts";
import { statusOf } from "../inspect/status.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { ReconcileMessage } from "../messages/messages.ts";
import { checkAllowed, placesOf } from "../places/allowed.ts";
import { checkPlacesApart, haltForPlaces, placesFault } from "../places/places-apart.ts";
import type { ReadUpTo } from "../plan/entry.ts";
import { planOn } from "../plan/plan.ts";
import { readingTime } from "../plan/reading-time.ts";
import { rowsOf } from "../plan/rows.ts";
import { entriesInScope, tellLeftOut } from "../plan/scope.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { tellRestores } from "../reconcile/restores.ts";
import { ledgerSubmissions } from "../reconcile/submissions.ts";
import { openLedger, reportAddress } from "../surroundings/open-ledger.ts";
import { isBroughtBack, type ShardWorker } from "./work-shard.ts";

/** Between two looks at a run that moves, and the most between two looks at one that does not. */
const SOON_SECONDS = 5;
const LATEST_SECONDS = 300;
/** SQS keeps a message of a dead function hidden for six times the longest function (serverless.yml). */
const HIDDEN_MS = 6 * 900_000 + 60_000;
const SUBMIT_AHEAD = 100_000;
/** Of what this process itself works, and forgets when it ends. */
const SUBMIT_AHEAD_HERE = 64;

export async function handleReconcile(
  message: ReconcileMessage,
  delivery: Delivery,
  sender: Sender,
  worker: ShardWorker,
): Promise<Answer> {
  const { surroundings } = worker;
  const { clock, random, log, meter } = surroundings;
  const ledger = openLedger(message.ledger, message.run, surroundings);
  const settle = async (request: RunRequest, summary: Summary): Promise<void> => {
    const settling = { ledger, place: message.ledger, request, openSink: worker.openSink, surroundings };
    const settled = await settleEvents(settling, summary, delivery.deadline);
    delivery.onSummary?.(settled, reportAddress(message.ledger, message.run));
  };
  let run = await readRun(ledger);
  if (run === undefined) {
    const request = await readRequest(ledger);
    if (request === undefined) throw noSuchRun(ledger, message.run);
    if (saysStop(await readControl(ledger))) {
      log.warn("run stopped before it was planned", { run: message.run });
      const { summary } = await statusOf(message.ledger, message.run, surroundings);
      await settle(request, summary);
      return { kind: "acknowledge" };
    }
    if (isBroughtBack(request, worker)) return { kind: "acknowledge" };
    checkAllowed(worker.allow, placesOf(request));
    checkPlacesApart({ ...request, ledger: message.ledger });
    const { deadline, signal } = delivery;
    const time = readingTime(clock, deadline);
    const place = { ledger: message.ledger, signal: time.signal };
    const rows = (from: ReadUpTo | undefined) =>
      entriesInScope(rowsOf(request, surroundings, { ...place, from }), request, surroundings, { deadline, signal });
    try {
      run = await planOn({ ledger, place: message.ledger, clock, random, request, rows, deadline, signal });
    } catch (thrown) {
      if (!time.signal.aborted) throw thrown;
      const reason = "no shard's worth of rows could be read of the manifest in the time of one delivery";
      return { kind: "give-back", delaySeconds: LATEST_SECONDS, reason };
    } finally {
      time.end();
    }
    if (run === undefined) {
      log.info("planning goes on in another delivery", { run: message.run });
      await sender.send(JSON.stringify(message));
      return { kind: "acknowledge" };
    }
    tellLeftOut(log, run);
  }
  if (isBroughtBack(run.request, worker)) return { kind: "acknowledge" };
  checkAllowed(worker.allow, placesOf(run.request));
  const before = tellsOthers(run.request) ? await readSummary(ledger) : undefined;
  if (before?.state === "complete") {
    // All that is left of it is to tell others.
    await settle(run.request, before);
    return { kind: "acknowledge" };
  }
  const fault = placesFault({ ...run.request, ledger: message.ledger });
  if (fault !== undefined) await haltForPlaces(ledger, fault, surroundings);
  const here = delivery.sentHere?.(run.plan);
  const done = await reconcile({
    ledger,
    place: message.ledger,
    run,
    surroundings,
    submissions: here ?? ledgerSubmissions(ledger, run.plan, clock, random),
    sender,
    submitAhead: here ? SUBMIT_AHEAD_HERE : SUBMIT_AHEAD,
    hiddenMs: here ? Number.POSITIVE_INFINITY : HIDDEN_MS,
    deadline: delivery.deadline,
  });
  if (done.kind === "over") {
    const { rows, archived, skipped, failed } = done.summary;
    log.info("run complete", { run: run.run, rows, archived, skipped, failed });
    meter?.({ kind: "run-ended", state: "complete" });
    await settle(run.request, done.summary);
  } else if (done.kind === "stopped") {
    const report = await reportStopped(ledger, run, surroundings, delivery.deadline);
    if (report.kind === "again") await sender.send(JSON.stringify(message), Math.ceil(report.afterMs / 1000));
    else {
      log.warn(`run ${done.state}`, { run: run.run });
      meter?.({ kind: "run-ended", state: done.state });
      if (report.summary !== undefined) await settle(run.request, report.summary);
    }
  } else {
    const age = (clock.now() - Date.parse(run.plannedAt)) / 1000;
    const { restores } = done;
    const untilLook = restores === undefined ? Number.POSITIVE_INFINITY : Math.ceil(restores.nextLookMs / 1000);
    const delay = done.moved
      ? SOON_SECONDS
      : Math.min(LATEST_SECONDS, Math.max(SOON_SECONDS, Math.min(age / 20, untilLook)));
    if (restores !== undefined) tellRestores(log, run.run, restores);
    const settling = { ledger, place: message.ledger, request: run.request, openSink: worker.openSink, surroundings };
    // No more than half of the time: the message must be on its way again.
    await settleRows(settling, (clock.elapsed() + delivery.deadline) / 2);
    await sender.send(JSON.stringify(message), Math.round(delay));
  }
  return { kind: "acknowledge" };
}
