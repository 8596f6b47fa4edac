/**
 * Planning: rows become shards in the ledger, in one go or in slices that fit a delivery (cursor.ts). Safe to do twice and
 * side by side: each planner writes under a plan id of its own, and only the plan that run.json names counts.
 */
import { ulid } from "ulid";
import { paths } from "../../ledger/layout.ts";
import { checkNotNewer } from "../../ledger/needs.ts";
import { furthestCursor, type PlanCursor, writeCursor } from "../../ledger/plan/cursor.ts";
import { type RunDocument, type RunRequest, runDocumentSchema } from "../../ledger/plan/run-document.ts";
import { encodeShardRows } from "../../ledger/plan/shard-rows.ts";
import { unreadable } from "../../ledger/shard/segment.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { sumOfRequests } from "../../report/tally.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Place } from "../messages/messages.ts";
import type { PlanEntries, ReadUpTo } from "./entry.ts";
import { createGivenKeys, type GivenKeys } from "./given-keys.ts";
import { mayRepeat, noCounts, type PlanCounts, planFrom } from "./shards.ts";

export { checkManifest } from "./shards.ts";

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
  /** When the slice must be over, milliseconds since the epoch. */
  readonly deadline: number;
  /** Ends the slice as the deadline does; a plan that is whole in a moment is written all the same. */
  readonly signal?: AbortSignal | undefined;
  /** After as many rows a cursor is written even where there is time left. */
  readonly rowsPerCursor?: number;
}

/** Shard files under way at once. */
const WRITES = 8;
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
  return writeSlice(slice, await furthestCursor(slice.ledger), sentBefore);
}

/** @param sentBefore requests of the ledger that are not of this slice */
async function writeSlice(
  options: PlanSlice,
  before: PlanCursor | undefined,
  sentBefore = options.ledger.requests(),
): Promise<RunDocument | undefined> {
  const { ledger, place, clock, random, request, deadline, signal, rowsPerCursor = ROWS_PER_CURSOR } = options;
  const begun = clock.now();
  const lastMoment = deadline - Math.min(RESERVE_MS, (deadline - begun) / 4);
  const plan = ulid(begun, random);
  const counts = countsOf(before);
  const prints = createPrints();
  const givenKeys = await givenKeysOf(options, before, prints.add);
  const writes = createWrites(ledger);
  const printPaths = [...(before?.givenKeys?.parts ?? [])];
  let shards = before?.shards ?? 0;
  const slices = () => [
    ...(before?.slices ?? []),
    ...(shards > (before?.shards ?? 0) ? [{ plan, from: before?.shards ?? 0 }] : []),
  ];
  /** @param more those of the ledger that are still to come */
  const requests = (more: number) =>
    sumOfRequests({ ledger: ledger.requests() - sentBefore + more }, ...counts.requests);
  const rowsBefore = counts.rows;
  let rowsAtCursor = rowsBefore;

  const stop = async (readUpTo: ReadUpTo): Promise<void> => {
    await writes.over();
    rowsAtCursor = counts.rows;
    const part = prints.take();
    if (part.length > 0) {
      await ledger.put(paths.fingerprints(plan, shards), part);
      printPaths.push(paths.fingerprints(plan, shards));
    }
    await writeCursor(ledger, {
      schema: "cos-originals/cursor@1",
      plan,
      shards,
      slices: slices(),
      ...told(counts),
      readUpTo,
      requests: requests(1),
      ...(givenKeys === undefined
        ? undefined
        : { givenKeys: { seed: givenKeys.seed, rows: givenKeys.rows(), parts: printPaths } }),
    });
  };

  const asked = { ...request, ledger: place };
  const readUpTo = before?.readUpTo;
  for await (const shard of planFrom(options.rows(readUpTo), asked, { counts, givenKeys, readUpTo })) {
    await writes.add(paths.shard(plan, shards++), encodeShardRows(shard.rows));
    // All is read: what is left to do is less than a cursor would be.
    if (shard.readUpTo === undefined) continue;
    const isLong = counts.rows - rowsBefore >= ROWS_OF_A_MOMENT;
    const timeIsOver = clock.now() >= lastMoment || (isLong && signal?.aborted === true);
    if (timeIsOver || counts.rows - rowsAtCursor >= rowsPerCursor) await stop(shard.readUpTo);
    if (timeIsOver) return undefined;
  }
  await writes.over();
  const ranges = slices();
  const document: RunDocument = {
    schema: "cos-originals/run@1",
    run: request.run,
    plan,
    request,
    shards,
    ...told(counts),
    ...(ranges.length === 0 || (ranges.length === 1 && ranges[0]?.plan === plan) ? undefined : { slices: ranges }),
    comparedAll: givenKeys?.exact() ?? true,
    // Written and read back.
    requests: requests(2),
    plannedAt: new Date(clock.now()).toISOString(),
    tool: toolVersion,
  };
  await ledger.create(paths.run, `${JSON.stringify(document)}\n`);
  // Whether it was there before or our own answer was lost: what is there now is the run's.
  const ruling = await readRun(ledger);
  if (ruling === undefined) {
    throw new UserError(
      "LedgerIncomplete",
      `${ledger.describe(paths.run)} was written but is not there; is something deleting from the ledger?`,
    );
  }
  return ruling;
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
    settled: { duplicates, collisions, invalid, ...(byListing ? { unchanged: unchanged ?? 0 } : undefined) },
    ...(compared === undefined ? undefined : { compared }),
    ...(byListing || deleted !== undefined ? { deletedFromSource: deleted ?? { count: 0, keys: [] } } : undefined),
  };
}

/** What earlier slices gave out is known again, so that duplicates are as exact as in one go. */
async function givenKeysOf(
  { ledger, random, request }: PlanSlice,
  before: PlanCursor | undefined,
  onNew: (high: number, low: number, source: number) => void,
): Promise<GivenKeys | undefined> {
  if (!mayRepeat(request)) return undefined;
  if (before?.givenKeys === undefined) return createGivenKeys(random, undefined, undefined, onNew);
  const prints: Buffer[] = [];
  for (const path of before.givenKeys.parts) {
    const bytes = await ledger.get(path);
    if (bytes === undefined) {
      throw new UserError(
        "LedgerIncomplete",
        `The ledger object ${ledger.describe(path)} is missing, though a cursor names it; something deletes from the ledger.`,
      );
    }
    prints.push(bytes);
  }
  return createGivenKeys(
    random,
    undefined,
    { seed: before.givenKeys.seed, rows: before.givenKeys.rows, prints },
    onNew,
  );
}

/** Fingerprints since the last cursor, 12 bytes each (given-keys.ts). */
function createPrints() {
  const PIECE = 12 * 4096;
  let whole: Buffer[] = [];
  let piece = Buffer.alloc(PIECE);
  let used = 0;
  return {
    add(high: number, low: number, source: number): void {
      used = piece.writeUInt32LE(source, piece.writeUInt32LE(low, piece.writeUInt32LE(high, used)));
      if (used < PIECE) return;
      whole.push(piece);
      piece = Buffer.alloc(PIECE);
      used = 0;
    },
    take(): Buffer {
      const all = Buffer.concat([...whole, piece.subarray(0, used)]);
      whole = [];
      used = 0;
      return all;
    },
  };
}

/** A few writes at once; the first that failed for good ends the plan. */
function createWrites(ledger: LedgerStore) {
  const underWay = new Set<Promise<void>>();
  let fault: { readonly thrown: unknown } | undefined;
  const check = () => {
    if (fault !== undefined) throw fault.thrown;
  };
  return {
    async add(path: string, bytes: Buffer): Promise<void> {
      const write = ledger.put(path, bytes).catch((thrown: unknown) => {
        fault ??= { thrown };
      });
      underWay.add(write);
      write.finally(() => underWay.delete(write));
      if (underWay.size >= WRITES) await Promise.race(underWay);
      check();
    },
    async over(): Promise<void> {
      await Promise.all(underWay);
      check();
    },
  };
}

/** Undefined where the run is not planned yet. Errors: UserError `LedgerUnreadable`, `NewerThanTool`. */
export async function readRun(ledger: LedgerStore): Promise<RunDocument | undefined> {
  const bytes = await ledger.get(paths.run);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable(ledger.describe(paths.run), "is not JSON", cause);
  }
  checkNotNewer(value, "run", ledger.describe(paths.run));
  const parsed = runDocumentSchema.safeParse(value);
  if (!parsed.success) throw unreadable(ledger.describe(paths.run), "is no run document of this version");
  return parsed.data;
}
