/** Puts an original into the archive, proven before it is committed, and takes in what the archive says that it stored. */
import { type Body, heldLength, type ObjectInfo } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { forbidsOverwrite, knowsNoForbidding } from "../../objects/forbidding.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import type { Proof } from "../../vocabulary/outcome.ts";
import { proofOfNothing } from "../proof/choose-proof.ts";
import { contentMd5, isMd5, sameEtag } from "../proof/identity.ts";
import { provenStream, WrongBytes } from "../proof/proven-stream.ts";
import { archiveHeaders } from "./archive-headers.ts";
import { checksumOf, overrule } from "./bad-digest.ts";
import { answerLost, askedWhatIsStored, digestRefused, keyTaken, knownEmpty, stored } from "./from-archive.ts";
import { streamedAway, wrongBytes } from "./from-source.ts";
import type { FetchedBody, Knowledge } from "./knowledge.ts";
import { pacedBody } from "./pace.ts";
import { headArchive, slowDown } from "./requests.ts";
import { after, known, type RowWork, type StepResult } from "./step-result.ts";
import { type Uploaded, upload } from "./upload.ts";

/** @param size of the original, bytes */
export function putFetched(proof: Proof, size: number, knowledge: Knowledge, row: RowWork): Promise<StepResult> {
  const { body, head, fetched } = knowledge;
  if (body === undefined) throw new Error("there is nothing to put");
  // Of originImage alone it is not known what it brings.
  const isPlain = fetched?.plain === true || row.context.options.fromArchive !== undefined;
  if (head !== undefined && !isPlain) row.context.metadataTrust.learn(head, body.reply);
  return body.kind === "held"
    ? putHeld(body, proof, size, knowledge, row)
    : putStream(body, proof, size, knowledge, row);
}

async function putHeld(
  { bytes, reply, lease }: Extract<FetchedBody, { kind: "held" }>,
  proof: Proof,
  size: number,
  knowledge: Knowledge,
  row: RowWork,
): Promise<StepResult> {
  const length = heldLength(bytes);
  if (length !== size)
    return known(wrongBytes(knowledge, `${length} ${nounOf(length, "byte")} instead of ${size}`, reply));
  const local = proof === "content-md5" ? undefined : checksumOf(bytes);
  const expected = knowledge.expectation.crc64;
  if (proof === "crc64" && local !== expected) {
    return known(wrongBytes(knowledge, `CRC64 ${local} instead of ${expected}`, reply));
  }
  let sent: Sent;
  try {
    sent = await send(knowledge, reply, bytes, size, proof, row);
  } catch (thrown) {
    // The bytes are kept: whether the archive has them or not, they can be put once more.
    return { kind: "failed", knowledge, thrown, by: "archive.put" };
  }
  if (sent === "exists") return known(keyTaken(knowledge));
  if (sent === "bad-digest") return known(digestRefusedOrOverruled(knowledge, reply, row));
  const end = confirmed(knowledge, proof, size, sent, local, row);
  const result = end instanceof Promise ? await end : end;
  // The archive has them all, and nobody will look at them again.
  if (result.knowledge.verdict?.kind === "archived") lease?.release();
  return result;
}

async function putStream(
  { stream, reply }: Extract<FetchedBody, { kind: "stream" }>,
  proof: Proof,
  size: number,
  knowledge: Knowledge,
  row: RowWork,
): Promise<StepResult> {
  const proven = provenStream(pacedBody(stream, row.context.pace, row.context.signal), {
    size,
    crc64: proof === "crc64" ? knowledge.expectation.crc64 : undefined,
    hash: proof === "size" || size > row.rules.putLimit,
  });
  const gone = streamedAway(knowledge);
  let sent: Sent;
  try {
    sent = await send(knowledge, reply, proven.body, size, proof, row);
  } catch (thrown) {
    const fault = proven.fault();
    if (fault instanceof WrongBytes) return known(wrongBytes(gone, fault.difference, reply));
    if (fault !== undefined) return { kind: "failed", knowledge: gone, thrown: fault, by: "source.get" };
    return { kind: "failed", knowledge: isAnswerLost(thrown) ? answerLost(gone) : gone, thrown, by: "archive.put" };
  }
  if (sent === "exists") return known(keyTaken(gone));
  if (sent === "bad-digest") return known(digestRefused(gone, reply));
  // Right after all: had the archive refused the same bytes, or others? Its ETag for these tells, unless it has no MD5.
  const md5 = sent !== "unsaid" && isMd5(sent.etag) && sameEtag(sent.etag, knowledge.expectation.etag);
  if (knowledge.md5 === "refused" && proof === "crc64" && !md5) row.context.md5Trust.falseAlarm();
  return confirmed(gone, proof, size, sent, proven.digest(), row);
}

/** No answer, or somebody else's in the archive's place: it may have stored the bytes. */
function isAnswerLost(thrown: unknown): boolean {
  return isBucketError(thrown) && (thrown.status === 0 || thrown.code === "NotTheService");
}

/** Bytes that are held are judged at once, where their CRC64 is known. */
function digestRefusedOrOverruled(knowledge: Knowledge, reply: ObjectInfo, row: RowWork): Knowledge {
  const refused = digestRefused(knowledge, reply);
  if (knowledge.expectation.crc64 === undefined) return refused;
  return overrule(knowledge, reply, row) ?? refused;
}

/** An original of no bytes, which needs no fetch: its HEAD says all there is. */
export async function putEmpty(knowledge: Knowledge, row: RowWork): Promise<StepResult> {
  const { head } = knowledge;
  if (head === undefined) throw new Error("an empty original is known by its HEAD");
  const now = knownEmpty(knowledge, head);
  let sent: Sent;
  try {
    sent = await send(now, head, Buffer.alloc(0), 0, "size", row);
  } catch (thrown) {
    return { kind: "failed", knowledge: now, thrown, by: "archive.put" };
  }
  if (sent === "exists" || sent === "bad-digest") return known(keyTaken(now));
  return confirmed(now, proofOfNothing(now.expectation), 0, sent, "0", row);
}

/** Its answer, or why it did not store them, or that its answer says nothing of what it stored. */
type Sent = Uploaded | "exists" | "bad-digest" | "unsaid";

/** The upload. What is refused for another reason is thrown. */
async function send(
  { expectation, head, there, replaces }: Knowledge,
  reply: ObjectInfo,
  body: Body,
  size: number,
  proof: Proof,
  { task, context, rules }: RowWork,
): Promise<Sent> {
  const { options, archive, source, signal, requests, clock } = context;
  const from = { bucket: source.name, run: context.run };
  const sentAt = clock.elapsed();
  // With a history nothing is replaced of which no copy stands: nor what came since the archive was asked.
  const keepsAll = options.history !== undefined && there === undefined && forbidsOverwrite(archive);
  const staysAsIs = options.ifExists === "keep" || options.ifExists === "fail";
  try {
    return await upload(archive, task.archiveKey, body, {
      size,
      headers: archiveHeaders(head ?? reply, expectation, from, options),
      contentMd5: proof === "content-md5" && expectation.etag !== undefined ? contentMd5(expectation.etag) : undefined,
      forbidOverwrite: !replaces && (keepsAll || staysAsIs),
      signal,
      onRequest: () => {
        requests["archive.put"]++;
      },
      multipartAbove: rules.putLimit,
    });
  } catch (error) {
    slowDown(error, sentAt, context);
    if (isBucketError(error) && error.code === "BadDigest") return "bad-digest";
    if (isBucketError(error) && error.code === "FileAlreadyExists") return "exists";
    if (isBucketError(error) && error.code === "NotImplemented" && keepsAll && !staysAsIs) {
      // Then a HEAD right before the put has to do.
      knowsNoForbidding(archive);
      return "exists";
    }
    if (isBucketError(error) && error.code === "BareReply") return "unsaid";
    throw error;
  }
}

/** What its answer says is taken in at once; only where it says nothing the archive is asked. */
function confirmed(
  knowledge: Knowledge,
  proof: Proof,
  size: number,
  sent: Uploaded | "unsaid",
  local: string | undefined,
  { task, context }: RowWork,
): StepResult | Promise<StepResult> {
  if (sent === "unsaid") {
    return after(answerLost(knowledge), "archive.head", headArchive(task, context), (there) =>
      askedWhatIsStored(knowledge, proof, size, there, local),
    );
  }
  const { etag, crc64, headers } = sent;
  const plain = context.options.encryption === undefined && headers?.["x-cos-server-side-encryption"] === undefined;
  return known(stored({ ...knowledge, put: sent.standing }, proof, { size, etag, crc64 }, local, plain));
}
