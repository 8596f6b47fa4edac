import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rowsWithin } from "../../../src/policy/concurrency/open-files.ts";

describe("the originals that may be under way at once", () => {
  test.each([
    // files, asked, rows
    [undefined, 1_000, 1_000],
    [1_048_576, 1_000, 1_000],
    // A function's.
    [1_024, 1_000, 296],
    [1_024, 32, 32],
    [256, 32, 32],
    [150, 300, 19],
    [150, 4, 4],
    [20, 300, 1],
  ])("of a process that may open %s files, asked for %i, are %i", (files, asked, rows) => {
    expect(rowsWithin(files, asked)).toBe(rows);
  });

  test("are at least one, at most what is asked for, and never fewer where more may be opened", () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 1_000 }), (files, asked) => {
        const rows = rowsWithin(files, asked);
        expect(rows).toBeGreaterThanOrEqual(1);
        expect(rows).toBeLessThanOrEqual(asked);
        expect(rowsWithin(files + 1, asked)).toBeGreaterThanOrEqual(rows);
        // What they need is there, with room for Node and the ledger.
        if (rows > 1) expect(files - 3 * rows).toBeGreaterThanOrEqual(72);
      }),
    );
  });
});
