import fc from "fast-check";
import { type ReadManifestOptions, readManifest } from "../../src/manifest/read-manifest.ts";
import type { ManifestEntry, Row } from "../../src/manifest/row.ts";
import { maxKeyBytes } from "../../src/vocabulary/limits.ts";

/** A source that gives `bytes` in pieces that end at the offsets of `cuts`. */
export async function* pieces(bytes: Uint8Array, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

export function read(
  content: string | Uint8Array,
  options: Partial<ReadManifestOptions> & Pick<ReadManifestOptions, "format">,
  cuts: readonly number[] = [],
): Promise<ManifestEntry[]> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return collect(readManifest(pieces(bytes, cuts), { name: "manifest", ...options }));
}

export function rowsOf(entries: readonly ManifestEntry[]): Row[] {
  return entries.map((entry) => {
    if (entry.kind === "invalid") throw new Error(`expected a row: ${entry.message}`);
    return entry.row;
  });
}

export const keysOf = (entries: readonly ManifestEntry[]): string[] => rowsOf(entries).map(({ key }) => key);

/** Of each entry: its key, or why it is none. */
export const told = (entries: readonly ManifestEntry[]): string[] =>
  entries.map((entry) => (entry.kind === "row" ? entry.row.key : `${entry.fault}: ${entry.message}`));

/** Every key COS takes, with a liking for those that break tools. */
export const anyKey: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom(
        ..."ab/\\ +%#?&=\"',;\r\n\t\u00e9\ufeff\ufffd\u4e2d\u{1f600}@-[]{}:",
        "%20",
        '""',
        "\r\n",
        "null",
        "key",
      ),
      minLength: 1,
      maxLength: 12,
    }),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters COS does not take
  .filter((key) => !/^[/\\]|[\0\x18-\x1b]/.test(key) && Buffer.byteLength(key) <= maxKeyBytes);

export const anyCuts = fc.array(fc.nat(), { maxLength: 8 });

const hex32 = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 });

/** A row with any of its fields. */
export const anyRow: fc.Arbitrary<Row> = fc.record(
  {
    key: anyKey,
    versionId: fc.string({ unit: "grapheme-ascii", minLength: 1 }),
    size: fc.maxSafeNat(),
    etag: fc.oneof(
      hex32,
      fc.tuple(hex32, fc.integer({ min: 1, max: 10_000 })).map(([hex, parts]) => `${hex}-${parts}`),
    ),
    crc64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    archiveKey: anyKey,
  },
  { requiredKeys: ["key"] },
);
