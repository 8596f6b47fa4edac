import { type Naming, objectOf } from "./first-rows.ts";
import { lineEntries } from "./line-entries.ts";
import type { ManifestEntry } from "./row.ts";
import { invalidEntry, type RowRules, rowEntry } from "./row-fields.ts";

const noColumn = () => undefined;

/** One key a line, spaces at its ends included, or what names one; empty lines are skipped. */
export function readKeyLines(
  source: AsyncIterable<Buffer>,
  naming: Naming,
  rules: RowRules,
): AsyncGenerator<readonly ManifestEntry[]> {
  return lineEntries(source, rules, (key, line) => {
    if (key === "") return undefined;
    return naming === "keys" ? rowEntry({ key }, line, noColumn, rules) : namedEntry(key, naming, line, rules);
  });
}

/** What an address names is its key as it is: a URL's was decoded. */
function namedEntry(text: string, naming: Exclude<Naming, "keys">, line: number, rules: RowRules): ManifestEntry {
  const named = objectOf(text, naming);
  if (named.kind === "object") return rowEntry(named, line, noColumn, { ...rules, keyEncoding: "raw" });
  const [sample = ""] = text.split("?", 1);
  return invalidEntry("value", sample, named.problem, line, undefined, rules);
}
