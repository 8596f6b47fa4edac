/** What the replies of a probe settle, switch by switch. Pure; what they leave open is said, with why, and keeps the emulator's default. */
import type { CiStatus } from "../../cos/ci-binding.ts";
import type { SlimSetting } from "../../cos/smart-compression.ts";
import type { FindingName, FindingValue, FoundReply, ProbeFinding } from "../../emulator/faults/findings.ts";
import { largestImage } from "../../vocabulary/limits.ts";
import {
  type Answer,
  foundReply,
  isAlike,
  isProtectedBy,
  isRefused,
  isSaid,
  isServed,
  isStandIn,
  protectionErrNo,
  type Said,
} from "./probe-replies.ts";

export interface SuffixReplies {
  readonly suffix: string;
  readonly unsigned: Answer;
  readonly signed?: Answer | undefined;
}

/** Of one image: protected, where any is. */
export interface ImageReplies {
  readonly suffix: string;
  readonly plainUnsigned: Answer;
  readonly plainSigned: Answer;
  readonly head: Answer;
  readonly style: Answer;
  readonly originalUnsigned: Answer;
  readonly original: Answer;
  readonly part: Answer;
  readonly ifMatch: Answer;
  readonly version: Answer;
  readonly copy: Answer;
  /** Sent only where they are needed to understand the HEAD, and the copy: the same of what can't be protected. */
  readonly headOfOther?: Answer | undefined;
  readonly copyOfOther?: Answer | undefined;
}

/** What a setting of the bucket is, or why it could not be told. */
export type Setting<T> = { readonly is: T } | { readonly unanswered: string };

export interface ProbeReplies {
  readonly protection: Setting<boolean>;
  readonly slim: Setting<SlimSetting>;
  readonly ci: Setting<CiStatus>;
  /** Plain and unsigned, of a key that is not there and no image's. */
  readonly missingUnsigned: Answer;
  /** originImage of an image that is not there. */
  readonly missingOriginal: Answer;
  readonly suffixes: readonly SuffixReplies[];
  readonly upperCase: SuffixReplies | undefined;
  /** Undefined where there is none. */
  readonly image: ImageReplies | undefined;
  readonly empty: Answer;
  readonly other: Answer;
  readonly large: Answer;
}

/** What is found out of one question. */
type Verdict<Name extends FindingName> =
  | { readonly value: FindingValue<Name>; readonly by?: Said | undefined }
  | { readonly unknown: string; readonly by?: Said | undefined };

const hidden = `the bucket's "4xx image setting" answers with a picture in its place`;
const noImage = "no image was there to try";
const notProtected = "no protected image was there to try";

export function findingsOf(replies: ProbeReplies): readonly ProbeFinding[] {
  const { image, missingUnsigned } = replies;
  const protectedImage =
    image !== undefined && isProtectedBy(image.plainUnsigned, image.plainSigned, missingUnsigned) === true
      ? image
      : undefined;
  const ofGets = protectedImage && refusalOfGets(protectedImage, missingUnsigned);
  const copied = copy(protectedImage, ofGets);
  const looked = head(protectedImage);
  // Of the plain GETs, else of the copy or the HEAD, where that is the protection's.
  const refusal = ofGets ?? refusingOne(copied) ?? refusingOne(looked);
  const found: ProbeFinding[] = [];
  const tell = <Name extends FindingName>(name: Name, request: string, verdict: Verdict<Name>) => {
    const reply: { readonly reply?: FoundReply } = verdict.by === undefined ? {} : { reply: foundReply(verdict.by) };
    const known = "value" in verdict ? { value: verdict.value } : { value: null, unknown: verdict.unknown };
    found.push({ switch: name, ...known, request, ...reply });
  };

  tell("protect", "GET /?origin-protect, and plain GETs of an image of each suffix", protect(replies));
  tell("suffixCaseSensitive", "plain GET of an image whose suffix is in upper case", upperCase(replies));
  const ofRefusal = "plain GET of a protected image";
  tell(
    "protectionStatusFor154",
    ofRefusal,
    ofRefused(protectedImage, refusal, ({ status }) => status),
  );
  tell(
    "protectionCode",
    ofRefusal,
    ofRefused(protectedImage, refusal, ({ code }) => code),
  );
  tell(
    "protectionMessage",
    ofRefusal,
    ofRefused(protectedImage, refusal, ({ words }) => words),
  );
  tell(
    "protectionSendsErrNo",
    ofRefusal,
    ofRefused(protectedImage, refusal, ({ errNo }) => errNo === protectionErrNo),
  );
  tell("signedPlainGetOfProtected", "signed plain GET of a protected image", signedPlain(protectedImage));
  tell("headOfProtected", "HEAD of a protected image", looked);
  tell("styleParameter", "signed GET with style= and the name of no style", style(replies, image));
  tell("copyOfProtected", "server-side copy of a protected image into the ledger's folder", copied);

  const whole = original(image);
  const tells = <Name extends FindingName>(name: Name, verdict: (said: Said) => Verdict<Name>) =>
    tell(name, "originImage", whole.said === undefined ? whole : verdict(whole.said));
  tells("originImageNamesRequest", (said) => ({ value: said.tells.requestId, by: said }));
  tells("originImageSendsEtag", (said) => ({ value: said.tells.etag, by: said }));
  if (image === undefined) {
    tell("originImageSendsCrc64", "originImage", { unknown: noImage });
    tell("originImageSendsMeta", "originImage", { unknown: noImage });
  } else {
    tells("originImageSendsCrc64", (said) => header(said, image, "crc64"));
    tells("originImageSendsMeta", (said) => header(said, image, "meta"));
  }
  tells("originImageSendsLastModified", (said) => ({ value: said.tells.lastModified, by: said }));
  tells("originImageSendsContentLength", (said) => ({ value: said.tells.contentLength, by: said }));

  const asked = <Name extends FindingName>(
    name: Name,
    request: string,
    answer: Answer | undefined,
    verdict: (said: Said) => Verdict<Name>,
  ) => tell(name, request, whole.said === undefined ? whole : answered(answer, verdict));
  asked("anonymousOriginImage", "originImage without a signature", image?.originalUnsigned, (said) => ({
    value: isServed(said) ? "allow" : "refuse",
    by: said,
  }));
  asked("originImageHonoursRange", "originImage with Range", image?.part, range);
  asked("originImageHonoursConditions", "originImage with an If-Match that fails", image?.ifMatch, heeded);
  asked("originImageHonoursVersionId", "originImage of a version that there is not", image?.version, heeded);
  const inVain = whole.said === undefined && image !== undefined ? whole : undefined;
  const ofSample = <Name extends FindingName>(
    name: Name,
    request: string,
    answer: Answer,
    verdict: (said: Said) => Verdict<Name>,
  ) => tell(name, request, inVain ?? answered(answer, verdict));
  const served = (said: Said) => ({ value: isServed(said) ? "serve" : "refuse", by: said }) as const;
  ofSample("emptyOriginImage", "originImage of an empty object", replies.empty, served);
  ofSample("originImageOfOthers", "originImage of an object that is no image", replies.other, served);
  ofSample("originImageMaxBytes", "originImage of an image above 32 MB", replies.large, (said) => ({
    value: isServed(said) ? 0 : largestImage,
    by: said,
  }));
  const gone = "originImage of an image that is not there";
  tell(
    "fourXxDisplay",
    gone,
    answered(replies.missingOriginal, (said) => ({
      value: isStandIn(said) ? "placeholder" : "code",
      by: said,
    })),
  );
  tell(
    "placeholderSendsErrNo",
    gone,
    answered(replies.missingOriginal, (said) =>
      isStandIn(said)
        ? { value: said.errNo !== undefined, by: said }
        : { unknown: "no picture came in its place", by: said },
    ),
  );
  tell("smartCompression", "GET /?image-slim, and what GETs brought", slim(replies));
  tell("ciBound", "GET / of the bucket's ci host", ci(replies));
  return found;
}

function answered<Name extends FindingName>(
  answer: Answer | undefined,
  verdict: (said: Said) => Verdict<Name>,
): Verdict<Name> {
  if (answer === undefined) return { unknown: noImage };
  return isSaid(answer) ? verdict(answer) : { unknown: answer.unanswered };
}

function protect({ protection, suffixes, missingUnsigned }: ProbeReplies): Verdict<"protect"> {
  const status = "is" in protection ? (protection.is ? "on" : "off") : null;
  const of = (wanted: boolean) =>
    suffixes
      .filter(({ unsigned, signed }) => isProtectedBy(unsigned, signed, missingUnsigned) === wanted)
      .map(({ suffix }) => suffix as FindingValue<"protect">["refused"][number])
      .sort();
  const value = { status, refused: of(true), served: of(false) } as const;
  if (status !== null || suffixes.length > 0) return { value };
  return { unknown: "unanswered" in protection ? protection.unanswered : noImage };
}

function upperCase({ upperCase: tried, suffixes, missingUnsigned }: ProbeReplies): Verdict<"suffixCaseSensitive"> {
  if (tried === undefined) return { unknown: "no image whose suffix is in upper case was there to try" };
  const lower = suffixes.find(({ suffix }) => suffix === tried.suffix);
  if (lower === undefined || isProtectedBy(lower.unsigned, lower.signed, missingUnsigned) !== true) {
    return { unknown: "no protected image with the same suffix in lower case was there to compare with" };
  }
  const covered = isProtectedBy(tried.unsigned, tried.signed, missingUnsigned);
  if (covered === undefined) return { unknown: "the plain GET was not answered" };
  return { value: !covered, by: isSaid(tried.unsigned) ? tried.unsigned : undefined };
}

/** What the protection itself said to a plain GET. */
function refusalOfGets({ plainSigned, plainUnsigned }: ImageReplies, missing: Answer): Said | undefined {
  if (isSaid(plainSigned) && isRefused(plainSigned)) return plainSigned;
  const shows = isProtectedBy(plainUnsigned, undefined, missing) === true;
  return shows && isSaid(plainUnsigned) && isRefused(plainUnsigned) ? plainUnsigned : undefined;
}

const refusingOne = (verdict: Verdict<"copyOfProtected"> | Verdict<"headOfProtected">): Said | undefined =>
  "value" in verdict && verdict.value === "refuse" ? verdict.by : undefined;

function ofRefused<Name extends FindingName>(
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

function signedPlain(image: ImageReplies | undefined): Verdict<"signedPlainGetOfProtected"> {
  if (image === undefined) return { unknown: notProtected };
  return answered(image.plainSigned, (said) => ({ value: isServed(said) ? "allow" : "refuse", by: said }));
}

function head(image: ImageReplies | undefined): Verdict<"headOfProtected"> {
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
    return { unknown: "it was refused as one is who may not send it (cos:HeadObject)", by: said };
  });
}

function style({ ci: binding }: ProbeReplies, image: ImageReplies | undefined): Verdict<"styleParameter"> {
  if ("is" in binding && binding.is !== "on") return { unknown: "the bucket is not bound to Cloud Infinite" };
  return answered(image?.style, (said) => {
    const plain = image?.plainSigned;
    if (!isSaid(plain)) return { unknown: "the plain GET to compare with was not answered", by: said };
    if (isStandIn(said) && isStandIn(plain)) return { unknown: hidden, by: said };
    return { value: isAlike(said, plain) ? "ignored" : "read", by: said };
  });
}

function copy(image: ImageReplies | undefined, refusal: Said | undefined): Verdict<"copyOfProtected"> {
  if (image === undefined) return { unknown: notProtected };
  return answered(image.copy, (said) => {
    if (isServed(said)) return { value: "allow", by: said };
    if (!isRefused(said)) return { unknown: "what the copy holds is not the image", by: said };
    const same = refusal !== undefined && refusal.code === said.code && refusal.words === said.words;
    const othersGo = isSaid(image.copyOfOther) && isServed(image.copyOfOther);
    if (said.errNo === protectionErrNo || same || othersGo) return { value: "refuse", by: said };
    return {
      unknown: "it was refused as one is who may not read the source with the archive's credentials (cos:GetObject)",
      by: said,
    };
  });
}

type Whole =
  | { readonly said: Said; readonly unknown?: undefined }
  | { readonly unknown: string; readonly by?: Said | undefined; readonly said?: undefined };

/** Nothing is to be learnt of variations of what is refused itself. */
function original(image: ImageReplies | undefined): Whole {
  if (image === undefined) return { unknown: noImage };
  const { original: said } = image;
  if (!isSaid(said)) return { unknown: said.unanswered };
  if (isServed(said)) return { said };
  return { unknown: "originImage itself did not bring the image", by: said };
}

/** Of what an object need not have: that it has it is told by its HEAD, by a plain GET, or by its copy. */
function header<Name extends "originImageSendsCrc64" | "originImageSendsMeta">(
  said: Said,
  { head: looked, plainSigned, copy: copied }: ImageReplies,
  name: "crc64" | "meta",
): Verdict<Name> {
  if (said.tells[name]) return { value: true as FindingValue<Name>, by: said };
  const witnesses = [looked, plainSigned, copied].filter((each) => isSaid(each)).filter((each) => !isRefused(each));
  if (witnesses.some(({ tells }) => tells[name])) return { value: false as FindingValue<Name>, by: said };
  const has = { crc64: "CRC64", meta: "metadata" }[name];
  return {
    unknown: witnesses.length === 0 ? `nothing tells whether the image has ${has}` : `the image has no ${has}`,
    by: said,
  };
}

function range(said: Said): Verdict<"originImageHonoursRange"> {
  if (said.status === 206) return { value: true, by: said };
  if (isServed(said)) return { value: false, by: said };
  return { unknown: "it was refused", by: said };
}

function heeded(said: Said): { readonly value: boolean; readonly by: Said } {
  return { value: !isServed(said), by: said };
}

function slim({ slim: setting, image }: ProbeReplies): Verdict<"smartCompression"> {
  const { original: whole, plainSigned } = image ?? {};
  if (isSaid(whole) && whole.brought === "slim") return { value: "every" };
  if (isSaid(plainSigned) && plainSigned.brought === "slim") return { value: "plain" };
  if ("is" in setting) return { value: setting.is.auto ? "plain" : "off" };
  if (isSaid(plainSigned) && isServed(plainSigned)) return { value: "off" };
  return { unknown: setting.unanswered };
}

function ci({ ci: binding, image }: ProbeReplies): Verdict<"ciBound"> {
  if ("is" in binding) {
    return binding.is === "unbinding" ? { unknown: "it is being unbound" } : { value: binding.is === "on" };
  }
  const whole = image?.original;
  if (isSaid(whole) && isServed(whole)) return { value: true, by: whole };
  return { unknown: binding.unanswered };
}
