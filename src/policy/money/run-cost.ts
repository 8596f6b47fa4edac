/** What a run was to cost by its plan, and what it came to. Pure. */
import { type Cost, costOf, type PricedRequests, type Prices } from "./cost.ts";

interface Places {
  readonly archive: { readonly store?: string | undefined };
  readonly ledger: { readonly store?: string | undefined };
}

/** What it sent and archived. What failed after it was paid for is in its requests, but its bytes are not known. */
export const costOfRun = (
  { requests, bytes }: { readonly requests: PricedRequests; readonly bytes: number },
  prices: Prices,
  places: Places,
): Cost | null => costOf({ bytes: { rowsWithSize: 0, rowsWithout: 0, estimated: bytes }, requests }, prices, places);

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

/** Null where no row told its size. @param asksArchive does each row cost a HEAD of the archive? */
export function plannedCost(run: PlannedRun, asksArchive: boolean, prices: Prices, places: Places): Cost | null {
  const toWork = run.rows - Object.values(run.settled).reduce<number>((sum, count = 0) => sum + count, 0);
  if (toWork > 0 && run.bytes === 0) return null;
  const requests = {
    "source.get": toWork,
    "source.head": run.requests?.["source.head"] ?? 0,
    "archive.head": asksArchive ? toWork : 0,
    "archive.put": toWork,
    ledger: LEDGER_A_RUN + LEDGER_A_SHARD * run.shards + 2 * Math.ceil(run.rows / OUTCOMES_A_SEGMENT),
  };
  return costOfRun({ requests, bytes: run.bytes }, prices, places);
}
