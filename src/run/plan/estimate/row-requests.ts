/** What a row takes by way of requests, where all goes well. */

import { chooseProof } from "../../../archive/proof/choose-proof.ts";
import { expectationOfRow } from "../../../archive/proof/identity.ts";
import { goesPlain } from "../../../archive/task/knowledge.ts";
import type { RunOptions } from "../../../ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../ledger/plan/shard-rows.ts";
import { maxParts, putLimit } from "../../../vocabulary/limits.ts";

/** Parts of a multipart upload (archive/task/upload.ts). */
const PART = 64 * 1024 * 1024;

/**
 * Of one row that all goes well with (archive/task/next-step.ts). Those that a process sends at its beginning are headsAtStart's.
 */
export function requestsOf(
  row: PlannedRow,
  options: Pick<RunOptions, "ifExists" | "expect" | "proof" | "history" | "fromArchive">,
  /** Is it known that originImage does not bring the metadata? Then each row that is fetched so costs a HEAD. */
  metadataByHead = false,
): Readonly<Record<"source.get" | "source.plain" | "source.head" | "archive.head" | "archive.put", number>> {
  const size = row.size ?? 0;
  const inParts = size > putLimit;
  const known = chooseProof(expectationOfRow(row), options.proof, !inParts) !== undefined;
  const empty = row.size === 0;
  // The reply to a fetch of a version is never trusted.
  const trustsReply = options.expect === "get" && row.versionId === undefined;
  const plain = options.fromArchive !== undefined || goesPlain(row, options);
  const asksSource = empty || !(trustsReply || known) || (metadataByHead && !plain);
  return {
    "source.get": empty || plain ? 0 : 1,
    "source.plain": plain && !empty ? 1 : 0,
    "source.head": asksSource ? 1 : 0,
    "archive.head": options.ifExists === "overwrite" && options.history === undefined ? 0 : 1,
    "archive.put": inParts ? 2 + Math.ceil(size / Math.max(PART, Math.ceil(size / maxParts))) : 1,
  };
}
