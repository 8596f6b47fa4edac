/**
 * What the original is: learnt by a HEAD of the source where the manifest does not tell, and asked again where what came
 * differs from it.
 */
import { heldLength, type ObjectInfo } from "../../objects/bucket.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { difference, type Expectation, expectationOfReply, hasChanged, isEncrypted } from "./identity.ts";
import { failed } from "./outcome-of.ts";
import { headSource } from "./requests.ts";
import type { Task, TaskContext, TaskMemory } from "./task.ts";

/**
 * HEADs the source to learn what the original is. A source that differs from what the row says has changed since the
 * manifest was made. Resolves with an outcome where that ends the row.
 */
export async function learn(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | undefined> {
  const head = await headSource(task, memory, context);
  memory.head = head;
  // Its ETag need not be an MD5; where a CRC64 can prove it, there is nothing to try.
  if (isEncrypted(head)) preferCrc64(memory, context, head.crc64);
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
 * @param fresh a HEAD of the source that is newer than what came, where there is one
 */
export async function onDifference(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  wrong: string,
  reply?: ObjectInfo,
  fresh?: ObjectInfo,
): Promise<Outcome | "again"> {
  const head = fresh ?? (await headSource(task, memory, context));
  memory.head = head;
  const before = memory.expectation;
  if (hasChanged(before, head)) {
    memory.changed = true;
    if (context.options.ifChanged === "fail") return sourceChanged(task, memory, head);
    memory.expectation = expectationOfReply(head, "head");
    // What was fetched may well be what the source is now: then nobody pays for it twice.
    const { held } = memory;
    const stale =
      held === undefined ||
      heldLength(held.body) !== head.size ||
      difference(memory.expectation, held.reply) !== undefined;
    if (stale) memory.held = undefined;
    return "again";
  }
  memory.expectation = completed(before, head);
  memory.held = undefined;
  if (!memory.refetched) {
    memory.refetched = true;
    // Of the next bytes a CRC64 tells for certain whether they are right; an MD5 that differs might be no MD5 at all.
    preferCrc64(memory, context, memory.expectation.crc64);
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

/** Proves by the CRC64, where there is one and `--proof` accepts it, whatever the ETag looks like. */
export function preferCrc64(memory: TaskMemory, context: TaskContext, crc64: string | undefined): void {
  if (crc64 !== undefined && context.options.proof !== "content-md5") memory.noMd5 = true;
}

/** What was expected, and what an unchanged source's HEAD says beyond it. */
export function completed(expectation: Expectation, head: ObjectInfo): Expectation {
  const { size, etag, crc64, from } = expectation;
  return {
    size: size ?? head.size,
    etag: etag ?? head.etag,
    crc64: crc64 ?? head.crc64,
    from: etag === undefined && crc64 === undefined ? "head" : from,
  };
}

function sourceChanged(task: Task, memory: TaskMemory, head: ObjectInfo): Outcome {
  const now = difference(memory.expectation, head) ?? `ETag ${head.etag} instead of ${memory.expectation.etag}`;
  return failed(task, memory, "SourceChanged", `the source has changed since the manifest was made: it has ${now} now`);
}
