/**
 * Does the source still bring an original that it brought before? The road of a row (next-step.ts), but for the archive: nothing is put;
 * nor is it fetched by a plain GET, which says nothing of those that are paid for.
 */
import { isBucketError } from "../../objects/error.ts";
import { doStep } from "./do-step.ts";
import { newTry, startKnowledge } from "./knowledge.ts";
import { nextStep } from "./next-step.ts";
import { rulesOf } from "./step-result.ts";
import type { Task, TaskContext } from "./task.ts";

/** @returns undefined where it does, or where that can't be told now; else the code of what it does instead */
export async function trySource(task: Task, context: TaskContext): Promise<string | undefined> {
  const rules = rulesOf(context);
  let knowledge = newTry({ ...startKnowledge(task, rules, context.clock.elapsed()), archive: "asked", plain: false });
  try {
    for (;;) {
      const step = nextStep(knowledge, rules);
      if (step.kind === "end" && step.verdict.kind === "waits") return undefined;
      if (step.kind === "end") return step.verdict.kind === "failed" ? step.verdict.code : undefined;
      // A copy that was restored may be gone again; to look is not worth another.
      if (step.kind === "put" || step.kind === "put-empty" || step.kind === "restore") return undefined;
      const result = await doStep(step, knowledge, { task, context, rules });
      knowledge = result.knowledge;
      if (result.kind !== "failed") continue;
      return isBucketError(result.thrown) && !result.thrown.retryable ? result.thrown.code : undefined;
    }
  } finally {
    if (knowledge.body?.kind === "stream") knowledge.body.stream.destroy();
  }
}
