/**
 * Rows from CSV records. With a header (the first record has a field that reads `Key`, in any case) columns are found by name,
 * keys are raw, and a row may carry what is expected of it; without one it is a manifest of S3 or COS Batch Operations:
 * Bucket,Key[,VersionId], keys URL-encoded.
 */
import { type CsvRecord, type CsvRecords, createCsvRecords } from "./csv-records.ts";
import type { Spaces } from "./key-text.ts";
import { ManifestError } from "./manifest-error.ts";
import type { KeyEncoding, ManifestEntry } from "./row.ts";
import { type FieldName, invalidEntry, type RowRules, rowEntry } from "./row-fields.ts";
import { type Line, readLines } from "./text-lines.ts";

/** Which field, counted from 0, holds what; -1 for none. */
export interface CsvLayout {
  /** Fields of every record. */
  readonly width: number;
  readonly columns: Readonly<Record<FieldName | "code" | "message", number>>;
}

export interface CsvOptions {
  readonly name: string;
  readonly sourceBucket?: string | undefined;
  /** Default: raw with a header, url without. */
  readonly keyEncoding?: KeyEncoding | undefined;
  readonly spaces?: Spaces | undefined;
}

/** The code of rows that could not be read, in failures.csv. */
const INVALID_ROW = "InvalidRow";
const MEND = "mend this row and clear its Code, it was refused before: ";

export async function* readCsv(
  source: AsyncIterable<Buffer>,
  { name, sourceBucket, keyEncoding, spaces }: CsvOptions,
): AsyncGenerator<readonly ManifestEntry[]> {
  let layout: CsvLayout | undefined;
  let rules: RowRules = { keyEncoding: keyEncoding ?? "raw", sourceBucket, spaces };
  for await (const records of readRecords(source)) {
    const entries: ManifestEntry[] = [];
    for (const record of records) {
      if (isBlank(record)) continue;
      if (layout === undefined) {
        const fields = firstFields(record, name);
        // Where the first field is the bucket itself, a field "key" is an object of that name.
        layout = fields[0] === sourceBucket ? undefined : headerLayout(fields, name);
        if (layout !== undefined) continue;
        layout = batchLayout(fields, name);
        rules = { keyEncoding: keyEncoding ?? "url", sourceBucket, spaces };
      }
      entries.push(csvEntry(record, layout, rules));
    }
    if (entries.length > 0) yield entries;
  }
}

/** The records of a CSV text, many at a time. A first line `sep=;`, as Excel writes and reads it, says what separates fields. */
export async function* readRecords(source: AsyncIterable<Buffer>): AsyncGenerator<readonly CsvRecord[]> {
  let records: CsvRecords | undefined;
  for await (const { firstLine, lines } of readLines(source)) {
    const said = records === undefined ? separatorOf(lines[0]) : undefined;
    records ??= createCsvRecords(said);
    const batch = said === undefined ? records.take(lines, firstLine) : records.take(lines.slice(1), firstLine + 1);
    if (batch.length > 0) yield batch;
  }
  const rest = records?.end() ?? [];
  if (rest.length > 0) yield rest;
}

function separatorOf(line: Line | undefined): string | undefined {
  return typeof line === "string" ? /^sep=([,;\t|])\r?$/i.exec(line)?.[1] : undefined;
}

/** A row of separators alone, as spreadsheets leave below what was deleted. */
function isBlank(record: CsvRecord): boolean {
  return record.kind === "record" && record.fields[0] === "" && record.fields.every((field) => field === "");
}

/** The entry of one record. */
export function csvEntry(record: CsvRecord, { width, columns }: CsvLayout, rules: RowRules): ManifestEntry {
  const { line } = record;
  if (record.kind === "fault") {
    return invalidEntry("syntax", record.sample, record.problem, line, record.column, rules);
  }
  const { fields } = record;
  if (fields.length !== width) {
    const problem = `it has ${fields.length} field${fields.length === 1 ? "" : "s"} where ${width} are expected; quote a field that contains a comma`;
    return invalidEntry("syntax", fields.join(","), problem, line, undefined, rules);
  }
  const key = fields[columns.key]!;
  if (columns.code !== -1 && fields[columns.code] === INVALID_ROW) {
    const before = fields[columns.message] ?? "";
    const reason = before.slice(before.lastIndexOf(MEND) === -1 ? 0 : before.lastIndexOf(MEND) + MEND.length);
    return invalidEntry("value", key, MEND + reason, line, columns.code + 1, rules);
  }
  const row = {
    key,
    bucket: fieldAt(fields, columns.bucket),
    versionId: fieldAt(fields, columns.versionId),
    size: fieldAt(fields, columns.size),
    etag: fieldAt(fields, columns.etag),
    crc64: fieldAt(fields, columns.crc64),
    archiveKey: fieldAt(fields, columns.archiveKey),
    storageClass: fieldAt(fields, columns.storageClass),
    modified: fieldAt(fields, columns.modified),
  };
  return rowEntry(row, line, (field) => columns[field] + 1, rules);
}

/** `fields[column]`, undefined for -1: an array looks that up as a name, which takes as long as all the rest of a row. */
export function fieldAt(fields: readonly string[], column: number): string | undefined {
  return column === -1 ? undefined : fields[column];
}

function firstFields(record: CsvRecord, name: string): readonly string[] {
  if (record.kind === "record") return record.fields;
  throw new ManifestError(
    "ManifestHeader",
    `reading the manifest ${name}: row ${record.line}: ${record.problem}; without its first row it is not known whether there is a header`,
  );
}

function headerLayout(fields: readonly string[], name: string): CsvLayout | undefined {
  const names = fields.map((field) => field.trim().toLowerCase());
  if (!names.includes("key")) return undefined;
  return layoutOf(names, `the header of the manifest ${name}`, "ManifestHeader");
}

/** The layout of columns with these lower-case names; unknown ones are ignored, one given twice is refused. */
export function layoutOf(
  names: readonly string[],
  what: string,
  code: "ManifestHeader" | "InventoryInvalid",
): CsvLayout {
  const place = (wanted: string) => {
    const found = names.indexOf(wanted);
    if (found !== -1 && names.indexOf(wanted, found + 1) !== -1) {
      throw new ManifestError(code, `reading ${what}: it names the column ${wanted} twice; name each column once`);
    }
    return found;
  };
  const message = place("message");
  const columns = {
    key: place("key"),
    bucket: place("bucket"),
    versionId: place("versionid"),
    size: place("size"),
    etag: place("etag"),
    crc64: place("crc64"),
    archiveKey: place("archivekey"),
    storageClass: place("storageclass"),
    // Inventories write the first.
    modified: Math.max(place("lastmodifieddate"), place("lastmodified")),
    // Only failures.csv has both.
    code: message === -1 ? -1 : place("code"),
    message,
  };
  return { width: names.length, columns };
}

function batchLayout(fields: readonly string[], name: string): CsvLayout {
  const width = fields.length;
  if (width !== 2 && width !== 3) {
    const many = width === 1 ? "one field" : `${width} fields`;
    const separator = width === 1 ? otherSeparator(fields[0] ?? "") : undefined;
    if (separator !== undefined) {
      const [sign, spelt] = separator;
      throw new ManifestError(
        "ManifestHeader",
        `reading the manifest ${name}: its fields are separated by ${spelt}, not by commas; save it with commas, or put the line sep=${sign} before its first row`,
      );
    }
    throw new ManifestError(
      "ManifestHeader",
      `reading the manifest ${name}: its first row has ${many}, none of them "Key"; give a header that names Key, or Bucket,Key[,VersionId] without one, or --format lines`,
    );
  }
  const absent = {
    size: -1,
    etag: -1,
    crc64: -1,
    archiveKey: -1,
    storageClass: -1,
    modified: -1,
    code: -1,
    message: -1,
  };
  return { width, columns: { bucket: 0, key: 1, versionId: width === 3 ? 2 : -1, ...absent } };
}

/** The sign, and how a sentence spells it. */
function otherSeparator(field: string): readonly [sign: string, spelt: string] | undefined {
  if (field.includes(";")) return [";", "semicolons (;)"];
  if (field.includes("\t")) return ["<tab>", "tabs"];
  return field.includes("|") ? ["|", "bars (|)"] : undefined;
}
