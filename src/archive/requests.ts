/** The requests of one task, each counted where it is sent. */
import type { ObjectInfo, ObjectResponse } from "../cos/bucket.ts";
import { CosError, isCosError } from "../cos/error.ts";
import type { Task, TaskContext } from "./task.ts";

/** Bodies up to this many bytes are held whole: their upload can be repeated without another paid fetch. */
export const holdUpTo = 1024 * 1024;

/** GET ?ci-process=originImage (document 1045/73029). A 200 that says X-ErrNo is an error all the same. */
export async function fetchOriginal(task: Task, context: TaskContext): Promise<ObjectResponse> {
  await context.pace.beforeFetch(context.signal);
  context.requests["source.get"]++;
  const reply = await context.source.get(task.planned.key, {
    originImage: true,
    versionId: task.planned.versionId,
    bufferUpTo: holdUpTo,
    signal: context.signal,
  });
  if (reply.errNo !== undefined && reply.errNo !== 0) {
    reply.stream?.destroy();
    throw new CosError(
      `GET of the original of ${JSON.stringify(task.planned.key)} answered ${reply.status} with X-ErrNo ${reply.errNo}.`,
      {
        code: `ErrNo${reply.errNo}`,
        status: reply.status,
        errNo: reply.errNo,
        requestId: reply.requestId,
        retryable: true,
        throttled: false,
      },
    );
  }
  return reply;
}

export function headSource(task: Task, context: TaskContext): Promise<ObjectInfo> {
  context.requests["source.head"]++;
  return context.source.head(task.planned.key, { versionId: task.planned.versionId, signal: context.signal });
}

/** What the archive holds under the task's key; undefined where nothing is. */
export async function headArchive(task: Task, context: TaskContext): Promise<ObjectInfo | undefined> {
  context.requests["archive.head"]++;
  try {
    return await context.archive.head(task.archiveKey, { signal: context.signal });
  } catch (error) {
    if (isCosError(error) && error.status === 404 && error.code !== "NoSuchBucket") return undefined;
    throw error;
  }
}
