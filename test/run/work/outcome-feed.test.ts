/** What is recorded and not read yet holds up the rows that come after it, and is told once. */
import { describe, expect, test } from "vitest";
import { outcomeLine } from "../../../src/ledger/shard/segment.ts";
import { createOutcomeFeed } from "../../../src/run/work/outcome-feed.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import type { Outcome, OutcomeKind } from "../../../src/vocabulary/outcome.ts";
import { createWorld, seedPictures } from "../world.ts";
import { inputFor } from "./input.ts";

const outcome = (row: number, kind: OutcomeKind = "archived"): Outcome => ({
  row,
  key: `key ${row}`,
  outcome: kind,
  attempts: 1,
  ms: 1,
});
const lines = (...outcomes: readonly Outcome[]) => outcomes.map(outcomeLine).join("");

describe("outcomes that are read", () => {
  test("are told once, however often they are recorded, and pending ones not at all", async () => {
    const feed = createOutcomeFeed();
    feed.open();
    feed.recorded(0, 3, lines(outcome(0), outcome(1, "pending")));
    feed.recorded(0, 3, lines(outcome(0), outcome(1, "failed")));
    feed.recorded(1, 1, lines(outcome(0, "skipped")));
    feed.recorded(1, 1, lines(outcome(0, "skipped")));
    feed.end();
    const told: string[] = [];
    for (let next = await feed.take(); next !== undefined; next = await feed.take()) {
      told.push(...next.map(({ row, outcome }) => `${row} ${outcome}`));
    }
    expect(told).toEqual(["0 archived", "1 failed", "0 skipped"]);
  });

  test("make room for more; those that nobody reads take none", async () => {
    const feed = createOutcomeFeed(2);
    feed.recorded(0, 9, lines(outcome(0), outcome(1), outcome(2)));
    expect(feed.room()).toBeUndefined();
    feed.open();
    feed.recorded(0, 9, lines(outcome(3), outcome(4)));
    const room = feed.room();
    expect(room).toBeInstanceOf(Promise);
    expect((await feed.take())?.map(({ row }) => row)).toEqual([3, 4]);
    await room;
    expect(feed.room()).toBeUndefined();
  });

  test("are waited for no longer once nothing new is to begin", async () => {
    const feed = createOutcomeFeed(1);
    feed.open();
    feed.recorded(0, 9, lines(outcome(0)));
    const room = feed.room();
    feed.release();
    await room;
    expect(feed.room()).toBeUndefined();
  });
});

test("a run whose outcomes nobody takes fetches no more than fit, says why it waits, and goes on when they are taken", async () => {
  const told: unknown[] = [];
  const log = { info: () => undefined, warn: (...line: unknown[]) => void told.push(line), error: () => undefined };
  const world = createWorld({ concurrency: 4, log });
  const keys = seedPictures(world.source, 60);
  const feed = createOutcomeFeed(10);
  feed.open();
  const ending = runHere(inputFor(keys, { shardSize: 20 }), world.surroundings, { reader: feed }).finally(feed.end);
  const reading = (async () => {
    await world.clock.sleep(120_000);
    const atRest = Object.keys(world.fetches()).length;
    const read: string[] = [];
    for (let next = await feed.take(); next !== undefined; next = await feed.take()) {
      read.push(...next.map(({ key }) => key));
    }
    return { atRest, read };
  })();
  const [{ summary }, { atRest, read }] = await world.done(Promise.all([ending, reading]));
  expect(summary).toMatchObject({ state: "complete", archived: 60 });
  expect(atRest).toBeLessThan(60);
  expect(read.toSorted()).toEqual(keys);
  expect(told).toContainEqual([
    "No row has ended for a while.",
    expect.objectContaining({ reason: "the outcomes that are recorded are not read" }),
  ]);
});
