/** Catches: metadata that is another text after S3 has had it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeWords, encodeWord } from "../../../src/stores/s3/encoded-word.ts";

test.each([
  ["plain, as it is", "plain, as it is"],
  ["我", "=?UTF-8?B?5oiR?="],
  // No UTF-8: bytes, as header-values.ts has them.
  ["caf\udce9", "=?ISO-8859-1?B?Y2Fm6Q==?="],
])("%j goes out as %s", (text, word) => {
  expect(encodeWord(text)).toBe(word);
  expect(decodeWords(word)).toBe(text);
});

test.each([
  ["=?utf-8?q?=E6=88=91_a?=", "我 a"],
  ["=?UTF-8?B?5oiR?= =?UTF-8?B?5oiR?=", "我我"],
  ["a =?UTF-8?B?5oiR?= b", "a 我 b"],
  ["=?x-unknown?B?5oiR?=", "=?x-unknown?B?5oiR?="],
])("%s, as services write it, is %s", (written, text) => {
  expect(decodeWords(written)).toBe(text);
});

test("whatever is sent comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(decodeWords(encodeWord(text))).toBe(text);
    }),
  );
});
