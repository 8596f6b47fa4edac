/**
 * Refusals that may be of every row. One says something about a key; a streak of one kind is looked into: while the run is on trial it
 * halts it, since nothing was ever archived; later only where a row that was archived before is refused as well. Until it is known
 * which, the outcomes wait: they fail, unless the run is halted.
 */
import { readStanding } from "../../ledger/control.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { leastStreak, type Streak } from "../../policy/streaks.ts";
import { isTrialLost, trialLostReason, trialRefusals } from "../../policy/trial.ts";
import { storeOf } from "../../vocabulary/address.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import { counted } from "../../vocabulary/counted.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { needOf, type Operation } from "../../vocabulary/permissions.ts";
import { type RowRequest, rowRequests } from "../../vocabulary/row-request.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { TaskContext } from "../task/task.ts";
import { isRefused } from "./confirm-refusal.ts";
import { type RunWatch, wordMs } from "./run-watch.ts";
import type { Stops } from "./stops.ts";
import type { TrialGate } from "./trial.ts";

export interface Refusals {
  /** A row failed in a way in which every row may. Stops the delivery, or the run, where that turns out to be so. */
  refused(outcome: Outcome, by: RowRequest, trial: TrialGate | undefined): Promise<void>;
  /** No row can succeed, for this worker at least. */
  impossible(outcome: Outcome, by: RowRequest, reason: string): Promise<void>;
  /** A row is over, or left. */
  ended(outcome: Outcome): void;
  /**
   * All rows of the delivery have ended. Where none of them succeeded a streak need not grow longer: the next delivery may be in
   * another process, which knows of none.
   */
  allEnded(): Promise<void>;
  endedOnTrial(outcome: Outcome, trial: TrialGate): Promise<void>;
  /**
   * The outcomes that still wait; called once, at the end of the shard.
   * @param unknown it did not become known whose fault they are
   */
  rest(unknown: boolean): readonly Outcome[];
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
  let waiting: { readonly outcome: Outcome; readonly by: RowRequest; readonly at: number }[] = [];
  let archivedAny = false;
  /** A success says nothing of other requests, nor of what was refused after it had begun. */
  const release = (by: RowRequest, begun: number) => {
    if (waiting.length === 0) return;
    const isReleased = (one: (typeof waiting)[number]) => one.by === by && one.at < begun;
    const released = waiting.filter(isReleased);
    waiting = waiting.filter((one) => !isReleased(one));
    for (const { outcome } of released) record(outcome);
  };
  const forget = watch.onSuccess(release);
  over.addEventListener("abort", forget, { once: true });
  const stopSick = () => stops.stop({ kind: "sick", ...sickness(watch) });
  watch.sick.signal.addEventListener("abort", stopSick, { once: true, signal: over });

  const bucketOf = (by: RowRequest) => (by.startsWith("source") ? context().source : context().archive);
  const alike = (by: RowRequest, { code, message }: Outcome): string =>
    `${requestWords(by, bucketOf(by).address)} ends with ${code} in ${bucketOf(by).address}, at last so: ${message}${adviceOn(code)}`;

  const halt = async (by: readonly RowRequest[], reason: string, since: number, code: string) => {
    const { log, run } = context();
    tellWait(log, "Nothing is fetched until it is known whether other workers are refused as well.", wordMs, {
      run,
      reason,
    });
    if (await watch.othersSucceed(by, since, ledger)) {
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
    const sample = await watch.sample(by, ledger);
    if (by === "source.get" && sample?.plain) {
      // What plain GETs brought says nothing of those that are paid for: as long as none of these was archived, they are on trial.
      if (watch.trial.isWaived()) return;
      const reason = `no row of the run was archived by what is paid for, and ${count} failed in a row: ${alike(by, outcome)}`;
      await halt([by], reason, since, code);
      return;
    }
    if (sample === undefined || !(await isRefused(by, code, sample, context()))) return;
    const reason = `${count === 1 ? "a row" : counted(count, "row")} failed in a row, and so does ${JSON.stringify(sample.key)}, which was archived before: ${alike(by, outcome)}`;
    await halt([by], reason, since, code);
  }

  const lookOnce = (by: RowRequest, outcome: Outcome, { count, since }: Streak): Promise<void> => {
    watch.looking ??= look(by, outcome, count, since).finally(() => {
      watch.looking = undefined;
    });
    return watch.looking;
  };

  const ended = (outcome: Outcome): void => {
    if (outcome.outcome !== "archived") return;
    archivedAny = true;
    watch.archived(outcome, ledger);
  };

  return {
    async refused(outcome, by, trial) {
      const { code = "", row } = outcome;
      waiting.push({ outcome, by, at: context().clock.elapsed() });
      const inVain = await trial?.left(row, outcome);
      if (inVain !== undefined && isTrialLost(inVain)) {
        await stops.halt(trialLostReason(inVain, alike(by, outcome)));
        return;
      }
      const limit = watch.trial.isOn() ? trialRefusals : watch.limit;
      const streak = watch.streaks.refused(by, code, context().clock.elapsed(), limit);
      if (streak !== undefined) await lookOnce(by, outcome, streak);
    },
    async allEnded() {
      const last = waiting.at(-1);
      if (last === undefined || archivedAny || stops.signal.aborted || watch.trial.isOn()) return;
      const { by, outcome } = last;
      const streak = watch.streaks.standing(by, outcome.code ?? "", leastStreak);
      if (streak !== undefined) await lookOnce(by, outcome, streak);
    },
    async impossible(outcome, by, reason) {
      const { code = "" } = outcome;
      const named = `${reason} (${requestWords(by, bucketOf(by).address)} in ${bucketOf(by).address})`;
      // Credentials are of all requests to a side.
      const alike = rowRequests.filter((one) => one.split(".")[0] === by.split(".")[0]);
      await halt(alike, named, context().clock.elapsed() - outcome.ms, code);
    },
    ended,
    async endedOnTrial(outcome, trial) {
      await trial.left(outcome.row, undefined);
      ended(outcome);
    },
    rest: (unknown) =>
      waiting.map(({ outcome }) => (unknown ? { ...outcome, outcome: "pending" as const, attempts: 0 } : outcome)),
  };
}

/** The request, and what must be allowed for it. */
const requests: Readonly<Record<RowRequest, readonly [request: string, operation: Operation]>> = {
  "source.get": ["the GET of the original", "get"],
  "source.head": ["the HEAD", "head"],
  "archive.put": ["the PUT", "put"],
  "archive.head": ["the HEAD", "head"],
  "source.restore": ["the restore", "restore"],
};

/** What tells it from others of its action. */
const queries: Readonly<Partial<Record<RowRequest, string>>> = {
  "source.get": "?ci-process=originImage, ",
  "source.restore": "?restore, ",
};

function requestWords(by: RowRequest, address: string): string {
  const [request, operation] = requests[by];
  const need = needOf(storeOf(address), operation);
  if (need === undefined) return request;
  return `${request} (${queries[by] ?? ""}${need})`;
}

function adviceOn(code: string | undefined): string {
  const entry = code === undefined ? undefined : entryOf(code);
  return entry?.advice === undefined || entry.told ? "" : `; ${entry.advice}`;
}

function sickness({ sick }: RunWatch): { readonly code: string; readonly reason: string } {
  return sick.signal.reason as { readonly code: string; readonly reason: string };
}
