/** What is told of a run while this process works it: what its shards come to, and what is waited for. */
import type { HoldUp } from "../../archive/shard/pace/hold-up.ts";
import { endedRows, type MarkerCounts } from "../../ledger/counts.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Reconciled } from "../reconcile/reconcile.ts";
import type { RestoresAwaited } from "../reconcile/restores.ts";
import type { Progress, Waiting } from "../surroundings/surroundings.ts";
import { createRowCounts } from "./row-counts.ts";

/** The shards that this process opened. */
export interface OpenedShards {
  onOpen(shard: number, counts: () => MarkerCounts): void;
  /** Of these shards, whoever ended their rows. */
  whole(): MarkerCounts;
  /** Of these, the rows that this process ended. */
  here(): MarkerCounts;
}

export function createOpenedShards(): OpenedShards {
  const opened = new Map<number, { readonly counts: () => MarkerCounts; readonly since: () => MarkerCounts }>();
  const rows = createRowCounts();
  return {
    onOpen(shard, counts) {
      rows.settle(opened.get(shard)?.since);
      opened.set(shard, { counts, since: rows.follow(counts) });
    },
    whole() {
      const sum = { archived: 0, skipped: 0, failed: 0, bytes: 0 };
      for (const { counts } of opened.values()) {
        const shard = counts();
        sum.archived += shard.archived;
        sum.skipped += shard.skipped;
        sum.failed += shard.failed;
        sum.bytes += shard.bytes;
      }
      return sum;
    },
    here: rows.sum,
  };
}

type Pause = "ledger" | "others" | "shards";

/** What keeps the whole process waiting, as its parts tell it. */
export interface RunWaits {
  begins(why: Pause, ms: number): void;
  over(why: Pause): void;
  /** @param running rows under way: while there are any, nobody waits for shards */
  now(held: HoldUp | undefined, running: number): Waiting | undefined;
}

export function createRunWaits(clock: Pick<Clock, "elapsed">): RunWaits {
  const until = new Map<Pause, number>();
  const left = (why: Pause) => (until.get(why) ?? Number.NEGATIVE_INFINITY) - clock.elapsed();
  return {
    begins: (why, ms) => void until.set(why, clock.elapsed() + ms),
    over: (why) => void until.delete(why),
    now(held, running) {
      const ledger = left("ledger");
      if (ledger > 0) return { why: "ledger", ms: ledger };
      if (held !== undefined) return held;
      if (running > 0) return undefined;
      for (const why of ["others", "shards"] as const) if (left(why) > 0) return { why, ms: left(why) };
      return undefined;
    },
  };
}

/** Counts of the whole run: what was over before, and the shards that this process opened. */
export function progressOf(
  rows: number,
  { archived, skipped, failed, bytes }: MarkerCounts,
  opened: OpenedShards,
): Pick<Progress, "rows" | "archived" | "skipped" | "failed" | "bytes" | "here"> {
  const whole = opened.whole();
  const here = opened.here();
  return {
    rows,
    archived: archived + whole.archived,
    skipped: skipped + whole.skipped,
    failed: failed + whole.failed,
    bytes: bytes + whole.bytes,
    here: { ended: endedRows(here), bytes: here.bytes },
  };
}

/** What waits for restores, as it was at the last look, and by now. `tell` is called once for each wait. */
export function createAwaited(clock: Clock, tell: (restores: RestoresAwaited) => void) {
  let known: { readonly rows: number; readonly at: number } | undefined;
  const now = (): RestoresAwaited | undefined =>
    known && { rows: known.rows, nextLookMs: Math.max(0, known.at - clock.elapsed()) };
  return {
    now,
    see(state: Reconciled) {
      const restores = state.kind === "again" ? state.restores : undefined;
      const before = known;
      known = restores && { rows: restores.rows, at: clock.elapsed() + restores.nextLookMs };
      const isTold = before !== undefined && known !== undefined && Math.abs(before.at - known.at) < SAME_LOOK_MS;
      if (restores !== undefined && !isTold) tell(restores);
    },
  };
}

/** Stores tell the time in whole seconds. */
const SAME_LOOK_MS = 2_500;
