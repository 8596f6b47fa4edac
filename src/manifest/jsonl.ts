import { jsonEntry } from "./json-row.ts";
import { lineEntries } from "./line-entries.ts";
import type { ManifestEntry } from "./row.ts";
import type { RowRules } from "./row-fields.ts";

/** One row object (or key, in quotes) a line; blank lines are skipped. */
export function readJsonLines(
  source: AsyncIterable<Buffer>,
  rules: RowRules,
): AsyncGenerator<readonly ManifestEntry[]> {
  return lineEntries(source, rules, (text, line) =>
    text.trim() === "" ? undefined : jsonEntry(text, { line }, rules),
  );
}
