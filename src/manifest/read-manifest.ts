/**
 * One door to every format whose manifest is one file. Rows come in batches, one for each piece of the file that was
 * read: an await a row would cost more than reading it. Memory stays bounded, whatever is read.
 *
 * A row that can't be read is an `invalid` entry, and reading goes on. A ManifestError ends the reading; then what was read
 * before must not be relied on. An empty file has no entries. Errors of `source` itself pass as they are.
 */
import { readCsv } from "./csv.ts";
import { FIRST_BYTES, namingOf } from "./first-rows.ts";
import { readJsonArray } from "./json-array.ts";
import { readJsonLines } from "./jsonl.ts";
import { createSpaces } from "./key-text.ts";
import { readKeyLines } from "./lines.ts";
import { ManifestError } from "./manifest-error.ts";
import { peek, plainText } from "./plain-text.ts";
import type { KeyEncoding, ManifestEntry, ManifestFormat } from "./row.ts";

export interface ReadManifestOptions {
  /** Of the file or object, for messages; a name that ends in `.gz` must be gzip. */
  readonly name: string;
  readonly format: ManifestFormat;
  /** Default: what the format says (url for CSV without a header, else raw). */
  readonly keyEncoding?: KeyEncoding | undefined;
  /** Where given, a row of another bucket is invalid. */
  readonly sourceBucket?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * ```ts
 * for await (const batch of readManifest(createReadStream("keys.csv.gz"), { name: "keys.csv.gz", format: "csv" })) {
 *   for (const entry of batch) if (entry.kind === "row") plan(entry.row);
 * }
 * ```
 */
export async function* readManifest(
  source: AsyncIterable<Uint8Array>,
  options: ReadManifestOptions,
): AsyncGenerator<readonly ManifestEntry[], void, void> {
  const { name, format, sourceBucket, keyEncoding, signal } = options;
  const text = plainText(source, { name, signal });
  const spaces = createSpaces(name);
  const rules = { keyEncoding: keyEncoding ?? "raw", sourceBucket, spaces };
  switch (format) {
    case "lines": {
      const { head, bytes, close } = await peek(text, FIRST_BYTES);
      try {
        return yield* readKeyLines(bytes, namingOf(head, name), rules);
      } finally {
        await close();
      }
    }
    case "json":
      return yield* readJsonArray(text, name, rules);
    case "jsonl":
      return yield* readJsonLines(text, rules);
    case "csv":
      return yield* readCsv(text, { name, sourceBucket, keyEncoding, spaces });
    case "cos-inventory":
    case "s3-inventory":
      throw new ManifestError(
        "ManifestFormat",
        `reading the manifest ${name}: a ${format} is more than one file; it is read from its manifest.json`,
      );
  }
}
