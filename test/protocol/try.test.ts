import { expect, test } from "vitest";
import { replay, search } from "./search.ts";
import type { Story } from "./story.ts";

const base: Story = {
  name: "one shard",
  workers: 2,
  begins: "shards",
  reconcile: "early",
  shardSize: 2,
  concurrency: 2,
  ifExists: "skip",
  limitMs: 900_000,
  laterIds: "larger",
};
test("try", { timeout: 600_000 }, async () => {
  const story = { ...base, ...JSON.parse(process.env.S ?? "{}") };
  const bounds = { crashes: 0, duplicates: 0, stalls: 0, ...JSON.parse(process.env.B ?? "{}") };
  const t = Date.now();
  const { found, ...r } = await search(story, bounds, (process.env.O ?? "depth") as "depth");
  console.log(JSON.stringify(bounds), JSON.stringify(r), (Date.now() - t) / 1000, "s", process.memoryUsage().rss / 1e6);
  if (found) console.log((await replay(story, bounds, found.choices)).join("\n"));
  expect(found).toBeUndefined();
});
