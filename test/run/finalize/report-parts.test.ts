/** Catches: a shard that no part of the report has, or two have; a part that is too large to be held. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupsOf } from "../../../src/ledger/group.ts";
import { partsBegun, partsOf } from "../../../src/run/finalize/report-parts.ts";
import { quick } from "../../setup/quick.ts";
import { seedFinishedRun } from "../finished-run.ts";
import { createWorld } from "../world.ts";

const runOf = (shards: number, shardSize: number) => ({ shards, request: { options: { shardSize } } });

describe("the parts of a run's report", () => {
  test.skipIf(quick)("have every shard, each once, in order, none of them of two groups", () => {
    fc.assert(
      fc.property(fc.nat({ max: 5_000 }), fc.integer({ min: 1, max: 10_000 }), (shards, shardSize) => {
        const run = runOf(shards, shardSize);
        const parts = Array.from({ length: groupsOf(run) }, (_, group) => partsOf(run, group)).flat();
        expect(parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, n) => from + n))).toEqual(
          Array.from({ length: shards }, (_, shard) => shard),
        );
        expect(new Set(parts.map(({ number }) => number)).size).toBe(parts.length);
        for (const { from, to, group } of parts) {
          expect([Math.floor(from / 1_000), Math.floor((to - 1) / 1_000)]).toEqual([group, group]);
          expect((to - from) * shardSize).toBeLessThanOrEqual(100_000);
        }
      }),
    );
  });

  test("of a thousand rows a shard are ten a group; of small shards one", () => {
    expect(partsOf(runOf(3_000, 1_000), 1).map(({ number, from }) => [number, from])).toEqual(
      Array.from({ length: 10 }, (_, n) => [10 + n, 1_000 + 100 * n]),
    );
    expect(partsOf(runOf(3_000, 100), 2)).toEqual([{ number: 2, group: 2, from: 2_000, to: 3_000 }]);
  });

  test("are begun once anything is recorded of a shard of theirs, not where a worker only came and went", async () => {
    const world = createWorld();
    const unworked = [...Array(40).keys()].filter((shard) => shard !== 13 && shard !== 38);
    const run = seedFinishedRun(world, { shards: 40, rows: 1, shardSize: 10_000, unworked });
    world.archive.seed(".originals/runs/r/outcomes/000000025/01HZZZZZZZZZZZZZZZZZZZZZZZ-open~0", "");
    world.archive.seed(".originals/runs/r/outcomes/000000025/01HZZZZZZZZZZZZZZZZZZZZZZZ-end", "");
    const begun = async (isWanted: (group: number) => boolean) => {
      const numbers: number[] = [];
      for await (const { number } of partsBegun(world.ledger("r"), run, isWanted)) numbers.push(number);
      return numbers;
    };
    expect(await world.done(begun(() => true))).toEqual([1, 3]);
    expect(await world.done(begun((group) => group !== 0))).toEqual([]);
  });
});
