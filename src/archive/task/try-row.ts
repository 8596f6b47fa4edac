/**
 * One try of one row: find out what the original is, fetch it, prove it, put it. What can't be the original is refused
 * before it is streamed, and what proves wrong at its end is never stored (proven-stream.ts, or the archive's own
 * Content-MD5 check). Resolves with a terminal outcome; a request that failed is thrown as the CosError it is, and the
 * caller (archive-task.ts) decides what that means.
 */

import { isErrorDocument } from "../../cos/exchange/error-from-reply.ts";
import type { ObjectResponse } from "../../objects/bucket.ts";
import { isCosError } from "../../objects/error.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import type { Outcome, Proof } from "../../vocabulary/outcome.ts";
import { bringsObjectHeaders } from "./archive-headers.ts";
import { askArchive } from "./ask-archive.ts";
import { chooseProof, difference, expectationOfReply, hasChanged, isEncrypted } from "./identity.ts";
import { learn, onDifference, preferCrc64 } from "./original.ts";
import { failed } from "./outcome-of.ts";
import { putBytes, putEmpty, putStream } from "./put-original.ts";
import { beforeTry, fetchOriginal, headSource, holdUpTo } from "./requests.ts";
import type { Task, TaskContext, TaskMemory } from "./task.ts";
import { putLimit } from "./upload.ts";

/** A source that changes under our hands as often as this is given up. */
const ROUNDS = 6;

export async function tryRow(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome> {
  for (let round = 0; round < ROUNDS; round++) {
    memory.tries++;
    if (memory.tries > 1) context.retried();
    const outcome = await oneRound(task, memory, context);
    if (outcome !== "again") return outcome;
  }
  return failed(task, memory, "SourceChanged", "the source changed each time it was fetched; archive it when it rests");
}

async function oneRound(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | "again"> {
  if (memory.askArchive) {
    const ended = await askArchive(task, memory, context);
    if (ended !== undefined) return ended;
  }
  if (memory.expectation.size === 0) return putEmpty(task, memory, context);
  // Beside the GET, not before it: most originals are what they are expected to be.
  const asks = context.options.expect === "auto" && provable(memory, context) === undefined;
  const learning = asks ? learnTwice(task, memory, context) : undefined;
  learning?.catch(() => undefined);
  let reply: ObjectResponse;
  try {
    reply = memory.held === undefined ? await fetchOriginal(task, memory, context) : asReply(memory.held);
  } catch (error) {
    const ended = await learning?.catch(() => undefined);
    if (ended !== undefined) return ended;
    // The image service refuses an empty object (X-ErrNo -40168): nothing needs to be fetched to archive it.
    if (isCosError(error) && error.errNo === -40168) {
      memory.head ??= await headSource(task, memory, context);
      if (memory.head.size === 0) return putEmpty(task, memory, context);
    }
    throw error;
  }
  try {
    if (memory.held === undefined) {
      const at = isoTime(context.clock.now());
      memory.fetched = { status: reply.status, requestId: reply.requestId, at };
      // Kept from here on: whatever fails next, these bytes are paid for.
      if (reply.kind === "bytes")
        memory.held = {
          body: reply.more === undefined ? reply.bytes : [reply.bytes, ...reply.more],
          reply,
          lease: reply.lease,
        };
    }
    const ended = learning === undefined ? undefined : await learning;
    return ended ?? (await proveAndPut(task, memory, context, reply));
  } finally {
    reply.stream?.destroy();
  }
}

/**
 * A HEAD costs little beside the fetch that would be lost with it: one that failed is sent once more, at once, or after the
 * pause where it came too fast.
 */
function learnTwice(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | undefined> {
  return learn(task, memory, context).catch(async (error: unknown) => {
    if (!isCosError(error) || !error.retryable) throw error;
    if (error.throttled) await beforeTry(context);
    return learn(task, memory, context);
  });
}

function asReply(held: NonNullable<TaskMemory["held"]>): ObjectResponse {
  const { body, reply } = held;
  return Buffer.isBuffer(body)
    ? { ...reply, kind: "bytes", bytes: body }
    : { ...reply, kind: "bytes", bytes: body[0] as Buffer, more: body.slice(1) };
}

/** The proof that what is known of the original allows. Content-MD5 can't cover a multipart upload. */
function provable(memory: TaskMemory, context: TaskContext): Proof | undefined {
  const inOneRequest = (memory.expectation.size ?? 0) <= (context.multipartAbove ?? putLimit);
  const trustMd5 = inOneRequest && !memory.noMd5 && context.md5Trust.trusted();
  return chooseProof(memory.expectation, context.options.proof, trustMd5);
}

function lacksProof(memory: TaskMemory, context: TaskContext, reply: ObjectResponse): boolean {
  return provable(memory, context) === undefined || (memory.expectation.size ?? reply.size) === undefined;
}

/** Why a reply, without being compared with anything, can't be an original; undefined where it may be one. */
function noOriginal(reply: ObjectResponse): string | undefined {
  if (reply.status !== 200) return `status ${reply.status}`;
  return reply.kind === "bytes" && isErrorDocument(reply.bytes) ? "an error document for its body" : undefined;
}

/** `--expect get`: the original is what the reply says of itself, where that allows a proof at all. */
function trustReply(memory: TaskMemory, context: TaskContext, reply: ObjectResponse): void {
  const before = memory.expectation;
  memory.expectation = expectationOfReply(reply, "get");
  if (lacksProof(memory, context, reply)) memory.expectation = before;
  else if (isEncrypted(reply)) preferCrc64(memory, context, reply.crc64);
}

async function proveAndPut(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  reply: ObjectResponse,
): Promise<Outcome | "again"> {
  if (context.options.expect === "get" && provable(memory, context) === undefined) {
    if (hasChanged(memory.expectation, reply)) {
      return onDifference(task, memory, context, "other values than the manifest says", reply);
    }
    const impostor = noOriginal(reply);
    if (impostor !== undefined) return onDifference(task, memory, context, impostor, reply);
    trustReply(memory, context, reply);
  }
  // Too little is known all the same (no length in a chunked reply, ETags that turned out to be no MD5s): ask.
  if (memory.expectation.from !== "head" && lacksProof(memory, context, reply)) {
    const ended = await learnTwice(task, memory, context);
    if (ended !== undefined) return ended;
  }
  const wrong = reply.status === 200 ? difference(memory.expectation, reply) : `status ${reply.status}`;
  if (wrong !== undefined) {
    const next = await onDifference(task, memory, context, wrong, reply);
    // What came may be what the source is now, and its body, not begun yet, is paid for.
    const usable = reply.kind === "stream" || memory.held !== undefined;
    const agrees = reply.status === 200 && difference(memory.expectation, reply) === undefined;
    if (next !== "again" || !usable || !agrees) return next;
  }

  const proof = provable(memory, context);
  const size = memory.expectation.size ?? reply.size;
  if (proof === undefined || size === undefined) {
    const lacks = size === undefined ? "the size" : "a CRC64 or an MD5";
    return failed(
      task,
      memory,
      "NoProof",
      `nothing but the reply itself tells ${lacks} of the original, so its bytes can't be proven; --proof size would accept its length alone`,
    );
  }
  if (reply.kind === "stream" && size <= holdUpTo) {
    memory.held = { body: await collect(reply.stream, size), reply };
  }
  // A reply that brings no header of the object says nothing about its metadata either, and others may not: ask.
  if (memory.head === undefined && (!bringsObjectHeaders(reply) || context.metadataTrust.asks())) {
    memory.head = await headSource(task, memory, context);
  }
  if (memory.head !== undefined) context.metadataTrust.learn(memory.head, reply);
  // Awaited here: an async function that returns a promise pays for it with three turns of the queue.
  if (memory.held !== undefined) return await putBytes(task, memory, context, memory.held, proof, size);
  return reply.kind === "stream" ? await putStream(task, memory, context, reply, proof, size) : "again";
}

/** At most one chunk more than `size`, which is enough to see that it is more. */
async function collect(stream: AsyncIterable<Uint8Array>, size: number): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
    length += chunk.length;
    if (length > size) break;
  }
  return chunks;
}
