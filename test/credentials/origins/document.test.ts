import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCredentialsDocument } from "../../../src/credentials/origins/document.ts";
import { readIni } from "../../../src/credentials/origins/ini.ts";

const until = Date.UTC(2026, 10, 22, 5);
const seconds = until / 1_000;
const whole = { credentials: { secretId: "an-id", secretKey: "a-key", sessionToken: "a-token" }, until };
const read = (document: unknown) => readCredentialsDocument(JSON.stringify(document), "what it says");

describe("credentials in JSON", () => {
  test.each<[string, object]>([
    [
      "the machine's metadata service",
      {
        TmpSecretId: "an-id",
        TmpSecretKey: "a-key",
        ExpiredTime: seconds,
        Expiration: "2026-11-22T05:00:00Z",
        Token: "a-token",
        Code: "Success",
      },
    ],
    [
      "tccli, signed in by the browser",
      {
        type: "oauth",
        secretId: "an-id",
        secretKey: "a-key",
        token: "a-token",
        expiresAt: seconds,
        oauth: { expiresAt: 1 },
      },
    ],
    [
      "Tencent's STS",
      {
        Response: {
          Credentials: { Token: "a-token", TmpSecretId: "an-id", TmpSecretKey: "a-key" },
          ExpiredTime: seconds,
          Expiration: "2026-11-22T05:00:00Z",
          RequestId: "r",
        },
      },
    ],
    [
      "AWS's credential_process",
      {
        Version: 1,
        AccessKeyId: "an-id",
        SecretAccessKey: "a-key",
        SessionToken: "a-token",
        Expiration: "2026-11-22T13:00:00+08:00",
      },
    ],
    [
      "AWS's STS",
      {
        Credentials: {
          AccessKeyId: "an-id",
          SecretAccessKey: "a-key",
          SessionToken: "a-token",
          Expiration: "2026-11-22T05:00:00+00:00",
        },
      },
    ],
  ])("of %s are read, with their end", (_who, document) => {
    expect(read(document)).toEqual(whole);
  });

  test("that are permanent have neither token nor end", () => {
    expect(read({ secretId: " an-id\n", secretKey: "a-key", token: "" })).toEqual({
      credentials: { secretId: "an-id", secretKey: "a-key" },
    });
  });

  test.each<[string, string, RegExp]>([
    ["no JSON", "secret-value-never-shown", /^what it says is no JSON$/],
    ["half of it", '{"secretId": "secret-value-never-shown", "sec', /is no JSON$/],
    ["a list", '["secret-value-never-shown"]', /names no secret id/],
    ["null", "null", /names no secret id/],
    ["no key", '{"SecretId": "secret-value-never-shown"}', /names no secret key/],
    [
      "an end that is none",
      '{"SecretId":"a","SecretKey":"b","ExpiredTime":"secret-value-never-shown"}',
      /ExpiredTime that is no time/,
    ],
    ["a refusal", '{"Code": "RoleNotExist", "TmpSecretId": "secret-value-never-shown"}', /says "RoleNotExist"/],
  ])("where it is %s are refused without a word of it", (_what, text, said) => {
    let message = "";
    try {
      readCredentialsDocument(text, "what it says");
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(said);
    expect(message).not.toContain("secret-value-never-shown");
  });

  test("of any form at all are found, or refused by a sentence that begins with what it was", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          readCredentialsDocument(text, "what it says");
        } catch (error) {
          expect((error as Error).message).toMatch(/^what it says /);
        }
      }),
    );
  });
});

test("files of sections are read as the tools write them", () => {
  const text =
    "\ufeffleft=out\r\n[ default ]\n# secret_id = no\n; secret_id = no\n  Secret_ID =  an=id \nnone\n[profile  x]\na=\n[default]\nb=1";
  expect([...readIni(text)].map(([name, values]) => [name, [...values]])).toEqual([
    [
      "default",
      [
        ["secret_id", "an=id"],
        ["b", "1"],
      ],
    ],
    ["profile x", [["a", ""]]],
  ]);
});
