/** What follows from a code, in words, and whether the row is over with it. */
import type { Effect } from "./entry.ts";

export const effectWords: Readonly<Record<Effect, string>> = {
  "row-over": "the row is over",
  refused: "the row has failed; a streak halts the run",
  retried: "tried again",
  slowed: "tried again, and all slow down",
  "run-halted": "the run is halted",
  "not-begun": "nothing is begun",
  noted: "nothing",
};

/** Effects after which a row that has such a code is not tried again by its run. */
export const endsRow = (effect: Effect): boolean => effect === "row-over" || effect === "refused";
