/** What a run was to cost by its plan, and what it came to. Pure. */
import { type Cost, costOf, type PricedRequests, type Prices } from "./cost.ts";

interface Places {
  readonly archive: { readonly store?: string | undefined };
  readonly ledger: { readonly store?: string | undefined };
}

/** Of what a run archived: all bytes, and those that came by plain GETs. */
export interface MovedBytes {
  readonly bytes: number;
  readonly plainBytes?: number | undefined;
}

/**
 * What it sent and archived. What failed after it was paid for is in its requests, but its bytes are not known.
 *
 * @param restores does it bring keys back from an archive? Then all its GETs are plain
 */
export function costOfRun(
  { requests, bytes, plainBytes }: { readonly requests: PricedRequests } & MovedBytes,
  restores: boolean,
  prices: Prices,
  places: Places,
): Cost | null {
  const plain = restores ? bytes : plainBytes;
  return costOf({ bytes: { rowsWithSize: 0, rowsWithout: 0, estimated: bytes, plain }, requests }, prices, places);
}

/** What run.json tells of a plan. */
export interface PlannedRun {
  readonly rows: number;
  readonly shards: number;
  /** Of the rows that told their sizes. */
  readonly bytes: number;
  readonly settled: Readonly<Record<string, number | undefined>>;
  /** Requests that planning sent. */
  readonly requests?: Readonly<Record<string, number>> | undefined;
}

const LEDGER_A_SHARD = 8;
const LEDGER_A_RUN = 12;
const OUTCOMES_A_SEGMENT = 200;

/** Rows that are to be worked: those that planning alone did not settle. */
export const rowsToWork = ({ rows, settled }: Pick<PlannedRun, "rows" | "settled">): number =>
  rows - Object.values(settled).reduce<number>((sum, count = 0) => sum + count, 0);

/** What of a plan is to be fetched by plain GETs: rows, and the bytes that those told. */
export interface PlannedPlain {
  readonly rows: number;
  readonly bytes: number;
}

export interface PlannedHow {
  /** Does each row cost a HEAD of the archive? */
  readonly asksArchive: boolean;
  readonly plain: PlannedPlain;
  readonly restores: boolean;
}

/** Null where no row told its size. */
export function plannedCost(run: PlannedRun, how: PlannedHow, prices: Prices, places: Places): Cost | null {
  if (rowsToWork(run) > 0 && run.bytes === 0) return null;
  const requests = plannedRequests(run, how);
  return costOfRun({ requests, bytes: run.bytes, plainBytes: how.plain.bytes }, how.restores, prices, places);
}

/** By type, if all goes well at once. */
export function plannedRequests(run: PlannedRun, { asksArchive, plain }: Pick<PlannedHow, "asksArchive" | "plain">) {
  const toWork = rowsToWork(run);
  return {
    "source.get": toWork - plain.rows,
    "source.plain": plain.rows,
    "source.head": run.requests?.["source.head"] ?? 0,
    "archive.head": asksArchive ? toWork : 0,
    "archive.put": toWork,
    ledger: LEDGER_A_RUN + LEDGER_A_SHARD * run.shards + 2 * Math.ceil(run.rows / OUTCOMES_A_SEGMENT),
  };
}
