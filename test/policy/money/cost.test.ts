/** What requests and bytes cost. Catches: the noise of binary fractions in what is told, sums that do not add up, and paying for plain GETs. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOf, GB, usualPrices } from "../../../src/policy/money/cost.ts";
import { costOfRun, plannedCost } from "../../../src/policy/money/run-cost.ts";
import { runs } from "../../setup/quick.ts";

const inCos = { archive: {}, ledger: {} };
const count = fc.nat(2_000_000_000);
const requests = fc.record({
  "source.get": count,
  "source.plain": fc.option(count, { nil: undefined }),
  "source.head": count,
  "archive.head": count,
  "archive.put": count,
  ledger: count,
});
const bytes = fc.nat(1e15);
const price = fc.double({ min: 0, max: 100, noNaN: true });
const prices = fc
  .record({ processing: price, requests: price, traffic: price, freeProcessing: fc.nat(20_000) })
  .map((its) => ({ ...usualPrices, ...its }));

/** Digits behind the point, as it is printed. */
const decimals = (amount: number): number => {
  const [, fraction = "", exponent = "0"] = /^\d+(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(String(amount)) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
};

describe("money", () => {
  test("is told to billionths, and within one of what it is, whatever is reckoned", () => {
    fc.assert(
      fc.property(requests, bytes, fc.double({ min: 0, max: 1, noNaN: true }), prices, (sent, moved, share, its) => {
        const plain = Math.floor(moved * share);
        const cost = costOf(
          { bytes: { rowsWithSize: 0, rowsWithout: 0, estimated: moved, plain }, requests: sent },
          its,
          inCos,
        );
        if (cost === null) throw new Error("the bytes are known");
        const { from, upTo, processing, requests: ofRequests, restore, traffic } = cost;
        for (const amount of [from, upTo, processing.from, processing.upTo, ofRequests, restore, traffic]) {
          expect(decimals(amount)).toBeLessThanOrEqual(9);
        }
        expect(from).toBeLessThanOrEqual(upTo);
        const all = Object.values(sent).reduce<number>((sum, each = 0) => sum + each, 0);
        const exact = ((moved - plain) / GB) * its.processing + (all / 10_000) * its.requests;
        expect(Math.abs(upTo - exact)).toBeLessThanOrEqual(2e-9 + exact * 1e-12);
      }),
      { numRuns: runs(500) },
    );
  });

  test("has no noise where a few requests are all there is", () => {
    const eight = { "source.get": 2, "source.head": 2, "archive.head": 2, "archive.put": 2, ledger: 0 };
    expect(costOfRun({ requests: eight, bytes: 0 }, false, usualPrices, inCos)?.upTo).toBe(0.000008);
  });
});

describe("plain GETs", () => {
  const none = { "source.get": 0, "source.head": 0, "archive.head": 0, "archive.put": 0, ledger: 0 };

  test("cost their requests, and their traffic, and no processing", () => {
    const cost = costOfRun(
      { requests: { ...none, "source.plain": 10_000 }, bytes: 4 * GB, plainBytes: 3 * GB },
      false,
      usualPrices,
      inCos,
    );
    expect(cost).toMatchObject({ requests: 0.01, processing: { upTo: 0.025 }, upTo: 0.035, traffic: 2 });
  });

  test("are all that a run sends that brings keys back", () => {
    expect(costOfRun({ requests: none, bytes: 4 * GB }, true, usualPrices, inCos)).toMatchObject({
      upTo: 0,
      traffic: 2,
    });
  });

  test("are as many requests in what was planned", () => {
    const run = { rows: 10_000, shards: 0, bytes: 10_000 * GB, settled: {} };
    const how = { asksArchive: false, restores: false };
    const [with_, without] = [
      { rows: 4_000, bytes: 4_000 * GB },
      { rows: 0, bytes: 0 },
    ].map((plain) => plannedCost(run, { ...how, plain }, usualPrices, inCos));
    expect(with_?.requests).toBe(without?.requests);
    expect(with_?.processing.upTo).toBe(150);
    expect(without?.processing.upTo).toBe(250);
  });
});
