/** Is what was refused for some keys refused for one that succeeded? Nothing is stored for it. */
import type { Sample } from "../../ledger/trial.ts";
import { isBucketError } from "../../objects/error.ts";
import { tryPut } from "../../objects/try-put.ts";
import { tryRestore } from "../../objects/try-restore.ts";
import { mayBeOfEveryRow } from "../../vocabulary/codes/catalogue.ts";
import type { RowRequest } from "../../vocabulary/row-request.ts";
import { archiveHeaders } from "../task/archive-headers.ts";
import { headArchive, headSource } from "../task/requests.ts";
import type { Task, TaskContext } from "../task/task.ts";
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
  // The work may be pausing for the very sake of this; and what this key is told ends no streak of others.
  const context: TaskContext = { ...given, mayFetch: undefined, cleared: undefined, answered: undefined };
  switch (request) {
    case "source.get": {
      const refused = await trySource(task, context);
      // It may have been deleted since.
      return refused !== undefined && mayBeOfEveryRow(refused);
    }
    case "source.head":
      return isFinal(headSource(task, context));
    case "archive.head":
      return isFinal(headArchive(task, context));
    case "source.restore":
      return isRestoreRefused(task, context);
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
    return !error.retryable && mayBeOfEveryRow(error.code, error.errNo);
  }
}

async function isRestoreRefused({ planned }: Task, context: TaskContext): Promise<boolean> {
  context.requests["source.restore"]++;
  const tried = await tryRestore(context.source, planned.key, context.signal);
  return tried.kind === "refused" && !tried.error.retryable && mayBeOfEveryRow(tried.error.code, tried.error.errNo);
}

/** Beside the key, not on it: where an archive looks at no MD5, what was archived stays as it is. */
async function isPutRefused(code: string, { archiveKey }: Task, context: TaskContext): Promise<boolean> {
  const { archive, source, run, options, requests, signal, log } = context;
  requests["archive.put"]++;
  const key = `${archiveKey}.cos-originals-probe`;
  const headers = archiveHeaders(undefined, { from: "row" }, { bucket: source.name, run }, options);
  const tried = await tryPut(archive, key, { headers, signal });
  switch (tried.kind) {
    case "allowed":
      return false;
    case "refused":
      return !tried.error.retryable;
    case "taken":
      log?.warn("The archive took a probe that it should have refused, which may lie there now.", { run, key });
      return code === "ArchiveMismatch";
  }
}
