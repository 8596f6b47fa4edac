import { type Naming, objectOf } from "./first-rows.ts";
import type { ManifestEntry } from "./row.ts";
import { invalidEntry, type RowRules, rowEntry } from "./row-fields.ts";
import { readLines, withoutCr } from "./text-lines.ts";

const noColumn = () => undefined;

/** One key a line, spaces at its ends included, or what names one; empty lines are skipped. */
export async function* readKeyLines(
  source: AsyncIterable<Buffer>,
  naming: Naming,
  rules: RowRules,
): AsyncGenerator<readonly ManifestEntry[]> {
  for await (const { firstLine, lines } of readLines(source)) {
    const entries: ManifestEntry[] = [];
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index]!;
      if (typeof line !== "string") {
        entries.push(invalidEntry("syntax", line.sample, line.problem, firstLine + index, undefined, rules));
        continue;
      }
      const key = withoutCr(line);
      if (key === "") continue;
      if (naming === "keys") entries.push(rowEntry({ key }, firstLine + index, noColumn, rules));
      else entries.push(namedEntry(key, naming, firstLine + index, rules));
    }
    if (entries.length > 0) yield entries;
  }
}

/** What an address names is its key as it is: a URL's was decoded. */
function namedEntry(text: string, naming: Exclude<Naming, "keys">, line: number, rules: RowRules): ManifestEntry {
  const named = objectOf(text, naming);
  if (named.kind === "object") return rowEntry(named, line, noColumn, { ...rules, keyEncoding: "raw" });
  const [sample = ""] = text.split("?", 1);
  return invalidEntry("value", sample, named.problem, line, undefined, rules);
}
