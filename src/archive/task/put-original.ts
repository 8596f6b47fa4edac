/** Puts a fetched original into the archive, proven before it is committed, and checks what the archive says it stored. */

import { crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import { type Body, type HeldBody, heldLength, type ObjectInfo, type ObjectResponse } from "../../objects/bucket.ts";
import { isCosError } from "../../objects/error.ts";
import type { Outcome, Proof } from "../../vocabulary/outcome.ts";
import { archiveHeaders } from "./archive-headers.ts";
import { contentMd5, difference, hasChanged, isEncrypted, isMd5, sameEtag } from "./identity.ts";
import { completed, onDifference } from "./original.ts";
import { archived, failed } from "./outcome-of.ts";
import { provenStream, WrongBytes } from "./proven-stream.ts";
import { headSource, slowDown } from "./requests.ts";
import type { Task, TaskContext, TaskMemory } from "./task.ts";
import { putLimit, type Uploaded, upload } from "./upload.ts";

/** A body that is held whole. */
export async function putBytes(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  held: NonNullable<TaskMemory["held"]>,
  proof: Proof,
  size: number,
): Promise<Outcome | "again"> {
  const { body, reply } = held;
  const length = heldLength(body);
  if (length !== size) return onDifference(task, memory, context, `${length} bytes instead of ${size}`, reply);
  const local = proof === "content-md5" ? undefined : crc64Of(body);
  if (proof === "crc64" && local !== memory.expectation.crc64) {
    return onDifference(task, memory, context, `CRC64 ${local} instead of ${memory.expectation.crc64}`, reply);
  }
  const put = await send(task, memory, context, reply, body, size, proof);
  if (put === "exists") return "again";
  if (put === "bad-digest") return onBadDigest(task, memory, context, reply, body);
  const outcome = confirmed(task, memory, context, proof, size, put, local);
  // The archive has them all, and nobody will look at them again.
  if (outcome.outcome === "archived") held.lease?.release();
  return outcome;
}

/** A body that streams through. */
export async function putStream(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  reply: Extract<ObjectResponse, { kind: "stream" }>,
  proof: Proof,
  size: number,
): Promise<Outcome | "again"> {
  const inParts = size > (context.multipartAbove ?? putLimit);
  const proven = provenStream(reply.stream, {
    size,
    crc64: proof === "crc64" ? memory.expectation.crc64 : undefined,
    hash: proof === "size" || inParts,
  });
  try {
    const put = await send(task, memory, context, reply, proven.body, size, proof);
    if (put === "exists") return "again";
    if (put === "bad-digest") return await onBadDigest(task, memory, context, reply, undefined);
    // Right after all: had the archive refused the same bytes, or others? Its ETag for these tells, unless it has no MD5.
    const md5 = isMd5(put.etag) && sameEtag(put.etag, memory.expectation.etag);
    if (memory.badDigest && proof === "crc64" && !md5) context.md5Trust.falseAlarm();
    return confirmed(task, memory, context, proof, size, put, proven.digest());
  } catch (error) {
    const fault = proven.fault();
    if (fault instanceof WrongBytes) return onDifference(task, memory, context, fault.difference, reply);
    if (fault !== undefined) throw fault;
    // The archive may have stored it all and its answer been lost: ask before paying for another fetch.
    if (isCosError(error) && error.status === 0) memory.askArchive = true;
    throw error;
  }
}

function crc64Of(body: HeldBody): string {
  const state = crc64Start();
  for (const piece of Buffer.isBuffer(body) ? [body] : body) crc64Update(state, piece);
  return crc64Digest(state);
}

const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";

/** An empty original needs no fetch: its HEAD says all there is. */
export async function putEmpty(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | "again"> {
  memory.head ??= await headSource(task, memory, context);
  const { head, expectation } = memory;
  const wrong = head.size === 0 ? difference(expectation, head) : `${head.size} bytes instead of 0`;
  if (wrong !== undefined) return onDifference(task, memory, context, wrong);
  memory.expectation = { ...completed(expectation, head), size: 0 };
  const put = await send(task, memory, context, head, Buffer.alloc(0), 0, "size");
  if (put === "exists" || put === "bad-digest") return "again";
  const { crc64: crc, etag } = memory.expectation;
  const proof = crc === "0" ? "crc64" : etag?.toLowerCase() === MD5_OF_NOTHING ? "content-md5" : "size";
  return confirmed(task, memory, context, proof, 0, put, "0");
}

/** The upload; a key that is taken, where that matters, sends the next round to ask the archive. */
async function send(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  reply: ObjectInfo,
  body: Body,
  size: number,
  proof: Proof,
): Promise<Uploaded | "exists" | "bad-digest"> {
  const { options, archive, signal, multipartAbove, requests } = context;
  const from = { bucket: context.source.name, run: context.run };
  memory.asked = "archive";
  const sentAt = context.clock.now();
  try {
    return await upload(archive, task.archiveKey, body, {
      size,
      headers: archiveHeaders(memory.head ?? reply, memory.expectation, from, options),
      contentMd5:
        proof === "content-md5" && memory.expectation.etag !== undefined
          ? contentMd5(memory.expectation.etag)
          : undefined,
      forbidOverwrite: options.ifExists === "keep" || options.ifExists === "fail",
      signal,
      onRequest: () => {
        requests["archive.put"]++;
      },
      multipartAbove,
    });
  } catch (error) {
    slowDown(error, sentAt, context);
    if (isCosError(error) && error.code === "BadDigest") return "bad-digest";
    if (isCosError(error) && error.code === "FileAlreadyExists") {
      memory.askArchive = true;
      return "exists";
    }
    throw error;
  }
}

/**
 * The archive refused the bytes by their MD5. Their CRC64 tells whether the bytes are wrong or the ETag is no MD5: at once
 * where the bytes are held, else after one more fetch, which is the last.
 */
async function onBadDigest(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  reply: ObjectInfo,
  held: HeldBody | undefined,
): Promise<Outcome | "again"> {
  const wrong = "bytes whose MD5 is not the ETag";
  let head: ObjectInfo | undefined;
  // A HEAD, before anybody pays for another fetch.
  if (memory.expectation.crc64 === undefined || held === undefined) {
    head = await headSource(task, memory, context);
    memory.head = head;
    if (hasChanged(memory.expectation, head)) return onDifference(task, memory, context, wrong, reply, head);
    memory.expectation = completed(memory.expectation, head);
  }
  const expected = memory.expectation.crc64;
  const onlyMd5 = context.options.proof === "content-md5";
  const mayBeRight = expected !== undefined && (held === undefined ? !onlyMd5 : crc64Of(held) === expected);
  if (!mayBeRight || (held === undefined && memory.refetched)) {
    return onDifference(task, memory, context, wrong, reply, head);
  }
  if (isEncrypted(reply) || (memory.head !== undefined && isEncrypted(memory.head))) context.md5Trust.encrypted();
  else if (held !== undefined) context.md5Trust.falseAlarm();
  if (onlyMd5) {
    return failed(
      task,
      memory,
      "NoProof",
      `the ETag ${memory.expectation.etag} is not the MD5 of the original, whose CRC64 is as expected, and --proof content-md5 accepts no other proof`,
    );
  }
  memory.noMd5 = true;
  if (held === undefined) {
    memory.badDigest = true;
    memory.refetched = true;
  }
  return "again";
}

/** Last of all, what the archive says that it stored must agree with what is known. */
function confirmed(
  task: Task,
  memory: TaskMemory,
  context: TaskContext,
  proof: Proof,
  size: number,
  put: Uploaded,
  local: string | undefined,
): Outcome {
  const { etag } = memory.expectation;
  const crc = memory.expectation.crc64 ?? local;
  let wrong: string | undefined;
  if (crc !== undefined && put.crc64 !== undefined && put.crc64 !== crc) wrong = `CRC64 ${put.crc64} instead of ${crc}`;
  else if (proof === "content-md5" && !sameEtag(put.etag, etag) && isMd5(put.etag) && isPlain(put, context)) {
    wrong = `ETag ${put.etag} instead of ${etag}`;
  }
  if (wrong !== undefined) {
    return failed(task, memory, "ArchiveMismatch", `the archive stored bytes with ${wrong}`, {
      receivedSize: size,
      receivedEtag: put.etag,
      receivedCrc64: put.crc64,
    });
  }
  return archived(task, memory, proof, { size, etag: put.etag, crc64: put.crc64 ?? local });
}

/** Nothing says that the archive encrypts it, where an ETag need not be an MD5. */
const isPlain = (put: Uploaded, { options }: TaskContext): boolean =>
  options.encryption === undefined && put.headers?.["x-cos-server-side-encryption"] === undefined;
