/** Reads a manifest from a file, and does nothing with its rows but count them. */
import { createReadStream } from "node:fs";
import { readFile as readWhole } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseInventory, readInventoryFile } from "../../../src/manifest/inventory.ts";
import { readManifest } from "../../../src/manifest/read-manifest.ts";
import type { ManifestEntry, ManifestFormat } from "../../../src/manifest/row.ts";

export interface ReadOptions {
  readonly path: string;
  readonly format: ManifestFormat;
  readonly sourceBucket: string;
}

export async function readFile({ path, format, sourceBucket }: ReadOptions): Promise<number> {
  let rows = 0;
  for await (const batch of entriesOfFile({ path, format, sourceBucket })) {
    for (const entry of batch) {
      if (entry.kind !== "row") throw new Error(`a row of ${path} could not be read: ${entry.message}`);
      rows++;
    }
  }
  return rows;
}

async function* entriesOfFile({ path, format, sourceBucket }: ReadOptions): AsyncGenerator<readonly ManifestEntry[]> {
  if (format !== "cos-inventory" && format !== "s3-inventory") {
    return yield* readManifest(createReadStream(path), { name: path, format, sourceBucket });
  }
  const open = async (key: string) => createReadStream(join(dirname(path), key));
  const manifest = parseInventory(await readWhole(path), path);
  for (const file of manifest.files) yield* readInventoryFile(manifest, file, { name: path, sourceBucket, open });
}
