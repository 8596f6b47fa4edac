import { describe, expect, it } from "vitest";
import { rowEntry } from "../../src/manifest/row-fields.ts";

const at = (field: string) => ["bucket", "key", "versionId", "size", "etag", "crc64"].indexOf(field) + 1;
const entry = (fields: Partial<Record<string, string>>) =>
  rowEntry({ key: "k", ...fields }, 17, at, { keyEncoding: "raw" });

describe("a field that can be", () => {
  it.each([
    ["size", "0", 0],
    ["size", " 12 ", 12],
    ["size", "9007199254740991", 9007199254740991],
    ["size", "", undefined],
    ["etag", '"D41D8CD98F00B204E9800998ECF8427E"', "d41d8cd98f00b204e9800998ecf8427e"],
    ["etag", "D41D8CD98F00B204E9800998ECF8427E-12", "d41d8cd98f00b204e9800998ecf8427e-12"],
    ["etag", "Not-An-MD5", "Not-An-MD5"],
    ["etag", '""', undefined],
    ["crc64", "0", "0"],
    ["crc64", "00042", "42"],
    ["crc64", "18446744073709551615", "18446744073709551615"],
    ["versionId", "null", "null"],
    ["versionId", "", undefined],
    ["archiveKey", "", undefined],
    ["key", "\u4e2d".repeat(283), "\u4e2d".repeat(283)],
    ["key", " \t\r\n\u007f", " \t\r\n\u007f"],
    ["key", "a/../b//c", "a/../b//c"],
  ])("%s %j is read as %j", (field, text, value) => {
    expect(entry({ [field]: text })).toEqual({ kind: "row", row: { key: "k", [field]: value }, at: { line: 17 } });
  });
});

describe("the storage class", () => {
  it.each([
    ["ARCHIVE", "ARCHIVE"],
    [" deep_archive ", "DEEP_ARCHIVE"],
    ["MAZ_ARCHIVE", "MAZ_ARCHIVE"],
    ["STANDARD", undefined],
    ["INTELLIGENT_TIERING", undefined],
    ["GLACIER", undefined],
    ["", undefined],
  ])("%j is kept as %j: only an archive class decides anything", (text, value) => {
    const row = value === undefined ? { key: "k" } : { key: "k", storageClass: value };
    expect(entry({ storageClass: text })).toEqual({ kind: "row", row, at: { line: 17 } });
  });
});

describe("a field that can't be", () => {
  it.each([
    ["size", "abc", 'row 17, column 4: size "abc" is not a whole number of bytes'],
    ["size", "-1", /size "-1"/],
    ["size", "1.5", /size "1.5"/],
    ["size", "1e3", /size "1e3"/],
    ["size", "9007199254740992", /size "9007199254740992"/],
    ["etag", "a b", /column 5: etag "a b" is not an ETag/],
    ["etag", "a\r\nx: y", /is not an ETag/],
    ["crc64", "18446744073709551616", /column 6: crc64 "18446744073709551616" is not an unsigned 64-bit/],
    ["crc64", "0x1f", /crc64/],
    ["key", "", "row 17, column 2: key is empty"],
    ["key", "/a", /begins with \//],
    ["key", "\\a", /begins with \\/],
    ["key", "a\u001a", /contains the control character 26/],
    ["key", "a\0", /contains the control character 0/],
    ["key", "\u4e2d".repeat(284), /has 852 bytes, and COS takes 850/],
    ["key", "a\udc00", /half of a surrogate pair/],
    ["archiveKey", "/a", /archiveKey "\/a" begins with/],
  ])("%s %j is invalid, and says where and why", (field, text, message) => {
    expect(entry({ [field]: text })).toMatchObject({
      kind: "invalid",
      fault: "value",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });

  it("keeps no more than 200 characters of the key, and no half of one", () => {
    const invalid = entry({ key: "\u{1f600}".repeat(300), size: "x" });
    expect(invalid).toMatchObject({ kind: "invalid", key: "\u{1f600}".repeat(100) });
    const odd = entry({ key: `a${"\u{1f600}".repeat(300)}` });
    expect(odd.kind === "invalid" && odd.key.isWellFormed() && odd.key.length).toBe(200);
  });
});
