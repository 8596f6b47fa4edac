import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTrialLost, sharedAnew, spread, trialAllowance, trialRows } from "../../src/policy/trial.ts";

describe("what others left of a trial", () => {
  test("goes to those that are open once all of them have used up their share", () => {
    const open = [
      { shard: 4, spent: 1, share: 1 },
      { shard: 7, spent: 1, share: 1 },
    ];
    expect(sharedAnew(open, 2)).toEqual([
      { shard: 4, share: 3 },
      { shard: 7, share: 2 },
    ]);
    expect(sharedAnew([{ shard: 4, spent: 1, share: 1 }], 1)).toEqual([{ shard: 4, share: 5 }]);
    // Another has rows to show yet.
    expect(sharedAnew([...open, { shard: 9, spent: 0, share: 1 }], 2)).toEqual([]);
    expect(sharedAnew([], 0)).toEqual([]);
  });

  // Would catch: a run that waits for ever, since all its open shards have used up their share and nothing is lost yet; a trial of
  // more rows than it may have.
  test("is shared until nothing is open or the trial is lost, and never more than there is", () => {
    const anyRun = fc.array(fc.record({ odd: fc.nat({ max: 8 }) }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anyRun, fc.infiniteStream(fc.nat({ max: 11 })), (shards, next) => {
        // Each row is fetched in vain; a shard is over once its rows are. Who goes on is chance.
        const state = shards.map(({ odd }, shard) => ({ shard, odd, spent: 0, share: trialAllowance(shards.length) }));
        const vain = () => state.reduce((sum, { spent }) => sum + spent, 0);
        const open = () => state.filter(({ spent, odd }) => spent < odd);
        const sent = () =>
          open().slice(0, Math.max(1, Math.floor((trialRows - overSpent()) / trialAllowance(shards.length))));
        const overSpent = () =>
          state.filter(({ spent, odd }) => spent >= odd).reduce((sum, { spent }) => sum + spent, 0);
        for (let steps = 0; open().length > 0 && !isTrialLost(vain()); steps++) {
          expect(steps).toBeLessThan(100);
          const able = sent().filter(({ spent, share }) => spent < share);
          if (able.length > 0) {
            const one = able[next.next().value % able.length];
            if (one !== undefined) one.spent++;
            continue;
          }
          const shared = sharedAnew(open(), vain());
          if (sent().length < open().length) {
            expect(shared.length).toBeGreaterThanOrEqual(0);
          }
          expect(shared.length).toBeGreaterThan(0);
          for (const { shard, share } of shared) Object.assign(state[shard] as object, { share });
        }
        expect(vain()).toBeLessThanOrEqual(trialRows);
      }),
    );
  });
});

test("a trial's rows lie all over, each once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 50 }), (count, start) => {
      const rows = [...spread(count, start)];
      expect([...rows].sort((a, b) => a - b)).toEqual([...rows.keys()]);
    }),
  );
});
