/**
 * The tasks of a delivery while its run is on trial: once this shard has had its share nothing more of it begins, and for a while the
 * rows of other shards are waited for; where one of them ends the trial, this delivery goes on with what it had put off. Rows that were
 * fetched in vain before come last: where there is still room on the trial then, it is their fault, and they are not paid for again.
 */
import type { Clock } from "../../vocabulary/clock.ts";
import { effectOf } from "../../vocabulary/codes/catalogue.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { Task } from "../task/task.ts";
import { type RunningTasks, runTasks } from "./run-tasks.ts";
import type { Trial, TrialGate } from "./trial.ts";

/** For so long rows of other shards are waited for. */
const WAIT_MS = 5_000;

export async function runOnTrial(
  tasks: Iterator<Task>,
  gate: TrialGate,
  {
    trial,
    clock,
    running,
    past,
  }: {
    readonly trial: Trial;
    readonly clock: Clock;
    readonly running: RunningTasks;
    /** How the rows ended before. */
    readonly past: ReadonlyMap<number, { readonly outcome: Outcome }>;
  },
): Promise<void> {
  const { signal } = running.stops;
  const held: Task[] = [];
  const vain: Task[] = [];
  /** What was put off comes first. */
  function* next(): Generator<Task> {
    yield* held.splice(0);
    while (!gate.isSpent()) {
      const { done, value } = tasks.next();
      if (done) return;
      if (trial.isOn() && gate.isVain(value.row)) vain.push(value);
      else yield value;
    }
  }
  for (;;) {
    await runTasks(next(), { ...running, trial: { gate, hold: (task) => held.push(task) } });
    if (signal.aborted) return;
    if (held.length === 0 && !gate.isSpent()) {
      if (vain.length === 0) return;
      for (const task of vain.splice(0)) {
        const before = past.get(task.row)?.outcome;
        if (trial.isOn() && before !== undefined && isRefusal(before)) {
          running.record({ ...before, outcome: "failed", attempts: 0, ms: 0 });
        } else held.push(task);
      }
      if (held.length === 0) return;
      continue;
    }
    const { log, run } = running.context;
    tellWait(log, "Rows wait for those of other shards: nothing of the run is archived yet.", WAIT_MS, { run });
    const waited = new AbortController();
    clock.sleep(WAIT_MS, signal).then(() => waited.abort());
    await trial.over(AbortSignal.any([waited.signal, signal]));
    if (trial.isOn()) return;
    held.push(...vain.splice(0));
  }
}

/** It was left because it was refused, not for want of time. */
function isRefusal({ code }: Outcome): boolean {
  const effect = code === undefined ? "noted" : effectOf(code);
  return effect === undefined || effect === "refused" || effect === "row-over";
}
