/** Catches: two places that share keys and are taken for apart, or the other way round. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overlapOf, prefixIn, shareKeys } from "../../src/policy/places.ts";

const prefix = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 4 });
const place = fc.record({ bucket: fc.constantFrom("p-1250000000", "q-1250000000"), prefix });

describe("two places", () => {
  test.each([
    ["a/", "a/", "same"],
    ["", "", "same"],
    ["", "a/", "within"],
    ["a/", "", "holds it"],
    ["photos", "photos-old/", "within"],
    ["photos/", "photos-old/", undefined],
    ["a/b", "a/c", undefined],
  ] as const)("at %j and %j: %s", (outer, inner, overlap) => {
    const bucket = "p-1250000000";
    expect(overlapOf({ bucket, prefix: outer }, { bucket, prefix: inner })).toBe(overlap);
    expect(overlapOf({ bucket, prefix: outer }, { bucket: "q-1250000000", prefix: inner })).toBeUndefined();
  });

  test.each([
    [{ store: "s3", bucket: "p-1250000000", prefix: "" }, { bucket: "p-1250000000", prefix: "" }, undefined],
    [{ store: "s3", bucket: "p", prefix: "a" }, { store: "s3", bucket: "p", prefix: "a/b" }, "within"],
    [{ store: "file", bucket: "/mnt/a", prefix: "" }, { store: "file", bucket: "/mnt/a/b", prefix: "" }, "within"],
    [{ store: "file", bucket: "/mnt/a/b", prefix: "" }, { store: "file", bucket: "/mnt/a", prefix: "b/" }, "same"],
    [{ store: "file", bucket: "/mnt/a", prefix: "" }, { store: "file", bucket: "/mnt/ab", prefix: "" }, undefined],
    [{ store: "file", bucket: "/mnt/a/b", prefix: "" }, { store: "file", bucket: "/mnt/a", prefix: "" }, "holds it"],
  ] as const)("in stores: %j and %j: %s", (outer, inner, overlap) => {
    expect(overlapOf(outer, inner)).toBe(overlap);
  });

  test.each([
    ["/mnt/a", { store: "file", bucket: "/mnt/a", prefix: ".originals/" }, ".originals/"],
    ["/mnt/a", { store: "file", bucket: "/mnt/a/.originals", prefix: "" }, ".originals/"],
    ["/mnt/a", { store: "file", bucket: "/mnt", prefix: "" }, undefined],
    ["/mnt/a", { store: "s3", bucket: "/mnt/a", prefix: "x" }, undefined],
  ] as const)("what keys of %s begin with in %j: %s", (bucket, place, prefix) => {
    expect(prefixIn({ store: "file", bucket }, place)).toBe(prefix);
  });

  test("are apart exactly where no key can be in both", () => {
    fc.assert(
      fc.property(place, place, fc.array(prefix), (a, b, keys) => {
        const inBoth = (key: string) => a.bucket === b.bucket && key.startsWith(a.prefix) && key.startsWith(b.prefix);
        const longer = a.prefix.length > b.prefix.length ? a.prefix : b.prefix;
        expect(shareKeys(a, b)).toBe(shareKeys(b, a));
        expect(inBoth(longer)).toBe(shareKeys(a, b));
        if (!shareKeys(a, b)) expect(keys.filter((key) => inBoth(longer + key))).toEqual([]);
      }),
    );
  });
});
