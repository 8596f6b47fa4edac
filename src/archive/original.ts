/**
 * What the original is: learnt by a HEAD of the source where the manifest does not tell, and asked again where what came
 * differs from it.
 */
import type { ObjectInfo } from "../cos/bucket.ts";
import type { Outcome } from "../ledger/outcome.ts";
import { difference, type Expectation, expectationOfReply, hasChanged, isEncrypted } from "./identity.ts";
import { failed } from "./outcome-of.ts";
import { headSource } from "./requests.ts";
import type { Task, TaskContext, TaskMemory } from "./task.ts";

/**
 * HEADs the source to learn what the original is. A source that differs from what the row says has changed since the
 * manifest was made. Resolves with an outcome where that ends the row.
 */
export async function learn(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | undefined> {
  const head = await headSource(task, context);
  memory.head = head;
  if (isEncrypted(head)) context.md5Trust.encrypted();
  if (hasChanged(memory.expectation, head)) {
    memory.changed = true;
    if (context.options.ifChanged === "fail") return sourceChanged(task, memory, head);
  }
  memory.expectation = expectationOfReply(head, "head");
  return undefined;
}

/**
 * What came is not what was expected. A source that has changed since is archived as it is now, or fails the row, as
 * `--if-changed` says; one that has not is fetched once more, and then the row has failed.
 */
export async function onDifference(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  wrong: string,
  reply?: ObjectInfo,
): Promise<Outcome | "again"> {
  const head = await headSource(task, context);
  memory.head = head;
  const before = memory.expectation;
  if (hasChanged(before, head)) {
    memory.changed = true;
    if (context.options.ifChanged === "fail") return sourceChanged(task, memory, head);
    memory.expectation = expectationOfReply(head, "head");
    // What was fetched may well be what the source is now: then nobody pays for it twice.
    const { held } = memory;
    const stale =
      held === undefined || held.bytes.length !== head.size || difference(memory.expectation, held.reply) !== undefined;
    if (stale) memory.held = undefined;
    return "again";
  }
  memory.expectation = completed(before, head);
  memory.held = undefined;
  if (!memory.refetched) {
    memory.refetched = true;
    return "again";
  }
  const type = reply?.headers["content-type"];
  return failed(
    task,
    memory,
    "NotTheOriginal",
    `what was fetched, twice, is not the original: it has ${wrong}${type === undefined ? "" : ` (Content-Type ${type})`}; perhaps it is a placeholder of the bucket's 4xx image setting`,
    {
      receivedSize: reply?.size,
      receivedEtag: reply?.etag,
      receivedCrc64: reply?.crc64,
    },
  );
}

/** What was expected, and what an unchanged source's HEAD says beyond it. */
export function completed(expectation: Expectation, head: ObjectInfo): Expectation {
  return {
    size: expectation.size ?? head.size,
    etag: expectation.etag ?? head.etag,
    crc64: expectation.crc64 ?? head.crc64,
    from: expectation.from,
  };
}

function sourceChanged(task: Task, memory: TaskMemory, head: ObjectInfo): Outcome {
  const now = difference(memory.expectation, head) ?? `ETag ${head.etag} instead of ${memory.expectation.etag}`;
  return failed(task, memory, "SourceChanged", `the source has changed since the manifest was made: it has ${now} now`);
}
