/** What people read says one row, and two rows. */
import { describe, expect, test } from "vitest";
import { counted, formatCount, nounOf, verbOf } from "../../src/vocabulary/counted.ts";
import { readSources } from "../architecture/house.ts";

describe("a number and its noun", () => {
  test.each([
    [0, "row", "0 rows"],
    [1, "row", "1 row"],
    [2, "failed row", "2 failed rows"],
    [1_234_567, "object", "1,234,567 objects"],
    [1, "try", "1 try"],
    [3, "try", "3 tries"],
    [3, "retry", "3 retries"],
    [2, "key", "2 keys"],
    [2, "process", "2 processes"],
    [0.5, "object", "0.5 objects"],
  ])("%d of %s are %s", (count, noun, text) => {
    expect(counted(count, noun)).toBe(text);
  });

  test("agree, whoever says the number; and so does a verb", () => {
    expect([1, 2].map((count) => `${count} ${nounOf(count, "byte")} ${verbOf(count, "is", "are")}`)).toEqual([
      "1 byte is",
      "2 bytes are",
    ]);
  });

  test("the number alone is grouped by thousands", () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});

const nouns =
  "rows|shards|objects|keys|messages|tries|bytes|requests|retries|duplicates|collisions|images|files|versions|processes|entries";
const many = new RegExp(
  `\\$\\{((?:[^{}]|\\{[^{}]*\\})*)\\}\\)? (?:(?:archived|failed|older|other|more) )?(?:${nouns})\\b`,
  "g",
);
/** Never one: limits, what is longer than one, and what is said beside a service's own words. */
const limit =
  /^(formatCount\()?(max|most|least|LONGEST|MAX|this\.#limit|rowCount|receives|quote|Buffer\.byteLength\(|bytes$)/;
const services = /^(emulator|queue)\//;

test("no text spells a noun as of many behind a number of any size", () => {
  const found = [...readSources()].flatMap(([path, { text }]) =>
    services.test(path)
      ? []
      : [...text.matchAll(many)].filter(([, value = ""]) => !limit.test(value)).map(([all]) => `${path}: ${all}`),
  );
  expect(found).toEqual([]);
});
