/** When what is being restored is looked at, and what restoring costs. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRestoreEstimate, restoreCost } from "../../src/policy/money/restore-price.ts";
import { givenUpAfterMs, isWorthALook, looksUntil, untilNextLook } from "../../src/policy/restore.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

describe("the next look", () => {
  test.each([
    ["at once", 0, 5 * SECOND],
    ["after 10 s", 10 * SECOND, 10 * SECOND],
    ["after half an hour", HOUR / 2, HOUR / 2],
    ["after two hours", 2 * HOUR, HOUR],
    ["after six", 6 * HOUR, HOUR],
    ["after twelve", 12 * HOUR, 2 * HOUR],
  ])("%s", (_, waited, expected) => {
    expect(untilNextLook(waited)).toBe(expected);
  });

  test("never comes later than what has passed already, nor sooner than five seconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: givenUpAfterMs }), (waited) => {
        const pause = untilNextLook(waited);
        expect(pause).toBeGreaterThanOrEqual(5 * SECOND);
        expect(pause).toBeLessThanOrEqual(Math.max(5 * SECOND, waited));
      }),
    );
  });

  test.each([
    [5 * 60 * SECOND, 7],
    [5 * HOUR, 15],
    [12 * HOUR, 21],
    [48 * HOUR, 30],
  ])("comes so often until %d ms that few requests tell", (ms, looks) => {
    expect(looksUntil(ms)).toBe(looks);
  });

  test.each([
    [0, 3, false],
    [1, 3, false],
    [2, 3, true],
    [1, 1, true],
  ])("of the others is worth it where %d of %d are restored: %s", (restored, looked, worth) => {
    expect(isWorthALook(restored, looked)).toBe(worth);
  });
});

describe("what restoring comes to", () => {
  const GB = 1024 ** 3;
  const prices = { restoreRequests: 2 };
  const counted = (how: Parameters<typeof createRestoreEstimate>[0], rows: readonly [string, number?][]) => {
    const counting = createRestoreEstimate(how);
    const added = rows.map(([storageClass, size]) => counting.add({ storageClass, size }));
    counting.endShard();
    return { added, requests: counting.requests(), estimate: counting.estimate() };
  };

  test("is nothing where nothing is restored", () => {
    expect(counted(undefined, [["ARCHIVE", 1]])).toEqual({
      added: [undefined],
      requests: { "source.head": 0, ledger: 0 },
      estimate: null,
    });
  });

  test("is told by class, with the longest time", () => {
    const how = { tier: "Bulk", days: 2 } as const;
    const { added, estimate } = counted(how, [["ARCHIVE", GB], ["archive"], ["DEEP_ARCHIVE", GB], ["STANDARD", 1]]);
    expect(added).toEqual(["restored", "restored", "restored", undefined]);
    expect(estimate).toEqual({
      ...how,
      rows: 3,
      byClass: [
        { storageClass: "ARCHIVE", rows: 2, bytes: GB, rowsWithSize: 1, longestSeconds: 12 * 3600 },
        { storageClass: "DEEP_ARCHIVE", rows: 1, bytes: GB, rowsWithSize: 1, longestSeconds: 48 * 3600 },
      ],
      longestSeconds: 48 * 3600 + 0.03,
    });
    if (estimate === null) return;
    expect(restoreCost(estimate, GB, prices)).toBeCloseTo(2 * 0.02 + 0.04 + 3 * 0.0002, 9);
    const given = { ...prices, restoreArchive: 1, restoreDeepArchive: 10 };
    expect(restoreCost(estimate, 2 * GB, given)).toBeCloseTo(3 + 10 + 3 * 0.0002, 9);
  });

  test("leaves out what the tier does not restore", () => {
    const { added, estimate, requests } = counted({ tier: "Expedited", days: 1 }, [["DEEP_ARCHIVE", GB]]);
    expect([added, estimate?.rows]).toEqual([["by-no-such-tier"], 0]);
    expect(estimate?.byClass).toMatchObject([{ longestSeconds: null }]);
    expect(estimate && restoreCost(estimate, GB, prices)).toBe(0);
    expect(requests).toEqual({ "source.head": 0, ledger: 0 });
  });
});
