/** Catches: an archived object that is taken for another, and one that is taken for what nothing says it is. */
import { describe, expect, test } from "vitest";
import { compareBytes, compareWithLedger } from "../../../src/run/check/compare-copy.ts";

describe("an archived object is as the ledger says", () => {
  const a = "0cc175b9c0f1b6a831c399e269772661";
  const b = "92eb5ffee6ae2fec3ad71c777531578f";
  test.each([
    [
      "by CRC64, whatever its ETag",
      { receivedSize: 1, receivedEtag: a, receivedCrc64: "1" },
      { size: 1, etag: `${a}-2`, crc64: "1" },
      "same",
    ],
    [
      "not by its ETag where the CRC64 differs",
      { receivedSize: 1, receivedEtag: a, receivedCrc64: "1" },
      { size: 1, etag: a, crc64: "2" },
      "checksum",
    ],
    [
      "by ETag where nobody tells a CRC64",
      { receivedSize: 1, receivedEtag: a.toUpperCase() },
      { size: 1, etag: a },
      "same",
    ],
    ["not with another ETag", { receivedSize: 1, receivedEtag: a }, { size: 1, etag: b, crc64: "1" }, "checksum"],
    ["not with another length", { receivedSize: 1, receivedCrc64: "1" }, { size: 2, crc64: "1" }, "size"],
    ["as far as its length goes", { receivedSize: 1, receivedCrc64: "1" }, { size: 1, etag: a }, "same"],
  ] as const)("%s", (_, said, there, kind) => {
    expect(compareWithLedger(said, there).kind).toBe(kind);
  });

  test("and it is said where only the length could be compared", () => {
    expect(compareWithLedger({ receivedSize: 1 }, { size: 1, etag: a })).toEqual({ kind: "same", by: "size" });
  });
});

describe("bytes that were read anew", () => {
  const md5 = "0cc175b9c0f1b6a831c399e269772661";
  const other = "92eb5ffee6ae2fec3ad71c777531578f";
  const encrypted = { "x-cos-server-side-encryption": "cos/kms" };
  const read = (headers = {}) => ({ info: { status: 200, headers }, size: 1, md5, crc64: "7" });
  test.each([
    [
      "are proven by the CRC64 that the archive told",
      { receivedSize: 1, receivedCrc64: "7", receivedEtag: other },
      {},
      "crc64",
    ],
    [
      "are another's by it, whatever their MD5",
      { receivedSize: 1, receivedCrc64: "8", receivedEtag: md5 },
      {},
      "checksum",
    ],
    [
      "are proven by the CRC64 of the original, of a store that tells none",
      { receivedSize: 1, proof: "crc64", expectedCrc64: "7" },
      {},
      "crc64",
    ],
    [
      "are proven by the MD5 that proved the original",
      { receivedSize: 1, proof: "content-md5", expectedEtag: md5.toUpperCase(), receivedEtag: other },
      encrypted,
      "content-md5",
    ],
    [
      "are another's by it, encrypted or not",
      { receivedSize: 1, proof: "content-md5", expectedEtag: other },
      encrypted,
      "checksum",
    ],
    ["are proven by the archive's own MD5", { receivedSize: 1, receivedEtag: md5 }, {}, "content-md5"],
    ["are another's by it", { receivedSize: 1, receivedEtag: other }, {}, "checksum"],
    ["are not another's by what is perhaps no MD5", { receivedSize: 1, receivedEtag: other }, encrypted, "size"],
    ["have a length", { receivedSize: 2, receivedCrc64: "7" }, {}, "size differs"],
    [
      "are nothing more than so many where nothing else is known",
      { receivedSize: 1, receivedEtag: `${md5}-2` },
      {},
      "size",
    ],
  ] as const)("%s", (_, said, headers, expected) => {
    const found = compareBytes(said, read(headers));
    const text = found.kind === "same" ? found.by : found.kind === "size" ? "size differs" : found.kind;
    expect(text).toBe(expected);
  });
});
