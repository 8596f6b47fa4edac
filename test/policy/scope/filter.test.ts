import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFilter, filterFault, rulesOf, splitGlobs } from "../../../src/policy/scope/filter.ts";
import { parseBytes, parseSince } from "../../../src/policy/scope/quantities.ts";

describe("rules", () => {
  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], ["a", "b/c"], []],
    [["- *.tmp"], ["a", "b/c"], ["x.tmp", "d/x.tmp"]],
    [["+ /keep/**", "- **"], ["keep/a"], ["a", "d/keep/a"]],
    [["- *.tmp", "+ *.tmp"], [], ["x.tmp"]],
    [["+ *.tmp", "- *.tmp"], ["x.tmp"], []],
  ])("%j: the first that matches decides", (rules, kept, left) => {
    const filter = createFilter(rules);
    expect(kept.filter((key) => !filter(key))).toEqual([]);
    expect(left.filter(filter)).toEqual([]);
  });

  test("of includes leave out all else, and what is excluded stays out", () => {
    const filter = createFilter(rulesOf({ include: ["*.jpg"], exclude: ["/tmp/**"] }));
    expect(["a.jpg", "d/a.jpg", "tmp/a.jpg", "a.png"].filter(filter)).toEqual(["a.jpg", "d/a.jpg"]);
    const first = createFilter(rulesOf({ filter: ["+ /tmp/keep.jpg"], include: ["*.jpg"], exclude: ["/tmp/**"] }));
    expect(["tmp/keep.jpg", "tmp/a.jpg", "a.jpg"].filter(first)).toEqual(["tmp/keep.jpg", "a.jpg"]);
    expect(rulesOf({})).toEqual([]);
  });

  test("that are none are told", () => {
    expect(filterFault(["+ a", "- b"])).toBeUndefined();
    expect(filterFault(["+ a", "b"])).toBe('the rule "b" begins with neither "+ " nor "- "');
    expect(filterFault(["+ a", "- {{b}}"])).toBe(
      'the glob "{{b}}" has a regular expression in {{ }}, which is not supported',
    );
  });

  test("are told apart by commas that are in no braces", () => {
    expect(splitGlobs("*.{jpg,png},/a/**,x\\,y,[,]z")).toEqual(["*.{jpg,png}", "/a/**", "x\\,y", "[,]z"]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "*.{b,c}", "[,]", "x\\,"), { minLength: 1 }), (globs) => {
        expect(splitGlobs(globs.join(","))).toEqual(globs);
      }),
    );
  });
});

test.each<[string, number | undefined]>([
  ["0", 0],
  ["1000", 1_000],
  ["10k", 10_240],
  ["10M", 10 * 1024 ** 2],
  ["1.5GiB", 1.5 * 1024 ** 3],
  ["2TB", 2 * 1024 ** 4],
  ["7b", 7],
  ["-1", undefined],
  ["10 M", undefined],
  ["10MM", undefined],
  ["9999999T", undefined],
])("%s as bytes", (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.each<[string, string | undefined]>([
  ["36h", "2026-01-14T00:00:00.000Z"],
  ["2d", "2026-01-13T12:00:00.000Z"],
  ["1w", "2026-01-08T12:00:00.000Z"],
  ["90s", "2026-01-15T11:58:30.000Z"],
  ["1.5h", "2026-01-15T10:30:00.000Z"],
  ["2026-01-10", "2026-01-10T00:00:00.000Z"],
  ["2026-01-10T08:00+08:00", "2026-01-10T00:00:00.000Z"],
  ["2026-01-10T08:00:00Z", "2026-01-10T08:00:00.000Z"],
  ["2026-01-10T08:00:00", undefined],
  ["2026-13-10", undefined],
  ["yesterday", undefined],
  ["2", undefined],
])("since %s", (text, since) => {
  const at = parseSince(text, Date.UTC(2026, 0, 15, 12));
  expect(at === undefined ? undefined : new Date(at).toISOString()).toBe(since);
});
