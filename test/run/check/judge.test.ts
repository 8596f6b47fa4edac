/** Catches: a copy that is called equal on the word of what is no checksum, and one that is called different by it. */
import { describe, expect, test } from "vitest";
import { judgeHeads, judgeListed } from "../../../src/run/check/judge.ts";

const a = "0cc175b9c0f1b6a831c399e269772661";
const b = "92eb5ffee6ae2fec3ad71c777531578f";
const kms = { "x-cos-server-side-encryption": "cos/kms" };

const told = (judged: ReturnType<typeof judgeListed>) => (judged.kind === "same" ? judged.by : judged.kind);

describe("by what LISTs tell", () => {
  test.each([
    [{ size: 1, etag: a }, { size: 1, etag: a.toUpperCase() }, "content-md5"],
    [{ size: 1, etag: a }, { size: 2, etag: a }, "differs"],
    // It may be an encrypted object's.
    [{ size: 1, etag: a }, { size: 1, etag: b }, "unknown"],
    [{ size: 1, etag: `${a}-2` }, { size: 1, etag: `${a}-2` }, "unknown"],
    [{ size: 1, etag: "" }, { size: 1, etag: "" }, "unknown"],
    [{ size: 0, etag: "" }, { size: 0, etag: a }, "unknown"],
  ])("%j and %j: %s", (source, copy, expected) => {
    expect(told(judgeListed(source, copy))).toBe(expected);
  });
});

describe("by what HEADs tell", () => {
  const info = (more: object) => ({ status: 200, headers: {}, size: 1, ...more });
  test.each([
    ["one CRC64, whatever the ETags", { etag: a, crc64: "1" }, { etag: `${b}-2`, crc64: "1" }, "crc64"],
    ["another CRC64, whatever the ETags", { etag: a, crc64: "1" }, { etag: a, crc64: "2" }, "differs"],
    ["one MD5", { etag: a }, { etag: a }, "content-md5"],
    ["another MD5", { etag: a }, { etag: b }, "differs"],
    ["what may be no MD5 where one is encrypted", { etag: a }, { etag: b, headers: kms }, "unknown"],
    ["one ETag of parts", { etag: `${a}-2` }, { etag: `${a}-2` }, "etag"],
    ["ETags of other parts", { etag: `${a}-2` }, { etag: `${a}-3` }, "unknown"],
    [
      "the CRC64 that it was archived with",
      { etag: `${a}-2`, crc64: "1" },
      { etag: b, provenCrc64: "1" },
      "recorded-crc64",
    ],
    [
      "another CRC64 than it was archived with",
      { etag: `${a}-2`, crc64: "1" },
      { etag: b, provenCrc64: "2" },
      "differs",
    ],
    ["nothing", {}, {}, "unknown"],
    ["another length", { crc64: "1" }, { size: 2, crc64: "1" }, "differs"],
    ["no length", { crc64: "1" }, { size: undefined, crc64: "1" }, "unknown"],
  ])("%s", (_, source, copy, expected) => {
    expect(told(judgeHeads(info(source), info(copy)))).toBe(expected);
  });
});
