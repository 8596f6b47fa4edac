/**
 * Planning: rows become shards in the ledger, in one go or in slices that fit a delivery (cursor.ts). Safe to do twice and
 * side by side: each planner writes under a plan id of its own, and only the plan that run.json names counts.
 */

import { ulid } from "ulid";
import { furthestCursor, type PlanCursor, writeCursor } from "../../ledger/plan/cursor.ts";
import { isSameRequest, type RunRequest } from "../../ledger/plan/request.ts";
import { createRun, type RunDocument } from "../../ledger/plan/run-document.ts";
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
  const plan = ulid(clock.now(), random);
  const counts = countsOf(before);
  const kept = await keptKeys(options, before?.givenKeys);
  const writes = createWrites();
  let shards = before?.shards ?? 0;
  const slices = () => [
    ...(before?.slices ?? []),
    ...(shards > (before?.shards ?? 0) ? [{ plan, from: before?.shards ?? 0 }] : []),
  ];
  /** @param more those of the ledger that are still to come */
  const requests = (more: number) =>
    sumOfRequests({ ledger: ledger.requests() - sentBefore + more }, ...counts.requests);
  /** What no older version can work: added to what the slices before found. */
  const needs = () => {
    const all = new Set([...(before?.needs ?? []), ...(counts.forbidden === undefined ? [] : [needOfForbiddenKeys])]);
    return all.size === 0 ? undefined : { needs: [...all] };
  };
  const rowsBefore = counts.rows;
  let rowsAtCursor = rowsBefore;

  const stop = async (readUpTo: ReadUpTo): Promise<void> => {
    await writes.over();
    rowsAtCursor = counts.rows;
    const givenKeys = await kept?.keep(plan, shards);
    await writeCursor(ledger, {
      schema: "cos-originals/cursor@1",
      plan,
      shards,
      slices: slices(),
      ...told(counts),
      readUpTo,
      requests: requests(1),
      ...(givenKeys === undefined ? undefined : { givenKeys }),
      ...needs(),
    });
  };

  const readUpTo = before?.readUpTo;
  const progress = { counts, givenKeys: kept?.keys, readUpTo };
  for await (const shard of planFrom(options.rows(readUpTo), { ...request, ledger: place }, progress)) {
    await writes.add(writeShardRows(ledger, plan, shards++, shard.rows));
    // All is read: what is left to do is less than a cursor would be.
    if (shard.readUpTo === undefined) continue;
    const isLong = counts.rows - rowsBefore >= ROWS_OF_A_MOMENT;
    const timeIsOver = clock.elapsed() >= lastMoment || (isLong && signal?.aborted === true);
    if (timeIsOver || counts.rows - rowsAtCursor >= rowsPerCursor) await stop(shard.readUpTo);
    if (timeIsOver) return undefined;
  }
  await writes.over();
  const ruling = await options.claimed;
  if (ruling !== undefined && !isSameRequest(ruling, request)) {
    // Somebody else's took its place: then this plan is nobody's, and one is written that is theirs.
    return planOn({ ...options, request: ruling, claimed: undefined });
  }
  const ranges = slices();
  const document: RunDocument = {
    schema: "cos-originals/run@1",
    run: request.run,
    plan,
    request,
    shards,
    ...told(counts),
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
  const { rows, bytes, settled, compared, deletedFromSource, requests = {} } = before;
  const { duplicates, collisions, invalid, unchanged } = settled;
  return {
    rows,
    bytes,
    duplicates,
    collisions,
    invalid,
    requests: [requests],
    ...(unchanged === undefined ? undefined : { unchanged }),
    ...(compared === undefined ? undefined : { compared }),
    ...(deletedFromSource === undefined
      ? undefined
      : { deleted: { count: deletedFromSource.count, keys: [...deletedFromSource.keys] } }),
  };
}

/** The counts as run.json and a cursor say them. */
function told({ rows, bytes, duplicates, collisions, invalid, unchanged, compared, deleted }: PlanCounts) {
  const byListing = compared?.by === "listing";
  return {
    rows,
    bytes,
    settled: {
      duplicates,
      collisions,
      invalid,
      ...(byListing || unchanged !== undefined ? { unchanged: unchanged ?? 0 } : undefined),
    },
    ...(compared === undefined ? undefined : { compared }),
    ...(byListing || deleted !== undefined ? { deletedFromSource: deleted ?? { count: 0, keys: [] } } : undefined),
  };
}
