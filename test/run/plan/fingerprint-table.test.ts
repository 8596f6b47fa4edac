import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFingerprintTable } from "../../../src/run/plan/keys/fingerprint-table.ts";
import { quick } from "../../setup/quick.ts";

const word = fc.nat({ max: 2 ** 32 - 1 });
/** Many at the ends, where the table wraps around and where slots are few. */
const high = fc.oneof(word, fc.constantFrom(0, 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1));

describe("a table of fingerprints", () => {
  test("holds what a map would hold, however often it grows", () => {
    const entries = fc.uniqueArray(
      fc.tuple(
        high,
        word.map((low) => low || 1),
        word,
      ),
      {
        selector: ([a, b]) => `${a} ${b}`,
        minLength: 1,
        maxLength: 600,
      },
    );
    fc.assert(
      fc.property(entries, fc.constantFrom(0, 1, 50, 100_000, 2_000_000), (given, room) => {
        const table = createFingerprintTable(given.length + room);
        for (const [a, b, value] of given) {
          expect(table.get(a, b)).toBeUndefined();
          table.add(a, b, value);
        }
        for (const [a, b, value] of given) expect(table.get(a, b)).toBe(value);
      }),
    );
  });

  test.skipIf(quick)("keeps each entry from one to a million, growing within its memory, and is full then", () => {
    const most = 1_000_000;
    const table = createFingerprintTable(most);
    const highOf = (n: number) => Math.imul(n, 0x9e3779b1) >>> 0;
    const lowOf = (n: number) => (Math.imul(n, 0x85ebca6b) | 1) >>> 0;
    for (let n = 1; n <= most; n++) {
      table.add(highOf(n), lowOf(n), n);
      // At each growth all are looked up again.
      if ((n & (n - 1)) === 0) {
        for (let m = 1; m <= n; m++) if (table.get(highOf(m), lowOf(m)) !== m) throw new Error(`${m} of ${n} is lost`);
      }
    }
    for (let m = 1; m <= most; m++) if (table.get(highOf(m), lowOf(m)) !== m) throw new Error(`${m} is lost`);
    expect(table.get(0, 2)).toBeUndefined();
    expect(() => table.add(0, 2, 0)).toThrow(RangeError);
  });
});
