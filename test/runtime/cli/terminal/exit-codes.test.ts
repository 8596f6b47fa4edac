import { describe, expect, it } from "vitest";
import { BucketError } from "../../../../src/objects/error.ts";
import { exitCodeOfError, exitCodeOfRun } from "../../../../src/runtime/cli/terminal/exit-codes.ts";
import { RefusedError, UserError } from "../../../../src/vocabulary/errors.ts";

describe("the exit code of a run", () => {
  it.each([
    ["complete", 0, false, 0],
    ["complete", 1, false, 3],
    ["complete", 0, true, 0],
    ["complete", 2, true, 3],
    ["halted", 0, false, 4],
    ["halted", 9, true, 4],
    ["incomplete", 0, false, 5],
    ["incomplete", 3, false, 5],
    ["incomplete", 0, true, 130],
    ["cancelled", 0, false, 5],
    ["cancelled", 1, true, 5],
    ["running", 0, true, 130],
  ] as const)("%s with %i failed, interrupted %s: %i", (state, failed, interrupted, code) => {
    expect(exitCodeOfRun({ state, failed }, interrupted)).toBe(code);
  });
});

describe("the exit code of an error", () => {
  const cos = (status: number, code = "X") =>
    new BucketError("x", { code, status, retryable: status >= 500, throttled: false });
  it.each([
    ["of usage", new UserError("InvalidSetting", "x"), 2],
    ["of an empty manifest", new UserError("EmptyManifest", "x"), 2],
    ["of a ledger that does not list what a run wrote", new UserError("LedgerIncomplete", "x"), 5],
    ["of missing credentials", new UserError("MissingCredentials", "x"), 6],
    ["of a secret id that can be none", new UserError("MalformedSecretId", "x"), 6],
    ["of a manifest that may not be read", new UserError("ManifestForbidden", "x"), 6],
    ["of refused credentials", new RefusedError("InvalidAccessKeyId", "x"), 6],
    ["of a store that refuses", cos(403), 6],
    ["of a certificate that is not trusted", cos(0, "UntrustedCertificate"), 6],
    ["of TLS that is refused", cos(0, "TlsRefused"), 6],
    ["of a bucket that is elsewhere", cos(301), 2],
    ["of a region that is another", cos(400, "AuthorizationHeaderMalformed"), 2],
    ["of an endpoint that is none for the bucket", cos(403, "SecondLevelDomainForbidden"), 2],
    ["of a store that lists in no order", cos(200, "UnorderedListing"), 2],
    ["of a bucket that is not there", cos(404), 2],
    ["of a store that does not answer", cos(0), 5],
    ["of a store that is unwell", cos(503), 5],
    ["of the program", new TypeError("x"), 1],
  ])("%s: %#", (_, error, code) => {
    expect(exitCodeOfError(error)).toBe(code);
  });
});
