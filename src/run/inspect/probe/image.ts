/** All that is asked of one image: a protected one where there is any, else the smallest. */
import type { ExactRequest } from "../../../cos/exact-reply.ts";
import { type Asking, namesOf } from "./asking.ts";
import { copyOf, noVersion, removeLeft } from "./copy.ts";
import type { PlainGets } from "./plain-gets.ts";
import type { Probed } from "./probed.ts";
import {
  type Answer,
  isProtectedBy,
  isRefused,
  isSaid,
  isServed,
  type Known,
  knownOf,
  protectionErrNo,
  saidOf,
} from "./replies.ts";
import { type Samples, smallestOf } from "./samples.ts";
import type { ImageReplies, SuffixReplies } from "./verdicts.ts";

const noEtag = '"00000000000000000000000000000000"';
const query = [["ci-process", "originImage"]] as const;

export async function imageOf(
  probed: Probed,
  asking: Asking,
  samples: Samples,
  plain: PlainGets,
  suffixes: readonly SuffixReplies[],
): Promise<ImageReplies | undefined> {
  const asked = suffixes.flatMap(({ suffix }) => samples.bySuffix.get(suffix) ?? []);
  const covered = asked.filter((_, at) => isProtectedBy(suffixes[at]!, plain.controls()) === true);
  const [sample] = smallestOf(covered.length > 0 ? covered : asked);
  if (sample === undefined) return undefined;
  const { suffix, object } = sample;
  const { key } = object;
  const get = (more: Omit<ExactRequest, "key" | "method">, known: Known) =>
    asking.exact({ method: "GET", key, ...more }, known);

  const looked = await asking.source({ method: "HEAD", key });
  // What it tells of the bytes is better than what the listing does.
  const listed = knownOf(object);
  const known = "reply" in looked && looked.reply.status === 200 ? { ...listed, crc64: looked.reply.crc64 } : listed;
  const head = "reply" in looked ? saidOf(looked.reply, known, namesOf(probed.bucket, key)) : looked;
  const { unsigned, signed } = suffixes.find((each) => each.suffix === suffix) ?? {};
  // A refusal is the same of a part.
  const plainSigned = isSaid(signed) && isRefused(signed) ? signed : await get({}, known);
  const original = await get({ query }, known);
  const base = { suffix, plainUnsigned: unsigned, plainSigned, head, original };
  const others = samples.other;
  const asksOther = isSaid(head) && isRefused(head) && head.errNo !== protectionErrNo;
  const more = {
    style: await get({ query: [["style", "cos-originals-probe"]] }, known),
    headOfOther: asksOther ? await asking.exact({ method: "HEAD", key: others?.key ?? plain.nothing }) : undefined,
  };
  // Nothing is to be learnt of variations of what is refused itself.
  const variations: Partial<ImageReplies> =
    isSaid(original) && isServed(original)
      ? {
          originalUnsigned: await get({ query, unsigned: true }, known),
          part: await get({ query, headers: { range: "bytes=0-0" } }, known),
          ifMatch: await get({ query, headers: { "if-match": noEtag } }, known),
          version: await get({ query: [...query, ["versionId", noVersion]] }, known),
        }
      : {};
  const isCovered = isProtectedBy({ unsigned, signed: plainSigned, original }, plain.controls()) === true;
  if (!isCovered) return { ...base, ...more, ...variations };
  await removeLeft(probed);
  const copy = await copyOf(probed, asking, object, known);
  const copiesOther = others !== undefined && isSaid(copy) && isRefused(copy) && copy.errNo !== protectionErrNo;
  const copyOfOther: Answer | undefined = copiesOther
    ? await copyOf(probed, asking, others, knownOf(others))
    : undefined;
  return { ...base, ...more, ...variations, copy, copyOfOther };
}
