/** Where an original is archived: archive prefix + template. Pure. */
import { posix } from "node:path";
import { quote, UserError } from "../vocabulary/errors.ts";
import { maxKeyBytes } from "../vocabulary/limits.ts";

/** What may stand between braces in `--archive-key`. */
export const archiveKeyFields = ["key", "dir", "name", "stem", "ext", "versionId", "run"] as const;
type Field = (typeof archiveKeyFields)[number];

/** What of a row decides about its place. */
export interface KeyedRow {
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Takes the template's place. */
  readonly archiveKey?: string | undefined;
}

/** What is wrong with a template, as the rest of a sentence that begins with it; undefined where nothing is. */
export function templateFault(template: string): string | undefined {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !archiveKeyFields.some((f) => f === name));
  if (unknown !== undefined) {
    return `holds ${unknown[0]}, and only ${archiveKeyFields.map((f) => `{${f}}`).join(" ")} have a meaning in it`;
  }
  if (/\{(key|name|stem)\}/.test(template)) return undefined;
  return "would give every original the same name: it needs {key}, {name} or {stem}";
}

/** Checks a template once, before a run; throws UserError `InvalidArchiveKey`. */
export function checkTemplate(template: string): void {
  const fault = templateFault(template);
  if (fault !== undefined) throw new UserError("InvalidArchiveKey", `--archive-key ${quote(template)} ${fault}.`);
}

/** The whole key in the archive bucket. A row's own archiveKey takes the template's place; the prefix always goes before it. */
export function archiveKeyOf(row: KeyedRow, template: string, prefix: string, run: string): string {
  if (row.archiveKey !== undefined) return prefix + row.archiveKey;
  if (template === "{key}") return prefix + row.key;
  return prefix + template.replace(/\{(\w+)\}/g, (_, field: string) => fieldOf(row, field as Field, run));
}

function fieldOf(row: KeyedRow, field: Field, run: string): string {
  const slash = row.key.lastIndexOf("/") + 1;
  const name = row.key.slice(slash);
  const ext = posix.extname(name);
  switch (field) {
    case "key":
      return row.key;
    case "dir":
      return row.key.slice(0, slash);
    case "name":
      return name;
    case "stem":
      return name.slice(0, name.length - ext.length);
    case "ext":
      return ext;
    case "versionId":
      return row.versionId ?? "null";
    case "run":
      return run;
  }
}

/** Why an archive key can't be written, in words; undefined where it can. */
export function archiveKeyFault(key: string): string | undefined {
  if (key === "") return "the archive key is empty";
  if (key.startsWith("/") || key.startsWith("\\")) return `the archive key ${quote(key)} begins with ${quote(key[0])}`;
  const bytes = Buffer.byteLength(key);
  if (bytes > maxKeyBytes) return `the archive key ${quote(key)} has ${bytes} bytes, more than ${maxKeyBytes}`;
  return undefined;
}
