/** Outcomes as the ledger keeps them, from what a task knows. */

import type { PlannedRow, Settled } from "../../ledger/plan/shard-rows.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import type { BucketError } from "../../objects/error.ts";
import type { Outcome, OutcomeKind, Proof } from "../../vocabulary/outcome.ts";
import type { Holds, Knowledge, Received, Verdict } from "./knowledge.ts";
import type { Task } from "./task.ts";

/** How a row ended. `now`: ms by the clock's `elapsed`. */
export function outcomeOf(task: Task, knowledge: Knowledge, verdict: Verdict, now: number): Outcome {
  switch (verdict.kind) {
    case "archived":
      return archived(task, knowledge, verdict.proof, verdict.holds, now);
    case "already-there":
      return alreadyThere(task, knowledge, verdict.there, verdict.ours, now);
    case "kept":
      return outcome("skipped", task, knowledge, now, {
        code: "Kept",
        message: "the archive key is taken, and --if-exists keep leaves it as it is",
        status: verdict.there.status,
        ...received(verdict.there),
      });
    case "taken": {
      const message = `the archive holds another object under ${JSON.stringify(task.archiveKey)}, and --if-exists fail leaves it as it is`;
      return failed(task, knowledge, now, "ArchiveKeyExists", message);
    }
    case "left-out":
      return outcome("skipped", task, knowledge, now, { code: "InvalidObjectState", message: verdict.message });
    case "waits": {
      const { storageClass, lookAt } = verdict.restore;
      const message = `the original is being restored from the archive class ${storageClass}, and is looked at again after ${lookAt}`;
      return outcome("pending", task, knowledge, now, {
        code: "BeingRestored",
        message,
        attempts: 0,
        restore: verdict.restore,
      });
    }
    case "failed":
      return failed(
        task,
        knowledge,
        now,
        verdict.code,
        verdict.message,
        verdict.received && received(verdict.received),
      );
  }
}

export function failed(
  task: Task,
  knowledge: Knowledge,
  now: number,
  code: string,
  message: string,
  more: Partial<Outcome> = {},
): Outcome {
  return outcome("failed", task, knowledge, now, { code, message, ...more });
}

/** Not over: it will be tried again, and is charged with the tries it had. */
export function pending(
  task: Task,
  knowledge: Knowledge,
  now: number,
  code: string,
  message: string,
  more: Partial<Outcome> = {},
): Outcome {
  return outcome("pending", task, knowledge, now, { code, message, restore: knowledge.restore, ...more });
}

function outcome(kind: OutcomeKind, task: Task, knowledge: Knowledge, now: number, more: Partial<Outcome>): Outcome {
  const { expectation, fetched, tries, startedAt } = knowledge;
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
    ms: now - startedAt,
    status: fetched?.status,
    requestId: fetched?.requestId,
    fetchedAt: fetched?.at,
    ...more,
  };
}

function archived(task: Task, knowledge: Knowledge, proof: Proof, holds: Holds, now: number): Outcome {
  const { expectation, fetched, tries, changed, startedAt } = knowledge;
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
    ms: now - startedAt,
    status: fetched?.status,
    code: changed ? "Changed" : undefined,
    message: changed ? "the source had changed since the manifest; archived as it is now" : undefined,
    requestId: fetched?.requestId,
    fetchedAt: fetched?.at,
    plain: fetched?.plain,
  };
}

/** The archive was found to hold the original: put there by this run, or there before. */
function alreadyThere(task: Task, knowledge: Knowledge, there: ObjectInfo, ours: boolean, now: number): Outcome {
  const holds = { ...received(there), status: there.status };
  if (!ours) {
    const message = "the archive holds this original already";
    return outcome("skipped", task, knowledge, now, { ...holds, code: "AlreadyArchived", message });
  }
  const { crc64 } = knowledge.expectation;
  const proof = crc64 !== undefined && crc64 === there.crc64 ? "crc64" : "content-md5";
  // How it was fetched nobody recorded; most likely so.
  const plain = knowledge.plain ? true : undefined;
  return outcome("archived", task, knowledge, now, { ...holds, recovered: true, proof, plain });
}

const received = ({ size, etag, crc64 }: Received): Partial<Outcome> => ({
  receivedSize: size,
  receivedEtag: etag,
  receivedCrc64: crc64,
});

/** What a failed request adds to an outcome. */
export function replyOf(error: BucketError): Partial<Outcome> {
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
