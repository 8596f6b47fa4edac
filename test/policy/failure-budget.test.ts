import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOverBudget, minimumSample, parseFailureBudget } from "../../src/policy/failure-budget.ts";

const over = (budget: string, failed: number, ended: number, rows = 1_000_000) => {
  const parsed = parseFailureBudget(budget);
  if (parsed === undefined) throw new Error(`${budget} is no budget`);
  return isOverBudget(parsed, { failed, ended, rows });
};

describe("--max-failures", () => {
  test.each([
    ["25", { kind: "count", most: 25 }],
    ["0", { kind: "count", most: 0 }],
    ["5%", { kind: "percent", most: 5 }],
    ["0.5%", { kind: "percent", most: 0.5 }],
    ["100%", { kind: "percent", most: 100 }],
  ])("reads %s", (text, budget) => {
    expect(parseFailureBudget(text)).toEqual(budget);
  });

  test.each(["", "-1", "2.5", "101%", "5 %", "%", "1e3", "NaN", "5%%", ".5%"])("reads %j as no budget", (text) => {
    expect(parseFailureBudget(text)).toBeUndefined();
  });

  test("as a number is exceeded by one failure more, from the first row on", () => {
    expect(over("3", 3, 3)).toBe(false);
    expect(over("3", 4, 4)).toBe(true);
    expect(over("0", 1, 1)).toBe(true);
  });

  test("as a percentage is not judged from a handful of rows", () => {
    expect(over("5%", minimumSample - 1, minimumSample - 1)).toBe(false);
    expect(over("5%", 51, minimumSample)).toBe(true);
  });

  test("as a percentage is judged for a small run once all its rows are over", () => {
    expect(over("50%", 9, 9, 10)).toBe(false);
    expect(over("50%", 6, 10, 10)).toBe(true);
    expect(over("50%", 5, 10, 10)).toBe(false);
    expect(over("0%", 0, 0, 0)).toBe(false);
  });

  test("as a percentage allows exactly as many as it says", () => {
    // 7 of 100 is 7 %: in floating point 7 / 100 × 100 is more than 7.
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 500 }), (hundredths, thousands) => {
        const ended = thousands * 10_000;
        const most = hundredths * thousands;
        expect(over(`${hundredths / 100}%`, most, ended, ended)).toBe(false);
        expect(over(`${hundredths / 100}%`, most + 1, ended, ended)).toBe(true);
      }),
    );
    expect(over("7%", 7, 100, 100)).toBe(false);
  });
});
