/** What is written into one line fits into it, by the columns that a terminal gives its characters. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted } from "../../../../src/runtime/cli/terminal/status-line.ts";
import { cutTo, widthOf } from "../../../../src/runtime/cli/terminal/width.ts";
import { runs } from "../../../setup/quick.ts";

test.each([
  ["", 0],
  ["abc 1/2", 7],
  ["原图", 4],
  ["ｆｕｌｌ", 8],
  ["한글", 4],
  ["e\u0301", 1],
  ["naïve", 5],
  ["😀", 2],
  ["👨‍👩‍👧‍👦", 2],
  ["👍🏽", 2],
  ["🇨🇳", 2],
  ["❤️", 2],
  ["❤", 1],
  ["a\u200bb", 2],
  ["…", 1],
  ["𠀀", 2],
])("%j is %i columns wide", (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

test.each([
  ["photos/原图.jpg", 9, "photos/…"],
  ["photos/原图.jpg", 10, "photos/原…"],
  ["ab👨‍👩‍👧‍👦cd", 5, "ab👨‍👩‍👧‍👦…"],
  ["ab👨‍👩‍👧‍👦cd", 4, "ab…"],
  ["abc", 3, "abc"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
])("%j in %i columns is %j", (text, columns, cut) => {
  expect(cutTo(text, columns)).toBe(cut);
});

const text = fc.string({
  unit: fc.constantFrom(..."ab /", "漢", "é", "😀", "👨‍👩‍👧", "e\u0301", "\u202e", "\x1b"),
  maxLength: 12,
});
const parts = fc.array(
  fc.record({ matters: fc.integer({ min: 0, max: 9 }), texts: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  { maxLength: 8 },
);

test("whatever its parts, a line is never wider than it may be, and all of it where that fits", () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 200 }), (line, columns) => {
      const shown = fitted(line, columns);
      expect(widthOf(shown)).toBeLessThanOrEqual(columns);
      const whole = fitted(line, 10_000);
      if (widthOf(whole) <= columns) expect(shown).toBe(whole);
    }),
    { numRuns: runs(60) },
  );
});

test("what matters less is left out before what matters more is shortened", () => {
  const line = [
    { matters: 1, texts: ["least", "l"] },
    { matters: 9, texts: ["the most of all", "most"] },
    { matters: 5, texts: ["middle"] },
  ];
  expect([30, 26, 25, 22, 15, 14, 4, 3].map((columns) => fitted(line, columns))).toEqual([
    "least  the most of all  middle",
    "l  the most of all  middle",
    "the most of all  middle",
    "most  middle",
    "most  middle",
    "most  middle",
    "most",
    "mo…",
  ]);
});
