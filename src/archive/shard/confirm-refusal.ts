/** Is what was refused for some keys refused for one that succeeded? Nothing is stored for it. */
import { createHash } from "node:crypto";
import type { Sample } from "../../ledger/trial.ts";
import { BucketError, isBucketError } from "../../objects/error.ts";
import { archiveHeaders } from "../task/archive-headers.ts";
import { headArchive, headSource } from "../task/requests.ts";
import type { RowRequest, Task, TaskContext } from "../task/task.ts";
import { trySource } from "../task/try-source.ts";

/** False where the key succeeds again, and where no answer tells. */
export async function isRefused(
  request: RowRequest,
  code: string,
  sample: Sample,
  given: TaskContext,
): Promise<boolean> {
  const { archiveKey, ...planned } = sample;
  const task: Task = { row: -1, planned, archiveKey, charged: 0, unsure: false };
  // The work may be pausing for the very sake of this.
  const context: TaskContext = { ...given, mayFetch: undefined, cleared: undefined };
  switch (request) {
    case "source.get":
      return (await trySource(task, context)) !== undefined;
    case "source.head":
      return isFinal(headSource(task, context));
    case "archive.head":
      return isFinal(headArchive(task, context));
    case "archive.put":
      return isPutRefused(code, task, context);
  }
}

async function isFinal(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (!isBucketError(error)) throw error;
    return !error.retryable;
  }
}

const md5OfOtherBytes = createHash("md5").update("other bytes").digest("base64");

/**
 * Under a Content-MD5 that can't be right: whoever may not write is refused for that, whoever may for the MD5. Beside the key, not on it:
 * an archive that looks at no MD5 would hold nothing under it.
 */
async function isPutRefused(code: string, { archiveKey }: Task, context: TaskContext): Promise<boolean> {
  const { archive, source, run, options, requests, signal } = context;
  requests["archive.put"]++;
  const headers = archiveHeaders(undefined, { from: "row" }, { bucket: source.name, run }, options);
  try {
    await archive.put(`${archiveKey}.cos-originals-probe`, Buffer.alloc(0), {
      contentMd5: md5OfOtherBytes,
      headers,
      signal,
    });
  } catch (error) {
    if (!(error instanceof BucketError)) throw error;
    return error.code !== "BadDigest" && !error.retryable;
  }
  // It took what it should have refused: so it does with all, or something before it answers.
  return code === "ArchiveMismatch";
}
