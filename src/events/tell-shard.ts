/**
 * The archived rows of a shard, told of: by the attempt that found all its rows over, before its done marker, and later from the ledger where that
 * could not be. They are the fold of what every attempt has recorded, so what is told is durable, and whoever tells it again tells the same.
 */
import type { RunRequest } from "../ledger/plan/request.ts";
import { foldShard } from "../ledger/shard/fold.ts";
import { readRecords } from "../ledger/shard/fold-shards.ts";
import { listShard } from "../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../ledger/store.ts";
import { type UntoldShard, untoldShards, writeTold, writeUntold } from "../ledger/undelivered.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { archivedEvents } from "./archived-event.ts";
import type { CloudEvent } from "./cloud-event.ts";
import type { Delivered, DeliverOptions, Sink } from "./sink.ts";

export interface Telling {
  readonly ledger: LedgerStore;
  readonly request: RunRequest;
  readonly sink: Sink;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}

/** What is listed of a shard: its events, and of how many archived rows. */
async function listedOf(
  { ledger, request }: Telling,
  shard: number,
): Promise<{ readonly events: readonly CloudEvent[]; readonly archived: number }> {
  const { attempts } = await listShard(ledger, shard);
  const rows = foldShard(await readRecords(ledger, attempts));
  const archived = [...rows.values()].filter(({ outcome }) => outcome.outcome === "archived").length;
  return { events: archivedEvents(request, rows), archived };
}

/**
 * For who is about to mark the shard as done. `later`: there was no time for it, and the next delivery has more; else it is told, or recorded as
 * untold, and holds up nothing.
 * @param archived rows of the shard, as the outcomes say that are durable: a store may list them late, and then what is listed is not all of them
 * @param signal aborts where the time is over
 * @param mayBeLater may it be left to a next delivery? Where this one did nothing else, no other would do better
 */
export async function tellShard(
  telling: Telling,
  shard: number,
  {
    archived,
    signal,
    mayBeLater,
  }: { readonly archived: number; readonly signal: AbortSignal; readonly mayBeLater: boolean },
): Promise<"over" | "later"> {
  const { events, archived: listed } = await listedOf(telling, shard);
  if (listed < archived) {
    if (mayBeLater) return "later";
    await recordUntold(telling, { shard, taken: 0, of: archived }, unlisted);
    return "over";
  }
  const end = signal.aborted
    ? ({ kind: "stopped", taken: 0 } as const)
    : await telling.sink.deliver(events, { signal });
  if (end.kind === "delivered") return "over";
  if (end.kind === "stopped" && mayBeLater) return "later";
  await recordUntold(telling, { shard, taken: end.taken, of: events.length }, end);
  return "over";
}

const unlisted = {
  kind: "undelivered",
  taken: 0,
  why: "the store of the ledger does not list yet all that was written of the shard",
} as const satisfies Delivered;

function recordUntold({ ledger, sink, clock, random }: Telling, shard: UntoldShard, end: Delivered): Promise<void> {
  const why = end.kind === "undelivered" ? end.why : "there was no time for it";
  return writeUntold(ledger, shard, { to: sink.name, why }, { clock, random });
}

/**
 * Tells what could not be told before, shard by shard, until one can't again; those that are not listed in full yet are passed over. Resolves with how
 * many events were taken, and how many shards are left.
 */
export async function tellUntold(
  telling: Telling,
  options: DeliverOptions,
): Promise<{ readonly taken: number; readonly left: number; readonly why?: string | undefined }> {
  const { ledger, sink } = telling;
  const untold = await untoldShards(ledger);
  let taken = 0;
  let passedOver = 0;
  for (const [at, before] of untold.entries()) {
    const { shard } = before;
    const { events, archived } = await listedOf(telling, shard);
    if (archived < before.of) {
      passedOver++;
      continue;
    }
    // A row may have been archived meanwhile: then none knows which were told.
    const skipped = before.of === events.length ? before.taken : 0;
    const end = await sink.deliver(events.slice(skipped), options);
    if (end.kind === "delivered") {
      await writeTold(ledger, shard, telling);
      taken += events.length - skipped;
      continue;
    }
    taken += end.taken;
    if (end.taken > 0) await recordUntold(telling, { shard, taken: skipped + end.taken, of: events.length }, end);
    return { taken, left: passedOver + untold.length - at, ...(end.kind === "undelivered" ? { why: end.why } : {}) };
  }
  return { taken, left: passedOver, ...(passedOver > 0 ? { why: unlisted.why } : {}) };
}
