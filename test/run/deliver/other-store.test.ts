/** Catches: a message or a document on the way of a run that forgets in which store its archive is, or that an old worker would take for its own. */
import { expect, test } from "vitest";
import { archivePlace, createWorld, inlineMessage, seedPictures } from "../world.ts";

const s3 = { store: "s3", bucket: archivePlace.bucket, region: "us-east-1", prefix: "" };

test("a run into another store than COS says so in each message, and in what it needs", async () => {
  const world = createWorld();
  const keys = seedPictures(world.source, 3);
  const asked = { ...inlineMessage(keys, { archive: s3, run: "r", options: { shardSize: 1 } }), v: 2 };
  expect(await world.deliver(asked)).toEqual({ kind: "acknowledge" });
  const sent = (await world.drain()).map((body) => JSON.parse(body));
  expect(world.rejected).toEqual([]);
  expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(["shard", "reconcile"]));
  for (const message of sent) expect(message).toMatchObject({ v: 2, ledger: { ...s3, prefix: ".originals/" } });
  expect(world.summary("r")).toMatchObject({ archived: 3, state: "complete" });
  const document = (path: string) =>
    JSON.parse(world.archive.object(`.originals/runs/r/${path}`)?.bytes.toString() ?? "");
  expect(document("request.json")).toMatchObject({ archive: s3, needs: ["store-s3"] });
  expect(document("run.json").request).toMatchObject({ archive: s3, needs: ["store-s3"] });
});

test("a run in COS says none of it", async () => {
  const world = createWorld();
  const keys = seedPictures(world.source, 3);
  await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 1 } }));
  const sent = await world.drain();
  expect(sent.every((body) => JSON.parse(body).v === 1 && !body.includes("store"))).toBe(true);
  expect(world.archive.object(".originals/runs/r/request.json")?.bytes.toString()).not.toContain("store");
});
