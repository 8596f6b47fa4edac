/** The entries of a manifest that has one a line. A line that can't be read spoils no other. */
import type { ManifestEntry } from "./row.ts";
import { invalidEntry, type RowRules } from "./row-fields.ts";
import { readLines, withoutCr } from "./text-lines.ts";

/** @param entryOf what the line of that number says, without its end; undefined where it says nothing */
export async function* lineEntries(
  source: AsyncIterable<Buffer>,
  rules: RowRules,
  entryOf: (text: string, line: number) => ManifestEntry | undefined,
): AsyncGenerator<readonly ManifestEntry[]> {
  for await (const { firstLine, lines } of readLines(source)) {
    const entries: ManifestEntry[] = [];
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index]!;
      const entry =
        typeof line === "string"
          ? entryOf(withoutCr(line), firstLine + index)
          : invalidEntry("syntax", line.sample, line.problem, firstLine + index, undefined, rules);
      if (entry !== undefined) entries.push(entry);
    }
    if (entries.length > 0) yield entries;
  }
}
