import type { ManifestFormat } from "./row.ts";

const formatOfEnding: Readonly<Record<string, ManifestFormat>> = {
  txt: "lines",
  lst: "lines",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
};

/**
 * The format a manifest's name says, by its ending (`.gz` aside): undefined where it says none. A `.json` may be an inventory's
 * manifest.json: with the bytes it begins with (a few hundred are enough), that is told from an array.
 */
export function detectFormat(name: string, head?: Uint8Array): ManifestFormat | undefined {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const format = Object.hasOwn(formatOfEnding, ending) ? formatOfEnding[ending] : undefined;
  return format === "json" && head !== undefined ? (inventoryOf(head) ?? format) : format;
}

/** An inventory's manifest.json is an object; COS names its own fields, S3 writes a version and ARNs. */
function inventoryOf(head: Uint8Array): ManifestFormat | undefined {
  const text = Buffer.from(head).toString("latin1");
  if (!/^(?:\xef\xbb\xbf)?\s*\{/.test(text)) return undefined;
  if (/"(?:sourceAppid|destinationAppid|listObjectCount|md5Checksum)"\s*:/.test(text)) return "cos-inventory";
  if (/"(?:MD5checksum|creationTimestamp)"\s*:|"arn:aws/.test(text)) return "s3-inventory";
  return undefined;
}
