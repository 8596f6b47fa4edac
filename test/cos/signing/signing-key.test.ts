import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { build, modules } from "../../../scripts/wasm.mjs";
import { createSign, signatureOf, stringToSign } from "../../../src/cos/signing/signing-key.ts";
import { runs } from "../../setup/quick.ts";

const expected = (signKey: string, keyTime: string, text: string) => signatureOf(signKey, stringToSign(keyTime, text));

const aSignKey = fc.stringMatching(/^[0-9a-f]{40}$/);
const aKeyTime = fc.tuple(fc.nat(2_000_000_000), fc.nat(2_000_000_000)).map(([from, to]) => `${from};${to}`);

test("HttpStrings of every length, about each edge of a block, are signed as by OpenSSL", () => {
  const sign = createSign("0123456789abcdef0123456789abcdef01234567", "1790000000;1790001200");
  for (let length = 0; length < 400; length++) {
    const text = "k".repeat(length);
    expect(sign(text), `${length} bytes`).toBe(
      expected("0123456789abcdef0123456789abcdef01234567", "1790000000;1790001200", text),
    );
  }
});

test("whatever is signed, under several keys in turn, a shorter text after a longer one, is signed as by OpenSSL", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ maxLength: 3 }),
    fc.constantFrom("\ud800", "é".repeat(100), "中文".repeat(900)),
  );
  const keys = fc.array(fc.tuple(aSignKey, aKeyTime), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(keys, fc.array(fc.tuple(fc.nat(3), text), { maxLength: 30 }), (made, steps) => {
      const signs = made.map(([signKey, keyTime]) => createSign(signKey, keyTime));
      for (const [which, httpString] of steps) {
        const at = which % made.length;
        const [signKey, keyTime] = made[at]!;
        expect(signs[at]!(httpString)).toBe(expected(signKey, keyTime, httpString));
      }
    }),
    { numRuns: runs(500) },
  );
});

test.each([
  ["the longest HttpString that fits", "x".repeat(21_000)],
  ["one of another length than its bytes", "猫".repeat(21_000)],
  ["one that does not fit", "猫".repeat(40_000)],
  ["a megabyte", "x".repeat(1024 ** 2)],
])("%s", (_, text) => {
  const sign = createSign("a".repeat(40), "1;2");
  expect(sign(text)).toBe(expected("a".repeat(40), "1;2", text));
  expect(sign("short")).toBe(expected("a".repeat(40), "1;2", "short"));
});

test.each([
  ["a KeyTime that no clock shows", "a".repeat(40), `${"9".repeat(60)};${"9".repeat(60)}`],
  ["a key longer than a block", "k".repeat(65), "1;2"],
  ["a key of a block", "k".repeat(64), "1;2"],
  ["no key", "", "1;2"],
])("%s signs all the same", (_, signKey, keyTime) => {
  expect(createSign(signKey, keyTime)("get\n/k\n\n\n")).toBe(expected(signKey, keyTime, "get\n/k\n\n\n"));
});

test("signing-wasm.ts is what its source builds", async () => {
  expect(readFileSync(modules.signing.built, "utf8"), "run `npm run wasm` and commit what it writes").toBe(
    await build(modules.signing),
  );
});
