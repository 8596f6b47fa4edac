/**
 * What this process knows of a run as a whole, beside its shards: whether it is on trial, what is refused over and over, and how others
 * fare with it. A refusal of every row halts the run; a worker that is refused alone stops itself.
 */
import { setMaxListeners } from "node:events";
import { ulid } from "ulid";
import type { Standing } from "../../ledger/control.ts";
import { type Pulse, readPulses, slotAt, writePulse } from "../../ledger/pulse.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { readFirstArchived, type Sample, sampleOf } from "../../ledger/trial.ts";
import { type Company, companyOf, oldSlots, type Sign } from "../../policy/fair-share.ts";
import { createStreaks, type Streaks } from "../../policy/streaks.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { type RowRequest, rowRequests } from "../../vocabulary/row-request.ts";
import { createFailureWatch, type FailureWatch, type JudgedRun } from "./failure-watch.ts";
import { createTrial, type Trial } from "./trial.ts";

export interface RunWatch {
  readonly trial: Trial;
  readonly streaks: Streaks;
  /** Refusals of one kind in a row that are looked into. */
  readonly limit: number;
  /** What a look at the run's controls showed. */
  see(standing: Standing): void;
  /** A request succeeded, which had begun then, by the clock's `elapsed`: tells every delivery of this process. */
  succeeded(by: RowRequest, begun: number): void;
  /** A row was archived, and so its requests have succeeded. */
  archived(outcome: Outcome, ledger: LedgerStore): void;
  readonly failures: FailureWatch;
  /** What a delivery does at each success; the returned function ends it. */
  onSuccess(act: (by: RowRequest, begun: number) => void): () => void;
  /** This worker alone is refused: none of its deliveries of the run goes on. */
  readonly sick: AbortController;
  /**
   * A row that was archived, here or elsewhere; undefined where none is known. Of fetches that are paid for one that was, where such a one is
   * known.
   */
  sample(by: RowRequest, ledger: LedgerStore): Promise<Sample | undefined>;
  /**
   * Tells others how this process fares, at most once a slot; the last of a delivery also what is news since, for between deliveries
   * nothing is told. Never rejects.
   * @param judged where failures are counted over all workers; then resolves with why to halt the run
   * @param recorded of the last: settles once the delivery's outcomes are in the ledger, where they are counted
   */
  pulse(ledger: LedgerStore, judged: JudgedRun | undefined, recorded?: Promise<void>): Promise<string | undefined>;
  /**
   * Has one of these requests of another worker succeeded since then, ms by the clock's `elapsed`? Waits for word of those that
   * live.
   */
  othersSucceed(requests: readonly RowRequest[], since: number, ledger: LedgerStore): Promise<boolean>;
  /** May the archive be listed, as far as is known? */
  readonly archiveListing: { refused: boolean };
  /** One look into a refusal at a time, for all deliveries; others wait for it. */
  looking: Promise<void> | undefined;
}

/** Workers that gave no sign in so many slots are taken for gone. */
const SLOTS = oldSlots;
/** Between two pulses of one worker. */
const LEAST_MS = 1_000;
/** What others did is looked for in as many: then it has grown too old to say anything of now. */
const MOST_SLOTS = 30;
/** For as long word of the others is waited for: each gives it once a slot. */
export const wordMs = 12_000;
const AGAIN_MS = 2_000;

const lastFetch = ({ succeeded }: Pulse): number => Math.max(succeeded["source.get"], succeeded["archive.put"]);

export function createRunWatch(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly limit: number;
  /** Is told with each sign of life who else works the run, where others may. */
  readonly onCompany?: ((company: Company) => void) | undefined;
}): RunWatch {
  const { clock, random, limit, onCompany } = options;
  const worker = ulid(clock.now(), random);
  const trial = createTrial();
  const streaks = createStreaks();
  const failures = createFailureWatch();
  const listeners = new Set<(by: RowRequest, begun: number) => void>();
  let last: Sample | undefined;
  let lastPaid: Sample | undefined;
  let archived = 0;
  const succeededAt = new Map<RowRequest, number>();
  let pulsedSlot = -1;
  let pulsedAt = Number.NEGATIVE_INFINITY;
  let told = "";
  /** Of each worker, its newest sign at the last look. */
  let signs: ReadonlyMap<string, Sign> = new Map();
  /** The ledger's clock less what elapsed here, ms; until it has said, what time it is here. */
  let ahead = clock.now() - clock.elapsed();

  const slot = (time: number) => slotAt(time + ahead);
  const others = async (from: number, ledger: LedgerStore) => {
    const { pulses, serverTime } = await readPulses(ledger, from);
    if (serverTime > 0) ahead = serverTime - clock.elapsed();
    return [...pulses.values()].filter((pulse) => pulse.worker !== worker);
  };
  const lookAtCompany = async (now: number, ledger: LedgerStore) => {
    const { pulses } = await readPulses(ledger, now - SLOTS);
    const before = signs;
    // What it put it had fetched, by a plain GET too.
    signs = new Map([...pulses].map(([id, pulse]) => [id, { ...pulse, fetched: lastFetch(pulse) }]));
    const company = companyOf(worker, now, signs, before);
    if (company !== undefined) onCompany?.(company);
    return [...pulses.values()].filter((pulse) => pulse.worker !== worker);
  };
  const sick = new AbortController();
  // Each delivery of the run listens to it, a dozen at once too, and Node would warn of a leak.
  setMaxListeners(0, sick.signal);
  const watch: RunWatch = {
    trial,
    streaks,
    failures,
    limit,
    archiveListing: { refused: false },
    looking: undefined,
    sick,
    see(standing) {
      ahead = standing.serverTime - clock.elapsed();
      trial.see(standing);
    },
    succeeded(by, begun) {
      succeededAt.set(by, clock.elapsed());
      streaks.succeeded(by);
      for (const act of listeners) act(by, begun);
    },
    archived(outcome, ledger) {
      archived++;
      last = sampleOf(outcome) ?? last;
      if (!outcome.plain) lastPaid = sampleOf(outcome) ?? lastPaid;
      trial.archived(outcome, ledger);
      // What an earlier attempt put, no request of this row did; and an empty original is not fetched.
      if (outcome.recovered) return;
      const begun = clock.elapsed() - outcome.ms;
      watch.succeeded("archive.put", begun);
      // A plain GET says nothing of those that are paid for.
      if (outcome.fetchedAt !== undefined && !outcome.plain) watch.succeeded("source.get", begun);
    },
    onSuccess(act) {
      listeners.add(act);
      return () => listeners.delete(act);
    },
    async sample(by, ledger) {
      const own = by === "source.get" ? lastPaid : last;
      return own ?? (await readFirstArchived(ledger)) ?? last;
    },
    async pulse(ledger, judged, recorded) {
      const now = slot(clock.elapsed());
      const slots = rowRequests.map((request) => {
        const at = succeededAt.get(request);
        return [request, at === undefined ? 0 : slot(at)] as const;
      });
      const succeeded = Object.fromEntries(slots) as Pulse["succeeded"];
      const news = JSON.stringify([archived, slots]);
      const isFirst = now > pulsedSlot;
      const isSoon = clock.elapsed() - pulsedAt < LEAST_MS;
      if (!isFirst && (recorded === undefined || isSoon || news === told)) return undefined;
      pulsedSlot = Math.max(now, pulsedSlot);
      pulsedAt = clock.elapsed();
      told = news;
      const failed = failures.open();
      try {
        await writePulse(ledger, { slot: now, worker, archived, failed, succeeded });
        if (!isFirst) return undefined;
        const known = onCompany === undefined ? undefined : await lookAtCompany(now, ledger);
        await recorded;
        if (judged === undefined) return undefined;
        const elsewhere = (known ?? (await others(now - SLOTS, ledger))).reduce((all, pulse) => all + pulse.failed, 0);
        return await failures.reason(judged, elsewhere, ledger);
      } catch {
        // It is a hint: where it can't be given, others do without, and reconcile counts the markers.
        return undefined;
      }
    },
    async othersSucceed(requests, since, ledger) {
      const until = clock.elapsed() + wordMs;
      for (;;) {
        const now = slot(clock.elapsed());
        // Also those that have ended meanwhile, or wait for a message.
        const known = await others(Math.max(Math.min(slot(since), now - SLOTS), now - MOST_SLOTS), ledger);
        if (known.some(({ succeeded }) => requests.some((by) => succeeded[by] > slot(since)))) return true;
        if (known.every((pulse) => pulse.slot < now - SLOTS) || clock.elapsed() >= until) return false;
        await clock.sleep(AGAIN_MS);
      }
    },
  };
  return watch;
}
