/**
 * Refusals that may be of every row. One says something about a key; a streak of one kind is looked into: while the run is on trial it
 * halts it, since nothing was ever archived; later only where a row that was archived before is refused as well. Until it is known
 * which, the outcomes wait: they fail, unless the run is halted.
 */
import { readStanding } from "../../ledger/control.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { trialRefusals } from "../../policy/trial.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { RowRequest, TaskContext } from "../task/task.ts";
import { isRefused } from "./confirm-refusal.ts";
import type { RunWatch } from "./run-watch.ts";
import type { Stops } from "./stops.ts";
import { isTrialLost, type TrialGate } from "./trial.ts";

export interface Refusals {
  /** A row failed in a way in which every row may. Stops the delivery, or the run, where that turns out to be so. */
  refused(outcome: Outcome, by: RowRequest, trial: TrialGate | undefined): Promise<void>;
  /** No row can succeed, for this worker at least. */
  impossible(outcome: Outcome, by: RowRequest, reason: string): Promise<void>;
  /** A row is over, or left. */
  ended(outcome: Outcome): void;
  endedOnTrial(outcome: Outcome, trial: TrialGate): Promise<void>;
  /** The outcomes that still wait; called once, at the end of the shard. */
  rest(halted: boolean): readonly Outcome[];
}

export function createRefusals(options: {
  readonly watch: RunWatch;
  readonly ledger: LedgerStore;
  readonly context: () => TaskContext;
  readonly stops: Stops;
  readonly record: (outcome: Outcome) => void;
  /** Ends with the delivery. */
  readonly over: AbortSignal;
}): Refusals {
  const { watch, ledger, context, stops, record, over } = options;
  /** `at`: when it was refused, by the clock's `elapsed`. */
  let waiting: { readonly outcome: Outcome; readonly at: number }[] = [];
  /** A success says nothing of what was refused after it had begun. */
  const release = (begun: number) => {
    const released = waiting.filter(({ at }) => at < begun);
    waiting = waiting.filter(({ at }) => at >= begun);
    for (const { outcome } of released) record(outcome);
  };
  const forget = watch.onArchived(release);
  over.addEventListener("abort", forget, { once: true });
  const stopSick = () => stops.stop({ kind: "sick", ...sickness(watch) });
  watch.sick.signal.addEventListener("abort", stopSick, { once: true, signal: over });

  const bucketOf = (by: RowRequest) => (by.startsWith("source") ? context().source : context().archive);
  const alike = (by: RowRequest, { code, message }: Outcome): string =>
    `${requestWords[by]} ends with ${code} in ${bucketOf(by).address}, at last so: ${message}${adviceOn(code)}`;

  const halt = async (reason: string, since: number, code: string) => {
    if (await watch.othersSucceed(since, ledger)) {
      watch.sick.abort({ code, reason: `this worker is refused what others are not, and stops: ${reason}` });
    } else await stops.halt(reason);
  };

  /** @returns once it is known whether the streak is of every row */
  async function look(by: RowRequest, outcome: Outcome, count: number, since: number): Promise<void> {
    const { code = "" } = outcome;
    if (watch.trial.isOn()) {
      watch.trial.see(await readStanding(ledger));
      if (watch.trial.isOn()) {
        return stops.halt(`no row of the run was archived, and ${count} failed in a row: ${alike(by, outcome)}`);
      }
    }
    const sample = await watch.sample(ledger);
    if (sample === undefined || !(await isRefused(by, code, sample, context()))) return;
    const reason = `${count} rows failed in a row, and so does ${JSON.stringify(sample.key)}, which was archived before: ${alike(by, outcome)}`;
    await halt(reason, since, code);
  }

  const ended = (outcome: Outcome): void => {
    if (outcome.outcome === "archived") watch.archived(outcome, ledger);
    else if (outcome.outcome === "skipped") watch.streaks.succeeded("archive.head", "source.head");
  };

  return {
    async refused(outcome, by, trial) {
      const { code = "", row } = outcome;
      waiting.push({ outcome, at: context().clock.elapsed() });
      const inVain = await trial?.left(row, outcome);
      if (inVain !== undefined && isTrialLost(inVain)) {
        await stops.halt(`none of the first ${inVain} rows that were fetched could be archived: ${alike(by, outcome)}`);
        return;
      }
      const limit = watch.trial.isOn() ? trialRefusals : watch.limit;
      const streak = watch.streaks.refused(by, code, context().clock.elapsed(), limit);
      if (streak === undefined) return;
      watch.looking ??= look(by, outcome, streak.count, streak.since).finally(() => {
        watch.looking = undefined;
      });
      await watch.looking;
    },
    async impossible(outcome, by, reason) {
      const { code = "" } = outcome;
      const named = `${reason} (${requestWords[by]} in ${bucketOf(by).address})`;
      await halt(named, context().clock.elapsed() - outcome.ms, code);
    },
    ended,
    async endedOnTrial(outcome, trial) {
      await trial.left(outcome.row, undefined);
      ended(outcome);
    },
    rest: (halted) =>
      waiting.map(({ outcome }) => (halted ? { ...outcome, outcome: "pending" as const, attempts: 0 } : outcome)),
  };
}

/** The request, and the permission that it needs (document 436/31923). */
const requestWords: Readonly<Record<RowRequest, string>> = {
  "source.get": "the GET of the original (?ci-process=originImage, cos:GetObject)",
  "source.head": "the HEAD (cos:HeadObject)",
  "archive.put": "the PUT (cos:PutObject)",
  "archive.head": "the HEAD (cos:HeadObject)",
};

function adviceOn(code: string | undefined): string {
  const entry = code === undefined ? undefined : entryOf(code);
  return entry?.advice === undefined || entry.told ? "" : `; ${entry.advice}`;
}

function sickness({ sick }: RunWatch): { readonly code: string; readonly reason: string } {
  return sick.signal.reason as { readonly code: string; readonly reason: string };
}
