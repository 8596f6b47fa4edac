/** Where an original is archived: archive prefix + template. Pure. */
import { posix } from "node:path";
import type { Row } from "../manifest/row.ts";
import { maxKeyBytes } from "../objects/bucket.ts";
import { quote, UserError } from "../vocabulary/errors.ts";

const FIELDS = ["key", "dir", "name", "stem", "ext", "versionId", "run"] as const;
type Field = (typeof FIELDS)[number];

/** Checks a template once, before a run; throws UserError `InvalidArchiveKey`. */
export function checkTemplate(template: string): void {
  for (const [, field] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (!(FIELDS as readonly string[]).includes(field as string)) {
      throw new UserError(
        "InvalidArchiveKey",
        `--archive-key ${quote(template)} has the field {${field}}; it may have ${FIELDS.map((f) => `{${f}}`).join(", ")}.`,
      );
    }
  }
  if (!/\{(key|name|stem)\}/.test(template)) {
    throw new UserError(
      "InvalidArchiveKey",
      `--archive-key ${quote(template)} would give every original the same name; it needs {key}, {name} or {stem}.`,
    );
  }
}

/** The whole key in the archive bucket. A row's own archiveKey takes the template's place; the prefix always goes before it. */
export function archiveKeyOf(row: Row, template: string, prefix: string, run: string): string {
  if (row.archiveKey !== undefined) return prefix + row.archiveKey;
  if (template === "{key}") return prefix + row.key;
  return prefix + template.replace(/\{(\w+)\}/g, (_, field: string) => fieldOf(row, field as Field, run));
}

function fieldOf(row: Row, field: Field, run: string): string {
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
