/** What a run was asked (request.json) and what was planned (run.json). */
import * as z from "zod";
import {
  encryptions,
  expectations,
  ifChangedChoices,
  ifExistsChoices,
  keyEncodings,
  manifestFormats,
  maxFailuresPattern,
  proofFloors,
  storageClasses,
} from "../../vocabulary/choices.ts";
import { paths } from "../layout.ts";

/** How the rows of a run are archived: asked with the run, kept in its ledger, the same for every worker. */
export const runOptionsSchema = z.strictObject({
  /** Template of the archive key: `{key}`, `{dir}`, `{name}`, `{stem}`, `{ext}`, `{versionId}`, `{run}`. */
  archiveKey: z.string().min(1).max(850).default("{key}"),
  /** The weakest proof that will do. */
  proof: z.enum(proofFloors).default("auto"),
  /** `get` trusts the GET's own headers to say what the original is. */
  expect: z.enum(expectations).default("auto"),
  ifExists: z.enum(ifExistsChoices).default("skip"),
  ifChanged: z.enum(ifChangedChoices).default("archive"),
  storageClass: z.enum(storageClasses).optional(),
  /** Server-side encryption of the archived objects. */
  encryption: z.enum(encryptions).optional(),
  /** Tries of one row over the whole run. */
  maxAttempts: z.int().min(1).max(100).default(5),
  /** Failed rows, as a number or a percentage, beyond which the run halts. */
  maxFailures: z.string().regex(maxFailuresPattern, "is neither a number of rows nor a percentage like 5%").optional(),
  /** Rows a shard. */
  shardSize: z.int().min(1).max(10_000).default(1000),
});
export type RunOptions = z.output<typeof runOptionsSchema>;

const place = z.strictObject({ bucket: z.string(), region: z.string(), prefix: z.string() });

/** Where the rows come from. `digest` pins what was read: another manifest is another run. */
export const rowsSourceSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("object"),
    bucket: z.string(),
    region: z.string(),
    key: z.string(),
    etag: z.string(),
    format: z.enum(manifestFormats),
    keyEncoding: z.enum(keyEncodings).optional(),
  }),
  /** A file or standard input of whoever started the run; only that process can plan it. */
  z.strictObject({
    kind: z.literal("file"),
    name: z.string(),
    digest: z.string(),
    format: z.enum(manifestFormats),
    keyEncoding: z.enum(keyEncodings).optional(),
  }),
  z.strictObject({ kind: z.literal("inline"), digest: z.string(), keys: z.array(z.unknown()) }),
  z.strictObject({ kind: z.literal("listing"), prefix: z.string() }),
]);
export type RowsSource = z.output<typeof rowsSourceSchema>;

export const requestSchema = z.strictObject({
  schema: z.literal("cos-originals/request@1"),
  run: z.string(),
  source: place,
  archive: place,
  rows: rowsSourceSchema,
  options: runOptionsSchema,
  askedAt: z.string(),
  tool: z.string(),
  /** The run whose failed rows these are. */
  redriveOf: z.string().optional(),
  /** What the run uses that not every version of the tool knows (needs.ts). */
  needs: z.array(z.string()).optional(),
});
export type RunRequest = z.output<typeof requestSchema>;

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
  deletedFromSource: z.strictObject({ count: z.int().min(0), keys: z.array(z.string()) }).optional(),
  /** Requests that planning sent, by type: the LISTs of the source and the archive, and those of the ledger. */
  requests: z.record(z.string(), z.int().min(0)).optional(),
  plannedAt: z.string(),
  tool: z.string(),
  /** As in the request. */
  needs: z.array(z.string()).optional(),
});
export type RunDocument = z.output<typeof runDocumentSchema>;

/** Which plan's files hold a shard: planning may take several deliveries, each of which writes under an id of its own. */
export function planOfShard({ plan, slices }: Pick<RunDocument, "plan" | "slices">, shard: number): string {
  return slices?.findLast(({ from }) => from <= shard)?.plan ?? plan;
}

/** Where the rows of a shard lie. */
export function shardPath(run: Pick<RunDocument, "plan" | "slices">, shard: number): string {
  return paths.shard(planOfShard(run, shard), shard);
}

/** The same bytes read otherwise are other rows. */
const readAs = (rows: { readonly format: string; readonly keyEncoding?: string | undefined }) =>
  ` read as ${rows.format}${rows.keyEncoding === undefined ? "" : `, keys ${rows.keyEncoding}`}`;

/** The fields that make two requests the same thing (cli.md, `run`): all else may differ between a run and its continuation. */
export function askedThing(
  request: Pick<RunRequest, "source" | "archive" | "rows" | "options">,
): Readonly<Record<string, string>> {
  const { source, archive, rows, options } = request;
  const at = (p: { bucket: string; region: string; prefix: string }) => `cos://${p.bucket}/${p.prefix} (${p.region})`;
  return {
    source: at(source),
    archive: at(archive),
    manifest:
      rows.kind === "listing"
        ? `the listing of ${JSON.stringify(rows.prefix)}`
        : rows.kind === "object"
          ? `etag ${rows.etag}${readAs(rows)}`
          : rows.kind === "file"
            ? `digest ${rows.digest}${readAs(rows)}`
            : `digest ${rows.digest}`,
    "archive-key": options.archiveKey,
    proof: options.proof,
    expect: options.expect,
    "if-exists": options.ifExists,
    "if-changed": options.ifChanged,
  };
}
