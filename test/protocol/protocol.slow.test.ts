/**
 * Every state that a run of two rows can reach: two workers run the real code, and at each request anything may be next, be it
 * a crash, a second delivery, or a stall. What no random story happens upon is here because nothing is left out.
 */
import { describe, expect, it } from "vitest";
import { replay, search } from "./search.ts";
import { type Bounds, boundsText, nothingWrong, storyOf } from "./story.ts";
import "../setup/long.ts";

const crash: Bounds = { ...nothingWrong, crashes: 1 };
const duplicate: Bounds = { ...nothingWrong, duplicates: 1 };
const stall: Bounds = { ...nothingWrong, stalls: 1 };
const twoCrashes: Bounds = { ...nothingWrong, crashes: 2 };
const both: Bounds = { ...crash, duplicates: 1 };

const always: readonly (readonly [story: string, bounds: readonly Bounds[]])[] = [
  ["one shard", [nothingWrong, crash, duplicate, stall]],
  ["one shard, reconciled in time", [crash, duplicate]],
  ["one shard, its later deliveries on clocks that are behind", [duplicate]],
  ["one shard, row by row, by the ledger alone", [{ ...both, lateWrites: false }]],
  ["one shard, handed over", [nothingWrong, crash, duplicate]],
  ["two shards of one row", [nothingWrong, crash, duplicate]],
  ["two shards of one row, on trial", [nothingWrong, { ...crash, lateWrites: false }]],
  ["the whole run in one message", [nothingWrong, crash, stall]],
  ["one shard, of which one row is restored", [nothingWrong, { ...crash, lateWrites: false }]],
];

/** Some minutes and up to 2 GB each: PROTOCOL=deep. */
const deep: typeof always = [
  ["one shard, reconciled in time", [both, twoCrashes]],
  ["one shard, its later deliveries on clocks that are behind", [crash, { ...both, lateWrites: false }]],
  ["one shard, row by row, by the ledger alone", [both, { ...duplicate, duplicates: 2 }, { ...duplicate, stalls: 1 }]],
  ["one shard, handed over", [{ ...both, lateWrites: false }, twoCrashes]],
  ["two shards of one row", [stall, { ...both, lateWrites: false }]],
  ["the whole run in one message", [duplicate, twoCrashes, { ...crash, stalls: 1 }]],
  ["one shard, of which one row is restored", [crash, duplicate, stall]],
];

const again = process.env.PROTOCOL_REPLAY;

describe.skipIf(again !== undefined)("every reachable state keeps the invariants", () => {
  for (const [name, allBounds] of process.env.PROTOCOL === "deep" ? deep : always) {
    const story = storyOf(name);
    for (const bounds of allBounds) {
      it(`${name}: ${boundsText(bounds)}`, async () => {
        const { states, steps, executions, atRest, found } = await search(story, bounds);
        if (found !== undefined) expect.fail(await told(name, bounds, found.choices));
        expect(atRest).toBeGreaterThan(0);
        const n = (count: number) => count.toLocaleString("en-US");
        console.log(
          `protocol: ${n(states)} states, ${n(steps)} steps, ${n(executions)} executions: ${name}, 2 rows, ${story.workers} workers, ${boundsText(bounds)}`,
        );
      });
    }
  }
});

it.runIf(again !== undefined)("a path that broke an invariant", async () => {
  const { story, bounds, choices } = JSON.parse(again ?? "{}") as { story: string; bounds: Bounds; choices: number[] };
  console.log(await told(story, bounds, choices));
});

it("taking answers in another order for the same loses no way to end", async () => {
  for (const bounds of [nothingWrong, { ...crash, lateWrites: false }]) {
    const story = storyOf("one shard, reconciled in time");
    const [merged, whole] = [await search(story, bounds), await search(story, bounds, { everyOrder: true })];
    expect(whole.found).toBeUndefined();
    expect(whole.states).toBeGreaterThan(merged.states);
    expect([...merged.endings].sort()).toEqual([...whole.endings].sort());
  }
});

async function told(story: string, bounds: Bounds, choices: readonly number[]): Promise<string> {
  const lines = await replay(storyOf(story), bounds, choices);
  return `${story}, ${boundsText(bounds)}:\n  ${lines.join("\n  ")}\nReplay it with PROTOCOL_REPLAY='${JSON.stringify({ story, bounds, choices })}'`;
}
