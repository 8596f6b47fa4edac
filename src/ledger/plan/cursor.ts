/**
 * Where planning stands, so that a plan larger than a delivery is whole after several.
 *
 * A delivery that plans is a **slice**, with an id of its own, and writes its shards under that id alone. When its time is
 * nearly over (and every million rows, should it die), it writes a cursor: an object that never changes, that is written only
 * when every shard it counts is, and that names *all* shards before it, as ranges of slices, and where reading stands. Whoever
 * plans next takes the cursor that got furthest and goes on from it, as a slice of its own.
 *
 * So no slice has to be claimed, and nothing rests on who was first: the slices are a tree, two that go on from one cursor are
 * two branches of it, and every path from the root is a plan without a gap, even of a listing that another would read
 * otherwise. The one decision is the old one: run.json is written once, names the path that was whole first, and whatever
 * lies on other branches is nobody's. Each slice writes at least one shard, or goes by rows that are only counted; its id is behind that of the
 * slice that it goes on from. So of the cursors, in the order of their shards and ids, the last is ever further than it was.
 */
import * as z from "zod";
import { documentText, readDocument } from "../document.ts";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import { runDocumentSchema } from "./run-document.ts";

const count = z.int().min(0);
const { shape } = runDocumentSchema;

const documentSchema = z.strictObject({
  schema: z.literal("cos-originals/cursor@1"),
  /** The slice that wrote it. */
  plan: z.string(),
  shards: count,
  slices: z.array(z.strictObject({ plan: z.string(), from: count })),
  rows: count,
  bytes: count,
  settled: shape.settled,
  countedOnly: shape.countedOnly,
  compared: shape.compared,
  deletedFromSource: shape.deletedFromSource,
  leftOut: shape.leftOut,
  requests: shape.requests,
  /** entry.ts, ReadUpTo. */
  readUpTo: z.strictObject({ part: count, rows: count, key: z.string().optional() }),
  /** Of the archive keys given out: which objects hold their fingerprints, in order. Absent where no two rows can have one. */
  seen: z.strictObject({ seed: count, rows: count, parts: z.array(z.string()) }).optional(),
  /** As in the request; so far. */
  needs: z.array(z.string()).optional(),
});
type CursorDocument = z.output<typeof documentSchema>;

/** What its document says, where `givenKeys` (given-keys.ts) goes by an older name. */
export type PlanCursor = Omit<CursorDocument, "seen"> & { readonly givenKeys?: CursorDocument["seen"] };

const documentKind = { what: "cursor", versioned: "cursor", parse: documentSchema.parse } as const;

/** The cursor that got furthest; undefined where planning is to begin. Errors: UserError `LedgerUnreadable`, `NewerThanTool`. */
export async function furthestCursor(ledger: LedgerStore): Promise<PlanCursor | undefined> {
  const { objects } = await ledger.list(paths.cursors);
  const path = objects.at(-1)?.key;
  const document = path === undefined ? undefined : await readDocument(ledger, path, documentKind);
  if (document === undefined) return undefined;
  const { seen, ...rest } = document;
  return { ...rest, ...(seen === undefined ? undefined : { givenKeys: seen }) };
}

export function writeCursor(ledger: LedgerStore, cursor: PlanCursor): Promise<void> {
  const { givenKeys, ...rest } = cursor;
  const document: CursorDocument = { ...rest, ...(givenKeys === undefined ? undefined : { seen: givenKeys }) };
  return ledger.put(paths.cursor(cursor.plan, cursor.shards), documentText(document));
}
