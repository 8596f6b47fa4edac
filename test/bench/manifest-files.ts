/** The same rows as a manifest of every format, in a folder. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { manifestRow } from "../../scripts/measured-command.mjs";
import type { ManifestFormat } from "../../src/manifest/row.ts";
import { bucketsOf } from "./bodies.ts";

export interface ManifestFile {
  /** As a table says it: the format, and what form of it. */
  readonly name: string;
  readonly format: ManifestFormat;
  /** Files of the folder, the one that is named as the manifest first. */
  readonly files: readonly [string, ...string[]];
}

const header = "Key,Size,ETag\n";

/** Text formats are not compressed: what is read alone is to be the format. Inventories always are. */
export async function writeManifests(folder: string, count: number): Promise<readonly ManifestFile[]> {
  const rows = Array.from({ length: count }, (_, row) => manifestRow(row));
  const write = async (name: string, format: ManifestFormat, file: string, text: string): Promise<ManifestFile> => {
    await writeFile(join(folder, file), text);
    return { name, format, files: [file] };
  };
  const lines = (line: (row: (typeof rows)[number]) => string) => rows.map((row) => `${line(row)}\n`).join("");
  return [
    await write(
      "lines",
      "lines",
      "keys.txt",
      lines(({ key }) => key),
    ),
    await write("json", "json", "rows.json", JSON.stringify(rows)),
    await write(
      "jsonl",
      "jsonl",
      "rows.jsonl",
      lines((row) => JSON.stringify(row)),
    ),
    await write("csv, header", "csv", "rows.csv", header + lines(({ key, size, etag }) => `${key},${size},${etag}`)),
    await write(
      "csv",
      "csv",
      "batch.csv",
      lines(({ key }) => `${bucketsOf.source},${encodeURIComponent(key)}`),
    ),
    await inventory("cos-inventory"),
    await inventory("s3-inventory"),
  ];

  async function inventory(format: "cos-inventory" | "s3-inventory"): Promise<ManifestFile> {
    const isCos = format === "cos-inventory";
    const text = lines(
      ({ key, size, etag }) => `"${bucketsOf.source}","${encodeURIComponent(key)}","${size}","${etag}"`,
    );
    const bytes = gzipSync(text, { level: 1 });
    const data = `${format}-0.csv.gz`;
    const md5 = createHash("md5").update(bytes).digest("hex");
    const manifest = {
      sourceBucket: bucketsOf.source,
      destinationBucket: isCos ? bucketsOf.archive : `arn:aws:s3:::${bucketsOf.archive}`,
      fileFormat: "CSV",
      fileSchema: "Bucket, Key, Size, ETag",
      files: [
        { key: data, size: isCos ? String(bytes.length) : bytes.length, [isCos ? "md5Checksum" : "MD5checksum"]: md5 },
      ],
    };
    const file = `${format}.json`;
    await writeFile(join(folder, data), bytes);
    await writeFile(join(folder, file), JSON.stringify(manifest));
    return { name: format, format, files: [file, data] };
  }
}
