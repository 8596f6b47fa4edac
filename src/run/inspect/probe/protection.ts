/** What is settled about Original Image Protection: what it covers, how it refuses, and what gets round it. Pure. */
import type { FindingName, FindingValue } from "../../../emulator/faults/findings.ts";
import { needOf } from "../../../vocabulary/permissions.ts";
import {
  type Controls,
  isAlike,
  isDenied,
  isProtectedBy,
  isRefused,
  isSaid,
  isServed,
  isStandIn,
  protectionErrNo,
  type Said,
} from "./replies.ts";
import {
  answered,
  hidden,
  type ImageReplies,
  noImage,
  notProtected,
  notReadable,
  type ProbeReplies,
  type SuffixReplies,
  type Verdict,
} from "./verdicts.ts";

/** Is this image protected? originImage of it, where that was asked, tells whether it may be read at all. */
export const isCovered = (
  { plainUnsigned, plainSigned, original: whole }: ImageReplies,
  controls: Controls,
): boolean | undefined => isProtectedBy({ unsigned: plainUnsigned, signed: plainSigned, original: whole }, controls);

const isLower = ({ key, suffix }: SuffixReplies) => key.endsWith(suffix);

export function protect({ protection, suffixes, controls, image }: ProbeReplies): Verdict<"protect"> {
  const status = "is" in protection ? (protection.is ? "on" : "off") : null;
  const covered = (each: SuffixReplies) =>
    each.suffix === image?.suffix ? isCovered(image, controls) : isProtectedBy(each, controls);
  const named = (all: readonly SuffixReplies[]) =>
    all.map(({ suffix }) => suffix as FindingValue<"protect">["refused"][number]).sort();
  const refused = named(suffixes.filter((each) => covered(each) === true));
  // What is served by a name in upper case may be protected in lower case.
  const served = named(suffixes.filter((each) => covered(each) === false && isLower(each)));
  if (status !== null || refused.length + served.length > 0) return { value: { status, refused, served } };
  return { unknown: image === undefined ? noImage : "unanswered" in protection ? protection.unanswered : noImage };
}

export function upperCase({ upperCase: tried, suffixes, controls }: ProbeReplies): Verdict<"suffixCaseSensitive"> {
  if (tried === undefined) {
    return { unknown: "no image whose suffix is in upper case was there to try, beside a protected one in lower case" };
  }
  const covered = isProtectedBy(tried, controls);
  if (covered === undefined) return { unknown: "the plain GET was not answered, or as one is who may not read it" };
  const by = [tried.signed, tried.unsigned].find((each) => isSaid(each));
  // Suffixes are protected by their names in lower case (document 460/30121).
  if (covered) return { value: false, by };
  const lower = suffixes.find((each) => each.suffix === tried.suffix && isLower(each));
  if (lower !== undefined && isProtectedBy(lower, controls) === true) return { value: true, by };
  return { unknown: "no protected image with the same suffix in lower case was there to compare with" };
}

/** Refused as whoever may not read is, and originImage did not come either. */
const mayNotRead = ({ plainSigned, original: whole }: ImageReplies): boolean =>
  isSaid(plainSigned) && isDenied(plainSigned) && !(isSaid(whole) && isServed(whole));
/** What the protection itself said to a plain GET: by its number where any has that. */
export function refusalOfGets(image: ImageReplies): Said | undefined {
  const { plainSigned, plainUnsigned } = image;
  const refusals = [plainSigned, plainUnsigned].filter((each) => isSaid(each)).filter(isRefused);
  const numbered = refusals.find(({ errNo }) => errNo === protectionErrNo);
  if (numbered !== undefined) return numbered;
  return refusals.find((each) => each !== plainSigned || !mayNotRead(image));
}

export const refusingOne = (verdict: Verdict<"copyOfProtected"> | Verdict<"headOfProtected">): Said | undefined =>
  "value" in verdict && verdict.value === "refuse" ? verdict.by : undefined;

export function ofRefused<Name extends FindingName>(
  image: ImageReplies | undefined,
  refusal: Said | undefined,
  value: (refusal: Said) => FindingValue<Name> | undefined,
): Verdict<Name> {
  if (image === undefined) return { unknown: notProtected };
  if (refusal === undefined) return { unknown: hidden };
  const found = value(refusal);
  return found === undefined
    ? { unknown: "the refusal brought no error document", by: refusal }
    : { value: found, by: refusal };
}

export function signedPlain(image: ImageReplies | undefined): Verdict<"signedPlainGetOfProtected"> {
  if (image === undefined) return { unknown: notProtected };
  return answered(image.plainSigned, (said) =>
    said.errNo !== protectionErrNo && mayNotRead(image)
      ? { unknown: notReadable, by: said }
      : { value: isServed(said) ? "allow" : "refuse", by: said },
  );
}

export function head(image: ImageReplies | undefined): Verdict<"headOfProtected"> {
  if (image === undefined) return { unknown: notProtected };
  return answered(image.head, (said) => {
    if (!isRefused(said)) return { value: "metadata", by: said };
    const { headOfOther, original: whole } = image;
    // Whoever may HEAD another object, or hears that it is not there, has the permission.
    const permitted = isSaid(headOfOther) && (!isRefused(headOfOther) || headOfOther.status === 404);
    const there = isSaid(whole) && isServed(whole);
    if (said.errNo === protectionErrNo || (permitted && (said.status !== 404 || there))) {
      return { value: "refuse", by: said };
    }
    return { unknown: `it was refused as one is who may not send it (${needOf("cos", "head")})`, by: said };
  });
}

export function style({ ci: binding }: ProbeReplies, image: ImageReplies | undefined): Verdict<"styleParameter"> {
  if (binding !== undefined && "is" in binding && binding.is !== "on")
    return { unknown: "the bucket is not bound to Cloud Infinite" };
  return answered(image?.style, (said) => {
    const plain = image?.plainSigned;
    if (!isSaid(plain)) return { unknown: "the plain GET to compare with was not answered", by: said };
    if (image !== undefined && mayNotRead(image)) return { unknown: notReadable, by: said };
    if (isStandIn(said) && isStandIn(plain)) return { unknown: hidden, by: said };
    return { value: isAlike(said, plain) ? "ignored" : "read", by: said };
  });
}

export function copy(image: ImageReplies | undefined, refusal: Said | undefined): Verdict<"copyOfProtected"> {
  if (image === undefined) return { unknown: notProtected };
  return answered(image.copy, (said) => {
    if (isServed(said)) return { value: "allow", by: said };
    if (!isRefused(said)) return { unknown: "what the copy holds is not the image", by: said };
    const same = refusal !== undefined && refusal.code === said.code && refusal.words === said.words;
    const othersGo = isSaid(image.copyOfOther) && isServed(image.copyOfOther);
    if (said.errNo === protectionErrNo || same || othersGo) return { value: "refuse", by: said };
    return {
      unknown: `it was refused as one is who may not read the source with the archive's credentials (${needOf("cos", "get")})`,
      by: said,
    };
  });
}
