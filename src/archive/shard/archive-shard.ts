/**
 * One delivery of a shard: open it, leave out what is over, run the rest, record every outcome before anything is
 * acknowledged (I6), and say how it ended. See design.md's protocol in ledger/layout.ts and open-shard.ts.
 */

import { setMaxListeners } from "node:events";
import { type Control, writeControl } from "../../ledger/control.ts";
import type { MarkerCounts } from "../../ledger/counts.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { attemptToYieldTo } from "../../ledger/shard/attempts.ts";
import { writeDoneMarker } from "../../ledger/shard/done-marker.ts";
import { writeEndMarker } from "../../ledger/shard/end-marker.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import { noRequests } from "../../ledger/shard/segment.ts";
import { createSegmentWriter } from "../../ledger/shard/segment-writer.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Bucket } from "../../objects/bucket.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { isTerminal, type Outcome } from "../../vocabulary/outcome.ts";
import type { Md5Trust } from "../proof/md5-trust.ts";
import { archiveTask, type TaskEnd } from "../task/archive-task.ts";
import type { MetadataTrust } from "../task/metadata-trust.ts";
import { outOfTimeCode } from "../task/out-of-time.ts";
import type { Task, TaskContext } from "../task/task.ts";
import { createAdmission } from "./admission.ts";
import { heartbeatMs, watchControl } from "./control-watch.ts";
import { type OpenedShard, openShard } from "./open-shard.ts";
import type { Pace } from "./pace.ts";
import { createRefusals } from "./refusals.ts";
import { startTally } from "./tally.ts";
import { tasksOf } from "./tasks.ts";

export interface ShardDelivery {
  /** Of this delivery alone, so that its requests are this attempt's. */
  readonly ledger: LedgerStore;
  readonly request: RunRequest;
  /** That wrote the shard's rows. */
  readonly plan: string;
  /** The plan that run.json names, where it is not `plan`. */
  readonly ruling?: string | undefined;
  readonly shard: number;
  readonly seq: number;
  /** A ULID of its own. */
  readonly attempt: string;
  readonly source: Bucket;
  readonly archive: Bucket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pace: Pace;
  readonly md5Trust: Md5Trust;
  readonly metadataTrust: MetadataTrust;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** No new task starts once it aborts; what is in flight ends and is recorded. */
  readonly signal?: AbortSignal | undefined;
  readonly worker: string;
  readonly isGone: (worker: string) => boolean;
  /** Called once the shard is open; the counts are of the whole shard so far, earlier attempts' outcomes included. */
  readonly onOpen?: ((shard: number, counts: () => MarkerCounts) => void) | undefined;
  readonly multipartAbove?: number | undefined;
}

export type ShardEnd =
  /** Every row is over and the done marker written, now or before. */
  | { readonly kind: "over" }
  | { readonly kind: "superseded" }
  /** The run is cancelled or halted. */
  | { readonly kind: "stopped"; readonly control: Control }
  /** Another attempt on it is alive. */
  | { readonly kind: "yielded" }
  /** Rows are left: for want of time, or because the process is to stop, or for retries. */
  | { readonly kind: "left"; readonly rows: number; readonly progress: boolean; readonly earlier: number };

/** After as many crashes, rows go one at a time, each recorded before it is tried: the one that kills is charged for it. */
const CAREFUL_AFTER = 3;

export async function archiveShard(delivery: ShardDelivery): Promise<ShardEnd> {
  const lookedAt = delivery.clock.now();
  const opening = await openShard(delivery);
  switch (opening.kind) {
    case "done":
      return { kind: "over" };
    case "superseded":
      return { kind: "superseded" };
    case "stopped":
      return { kind: "stopped", control: opening.control };
    case "yield":
      return { kind: "yielded" };
    case "open":
      return work(delivery, opening, lookedAt);
  }
}

/** What a task took, where that says how long others take: a failure is soon over. */
function tellingMs({ outcome, code, ms }: Outcome): number | undefined {
  return outcome === "archived" || outcome === "skipped" || code === outOfTimeCode ? ms : undefined;
}

/** Why no new task starts; the first reason stands. */
type Stop = { readonly kind: "control"; readonly control: Control } | { readonly kind: "yield" };

async function work(delivery: ShardDelivery, opened: OpenedShard, lookedAt: number): Promise<ShardEnd> {
  const { ledger, request, shard, attempt, clock, log, pace } = delivery;
  const requests = noRequests();
  let retries = 0;
  let stop: Stop | undefined;
  let progress = false;
  const over = new AbortController();
  const quit = new AbortController();
  const writer = createSegmentWriter({ ledger, shard, attempt, clock, requests, retries: () => retries });
  const tally = startTally(opened);
  delivery.onOpen?.(shard, tally.counts);
  const record = (outcome: Outcome) => {
    writer.add(outcome);
    tally.add(outcome);
    progress ||= isTerminal(outcome);
  };
  const stopFor = (why: Stop) => {
    stop ??= why;
    quit.abort();
  };
  // What is not recorded must not be paid for: a broken ledger stops fetches as a control does.
  const stopping = AbortSignal.any([
    quit.signal,
    writer.broken,
    ...(delivery.signal === undefined ? [] : [delivery.signal]),
  ]);
  // Every waiting task listens to it, and Node would warn of a leak.
  setMaxListeners(0, stopping);
  const refusals = createRefusals(delivery, record);
  let halting: Promise<void> | undefined;
  const halt = (reason: string): Promise<void> => {
    halting ??= writeHalt(reason);
    return halting;
  };
  const writeHalt = async (reason: string): Promise<void> => {
    if (stop?.kind === "control") return;
    // Nothing starts while the word is on its way.
    quit.abort();
    const control = await writeControl(ledger, "halt", reason, new Date(clock.now()).toISOString());
    stopFor({ kind: "control", control });
    log.error("run halted", { run: request.run, shard, reason });
  };
  const admission = createAdmission({
    clock,
    pace,
    deadline: delivery.deadline,
    wary: opened.ranLate,
    over: over.signal,
    stopped: () => stopping.aborted,
  });
  if (admission.late !== undefined) setMaxListeners(0, admission.late);
  const context: TaskContext = {
    run: request.run,
    options: request.options,
    source: delivery.source,
    archive: delivery.archive,
    clock,
    random: delivery.random,
    pace,
    md5Trust: delivery.md5Trust,
    metadataTrust: delivery.metadataTrust,
    requests,
    retried: () => {
      retries++;
    },
    mayWait: admission.mayWait,
    stopping,
    signal: admission.late,
    cleared: () => controls.fresh(),
    multipartAbove: delivery.multipartAbove,
  };

  const controls = watchControl({
    ledger,
    clock,
    readAt: lookedAt,
    onStop: (control) => stopFor({ kind: "control", control }),
    over: AbortSignal.any([over.signal, stopping]),
  });
  /** Shows that this attempt is alive, and looks for others. */
  const heart = beat();
  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(heartbeatMs, over.signal);
      if (over.signal.aborted) return;
      for (const done of await Promise.allSettled([writer.beat(), lookForOthers()])) {
        // A segment that can't be written shows itself in `broken`; a look that failed is repeated at the next beat.
        if (done.status === "fulfilled") continue;
        const error = ensureError(done.reason).message;
        log.warn("heartbeat failed", { run: request.run, shard, attempt, error });
      }
    }
  }
  async function lookForOthers(): Promise<void> {
    const { attempts, serverTime } = await listShard(ledger, shard);
    const present = attempts.filter((other) => !opened.gone.has(other.id));
    if (attemptToYieldTo(present, attempt, serverTime) !== undefined) stopFor({ kind: "yield" });
  }

  const careful = opened.crashes >= CAREFUL_AFTER;
  try {
    const runOne = async (task: Task): Promise<void> => {
      const { size } = task.planned;
      const admitted = admission.admitted(size);
      if (!(typeof admitted === "boolean" ? admitted : await admitted)) return;
      let end: TaskEnd | undefined;
      try {
        // Of a row that may kill the process a trace is left before it is tried.
        if (careful) {
          writer.add({ row: task.row, key: task.planned.key, outcome: "pending", code: "Started", attempts: 1, ms: 0 });
          await writer.beat();
        }
        end = await archiveTask(task, context);
      } finally {
        admission.ended(size, end && tellingMs(end.outcome));
      }
      if (end.kind === "refused") {
        const reason = await refusals.refused(end.outcome, end.by);
        if (reason !== undefined) await halt(reason);
        return;
      }
      if (end.kind === "halt") await halt(end.reason);
      else if (end.outcome.outcome === "archived") refusals.succeeded();
      record(end.outcome);
    };
    const tasks = tasksOf(request, opened, record);
    let fault: Error | undefined;
    const onFault = (thrown: unknown) => {
      fault ??= ensureError(thrown);
      quit.abort();
    };
    if (careful) for (const task of tasks) await runOne(task);
    else await pace.runEach(tasks, (task) => runOne(task).catch(onFault));
    if (fault !== undefined) throw fault;
  } finally {
    over.abort();
    await Promise.all([heart, controls.ended]);
    const halted = stop?.kind === "control" && stop.control.kind === "halt";
    for (const outcome of refusals.rest(halted)) record(outcome);
    await writer.close();
  }
  await writeEndMarker(ledger, shard, attempt);

  const left = opened.rows.length - tally.ended();
  if (left === 0) {
    await writeDoneMarker(ledger, shard, tally.counts(), attempt);
    return { kind: "over" };
  }
  if (stop?.kind === "control") return { kind: "stopped", control: stop.control };
  if (stop?.kind === "yield") return { kind: "yielded" };
  return { kind: "left", rows: left, progress, earlier: opened.earlier };
}
