/**
 * Everything about the service that no document settles, or that it settles in two ways, each as a named switch with
 * its default. A program that works with every setting of every switch does not depend on a guess.
 *
 * Sources in brackets are document ids of cloud.tencent.com/document/product (COS 436, CI 460 and 1045). `assumed`
 * means that no document was found and that the default is the reading most users would expect.
 */
import { quote, UserError } from "../../vocabulary/errors.ts";

/** What no document settles about the service, each a switch. */
export interface Switches {
  /**
   * A signed GET of a protected image without `ci-process` and without a style. The documents say that direct access is
   * refused and do not exempt signed requests [1045/74740]; default: refuse.
   */
  readonly signedPlainGetOfProtected: "refuse" | "allow";
  /** HEAD of a protected image. Not documented; default: metadata, as a storage call that delivers no image (assumed). */
  readonly headOfProtected: "metadata" | "refuse";
  /** Server-side copy from a protected image. Not documented; default: allow, as a storage call (assumed). */
  readonly copyOfProtected: "allow" | "refuse";
  /** Is `.JPG` another suffix than `.jpg` [460/30121 does not say]? Default: no (assumed). */
  readonly suffixCaseSensitive: boolean;
  /** HTTP status beside `X-ErrNo: -154` [460/8523 gives the number only]. Default 403 (assumed). */
  readonly protectionStatusFor154: number;
  /** Does the refusal bring X-ErrNo [460/8523]? Users have met one that says so by its words alone. Default: yes. */
  readonly protectionSendsErrNo: boolean;
  /** Code and words of the refusal, which no document prints. Default: as users have met them. */
  readonly protectionCode: string;
  readonly protectionMessage: string;
  /**
   * `?style=NAME` of a signed request; a style is said to be part of the URL's path [1045/74740], users name it so too. `ignored`: as if it
   * were not there. Default: read.
   */
  readonly styleParameter: "read" | "ignored";
  /** `?imageMogr2/…` and its kin on a protected image; only styles are said to work [1045/74740]. Default: refuse (assumed). */
  readonly adHocProcessing: "refuse" | "process";
  /** `?ci-process=originImage` without a signature; "signed, never anonymous" [1045/73029]. Default: refuse. */
  readonly anonymousOriginImage: "refuse" | "allow";

  /** Does the originImage reply bring these? [1045/73029 lists no special headers.] Default: all of them (assumed). */
  readonly originImageSendsEtag: boolean;
  readonly originImageSendsCrc64: boolean;
  /** x-cos-meta-* and the other headers stored with the object, except Content-Type. */
  readonly originImageSendsMeta: boolean;
  readonly originImageSendsLastModified: boolean;
  /** Which header names the request: `x-cos-request-id`, `x-ci-request-id` as on Cloud Infinite's own hosts, or none. Default: cos (assumed). */
  readonly originImageNamesRequest: "cos" | "ci" | "none";
  /** When off, the body comes chunked. */
  readonly originImageSendsContentLength: boolean;
  /** When off, a Range is ignored: 200 and the whole body. CI's range errors suggest that it is read [460/8523]; default: on. */
  readonly originImageHonoursRange: boolean;
  /** When off, versionId is ignored and the newest version served. Not documented; default: on (assumed). */
  readonly originImageHonoursVersionId: boolean;
  /** When off, If-Match and its kin are ignored. Not documented; default: on (assumed). */
  readonly originImageHonoursConditions: boolean;
  /** An original larger than this is refused with X-ErrNo -168; CI's 32 MB limit [460/36620] may apply. Default 0: no limit (assumed). */
  readonly originImageMaxBytes: number;
  /** An original of 0 bytes; X-ErrNo -40168 says "empty source" [460/8523]. Default: serve (assumed). */
  readonly emptyOriginImage: "serve" | "refuse";
  /** An object whose suffix is no image's; whether originImage looks at what it brings is not said. Default: serve (assumed). */
  readonly originImageOfOthers: "serve" | "refuse";
  /**
   * originImage requests a second before X-ErrNo -29214; CI allows 3,000 [460/36620], the reply's status is not printed
   * (503 SlowDown assumed). Default 0: no limit, so that tests are not throttled by accident.
   */
  readonly originImageRequestsPerSecond: number;

  /**
   * CI's "4xx image setting": `placeholder` answers HTTP 200 and a picture wherever the image path would answer 4xx
   * [460/6933, 1045/37767]. Default: code.
   */
  readonly fourXxDisplay: "code" | "placeholder";
  /** Does a placeholder come with `X-Errno: -6101`? Users have met it so, no document says it. Default: yes. */
  readonly placeholderSendsErrNo: boolean;
  /**
   * Smart Compression in mode Auto: smaller bytes under the original's ETag, with `X-SlimFlag: 1` [436/96675]. `plain`: of every GET without
   * ci-process, as users have met it; `every`: of originImage too, which no document excludes; `off`: of the GETs without ci-process in
   * those buckets that were set up so, by `PUT /?image-slim` [436/96356]. Default: off.
   */
  readonly smartCompression: "off" | "plain" | "every";
  /**
   * Are buckets bound to Cloud Infinite? `GET /` of BUCKET.ci.REGION.myqcloud.com tells [460/97481]; of one whose binding was taken away
   * originImage is said to stop working [1045/73029]; how it is refused is not (403 assumed). Default: yes, as the first use binds them.
   */
  readonly ciBound: boolean;

  /**
   * Seconds that a restore from an archive class takes. Default null: the longest that the documents say, by class and tier, from five minutes to
   * two days [436/12633].
   */
  readonly restoreSeconds: number | null;

  /** Requests a second to one bucket before 503 SlowDown; COS allows 30,000 [436/14518]. Default 0: no limit. */
  readonly bucketRequestsPerSecond: number;
  /** Seconds in a Retry-After header on every 503 SlowDown; none is documented. Default: null, no such header. */
  readonly slowDownRetryAfter: number | null;

  /** Query parameters that q-url-param-list does not name. Not documented; default: accepted (what the SDKs rely on for the token). */
  readonly unlistedParametersAccepted: boolean;
  /** Code of an expired signature: 436/40105 prints AccessDenied with the words as Message, the code table has the words as Code. */
  readonly expiredSignatureCode: "AccessDenied" | "Request has expired";
  /** 403s as 436/40105 prints them: Code AccessDenied and the name as Message. Default: off, as real replies and 436/7730 have it. */
  readonly namesAsMessage: boolean;
  /** Seconds by which a signature's start may lie in the future before RequestTimeTooSkewed. Default 0; which clock is compared is not said [436/40105]. */
  readonly earlySignatureToleranceSeconds: number;
  /** Does `+` in a query string mean a space? Default: yes, as in HTML forms (assumed). In a path it never does. */
  readonly plusInQueryMeansSpace: boolean;

  /** A listing leaves out objects younger than this (milliseconds). Default 0: strongly consistent (assumed). */
  readonly listLagMs: number;
  /** PUT and multipart uploads store no CRC64, as if they came before that feature existed [436/40334]. Default: off. */
  readonly oldObjectsWithoutCrc64: boolean;
  /** ETag of an object with x-cos-server-side-encryption; it "may or may not be" an MD5 [436/33703]. Default: md5. */
  readonly encryptedEtag: "md5" | "opaque";
}

export const defaultSwitches: Switches = {
  signedPlainGetOfProtected: "refuse",
  headOfProtected: "metadata",
  copyOfProtected: "allow",
  suffixCaseSensitive: false,
  protectionStatusFor154: 403,
  protectionSendsErrNo: true,
  protectionCode: "AccessDenied",
  protectionMessage: "The image can not be accessed, please use style.",
  styleParameter: "read",
  adHocProcessing: "refuse",
  anonymousOriginImage: "refuse",
  originImageSendsEtag: true,
  originImageSendsCrc64: true,
  originImageSendsMeta: true,
  originImageSendsLastModified: true,
  originImageNamesRequest: "cos",
  originImageSendsContentLength: true,
  originImageHonoursRange: true,
  originImageHonoursVersionId: true,
  originImageHonoursConditions: true,
  originImageMaxBytes: 0,
  emptyOriginImage: "serve",
  originImageOfOthers: "serve",
  originImageRequestsPerSecond: 0,
  fourXxDisplay: "code",
  placeholderSendsErrNo: true,
  smartCompression: "off",
  ciBound: true,
  restoreSeconds: null,
  bucketRequestsPerSecond: 0,
  slowDownRetryAfter: null,
  unlistedParametersAccepted: true,
  expiredSignatureCode: "AccessDenied",
  namesAsMessage: false,
  earlySignatureToleranceSeconds: 0,
  plusInQueryMeansSpace: true,
  listLagMs: 0,
  oldObjectsWithoutCrc64: false,
  encryptedEtag: "md5",
};

/** Those set by one of a few words; what is free text (`protectionMessage`) is not among them. */
type Worded = {
  readonly [Name in keyof Switches as Switches[Name] extends string
    ? string extends Switches[Name]
      ? never
      : Name
    : never]: Switches[Name];
};

/** What each switch that is set by a word may be set to. */
const words: { readonly [Name in keyof Worded]: readonly Worded[Name][] } = {
  signedPlainGetOfProtected: ["refuse", "allow"],
  headOfProtected: ["metadata", "refuse"],
  copyOfProtected: ["allow", "refuse"],
  styleParameter: ["read", "ignored"],
  adHocProcessing: ["refuse", "process"],
  anonymousOriginImage: ["refuse", "allow"],
  originImageNamesRequest: ["cos", "ci", "none"],
  emptyOriginImage: ["serve", "refuse"],
  originImageOfOthers: ["serve", "refuse"],
  fourXxDisplay: ["code", "placeholder"],
  smartCompression: ["off", "plain", "every"],
  expiredSignatureCode: ["AccessDenied", "Request has expired"],
  encryptedEtag: ["md5", "opaque"],
};

/** What a switch can be set to, in words; undefined where `value` is such a thing. */
export function wrongSetting(name: keyof Switches, value: unknown): string | undefined {
  const choices: readonly unknown[] | undefined = Object.hasOwn(words, name) ? words[name as keyof Worded] : undefined;
  if (choices !== undefined) return choices.includes(value) ? undefined : `one of ${choices.join(", ")}`;
  const standard = defaultSwitches[name];
  if (typeof standard === "string") return typeof value === "string" ? undefined : "text";
  if (typeof standard === "boolean") return typeof value === "boolean" ? undefined : "true or false";
  if (typeof value === "number" || (standard === null && value === null)) return undefined;
  return standard === null ? "a number or null" : "a number";
}

/**
 * `current` with `changes`. Errors: UserError `UnknownSwitch` for a name that is no switch, `InvalidSetting` for what a switch can't be
 * set to.
 */
export function turn(current: Switches, changes: Partial<Switches>): Switches {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(defaultSwitches, name)) {
      const known = Object.keys(defaultSwitches).join(", ");
      throw new UserError("UnknownSwitch", `The emulator has no switch ${quote(name)}; it has ${known}.`);
    }
    const wanted = wrongSetting(name as keyof Switches, value);
    if (wanted === undefined) continue;
    const message = `The emulator's switch ${name} can't be ${JSON.stringify(value)}; it is ${wanted}.`;
    throw new UserError("InvalidSetting", message);
  }
  return { ...current, ...changes };
}
