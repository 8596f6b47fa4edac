/** What one question of a probe settles, from the replies to it. Pure; what they leave open is said, with why. */
import type { CiStatus } from "../../../cos/ci-binding.ts";
import type { SlimSetting } from "../../../cos/smart-compression.ts";
import type { FindingName, FindingValue } from "../../../emulator/faults/findings.ts";
import { needOf } from "../../../vocabulary/permissions.ts";
import {
  type Answer,
  type Controls,
  isDenied,
  isOfObject,
  isRefused,
  isSaid,
  isServed,
  isStandIn,
  type Said,
  type Tells,
} from "./replies.ts";

/** Of an image that was tried for its suffix, which is in lower case here. */
export interface SuffixReplies {
  readonly key: string;
  readonly suffix: string;
  readonly unsigned: Answer;
  readonly signed?: Answer | undefined;
}

/** Of one image: protected, where any is. What an earlier reply settles, or makes vain, was not asked. */
export interface ImageReplies {
  readonly suffix: string;
  readonly plainUnsigned: Answer | undefined;
  readonly plainSigned: Answer;
  readonly head: Answer;
  readonly style: Answer;
  readonly original: Answer;
  readonly originalUnsigned?: Answer | undefined;
  readonly part?: Answer | undefined;
  readonly ifMatch?: Answer | undefined;
  readonly version?: Answer | undefined;
  /** Of a protected image. */
  readonly copy?: Answer | undefined;
  /** Sent only where they are needed to understand the HEAD, and the copy: the same of what can't be protected. */
  readonly headOfOther?: Answer | undefined;
  readonly copyOfOther?: Answer | undefined;
}

/** What a setting of the bucket is, or why it could not be told. */
export type Setting<T> = { readonly is: T } | { readonly unanswered: string };

export interface ProbeReplies {
  readonly protection: Setting<boolean>;
  readonly slim: Setting<SlimSetting>;
  /** Not asked where originImage brought an image. */
  readonly ci: Setting<CiStatus> | undefined;
  readonly controls: Controls;
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

export const hidden = `the bucket's "4xx image setting" answers with a picture in its place`;
export const noImage = "no image was there to try";
export const notReadable = `it was refused as one is who may not read it (${needOf("cos", "get")})`;
export const notProtected = "no protected image was there to try";

export function answered<Name extends FindingName>(
  answer: Answer | undefined,
  verdict: (said: Said) => Verdict<Name>,
): Verdict<Name> {
  if (answer === undefined) return { unknown: noImage };
  return isSaid(answer) ? verdict(answer) : { unknown: answer.unanswered };
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

const has = { etag: "ETag", crc64: "CRC64", meta: "metadata", lastModified: "Last-Modified" } as const;

/**
 * That the image has what its reply lacks is told by its HEAD, by a plain GET, or by its copy. Every object has an ETag and a time: where nothing
 * tells, they are taken to be there.
 */
export function header<
  Name extends
    | "originImageSendsEtag"
    | "originImageSendsCrc64"
    | "originImageSendsMeta"
    | "originImageSendsLastModified",
>(said: Said, image: ImageReplies | undefined, name: keyof typeof has & keyof Tells): Verdict<Name> {
  if (said.tells[name]) return { value: true as FindingValue<Name>, by: said };
  const witnesses = [image?.head, image?.plainSigned, image?.copy]
    .filter((each) => isSaid(each))
    .filter((each) => !isRefused(each) && !isStandIn(each));
  const isNeverAbsent = name === "etag" || name === "lastModified";
  if (witnesses.some(({ tells }) => tells[name]) || (witnesses.length === 0 && isNeverAbsent)) {
    return { value: false as FindingValue<Name>, by: said };
  }
  if (isNeverAbsent)
    return { unknown: `no reply at all has ${has[name]}: something between may take it away`, by: said };
  return {
    unknown:
      witnesses.length === 0 ? `nothing tells whether the image has ${has[name]}` : `the image has no ${has[name]}`,
    by: said,
  };
}

/** Of an object of its own: one that is gone, archived or forbidden says nothing of what was asked. */
export function ofSample<Name extends FindingName>(
  said: Said,
  value: (isServed: boolean) => FindingValue<Name>,
): Verdict<Name> {
  if (isOfObject(said)) return { unknown: "it is gone, or can't be read as it is", by: said };
  if (isDenied(said)) return { unknown: notReadable, by: said };
  return { value: value(isServed(said)), by: said };
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
  if (binding !== undefined && "is" in binding) {
    return binding.is === "unbinding" ? { unknown: "it is being unbound" } : { value: binding.is === "on" };
  }
  const whole = image?.original;
  if (isSaid(whole) && isServed(whole)) return { value: true, by: whole };
  return { unknown: binding?.unanswered ?? noImage };
}
