/** Catches: two objects under one name in a history, one object under two, and names that can't be read back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayBeLedgerKey } from "../../src/ledger/own-keys.ts";
import { historyName, keepingOf, parseHistoryName } from "../../src/policy/history.ts";
import { runs } from "../setup/quick.ts";

const writtenAt = Date.UTC(2026, 10, 30, 4, 23, 5);
const md5 = "0123456789abcdef0123456789abcdef";
const rules = { prefix: "history/", mostKeyBytes: 850, mostCopyBytes: 5 * 1024 ** 3 };
const there = { size: 9, etag: md5, crc64: "77", lastModified: writtenAt, headers: {} };

describe("the name of a copy", () => {
  test("says the key, when it was written, and what it holds", () => {
    expect(historyName("history", "photos/a.jpg", writtenAt, "77")).toBe("history/photos/a.jpg~20261130T042305Z~77");
    expect(historyName("history/", "a", writtenAt + 999, "77")).toBe("history/a~20261130T042305Z~77");
  });

  test("is read back, whatever the key is", () => {
    const key = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom("a~b", "~", "a~20261130T042305Z~77", "photos/é/图片.jpg", "a\n~b"),
    );
    const seconds = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1000 });
    const content = fc.constantFrom("0", "18446744073709551615", md5, `${md5}-12`);
    fc.assert(
      fc.property(key, seconds, content, (archiveKey, at, holds) => {
        const name = historyName("history/", archiveKey, at * 1000, holds);
        expect(parseHistoryName("history", name)).toEqual({ archiveKey, writtenAt: at * 1000, content: holds });
      }),
      { numRuns: runs(500) },
    );
  });

  test.each([
    "a.jpg",
    "history/a.jpg",
    "history/a.jpg~20261130T042305Z",
    "history/~20261130T042305Z~77",
    "history/a~20261399T042305Z~7",
  ])("%s is none", (key) => expect(parseHistoryName("history/", key)).toBeUndefined());
});

describe("what is there", () => {
  test("is copied as long as it is that, under its CRC64, else its ETag", () => {
    expect(keepingOf("a", there, rules)).toEqual({ key: "history/a~20261130T042305Z~77", etag: md5 });
    expect(keepingOf("a", { ...there, crc64: undefined }, rules)).toEqual({
      key: `history/a~20261130T042305Z~${md5}`,
      etag: md5,
    });
  });

  test.each([
    ["without an ETag", { ...there, etag: undefined }, "tells no ETag"],
    ["with an ETag that is no name", { ...there, etag: "a/b" }, "tells no ETag"],
    ["without its time", { ...there, lastModified: undefined }, "when it was written"],
    ["in an archive class", { ...there, headers: { "x-cos-storage-class": "ARCHIVE" } }, "storage class ARCHIVE"],
    ["above what one copy takes", { ...there, size: 5 * 1024 ** 3 + 1 }, "5368709121 bytes"],
  ])("%s can't be", (_, object, why) => {
    expect(keepingOf("a", object, rules)).toEqual({ fault: expect.stringContaining(why) });
  });

  test("that was restored can be", () => {
    const headers = { "x-cos-storage-class": "ARCHIVE", "x-cos-restore": 'ongoing-request="false", expiry-date="x"' };
    expect(keepingOf("a", { ...there, headers }, rules)).toHaveProperty("key");
  });

  test("can't be under a key that is too long, to the byte", () => {
    const around = Buffer.byteLength("history/~20261130T042305Z~77");
    expect(keepingOf("k".repeat(850 - around), there, rules)).toHaveProperty("key");
    expect(keepingOf("k".repeat(851 - around), there, rules)).toEqual({ fault: expect.stringContaining("851 bytes") });
  });
});

test("a history beside the runs of a ledger is nobody's archived original", () => {
  expect(mayBeLedgerKey("photos/.originals/history/photos/a.jpg~20261130T042305Z~77")).toBe(true);
  expect(mayBeLedgerKey("history/a.jpg~20261130T042305Z~77")).toBe(false);
});
