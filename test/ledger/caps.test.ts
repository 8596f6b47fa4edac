import fc from "fast-check";
import { expect, test } from "vitest";
import { type CapMark, capPath, foldCaps, parseCap } from "../../src/ledger/caps.ts";

const attempt = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const a = (nano: number, bytes: number) => ({ nano, bytes });

test("what a name says is read from it again", () => {
  const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const amount = fc.record({ nano: whole, bytes: whole });
  const bound = fc.oneof(whole, fc.constant(Number.POSITIVE_INFINITY));
  const shard = fc.nat({ max: 999_999_999 });
  const mark: fc.Arbitrary<CapMark> = fc.oneof(
    fc.record({
      kind: fc.constant("granted" as const),
      shard,
      n: fc.nat(),
      amount: fc.record({ nano: bound, bytes: bound }),
    }),
    fc.record({
      kind: fc.constant("short" as const),
      shard,
      n: fc.nat(),
      spent: amount,
      needs: amount,
      attempt: fc.constant(attempt),
    }),
    fc.record({ kind: fc.constant("over" as const), shard, spent: amount, attempt: fc.constant(attempt) }),
  );
  fc.assert(
    fc.property(mark, (its) => {
      expect(parseCap(capPath(its))).toEqual(its);
    }),
  );
  expect(parseCap("caps/granted/1~1~mx~b-1")).toBeUndefined();
  expect(parseCap("caps/other/1")).toBeUndefined();
});

test("of a shard the newest grant counts, and the most that was said to be spent", () => {
  const granted = (n: number, nano: number): CapMark => ({ kind: "granted", shard: 0, n, amount: a(nano, 0) });
  const short = (n: number, nano: number): CapMark => ({
    kind: "short",
    shard: 0,
    n,
    spent: a(nano, 0),
    needs: a(3, 0),
    attempt,
  });
  expect(foldCaps([])).toEqual({ granted: undefined, spent: undefined, short: undefined, n: 0 });
  expect(foldCaps([granted(1, 10)])).toMatchObject({ n: 1, granted: a(10, 0), short: undefined });
  expect(foldCaps([granted(1, 10), short(1, 9)])).toMatchObject({ n: 1, spent: a(9, 0), short: a(3, 0) });
  expect(foldCaps([short(1, 9), granted(2, 20), granted(1, 10)])).toMatchObject({
    n: 2,
    granted: a(20, 0),
    short: undefined,
  });
  // Nothing was given yet, and it was worked all the same.
  expect(foldCaps([short(0, 0)])).toMatchObject({ n: 0, granted: undefined, short: a(3, 0) });
  expect(foldCaps([granted(1, 10), { kind: "over", shard: 0, spent: a(7, 0), attempt }, short(1, 9)])).toMatchObject({
    spent: a(9, 0),
  });
});
