/** What one question of a probe settles, from the replies to it. Pure; what they leave open is said, with why. */
import type { CiStatus } from "../../cos/ci-binding.ts";
import type { SlimSetting } from "../../cos/smart-compression.ts";
import type { FindingName, FindingValue } from "../../emulator/faults/findings.ts";
import { needOf } from "../../vocabulary/permissions.ts";
import {
  type Answer,
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
export type Verdict<Name extends FindingName> =
  | { readonly value: FindingValue<Name>; readonly by?: Said | undefined }
  | { readonly unknown: string; readonly by?: Said | undefined };

const hidden = `the bucket's "4xx image setting" answers with a picture in its place`;
export const noImage = "no image was there to try";
const notProtected = "no protected image was there to try";

export function answered<Name extends FindingName>(
  answer: Answer | undefined,
  verdict: (said: Said) => Verdict<Name>,
): Verdict<Name> {
  if (answer === undefined) return { unknown: noImage };
  return isSaid(answer) ? verdict(answer) : { unknown: answer.unanswered };
}

export function protect({ protection, suffixes, missingUnsigned }: ProbeReplies): Verdict<"protect"> {
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

export function upperCase({
  upperCase: tried,
  suffixes,
  missingUnsigned,
}: ProbeReplies): Verdict<"suffixCaseSensitive"> {
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
export function refusalOfGets({ plainSigned, plainUnsigned }: ImageReplies, missing: Answer): Said | undefined {
  if (isSaid(plainSigned) && isRefused(plainSigned)) return plainSigned;
  const shows = isProtectedBy(plainUnsigned, undefined, missing) === true;
  return shows && isSaid(plainUnsigned) && isRefused(plainUnsigned) ? plainUnsigned : undefined;
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
  return answered(image.plainSigned, (said) => ({ value: isServed(said) ? "allow" : "refuse", by: said }));
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
  if ("is" in binding && binding.is !== "on") return { unknown: "the bucket is not bound to Cloud Infinite" };
  return answered(image?.style, (said) => {
    const plain = image?.plainSigned;
    if (!isSaid(plain)) return { unknown: "the plain GET to compare with was not answered", by: said };
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

type Whole =
  | { readonly said: Said; readonly unknown?: undefined }
  | { readonly unknown: string; readonly by?: Said | undefined; readonly said?: undefined };

/** Nothing is to be learnt of variations of what is refused itself. */
export function original(image: ImageReplies | undefined): Whole {
  if (image === undefined) return { unknown: noImage };
  const { original: said } = image;
  if (!isSaid(said)) return { unknown: said.unanswered };
  if (isServed(said)) return { said };
  return { unknown: "originImage itself did not bring the image", by: said };
}

/** Of what an object need not have: that it has it is told by its HEAD, by a plain GET, or by its copy. */
export function header<Name extends "originImageSendsCrc64" | "originImageSendsMeta">(
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

export function range(said: Said): Verdict<"originImageHonoursRange"> {
  if (said.status === 206) return { value: true, by: said };
  if (isServed(said)) return { value: false, by: said };
  return { unknown: "it was refused", by: said };
}

export function heeded(said: Said): { readonly value: boolean; readonly by: Said } {
  return { value: !isServed(said), by: said };
}

export function slim({ slim: setting, image }: ProbeReplies): Verdict<"smartCompression"> {
  const { original: whole, plainSigned } = image ?? {};
  if (isSaid(whole) && whole.brought === "slim") return { value: "every" };
  if (isSaid(plainSigned) && plainSigned.brought === "slim") return { value: "plain" };
  if ("is" in setting) return { value: setting.is.auto ? "plain" : "off" };
  if (isSaid(plainSigned) && isServed(plainSigned)) return { value: "off" };
  return { unknown: setting.unanswered };
}

export function ci({ ci: binding, image }: ProbeReplies): Verdict<"ciBound"> {
  if ("is" in binding) {
    return binding.is === "unbinding" ? { unknown: "it is being unbound" } : { value: binding.is === "on" };
  }
  const whole = image?.original;
  if (isSaid(whole) && isServed(whole)) return { value: true, by: whole };
  return { unknown: binding.unanswered };
}
