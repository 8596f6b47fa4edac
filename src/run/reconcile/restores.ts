/**
 * Shards of which nothing is left but originals that are being restored (ledger/shard/restoring-marker.ts). No message of theirs is under
 * way: they sleep in the ledger, and are sent again once it is time for a look.
 */
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import type { Submitted } from "../../ledger/plan/submitted.ts";
import { isShardOver, type RunMarkers } from "../../ledger/report/run-markers.ts";
import { type Restoring, readRestoring } from "../../ledger/shard/restoring-marker.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { Submissions } from "../messages/delivery.ts";

/** What people are told of them. */
export interface RestoresAwaited {
  readonly rows: number;
  /** Milliseconds until the first of them are looked at. */
  readonly nextLookMs: number;
}

export interface AwaitedRestores {
  /** Nothing of the shard is under way, and it is not to be sent but by a wake. */
  isAsleep(shard: number): boolean;
  /** Asleep, and its time has come. */
  isDue(shard: number): boolean;
  /** All that are, in order. */
  readonly due: readonly number[];
  /** It was sent, and sleeps no longer. */
  woken(shard: number): void;
  readonly told: RestoresAwaited | undefined;
}

/** Stores tell whole seconds; and no shard sleeps for less than five after it was sent (policy/restore.ts). */
const GRAIN_MS = 2_500;

const none: AwaitedRestores = {
  isAsleep: () => false,
  isDue: () => false,
  due: [],
  woken: () => undefined,
  told: undefined,
};

export async function awaitedRestores(
  {
    ledger,
    run,
    submissions,
  }: { readonly ledger: LedgerStore; readonly run: RunDocument; readonly submissions: Submissions },
  view: RunMarkers,
): Promise<AwaitedRestores> {
  // Of other runs nobody need list them.
  if (restoreOf(run.request.options) === undefined) return none;
  const restoring = await readRestoring(ledger);
  return restoring.shards.size === 0 ? none : judgeRestores(restoring, await submissions.read(), view);
}

/** Pure. Ages are compared, not times: markers and submissions are by clocks that may differ. */
export function judgeRestores({ shards, now }: Restoring, submitted: Submitted, view: RunMarkers): AwaitedRestores {
  const asleep = new Map<number, boolean>();
  let rows = 0;
  let nextLookMs = Number.POSITIVE_INFINITY;
  for (const { shard, until, rows: its } of shards.values()) {
    if (isShardOver(view, shard)) continue;
    const dueForMs = now - until;
    const sentAgain = submitted.again.get(shard);
    // Sent since it was due: whoever has it writes the next marker, or ends it.
    if (sentAgain !== undefined && submitted.now - sentAgain <= dueForMs + GRAIN_MS) continue;
    asleep.set(shard, dueForMs >= 0);
    rows += its;
    nextLookMs = Math.min(nextLookMs, Math.max(0, -dueForMs));
  }
  return {
    isAsleep: (shard) => asleep.has(shard),
    isDue: (shard) => asleep.get(shard) === true,
    due: [...asleep].filter(([, due]) => due).map(([shard]) => shard),
    woken: (shard) => void asleep.delete(shard),
    told: asleep.size === 0 ? undefined : { rows, nextLookMs },
  };
}

/** @param here in the one process that works on it: whoever watches that may rather want to go */
export function tellRestores(log: Log, run: string, { rows, nextLookMs }: RestoresAwaited, here = false): void {
  const why = here
    ? "Rows wait until their originals are restored; in so many seconds they are looked at again. The run may be stopped meanwhile: the same command goes on."
    : "Rows wait until their originals are restored; in so many seconds they are looked at again.";
  tellWait(log, why, nextLookMs, { run, rows });
}
