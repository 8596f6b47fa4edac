/**
 * The messages of the queue, version 1, or 2 where they name another store than COS. A **manifest** message is the public API: what users and other systems send. A
 * **shard** and a **reconcile** message are claim checks of a few hundred bytes: the rows lie in the ledger, so a manifest
 * that changes later can't change a run, and any queue can carry them.
 *
 * No message says which host to dial: endpoints and credentials are the worker's own settings, so that nobody who may
 * send a message can have a signed request, or a session token, sent elsewhere.
 */
import * as z from "zod";
import { runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { manifestFormats } from "../../manifest/row.ts";
import { otherStores } from "../../vocabulary/address.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { maxKeyBytes } from "../../vocabulary/limits.ts";
import { isBucketName, isFolder, isRegion, isS3BucketName, runIdPattern } from "../../vocabulary/names.ts";
import { newerThanTool } from "../../vocabulary/newer.ts";
import { openBody } from "./envelope.ts";

const bucketName = z.string().refine(isBucketName, "is not BUCKET-APPID, like photos-1250000000");
const region = z.string().refine(isRegion, "is not a region, like ap-guangzhou");

const prefix = z.string().max(maxKeyBytes).default("");

/** A COS bucket and a prefix of its keys: where originals are. */
const cosPlaceSchema = z.strictObject({ bucket: bucketName, region, prefix });

/** A bucket, of COS unless its store is said, and a prefix of its keys. */
export const placeSchema = z
  .strictObject({
    store: z.enum(otherStores).optional(),
    /** BUCKET-APPID; of `s3` the bucket's name, of `file` the folder's whole path. */
    bucket: z.string(),
    region,
    prefix,
  })
  .superRefine(({ store, bucket }, context) => {
    const [holds, why] = nameRules[store ?? "cos"];
    if (!holds(bucket)) context.addIssue({ code: "custom", path: ["bucket"], message: why });
  });

const nameRules = {
  cos: [isBucketName, "is not BUCKET-APPID, like photos-1250000000"],
  s3: [isS3BucketName, "is no bucket of S3, like photo-archive"],
  file: [isFolder, "is no folder's whole path, like /mnt/archive"],
} as const;
/** A bucket and a prefix of its keys ("": all of them), in COS unless its store is said. */
export type Place = z.output<typeof placeSchema>;

export const runIdSchema = z
  .string()
  .regex(runIdPattern, "is not a run id: 1 to 100 letters, digits, dots, dashes and underscores");

const whole = z.int().min(0);

/** 2 where a place says its store: to workers that know COS alone it is newer than they are, and given back. */
const version = z.union([z.literal(1), z.literal(2)], { error: "must be 1, or 2 where a place has a store" });

/** What a message carries as `v` that names these places. */
export const versionFor = (...places: readonly { readonly store?: string | undefined }[]): 1 | 2 =>
  places.some(({ store }) => store !== undefined) ? 2 : 1;

function checkVersion<Field extends string>(
  message: { readonly v: 1 | 2 } & { readonly [Name in Field]?: { readonly store?: string | undefined } | undefined },
  fields: readonly Field[],
  context: z.RefinementCtx,
): void {
  if (message.v === 2) return;
  const field = fields.find((each) => message[each]?.store !== undefined);
  if (field === undefined) return;
  context.addIssue({ code: "custom", path: [field, "store"], message: "a message that names another store has `v` 2" });
}

const inlineRow = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({
      key: z.string(),
      versionId: z.string().optional(),
      size: whole.optional(),
      etag: z.string().optional(),
      crc64: z.string().optional(),
      archiveKey: z.string().optional(),
      storageClass: z.string().optional(),
    }),
  ]),
);

const storedManifest = z.lazy(() =>
  z.strictObject({
    bucket: bucketName,
    region,
    key: z.string().min(1),
    format: z.enum(manifestFormats).optional(),
    keyEncoding: z.enum(["raw", "url"]).optional(),
  }),
);

// Each is made when the first of its kind comes: to make them all costs a function's start more than most of what it reads.
export const manifestMessageSchema = z.lazy(() =>
  z
    .strictObject({
      v: version,
      type: z.literal("manifest"),
      run: runIdSchema.optional(),
      /** ISO 8601; names the run of a listing that has no `run`. */
      scheduledAt: z.iso.datetime({ offset: true }).optional(),
      source: cosPlaceSchema,
      archive: placeSchema,
      ledger: placeSchema.optional(),
      manifest: storedManifest.optional(),
      keys: z.array(inlineRow).min(1, "is an empty list").optional(),
      /** List the source below this prefix (added to nothing: a whole key prefix); "" lists all of it. */
      prefix: z.string().max(maxKeyBytes).optional(),
      /** A manifest of what is left out. */
      except: storedManifest.optional(),
      /** What a listing must find in the source at least; 1 where absent. */
      minRows: whole.optional(),
      // Nobody who may send a message can have keys of a source written.
      options: runOptionsSchema.omit({ fromArchive: true }).partial().optional(),
    })
    .refine((m) => [m.manifest, m.keys, m.prefix].filter((given) => given !== undefined).length === 1, {
      error: "needs exactly one of `manifest`, `keys` and `prefix`",
    })
    .refine((m) => m.prefix === undefined || m.run !== undefined || m.scheduledAt !== undefined, {
      error:
        "is a listing, so it needs `run` or `scheduledAt`: without one, tonight's run would be taken for last night's",
    })
    .superRefine((message, context) => checkVersion(message, ["archive", "ledger"], context)),
);
/** What asks for a run: source, archive, and rows by reference, inline or by listing. The one message that users and other systems send. */
export type ManifestMessage = z.output<typeof manifestMessageSchema>;

export const shardMessageSchema = z.lazy(() =>
  z
    .strictObject({
      v: version,
      type: z.literal("shard"),
      ledger: placeSchema,
      run: runIdSchema,
      plan: z.string().regex(/^[0-9A-Z]{26}$/),
      shard: whole,
      seq: whole,
    })
    .superRefine((message, context) => checkVersion(message, ["ledger"], context)),
);
/** A claim check for up to a shard's rows, which lie in the ledger. */
export type ShardMessage = z.output<typeof shardMessageSchema>;

export const reconcileMessageSchema = z.lazy(() =>
  z
    .strictObject({
      v: version,
      type: z.literal("reconcile"),
      ledger: placeSchema,
      run: runIdSchema,
    })
    .superRefine((message, context) => checkVersion(message, ["ledger"], context)),
);
/** The one message that goes round for a run that is not over. */
export type ReconcileMessage = z.output<typeof reconcileMessageSchema>;

/** What a queue brings, by its `type`. */
export type Message = ManifestMessage | ShardMessage | ReconcileMessage;

/** The highest `v` that is read here. */
const messageVersion = 2;

/**
 * Reads a message body, as JSON of version 1, or of version 2 where it names another store than COS; unknown fields are refused. A byte order mark before it is passed over, and the envelopes
 * of SNS, EventBridge and CloudEvents are opened.
 *
 * @throws UserError `InvalidMessage`: one sentence that names the field and quotes its value; and `NewerThanTool`, whatever else the message
 * says, where its `v` is higher than any that is known here.
 *
 * @example
 * ```ts
 * import { parseMessage } from "cos-originals";
 *
 * const message = parseMessage(
 *   JSON.stringify({
 *     v: 1,
 *     type: "manifest",
 *     source: { bucket: "photos-1250000000", region: "ap-guangzhou" },
 *     archive: { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/" },
 *     manifest: { bucket: "photos-1250000000", region: "ap-guangzhou", key: "manifests/tonight.csv" },
 *   }),
 * );
 * console.log(message.type); // prints manifest
 * ```
 */
export function parseMessage(body: string): Message {
  const message = readMessage(body);
  if ("nothing" in message)
    throw new UserError("InvalidMessage", `The message is ${message.nothing}, and asks for nothing.`);
  return message;
}

/** The same, where a body may also be one that there is nothing to do for: `nothing` says what it is. */
export function readMessage(body: string): Message | { readonly nothing: string } {
  const opened = openBody(body);
  if (opened.kind === "nothing") return { nothing: opened.what };
  const { value, within } = opened;
  const version = typeof value === "object" && value !== null && "v" in value ? value.v : undefined;
  if (Number.isSafeInteger(version) && Number(version) > messageVersion) {
    throw newerThanTool(`The message${within} has \`v\` = ${quote(version)}`);
  }
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  const schema =
    type === "manifest"
      ? manifestMessageSchema
      : type === "shard"
        ? shardMessageSchema
        : type === "reconcile"
          ? reconcileMessageSchema
          : undefined;
  if (schema === undefined) {
    throw new UserError(
      "InvalidMessage",
      type === undefined
        ? `The message${within} ${quote(value)} has no type; it must be "manifest", "shard" or "reconcile".`
        : `The message${within} has the type ${quote(type)}; it must be "manifest", "shard" or "reconcile".`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError("InvalidMessage", `The ${String(type)} message ${firstIssue(parsed.error, value)}.`);
}

/**
 * The first thing wrong, as `has \`field\` = value, which is wrong: why`. Only plain values are quoted: a misplaced object may
 * hold what must not be in a log.
 */
export function firstIssue(error: z.ZodError, value: unknown): string {
  const issue = deepest(error.issues);
  if (issue === undefined) return "is not valid";
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((key) => `\`${at === "" ? key : `${at}.${key}`}\``).join(", ");
    return `has ${unknown}, which it may not have`;
  }
  const why = issue.message.replace(/^Invalid input: /, "").replace(/, received undefined$/, "");
  if (at === "") return why;
  const found = issue.path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
  if (found === undefined) return `lacks \`${at}\`: ${why}`;
  const shown = Array.isArray(found)
    ? "a list"
    : typeof found === "object" && found !== null
      ? "an object"
      : quote(found);
  return `has \`${at}\` = ${shown}, which is wrong: ${why}`;
}

/** Of alternatives (a row is a text or an object) what the one that went furthest says. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const [issue] = issues;
  if (issue?.code !== "invalid_union") return issue;
  const inner = issue.errors.flatMap((alternative) => deepest(alternative) ?? []);
  const furthest = inner.toSorted(
    (a, b) => b.path.length - a.path.length || (a.code === "unrecognized_keys" ? -1 : 0),
  )[0];
  if (furthest === undefined || (furthest.path.length === 0 && furthest.code !== "unrecognized_keys")) return issue;
  return { ...furthest, path: [...issue.path, ...furthest.path] };
}
