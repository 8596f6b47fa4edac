/** docs/cli.md, taken apart. */
import { read, sectionOf, type Table, tablesOf } from "./papers.ts";

export const cliPaper = read("docs/cli.md");

/** The words in code spans of a cell. */
export const codes = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

export interface PaperFlag {
  /** With its value's name: `--port N`. */
  readonly flag: string;
  readonly default: string | undefined;
}

export interface PaperCommand {
  readonly name: string;
  /** Of its own, no settings. */
  readonly own: readonly PaperFlag[];
  /** Of its list, settings included: `--port`. */
  readonly flags: readonly string[];
  /** Schemas of what it prints with --json. */
  readonly schemas: readonly string[];
}

export function commandOf(name: string): PaperCommand {
  const section = sectionOf(cliPaper, `\`${name}\``);
  const list = /^Flags: ((?:.+\n)+)/m.exec(`${section}\n`)?.[1] ?? "";
  return {
    name,
    own: tablesOf(section).flatMap(({ rows }) =>
      rows.map(([flag = "", standard = ""]) => ({ flag: codes(flag)[0] ?? "", default: codes(standard)[0] })),
    ),
    flags: codes(list),
    schemas: [...section.matchAll(/\[`(cos-originals\/[a-z]+@\d+)`\]/g)].map(([, schema = ""]) => schema),
  };
}

/** The fields of a document by path, as its table tells them; without the question mark of those that may be absent. */
export function fieldsOf(
  schema: string,
): ReadonlyMap<string, { readonly types: readonly string[]; readonly optional: boolean }> {
  const [table] = tablesOf(sectionOf(cliPaper, `\`${schema}\``)) as [Table];
  return new Map(
    table.rows.map(([field = "", types = ""]) => [
      codes(field)[0] ?? "",
      { types: types.split(" or "), optional: field.endsWith("?") },
    ]),
  );
}

/**
 * What of a document is not as its table says: `rows: "5"` of a field that is of another type, `x: not in the paper` of one that is
 * not told, `y: missing` of one that is told and not there.
 */
export function differencesOf(schema: string, document: unknown): readonly string[] {
  const fields = fieldsOf(schema);
  const names = [...fields.keys()];
  const wrong: string[] = [];
  const there = new Set<string>();
  /** Whose fields are told, and that is neither null nor an empty list. */
  const opened = new Set<string>();
  const check = (value: unknown, path: string) => {
    there.add(path);
    const known = fields.get(path) ?? fields.get(names.find((name) => isAnyOf(name, path)) ?? "");
    if (known === undefined) wrong.push(`${path}: not in the paper`);
    else if (!known.types.some((type) => isOf(type, value))) wrong.push(`${path}: ${JSON.stringify(value)}`);
    else open(value, path);
  };
  const open = (value: unknown, path: string) => {
    const before = path === "" ? "" : `${path}.`;
    if (Array.isArray(value)) for (const item of value) open(item, `${path}[]`);
    else if (typeof value === "object" && value !== null && names.some((name) => name.startsWith(before))) {
      opened.add(path);
      for (const [name, inner] of Object.entries(value)) check(inner, before + name);
    }
  };
  open(document, "");
  for (const [name, { optional }] of fields) {
    if (!optional && opened.has(parentOf(name, fields)) && !there.has(name)) wrong.push(`${name}: missing`);
  }
  return wrong;
}

/** `requests.*` is any of `requests`. */
const isAnyOf = (name: string, path: string) => name.endsWith(".*") && path.startsWith(name.slice(0, -1));

/** Of `requests.source.get`, a field that has a dot in its name, `requests`; of `failures[].code` `failures[]`. */
function parentOf(field: string, fields: ReadonlyMap<string, unknown>): string {
  for (let dot = field.lastIndexOf("."); dot > 0; dot = field.lastIndexOf(".", dot - 1)) {
    const before = field.slice(0, dot);
    if (before.endsWith("[]") || fields.has(before)) return before;
  }
  return "";
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "array":
      return Array.isArray(value);
    case "array of string":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "array of integer":
      return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
    case "null":
      return value === null;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      return false;
  }
}
