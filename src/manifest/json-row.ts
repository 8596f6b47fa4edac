/** One row as JSON: a key, or an object that names it. */
import { quote } from "../vocabulary/errors.ts";
import type { ManifestEntry, Position } from "./row.ts";
import { type FieldName, invalidEntry, type RowFields, type RowRules, rowEntry } from "./row-fields.ts";

/** Names are taken as `aws s3api` and CSV headers spell them too; unknown ones are ignored. */
const fieldOfName: ReadonlyMap<string, FieldName> = new Map([
  ["key", "key"],
  ["bucket", "bucket"],
  ["versionid", "versionId"],
  ["size", "size"],
  ["etag", "etag"],
  ["crc64", "crc64"],
  ["archivekey", "archiveKey"],
  ["storageclass", "storageClass"],
  ["lastmodified", "modified"],
]);

/** A CRC64 written as a number has more digits than a JavaScript number keeps: it is read as a string. */
const bigCrc64 = /("crc64"\s*:\s*)(\d{16,20})(?=\s*[,}])/gi;

/** Reads one element's text, which stands at `at`. */
export function jsonEntry(text: string, at: Position, rules: RowRules): ManifestEntry {
  let value: unknown;
  try {
    value = JSON.parse(/"crc64"\s*:\s*\d{16}/i.test(text) ? text.replace(bigCrc64, '$1"$2"') : text);
  } catch (thrown) {
    return invalidEntry("syntax", text, "is not valid JSON", at.line, columnOfError(thrown, text, at), rules);
  }
  const column = () => at.column;
  if (typeof value === "string") return rowEntry({ key: value }, at.line, column, rules);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalidEntry("syntax", text, `${quote(value)} is neither a key nor a row object`, at.line, at.column, rules);
  }
  const fields: { -readonly [name in FieldName]?: string } = {};
  for (const name of Object.keys(value)) {
    const field = fieldOfName.get(name) ?? fieldOfName.get(name.toLowerCase());
    const given = (value as Readonly<Record<string, unknown>>)[name];
    if (field === undefined || given === null || (field === "modified" && typeof given !== "string")) continue;
    const sample = fields.key ?? text;
    if (fields[field] !== undefined) {
      return invalidEntry("value", sample, `${field} is given twice`, at.line, at.column, rules);
    }
    if (typeof given === "string") fields[field] = given;
    else if (typeof given === "number" && (field === "size" || field === "crc64")) fields[field] = String(given);
    else {
      return invalidEntry("value", sample, `${field} ${quote(given)} is not a string`, at.line, at.column, rules);
    }
  }
  if (fields.key === undefined) return invalidEntry("syntax", text, "has no key", at.line, at.column, rules);
  return rowEntry(fields as RowFields, at.line, column, rules);
}

/** Where JSON.parse says the text goes wrong, while that is on the line it begins on. */
function columnOfError(thrown: unknown, text: string, at: Position): number | undefined {
  const found = thrown instanceof Error ? /position (\d+)/.exec(thrown.message) : null;
  if (found === null) return at.column;
  const offset = Number(found[1]);
  return text.slice(0, offset).includes("\n") ? at.column : (at.column ?? 1) + offset;
}
