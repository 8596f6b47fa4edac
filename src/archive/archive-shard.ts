/**
 * One delivery of a shard: open it, leave out what is over, run the rest, record every outcome before anything is
 * acknowledged (I6), and say how it ended. See design.md's protocol in ledger/layout.ts and open-shard.ts.
 */
import type { Clock, Random } from "../clock.ts";
import type { Bucket } from "../cos/bucket.ts";
import { attemptToYieldTo, readAttempts } from "../ledger/attempts.ts";
import { type Control, readControl, saysStop, writeControl } from "../ledger/control.ts";
import { donePath, type MarkerCounts, paths } from "../ledger/layout.ts";
import { isTerminal, type Outcome } from "../ledger/outcome.ts";
import type { RunRequest } from "../ledger/run-document.ts";
import { noRequests } from "../ledger/segment.ts";
import { createSegmentWriter } from "../ledger/segment-writer.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { Log } from "../log.ts";
import { createDurations, mayStart } from "../policy/deadline.ts";
import { archiveKeyOf } from "./archive-key.ts";
import { archiveTask, type TaskEnd } from "./archive-task.ts";
import type { Md5Trust } from "./md5-trust.ts";
import { type OpenedShard, openShard } from "./open-shard.ts";
import { settledOutcome } from "./outcome-of.ts";
import type { Pace } from "./pace.ts";
import { createRefusals } from "./refusals.ts";
import type { Task, TaskContext } from "./task.ts";

export interface ShardDelivery {
  /** Of this delivery alone, so that its requests are this attempt's. */
  readonly ledger: LedgerStore;
  readonly request: RunRequest;
  readonly plan: string;
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

/** An attempt shows itself, and looks for others and for a control, this often. */
export const heartbeatMs = 10_000;
/** After as many crashes, rows go one at a time, each recorded before it is tried: the one that kills is charged for it. */
const CAREFUL_AFTER = 3;

export async function archiveShard(delivery: ShardDelivery): Promise<ShardEnd> {
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
      return work(delivery, opening);
  }
}

/** Why no new task starts; the first reason stands. */
type Stop =
  | { readonly kind: "control"; readonly control: Control }
  | { readonly kind: "yield" }
  | { readonly kind: "time" };

async function work(delivery: ShardDelivery, opened: OpenedShard): Promise<ShardEnd> {
  const { ledger, request, shard, attempt, clock, log, pace, source } = delivery;
  const requests = noRequests();
  let retries = 0;
  let stop: Stop | undefined;
  let progress = false;
  const over = new AbortController();
  const writer = createSegmentWriter({ ledger, shard, attempt, clock, requests, retries: () => retries });
  const tally = startTally(opened);
  delivery.onOpen?.(shard, tally.counts);
  const record = (outcome: Outcome) => {
    writer.add(outcome);
    tally.add(outcome);
    progress ||= isTerminal(outcome);
  };
  const refusals = createRefusals(source, record);
  const halt = async (reason: string) => {
    if (stop?.kind === "control") return;
    stop = {
      kind: "control",
      control: await writeControl(ledger, "halt", reason, new Date(clock.now()).toISOString()),
    };
    log.error("run halted", { run: request.run, shard, reason });
  };
  const durations = createDurations();
  const context: TaskContext = {
    run: request.run,
    options: request.options,
    source,
    archive: delivery.archive,
    clock,
    random: delivery.random,
    pace,
    md5Trust: delivery.md5Trust,
    requests,
    retried: () => {
      retries++;
    },
    mayWait: (ms, size) =>
      stop === undefined &&
      !delivery.signal?.aborted &&
      mayStart(clock.now() + ms, delivery.deadline, durations.estimate(size)),
    multipartAbove: delivery.multipartAbove,
  };
  let started = 0;
  const mayBegin = (size: number | undefined): boolean => {
    if (stop !== undefined || delivery.signal?.aborted || writer.broken.aborted) return false;
    // At least one a delivery, or a shard whose rows are all slow would never end.
    if (started > 0 && !mayStart(clock.now(), delivery.deadline, durations.estimate(size))) stop ??= { kind: "time" };
    return stop === undefined;
  };

  const heart = beat();
  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(heartbeatMs, over.signal);
      if (over.signal.aborted) return;
      try {
        await writer.beat();
        const [control, listing] = await Promise.all([readControl(ledger), ledger.list(paths.outcomes(shard))]);
        if (saysStop(control)) stop ??= { kind: "control", control };
        const to = attemptToYieldTo(readAttempts(listing.objects), attempt, listing.serverTime);
        if (to !== undefined) stop ??= { kind: "yield" };
      } catch (error) {
        // A segment that can't be written shows itself in `broken`; a look that failed is repeated at the next beat.
        log.warn("heartbeat failed", { run: request.run, shard, attempt, error: (error as Error).message });
      }
    }
  }

  const careful = opened.crashes >= CAREFUL_AFTER;
  try {
    const runOne = async (task: Task): Promise<void> => {
      if (!mayBegin(task.planned.size)) return;
      started++;
      const startedAt = clock.now();
      const end = await archiveTask(task, context);
      durations.record(task.planned.size ?? end.outcome.expectedSize, clock.now() - startedAt);
      await settle(end);
    };
    const settle = async (end: TaskEnd): Promise<void> => {
      if (end.kind === "refused") {
        const reason = await refusals.refused(end.outcome);
        if (reason !== undefined) await halt(reason);
        return;
      }
      if (end.kind === "halt") await halt(end.reason);
      else if (end.outcome.outcome === "archived") refusals.succeeded();
      record(end.outcome);
    };
    const tasks: Promise<void>[] = [];
    for (const task of tasksOf(delivery, opened, record)) {
      if (!careful) {
        tasks.push(pace.run(() => runOne(task)));
        continue;
      }
      if (!mayBegin(task.planned.size)) break;
      writer.add({ row: task.row, key: task.planned.key, outcome: "pending", code: "Started", attempts: 1, ms: 0 });
      await writer.beat();
      await runOne(task);
    }
    await Promise.all(tasks);
  } finally {
    over.abort();
    await heart;
    const halted = stop?.kind === "control" && stop.control.kind === "halt";
    for (const outcome of refusals.rest(halted)) record(outcome);
    await writer.close();
  }
  await ledger.put(paths.end(shard, attempt), "");

  const left = opened.rows.length - tally.ended();
  if (left === 0) {
    await ledger.put(donePath(shard, tally.counts(), attempt), "");
    return { kind: "over" };
  }
  if (stop?.kind === "control") return { kind: "stopped", control: stop.control };
  if (stop?.kind === "yield") return { kind: "yielded" };
  return { kind: "left", rows: left, progress, earlier: opened.earlier };
}

/** What is left of the shard, in order; what planning settled, and what crashed too often, is recorded on the way. */
function* tasksOf(delivery: ShardDelivery, opened: OpenedShard, record: (outcome: Outcome) => void): Generator<Task> {
  const { request } = delivery;
  for (const [row, planned] of opened.rows.entries()) {
    const past = opened.past.get(row);
    if (past !== undefined && isTerminal(past.outcome)) continue;
    const archiveKey = archiveKeyOf(planned, request.options.archiveKey, request.archive.prefix, request.run);
    const charged = past?.charged ?? 0;
    if (planned.settled !== undefined) {
      record(settledOutcome(row, planned, planned.settled));
    } else if (charged >= request.options.maxAttempts) {
      const code = "RetriesExhausted";
      const message = `given up after ${charged} tries, the last of which ended with its process`;
      record({
        row,
        key: planned.key,
        versionId: planned.versionId,
        archiveKey,
        outcome: "failed",
        code,
        message,
        attempts: 0,
        ms: 0,
      });
    } else {
      yield { row, planned, archiveKey, charged, unsure: opened.unsure };
    }
  }
}

/** Counts of the whole shard, earlier attempts' outcomes included. */
function startTally(opened: OpenedShard): {
  add(outcome: Outcome): void;
  ended(): number;
  counts(): MarkerCounts;
} {
  const counts = { archived: 0, skipped: 0, failed: 0, bytes: 0 };
  const add = (outcome: Outcome) => {
    if (outcome.outcome === "pending") return;
    counts[outcome.outcome]++;
    if (outcome.outcome === "archived") counts.bytes += outcome.receivedSize ?? 0;
  };
  for (const { outcome } of opened.past.values()) add(outcome);
  return { add, ended: () => counts.archived + counts.skipped + counts.failed, counts: () => ({ ...counts }) };
}
