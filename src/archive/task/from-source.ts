/** What the source said, by a HEAD or the paid fetch: from the knowledge before it to the knowledge after it. Pure. */
import { isErrorDocument } from "../../cos/exchange/error-from-reply.ts";
import { type HeldBody, heldLength, type ObjectInfo, type ObjectResponse } from "../../objects/bucket.ts";
import {
  difference,
  type Expectation,
  expectationOfReply,
  hasChanged,
  isEncrypted,
  isOtherVersion,
} from "../proof/identity.ts";
import { again, type Knowledge, type Rules, trustsReply, type Verdict } from "./knowledge.ts";
import { lacksProof, provable } from "./provable.ts";

/**
 * A HEAD of the source says what the original is. A source that differs from what the row says has changed since the manifest was
 * made.
 */
export function learned(knowledge: Knowledge, head: ObjectInfo, rules: Rules): Knowledge {
  // Its ETag need not be an MD5; where a CRC64 can prove it, there is nothing to try.
  const known: Knowledge = {
    ...knowledge,
    head,
    md5: isEncrypted(head) ? crc64First(knowledge, rules, head.crc64) : knowledge.md5,
  };
  if (!hasChanged(known.expectation, head)) return { ...known, expectation: expectationOfReply(head, "head") };
  if (rules.options.ifChanged === "fail")
    return { ...known, changed: true, verdict: sourceChanged(known.expectation, head) };
  return { ...known, changed: true, expectation: expectationOfReply(head, "head") };
}

/** Proves by the CRC64, where there is one and `--proof` accepts it, whatever the ETag looks like. */
function crc64First({ md5 }: Knowledge, { options }: Rules, crc64: string | undefined): Knowledge["md5"] {
  return md5 === "fit" && crc64 !== undefined && options.proof !== "content-md5" ? "unfit" : md5;
}

/** The source's image service refuses the object as empty, and its HEAD says the same. */
export function foundEmpty(knowledge: Knowledge, head: ObjectInfo): Knowledge {
  return { ...knowledge, head, empty: true };
}

/** A plain GET was refused for good, or did not bring the object's own bytes: what is paid for decides. */
export function plainRefused(knowledge: Knowledge): Knowledge {
  return { ...knowledge, plain: false };
}

/**
 * A fetch brought a reply. With `--expect get` the original is what the reply says of itself, where that allows a proof at
 * all, and where nothing speaks against it.
 */
export function fetched(knowledge: Knowledge, reply: ObjectResponse, at: string, rules: Rules): Knowledge {
  const known: Knowledge = {
    ...knowledge,
    fetched: {
      status: reply.status,
      requestId: reply.requestId,
      at,
      plain: knowledge.plain ? true : undefined,
      standing: reply.standing,
    },
    body:
      reply.kind === "stream"
        ? { kind: "stream", stream: reply.stream, reply }
        : {
            kind: "held",
            bytes: reply.more === undefined ? reply.bytes : [reply.bytes, ...reply.more],
            reply,
            lease: reply.lease,
          },
  };
  if (!trustsReply(known, rules) || provable(known, rules) !== undefined) return known;
  const wrong = hasChanged(known.expectation, reply) ? "other values than the manifest says" : noOriginal(reply);
  if (wrong !== undefined) return { ...known, doubt: { kind: "difference", wrong, reply } };
  const trusting: Knowledge = { ...known, expectation: expectationOfReply(reply, "get") };
  if (lacksProof(trusting, rules, reply)) return known;
  return isEncrypted(reply) ? { ...trusting, md5: crc64First(trusting, rules, reply.crc64) } : trusting;
}

/** Why a reply, without being compared with anything, can't be an original; undefined where it may be one. */
function noOriginal(reply: ObjectResponse): string | undefined {
  if (reply.status !== 200) return `status ${reply.status}`;
  return reply.kind === "bytes" && isErrorDocument(reply.bytes) ? "an error document for its body" : undefined;
}

/** A small body that came as a stream, because its length was not told, is held now. */
export function heldWhole(knowledge: Knowledge, bytes: HeldBody, reply: ObjectInfo): Knowledge {
  return { ...knowledge, body: { kind: "held", bytes, reply } };
}

/** A body that streamed through is gone, however its upload ended. */
export function streamedAway(knowledge: Knowledge): Knowledge {
  return knowledge.body?.kind === "stream" ? { ...knowledge, body: undefined } : knowledge;
}

/** What the bytes turned out to be, on their way or whole, is not what was expected. */
export function wrongBytes(knowledge: Knowledge, wrong: string, reply: ObjectInfo): Knowledge {
  return { ...streamedAway(knowledge), doubt: { kind: "difference", wrong, reply } };
}

/**
 * The source was looked at again, because what came is not what was expected. A source that has changed since is archived as it
 * is now, or fails the row, as `--if-changed` says; one that has not is fetched once more, and then the row has failed.
 * @param reply what came; undefined where nothing was fetched
 */
export function lookedAgain(
  knowledge: Knowledge,
  wrong: string,
  reply: ObjectInfo | undefined,
  head: ObjectInfo,
  rules: Rules,
): Knowledge {
  const { expectation, doubt } = knowledge;
  const known: Knowledge = { ...knowledge, head, doubt: undefined, empty: false };
  if (hasChanged(expectation, head)) {
    if (rules.options.ifChanged === "fail")
      return { ...known, changed: true, verdict: sourceChanged(expectation, head) };
    const now: Knowledge = { ...known, changed: true, expectation: expectationOfReply(head, "head") };
    // What was fetched may well be what the source is now: then nobody pays for it twice.
    if (!fits(now, head)) return again({ ...now, body: undefined });
    return doubt === undefined ? now : again(now);
  }
  if (knowledge.plain && reply !== undefined) {
    const still: Knowledge = plainRefused({ ...known, expectation: completed(expectation, head), body: undefined });
    return again({ ...still, md5: crc64First(still, rules, still.expectation.crc64) });
  }
  // To fetch it once more would bring the same, and be paid for.
  if (reply !== undefined && isOtherVersion(knowledge.versionId, reply, head)) {
    return { ...known, verdict: versionIgnored(knowledge.versionId, reply, wrong) };
  }
  const still: Knowledge = { ...known, expectation: completed(expectation, head), body: undefined };
  // Of the next bytes a CRC64 tells for certain whether they are right; an MD5 that differs might be no MD5 at all.
  if (!knowledge.refetched) {
    return again({ ...still, refetched: true, md5: crc64First(still, rules, still.expectation.crc64) });
  }
  const type = reply?.headers["content-type"];
  return {
    ...still,
    verdict: {
      kind: "failed",
      code: "NotTheOriginal",
      message: `what was fetched, twice, is not the original: it has ${wrong}${type === undefined ? "" : ` (Content-Type ${type})`}; perhaps it is a placeholder of the bucket's 4xx image setting`,
      received: { size: reply?.size, etag: reply?.etag, crc64: reply?.crc64 },
    },
  };
}

function versionIgnored(versionId: string | undefined, reply: ObjectInfo, wrong: string): Verdict {
  return {
    kind: "failed",
    code: "VersionIgnored",
    message: `originImage brought another object than the version ${versionId}: it has ${wrong}; this bucket's originImage seems to ignore versionId, so only the newest versions can be archived from it`,
    received: { size: reply.size, etag: reply.etag, crc64: reply.crc64 },
  };
}

/** May the body at hand be what the source is now? */
function fits({ body, expectation }: Knowledge, head: ObjectInfo): boolean {
  if (body === undefined || body.reply.status !== 200) return false;
  if (body.kind === "held" && heldLength(body.bytes) !== head.size) return false;
  return difference(expectation, body.reply) === undefined;
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

function sourceChanged(expectation: Expectation, head: ObjectInfo): Verdict {
  const now = difference(expectation, head) ?? `ETag ${head.etag} instead of ${expectation.etag}`;
  return {
    kind: "failed",
    code: "SourceChanged",
    message: `the source has changed since the manifest was made: it has ${now} now`,
  };
}
