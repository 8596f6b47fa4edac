/**
 * The rows that failed, and why. The file is itself a manifest (CSV with a header, keys raw): `run --manifest failures.csv`
 * reads it as it is. A row that could not be read (`InvalidRow`) is read back as one until its Code is cleared.
 */

import { csvLine } from "../manifest/csv-text.ts";
import type { Outcome } from "../vocabulary/outcome.ts";

/** An outcome with the row's own archive key, which the outcome itself (with the archive prefix) does not tell. */
export interface FailedRow {
  readonly outcome: Outcome;
  /** As the row gave it, without the archive prefix. */
  readonly archiveKey?: string | undefined;
  /** As the row gave it; then it is asked about, not fetched, the next time too. */
  readonly storageClass?: string | undefined;
}

/** The first line of the file, its line end included. */
export const failuresHeader = csvLine([
  "Bucket",
  "Key",
  "VersionId",
  "Size",
  "ETag",
  "Crc64",
  "ArchiveKey",
  "Code",
  "Status",
  "Message",
  "Attempts",
  "RequestId",
  "StorageClass",
]);

/**
 * The line of one failed row; empty for an outcome that is not `failed`. `bucket` is the source bucket. What is expected is
 * written only where the row itself said so: what a HEAD or GET told may be what was wrong, and is asked again.
 */
export function failuresLine(bucket: string, { outcome, archiveKey, storageClass }: FailedRow): string {
  if (outcome.outcome !== "failed") return "";
  const fromRow = outcome.expectedFrom === undefined || outcome.expectedFrom === "row";
  return csvLine([
    bucket,
    outcome.key,
    outcome.versionId,
    fromRow ? outcome.expectedSize : undefined,
    fromRow ? outcome.expectedEtag : undefined,
    fromRow ? outcome.expectedCrc64 : undefined,
    archiveKey,
    outcome.code,
    outcome.status,
    outcome.message,
    outcome.attempts,
    outcome.requestId,
    storageClass,
  ]);
}
