/** Catches: allowances that together pass the cap, a shard that waits for room that there is, one that is given more over and over and fetches nothing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Amount,
  capOf,
  costOfFetch,
  costOfRestore,
  covers,
  grantFor,
  minus,
  moneyOf,
  nothing,
  plus,
  reservedOf,
  type ShardMoney,
} from "../../../src/policy/money/cap.ts";

const prices = { currency: "CNY", processing: 0.025, requests: 0.01, restoreRequests: 0.5 };
const GB = 1024 ** 3;
const amount = (nano: number, bytes = 0): Amount => ({ nano, bytes });
const free: ShardMoney = { granted: undefined, spent: undefined, short: undefined, isOver: false };

describe("what is paid for", () => {
  test("a fetch is its processing and six requests, a plain one the requests alone", () => {
    expect(costOfFetch(GB, prices)).toEqual(amount(0.025e9 + 6_000, GB));
    expect(costOfFetch(GB, prices, false)).toEqual(amount(6_000, GB));
  });

  test("a restore is one by its class and tier, or by the price that was said", () => {
    expect(costOfRestore(GB, "DEEP_ARCHIVE", "Standard", prices)).toEqual(amount(0.14e9 + 50_000));
    expect(costOfRestore(GB, "MAZ_ARCHIVE", "Bulk", { ...prices, restoreArchive: 1 }).nano).toBeCloseTo(
      1e9 + 50_000,
      -1,
    );
  });

  test("a cap bounds money, bytes, or both", () => {
    expect(capOf({})).toBeUndefined();
    expect(capOf({ maxCost: 1.5 })).toEqual(amount(1.5e9, Number.POSITIVE_INFINITY));
    expect(capOf({ maxBytes: 7 })).toEqual(amount(Number.POSITIVE_INFINITY, 7));
    expect(moneyOf(amount(1.5e9))).toBe(1.5);
  });
});

describe("an allowance", () => {
  const cap = amount(100, 1_000);
  test.each<[string, Partial<ShardMoney>, Amount, Amount, Amount | undefined]>([
    ["is what the rows come to", {}, amount(30, 10), nothing, amount(30, 10)],
    ["is what is left, where that is less", {}, amount(30, 10), amount(90), amount(10, 10)],
    ["is none where nothing is left", {}, amount(30, 10), amount(100), undefined],
    ["is none where one of both is used up", {}, amount(30, 10), amount(0, 1_000), undefined],
    ["of nothing to pay for is always had", {}, nothing, amount(100, 1_000), nothing],
    [
      "comes on top of what was spent",
      { granted: amount(5), spent: amount(4), short: amount(2) },
      amount(30, 10),
      amount(50),
      amount(34, 10),
    ],
    [
      "is none where the next original would not fit",
      { spent: amount(4), short: amount(60) },
      amount(30),
      amount(50),
      undefined,
    ],
    [
      "is what the next original needs, where the rows told less",
      { spent: amount(4), short: amount(40) },
      amount(30),
      amount(50),
      amount(44),
    ],
  ])("%s", (_, shard, wanted, reserved, granted) => {
    expect(grantFor({ ...free, ...shard }, wanted, cap, reserved)).toEqual(granted);
  });

  test("is not bounded in what no cap bounds", () => {
    const money = amount(100, Number.POSITIVE_INFINITY);
    const granted = grantFor(free, amount(30, 10), money, nothing);
    expect(granted).toEqual(amount(30, Number.POSITIVE_INFINITY));
    const reserved = reservedOf([{ ...free, granted }]);
    expect(grantFor(free, amount(30, 10), money, reserved)).toEqual(amount(30, Number.POSITIVE_INFINITY));
    expect(grantFor(free, amount(30, 10), money, plus(reserved, amount(70)))).toBeUndefined();
  });
});

/** A shard's rows, each with what it costs in truth and what the plan takes it for. */
const shard = fc.array(
  fc.record({
    cost: fc.integer({ min: 1, max: 20 }),
    told: fc.integer({ min: 1, max: 20 }),
    bytes: fc.nat({ max: 50 }),
  }),
  { minLength: 1, maxLength: 6 },
);

test("whatever rows there are, and in whatever order shards are worked: never more than the cap is spent, and no room is left that would do", () => {
  fc.assert(
    fc.property(
      fc.array(shard, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 300 }),
      fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      fc.infiniteStream(fc.nat()),
      (shards, nano, bytes, turns) => {
        const cap = amount(nano, bytes ?? Number.POSITIVE_INFINITY);
        const money: ShardMoney[] = shards.map(() => free);
        const rowsLeft = shards.map((rows) => [...rows]);
        const spent = () => money.reduce((sum, { spent: its = nothing }) => plus(sum, its), nothing);
        const isUnderWay = ({ granted, short, isOver }: ShardMoney) =>
          granted !== undefined && short === undefined && !isOver;
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(1_000);
          // Reconcile: in order, until one does not fit.
          for (const [at, its] of money.entries()) {
            if (its.isOver || isUnderWay(its)) continue;
            const rows = shards[at] ?? [];
            const wanted = amount(
              rows.reduce((sum, { told }) => sum + told, 0),
              rows.reduce((sum, { bytes: size }) => sum + size, 0),
            );
            const granted = grantFor(its, wanted, cap, reservedOf(money));
            if (granted === undefined) break;
            money[at] = { ...its, granted, short: undefined };
          }
          const working = money.flatMap((its, at) => (isUnderWay(its) ? [at] : []));
          if (working.length === 0) break;
          // One worker goes on with one shard until that is over, or needs more.
          const at = working[(turns.next().value as number) % working.length] as number;
          const its = money[at] as ShardMoney;
          const rows = rowsLeft[at] ?? [];
          let now = its.spent ?? nothing;
          let short: Amount | undefined;
          while (rows.length > 0 && short === undefined) {
            const next = amount(rows[0]?.cost ?? 0, rows[0]?.bytes ?? 0);
            if (!covers(its.granted ?? nothing, plus(now, next))) short = next;
            else {
              now = plus(now, next);
              rows.shift();
            }
          }
          money[at] = { ...its, spent: now, short, isOver: rows.length === 0 };
          expect(covers(cap, spent())).toBe(true);
        }
        // At rest: what is left has no room. The first that waits is the one that is asked.
        const waiting = money.findIndex(({ isOver }) => !isOver);
        if (waiting === -1) return;
        const room = minus(cap, spent());
        const needs = money[waiting]?.short ?? amount(1, 1);
        expect(covers(room, needs)).toBe(false);
      },
    ),
  );
});
