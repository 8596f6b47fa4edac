/** Which of several records of one row is true. */
import { type FoldedRow, sameBytes } from "../../ledger/shard/fold.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { addRequests, type Tally } from "../../report/tally.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/**
 * Where two attempts archived different bytes under one key, only the archive can say which it holds: HEAD it, and take the
 * record that tells of those bytes, or correct the newest by what is there.
 */
export async function resolved(
  row: FoldedRow,
  archive: Bucket,
  tally: Tally,
  surroundings: Pick<Surroundings, "clock" | "random">,
): Promise<Outcome> {
  const { outcome, conflicts } = row;
  const { archiveKey } = outcome;
  if (conflicts.length === 0 || archiveKey === undefined) return outcome;
  const onTry = () => addRequests(tally, { "archive.head": 1 });
  try {
    const there = await withRetries(() => archive.head(archiveKey), { ...surroundings, onTry });
    const holds: Outcome = {
      ...outcome,
      receivedSize: there.size,
      receivedEtag: there.etag,
      receivedCrc64: there.crc64,
    };
    return [outcome, ...conflicts].find((record) => sameBytes(record, holds)) ?? holds;
  } catch (error) {
    if (isBucketError(error) && error.status === 404 && error.code !== "NoSuchBucket") {
      const message = `archived, but no longer there: ${error.message}`;
      return { ...outcome, outcome: "failed", code: "ArchiveMissing", message };
    }
    throw error;
  }
}
