import { describe, expect, it } from "vitest";
import { ratio, spread } from "./numbers.ts";

describe("a spread", () => {
  it("has the middle of an odd number of values, whatever their order", () => {
    expect(spread([30, 10, 20])).toEqual({ median: 20, least: 10, most: 30 });
  });

  it("has the mean of the two in the middle of an even number", () => {
    expect(spread([4, 1, 2, 100])).toEqual({ median: 3, least: 1, most: 100 });
  });

  it("sorts numbers as numbers", () => {
    expect(spread([9, 10, 100]).median).toBe(10);
  });

  it("is of nothing no number", () => {
    expect(spread([])).toEqual({ median: Number.NaN, least: Number.NaN, most: Number.NaN });
  });

  it("leaves the values as they were", () => {
    const values = [3, 1, 2];
    spread(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("a ratio", () => {
  it("pairs rounds, so that a slow round weighs on both", () => {
    // Of medians it would be 100 / 100; round by round one is always half of the other.
    expect(ratio([50, 100, 500], [100, 200, 1000])).toEqual({ median: 0.5, least: 0.5, most: 0.5 });
  });

  it("leaves out rounds that only one has", () => {
    expect(ratio([10, 20, 30], [10, 10])).toEqual({ median: 1.5, least: 1, most: 2 });
  });
});
