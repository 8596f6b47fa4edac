import type { ManifestEntry } from "./row.ts";
import { invalidEntry, type RowRules, rowEntry } from "./row-fields.ts";
import { readLines, withoutCr } from "./text-lines.ts";

const noColumn = () => undefined;

/** One key a line, spaces at its ends included; empty lines are skipped. */
export async function* readKeyLines(
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
      const key = withoutCr(line);
      if (key !== "") entries.push(rowEntry({ key }, firstLine + index, noColumn, rules));
    }
    if (entries.length > 0) yield entries;
  }
}
