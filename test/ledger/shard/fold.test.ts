import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttemptRecords, foldShard, sameBytes } from "../../../src/ledger/shard/fold.ts";
import type { OutcomeKind } from "../../../src/vocabulary/outcome.ts";
import { anyOutcome, outcomeOf, ulidAt } from "../samples.ts";

const ranks: Readonly<Record<OutcomeKind, number>> = { archived: 3, skipped: 2, failed: 1, pending: 0 };

const anyAttempts: fc.Arbitrary<AttemptRecords[]> = fc
  .array(fc.array(anyOutcome(4), { maxLength: 8 }), { maxLength: 5 })
  .map((attempts) => attempts.map((outcomes, n) => ({ attempt: ulidAt(n + 1), outcomes })));

describe("the fold over a shard", () => {
  test("is the same in whatever order the attempts come", () => {
    fc.assert(
      fc.property(
        anyAttempts.chain((attempts) =>
          fc.tuple(fc.constant(attempts), fc.shuffledSubarray(attempts, { minLength: attempts.length })),
        ),
        ([attempts, shuffled]) => {
          expect(foldShard(shuffled)).toEqual(foldShard(attempts));
        },
      ),
    );
  });

  test("gives each row that was recorded one outcome: the best kind there is", () => {
    fc.assert(
      fc.property(anyAttempts, (attempts) => {
        const all = attempts.flatMap(({ outcomes }) => outcomes);
        const folded = foldShard(attempts);
        expect([...folded.keys()].sort()).toEqual([...new Set(all.map(({ row }) => row))].sort());
        for (const [row, { outcome }] of folded) {
          const best = Math.max(...all.filter((one) => one.row === row).map((one) => ranks[one.outcome]));
          expect(outcome.row).toBe(row);
          expect(ranks[outcome.outcome]).toBe(best);
        }
      }),
    );
  });

  test("does not change where an attempt's records are there twice", () => {
    fc.assert(
      fc.property(anyAttempts, (attempts) => {
        const twice = attempts.map(({ attempt, outcomes }) => ({ attempt, outcomes: [...outcomes, ...outcomes] }));
        const kinds = (records: readonly AttemptRecords[]) =>
          [...foldShard(records)].map(([row, { outcome }]) => [row, outcome.outcome]).sort();
        expect(kinds(twice)).toEqual(kinds(attempts));
      }),
    );
  });

  test("never goes back: what a further attempt records makes no row worse", () => {
    fc.assert(
      fc.property(anyAttempts, fc.array(anyOutcome(4), { maxLength: 8 }), (attempts, outcomes) => {
        const before = foldShard(attempts);
        const after = foldShard([...attempts, { attempt: ulidAt(99), outcomes }]);
        for (const [row, { outcome, charged }] of before) {
          expect(ranks[after.get(row)?.outcome.outcome ?? "pending"]).toBeGreaterThanOrEqual(ranks[outcome.outcome]);
          expect(after.get(row)?.charged).toBeGreaterThanOrEqual(charged);
        }
      }),
    );
  });

  test("takes the newest among equals", () => {
    const folded = foldShard([
      { attempt: ulidAt(2), outcomes: [outcomeOf({ outcome: "failed", code: "newer" })] },
      { attempt: ulidAt(1), outcomes: [outcomeOf({ outcome: "failed", code: "older" })] },
    ]);
    expect(folded.get(0)?.outcome.code).toBe("newer");
  });

  test("charges a row with the tries of all attempts, but an attempt's own record of one row once", () => {
    const folded = foldShard([
      // Recorded before it was tried, and again when it was over.
      {
        attempt: ulidAt(1),
        outcomes: [outcomeOf({ outcome: "pending" }), outcomeOf({ outcome: "pending", attempts: 3 })],
      },
      // Recorded before it was tried; the process died.
      { attempt: ulidAt(2), outcomes: [outcomeOf({ outcome: "pending", attempts: 1 })] },
      // Throttled: nothing is charged.
      { attempt: ulidAt(3), outcomes: [outcomeOf({ outcome: "pending", attempts: 0 })] },
    ]);
    expect(folded.get(0)?.charged).toBe(4);
  });

  test("tells of two archived records with different bytes, and of no other pair", () => {
    const archived = (attempt: number, etag: string) => ({
      attempt: ulidAt(attempt),
      outcomes: [outcomeOf({ receivedEtag: etag, receivedSize: 5 })],
    });
    const skipped = { attempt: ulidAt(9), outcomes: [outcomeOf({ outcome: "skipped", receivedEtag: "z" })] };
    expect(foldShard([archived(1, "a"), archived(2, "a"), skipped]).get(0)?.conflicts).toEqual([]);
    const folded = foldShard([archived(1, "a"), archived(2, "b"), archived(3, "b"), skipped]).get(0);
    expect(folded?.outcome.receivedEtag).toBe("b");
    expect(folded?.conflicts.map((one) => one.receivedEtag)).toEqual(["a"]);
  });

  test("compares each archived record with every other, not only with the one before it", () => {
    const record = (attempt: number, over: object) => ({ attempt: ulidAt(attempt), outcomes: [outcomeOf(over)] });
    // The second, which says too little to differ from either, must not hide that the first and the third do.
    const folded = foldShard([
      record(1, { receivedEtag: "a" }),
      record(2, { receivedSize: 5 }),
      record(3, { receivedEtag: "b" }),
    ]).get(0);
    expect(folded?.conflicts.map((one) => one.receivedEtag)).toEqual(["a"]);
  });
});

describe("the same bytes", () => {
  test("are those of which nothing that both say differs", () => {
    const one = outcomeOf({ receivedSize: 5, receivedEtag: "a", receivedCrc64: "1" });
    expect(sameBytes(one, outcomeOf({}))).toBe(true);
    expect(sameBytes(one, outcomeOf({ receivedSize: 5, receivedCrc64: "1" }))).toBe(true);
    expect(sameBytes(one, outcomeOf({ receivedSize: 6 }))).toBe(false);
    expect(sameBytes(one, outcomeOf({ receivedEtag: "b" }))).toBe(false);
    expect(sameBytes(one, outcomeOf({ receivedCrc64: "2" }))).toBe(false);
  });
});
