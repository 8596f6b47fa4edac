/**
 * How much of a plan goes by plain GETs, for what the run was to cost: beside run.json and the cursors, and not in them, so that tools
 * that don't know it read them as ever. Absent where there is none.
 */
import * as z from "zod";
import { documentText, readDocument } from "../document.ts";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

const plainRowsSchema = z.object({
  rows: z.int().min(0),
  /** Of those that told their sizes. */
  bytes: z.int().min(0),
});
/** Of all shards that come before, whichever slices wrote them. */
export type PlainRows = z.output<typeof plainRowsSchema>;

/** Whose: of a cursor or of run.json, as it names its plan and how many shards there are. */
interface OfPlan {
  readonly plan: string;
  readonly shards: number;
}

export const noPlainRows: PlainRows = { rows: 0, bytes: 0 };

/** Undefined where none are. Errors: UserError `LedgerUnreadable`. */
export function readPlainRows(ledger: LedgerStore, { plan, shards }: OfPlan): Promise<PlainRows | undefined> {
  const kind = { what: "count of rows that go by plain GETs", parse: plainRowsSchema.parse };
  return readDocument(ledger, paths.plainRows(plan, shards), kind);
}

export function writePlainRows(ledger: LedgerStore, { plan, shards }: OfPlan, plain: PlainRows): Promise<void> {
  return ledger.put(paths.plainRows(plan, shards), documentText(plain));
}
