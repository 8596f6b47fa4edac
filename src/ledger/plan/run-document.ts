/** run.json: what was planned. */
import * as z from "zod";
import { UserError } from "../../vocabulary/errors.ts";
import type { MarkerCounts } from "../counts.ts";
import { documentText, readDocument } from "../document.ts";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import { requestSchema } from "./request.ts";

/** Written once, when its plan is whole: the plan it names is the run's, no other. */
export const runDocumentSchema = z.strictObject({
  schema: z.literal("cos-originals/run@1"),
  run: z.string(),
  plan: z.string(),
  request: requestSchema,
  shards: z.int().min(0),
  rows: z.int().min(0),
  /** Sum of the sizes that the manifest tells, in bytes. */
  bytes: z.int().min(0),
  /** Rows by what planning alone decided. */
  settled: z.strictObject({
    duplicates: z.int().min(0),
    collisions: z.int().min(0),
    invalid: z.int().min(0),
    /** Told by a listing of the archive to hold what the source has; absent where none was compared. */
    unchanged: z.int().min(0).optional(),
  }),
  /** Unchanged rows that are in no shard: they count among the rows and the skipped, and nothing else is recorded of them. */
  countedOnly: z.int().min(1).optional(),
  /** Which plan's files hold the shards from `from` on, in order; absent where this plan wrote them all. */
  slices: z.array(z.strictObject({ plan: z.string(), from: z.int().min(0) })).optional(),
  /** Were all rows compared with each other for duplicates and collisions? If not: the first ten million, and those of one shard. */
  comparedAll: z.boolean().optional(),
  /** Of a listing: how it is told what the archive holds already. */
  compared: z
    .discriminatedUnion("by", [
      z.strictObject({ by: z.literal("listing") }),
      z.strictObject({ by: z.literal("head"), reason: z.string() }),
    ])
    .optional(),
  /** Keys that the archive holds and the source no longer does; reported, never deleted. Up to a hundred are named. */
  deletedFromSource: z
    .strictObject({
      count: z.int().min(0),
      keys: z.array(z.string()),
      /** Those that the run `since` had not found, or all where there was none; both are absent where an earlier version counted. */
      new: z.int().min(0).optional(),
      since: z.string().optional(),
      /** Which plan's files list them (deleted-keys.ts), in order. */
      lists: z.array(z.strictObject({ plan: z.string(), lists: z.int().min(1) })).optional(),
    })
    .optional(),
  /** What of the manifest or the listing is not in scope, by why. */
  leftOut: z
    .strictObject({
      filter: z.int().min(0).optional(),
      except: z.int().min(0).optional(),
      size: z.int().min(0).optional(),
      age: z.int().min(0).optional(),
    })
    .optional(),
  /** Reading ended at the limit of rows: what comes after was not looked at. */
  limited: z.boolean().optional(),
  /** Requests that planning sent, by type: the LISTs of the source and the archive, and those of the ledger. */
  requests: z.record(z.string(), z.int().min(0)).optional(),
  plannedAt: z.string(),
  tool: z.string(),
  /** As in the request. */
  needs: z.array(z.string()).optional(),
});
export type RunDocument = z.output<typeof runDocumentSchema>;

/** What a run needs (needs.ts) whose plan only counts some rows. */
export const needOfCountedRows = "counted-only";

/** What is over of a run once it is planned, without a shard that says so. */
export const overByPlan = ({ countedOnly = 0 }: Pick<RunDocument, "countedOnly">): MarkerCounts => ({
  archived: 0,
  skipped: countedOnly,
  failed: 0,
  bytes: 0,
});

/** Which plan's files hold a shard: planning may take several deliveries, each of which writes under an id of its own. */
export function planOfShard({ plan, slices }: Pick<RunDocument, "plan" | "slices">, shard: number): string {
  return slices?.findLast(({ from }) => from <= shard)?.plan ?? plan;
}

const documentKind = { what: "run document", versioned: "run", parse: runDocumentSchema.parse } as const;

/** Undefined where the run is not planned yet. Errors: UserError `LedgerUnreadable`, `NewerThanTool`. */
export function readRun(ledger: LedgerStore): Promise<RunDocument | undefined> {
  return readDocument(ledger, paths.run, documentKind);
}

/** Writes it where none is yet. Resolves with the one that is there then, which is the run's: somebody else's, where they were first. */
export async function createRun(ledger: LedgerStore, document: RunDocument): Promise<RunDocument> {
  await ledger.create(paths.run, documentText(document));
  // Whether it was there before or our own answer was lost: what is there now is the run's.
  const ruling = await readRun(ledger);
  if (ruling !== undefined) return ruling;
  throw new UserError(
    "LedgerIncomplete",
    `${ledger.describe(paths.run)} was written but is not there; is something deleting from the ledger?`,
  );
}

/** In a sentence. */
export const hasNoRunDocument = (ledger: LedgerStore, run: string): string =>
  `the run ${run} has no run.json: ${ledger.describe(paths.run)} does not exist`;
