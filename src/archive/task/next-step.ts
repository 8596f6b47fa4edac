/**
 * What is next for a row, from what is known of it. Pure: the one place where the road of a row is decided
 * (docs/architecture.md, "One task").
 */
import { readable } from "../../cos/exchange/restored.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import { type Keeping, keepingOf } from "../../policy/history.ts";
import type { Code } from "../../vocabulary/codes/catalogue.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import type { Proof } from "../../vocabulary/outcome.ts";
import { chooseProof } from "../proof/choose-proof.ts";
import { difference, type Expectation, holdsOriginal, isOtherVersion, mayHold, sameEtag } from "../proof/identity.ts";
import { bringsObjectHeaders, provenanceRun } from "./archive-headers.ts";
import { badDigest } from "./from-archive.ts";
import { type RestoreStep, whereFrozen } from "./frozen.ts";
import { type Knowledge, type Rules, trustsReply, type Verdict } from "./knowledge.ts";
import { lacksProof, provable, provableOf } from "./provable.ts";

export type Step =
  /** HEAD the archive key. */
  | { readonly kind: "ask-archive" }
  /** HEAD the source, for what the original is or for the metadata that the fetch did not bring. */
  | { readonly kind: "learn"; readonly what: "expectation" | "metadata" }
  /** HEAD the source, because what came (`reply`) is not what was expected. */
  | { readonly kind: "look-again"; readonly wrong: string; readonly reply: ObjectInfo | undefined }
  | RestoreStep
  /** Copy what the archive holds under the key out of the way: it is going to be replaced. */
  | { readonly kind: "keep"; readonly there: ObjectInfo; readonly to: Keeping }
  /**
   * The paid GET, or a plain one; with a HEAD of the source beside it, not before it: most originals are what they are expected to be. (On
   * trial it comes before.)
   */
  | { readonly kind: "fetch"; readonly learn: boolean; readonly plain: boolean }
  /** Read a small body that came as a stream, of at most `size` bytes. */
  | { readonly kind: "hold"; readonly size: number }
  /** Put what was fetched, proven before it is committed. `size` in bytes. */
  | { readonly kind: "put"; readonly proof: Proof; readonly size: number }
  | { readonly kind: "put-empty" }
  | { readonly kind: "end"; readonly verdict: Verdict };

/** Bodies up to this many bytes are held whole: their upload can be repeated without another paid fetch. */
export const holdUpTo = 1024 * 1024;

/** A source that changes under our hands as often as this is given up. */
const ROUNDS = 6;

const askArchive = { kind: "ask-archive" } as const satisfies Step;
const learnExpectation: Step = { kind: "learn", what: "expectation" };
const learnMetadata: Step = { kind: "learn", what: "metadata" };
const putEmpty: Step = { kind: "put-empty" };

export function nextStep(knowledge: Knowledge, rules: Rules): Step {
  const { expectation, body, doubt, there, verdict } = knowledge;
  if (verdict !== undefined) return { kind: "end", verdict };
  if (knowledge.rounds > ROUNDS) return sourceNeverRests;
  if (doubt !== undefined) {
    return { kind: "look-again", wrong: doubt.kind === "difference" ? doubt.wrong : badDigest, reply: doubt.reply };
  }
  if (knowledge.restore !== undefined && !knowledge.restored && body === undefined) {
    // Nothing else need be known of it before it is restored.
    const state = readable(knowledge.head, knowledge.restore.storageClass);
    if (state === "unasked") return learnExpectation;
    if (state !== "yes") return whereFrozen(knowledge, state, rules);
  }
  if (knowledge.archive === "unasked") return askArchive;
  // What came since the LIST would be replaced, and no copy would stand.
  if (knowledge.archive === "listed" && rules.history !== undefined && rules.forbidsOverwrite === false)
    return askArchive;
  if (there !== undefined) {
    const step = whereTaken(expectation, there, rules);
    if (step !== undefined) return step;
  }
  if (expectation.size === 0 || knowledge.empty) return beforePut(whereEmpty(knowledge), knowledge, rules);
  if (body === undefined) {
    const state = knowledge.restored ? "yes" : readable(knowledge.head, knowledge.storageClass);
    if (state === "unasked" || (knowledge.frozen && knowledge.head === undefined)) return learnExpectation;
    if (state !== "yes") return whereFrozen(knowledge, state, rules);
    if (trustsReply(knowledge, rules) || provable(knowledge, rules) !== undefined) {
      // A HEAD that follows all the same comes first: where it is refused, the fetch would be paid for in vain.
      const asks = knowledge.head === undefined && !knowledge.unheard && !knowledge.plain;
      return asks && rules.isOnTrial?.() && rules.asksMetadata()
        ? learnMetadata
        : beforePut({ kind: "fetch", learn: false, plain: knowledge.plain }, knowledge, rules);
    }
    // A HEAD that brought nothing to prove it by: the fetch would be paid for in vain.
    if (expectation.from === "head") return noProof(digests);
    return rules.isOnTrial?.()
      ? learnExpectation
      : beforePut({ kind: "fetch", learn: true, plain: knowledge.plain }, knowledge, rules);
  }
  const { reply } = body;
  // Too little is known all the same (no length in a chunked reply, ETags that turned out to be no MD5s).
  if (expectation.from !== "head" && lacksProof(knowledge, rules, reply)) return learnExpectation;
  const wrong = wrongIn(knowledge, reply);
  if (wrong !== undefined) return { kind: "look-again", wrong, reply };
  const proof = provableOf(reply, knowledge, rules);
  const size = expectation.size ?? reply.size;
  if (size === undefined) return noProof("the size");
  if (proof === undefined) return provable(knowledge, rules) === "size" ? lengthAlone : noProof(digests);
  if (body.kind === "stream" && size <= holdUpTo) return { kind: "hold", size };
  // A reply that brings no header of the object says nothing about its metadata either, and others may not.
  // A plain GET brings it.
  const asksMetadata = knowledge.fetched?.plain !== true && !knowledge.unheard && rules.asksMetadata();
  if (knowledge.head === undefined && (!bringsObjectHeaders(reply) || asksMetadata)) return learnMetadata;
  return beforePut({ kind: "put", proof, size }, knowledge, rules);
}

/**
 * What would be replaced is copied first where there is a history: before the fetch, which would be paid for in vain where no copy can
 * stand, and again before the put, where something else lies there by then.
 */
function beforePut(step: Step, { there, kept, archiveKey }: Knowledge, { history }: Rules): Step {
  if (history === undefined || there === undefined || step.kind === "learn" || step.kind === "look-again") return step;
  if (kept !== undefined && isSameObject(kept.object, there)) return step;
  const to = keepingOf(archiveKey, there, history);
  return "fault" in to ? historyImpossible(to.fault) : { kind: "keep", there, to };
}

/** By all that a HEAD tells of it. */
const isSameObject = (one: ObjectInfo, other: ObjectInfo): boolean =>
  sameEtag(one.etag, other.etag) &&
  one.crc64 === other.crc64 &&
  one.size === other.size &&
  one.lastModified === other.lastModified;

function wrongIn({ expectation, versionId, head }: Knowledge, reply: ObjectInfo): string | undefined {
  if (reply.status !== 200) return `status ${reply.status}`;
  const differs = difference(expectation, reply);
  if (differs !== undefined || !isOtherVersion(versionId, reply, head)) return differs;
  return `another version (${reply.versionId ?? reply.etag ?? reply.crc64}) than ${versionId}`;
}

/** The archive key is taken: `--if-exists` says what follows from it. Undefined: fetch and put. */
function whereTaken(expectation: Expectation, there: ObjectInfo, { options, run }: Rules): Step | undefined {
  const { ifExists } = options;
  const ours = there.headers[provenanceRun] === run;
  if (ifExists === "keep" && !ours) return { kind: "end", verdict: { kind: "kept", there } };
  if (ifExists === "overwrite" && !ours) return undefined;
  if (tellsTooLittle(expectation, there)) return learnExpectation;
  if (holdsOriginal(expectation, there) && (ours || ifExists !== "overwrite")) {
    return { kind: "end", verdict: { kind: "already-there", there, ours } };
  }
  if (ifExists === "keep") return { kind: "end", verdict: { kind: "kept", there } };
  return ifExists === "fail" ? { kind: "end", verdict: { kind: "taken", there } } : undefined;
}

/**
 * Could a HEAD of the source settle what the expectation can't? It costs a trifle beside the fetch that it may save; an
 * encrypted archive, for one, tells a CRC64 but no MD5.
 */
function tellsTooLittle(expectation: Expectation, there: ObjectInfo): boolean {
  if (expectation.from === "head") return false;
  if (expectation.size === undefined || chooseProof(expectation, "auto", true) === undefined) return true;
  return expectation.from === "row" && mayHold(expectation, there) && !holdsOriginal(expectation, there);
}

/** An empty original needs no fetch: its HEAD says all there is. */
function whereEmpty({ head, expectation }: Knowledge): Step {
  if (head === undefined) return learnMetadata;
  const { size } = head;
  const wrong = size === 0 ? difference(expectation, head) : `${size} ${nounOf(size ?? 0, "byte")} instead of 0`;
  return wrong === undefined ? putEmpty : { kind: "look-again", wrong, reply: undefined };
}

/** @param why the rest of a sentence about what the archive holds */
export const historyImpossible = (why: string) =>
  fail(
    "HistoryImpossible",
    `what the archive holds under the key can't be copied to the history, so it is left as it is: ${why}`,
  );

const fail = (code: Code, message: string) =>
  ({ kind: "end", verdict: { kind: "failed", code, message } }) as const satisfies Step;

const sourceNeverRests = fail("SourceChanged", "the source changed each time it was fetched; archive it when it rests");

const digests = "a CRC64 or an MD5";

const noProof = (lacks: string): Step =>
  fail(
    "NoProof",
    `nothing but the reply itself tells ${lacks} of the original, so its bytes can't be proven; --proof size would accept its length alone`,
  );

const lengthAlone = fail(
  "NoProof",
  "the reply tells neither ETag nor CRC64, so not which object it brings, and the source tells no CRC64 or MD5 to prove it by; its length alone proves nothing",
);
