/** What the replies of a probe settle, switch by switch. Pure; what they leave open keeps the emulator's default. */
import type { FindingName, FindingValue, FoundReply, ProbeFinding } from "../../../emulator/faults/findings.ts";
import { largestImage } from "../../../vocabulary/limits.ts";
import {
  copy,
  head,
  isCovered,
  ofRefused,
  protect,
  refusalOfGets,
  refusingOne,
  signedPlain,
  style,
  upperCase,
} from "./protection.ts";
import { type Answer, foundReply, isServed, isStandIn, protectionErrNo, type Said } from "./replies.ts";
import {
  answered,
  ci,
  header,
  heeded,
  ofSample,
  original,
  type ProbeReplies,
  range,
  slim,
  type Verdict,
} from "./verdicts.ts";

export function findingsOf(replies: ProbeReplies): readonly ProbeFinding[] {
  const { image, controls } = replies;
  const protectedImage = image !== undefined && isCovered(image, controls) === true ? image : undefined;
  const ofGets = protectedImage && refusalOfGets(protectedImage);
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
  const sendsErrNo = ofRefused<"protectionSendsErrNo">(
    protectedImage,
    refusal,
    ({ errNo }) => errNo === protectionErrNo,
  );
  const isTaken = "value" in sendsErrNo && !sendsErrNo.value && isStripped(replies);
  tell("protectionSendsErrNo", ofRefusal, isTaken ? { unknown: stripped, by: refusal } : sendsErrNo);
  tell("signedPlainGetOfProtected", "signed plain GET of a protected image", signedPlain(protectedImage));
  tell("headOfProtected", "HEAD of a protected image", looked);
  tell("styleParameter", "signed GET with style= and the name of no style", style(replies, image));
  tell("copyOfProtected", "server-side copy of a protected image into the ledger's folder", copied);

  const whole = original(image);
  const tells = <Name extends FindingName>(name: Name, verdict: (said: Said) => Verdict<Name>) =>
    tell(name, "originImage", whole.said === undefined ? whole : verdict(whole.said));
  tells("originImageNamesRequest", (said) =>
    isStripped(replies) ? { unknown: stripped, by: said } : { value: said.tells.requestId, by: said },
  );
  tells("originImageSendsEtag", (said) => header(said, image, "etag"));
  tells("originImageSendsCrc64", (said) => header(said, image, "crc64"));
  tells("originImageSendsMeta", (said) => header(said, image, "meta"));
  tells("originImageSendsLastModified", (said) => header(said, image, "lastModified"));
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
  const sample = <Name extends FindingName>(
    name: Name,
    request: string,
    answer: Answer,
    value: (isServed: boolean) => FindingValue<Name>,
  ) => tell(name, request, inVain ?? answered(answer, (said) => ofSample(said, value)));
  const served = (isServed: boolean) => (isServed ? "serve" : "refuse");
  sample("emptyOriginImage", "originImage of an empty object", replies.empty, served);
  sample("originImageOfOthers", "originImage of an object that is no image", replies.other, served);
  const large = "originImage of an image above 32 MB";
  sample("originImageMaxBytes", large, replies.large, (isServed) => (isServed ? 0 : largestImage));
  const gone = "originImage of an image that is not there";
  tell(
    "fourXxDisplay",
    gone,
    answered(controls.missingOriginal, (said) => ({
      value: isStandIn(said) ? "placeholder" : "code",
      by: said,
    })),
  );
  tell(
    "placeholderSendsErrNo",
    gone,
    answered(controls.missingOriginal, (said) =>
      isStandIn(said)
        ? { value: said.errNo !== undefined, by: said }
        : { unknown: "no picture came in its place", by: said },
    ),
  );
  tell("smartCompression", "GET /?image-slim, and what GETs brought", slim(replies));
  tell("ciBound", "originImage, and where that brings nothing GET / of the bucket's ci host", ci(replies));
  return found;
}

const stripped = "no reply at all names its request: something between may take headers away";

/** Does no reply to any request name that, as the service's do? */
function isStripped({ image, controls, suffixes, upperCase: tried }: ProbeReplies): boolean {
  const answers = [
    controls,
    ...suffixes,
    ...(tried === undefined ? [] : [tried]),
    ...(image === undefined ? [] : [image]),
  ];
  return answers
    .flatMap((each): unknown[] => Object.values(each))
    .every((each) => !isTold(each) || each.tells.requestId === "none");
}

const isTold = (value: unknown): value is Said => typeof value === "object" && value !== null && "tells" in value;
