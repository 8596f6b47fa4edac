/** Carries out one step of a row: one request, or two side by side, and its result into knowledge. All I/O of a row is here. */
import { readable } from "../../cos/exchange/restored.ts";
import type { HeldBody, ObjectInfo, ObjectResponse } from "../../objects/bucket.ts";
import { type BucketError, isBucketError } from "../../objects/error.ts";
import type { Keeping } from "../../policy/history.ts";
import { judge } from "../../policy/retry.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { quote } from "../../vocabulary/errors.ts";
import { difference, hasChanged, isEncrypted } from "../proof/identity.ts";
import { bringsObjectHeaders } from "./archive-headers.ts";
import { overrule } from "./bad-digest.ts";
import { archiveAnswered, keptStands, replacedMeanwhile } from "./from-archive.ts";
import { completed, fetched, foundEmpty, heldWhole, learned, lookedAgain, plainRefused } from "./from-source.ts";
import { notRestored, restoreAnswered, restoreLost } from "./frozen.ts";
import type { Knowledge } from "./knowledge.ts";
import { historyImpossible, type Step } from "./next-step.ts";
import { pacedBody } from "./pace.ts";
import { putEmpty, putFetched } from "./put-step.ts";
import {
  beforeTry,
  bytesAhead,
  copyInArchive,
  fetchOriginal,
  headArchive,
  headSource,
  restoreSource,
} from "./requests.ts";
import { after, known, type RowWork, type StepResult } from "./step-result.ts";
import type { Task, TaskContext } from "./task.ts";

/** Never rejects for what a request did: that is a result. */
export function doStep(step: Exclude<Step, { kind: "end" }>, knowledge: Knowledge, row: RowWork): Promise<StepResult> {
  const { task, context, rules } = row;
  switch (step.kind) {
    case "fetch":
      return fetchStep(step, knowledge, row);
    case "restore":
      return after(
        knowledge,
        "source.restore",
        restoreSource(step, task, context, knowledge.head?.size ?? knowledge.expectation.size),
        (answer) => restoreAnswered(knowledge, step, answer, rules),
        restoreLost(knowledge, step),
      );
    case "keep":
      return keepReplaced(step.there, step.to, knowledge, row);
    case "put":
      return putFetched(step.proof, step.size, knowledge, row);
    case "put-empty":
      return putEmpty(knowledge, row);
    case "ask-archive":
      return after(knowledge, "archive.head", headArchive(task, context), (there) => archiveAnswered(knowledge, there));
    case "learn": {
      if (step.what === "metadata") return learnMetadata(knowledge, row);
      return after(knowledge, "source.head", headTwice(task, context), (head) => learned(knowledge, head, rules));
    }
    case "look-again":
      return after(knowledge, "source.head", headSource(task, context), (head) =>
        secondLook(knowledge, step.wrong, step.reply, head, row),
      );
    case "hold": {
      const { body } = knowledge;
      if (body?.kind !== "stream") return Promise.resolve(known(knowledge));
      const paced = pacedBody(body.stream, context.pace, context.signal);
      return after(knowledge, "source.get", collect(paced, step.size), (bytes) =>
        heldWhole(knowledge, bytes, body.reply),
      );
    }
  }
}

/** Where it was to be expected that a HEAD is refused, and the fetch tells of the object, that has to do. */
async function learnMetadata(knowledge: Knowledge, { task, context }: RowWork): Promise<StepResult> {
  const told = await after(knowledge, "source.head", headSource(task, context), (head) => ({ ...knowledge, head }));
  if (told.kind !== "failed" || !isBucketError(told.thrown) || judge(told.thrown) !== "refused") return told;
  const { body, unheard } = knowledge;
  if (unheard || (body !== undefined && !bringsObjectHeaders(body.reply))) return told;
  return context.metadataTrust.headRefused?.() === true ? known({ ...knowledge, unheard: true }) : told;
}

/**
 * Copies what the archive holds out of the way. A copy that is refused for good ends the row, and nothing is put; where the object is
 * another one by then, the archive is looked at again.
 */
async function keepReplaced(
  there: ObjectInfo,
  to: Keeping,
  knowledge: Knowledge,
  { task, context }: RowWork,
): Promise<StepResult> {
  let copy: ObjectInfo;
  try {
    copy = await copyInArchive(to, there, task, context);
  } catch (thrown) {
    const verdict = isBucketError(thrown) ? judge(thrown) : undefined;
    if (isBucketError(thrown) && (thrown.code === "PreconditionFailed" || isMissing(thrown)))
      return known(replacedMeanwhile(knowledge));
    if (!isBucketError(thrown) || (verdict !== "terminal" && verdict !== "refused") || context.signal?.aborted)
      return { kind: "failed", knowledge, thrown, by: "archive.put" };
    return known({ ...knowledge, verdict: historyImpossible(`${thrown.message} (${thrown.code})`).verdict });
  }
  // The ETag of what is encrypted need be no MD5, and another one.
  const etag = isEncrypted(there) || context.options.encryption !== undefined ? undefined : there.etag;
  const wrong = difference({ etag, crc64: there.crc64, from: "head" }, copy);
  if (wrong === undefined) return known(keptStands(knowledge, there, copy.standing));
  return known({ ...knowledge, verdict: historyImpossible(`the copy ${quote(to.key)} has ${wrong}`).verdict });
}

/** The image service refuses an empty object with this X-ErrNo: nothing needs to be fetched to archive it. */
const EMPTY_ORIGINAL = -40168;

async function fetchStep(
  { learn, plain }: Extract<Step, { kind: "fetch" }>,
  knowledge: Knowledge,
  { task, context, rules }: RowWork,
): Promise<StepResult> {
  const heads = learn ? headTwice(task, context) : undefined;
  heads?.catch(() => undefined);
  let reply: ObjectResponse;
  try {
    reply = await fetchOriginal(task, context, knowledge.expectation.size, plain);
  } catch (thrown) {
    let unlearned: unknown;
    const head = await heads?.catch((its: unknown) => {
      unlearned = its;
      return undefined;
    });
    const now = head === undefined ? knowledge : learned(knowledge, head, rules);
    if (now.verdict !== undefined) return known(now);
    const failed: StepResult = { kind: "failed", knowledge: now, thrown, by: "source.get" };
    if (!isBucketError(thrown)) return failed;
    if (plain && isOfPlainGets(thrown)) return known(plainRefused(now));
    if (thrown.code === "PlaceholderReply") {
      if (now.head !== undefined) return failed;
      const why =
        unlearned ??
        (await headSource(task, context).then(
          () => undefined,
          (its: unknown) => its,
        ));
      return isMissing(why) ? { ...failed, thrown: why, by: "source.head" } : failed;
    }
    // Neither the row nor, in time, a HEAD had told that it is in an archive class.
    if (thrown.code === "InvalidObjectState") {
      const state = readable(now.head, now.storageClass);
      if (rules.options.archivedClass === "skip") {
        return known({ ...now, verdict: notRestored(now, state === "being-restored" ? state : "no", rules) });
      }
      // A restored copy may have ended since the HEAD. Where a HEAD after the refusal says that it can be read, one more would say the same.
      const told = now.frozen && now.head !== undefined && state === "yes";
      if (rules.options.archivedClass === "restore" && !told && !now.restored)
        return known({ ...now, frozen: true, head: state === "yes" ? undefined : now.head });
    }
    if (thrown.errNo !== EMPTY_ORIGINAL) return failed;
    if (now.head !== undefined) return now.head.size === 0 ? known(foundEmpty(now, now.head)) : failed;
    const looked = await after(now, "source.head", headSource(task, context), (its) => foundEmpty(now, its));
    return looked.kind === "known" && looked.knowledge.head?.size !== 0 ? failed : looked;
  }
  const at = isoTime(context.clock.now());
  const came = reply.kind === "bytes" ? bytesOf(reply) : 0;
  const turn = context.pace.received(came - bytesAhead(knowledge.expectation.size), context.signal);
  if (turn !== undefined) await turn;
  // Kept from here on: whatever fails next, these bytes are paid for.
  const now = fetched(knowledge, reply, at, rules);
  return heads === undefined ? known(now) : after(now, "source.head", heads, (head) => learned(now, head, rules));
}

/**
 * Was it refused for good, and not because nothing is there, or only after a restore? So protected images are, by number or by words, and
 * what Smart Compression made smaller is; whatever else is refused so, originImage says for certain.
 */
function isOfPlainGets(thrown: BucketError): boolean {
  const verdict = judge(thrown);
  return (
    (verdict === "terminal" || verdict === "refused") && thrown.status !== 404 && thrown.code !== "InvalidObjectState"
  );
}

const bytesOf = ({ bytes, more = [] }: Extract<ObjectResponse, { kind: "bytes" }>): number =>
  more.reduce((sum, { length }) => sum + length, bytes.length);

/** What a placeholder does not tell: there is no such object. */
const isMissing = (thrown: unknown): boolean => isBucketError(thrown) && thrown.status === 404 && !thrown.retryable;

/**
 * A HEAD costs little beside the fetch that would be lost with it: one that failed is sent once more, at once, or after the
 * pause where it came too fast.
 */
function headTwice(task: Task, context: TaskContext): Promise<ObjectInfo> {
  return headSource(task, context).catch(async (thrown: unknown) => {
    if (!isBucketError(thrown) || !thrown.retryable) throw thrown;
    if (thrown.throttled) await beforeTry(context);
    return headSource(task, context);
  });
}

/** What a fresh HEAD says of bytes that are not believed: by the archive, because of their MD5, or by what they are. */
function secondLook(
  knowledge: Knowledge,
  wrong: string,
  reply: ObjectInfo | undefined,
  head: ObjectInfo,
  row: RowWork,
): Knowledge {
  const { doubt } = knowledge;
  if (doubt?.kind !== "bad-digest" || hasChanged(knowledge.expectation, head)) {
    return lookedAgain(knowledge, wrong, reply, head, row.rules);
  }
  const now: Knowledge = { ...knowledge, head, expectation: completed(knowledge.expectation, head) };
  return overrule(now, doubt.reply, row) ?? lookedAgain(now, wrong, reply, head, row.rules);
}

/** At most one chunk more than `size`, which is enough to see that it is more. */
async function collect(stream: AsyncIterable<Uint8Array>, size: number): Promise<HeldBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
    length += chunk.length;
    if (length > size) break;
  }
  return chunks;
}
