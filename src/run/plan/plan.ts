/**
 * Planning: rows become shards in the ledger, in one go or in slices that fit a delivery (cursor.ts). Safe to do twice and
 * side by side: each planner writes under a plan id of its own, and only the plan that run.json names counts.
 */

import { decodeTime, ulid } from "ulid";
import { needOfScope } from "../../ledger/needs.ts";
import { furthestCursor, type PlanCursor, writeCursor } from "../../ledger/plan/cursor.ts";
import { createDeletedWriter, type DeletedLists, needOfDeletedKeys } from "../../ledger/plan/deleted-keys.ts";
import { readPlainRows, writePlainRows } from "../../ledger/plan/plain-rows.ts";
import { isSameRequest, type RunRequest } from "../../ledger/plan/request.ts";
import { createRun, needOfCountedRows, type RunDocument } from "../../ledger/plan/run-document.ts";
import { needOfForbiddenKeys, writeShardRows } from "../../ledger/plan/shard-rows.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { sumOfRequests } from "../../report/tally.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Place } from "../messages/messages.ts";
import type { PlanEntries, ReadUpTo } from "./entry.ts";
import { keptKeys } from "./kept-keys.ts";
import { noCounts, type PlanCounts, planFrom } from "./shards.ts";
import { createWrites } from "./writes.ts";

export interface Planner {
  readonly ledger: LedgerStore;
  /** Where the ledger is. */
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
}

export interface PlanSlice extends Planner {
  /** The request that rules the run. */
  readonly request: RunRequest;
  /** Reads the rows, from behind `from` where it is given. */
  readonly rows: (from: ReadUpTo | undefined) => PlanEntries;
  /** When the slice must be over, milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  /** Ends the slice as the deadline does; a plan that is whole in a moment is written all the same. */
  readonly signal?: AbortSignal | undefined;
  /** After as many rows a cursor is written even where there is time left. */
  readonly rowsPerCursor?: number;
  /** Of a run that was claimed just now: nothing of it is planned yet, and this is the request that rules, read back (claim.ts). */
  readonly claimed?: Promise<RunRequest> | undefined;
}

/** Time kept for the last shards, the cursor and the message that goes on with it; of a short delivery a quarter. */
const RESERVE_MS = 20_000;
const ROWS_PER_CURSOR = 1_000_000;
const ROWS_OF_A_MOMENT = 50_000;

/** Writes one plan from its beginning to its end. */
export async function writePlan(entries: PlanEntries, request: RunRequest, planner: Planner): Promise<RunDocument> {
  const rows = () => entries;
  const run = await writeSlice({ ...planner, request, rows, deadline: Number.POSITIVE_INFINITY }, undefined);
  if (run === undefined) throw new Error("a plan without a deadline is whole");
  return run;
}

/** Plans on from where planning stands. Undefined: the time was over, and there is a cursor to go on from. */
export async function planOn(slice: PlanSlice): Promise<RunDocument | undefined> {
  const sentBefore = slice.ledger.requests();
  const before = slice.claimed === undefined ? await furthestCursor(slice.ledger) : undefined;
  return writeSlice(slice, before, sentBefore);
}

/** @param sentBefore requests of the ledger that are not of this slice */
async function writeSlice(
  options: PlanSlice,
  before: PlanCursor | undefined,
  sentBefore = options.ledger.requests(),
): Promise<RunDocument | undefined> {
  const { ledger, place, clock, random, request, deadline, signal, rowsPerCursor = ROWS_PER_CURSOR } = options;
  const begun = clock.elapsed();
  const lastMoment = deadline - Math.min(RESERVE_MS, (deadline - begun) / 4);
  /** Behind that of the slice that it goes on from, whatever the clocks say: of two cursors of as many shards it is the further one. */
  const idAfter = (earlier: string | undefined) =>
    ulid(Math.max(clock.now(), earlier === undefined ? 0 : decodeTime(earlier) + 1), random);
  let plan = idAfter(before?.plan);
  const counts = countsOf(before);
  const plainBefore = before && (await readPlainRows(ledger, before));
  if (plainBefore !== undefined) counts.plain = { ...plainBefore };
  const kept = await keptKeys(options, before?.givenKeys);
  const writes = createWrites();
  const deleted = createDeletedWriter();
  let shards = before?.shards ?? 0;
  /** Of those before, and where this one begins. */
  let earlier = { slices: before?.slices ?? [], lists: before?.deletedFromSource?.lists ?? [], shards };
  const slices = () => [...earlier.slices, ...(shards > earlier.shards ? [{ plan, from: earlier.shards }] : [])];
  const lists = (): DeletedLists[] => [
    ...earlier.lists,
    ...(deleted.lists() > 0 ? [{ plan, lists: deleted.lists() }] : []),
  ];
  let shardsAtCursor: number | undefined;
  /** @param more those of the ledger that are still to come */
  const requests = (more: number) =>
    sumOfRequests({ ledger: ledger.requests() - sentBefore + more }, ...counts.requests);
  /** What no older version can work: added to what the slices before found. */
  const needs = () => {
    const all = new Set([
      ...(before?.needs ?? []),
      ...(request.needs?.includes(needOfScope) ? [needOfScope] : []),
      ...(counts.forbidden === undefined ? [] : [needOfForbiddenKeys]),
      ...(counts.countedOnly === undefined ? [] : [needOfCountedRows]),
      ...(lists().length === 0 ? [] : [needOfDeletedKeys]),
    ]);
    return all.size === 0 ? undefined : { needs: [...all].sort() };
  };
  const rowsBefore = counts.rows;
  let rowsAtCursor = rowsBefore;

  const stop = async (readUpTo: ReadUpTo): Promise<void> => {
    await Promise.all([writes.over(), deleted.write(ledger, plan, true)]);
    rowsAtCursor = counts.rows;
    if (shardsAtCursor === shards) {
      // The cursor before has that name, and nothing that is written is changed.
      earlier = { slices: slices(), lists: lists(), shards };
      deleted.nextPlan();
      plan = idAfter(plan);
    }
    shardsAtCursor = shards;
    if (counts.plain !== undefined) await writePlainRows(ledger, { plan, shards }, counts.plain);
    const givenKeys = await kept?.keep(plan, shards);
    await writeCursor(ledger, {
      schema: "cos-originals/cursor@1",
      plan,
      shards,
      slices: slices(),
      ...told(counts, lists()),
      readUpTo,
      requests: requests(1),
      ...(givenKeys === undefined ? undefined : { givenKeys }),
      ...needs(),
    });
  };

  const readUpTo = before?.readUpTo;
  const isTimeOver = () =>
    clock.elapsed() >= lastMoment || (counts.rows - rowsBefore >= ROWS_OF_A_MOMENT && signal?.aborted === true);
  const isLong = () => counts.rows - rowsAtCursor >= rowsPerCursor;
  const isDue = () => isTimeOver() || isLong();
  const progress = { counts, givenKeys: kept?.keys, readUpTo, isDue, onDeleted: deleted.add };
  for await (const shard of planFrom(options.rows(readUpTo), { ...request, ledger: place }, progress)) {
    if (shard.rows.length > 0) await writes.add(writeShardRows(ledger, plan, shards++, shard.rows));
    await deleted.write(ledger, plan);
    // All is read: what is left to do is less than a cursor would be.
    if (shard.readUpTo === undefined) continue;
    const timeIsOver = isTimeOver();
    if (timeIsOver || isLong()) await stop(shard.readUpTo);
    if (timeIsOver) return undefined;
  }
  await Promise.all([writes.over(), deleted.write(ledger, plan, true)]);
  const ruling = await options.claimed;
  if (ruling !== undefined && !isSameRequest(ruling, request)) {
    // Somebody else's took its place: then this plan is nobody's, and one is written that is theirs.
    return planOn({ ...options, request: ruling, claimed: undefined });
  }
  if (counts.plain !== undefined) await writePlainRows(ledger, { plan, shards }, counts.plain);
  const ranges = slices();
  const document: RunDocument = {
    schema: "cos-originals/run@1",
    run: request.run,
    plan,
    request,
    shards,
    ...told(counts, lists()),
    ...(ranges.length === 0 || (ranges.length === 1 && ranges[0]?.plan === plan) ? undefined : { slices: ranges }),
    comparedAll: kept?.keys.exact() ?? true,
    // Written and read back.
    requests: requests(2),
    plannedAt: new Date(clock.now()).toISOString(),
    tool: toolVersion,
    ...needs(),
  };
  return createRun(ledger, document);
}

function countsOf(before: PlanCursor | undefined): PlanCounts {
  if (before === undefined) return noCounts();
  const { rows, bytes, settled, countedOnly, compared, deletedFromSource, leftOut, requests = {} } = before;
  const { duplicates, collisions, invalid, unchanged } = settled;
  return {
    rows,
    bytes,
    duplicates,
    collisions,
    invalid,
    requests: [requests],
    ...(unchanged === undefined ? undefined : { unchanged }),
    ...(countedOnly === undefined ? undefined : { countedOnly }),
    ...(compared === undefined ? undefined : { compared }),
    ...(leftOut === undefined ? undefined : { leftOut: { ...leftOut } }),
    ...(deletedFromSource === undefined
      ? undefined
      : {
          deleted: {
            count: deletedFromSource.count,
            keys: [...deletedFromSource.keys],
            // An earlier version's slice told none, and listed none: then all are.
            new: deletedFromSource.new ?? deletedFromSource.count,
          },
          ...(deletedFromSource.since === undefined ? undefined : { deletedSince: deletedFromSource.since }),
        }),
  };
}

/** The counts as run.json and a cursor say them. */
function told(counts: PlanCounts, lists: readonly DeletedLists[]) {
  const { rows, bytes, duplicates, collisions, invalid, unchanged, countedOnly, compared, leftOut, limited } = counts;
  const byListing = compared?.by === "listing";
  return {
    rows,
    bytes,
    ...(countedOnly === undefined ? undefined : { countedOnly }),
    settled: {
      duplicates,
      collisions,
      invalid,
      ...(byListing || unchanged !== undefined ? { unchanged: unchanged ?? 0 } : undefined),
    },
    ...(compared === undefined ? undefined : { compared }),
    // Of a listing that was not read to its end nobody knows what it lacks.
    ...((byListing || counts.deleted !== undefined) && !limited
      ? { deletedFromSource: deletedOf(counts, lists) }
      : undefined),
    ...(leftOut === undefined ? undefined : { leftOut }),
    ...(limited ? { limited } : undefined),
  };
}

/** Only their number where there are none, which any version reads. */
function deletedOf({ deleted, deletedSince }: PlanCounts, lists: readonly DeletedLists[]) {
  if (deleted === undefined) return { count: 0, keys: [] };
  const since = deletedSince === undefined ? undefined : { since: deletedSince };
  return lists.length === 0
    ? { count: deleted.count, keys: deleted.keys }
    : { ...deleted, ...since, lists: [...lists] };
}
