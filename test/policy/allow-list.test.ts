/** Catches: a pattern that lets a message name more than it says, or is cut where a place is not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowedText, isAllowed, parseAllowed } from "../../src/policy/allow-list.ts";

const may = (pattern: string, bucket: string, prefix: string) => {
  const allowed = parseAllowed(pattern);
  if (allowed === undefined) throw new Error(pattern);
  return isAllowed([allowed], allowed.role, { bucket, prefix });
};

describe("a place that is allowed", () => {
  test.each([
    ["archive=cos://archive-*/photos/", "archive-1250000000", "photos/", true],
    ["archive=cos://archive-*/photos/", "archive-eu-1250000000", "photos/2026/", true],
    ["archive=cos://archive-*/photos/", "my-archive-1250000000", "photos/", false],
    ["archive=cos://archive-*/photos/", "archive-1250000000", "photos", false],
    ["archive=cos://archive-*/photos/", "archive-1250000000", "", false],
    ["archive=cos://archive-1250000000", "archive-1250000000", "anything", true],
    ["archive=cos://archive-125", "archive-1250000000", "", false],
    ["source=cos://*/*/originals/", "a-1250000000", "team/originals/x", true],
    ["source=cos://*/*/originals/", "a-1250000000", "originals/x", false],
    ["source=cos://a-1250000000/a.b(c)+/", "a-1250000000", "aXb(c)+/", false],
    ["source=cos://a-1250000000/a.b(c)+/", "a-1250000000", "a.b(c)+/d", true],
  ])("as %s: %s/%s %s", (pattern, bucket, prefix, allowed) => {
    expect(may(pattern, bucket, prefix)).toBe(allowed);
  });

  test.each([
    ["archive=s3://archive-*/photos/", { store: "s3", bucket: "archive-eu", prefix: "photos/2026/" }, true],
    ["archive=s3://archive-*/photos/", { store: "s3", bucket: "archive.eu", prefix: "photos/" }, false],
    ["archive=s3://archive-*/photos/", { bucket: "archive-eu-1250000000", prefix: "photos/" }, false],
    ["archive=cos://archive-*/photos/", { store: "s3", bucket: "archive-eu-1250000000", prefix: "photos/" }, false],
    ["ledger=file:///mnt/a/", { store: "file", bucket: "/mnt/a", prefix: ".originals/" }, true],
    ["ledger=file:///mnt/a", { store: "file", bucket: "/mnt/a/b", prefix: "" }, true],
    ["ledger=file:///mnt/a", { store: "file", bucket: "/mnt/ab", prefix: "" }, false],
    ["ledger=file:///mnt/a", { store: "file", bucket: "/mnt/a", prefix: "../b/" }, false],
    ["ledger=file:///mnt/a", { store: "file", bucket: "/mnt/a/../b", prefix: "" }, false],
  ] as const)("in stores: as %s: %j %s", (pattern, place, allowed) => {
    const list = [parseAllowed(pattern)].filter((each) => each !== undefined);
    expect(list).toHaveLength(1);
    expect(list.map(allowedText).map(parseAllowed)).toEqual(list);
    expect(isAllowed(list, list[0]?.role ?? "source", place)).toBe(allowed);
  });

  test("is no folder unless one is named: it is the machine's own", () => {
    const folder = { store: "file", bucket: "/mnt/a", prefix: "" } as const;
    expect(isAllowed([], "archive", folder)).toBe(false);
    expect(isAllowed([], "archive", { store: "s3", bucket: "photo-archive", prefix: "" })).toBe(true);
  });

  test("bounds its own role, and no other", () => {
    const list = [{ role: "archive", bucket: "a-1250000000", prefix: "" }] as const;
    expect(isAllowed(list, "archive", { bucket: "b-1250000000", prefix: "" })).toBe(false);
    expect(isAllowed(list, "source", { bucket: "b-1250000000", prefix: "" })).toBe(true);
  });

  test("without a star holds exactly what lies within it", () => {
    const prefix = fc.string({ unit: fc.constantFrom("a", ".", "/", "(", "é"), maxLength: 4 });
    fc.assert(
      fc.property(prefix, prefix, (allowed, named) => {
        if (allowed.startsWith("/")) return;
        const list = [{ role: "source", bucket: "a-1250000000", prefix: allowed }] as const;
        expect(isAllowed(list, "source", { bucket: "a-1250000000", prefix: named })).toBe(named.startsWith(allowed));
        expect(parseAllowed(allowedText(list[0]))).toEqual(list[0]);
      }),
    );
  });

  test.each([
    "archive",
    "cos://a-1250000000",
    "nobody=cos://a-1250000000",
    "source=cos:///x",
    "source=cos://a-1250000000//x",
    "source=s3://photos",
    "manifest=file:///mnt/a",
    "archive=file:///mnt/../a",
  ])("is not written as %s", (text) => {
    expect(parseAllowed(text)).toBeUndefined();
  });
});
