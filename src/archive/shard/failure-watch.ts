/**
 * `--max-failures` while shards are open: at once by what this process alone has seen fail, and over all workers at each heartbeat, by
 * the markers of what is over and the pulses of what is not. Before the latter halts anything the ledger itself is counted.
 */
import type { MarkerCounts } from "../../ledger/counts.ts";
import { readSubmitted } from "../../ledger/plan/submitted.ts";
import { isShardOver, type RunMarkers, readMarkers } from "../../ledger/report/run-markers.ts";
import { foldEach } from "../../ledger/shard/fold-shards.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { type FailureBudget, failureReason, isOverBudget, parseFailureBudget } from "../../policy/failure-budget.ts";

/** What of a run is judged. */
export interface JudgedRun {
  readonly plan: string;
  readonly shards: number;
  readonly rows: number;
  /** Among them, in no shard. */
  readonly countedOnly?: number | undefined;
  /** As the run's options say it. */
  readonly maxFailures: string;
}

export interface FailureWatch {
  /** A shard is open here; its counts stay known once it is over. */
  follow(shard: number, counts: () => MarkerCounts): void;
  left(shard: number): void;
  /** Rows that failed in the shards that are open here. */
  open(): number;
  /** Why to halt, by what failed in this process alone. */
  ownReason(run: JudgedRun): string | undefined;
  /** The same over all workers. @param elsewhere rows that failed in shards that are open to others */
  reason(run: JudgedRun, elsewhere: number, ledger: LedgerStore): Promise<string | undefined>;
}

/** With more shards open than this they are not read one by one: then the markers alone tell. */
const MOST_OPEN = 1_000;

export function createFailureWatch(): FailureWatch {
  const open = new Map<number, () => MarkerCounts>();
  const ended = new Map<number, MarkerCounts>();
  const sum = (over: Iterable<MarkerCounts>) => {
    const total = { failed: 0, ended: 0 };
    for (const { archived, skipped, failed } of over) {
      total.failed += failed;
      total.ended += archived + skipped + failed;
    }
    return total;
  };
  const counted = () => [...open.values()].map((counts) => counts());
  return {
    follow(shard, counts) {
      ended.delete(shard);
      open.set(shard, counts);
    },
    left(shard) {
      const counts = open.get(shard);
      open.delete(shard);
      if (counts !== undefined) ended.set(shard, counts());
    },
    open: () => sum(counted()).failed,
    ownReason({ maxFailures }) {
      const budget = parseFailureBudget(maxFailures);
      // A share of the whole run is not told by a part of it.
      if (budget?.kind !== "count") return undefined;
      const own = sum([...ended.values(), ...counted()]);
      return own.failed > budget.most ? failureReason(own.failed, own.ended, maxFailures) : undefined;
    },
    async reason(run, elsewhere, ledger) {
      const budget = parseFailureBudget(run.maxFailures);
      if (budget === undefined) return undefined;
      const markers = await readMarkers(ledger, run);
      const over = sum([markers.counts]);
      const here = sum([...open].flatMap(([shard, counts]) => (isShardOver(markers, shard) ? [] : [counts()])));
      const failed = over.failed + here.failed + elsewhere;
      // Of others it is not known how many rows have ended: a share can't be passed by more than if there were no others.
      if (!mayBeOver(budget, failed, over.ended + here.ended + elsewhere, run.rows)) return undefined;
      const exact = await countOpen(run, markers, [...open.keys()], ledger);
      if (exact === undefined) return undefined;
      const total = { failed: over.failed + exact.failed, ended: over.ended + exact.ended, rows: run.rows };
      return isOverBudget(budget, total) ? failureReason(total.failed, total.ended, run.maxFailures) : undefined;
    },
  };
}

const mayBeOver = (budget: FailureBudget, failed: number, ended: number, rows: number) =>
  isOverBudget(budget, { failed, ended: budget.kind === "percent" ? ended : failed, rows });

/** What the shards that were sent and are not over have recorded; undefined where they are too many to be read. */
async function countOpen(
  { plan }: JudgedRun,
  markers: RunMarkers,
  own: readonly number[],
  ledger: LedgerStore,
): Promise<{ readonly failed: number; readonly ended: number } | undefined> {
  const { upTo, again } = await readSubmitted(ledger, plan);
  const shards = new Set([...own, ...again.keys()].filter((shard) => !isShardOver(markers, shard)));
  for (let shard = 0; shard < upTo && shards.size <= MOST_OPEN; shard++) {
    if (!isShardOver(markers, shard)) shards.add(shard);
  }
  if (shards.size > MOST_OPEN) return undefined;
  const total = { failed: 0, ended: 0 };
  async function* listed() {
    for (const shard of shards) yield await listShard(ledger, shard);
  }
  for await (const { rows } of foldEach(ledger, listed())) {
    for (const { outcome } of rows.values()) {
      if (outcome.outcome === "pending") continue;
      total.ended++;
      if (outcome.outcome === "failed") total.failed++;
    }
  }
  return total;
}
