/**
 * One delivery of a shard: open it, leave out what is over, run the rest, record every outcome before anything is
 * acknowledged (I6), and say how it ended. docs/architecture.md, "One shard", has the whole of it.
 */

import { setMaxListeners } from "node:events";
import type { Sink } from "../../events/sink.ts";
import { type Telling, tellShard } from "../../events/tell-shard.ts";
import { readGrant, writeCap } from "../../ledger/caps.ts";
import type { MarkerCounts } from "../../ledger/counts.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { writeDoneMarker } from "../../ledger/shard/done-marker.ts";
import { writeEndMarker } from "../../ledger/shard/end-marker.ts";
import type { RecordReader } from "../../ledger/shard/record-reader.ts";
import { writeRestoringMarker } from "../../ledger/shard/restoring-marker.ts";
import { noRequests, outcomeLine } from "../../ledger/shard/segment.ts";
import { createSegmentWriter } from "../../ledger/shard/segment-writer.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { reservesOf } from "../../policy/deadline.ts";
import { nothing } from "../../policy/money/cap.ts";
import { spread, trialStart } from "../../policy/trial.ts";
import { isAborted } from "../../vocabulary/abort-watch.ts";
import { type Clock, type Moment, momentOf, type Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Meter } from "../../vocabulary/metrics/measured.ts";
import { isTerminal, type Outcome } from "../../vocabulary/outcome.ts";
import type { Md5Trust } from "../proof/md5-trust.ts";
import type { MetadataTrust } from "../task/metadata-trust.ts";
import type { Task, TaskContext } from "../task/task.ts";
import { watchControl } from "./control-watch.ts";
import type { JudgedRun } from "./failure-watch.ts";
import { keepBeating } from "./heartbeat.ts";
import { type ListedCopies, listCopies } from "./listed-copies.ts";
import { type OpenedShard, type Opening, openShard } from "./open-shard.ts";
import { createAdmission } from "./pace/admission.ts";
import { type Allowance, createAllowance } from "./pace/allowance.ts";
import type { Pace } from "./pace/pace.ts";
import { createRefusals } from "./refusals.ts";
import { createRestores } from "./restores.ts";
import { runTasks } from "./run-tasks.ts";
import type { RunWatch } from "./run-watch.ts";
import { createShardLog, type ShardEnd, type ShardLog } from "./shard-log.ts";
import { afterGrace } from "./stop-grace.ts";
import { createStops } from "./stops.ts";
import { type ShardTally, startTally } from "./tally.ts";
import { tasksOf } from "./tasks.ts";
import { runOnTrial } from "./trial-rounds.ts";

export type { ShardEnd } from "./shard-log.ts";

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
  /** Of the plan. */
  readonly shards: number;
  readonly planRows: number;
  /** Among its rows, in no shard. */
  readonly countedOnly?: number | undefined;
  /** What this process knows of the run. */
  readonly watch: RunWatch;
  readonly source: Bucket;
  readonly archive: Bucket;
  /** Is told of each archived row before the shard is marked as done; absent: nobody is. */
  readonly sink?: Sink | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter?: Meter | undefined;
  readonly pace: Pace;
  readonly md5Trust: Md5Trust;
  readonly metadataTrust: MetadataTrust;
  /** Milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  /** No new task starts once it aborts; what is in flight ends and is recorded, or is given up after some seconds. */
  readonly signal?: AbortSignal | undefined;
  /** What is in flight is given up at once when it aborts, after `signal`. */
  readonly giveUp?: AbortSignal | undefined;
  readonly worker: string;
  readonly isGone: (worker: string) => boolean;
  /** Called once the shard is open; the counts are of the whole shard so far, earlier attempts' outcomes included. */
  readonly onOpen?: ((shard: number, counts: () => MarkerCounts) => void) | undefined;
  /** Reads what is recorded, as soon as it is durable. */
  readonly reader?: RecordReader | undefined;
  readonly multipartAbove?: number | undefined;
}

/** After as many crashes, rows go one at a time, each recorded before it is tried: the one that kills is charged for it. */
const CAREFUL_AFTER = 3;

export async function archiveShard(delivery: ShardDelivery): Promise<ShardEnd> {
  const lookedAt = momentOf(delivery.clock);
  const { request, shard, attempt } = delivery;
  const said = createShardLog({ run: request.run, shard, attempt }, delivery);
  const opening = await openShard(delivery);
  if (opening.kind !== "open") {
    const end = unopened(opening);
    said.ended(end);
    return end;
  }
  const tally = startTally(opening);
  said.begun(opening, tally.counts());
  const end = await work(delivery, opening, { lookedAt, tally, said });
  said.ended(end, tally.counts());
  return end;
}

function unopened(opening: Exclude<Opening, OpenedShard>): ShardEnd {
  switch (opening.kind) {
    case "done":
      return { kind: "over" };
    case "superseded":
      return { kind: "superseded" };
    case "stopped":
      return { kind: "stopped", control: opening.control };
    case "yield":
      return { kind: "yielded" };
  }
}

async function work(
  delivery: ShardDelivery,
  opened: OpenedShard,
  { lookedAt, tally, said }: { readonly lookedAt: Moment; readonly tally: ShardTally; readonly said: ShardLog },
): Promise<ShardEnd> {
  const { ledger, request, shard, attempt, clock, random, log, pace } = delivery;
  const { run } = request;
  const allowance = await allowanceOf(delivery, opened);
  const requests = noRequests();
  let retries = 0;
  let throttled = 0;
  let progress = false;
  let told: "over" | "later" | undefined;
  const { reader } = delivery;
  const recorded = reader && ((lines: string) => reader.recorded(shard, opened.rows.length, lines));
  const over = new AbortController();
  const writer = createSegmentWriter({
    ledger,
    shard,
    attempt,
    clock,
    requests,
    retries: () => retries,
    throttled: () => throttled,
    atOnce: pace.foundConcurrency,
    spent: allowance?.purse.spent,
    written: recorded,
    counted: delivery.meter && said.counted,
  });
  recorded?.([...opened.past.values()].map(({ outcome }) => outcomeLine(outcome)).join(""));
  const restores = createRestores(opened.past, opened.earlier);
  const openedAt = clock.elapsed();
  const ledgerNow = () => opened.standing.serverTime + clock.elapsed() - openedAt;
  const { watch } = delivery;
  watch.failures.follow(shard, tally.counts);
  const { maxFailures } = request.options;
  // Who resumes a run knows its failures and wants the rest all the same.
  const judged: JudgedRun | undefined =
    maxFailures === undefined || opened.standing.control !== undefined
      ? undefined
      : {
          plan: delivery.ruling ?? delivery.plan,
          shards: delivery.shards,
          rows: delivery.planRows,
          countedOnly: delivery.countedOnly,
          maxFailures,
        };
  let halting: Promise<void> | undefined;
  const haltWhere = (reason: string | undefined) => {
    if (reason === undefined) return;
    halting ??= stops.halt(reason);
    // Told where it is awaited, at the end.
    halting.catch(() => undefined);
  };
  delivery.onOpen?.(shard, tally.counts);
  const record = (outcome: Outcome) => {
    writer.add(outcome);
    tally.add(outcome);
    said.row(outcome);
    restores.record(outcome);
    if (outcome.outcome === "failed" && judged !== undefined) haltWhere(watch.failures.ownReason(judged));
    progress ||= isTerminal(outcome);
  };
  // What is not recorded must not be paid for: a broken ledger stops fetches as a control does.
  const ends = [writer.broken, ...(delivery.signal === undefined ? [] : [delivery.signal])];
  const stops = createStops({ ledger, run, shard, clock, log }, ends);
  watch.see(opened.standing);
  const onTrial = watch.trial.isOn();
  const gate = onTrial ? watch.trial.gate({ ledger, shard, shards: delivery.shards }) : undefined;
  const admission = createAdmission({
    clock,
    pace,
    deadline: delivery.deadline,
    reserves: reservesOf(delivery.deadline - lookedAt.elapsed, opened.lookMs),
    wary: opened.ranLate,
    over: over.signal,
    stopped: () => isAborted(stops.signal),
  });
  if (admission.late !== undefined) setMaxListeners(0, admission.late);
  const grace = afterGrace(delivery, clock, over.signal);
  const inFlight = admission.late === undefined ? grace : AbortSignal.any([admission.late, grace]);
  setMaxListeners(0, inFlight);
  const controls = watchControl({
    ledger,
    run,
    clock,
    log,
    readAt: lookedAt,
    onStop: (control) => stops.stop({ kind: "control", control }),
    onLook: watch.see,
    over: AbortSignal.any([over.signal, stops.signal]),
  });
  const heart = keepBeating({
    ledger,
    run,
    shard,
    attempt,
    gone: opened.gone,
    clock,
    signedAt: opened.signedAt,
    log,
    async beat() {
      const [reason] = await Promise.all([watch.pulse(ledger, judged), writer.beat()]);
      haltWhere(reason);
    },
    onOther: () => stops.stop({ kind: "yield" }),
    over: over.signal,
  });
  const context: TaskContext = {
    run,
    options: request.options,
    source: delivery.source,
    archive: delivery.archive,
    clock,
    random,
    log,
    pace,
    md5Trust: delivery.md5Trust,
    metadataTrust: delivery.metadataTrust,
    requests,
    retried: () => {
      retries++;
    },
    throttled: () => {
      throttled++;
    },
    mayWait: admission.mayWait,
    stopping: stops.signal,
    signal: inFlight,
    answered: watch.succeeded,
    cleared: () => watch.looking ?? controls.fresh(),
    mayFetch:
      gate &&
      ((row, plain) => {
        restores.readable(row);
        return plain || gate.enter(row, stops.signal);
      }),
    purse: allowance?.purse,
    isOnTrial: gate && watch.trial.isOn,
    ledgerNow,
    multipartAbove: delivery.multipartAbove,
  };
  const refusals = createRefusals({ watch, ledger, context: () => context, stops, record, over: over.signal });
  const careful = opened.crashes >= CAREFUL_AFTER;
  const running = { context, admission, pace, refusals, stops, writer, record, careful, reader };
  const { sink } = delivery;
  const telling = sink && { ledger, request, sink, clock, random };
  const isToTell = () => told === undefined && tally.ended() === opened.rows.length && tally.counts().archived > 0;
  const tell = (to: Telling) =>
    tellShard(to, shard, { archived: tally.counts().archived, signal: inFlight, mayBeLater: progress });
  let copies: ListedCopies | undefined;
  const runRows = async (positions: Iterable<number>) => {
    const all = tasksOf(request, opened, record, copies, positions);
    const tasks = allowance === undefined ? all : whileNotShort(all, allowance.purse);
    if (gate === undefined) await runTasks(tasks, running);
    else await runOnTrial(tasks, gate, { trial: watch.trial, clock, running, past: opened.past });
  };
  try {
    const signal = AbortSignal.any([stops.signal, inFlight]);
    setMaxListeners(0, signal);
    copies = await listCopies(opened, { ...delivery, requests, leave: watch.archiveListing, signal });
    const positions = gate === undefined ? opened.rows.keys() : spread(opened.rows.length, trialStart(opened.standing));
    const waited = restores.rows();
    const samples = restores.samples(ledgerNow());
    if (samples.length > 0) await runRows(samples);
    await runRows(waited.size === 0 ? positions : without(positions, waited));
    const others = samples.length > 0 ? restores.others() : [];
    if (others.length > 0) await runRows(others);
    await refusals.allEnded();
    if (telling !== undefined && isToTell()) {
      // What others are told of is durable.
      await writer.beat();
      told = await tell(telling);
    }
  } finally {
    over.abort();
    await Promise.all([heart, controls.ended]);
    const stop = stops.reason();
    const halted = stop?.kind === "control" && stop.control.kind === "halt";
    // What the trial ends with is not known: these rows are tried again where it ends well. So are those of a worker that is refused alone.
    for (const outcome of refusals.rest(halted || stop?.kind === "sick" || gate?.isSpent() === true)) record(outcome);
    const closed = writer.close();
    const [reason] = await Promise.all([watch.pulse(ledger, judged, closed), closed, watch.trial.written()]);
    haltWhere(reason);
    watch.failures.left(shard);
  }
  await halting;
  // What was held back to the end may have been all that was left.
  if (telling !== undefined && isToTell()) told = await tell(telling);
  const left = opened.rows.length - tally.ended();
  const stop = stops.reason();
  const needs = stop === undefined && left > 0 ? allowance?.purse.short() : undefined;
  if (allowance !== undefined && (left === 0 || needs !== undefined)) {
    const { purse, n } = allowance;
    const said = { shard, spent: purse.total(), attempt };
    await writeCap(ledger, needs === undefined ? { kind: "over", ...said } : { kind: "short", n, needs, ...said });
  }
  // All outcomes are durable by now, which both rest on, and neither on the other.
  const isOver = left === 0 && told !== "later";
  const isShort = needs !== undefined || (left > 0 && left === restores.count());
  const handsOver = progress && !isOver && stop === undefined && !isShort;
  const processStops = delivery.signal?.aborted === true;
  const ending = [writeEndMarker(ledger, shard, attempt, { processStops, handsOver })];
  if (isOver) ending.push(writeDoneMarker(ledger, shard, tally.counts(), attempt));
  await Promise.all(ending);
  if (isOver) return { kind: "over" };
  if (stop?.kind === "control") return { kind: "stopped", control: stop.control };
  if (stop?.kind === "yield") return { kind: "yielded" };
  if (stop?.kind === "sick") return stop;
  if (needs !== undefined) return { kind: "short" };
  if (left > 0 && left === restores.count()) {
    const until = restores.nextLook(ledgerNow());
    await writeRestoringMarker(ledger, { shard, rows: left, until }, attempt);
    return { kind: "restoring", rows: left, until };
  }
  return { kind: "left", rows: left, progress, earlier: opened.earlier };
}

/** Undefined of a run without a cap. */
async function allowanceOf({ ledger, request, shard }: ShardDelivery, { spent }: OpenedShard) {
  if (request.prices === undefined) return undefined;
  const { granted = nothing, n } = await readGrant(ledger, shard);
  return { purse: createAllowance(granted, spent, request.prices), n };
}

/** Once its allowance is used up nothing more of a shard begins. */
function* whileNotShort(tasks: Iterator<Task>, purse: Allowance): Generator<Task> {
  for (let next = tasks.next(); !next.done && purse.short() === undefined; next = tasks.next()) yield next.value;
}

function* without(positions: Iterable<number>, left: ReadonlySet<number>): Generator<number> {
  for (const row of positions) if (!left.has(row)) yield row;
}
