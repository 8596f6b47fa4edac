/** Outcomes as the ledger keeps them, from what a task knows. */

import type { PlannedRow, Settled } from "../../ledger/shard-rows.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import type { CosError } from "../../objects/error.ts";
import type { Outcome, OutcomeKind, Proof } from "../../vocabulary/outcome.ts";
import type { Task, TaskMemory } from "./task.ts";

/** Fields that say nothing are left out, so that a ledger line stays short. */
function outcome(kind: OutcomeKind, task: Task, memory: TaskMemory, more: Partial<Outcome>): Outcome {
  const { expectation, fetched, tries } = memory;
  return {
    row: task.row,
    key: task.planned.key,
    versionId: task.planned.versionId,
    outcome: kind,
    archiveKey: task.archiveKey,
    expectedSize: expectation.size,
    expectedEtag: expectation.etag,
    expectedCrc64: expectation.crc64,
    expectedFrom: expectation.from,
    attempts: tries,
    ms: memory.clock.now() - memory.startedAt,
    status: fetched?.status,
    requestId: fetched?.requestId,
    fetchedAt: fetched?.at,
    ...more,
  };
}

export function archived(
  task: Task,
  memory: TaskMemory,
  proof: Proof,
  holds: { readonly size: number; readonly etag?: string | undefined; readonly crc64?: string | undefined },
): Outcome {
  const { expectation, fetched, tries } = memory;
  const { changed } = memory;
  // Hot, so in one literal, and not by `outcome`.
  return {
    row: task.row,
    key: task.planned.key,
    versionId: task.planned.versionId,
    outcome: "archived",
    archiveKey: task.archiveKey,
    expectedSize: expectation.size,
    expectedEtag: expectation.etag,
    expectedCrc64: expectation.crc64,
    receivedSize: holds.size,
    receivedEtag: holds.etag,
    receivedCrc64: holds.crc64,
    proof,
    expectedFrom: expectation.from,
    attempts: tries,
    ms: memory.clock.now() - memory.startedAt,
    status: fetched?.status,
    code: changed ? "Changed" : undefined,
    message: changed ? "the source had changed since the manifest; archived as it is now" : undefined,
    requestId: fetched?.requestId,
    fetchedAt: fetched?.at,
  };
}

/** The archive was found to hold the original: put there by this run, or there before. */
export function alreadyThere(task: Task, memory: TaskMemory, there: ObjectInfo, recovered: boolean): Outcome {
  const holds = {
    receivedSize: there.size,
    receivedEtag: there.etag,
    receivedCrc64: there.crc64,
    status: there.status,
  };
  return recovered
    ? outcome("archived", task, memory, {
        ...holds,
        recovered: true,
        proof:
          memory.expectation.crc64 !== undefined && memory.expectation.crc64 === there.crc64 ? "crc64" : "content-md5",
      })
    : outcome("skipped", task, memory, {
        ...holds,
        code: "AlreadyArchived",
        message: "the archive holds this original already",
      });
}

export function kept(task: Task, memory: TaskMemory, there: ObjectInfo): Outcome {
  return outcome("skipped", task, memory, {
    code: "Kept",
    message: "the archive key is taken, and --if-exists keep leaves it as it is",
    status: there.status,
    receivedSize: there.size,
    receivedEtag: there.etag,
    receivedCrc64: there.crc64,
  });
}

export function failed(
  task: Task,
  memory: TaskMemory,
  code: string,
  message: string,
  more: Partial<Outcome> = {},
): Outcome {
  return outcome("failed", task, memory, { code, message, ...more });
}

/** Not over: it will be tried again, and is charged with the tries it had. */
export function pending(
  task: Task,
  memory: TaskMemory,
  code: string,
  message: string,
  more: Partial<Outcome> = {},
): Outcome {
  return outcome("pending", task, memory, { code, message, ...more });
}

/** What a failed request adds to an outcome. */
export function replyOf(error: CosError): Partial<Outcome> {
  return { status: error.status, requestId: error.requestId };
}

/** What planning decided alone. */
export function settledOutcome(row: number, planned: PlannedRow, settled: Settled): Outcome {
  const { key, versionId, size, etag, crc64 } = planned;
  return {
    row,
    key,
    versionId,
    outcome: settled.outcome,
    code: settled.code,
    message: settled.message,
    expectedSize: size,
    expectedEtag: etag,
    expectedCrc64: crc64,
    attempts: 0,
    ms: 0,
  };
}
