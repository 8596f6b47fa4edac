/**
 * A run on trial (policy/trial.ts): of each shard only a few rows may be fetched until one of the run is archived. Rows that cost nothing,
 * because the archive has them or the source does not, are not held back.
 */
import { readStanding, type Standing } from "../../ledger/control.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type Sample, sampleOf, writeFirstArchived, writeVain } from "../../ledger/trial.ts";
import { isOnTrial, isWaived, trialAllowance } from "../../policy/trial.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";

/** Of a run in this process. */
export interface Trial {
  isOn(): boolean;
  /** Who resumed the run wants no trial any more. */
  isWaived(): boolean;
  /** What a look at the run's controls showed. */
  see(standing: Standing): void;
  /** A row was archived. The first ends the trial, here at once and elsewhere by the ledger. */
  archived(outcome: Outcome, ledger: LedgerStore): void;
  /** Settles once the end of the trial is written, where it ended here. */
  written(): Promise<void>;
  /** Resolves once the trial is over, or the signal aborts. */
  over(signal: AbortSignal): Promise<void>;
  /** A delivery's share in it. */
  gate(options: { readonly ledger: LedgerStore; readonly shard: number; readonly shards: number }): TrialGate;
}

export interface TrialGate {
  /**
   * Undefined where a row's task may begin now; else resolves once it may, or once the signal aborts. Whoever begins must `end`. There are as many
   * at once as may be fetched, and one more for each that was not refused: nothing is asked about rows that wait for others anyway, over
   * connections that none of them needs yet, and rows that are not fetched at all go as fast as ever after a few.
   */
  begin(stopping: AbortSignal): Promise<void> | undefined;
  end(): void;
  /** May the row be fetched now? Waits where others of the shard have to show first what comes of it. */
  enter(row: number, stopping: AbortSignal | undefined): boolean | Promise<boolean>;
  /**
   * A row's task has ended.
   * @param failed how, where it failed in a way in which every row may
   * @returns how many rows of the run have failed so, where this one was fetched in vain
   */
  left(row: number, failed: Outcome | undefined): Promise<number | undefined>;
  /** Is all used up that this shard may fetch? */
  isSpent(): boolean;
  /** Was the row fetched in vain before, on this trial? */
  isVain(row: number): boolean;
}

export function createTrial(): Trial {
  let on = true;
  let resumes = 0;
  let vain: Standing["vain"] = [];
  let shares: Standing["shares"] = new Map();
  let waiting: (() => void)[] = [];
  let writing: Promise<void> = Promise.resolve();
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  const woken = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  const see = (standing: Standing) => {
    on &&= isOnTrial(standing);
    ({ resumes, vain, shares } = standing);
    wake();
  };
  return {
    isOn: () => on,
    isWaived: () => isWaived({ resumes }),
    see,
    archived(outcome, ledger) {
      const sample: Sample | undefined = on ? sampleOf(outcome) : undefined;
      if (sample === undefined) return;
      on = false;
      wake();
      // Where it can't be written, other workers find their own first.
      writing = writeFirstArchived(ledger, sample).catch(() => undefined);
    },
    written: () => writing,
    async over(signal) {
      while (on && !signal.aborted) await woken(signal);
    },
    gate({ ledger, shard, shards }) {
      const allowance = () => Math.max(trialAllowance(shards), shares.get(shard) ?? 0);
      const inside = new Set<number>();
      const here = new Set<number>();
      const spent = () => {
        const rows = new Set(here);
        for (const marked of vain) if (marked.shard === shard) rows.add(marked.row);
        return rows.size;
      };
      let underWay = 0;
      let answered = 0;
      let stopped = false;
      /** Of the signal that stops the work. */
      let hears = false;
      /** Of those that wait to begin, in order: only who may is woken, or each of a thousand would be asked at each end of another. */
      const turns: (() => void)[] = [];
      let listens = false;
      const mayBegin = () => !on || stopped || underWay < allowance() + answered;
      const letIn = (): void => {
        while (turns.length > 0 && mayBegin()) {
          underWay++;
          turns.shift()?.();
        }
        if (turns.length === 0 || listens) return;
        listens = true;
        waiting.push(() => {
          listens = false;
          letIn();
        });
      };
      const begin = (stopping: AbortSignal): Promise<void> | undefined => {
        if (turns.length === 0 && (mayBegin() || stopping.aborted)) {
          underWay++;
          return undefined;
        }
        if (!hears) {
          hears = true;
          const stop = () => {
            stopped = true;
            letIn();
          };
          stopping.addEventListener("abort", stop, { once: true });
        }
        return new Promise((resolve) => {
          turns.push(resolve);
          letIn();
        });
      };
      const enter = (row: number, stopping: AbortSignal | undefined): boolean | Promise<boolean> => {
        if (!on || inside.has(row)) return true;
        if (stopping?.aborted || spent() >= allowance()) return false;
        if (inside.size + spent() < allowance()) {
          inside.add(row);
          return true;
        }
        return woken(stopping).then(() => enter(row, stopping));
      };
      return {
        begin,
        end() {
          underWay--;
          letIn();
        },
        enter,
        isVain: (row) => vain.some((marked) => marked.shard === shard && marked.row === row),
        isSpent: () => on && spent() >= allowance(),
        async left(row, failed) {
          if (failed === undefined) answered++;
          if (!inside.has(row)) return undefined;
          const inVain = on && failed !== undefined;
          if (inVain) here.add(row);
          inside.delete(row);
          wake();
          if (!inVain) return undefined;
          await writeVain(ledger, { resumes, shard, row }, failed);
          see(await readStanding(ledger));
          return on ? vain.length : undefined;
        },
      };
    },
  };
}
