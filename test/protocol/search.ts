/** Visits every state that can be reached within the bounds, each once, and asks each whether the invariants hold. */
import { createHistories } from "./histories.ts";
import { holdsAlways, holdsAtRest } from "./invariants.ts";
import { keyOf, type State } from "./state.ts";
import { createSteps, type Steps } from "./steps.ts";
import type { Bounds, Story } from "./story.ts";
import { Violation } from "./violation.ts";

export interface Found {
  readonly violation: string;
  /** The choice at each state, from the beginning: `replay` takes them again. */
  readonly choices: readonly number[];
}

export interface Searched {
  readonly states: number;
  /** Of them: where nothing more happens unless something goes wrong once more. */
  readonly atRest: number;
  /** Ways from a state to the next. */
  readonly steps: number;
  /** Times that the real code was run from the beginning of a delivery. */
  readonly executions: number;
  /** Different courses of a delivery. */
  readonly histories: number;
  /** In what ways it came to rest: what was done how often, and what lies in the stores then. */
  readonly endings: ReadonlySet<string>;
  readonly found: Found | undefined;
}

interface Visit {
  readonly state: State;
  readonly before: Visit | undefined;
  readonly choice: number;
}

export interface How {
  /** `breadth` finds the shortest way to what is broken; `depth`, which is the default, needs less memory. */
  readonly order?: "depth" | "breadth";
  /** Are answers that were under way together told apart by their order? */
  readonly everyOrder?: boolean;
}

export async function search(
  story: Story,
  bounds: Bounds,
  { order = "depth", everyOrder = false }: How = {},
): Promise<Searched> {
  const histories = createHistories({ everyOrder });
  const steps = createSteps(story, bounds, histories);
  const seen = new Set<string>();
  let taken = 0;
  let atRest = 0;
  const endings = new Set<string>();
  const result = (found: Found | undefined): Searched => ({
    states: seen.size,
    atRest,
    steps: taken,
    executions: histories.executions(),
    histories: histories.count(),
    endings,
    found,
  });

  const start = await steps.start();
  seen.add(keyOf(start));
  let open: Visit[] = [{ state: start, before: undefined, choice: -1 }];
  let ahead: Visit[] = [];
  for (;;) {
    const visit = open.pop();
    if (visit === undefined) {
      if (ahead.length === 0) return result(undefined);
      open = ahead.reverse();
      ahead = [];
      continue;
    }
    let choice = -1;
    try {
      const choices = steps.from(visit.state);
      if (choices.every(({ fault }) => fault)) {
        atRest++;
        holdsAtRest(visit.state, story);
        endings.add(endingOf(visit.state));
      }
      for (const { take } of choices) {
        choice++;
        taken++;
        const state = await take();
        const key = keyOf(state);
        if (seen.has(key)) continue;
        seen.add(key);
        holdsAlways(state, story);
        (order === "depth" ? open : ahead).push({ state, before: visit, choice });
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const choices = choice < 0 ? [] : [choice];
      for (let at: Visit = visit; at.before !== undefined; at = at.before) choices.unshift(at.choice);
      return result({ violation: error.message, choices });
    }
  }
}

/** Takes the same way again in a world of its own: the name of each step, and last what is broken. */
export async function replay(story: Story, bounds: Bounds, choices: readonly number[]): Promise<readonly string[]> {
  const steps: Steps = createSteps(story, bounds, createHistories({ everyOrder: false }));
  const names: string[] = [];
  try {
    let state = await steps.start();
    for (const choice of choices) {
      const step = steps.from(state)[choice];
      if (step === undefined) throw new Error(`there is no choice ${choice} after ${names.join("; ")}`);
      names.push(step.name());
      state = await step.take();
      holdsAlways(state, story);
    }
    if (steps.from(state).every(({ fault }) => fault)) holdsAtRest(state, story);
    return names;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return [...names, error.message];
  }
}

function endingOf({ now, ledger, archive, fetches, crashes, duplicates, stalls, overlaps }: State): string {
  return JSON.stringify([
    now,
    fetches,
    crashes,
    duplicates,
    stalls,
    overlaps,
    ...archive.byKey.keys(),
    ...[...ledger.byKey.keys()].sort(),
  ]);
}
