import { jsonEntry } from "./json-row.ts";
import type { ManifestEntry } from "./row.ts";
import { invalidEntry, type RowRules } from "./row-fields.ts";
import { readLines, withoutCr } from "./text-lines.ts";

/** One row object (or key, in quotes) a line; blank lines are skipped. A bad line spoils no other. */
export async function* readJsonLines(
  source: AsyncIterable<Buffer>,
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
      const text = withoutCr(line);
      if (text.trim() !== "") entries.push(jsonEntry(text, { line: firstLine + index }, rules));
    }
    if (entries.length > 0) yield entries;
  }
}
