/** Manifests that take longer to read than a delivery has, and bring no row meanwhile. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { createWorld, objectMessage } from "../world.ts";

/** 100 MB of newlines in 100 kB: seconds of reading without a row. */
const newlines = gzipSync(Buffer.alloc(100_000_000, "\n"));

async function deliver(world: ReturnType<typeof createWorld>, body: string, seconds: number) {
  const sent: string[] = [];
  // By the machine's clock: what takes its time here is the reading itself.
  const handle = createDeliveryHandler({ ...world.surroundings, clock: systemClock });
  const begun = systemClock.elapsed();
  const delivery = { body, deadline: begun + seconds * 1_000 };
  const answer = await handle(delivery, { send: async (message) => void sent.push(message) });
  return { answer, sent, tookMs: systemClock.elapsed() - begun };
}

test("the look into one ends in time, and hands the run on", async () => {
  const world = createWorld();
  world.source.seed("keys.txt.gz", newlines);
  const { answer, sent } = await deliver(world, JSON.stringify(objectMessage("keys.txt.gz", { run: "r" })), 0.2);
  expect(answer).toEqual({ kind: "acknowledge" });
  expect(sent.map((body) => JSON.parse(body).type)).toEqual(["reconcile"]);
  expect(world.archive.keys()).toEqual([".originals/runs/r/request.json"]);
  // Who plans it then ends in time as well.
  const later = await deliver(world, sent[0] as string, 0.2);
  expect(later.answer).toMatchObject({
    kind: "give-back",
    reason: expect.stringContaining("the time of one delivery"),
  });
});

test("one that is read in time is told to hold nothing, as before", async () => {
  const world = createWorld();
  world.source.seed("keys.txt.gz", gzipSync("\n\n\n"));
  const { answer } = await deliver(world, JSON.stringify(objectMessage("keys.txt.gz", { run: "r" })), 60);
  expect(answer).toMatchObject({ kind: "reject", reason: expect.stringContaining("holds no rows") });
});
