/** From the texts of a row's fields to a manifest entry: each field is checked once, here, whatever the format. */
import { isArchiveClass } from "../vocabulary/choices.ts";
import { quote } from "../vocabulary/errors.ts";
import { decodeKey, keyProblem, type Spaces } from "./key-text.ts";
import type { KeyEncoding, ManifestEntry } from "./row.ts";

/** A row as its format gives it. An empty text is an absent one, except for the key. */
export interface RowFields {
  readonly key: string;
  readonly bucket?: string | undefined;
  readonly versionId?: string | undefined;
  readonly size?: string | undefined;
  readonly etag?: string | undefined;
  readonly crc64?: string | undefined;
  readonly archiveKey?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly modified?: string | undefined;
}

export type FieldName = keyof RowFields;

export interface RowRules {
  /** How key and archiveKey are written. */
  readonly keyEncoding: KeyEncoding;
  /** A row of another bucket is not for this run. */
  readonly sourceBucket?: string | undefined;
  /** How the URL-encoded texts before it wrote a space. */
  readonly spaces?: Spaces | undefined;
  /** Goes before the line number in messages: `part data/1.csv.gz, `. */
  readonly where?: string | undefined;
}

/** Where a field stands in its line, from 1; undefined where that says nothing. */
export type ColumnOf = (field: FieldName) => number | undefined;

const sampleLength = 200;

/** Checks the fields of one row. Every field that can't be is an `invalid` entry with fault `value`. */
export function rowEntry(fields: RowFields, line: number, columnOf: ColumnOf, rules: RowRules): ManifestEntry {
  const refuse = (field: FieldName, problem: string, key: string) =>
    invalidEntry("value", key, `${field} ${problem}`, line, columnOf(field), rules);

  let key = fields.key;
  let archiveKey = fields.archiveKey === "" ? undefined : fields.archiveKey;
  if (rules.keyEncoding === "url") {
    rules.spaces?.look(key, line, rules.where);
    if (archiveKey !== undefined) rules.spaces?.look(archiveKey, line, rules.where);
    const decoded = decodeKey(key);
    if (decoded.kind === "fault") return refuse("key", decoded.problem, key);
    key = decoded.key;
    if (archiveKey !== undefined) {
      const decodedArchiveKey = decodeKey(archiveKey);
      if (decodedArchiveKey.kind === "fault") return refuse("archiveKey", decodedArchiveKey.problem, key);
      archiveKey = decodedArchiveKey.key;
    }
  }
  const badKey = keyProblem(key);
  if (badKey !== undefined) return refuse("key", badKey, key);

  const { bucket, versionId } = fields;
  if (bucket !== undefined && bucket !== "" && rules.sourceBucket !== undefined && bucket !== rules.sourceBucket) {
    return refuse("bucket", `${quote(bucket)} is not the source bucket ${rules.sourceBucket}`, key);
  }
  const size = parseSize(fields.size);
  if (size === null) {
    return refuse("size", `${quote(fields.size)} is not a whole number of bytes`, key);
  }
  const etag = parseEtag(fields.etag);
  if (etag === null) return refuse("etag", `${quote(fields.etag)} is not an ETag`, key);
  const crc64 = parseCrc64(fields.crc64);
  if (crc64 === null) {
    return refuse("crc64", `${quote(fields.crc64)} is not an unsigned 64-bit decimal number`, key);
  }
  if (archiveKey !== undefined) {
    const badArchiveKey = keyProblem(archiveKey);
    if (badArchiveKey !== undefined) return refuse("archiveKey", badArchiveKey, key);
  }
  const row = { key, versionId: versionId === "" ? undefined : versionId, size, etag, crc64, archiveKey };
  const storageClass = fields.storageClass?.trim().toUpperCase();
  const told = isArchiveClass(storageClass) ? { ...row, storageClass } : row;
  // What is no time says nothing: the column is another's, and no row depends on it.
  const modified = fields.modified === undefined ? Number.NaN : Date.parse(fields.modified.trim());
  return Number.isNaN(modified)
    ? { kind: "row", row: told, at: { line } }
    : { kind: "row", row: told, at: { line }, modified };
}

/** An entry that can't be a row. `sample` is its key, or how its text begins. */
export function invalidEntry(
  fault: "syntax" | "value",
  sample: string,
  problem: string,
  line: number,
  column: number | undefined,
  rules: Pick<RowRules, "where">,
): ManifestEntry {
  const key = sample.slice(0, sampleLength).toWellFormed();
  const where = column === undefined ? `row ${line}` : `row ${line}, column ${column}`;
  const at = column === undefined ? { line } : { line, column };
  return { kind: "invalid", key, fault, message: `${rules.where ?? ""}${where}: ${problem}`, at };
}

/** Bytes; null where it is none. */
function parseSize(text: string | undefined): number | undefined | null {
  if (text === undefined || text === "") return undefined;
  if (!/^ *\d{1,16} *$/.test(text)) return null;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : null;
}

/** Without quotes, lower case where it is an MD5 (of an object, or of a multipart upload's parts); null where it is none. */
function parseEtag(text: string | undefined): string | undefined | null {
  if (text === undefined || text === "") return undefined;
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  const bare = text.trim().replace(/^"(.*)"$/, "$1");
  if (bare === "") return undefined;
  if (/^[0-9a-f]{32}(-\d{1,5})?$/i.test(bare)) return bare.toLowerCase();
  return /^[\x21\x23-\x7e]{1,200}$/.test(bare) ? bare : null;
}

/** Unsigned decimal without leading zeros; null where it is none. */
function parseCrc64(text: string | undefined): string | undefined | null {
  if (text === undefined || text === "") return undefined;
  const bare = text.trim();
  if (/^[1-9]\d{0,18}$/.test(bare)) return bare;
  if (!/^\d{1,40}$/.test(bare)) return null;
  const number = BigInt(bare);
  return number < 2n ** 64n ? number.toString() : null;
}
