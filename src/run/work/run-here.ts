/** `run` on one machine: plan, archive, finalize in this process, over the same ledger and the same steps as any queue. */

import { setMaxListeners } from "node:events";
import { endedRows } from "../../ledger/counts.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { runPrefix } from "../../ledger/runs.ts";
import type { RecordReader } from "../../ledger/shard/record-reader.ts";
import { queueFromUrl } from "../../queue/index.ts";
import type { Summary } from "../../report/summary.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import { createShardWorker } from "../deliver/handle-delivery.ts";
import { runKey, type ShardWorker, workShard } from "../deliver/work-shard.ts";
import type { HandleDelivery, Sender } from "../messages/delivery.ts";
import { type Place, parseMessage } from "../messages/messages.ts";
import { queueSender } from "../messages/queue-sender.ts";
import { type Begun, beginnings, beginRun, type RunInput } from "../plan/begin-run.ts";
import { type Reconciled, reconcile } from "../reconcile/reconcile.ts";
import { tellRestores } from "../reconcile/restores.ts";
import { processSubmissions } from "../reconcile/submissions.ts";
import type { Progress, Surroundings } from "../surroundings/surroundings.ts";
import { leaveRun } from "./leave-run.ts";
import { afterOutage, createOutageWatch } from "./outage-watch.ts";
import { pollQueue } from "./poll-queue.ts";
import { createAwaited, createOpenedShards, createRunWaits, progressOf } from "./run-progress.ts";
import { watchStall, whyHeld } from "./stall-watch.ts";

/** How a run stands when this process leaves it. */
export interface RunEnd {
  readonly summary: Summary;
  /** Key prefix of everything about the run in the ledger bucket, ending in `/`. */
  readonly prefix: string;
}

/** How this process works a run. */
export interface RunHereOptions {
  /** Aborts when the run is to stop: no new task starts, what is in flight ends, what is known is recorded. */
  readonly signal?: AbortSignal;
  /** Aborts when it is to stop at once: what is in flight is given up, for whoever continues it, what is known is recorded. */
  readonly giveUp?: AbortSignal;
  /** Called about four times a second. */
  readonly onProgress?: (progress: Progress) => void;
  /** Reads what is recorded, as soon as it is durable; while it is behind no row begins. */
  readonly reader?: RecordReader | undefined;
  /** Called once the run is planned: what is thrown before that is a run that was refused. */
  readonly onBegun?: () => void;
}

/** Shards sent beyond those that are over: a process has few at once, and the rest need not be in its memory. */
const SUBMIT_AHEAD = 64;
/** Messages at once, at most. */
const MOST_POLLERS = 64;
/** Between two looks at the ledger, unless a shard ends; and the least, unless there is something to do. */
const LOOK_MS = 5_000;
/** The same where nothing is left but what waits for restores. */
const LONGEST_LOOK_MS = 60_000;
const SHORTEST_LOOK_MS = 1_000;
const PROGRESS_MS = 250;
/** How long a message may be worked; the lease is extended while its worker lives. */
const VISIBILITY_SECONDS = 300;

/**
 * Runs to rest in this process, or until `signal` aborts (then the summary's state is `incomplete` and the run can be continued). A run of
 * that id which was asked the same thing is continued; one that is complete is only told.
 *
 * Errors: UserError (usage, manifest; `RunDiffers` where the run was asked something else), RefusedError (credentials or permission,
 * before work began), BucketError.
 *
 * @example
 * ```ts
 * import {
 *   jsonLog,
 *   newRequest,
 *   readSettings,
 *   rowsOf,
 *   runHere,
 *   runOptionsOf,
 *   surroundingsFromSettings,
 *   systemClock,
 * } from "cos-originals";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * const settings = readSettings({ environment: process.env });
 * const surroundings = surroundingsFromSettings(settings, world);
 *
 * const region = "ap-guangzhou";
 * const source = { bucket: "photos-1250000000", region, prefix: "" };
 * const archive = { bucket: "archive-1250000000", region, prefix: "photos/" };
 * const ledger = { ...archive, prefix: "photos/.originals/" };
 * const rows = { kind: "listing", prefix: "2026/" } as const;
 * const request = newRequest({ source, archive, rows, options: runOptionsOf(settings) }, "tonight", world);
 *
 * const input = { ledger, request, rows: () => rowsOf(request, surroundings, { ledger }) };
 * const { summary } = await runHere(input, surroundings);
 * console.log(summary.state, summary.archived); // prints complete 1
 * await surroundings.close();
 * ```
 */
export async function runHere(
  input: RunInput,
  surroundings: Surroundings,
  options: RunHereOptions = {},
): Promise<RunEnd> {
  const prefix = runPrefix(input.ledger.prefix, input.request.run);
  const begun = await beginRun(input, beginnings.run, surroundings, options.signal);
  if (begun.kind === "complete") return { summary: begun.summary, prefix };
  if (begun.kind !== "planned") throw new Error("a run in this process is planned by it, and waits for no other");
  options.onBegun?.();
  return { summary: await workHere(input.ledger, begun, surroundings, options), prefix };
}

async function workHere(
  place: Place,
  { ledger, run, isNew }: Extract<Begun, { readonly kind: "planned" }>,
  surroundings: Surroundings,
  { signal, giveUp, onProgress, reader }: RunHereOptions,
): Promise<Summary> {
  const { clock, random, log } = surroundings;
  const queue = queueFromUrl("memory:", { clock, random, log, env: {} });
  const toQueue = queueSender(queue.client, queue.queueUrl, surroundings);
  /** Messages in the queue, or at work. */
  let underWay = 0;
  const sender: Sender = {
    async send(body, delaySeconds) {
      await toQueue.send(body, delaySeconds);
      underWay++;
    },
  };
  const opened = createOpenedShards();
  const waits = createRunWaits(clock);
  const worker: ShardWorker = { ...createShardWorker(surroundings), onOpen: opened.onOpen, reader, giveUp };
  // As it was read when the run was begun.
  worker.runs.set(runKey(place, run.run), run);
  /** Ends the polling: the run is at rest, or somebody wants this process to stop, or it can't go on. */
  const stop = new AbortController();
  // Every poller and every wait listens to it, and Node would warn of a leak.
  setMaxListeners(0, stop.signal);
  const fatal: { error?: Error } = {};
  const fail = (thrown: unknown) => {
    fatal.error ??= ensureError(thrown);
    stop.abort();
  };
  const stopToo = () => stop.abort();
  signal?.addEventListener("abort", stopToo, { once: true });
  if (signal?.aborted) stop.abort();
  /** A shard has ended since the last look at the ledger; and so many that there is something to do. */
  let wake = new AbortController();
  let due = new AbortController();
  let state: Reconciled | undefined;
  const isDue = () => underWay === 0 || (state?.kind === "again" && state.moved && underWay <= SUBMIT_AHEAD / 2);
  const ledgerOfShards = createOutageWatch(surroundings, run.run);
  const ledgerOfLooks = createOutageWatch(surroundings, run.run);

  const handle: HandleDelivery = async (delivery, send) => {
    try {
      const message = parseMessage(delivery.body);
      if (message.type !== "shard")
        throw new Error(`a ${message.type} message in a queue that only shards are sent to`);
      const answer = await workShard(message, delivery, send, worker);
      ledgerOfShards.over();
      waits.over("ledger");
      if (answer.kind === "reject" || answer.kind === "refuse") throw new Error(answer.reason);
      if (answer.kind === "give-back") {
        const { delaySeconds, reason, others = false } = answer;
        const ms = delaySeconds * 1_000;
        waits.begins(others ? "others" : "shards", ms);
        // Nobody waits for them here who is to stop.
        if (!stop.signal.aborted)
          tellWait(log, "Shards wait before they are worked again.", ms, { run: run.run, reason });
      }
      if (answer.kind === "acknowledge") underWay--;
      return answer;
    } catch (thrown) {
      const error = ensureError(thrown);
      const pauseMs = ledgerOfShards.pauseAfter(error);
      if (pauseMs !== undefined) {
        waits.begins("ledger", pauseMs);
        return { kind: "give-back", delaySeconds: Math.ceil(pauseMs / 1_000), reason: error.message };
      }
      // Nobody else will work this queue: what can't be worked here ends the run, which can be continued.
      fail(afterOutage(error));
      return { kind: "give-back", delaySeconds: 0, reason: error.message };
    } finally {
      wake.abort();
      if (isDue()) due.abort();
    }
  };

  const step = (anew = false) =>
    reconcile({
      ledger,
      place,
      run,
      surroundings,
      submissions,
      sender,
      submitAhead: SUBMIT_AHEAD,
      hiddenMs: Number.POSITIVE_INFINITY,
      deadline: Number.POSITIVE_INFINITY,
      isNew: anew,
    });
  /** The state as it was, after a pause, where the ledger did not answer. */
  const stepThroughOutage = async (before: Reconciled): Promise<Reconciled> => {
    try {
      const now = await step();
      ledgerOfLooks.over();
      waits.over("ledger");
      return now;
    } catch (thrown) {
      const error = ensureError(thrown);
      const pauseMs = ledgerOfLooks.pauseAfter(error);
      if (pauseMs === undefined) throw afterOutage(error);
      waits.begins("ledger", pauseMs);
      await clock.sleep(pauseMs, stop.signal);
      return before;
    }
  };
  const submissions = processSubmissions(clock);
  const first = await step(isNew);
  const pollers = first.kind === "again" ? pollersFor(surroundings.settings.concurrency, run) : 0;
  const polling = Promise.all(
    Array.from({ length: pollers }, () =>
      pollQueue({
        queue,
        handle,
        sender,
        visibility: VISIBILITY_SECONDS,
        deadline: Number.POSITIVE_INFINITY,
        idle: Number.POSITIVE_INFINITY,
        signal: stop.signal,
        clock,
        log,
      }),
    ),
  ).catch(fail);
  const awaited = createAwaited(clock, (restores) => tellRestores(log, run.run, restores, true));
  awaited.see(first);
  const { pace } = worker;
  const before = first.kind === "over" ? undefined : first.counts;
  const progress = () => {
    if (onProgress === undefined || before === undefined) return;
    onProgress({
      ...progressOf(run.rows, before, opened),
      restoring: awaited.now(),
      atOnce: pace.foundConcurrency(),
      waiting: waits.now(pace.heldUp(), pace.running()),
      underWay: pace.running(),
      stopping: signal?.aborted === true,
    });
  };
  /** Also of what is still under way after it was asked to stop. */
  const left = new AbortController();
  const showing = (async () => {
    while (onProgress !== undefined && !left.signal.aborted) {
      progress();
      await clock.sleep(PROGRESS_MS, left.signal);
    }
  })();
  const stalls = watchStall({
    surroundings,
    ended: () => endedRows(opened.whole()),
    underWay: () => pace.unfinished(),
    why: () => (reader?.room() === undefined ? whyHeld(pace.heldUp()) : "the outcomes that are recorded are not read"),
    run: run.run,
    over: stop.signal,
  });
  state = first;
  try {
    while (state.kind === "again" && !stop.signal.aborted) {
      const idle = !state.moved && pace.unfinished() === 0;
      const lookMs = idle ? Math.max(LOOK_MS, Math.min(LONGEST_LOOK_MS, awaited.now()?.nextLookMs ?? 0)) : LOOK_MS;
      await clock.sleep(lookMs, AbortSignal.any([wake.signal, stop.signal]));
      wake = new AbortController();
      due = new AbortController();
      if (!stop.signal.aborted) state = await stepThroughOutage(state);
      awaited.see(state);
      if (wake.signal.aborted && isDue()) due.abort();
      if (state.kind === "again") await clock.sleep(SHORTEST_LOOK_MS, AbortSignal.any([due.signal, stop.signal]));
    }
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", stopToo);
    await polling;
    left.abort();
    await Promise.all([showing, stalls]);
    queue.client.destroy();
    progress();
  }
  if (fatal.error !== undefined) throw fatal.error;
  return leaveRun({ ledger, place, run, surroundings, openSink: worker.openSink, giveUp }, state, step);
}

/** As many shards at once as keep the tasks busy while one shard ends and the next begins. */
function pollersFor(concurrency: number, run: RunDocument): number {
  const rows = Math.max(1, Math.min(run.rows, run.request.options.shardSize));
  return Math.min(run.shards, MOST_POLLERS, Math.ceil(concurrency / rows) + 1);
}
