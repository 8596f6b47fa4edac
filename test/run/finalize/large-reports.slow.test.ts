/** Catches: a report that holds all of a large group in memory, or that a short function never gets to. */
import { describe, expect, test } from "vitest";
import { donePath, paths } from "../../../src/ledger/layout.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import { segmentBytes } from "../../ledger/shard/segment-bytes.ts";
import { createWorld, inlineMessage, seedPictures } from "../world.ts";

const attempt = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const time = "2026-01-15T12:00:00.000Z";

describe("the failures of a group", () => {
  test("are files of a bounded size, each of them a manifest, when they are very many", async () => {
    const world = createWorld();
    // Longer than a key may be in fact, so that a few rows come to much.
    const keys = Array.from({ length: 3_000 }, (_, n) => `${n}-${"x".repeat(12_000)}`);
    await world.deliver(inlineMessage(["a", "b"], { run: "r", options: { shardSize: 1 } }));
    const [round] = world.queue;
    await world.deliver(round?.body ?? "");
    const ledger = world.ledger("r");
    const outcome = (key: string, row: number): Outcome => ({
      row,
      key,
      outcome: "failed",
      attempts: 1,
      ms: 1,
      code: "No",
    });
    const trailer = { requests: noRequests(), retries: 0, from: time, to: time };
    for (const shard of [0, 1]) {
      const outcomes = shard === 0 ? keys.map(outcome) : [outcome("b", 0)];
      await ledger.put(paths.segment(shard, attempt, 1), segmentBytes(outcomes, trailer));
      await ledger.put(donePath(shard, { archived: 0, skipped: 0, failed: outcomes.length, bytes: 0 }, attempt), "");
    }
    // It does not add up to the two rows that were planned, but its parts are written by then.
    await world.deliver({
      v: 1,
      type: "reconcile",
      ledger: { ...inlineMessage([]).archive, prefix: ".originals/" },
      run: "r",
    });
    const files = world.failures("r");
    expect(files.length).toBe(2);
    const lines = files.flatMap((file) => file.trimEnd().split(/\r?\n/));
    const headers = lines.filter((line) => line.startsWith("Bucket,"));
    expect(headers.length).toBe(2);
    expect(lines.length).toBe(2 + keys.length + 1);
  });
});

describe("a function of ten seconds", () => {
  test("plans, submits, works and ends a run", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    const first = JSON.stringify(inlineMessage(keys, { run: "r", options: { shardSize: 3 } }));
    // Messages stay on the queue here; each is delivered once, the soonest first.
    const delivered = new Set<object>();
    for (let next: string | undefined = first; next !== undefined && delivered.size < 200; ) {
      expect(await world.deliver(next, 10)).toEqual({ kind: "acknowledge" });
      const message = world.queue.find((each) => !delivered.has(each));
      if (message !== undefined) delivered.add(message);
      next = message?.body;
    }
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 30, archived: 30 });
  });
});
