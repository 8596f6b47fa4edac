/** What the archive said, of itself or of what was put: from the knowledge before it to the knowledge after it. Pure. */
import type { ObjectInfo, Standing } from "../../objects/bucket.ts";
import type { Proof } from "../../vocabulary/outcome.ts";
import { difference, holdsOriginal, isEncrypted, isMd5, sameEtag } from "../proof/identity.ts";
import { completed, streamedAway } from "./from-source.ts";
import { again, type Holds, type Knowledge, type Rules } from "./knowledge.ts";

/** The archive was asked what it holds under the key; `there` is undefined where it holds nothing. */
export function archiveAnswered(knowledge: Knowledge, there: ObjectInfo | undefined): Knowledge {
  return { ...knowledge, archive: "asked", there };
}

/** A copy of what the archive holds stands in the history. */
export function keptStands(knowledge: Knowledge, object: ObjectInfo, standing: Standing | undefined): Knowledge {
  return { ...knowledge, kept: { object, standing } };
}

/** What was to be copied out of the way is another object by now, or gone: the archive is asked once more. */
export function replacedMeanwhile(knowledge: Knowledge): Knowledge {
  return again({ ...knowledge, archive: "unasked", there: undefined });
}

/** The archive key is taken, where that matters: it is asked what it holds. */
export function keyTaken(knowledge: Knowledge): Knowledge {
  return again({ ...streamedAway(knowledge), archive: "unasked", there: undefined });
}

/** The archive may have stored it all and its answer been lost: it is asked before anybody pays for another fetch. */
export function answerLost(knowledge: Knowledge): Knowledge {
  return { ...streamedAway(knowledge), archive: "unasked", there: undefined };
}

export const badDigest = "bytes whose MD5 is not the ETag";

/** The archive refused the bytes by their MD5. A source without a CRC64 at hand, or bytes that are gone, need a HEAD to judge by. */
export function digestRefused(knowledge: Knowledge, reply: ObjectInfo): Knowledge {
  return { ...streamedAway(knowledge), doubt: { kind: "bad-digest", reply } };
}

/**
 * Was the archive wrong to refuse them? Their CRC64 tells whether the bytes are wrong or the ETag is no MD5: at once where the bytes
 * are held, else after one more fetch, which is the last.
 * @param local the CRC64 of the held bytes
 */
export function judgeDigest(
  knowledge: Knowledge,
  reply: ObjectInfo,
  local: string | undefined,
  { options }: Rules,
): "wrong" | "encrypted" | "false-alarm" | "unsure" {
  const expected = knowledge.expectation.crc64;
  if (expected === undefined) return "wrong";
  if (knowledge.body === undefined ? options.proof === "content-md5" || knowledge.refetched : local !== expected)
    return "wrong";
  if (isEncrypted(reply) || (knowledge.head !== undefined && isEncrypted(knowledge.head))) return "encrypted";
  return knowledge.body === undefined ? "unsure" : "false-alarm";
}

/** The ETag is no MD5 of the bytes, or may be none: the CRC64 is to prove them. */
export function digestOverruled(knowledge: Knowledge, { options }: Rules): Knowledge {
  const known: Knowledge = { ...knowledge, doubt: undefined };
  if (options.proof === "content-md5") {
    const message = `the ETag ${known.expectation.etag} is not the MD5 of the original, whose CRC64 is as expected, and --proof content-md5 accepts no other proof`;
    return { ...known, verdict: { kind: "failed", code: "NoProof", message } };
  }
  if (known.body !== undefined) return again({ ...known, md5: "unfit" });
  return again({ ...known, md5: "refused", refetched: true });
}

/** An empty original is known by its HEAD alone. */
export function knownEmpty(knowledge: Knowledge, head: ObjectInfo): Knowledge {
  return { ...knowledge, expectation: { ...completed(knowledge.expectation, head), size: 0 } };
}

/** The archive's reply said nothing of what it stored, so it was asked: `there` is what it holds, undefined where that is nothing. */
export function askedWhatIsStored(
  knowledge: Knowledge,
  proof: Proof,
  size: number,
  there: ObjectInfo | undefined,
  local: string | undefined,
): Knowledge {
  const { expectation } = knowledge;
  const put = { ...expectation, size, crc64: expectation.crc64 ?? local };
  if (there !== undefined && holdsOriginal(put, there)) {
    const holds: Holds = { size, etag: there.etag, crc64: there.crc64 ?? local };
    return { ...knowledge, put: there.standing, verdict: { kind: "archived", proof, holds } };
  }
  const found =
    there === undefined
      ? "holds nothing under its key"
      : `holds ${difference(put, there) ?? "an object of which nothing tells whether it is the same"}`;
  const message = `the archive answered the upload with neither ETag nor CRC64, and, asked by HEAD, ${found}`;
  return { ...knowledge, verdict: { kind: "failed", code: "ArchiveMismatch", message, received: there } };
}

/**
 * The archive has stored it. Last of all, what it says that it stored must agree with what is known.
 * @param local the CRC64 of what was sent, where it was computed
 * @param plain nothing says that the archive encrypts it, where an ETag need not be an MD5
 */
export function stored(
  knowledge: Knowledge,
  proof: Proof,
  holds: Holds,
  local: string | undefined,
  plain: boolean,
): Knowledge {
  const { expectation } = knowledge;
  const crc64 = expectation.crc64 ?? local;
  let wrong: string | undefined;
  if (crc64 !== undefined && holds.crc64 !== undefined && holds.crc64 !== crc64) {
    wrong = `CRC64 ${holds.crc64} instead of ${crc64}`;
  } else if (proof === "content-md5" && !sameEtag(holds.etag, expectation.etag) && isMd5(holds.etag) && plain) {
    wrong = `ETag ${holds.etag} instead of ${expectation.etag}`;
  }
  if (wrong === undefined) {
    const { size, etag } = holds;
    return { ...knowledge, verdict: { kind: "archived", proof, holds: { size, etag, crc64: holds.crc64 ?? local } } };
  }
  const message = `the archive stored bytes with ${wrong}`;
  return { ...knowledge, verdict: { kind: "failed", code: "ArchiveMismatch", message, received: holds } };
}
