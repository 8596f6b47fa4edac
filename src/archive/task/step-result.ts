/** What the steps of a row are given, and what they come back with. */
import { putLimit } from "../../vocabulary/limits.ts";
import type { RowRequest } from "../../vocabulary/row-request.ts";
import type { Knowledge, Rules } from "./knowledge.ts";
import type { Task, TaskContext } from "./task.ts";

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

/** One request to one side, and what follows from its result; `lost`: what is known where it failed. */
export async function after<T>(
  knowledge: Knowledge,
  by: RowRequest,
  request: Promise<T>,
  conclude: (result: T) => Knowledge,
  lost: Knowledge = knowledge,
): Promise<StepResult> {
  let result: T;
  try {
    result = await request;
  } catch (thrown) {
    return { kind: "failed", knowledge: lost, thrown, by };
  }
  return known(conclude(result));
}

/** What decides beside the knowledge of a row, as the tasks of a delivery have it. */
export function rulesOf(context: TaskContext): Rules {
  const { options, run, archive, md5Trust, metadataTrust, multipartAbove, isOnTrial, purse, clock } = context;
  return {
    options,
    run,
    history: options.history === undefined ? undefined : { prefix: options.history, ...archive.offers },
    // Some of those that speak the protocol pass over it without a word.
    forbidsOverwrite: archive.offers.forbidsOverwrite !== "by most",
    trustsMd5: md5Trust.trusted,
    // A plain GET brings it.
    asksMetadata: options.fromArchive === undefined ? metadataTrust.asks : () => false,
    // What an original will cost is to be known before it is paid for.
    isOnTrial: purse === undefined ? isOnTrial : () => true,
    now: context.ledgerNow ?? clock.now,
    putLimit: multipartAbove ?? putLimit,
  };
}
