/** What the steps of a row are given, and what they come back with. */
import type { Knowledge, Rules } from "./knowledge.ts";
import type { RowRequest, Task, TaskContext } from "./task.ts";

export interface RowWork {
  readonly task: Task;
  readonly context: TaskContext;
  readonly rules: Rules;
}

export type StepResult =
  | { readonly kind: "known"; readonly knowledge: Knowledge }
  /** A request failed, or may not be sent any more; what else the step brought is kept. */
  | { readonly kind: "failed"; readonly knowledge: Knowledge; readonly thrown: unknown; readonly by: RowRequest };

export const known = (knowledge: Knowledge): StepResult => ({ kind: "known", knowledge });

/** One request to one side, and what follows from its result. */
export async function after<T>(
  knowledge: Knowledge,
  by: RowRequest,
  request: Promise<T>,
  conclude: (result: T) => Knowledge,
): Promise<StepResult> {
  let result: T;
  try {
    result = await request;
  } catch (thrown) {
    return { kind: "failed", knowledge, thrown, by };
  }
  return known(conclude(result));
}
