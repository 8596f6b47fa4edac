/** Runs the tasks of a delivery, as many at once as may, and hands on how each ended. */
import type { RecordReader } from "../../ledger/shard/record-reader.ts";
import type { SegmentWriter } from "../../ledger/shard/segment-writer.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { archiveTask, type TaskEnd } from "../task/archive-task.ts";
import { outOfTimeCode } from "../task/out-of-time.ts";
import type { Task, TaskContext } from "../task/task.ts";
import type { Admission } from "./pace/admission.ts";
import type { Pace } from "./pace/pace.ts";
import type { Refusals } from "./refusals.ts";
import type { Stops } from "./stops.ts";
import type { TrialGate } from "./trial.ts";

export interface RunningTasks {
  readonly context: TaskContext;
  readonly admission: Admission;
  readonly pace: Pace;
  readonly refusals: Refusals;
  readonly stops: Stops;
  readonly writer: SegmentWriter;
  readonly record: (outcome: Outcome) => void;
  /** While the run is on trial; `hold` takes a row that may not be fetched before it is over. */
  readonly trial?: { readonly gate: TrialGate; readonly hold: (task: Task) => void } | undefined;
  /** One at a time, each recorded before it is tried: so that a row that kills the process is charged for it. */
  readonly careful: boolean;
  /** No row begins while it is behind. */
  readonly reader?: Pick<RecordReader, "room"> | undefined;
}

/** Throws the first fault of a task, once all that began have ended. */
export async function runTasks(tasks: IterableIterator<Task>, running: RunningTasks): Promise<void> {
  const { pace, stops, careful, trial } = running;
  if (careful) {
    for (const task of tasks) await runTask(task, running);
    return;
  }
  let fault: Error | undefined;
  const onFault = (thrown: unknown) => {
    fault ??= ensureError(thrown);
    stops.quit();
  };
  const run = trial === undefined ? runTask : inTurn(trial.gate);
  await pace.runEach(tasks, (task) => run(task, running), onFault);
  if (fault !== undefined) throw fault;
}

/** As the trial lets them begin. */
const inTurn =
  (gate: TrialGate) =>
  async (task: Task, running: RunningTasks): Promise<void> => {
    const turn = gate.begin(running.stops.signal);
    if (turn !== undefined) await turn;
    try {
      await runTask(task, running);
    } finally {
      gate.end();
    }
  };

async function runTask(
  task: Task,
  { context, admission, pace, refusals, writer, record, trial, careful, reader }: RunningTasks,
): Promise<void> {
  const { size } = task.planned;
  const room = reader?.room();
  if (room !== undefined) await room;
  const admitted = admission.admitted(size);
  if (!(typeof admitted === "boolean" ? admitted : await admitted)) return;
  pace.begins(size);
  const timed = context.isOnTrial?.() === true ? withoutWaits(context) : undefined;
  let end: TaskEnd | undefined;
  try {
    if (careful) {
      const { row, planned, restore } = task;
      writer.add({ row, key: planned.key, outcome: "pending", code: "Started", attempts: 1, ms: 0, restore });
      await writer.beat();
    }
    end = await archiveTask(task, timed?.context ?? context);
  } finally {
    const ms = end && tellingMs(end.outcome);
    admission.ended(size, ms === undefined ? undefined : Math.max(0, ms - (timed?.waitedMs() ?? 0)));
  }
  const { outcome } = end;
  if (end.kind === "refused") return refusals.refused(outcome, end.by, trial?.gate);
  if (outcome.code === "OnTrial" && trial !== undefined) {
    trial.hold(task);
    return;
  }
  if (trial === undefined) refusals.ended(outcome);
  else await refusals.endedOnTrial(outcome, trial.gate);
  record(outcome);
  if (end.kind === "halt") await refusals.impossible(outcome, end.by, end.reason);
}

/** On trial rows wait for one another, which says nothing of how long they take. */
function withoutWaits(context: TaskContext): { readonly context: TaskContext; readonly waitedMs: () => number } {
  const { clock, mayFetch } = context;
  let waitedMs = 0;
  const timed = async (row: number, plain: boolean): Promise<boolean> => {
    const from = clock.elapsed();
    const may = (await mayFetch?.(row, plain)) ?? true;
    waitedMs += clock.elapsed() - from;
    return may;
  };
  return { context: { ...context, mayFetch: timed }, waitedMs: () => waitedMs };
}

/** What a task took, where that says how long others take: a failure is soon over. */
function tellingMs({ outcome, code, ms }: Outcome): number | undefined {
  return outcome === "archived" || outcome === "skipped" || code === outOfTimeCode ? ms : undefined;
}
