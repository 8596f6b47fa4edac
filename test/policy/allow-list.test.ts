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
  ])("is not written as %s", (text) => {
    expect(parseAllowed(text)).toBeUndefined();
  });
});
