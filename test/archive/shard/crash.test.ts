/**
 * A process that dies at any request leaves a shard that the next delivery ends: nothing is lost, nothing recorded twice,
 * what was archived is found and not paid for again, and a row that kills its process is charged for it.
 */
import { describe, expect, test } from "vitest";
import { paths } from "../../../src/ledger/layout.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { type Faults, reset, type SeenRequest } from "../../stores/bucket-fault.ts";
import type { MemoryBucket } from "../../stores/memory-bucket.ts";
import { keyOf, type ShardLab, shardLab } from "./lab.ts";

/** Delivers it, and lets its process die at a request, before it has its effect or just after. */
async function die(
  here: ShardLab,
  when: (bucket: MemoryBucket, request: SeenRequest) => boolean,
  effect: "before" | "after",
  within = 20_000,
): Promise<boolean> {
  const delivery = here.deliver();
  const hook =
    (bucket: MemoryBucket) =>
    (request: SeenRequest): Faults => {
      if (delivery.life.dead || !when(bucket, request)) return undefined;
      delivery.life.dead = true;
      return effect === "before" ? reset : undefined;
    };
  const buckets = [here.source, here.archive, here.ledger];
  for (const bucket of buckets) bucket.onRequest(hook(bucket));
  for (let ms = 0; ms < within && !delivery.life.dead; ms += 100) await here.clock.advance(100);
  for (const bucket of buckets) bucket.onRequest(undefined);
  return delivery.life.dead;
}
const nextLife = (here: ShardLab) => here.clock.advance(40_000);

describe("a process that dies", () => {
  test.each(["before", "after"] as const)(
    "at any one request, %s its effect: the next delivery ends the shard, and pays at most for what was in flight",
    async (effect) => {
      for (let n = 0; ; n++) {
        const here = shardLab(6, {}, { concurrency: 2 });
        let seen = 0;
        const died = await die(here, () => seen++ === n, effect);
        const fetched = here.source.count("original");
        await nextLife(here);
        expect(await here.work(), `died at request ${n}`).toEqual({ kind: "over" });
        here.expectOver({ archived: 6 });
        // I5: fetches ≤ rows + concurrency × crashes.
        expect(here.source.count("original"), `died at request ${n}`).toBeLessThanOrEqual(6 + (died ? 2 : 0));
        if (!died) {
          expect(fetched).toBe(6);
          break;
        }
      }
    },
  );

  test("after it archived and before it recorded: those rows are recovered, not fetched again", async () => {
    for (const ifExists of ["skip", "keep", "overwrite", "fail"] as const) {
      const here = shardLab(10, { ifExists }, { concurrency: 1 });
      expect(
        await die(
          here,
          (bucket, request) => bucket === here.ledger && request.key.endsWith("-00001.jsonl.gz"),
          "before",
        ),
      ).toBe(true);
      expect(here.source.count("original")).toBe(10);
      await nextLife(here);
      expect(await here.work()).toEqual({ kind: "over" });
      here.expectOver({ archived: 10 });
      expect(here.source.count("original")).toBe(10);
      expect([...here.folded().values()].every(({ outcome }) => outcome.recovered === true)).toBe(true);
    }
  });

  test("is waited for until its sign of life is old", async () => {
    const here = shardLab(10, {}, { concurrency: 1 });
    await die(here, (_, request) => request.key === keyOf(3), "before");
    expect(await here.work()).toEqual({ kind: "yielded" });
    await nextLife(here);
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 10 });
  });
});

describe("a row that kills its process", () => {
  const kill = (here: ShardLab) => (bucket: MemoryBucket, request: SeenRequest) =>
    bucket === here.source && request.type === "original" && request.key === keyOf(4);

  test("is tried alone after three crashes, charged for each, and given up in the end; the others are archived", async () => {
    const { maxAttempts } = runOptionsSchema.parse({});
    const here = shardLab(9, {}, { concurrency: 4 });
    let crashes = 0;
    while (crashes < 20) {
      const died = await die(here, kill(here), "before");
      await nextLife(here);
      if (!died) break;
      crashes++;
      if (crashes === 3) expect(here.folded().get(4)).toBeUndefined();
    }
    expect(crashes).toBe(3 + maxAttempts);
    here.expectOver({ archived: 8, failed: 1 });
    expect(here.folded().get(4)).toMatchObject({
      charged: maxAttempts,
      outcome: { outcome: "failed", code: "RetriesExhausted", key: keyOf(4), archiveKey: `kept/${keyOf(4)}` },
    });
    // I5, though it died eight times: the killer, and what was in flight beside it.
    expect(here.source.count("original")).toBeLessThanOrEqual(9 + 4 * 3 + maxAttempts);
  });

  test("careful rows go one at a time, each recorded before it is fetched", async () => {
    const here = shardLab(5, {}, { concurrency: 4 });
    for (let crash = 0; crash < 3; crash++) {
      expect(await die(here, kill(here), "before")).toBe(true);
      await nextLife(here);
    }
    let under = 0;
    here.source.onRequest(async (request) => {
      if (request.type !== "original") return undefined;
      expect(++under).toBe(1);
      const row = Number(request.key.slice(-8, -4));
      expect(here.folded().get(row)).toMatchObject({ charged: 1, outcome: { outcome: "pending", code: "Started" } });
      await here.clock.sleep(1_500);
      under--;
      return undefined;
    });
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 5 });
    // What came of it takes the place of what was written before, its charge included.
    expect([...here.folded().values()].every(({ charged }) => charged <= 1)).toBe(true);
  });

  test("a clean end between crashes is none: with three in all, of which one ended, rows go together", async () => {
    const here = shardLab(6, {}, { concurrency: 3 });
    for (let crash = 0; crash < 2; crash++) {
      await die(here, kill(here), "before");
      await nextLife(here);
    }
    const stop = new AbortController();
    stop.abort();
    expect(await here.work({ signal: stop.signal })).toMatchObject({ kind: "left", progress: false });
    let most = 0;
    let under = 0;
    here.source.onRequest(async (request) => {
      if (request.type !== "original") return undefined;
      most = Math.max(most, ++under);
      await here.clock.sleep(500);
      under--;
      return undefined;
    });
    expect(await here.work()).toEqual({ kind: "over" });
    expect(most).toBe(3);
  });
});

test("a row that fails for a while is charged over deliveries, and given up after --max-attempts of them all", async () => {
  const here = shardLab(2, { maxAttempts: 4 });
  here.source.onRequest((request) => (request.type === "original" && request.key === keyOf(1) ? reset : undefined));
  let deliveries = 0;
  for (; deliveries < 10; deliveries++) {
    // Time for a second try in each, not for a third.
    const ended = await here.work({ deadline: here.clock.elapsed() + 7_150, seq: deliveries });
    if (ended.kind === "over") break;
    expect(ended).toMatchObject({ kind: "left", rows: 1, progress: deliveries === 0 });
  }
  here.expectOver({ archived: 1, failed: 1 });
  expect(here.folded().get(1)).toMatchObject({ charged: 4, outcome: { code: "RetriesExhausted" } });
  expect(here.source.count("original", keyOf(1))).toBe(4);
  expect(here.written(paths.outcomes(0)).filter((path) => path.endsWith("-end"))).toHaveLength(deliveries + 1);
});
