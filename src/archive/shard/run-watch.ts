/**
 * What this process knows of a run as a whole, beside its shards: whether it is on trial, what is refused over and over, and how others
 * fare with it. A refusal of every row halts the run; a worker that is refused alone stops itself.
 */
import { ulid } from "ulid";
import { readPulses, slotAt, writePulse } from "../../ledger/pulse.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { readFirstArchived, type Sample, sampleOf } from "../../ledger/trial.ts";
import { createStreaks, type Streaks } from "../../policy/streaks.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { createFailureWatch, type FailureWatch, type JudgedRun } from "./failure-watch.ts";
import { createTrial, type Trial } from "./trial.ts";

export interface RunWatch {
  readonly trial: Trial;
  readonly streaks: Streaks;
  /** Refusals of one kind in a row that are looked into. */
  readonly limit: number;
  /** Tells every delivery of this process that something was archived. */
  archived(outcome: Outcome, ledger: LedgerStore): void;
  readonly failures: FailureWatch;
  /** What a delivery does once another of this process has archived a row, whose work `begun` by the clock's `elapsed`; the returned function ends it. */
  onArchived(act: (begun: number) => void): () => void;
  /** This worker alone is refused: none of its deliveries of the run goes on. */
  readonly sick: AbortController;
  /** A row that was archived, here or elsewhere; undefined where none is known. */
  sample(ledger: LedgerStore): Promise<Sample | undefined>;
  /**
   * Tells others how this process fares, at most once a slot. Never rejects.
   * @param judged where failures are counted over all workers; then resolves with why to halt the run
   */
  pulse(ledger: LedgerStore, judged?: JudgedRun): Promise<string | undefined>;
  /** Has another worker archived a row since then, ms by the clock's `elapsed`? Waits for word of those that live. */
  othersSucceed(since: number, ledger: LedgerStore): Promise<boolean>;
  /** One look into a refusal at a time, for all deliveries; others wait for it. */
  looking: Promise<void> | undefined;
}

/** Workers that gave no sign in so many slots are taken for gone. */
const SLOTS = 3;
/** For as long word of the others is waited for: each gives it once a slot. */
const WORD_MS = 12_000;
const AGAIN_MS = 2_000;

export function createRunWatch(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly limit: number;
}): RunWatch {
  const { clock, random, limit } = options;
  const worker = ulid(clock.now(), random);
  const trial = createTrial();
  const streaks = createStreaks();
  const failures = createFailureWatch();
  const listeners = new Set<(begun: number) => void>();
  let last: Sample | undefined;
  let archived = 0;
  let succeededAt: number | undefined;
  let pulsedSlot = -1;
  /** The ledger's clock less what elapsed here, ms; until it has said, what time it is here. */
  let ahead = clock.now() - clock.elapsed();

  const slot = (time: number) => slotAt(time + ahead);
  const others = async (from: number, ledger: LedgerStore) => {
    const { pulses, serverTime } = await readPulses(ledger, from);
    if (serverTime > 0) ahead = serverTime - clock.elapsed();
    return [...pulses.values()].filter((pulse) => pulse.worker !== worker);
  };
  const watch: RunWatch = {
    trial,
    streaks,
    failures,
    limit,
    looking: undefined,
    sick: new AbortController(),
    archived(outcome, ledger) {
      archived++;
      succeededAt = clock.elapsed();
      last = sampleOf(outcome) ?? last;
      streaks.succeeded("source.get", "source.head", "archive.put", "archive.head");
      trial.archived(outcome, ledger);
      for (const act of listeners) act(clock.elapsed() - outcome.ms);
    },
    onArchived(act) {
      listeners.add(act);
      return () => listeners.delete(act);
    },
    sample: async (ledger) => last ?? (await readFirstArchived(ledger)),
    async pulse(ledger, judged) {
      const now = slot(clock.elapsed());
      if (now <= pulsedSlot) return undefined;
      pulsedSlot = now;
      const succeeded = succeededAt === undefined ? 0 : slot(succeededAt);
      const failed = failures.open();
      try {
        await writePulse(ledger, { slot: now, worker, archived, failed, succeeded });
        if (judged === undefined) return undefined;
        const elsewhere = (await others(now - SLOTS, ledger)).reduce((total, pulse) => total + pulse.failed, 0);
        return await failures.reason(judged, elsewhere, ledger);
      } catch {
        // It is a hint: where it can't be given, others do without, and reconcile counts the markers.
        return undefined;
      }
    },
    async othersSucceed(since, ledger) {
      const until = clock.elapsed() + WORD_MS;
      for (;;) {
        const alive = await others(slot(clock.elapsed()) - SLOTS, ledger);
        if (alive.some(({ succeeded }) => succeeded > slot(since))) return true;
        if (alive.length === 0 || clock.elapsed() >= until) return false;
        await clock.sleep(AGAIN_MS);
      }
    },
  };
  return watch;
}
