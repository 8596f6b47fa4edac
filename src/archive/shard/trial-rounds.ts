/**
 * The tasks of a delivery while its run is on trial: once this shard has had its share nothing more of it begins, and for a while the
 * rows of other shards are waited for; where one of them ends the trial, this delivery goes on with what it had put off.
 */
import type { Clock } from "../../vocabulary/clock.ts";
import type { Task } from "../task/task.ts";
import { type RunningTasks, runTasks } from "./run-tasks.ts";
import type { Trial, TrialGate } from "./trial.ts";

/** For so long rows of other shards are waited for. */
const WAIT_MS = 5_000;

export async function runOnTrial(
  tasks: Iterator<Task>,
  gate: TrialGate,
  { trial, clock, running }: { readonly trial: Trial; readonly clock: Clock; readonly running: RunningTasks },
): Promise<void> {
  const { signal } = running.stops;
  const held: Task[] = [];
  /** What was put off comes first. */
  function* next(): Generator<Task> {
    yield* held.splice(0);
    while (!gate.isSpent()) {
      const { done, value } = tasks.next();
      if (done) return;
      yield value;
    }
  }
  for (;;) {
    await runTasks(next(), { ...running, trial: { gate, hold: (task) => held.push(task) } });
    if (signal.aborted || (held.length === 0 && !gate.isSpent())) return;
    const waited = new AbortController();
    clock.sleep(WAIT_MS, signal).then(() => waited.abort());
    await trial.over(AbortSignal.any([waited.signal, signal]));
    if (trial.isOn()) return;
  }
}
