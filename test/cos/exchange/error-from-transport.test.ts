/** The transport's errors, as who reads an outcome meets them. */
import { describe, expect, test } from "vitest";
import { errorFromTransport } from "../../../src/cos/exchange/error-from-transport.ts";
import { HttpError, type HttpErrorDetails } from "../../../src/http/port/error.ts";
import { BucketError } from "../../../src/objects/error.ts";
import { judge } from "../../../src/policy/retry.ts";

const what = 'GET "a.jpg" of photos-1250000000';
const none = "no reply arrived";

describe("a request that ended without a whole reply", () => {
  test.each<[HttpErrorDetails, string, boolean]>([
    [{ code: "ECONNRESET", happened: none, why: "read ECONNRESET" }, `${none} (ECONNRESET: read ECONNRESET)`, true],
    [{ code: "ECONNRESET", happened: none }, `${none} (ECONNRESET)`, true],
    [
      { code: "ECONNREFUSED", happened: none, why: "connect ECONNREFUSED 127.0.0.1:9" },
      `${none} (ECONNREFUSED: nothing listens there: check the endpoint)`,
      true,
    ],
    [
      { code: "ENOTFOUND", happened: none, why: "getaddrinfo ENOTFOUND x" },
      `${none} (ENOTFOUND: there is no such host: check the region and the endpoint)`,
      true,
    ],
    [
      { code: "BodyTimeout", happened: "the reply broke off after 1 of 9 bytes", why: "nothing came for 60000 ms" },
      "the reply broke off after 1 of 9 bytes (BodyTimeout: nothing came for 60000 ms)",
      true,
    ],
    [
      { code: "IncompleteBody", happened: "the body ended after 1 of 9 bytes" },
      "the body ended after 1 of 9 bytes; it has to be asked for again",
      true,
    ],
    [
      { code: "TlsRefused", happened: none, why: "unsupported protocol" },
      `${none} (TlsRefused: unsupported protocol); check the endpoint and its port; TLS 1.2 or later is spoken`,
      false,
    ],
    [
      { code: "RequestAborted", happened: "given up because the caller asked to" },
      "given up because the caller asked to",
      false,
    ],
  ])("%j says %j", (details, sentence, retryable) => {
    const error = errorFromTransport(what, new HttpError(details));
    expect(error).toBeInstanceOf(BucketError);
    expect(error).toMatchObject({
      message: `${what}: ${sentence}`,
      code: details.code,
      status: 0,
      retryable,
      throttled: false,
    });
  });

  test.each(["EMFILE", "ENFILE", "EADDRNOTAVAIL"])(
    "%s, of a process that may open no more, is told as such, and charges no row",
    (code) => {
      const error = errorFromTransport(what, new HttpError({ code, happened: none, why: `connect ${code}` }));
      expect(error).toMatchObject({ code, retryable: true, throttled: true });
      expect(error.message).toContain("lower --concurrency");
      expect(judge(error as BucketError)).toBe("scarce");
    },
  );

  test("keeps the status of a reply that was too large, and what lies behind it", () => {
    const cause = new Error("behind it");
    const large = new HttpError(
      { code: "ReplyTooLarge", happened: "the reply has over 9 bytes", status: 200 },
      { cause },
    );
    expect(errorFromTransport(what, large)).toMatchObject({
      message: `${what}: the reply has over 9 bytes, which no such reply of the service has`,
      status: 200,
      retryable: false,
      cause,
    });
  });

  test("because its own body failed, is what that threw", () => {
    const own = new Error("the source broke");
    expect(errorFromTransport(what, own)).toBe(own);
  });
});
