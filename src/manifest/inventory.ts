/**
 * COS and S3 inventories: a manifest.json (documents 436/33704 and S3 "Locating your inventory list") that names gzip CSV files
 * without header. `fileSchema` says what their columns are; keys are URL-encoded; numbers may be strings.
 *
 * Only what can be fetched is a row: delete markers are left out, and versions that are not the latest unless `allVersions` wants them; how
 * many they are is told beside the rows. The size and MD5 that
 * the manifest.json gives for a file (of its bytes as stored) are checked while it streams, so a file's rows come before its
 * proof: on a ManifestError drop what was read.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { isBucketError } from "../objects/error.ts";
import { nounOf } from "../vocabulary/counted.ts";
import { quote } from "../vocabulary/errors.ts";
import { needOf } from "../vocabulary/permissions.ts";
import { type CsvLayout, csvEntry, fieldAt, layoutOf, readRecords } from "./csv.ts";
import type { CsvRecord } from "./csv-records.ts";
import { createSpaces } from "./key-text.ts";
import { ManifestError, type ManifestErrorCode } from "./manifest-error.ts";
import { plainText } from "./plain-text.ts";
import type { KeyEncoding, ManifestEntry } from "./row.ts";

export interface ReadInventoryOptions {
  /** Of the manifest.json, for messages. */
  readonly name: string;
  /** Opens one of its files, by whole key, in the inventory's destination bucket. Rejects as Bucket.get does. */
  open(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** Default url. */
  readonly keyEncoding?: KeyEncoding | undefined;
  /** Where given, a row of another bucket is invalid. A COS inventory may name the bucket without its APPID. */
  readonly sourceBucket?: string | undefined;
  /** Every version that is no delete marker is a row. Default: the latest ones alone. */
  readonly allVersions?: boolean | undefined;
  /** Told of each row that is left out. */
  readonly leftOut?: ((what: LeftOut) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What of an inventory is no row of a run. */
export type LeftOut = "olderVersions" | "deleteMarkers";

export interface InventoryFile {
  readonly key: string;
  /** Bytes, as stored. */
  readonly size?: number | undefined;
  /** Lower-case hex, of the bytes as stored. */
  readonly md5?: string | undefined;
}

export interface InventoryManifest {
  readonly sourceBucket?: string | undefined;
  /** Where the files lie; of S3 without its ARN prefix. */
  readonly destinationBucket?: string | undefined;
  readonly columns: readonly string[];
  readonly files: readonly InventoryFile[];
}

const count = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,15}$/)]).transform(Number);
const md5 = z
  .string()
  .regex(/^[0-9a-f]{32}$/i)
  .toLowerCase();

const manifestShape = z.object({
  sourceBucket: z.string().optional(),
  destinationBucket: z.string().optional(),
  fileFormat: z.string(),
  fileSchema: z.string(),
  files: z.array(
    z.object({
      key: z.string().min(1),
      size: count.optional(),
      md5Checksum: md5.optional(),
      MD5checksum: md5.optional(),
    }),
  ),
});

/** Reads a manifest.json. Throws ManifestError (InventoryInvalid) where it is none, or lists files that are no CSV. */
export function parseInventory(manifestJson: Uint8Array, name: string): InventoryManifest {
  const refuse = (problem: string, cause?: unknown) =>
    new ManifestError("InventoryInvalid", `reading the inventory ${name}: ${problem}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(manifestJson));
  } catch (thrown) {
    throw refuse("it is not JSON; give the inventory's manifest.json", thrown);
  }
  // The format is looked at first: the schema of an ORC or Parquet file is written otherwise.
  const format = z.object({ fileFormat: z.string() }).safeParse(value);
  if (format.success && format.data.fileFormat.toUpperCase() !== "CSV") {
    throw refuse(`its files are ${quote(format.data.fileFormat)}; only CSV is read, so configure the inventory as CSV`);
  }
  const parsed = manifestShape.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw refuse(`it is no inventory's manifest.json (${path.join(".") || "the whole"}: ${message})`);
  }
  const { sourceBucket, destinationBucket, fileSchema, files } = parsed.data;
  const columns = fileSchema.split(",").map((column) => column.trim());
  if (!columns.some((column) => normal(column) === "key")) {
    throw refuse(`its fileSchema ${quote(fileSchema)} has no Key; configure the inventory again`);
  }
  return {
    sourceBucket,
    destinationBucket: destinationBucket?.replace(/^arn:[^:]*:s3:::/, ""),
    columns,
    files: files.map((file) => ({ key: file.key, size: file.size, md5: file.md5Checksum ?? file.MD5checksum })),
  };
}

/** Reads one of its files, from its beginning; positions are within it. */
export async function* readInventoryFile(
  { columns }: InventoryManifest,
  file: InventoryFile,
  options: ReadInventoryOptions,
): AsyncGenerator<readonly ManifestEntry[], void, void> {
  const { name, signal } = options;
  const reader = recordReader(columns, file, options);
  signal?.throwIfAborted();
  const proof = createProof(await openFile(file, options), file, name);
  let first = true;
  for await (const records of readRecords(plainText(proof.bytes, { name: file.key, signal }))) {
    const entries: ManifestEntry[] = [];
    for (const record of records) {
      const entry = first && reader.isHeader(record) ? undefined : reader.entry(record);
      first = false;
      if (typeof entry === "string") options.leftOut?.(entry);
      else if (entry !== undefined) entries.push(entry);
    }
    if (entries.length > 0) yield entries;
  }
  proof.check();
}

function recordReader(
  columnNames: readonly string[],
  file: InventoryFile,
  { name, keyEncoding, sourceBucket, allVersions = false }: ReadInventoryOptions,
) {
  const names = columnNames.map(normal);
  const layout: CsvLayout = layoutOf(names, `the fileSchema of ${name}`, "InventoryInvalid");
  const { bucket } = layout.columns;
  const appid = names.indexOf("appid");
  const isLatest = names.indexOf("islatest");
  const isDeleteMarker = names.indexOf("isdeletemarker");
  if (layout.columns.versionId !== -1 && isLatest === -1 && !allVersions) {
    throw new ManifestError("InventoryInvalid", `reading the inventory ${name}: ${untoldVersions(columnNames)}`);
  }
  const says = (fields: readonly string[], column: number, what: string) =>
    fieldAt(fields, column)?.trim().toLowerCase() === what;
  const spaces = createSpaces(name);
  const rules = { keyEncoding: keyEncoding ?? "url", sourceBucket, spaces, where: `${file.key}, ` } as const;
  /** Of rows whose bucket and APPID are the source's. */
  const rulesOfSource = { ...rules, sourceBucket: undefined };
  return {
    /** Not documented, but harmless where it happens: the first record repeats the schema. */
    isHeader: (record: CsvRecord) =>
      record.kind === "record" &&
      record.fields.length === names.length &&
      record.fields.every((field, index) => normal(field) === names[index]),
    /** What is left out is named by its kind. */
    entry(record: CsvRecord): ManifestEntry | LeftOut {
      if (record.kind === "fault" || record.fields.length !== layout.width) return csvEntry(record, layout, rules);
      const { fields } = record;
      if (says(fields, isDeleteMarker, "true")) return "deleteMarkers";
      if (!allVersions && says(fields, isLatest, "false")) return "olderVersions";
      const named = appid === -1 ? undefined : `${fieldAt(fields, bucket)}-${fields[appid]}`;
      return csvEntry(record, layout, named === sourceBucket ? rulesOfSource : rules);
    },
  };
}

/** All of a key's versions would lie under one archive key, in no order that tells which is the newest. */
const untoldVersions = (columns: readonly string[]): string =>
  `its fileSchema ${quote(columns.join(", "))} has a VersionId and no IsLatest, so which versions are the newest is not told; let the inventory tell IsLatest, or list current versions alone, without VersionId, or archive every version by an --archive-key with {versionId} in it`;

/** `ETag`, `CRC64`, `Is Latest` and `is_latest` are told by their letters and digits. */
function normal(column: string): string {
  const bare = column.toLowerCase().replace(/[^a-z0-9]/g, "");
  return bare === "crc64ecma" || bare === "hashcrc64ecma" ? "crc64" : bare;
}

async function openFile({ key }: InventoryFile, options: ReadInventoryOptions): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await options.open(key);
  } catch (thrown) {
    if (!isBucketError(thrown)) throw thrown;
    if (thrown.status === 404) {
      throw partError("PartMissing", options.name, key, "does not exist; the inventory may have expired", thrown);
    }
    if (thrown.status === 403) {
      const refused = `may not be read (${thrown.code}); allow ${needOf("cos", "get")} on it`;
      throw partError("PartForbidden", options.name, key, refused, thrown);
    }
    throw thrown;
  }
}

function partError(code: ManifestErrorCode, name: string, key: string, problem: string, cause?: unknown) {
  return new ManifestError(code, `reading the inventory ${name}: its file ${quote(key)} ${problem}`, { cause });
}

/** Counts and hashes the bytes of a file as they pass. */
function createProof(source: AsyncIterable<Uint8Array>, file: InventoryFile, name: string) {
  const hash = file.md5 === undefined ? undefined : createHash("md5");
  let bytes = 0;
  async function* passing() {
    for await (const chunk of source) {
      bytes += chunk.length;
      hash?.update(chunk);
      yield chunk;
    }
  }
  return {
    bytes: passing(),
    /** To be called when all bytes have passed. */
    check(): void {
      if (file.size !== undefined && bytes !== file.size) {
        const problem = `has ${bytes} ${nounOf(bytes, "byte")}, and the manifest.json says ${file.size}; it was changed since`;
        throw partError("PartChanged", name, file.key, problem);
      }
      const digest = hash?.digest("hex");
      if (digest !== file.md5) {
        const problem = `has the MD5 ${digest}, and the manifest.json says ${file.md5}; it was changed since`;
        throw partError("PartChanged", name, file.key, problem);
      }
    },
  };
}
