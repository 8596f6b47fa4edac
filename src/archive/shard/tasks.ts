/** The rows of an opened shard that are not over, as tasks. */

import type { RunRequest } from "../../ledger/plan/request.ts";
import { archiveKeyOf } from "../../policy/archive-key.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { isTerminal, type Outcome } from "../../vocabulary/outcome.ts";
import { settledOutcome } from "../task/outcome-of.ts";
import type { Task } from "../task/task.ts";
import { type ListedCopies, listedFor } from "./listed-copies.ts";
import type { OpenedShard } from "./open-shard.ts";

/**
 * What is left of the shard, in the order of `positions`; what planning settled, and what crashed too often, is recorded on the way.
 * @param copies what LISTs told of the archive
 */
export function* tasksOf(
  request: RunRequest,
  opened: OpenedShard,
  record: (outcome: Outcome) => void,
  copies: ListedCopies | undefined,
  positions: Iterable<number> = opened.rows.keys(),
): Generator<Task> {
  for (const row of positions) {
    const planned = opened.rows[row];
    if (planned === undefined) continue;
    const past = opened.past.get(row);
    if (past !== undefined && isTerminal(past.outcome)) continue;
    const archiveKey = archiveKeyOf(planned, request.options.archiveKey, request.archive.prefix, request.run);
    const charged = past?.charged ?? 0;
    if (planned.settled !== undefined) {
      record(settledOutcome(row, planned, planned.settled));
    } else if (charged >= request.options.maxAttempts) {
      const code = "RetriesExhausted";
      const message = `given up after ${charged} ${nounOf(charged, "try")}, the last of which ended with its process`;
      record({
        row,
        key: planned.key,
        versionId: planned.versionId,
        archiveKey,
        outcome: "failed",
        code,
        message,
        attempts: 0,
        ms: 0,
      });
    } else {
      const listed = listedFor(archiveKey, past, copies);
      yield { row, planned, archiveKey, charged, unsure: opened.unsure, restore: past?.outcome.restore, listed };
    }
  }
}
