import fc from "fast-check";
import { expect, test } from "vitest";
import { compareKeys } from "../../src/objects/key-order.ts";

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Any character: fast-check's own takes seconds to make. */
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .map((code) => String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? code - 0x800 : code));

// Catches: an order of UTF-16 code units, which puts characters above U+FFFF before U+E000 to U+FFFF.
test("keys are compared as their UTF-8 bytes are", () => {
  const telling = fc.constantFrom(..."aB/\u0000\u007f\u00e9\ud7ff\ue000\uffff", "😀", "𐀀", "猫");
  const text = fc.oneof(fc.string({ unit: telling, maxLength: 4 }), fc.string({ unit: character, maxLength: 4 }));
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      expect(Math.sign(compareKeys(start + a, start + b))).toBe(Math.sign(bytewise(start + a, start + b)));
    }),
  );
});
