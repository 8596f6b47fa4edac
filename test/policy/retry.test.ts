import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../../src/cos/exchange/error-from-reply.ts";
import {
  backoffMs,
  giveBackMs,
  isStrain,
  judge,
  rowBackoff,
  throttleBackoff,
  type Verdict,
} from "../../src/policy/retry.ts";

/** A refusal as the client hands it on: what may be retried is said by cos/, what that means for a run by the policy. */
const refused = (status: number, code: string, errNo?: number) => ({
  status,
  code,
  errNo,
  ...verdict(status, code, errNo),
});

describe("what a refusal means", () => {
  const table: readonly (readonly [Verdict, readonly (readonly [status: number, ...codes: string[]])[]])[] = [
    [
      "terminal",
      [
        [400, "BadDigest", "BadRequest", "BadRquest", "EntitySizeNotMatch", "EntityTooLarge", "EntityTooSmall"],
        [400, "ImageTooLarge", "ImageResolutionExceed", "InvalidArgument", "InvalidDigest", "InvalidImageFormat"],
        [400, "InvalidObjectName", "InvalidRequest", "InvalidTag", "InvalidURI", "KeyTooLong", "MalformedXML"],
        [400, "NotSupportedStorageClass", "SSEContentNotSupported", "InvalidImageSource", "InvalidPicOperations"],
        [403, "InvalidObjectState"],
        [404, "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NoSuchCopySource"],
        [405, "MethodNotAllowed", "RestoreNonArchiveObject"],
        [409, "FileAlreadyExists", "ObjectLocked", "PathConflict", "UploadConflict"],
        [411, "MissingContentLength"],
        [412, "PreconditionFailed"],
        [416, "InvalidRange"],
        [451, "DomainAuditFailed", "UnavailableForLegalReasons"],
        [501, "NotImplemented"],
      ],
    ],
    [
      "retry",
      [
        [400, "IncompleteBody", "RequestTimeout", "UserNetworkTooSlow"],
        [403, "RequestTimeTooSkewed", "RequestExpired"],
        [500, "InternalError", "KmsInternalException"],
        [502, "Http502"],
        [503, "ServiceUnavailable", "Http503"],
        [504, "Http504"],
      ],
    ],
    [
      "throttle",
      [
        [503, "SlowDown", "KmsFreqControl"],
        [429, "Http429"],
      ],
    ],
    [
      "halt",
      [
        [403, "InvalidAccessKeyId"],
        [400, "ExpiredToken", "InvalidToken"],
        [402, "PaymentRequired", "Anything"],
        [404, "NoSuchBucket"],
      ],
    ],
    ["refused", [[403, "AccessDenied", "AccessForbidden", "SignatureDoesNotMatch", "NoProcessAuthority"]]],
  ];
  const rows = table.flatMap(([meaning, groups]) =>
    groups.flatMap(([status, ...codes]) => codes.map((code) => [status, code, meaning] as const)),
  );

  test.each(rows)("%i %s: %s", (status, code, meaning) => {
    expect(judge(refused(status, code))).toBe(meaning);
  });

  test.each([
    [-29214, "throttle"],
    [-164, "throttle"],
    [-165, "throttle"],
    [-901, "retry"],
    [-902, "retry"],
    [-120, "retry"],
    [-154, "refused"],
    [-162, "halt"],
    [-167, "terminal"],
    [-168, "terminal"],
  ] as const)("X-ErrNo %i outranks whatever status and code come with it: %s", (errNo, meaning) => {
    for (const [status, code] of [
      [404, "Http404"],
      [500, "InternalError"],
      [400, "BadRequest"],
    ] as const) {
      expect(judge(refused(status, code, errNo))).toBe(meaning);
    }
  });

  test("a reply that never came is tried again, unless the same request fails for ever", () => {
    const none = { status: 0, throttled: false };
    expect(judge({ ...none, code: "ECONNRESET", retryable: true })).toBe("retry");
    expect(judge({ ...none, code: "UntrustedCertificate", retryable: false })).toBe("halt");
    expect(judge({ ...none, code: "TlsRefused", retryable: false })).toBe("halt");
  });

  test("credentials that are not there halt the run", () => {
    expect(judge({ status: 0, code: "MissingCredentials", retryable: false, throttled: false })).toBe("halt");
  });
});

describe("what asks for fewer at once", () => {
  const none = { status: 0, retryable: true, throttled: false };

  test.each(["ETIMEDOUT", "HeadersTimeout", "BodyTimeout", "ConnectTimeout"])(
    "%s: the row is charged a try all the same",
    (code) => {
      expect(isStrain({ ...none, code })).toBe(true);
      expect(judge({ ...none, code })).toBe("retry");
    },
  );

  test.each([
    [503, "ServiceUnavailable", undefined, true],
    [503, "SlowDown", undefined, true],
    [504, "Http504", undefined, true],
    [400, "RequestTimeout", undefined, true],
    [400, "BadRequest", -901, true],
    [500, "InternalError", undefined, false],
    [404, "NoSuchKey", undefined, false],
    [403, "AccessDenied", undefined, false],
  ] as const)("%i %s %s: %s", (status, code, errNo, strain) => {
    expect(isStrain(refused(status, code, errNo))).toBe(strain);
  });

  test("a reset connection does not: it says nothing of how much is asked", () => {
    expect(isStrain({ ...none, code: "ECONNRESET" })).toBe(false);
  });
});

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("backing off", () => {
  test("waits at most base × 2^tried, at most the cap, and never less than Retry-After", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2_000 }),
        fc.constantFrom(rowBackoff, throttleBackoff),
        chance,
        fc.nat({ max: 60_000 }),
        (tried, backoff, random, retryAfter) => {
          const ms = backoffMs(tried, backoff, () => random, retryAfter);
          expect(Number.isInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(retryAfter);
          expect(ms - retryAfter).toBeLessThanOrEqual(
            Math.min(backoff.capMs, backoff.baseMs * (backoff.growth ?? 2) ** tried),
          );
        },
      ),
    );
  });

  test("takes the whole range (full jitter), so that many who fail together come back apart", () => {
    expect(backoffMs(2, rowBackoff, () => 0)).toBe(0);
    expect(backoffMs(2, rowBackoff, () => 0.5)).toBe(3_125);
    expect(backoffMs(40, rowBackoff, () => 0.999999)).toBe(30_000);
    expect(backoffMs(4, throttleBackoff, () => 0.5)).toBe(8_000);
  });

  test("lets the five tries of a row outlast an outage of half a minute, and the first of them hardly wait", () => {
    const waited = (random: number) => [0, 1, 2, 3].map((tried) => backoffMs(tried, rowBackoff, () => random));
    const sum = (all: readonly number[]) => all.reduce((total, ms) => total + ms, 0);
    expect(waited(0.5)).toEqual([125, 625, 3_125, 15_000]);
    expect(sum(waited(0.5))).toBe(18_875);
    expect(sum(waited(0.999999))).toBeGreaterThan(30_000);
  });

  test("gives a message back for 30 s to 15 min, whatever was tried", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), chance, (tried, random) => {
        const ms = giveBackMs(tried, () => random);
        expect(ms).toBeGreaterThanOrEqual(30_000);
        expect(ms).toBeLessThanOrEqual(15 * 60_000);
      }),
    );
    expect(giveBackMs(30, () => 0.999999)).toBeGreaterThan(14 * 60_000);
  });
});
