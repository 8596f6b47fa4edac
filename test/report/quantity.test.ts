/** Quantities as people read them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMoney } from "../../src/report/quantity.ts";

test.each([
  [0, "0.00 CNY"],
  [0.5, "0.50 CNY"],
  [12.345, "12.35 CNY"],
  [50.025, "50.03 CNY"],
  [1.005, "1.01 CNY"],
  [1_234_567.5, "1,234,567.50 CNY"],
  [0.01, "0.01 CNY"],
  [0.009, "0.009 CNY"],
  [0.000125, "0.000125 CNY"],
  [0.0000001, "0.00 CNY"],
])("%d is %s", (amount, text) => expect(formatMoney(amount, "CNY")).toBe(text));

/** A whole number of millionths, so that no digit is between two. */
const millionths = fc.integer({ min: 0, max: 9_999 }).map((count) => count / 1_000_000);
const thousandths = fc.integer({ min: 10, max: 1e12 }).map((count) => count / 1_000);

test("money is written as Intl writes it", () => {
  fc.assert(
    fc.property(fc.oneof(millionths, thousandths), (amount) => {
      const maximumFractionDigits = amount !== 0 && amount < 0.01 ? 6 : 2;
      const intl = amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits });
      expect(formatMoney(amount, "CNY")).toBe(`${intl} CNY`);
    }),
  );
});
