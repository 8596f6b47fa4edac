import { describe, expect, test } from "vitest";
import {
  errorFromReply,
  type FailedReply,
  isErrorDocument,
  verdict,
} from "../../../src/cos/exchange/error-from-reply.ts";
import { createRedaction } from "../../../src/vocabulary/redaction.ts";

const now = Date.parse("2025-06-01T12:00:00Z");

function reply(over: Partial<FailedReply>, xml = ""): FailedReply {
  return {
    method: "GET",
    bucket: "photos-1250000000",
    key: "a b.jpg",
    status: 403,
    headers: {},
    body: Buffer.from(xml),
    now,
    redact: createRedaction(),
    ...over,
  };
}

/** As the service names each of its replies. */
const named = { "x-cos-request-id": "NjE2" };

const document = (code: string, message = "", more = "") =>
  `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>${code}</Code>\n\t<Message>${message}</Message>\n` +
  `\t<Resource>photos-1250000000.cos.ap-guangzhou.myqcloud.com/a%20b.jpg</Resource>\n` +
  `\t<RequestId>NjBody</RequestId>\n\t<TraceId>OGVm</TraceId>${more}\n</Error>\n`;

describe("the name of what happened", () => {
  test.each([
    ["NoSuchKey", "The specified key does not exist.", 404, "NoSuchKey"],
    ["AccessDenied", "Access Denied.", 403, "AccessDenied"],
    ["AccessDenied", "You are denied by bucket referer rule", 403, "AccessDenied"],
    ["AccessDenied", "RequestTimeTooSkewed", 403, "RequestTimeTooSkewed"],
    ["AccessDenied", "InvalidAccessKeyId", 403, "InvalidAccessKeyId"],
    ["AccessDenied", "SignatureDoesNotMatch", 403, "SignatureDoesNotMatch"],
    ["AccessDenied", "InvalidObjectState", 403, "InvalidObjectState"],
    ["AccessDenied", "AccessForbidden.", 403, "AccessForbidden"],
    ["AccessDenied", "Request has expired", 403, "RequestExpired"],
    ["Request has expired", "", 403, "RequestExpired"],
    ["SignatureDoesNotMatch", "The Signature you specified is invalid.", 403, "SignatureDoesNotMatch"],
    ["NoSuchKey", "AccessForbidden", 404, "NoSuchKey"],
  ])("Code %j with Message %j and status %i is %s", (code, message, status, expected) => {
    expect(errorFromReply(reply({ status }, document(code, message))).code).toBe(expected);
  });

  test.each([
    ["HEAD", 404, "NoSuchKey"],
    ["HEAD", 403, "AccessDenied"],
    ["HEAD", 412, "PreconditionFailed"],
    ["HEAD", 304, "NotModified"],
    ["HEAD", 400, "BadRequest"],
    ["HEAD", 503, "Http503"],
    ["GET", 304, "NotModified"],
    ["GET", 301, "PermanentRedirect"],
    ["HEAD", 307, "TemporaryRedirect"],
    ["PUT", 302, "TemporaryRedirect"],
    ["DELETE", 308, "PermanentRedirect"],
    ["PUT", 418, "Http418"],
  ])("%s without a body and status %i is %s", (method, status, expected) => {
    expect(errorFromReply(reply({ method, status, headers: named })).code).toBe(expected);
  });

  test("of a bucket that is not there is not that of a key", () => {
    expect(errorFromReply(reply({ status: 404, key: undefined, headers: named })).code).toBe("NoSuchBucket");
  });

  test.each([
    "<html><body>502 Bad Gateway</body></html>",
    "<Error><Code>SlowDown",
    '<!DOCTYPE Error [<!ENTITY x "SlowDown">]><Error><Code>&x;</Code></Error>',
    "\u0000\u0001",
  ])("comes from the status where the body is no error document: %j", (body) => {
    expect(errorFromReply(reply({ status: 502 }, body))).toMatchObject({ code: "Http502", retryable: true });
  });
});

describe("whether to try again, and whether to slow down", () => {
  test.each([
    [500, "InternalError", undefined, true, false],
    [502, "Http502", undefined, true, false],
    [503, "ServiceUnavailable", undefined, true, false],
    [503, "SlowDown", undefined, true, true],
    [503, "KmsFreqControl", undefined, true, true],
    [501, "NotImplemented", undefined, false, false],
    [429, "Http429", undefined, true, true],
    [408, "Http408", undefined, true, false],
    [400, "RequestTimeout", undefined, true, false],
    [400, "UserNetworkTooSlow", undefined, true, false],
    [400, "IncompleteBody", undefined, true, false],
    [403, "RequestTimeTooSkewed", undefined, true, false],
    [403, "RequestExpired", undefined, true, false],
    [200, "InternalError", undefined, true, false],
    [400, "ExpiredToken", undefined, false, false],
    [400, "BadDigest", undefined, false, false],
    [403, "AccessDenied", undefined, false, false],
    [403, "SignatureDoesNotMatch", undefined, false, false],
    [404, "NoSuchKey", undefined, false, false],
    [409, "FileAlreadyExists", undefined, false, false],
    [301, "PermanentRedirect", undefined, false, false],
    [403, "AccessDenied", -29214, true, true],
    [403, "AccessDenied", -164, true, true],
    [403, "AccessDenied", -165, true, true],
    [400, "BadRequest", -901, true, false],
    [404, "NoSuchKey", -902, true, false],
    [400, "BadRequest", -120, true, false],
    [503, "ServiceUnavailable", -154, false, false],
    [403, "AccessDenied", -162, false, false],
    [500, "InternalError", -167, false, false],
    [500, "InternalError", -168, false, false],
    [403, "AccessDenied", -3004, false, false],
    [500, "InternalError", -3004, true, false],
  ])("status %i, %s, X-ErrNo %s: retryable %s, throttled %s", (status, code, errNo, retryable, throttled) => {
    expect(verdict(status, code, errNo)).toEqual({ retryable, throttled });
    const headers = errNo === undefined ? undefined : { "x-errno": String(errNo) };
    const named = code.startsWith("Http") ? "" : document(code);
    const error = errorFromReply(reply({ status, ...(headers && { headers }) }, named));
    expect(error).toMatchObject({ code, status, errNo, retryable, throttled });
  });

  // Catches: a row that fails as AccessDenied for good, since the document which said that a clock differs was cut in the middle.
  test("a refusal whose document is cut is worth another try, wherever it is cut; what passes anyway keeps its name", () => {
    const whole = document("AccessDenied", "Request has expired");
    const end = whole.indexOf("</Error>") + "</Error>".length;
    for (let length = 1; length < end; length++) {
      const cut = whole.slice(0, length);
      const error = errorFromReply(reply({ headers: named }, cut));
      expect(error, cut).toMatchObject({ code: "MalformedReply", status: 403, retryable: true, throttled: false });
      expect(errorFromReply(reply({ status: 503, headers: named }, cut))).toMatchObject({
        code: "Http503",
        retryable: true,
      });
    }
    expect(errorFromReply(reply({ headers: named }, whole))).toMatchObject({ code: "RequestExpired" });
    expect(errorFromReply(reply({ headers: named }, ""))).toMatchObject({ code: "AccessDenied", retryable: false });
    expect(errorFromReply(reply({ headers: { ...named, "x-errno": "-154" } }, whole.slice(0, 9)))).toMatchObject({
      errNo: -154,
      retryable: false,
    });
  });

  test.each([
    ["120", 120_000],
    ["0", 0],
    ["Sun, 01 Jun 2025 12:00:40 GMT", 30_000],
    ["Sun, 01 Jun 2025 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
  ])("Retry-After %j is read against the server's own clock: %s ms", (text, expected) => {
    const headers = { "retry-after": text, date: "Sun, 01 Jun 2025 12:00:10 GMT" };
    // "-5" is read as a date of long ago by some; it must never become a wait.
    const { retryAfterMs } = errorFromReply(reply({ status: 503, headers }, document("SlowDown")));
    expect(retryAfterMs ?? 0).toBe(expected ?? 0);
  });
});

describe("clocks", () => {
  test("the skew is how far the server's Date is ahead of ours", () => {
    const headers = { date: "Sun, 01 Jun 2025 11:40:00 GMT" };
    expect(errorFromReply(reply({ headers }, document("RequestTimeTooSkewed"))).clockSkewMs).toBe(-1_200_000);
    expect(errorFromReply(reply({})).clockSkewMs).toBeUndefined();
  });

  test("ServerTime in the body serves where there is no Date", () => {
    const xml = document("AccessDenied", "Request has expired", "<ServerTime>2025-06-01T13:00:00Z</ServerTime>");
    const error = errorFromReply(reply({}, xml));
    expect(error).toMatchObject({ code: "RequestExpired", clockSkewMs: 3_600_000 });
    expect(error.message).toContain("the service's clock is 3600 s ahead");
  });

  test("a HEAD refused by a server whose clock is over 15 minutes away was refused for that", () => {
    const headers = { date: "Sun, 01 Jun 2025 12:16:00 GMT" };
    const head = reply({ method: "HEAD", headers });
    expect(errorFromReply(head)).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    expect(errorFromReply({ ...head, clockOffsetMs: 960_000 }).code).toBe("AccessDenied");
  });
});

describe("the message", () => {
  test("says method, key, bucket, status, code, X-ErrNo, request id and what COS said", () => {
    const headers = { "x-cos-request-id": "NjE2", "x-errno": "-154" };
    const { message, requestId } = errorFromReply(
      reply({ headers }, document("AccessDenied", "Access &quot;Denied&quot;.")),
    );
    expect(requestId).toBe("NjE2");
    for (const part of [
      'GET "a b.jpg"',
      "photos-1250000000",
      "403",
      "AccessDenied",
      "-154",
      "NjE2",
      'Access "Denied"',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).toContain("Original Image Protection forbids this URL");
  });

  test("takes the request id from the body, or from Cloud Infinite's header", () => {
    expect(errorFromReply(reply({}, document("AccessDenied"))).requestId).toBe("NjBody");
    expect(errorFromReply(reply({ headers: { "x-ci-request-id": "ci" } })).requestId).toBe("ci");
  });

  test("of a signature that does not match says what to check and repeats nothing that was signed", () => {
    const signed = "<StringToSign>sha1\n1;2\nabcdef\n</StringToSign><FormatString>get\n/k\n\nhost=x\n</FormatString>";
    const message = "The Signature you specified is invalid. q-signature=0123abcd&q-ak=AKIDx sign=zzz";
    const error = errorFromReply(reply({}, document("SignatureDoesNotMatch", message, signed)));
    expect(error.message).toContain("check that the secret key belongs to the secret id");
    for (const secret of ["0123abcd", "AKIDx", "zzz", "abcdef", "host=x"]) expect(error.message).not.toContain(secret);
  });

  test("stays short whatever COS says", () => {
    expect(errorFromReply(reply({}, document("AccessDenied", "x".repeat(10_000)))).message.length).toBeLessThan(600);
  });
});

test.each([
  ["<?xml version='1.0' encoding='utf-8' ?>\n<Error><Code>x</Code></Error>", true],
  ["\n  <Error>", true],
  ["\ufeff<Error/>", true],
  ["<CompleteMultipartUploadResult/>", false],
  ["<ErrorReport/>", false],
  ["<R><Error/></R>", false],
  ["", false],
])("%j is an error document: %s", (text, expected) => {
  expect(isErrorDocument(Buffer.from(text))).toBe(expected);
});
