/**
 * The results of a run, one record a row. The first seven columns are those of the S3 Batch Operations report
 * (Report_CSV_20180820), so that what reads those reads these; then comes what else the outcome says. Unlike S3's this has a header, and
 * keys are raw.
 *
 * TaskStatus knows `succeeded` (archived, or skipped with its code) and `failed`; a row that is still pending has not
 * succeeded either, so it is `failed` there. Outcome says which.
 */

import { csvLine, safeCsvField } from "../manifest/csv-text.ts";
import type { Outcome } from "../vocabulary/outcome.ts";

const columns = [
  "Bucket",
  "Key",
  "VersionId",
  "TaskStatus",
  "ErrorCode",
  "HTTPStatusCode",
  "ResultMessage",
  "Outcome",
  "Recovered",
  // Not named ArchiveKey: in a manifest that is without the archive prefix.
  "ArchivedAs",
  "ExpectedSize",
  "ExpectedETag",
  "ExpectedCrc64",
  "ReceivedSize",
  "ReceivedETag",
  "ReceivedCrc64",
  "Proof",
  "ExpectedFrom",
  "Attempts",
  "Milliseconds",
  "RequestId",
  "FetchedAt",
] as const;

/** The first line of the file, its line end included. */
export const resultsHeader = csvLine(columns);

/**
 * The line of one outcome. `bucket` is the source bucket.
 *
 * @param safe no cell of it is a formula to a spreadsheet; then keys that would be one are not as they are
 */
export function resultsLine(bucket: string, outcome: Outcome, safe = false): string {
  const succeeded = outcome.outcome === "archived" || outcome.outcome === "skipped";
  const values = [
    bucket,
    outcome.key,
    outcome.versionId,
    succeeded ? "succeeded" : "failed",
    outcome.code,
    outcome.status,
    outcome.message,
    outcome.outcome,
    outcome.recovered === true ? true : undefined,
    outcome.archiveKey,
    outcome.expectedSize,
    outcome.expectedEtag,
    outcome.expectedCrc64,
    outcome.receivedSize,
    outcome.receivedEtag,
    outcome.receivedCrc64,
    outcome.proof,
    outcome.expectedFrom,
    outcome.attempts,
    outcome.ms,
    outcome.requestId,
    outcome.fetchedAt,
  ];
  return csvLine(values, safe ? safeCsvField : undefined);
}
