/** deleted.csv: what the archive holds and the source no longer does, and no earlier run had told. It is itself a manifest, keys raw. */
import { csvLine } from "../manifest/csv-text.ts";

/** The first line of the file, its line end included. */
export const deletedHeader = csvLine(["Bucket", "Key", "Size", "ETag"]);

/**
 * @param bucket of the source, where the key was
 * @param deleted size and ETag are those of what the archive holds; an ETag only where it is an MD5
 */
export function deletedLine(
  bucket: string,
  deleted: { readonly key: string; readonly size?: number | undefined; readonly etag?: string | undefined },
): string {
  return csvLine([bucket, deleted.key, deleted.size, deleted.etag]);
}
