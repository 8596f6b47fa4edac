/**
 * What of a run goes by plain GETs: told by the plan, done by the run, and told after it. Catches: three that don't agree, and rows that are
 * counted twice, or forgotten, where planning takes several deliveries.
 */
import { describe, expect, test } from "vitest";
import { paths } from "../../../src/ledger/layout.ts";
import { readPlainRows } from "../../../src/ledger/plan/plain-rows.ts";
import type { RunDocument } from "../../../src/ledger/plan/run-document.ts";
import type { ManifestEntry, Row } from "../../../src/manifest/row.ts";
import { costOf, usualPrices } from "../../../src/policy/money/cost.ts";
import type { ReadUpTo } from "../../../src/run/plan/entry.ts";
import { estimateRun } from "../../../src/run/plan/estimate/estimate.ts";
import { planOn } from "../../../src/run/plan/plan.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { inputFor } from "../work/input.ts";
import { createWorld, ledgerPlace, type World } from "../world.ts";

const SIZE = 100_000;
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, n) => `a/${String(n).padStart(3, "0")}.${["jpg", "pdf", "txt"][n % 3]}`);
const inCos = { archive: {}, ledger: {} };
const prices = { ...usualPrices, processing: 100 };

function seeded(count: number) {
  const world = createWorld({ settings: { prices } });
  const keys = keysOf(count);
  for (const key of keys) world.source.seed(key, Buffer.alloc(SIZE, key));
  return { world, keys };
}

/** A run whose rows tell their sizes. */
function asked(world: World, keys: readonly string[], options: object = {}) {
  const input = inputFor(keys, options);
  const row = (key: string): Row => ({ key, size: SIZE, etag: world.source.object(key)?.etag ?? "" });
  async function* rows(): AsyncGenerator<readonly ManifestEntry[]> {
    yield keys.map((key, n) => ({ kind: "row", row: row(key), at: { line: n + 1 } }));
  }
  return { ...input, rows };
}

describe("a run of pictures and papers", () => {
  test("sends and costs what its plan says, and its summary says the same", async () => {
    const { world, keys } = seeded(30);
    const input = asked(world, keys, { shardSize: 7 });
    const estimate = await estimateRun(input.rows(), { ...input.request, ledger: ledgerPlace }, Math.random);
    expect(estimate.requests).toMatchObject({ "source.get": 10, "source.plain": 20 });
    expect(estimate.bytes).toMatchObject({ estimated: 30 * SIZE, plain: 20 * SIZE });
    const { summary } = await world.done(runHere(input, world.surroundings));
    expect(summary).toMatchObject({ archived: 30, bytes: 30 * SIZE, plainBytes: 20 * SIZE });
    expect(summary.requests).toMatchObject({ "source.get": 10, "source.plain": 20 });
    expect([world.source.count("original"), world.source.count("get")]).toEqual([10, 20]);
    const planned = costOf(estimate, prices, inCos);
    expect(summary.cost?.planned?.upTo).toBeCloseTo(planned?.upTo ?? 0, 3);
    expect(summary.cost?.spent.upTo).toBeCloseTo(planned?.upTo ?? 0, 3);
    expect(planned?.processing.upTo).toBeCloseTo(((10 * SIZE) / 1024 ** 3) * 100, 6);
    expect(summary.cost?.planned?.upTo).toBeGreaterThan(0.09);
  });

  test("whose papers the archive has already was planned with them, and paid for none", async () => {
    const { world, keys } = seeded(6);
    for (const key of keys) if (!key.endsWith("jpg")) world.archive.seed(key, Buffer.alloc(SIZE, key));
    const { summary } = await world.done(runHere(asked(world, keys), world.surroundings));
    expect(summary).toMatchObject({ archived: 2, skipped: 4 });
    expect(summary.plainBytes).toBeUndefined();
    expect(summary.cost?.planned?.upTo).toBeCloseTo(summary.cost?.spent.upTo ?? 0, 3);
  });

  test("of which no row tells its size is reckoned by the sizes of those that do", async () => {
    const rows: Row[] = [{ key: "a.pdf" }, { key: "b.pdf", size: 10 }, { key: "c.jpg", size: 30 }, { key: "d.jpg" }];
    async function* entries(): AsyncGenerator<readonly ManifestEntry[]> {
      yield rows.map((row, n) => ({ kind: "row", row, at: { line: n + 1 } }));
    }
    const request = { ...inputFor([]).request, ledger: ledgerPlace };
    expect((await estimateRun(entries(), request, Math.random)).bytes).toMatchObject({ estimated: 80, plain: 30 });
  });
});

describe("a plan", () => {
  const planned = async (count: number, seconds: number) => {
    const world = createWorld();
    const keys = keysOf(count);
    const manifest = keys.map((key) => `${JSON.stringify({ key, size: 10 })}\n`).join("");
    const { etag } = world.source.seed("keys.jsonl", manifest);
    const { request } = inputFor([], { shardSize: 4 });
    const { bucket, region } = request.source;
    const asked = {
      ...request,
      rows: { kind: "object", bucket, region, key: "keys.jsonl", etag, format: "jsonl" },
    } as const;
    const ledger = world.ledger("r");
    let slices = 0;
    let run: RunDocument | undefined;
    for (; run === undefined; slices++) {
      run = await planOn({
        ledger,
        place: ledgerPlace,
        clock: world.clock,
        random: world.surroundings.random,
        request: asked,
        rows: (from: ReadUpTo | undefined) => rowsOf(asked, world.surroundings, { ledger: ledgerPlace, from }),
        deadline: world.clock.elapsed() + seconds * 1_000,
      });
    }
    return { ledger, slices, run };
  };

  test.each([
    ["in one go", 900, 1],
    ["in a slice for each shard", 0, 5],
  ])("%s counts its rows that go so once each", async (_, seconds, slices) => {
    const made = await planned(20, seconds);
    expect(made.slices > 1).toBe(slices > 1);
    expect(await readPlainRows(made.ledger, made.run)).toEqual({ rows: 13, bytes: 130 });
  });

  test("without any writes nothing of it", async () => {
    const { ledger, run } = await planned(1, 900);
    expect(await readPlainRows(ledger, run)).toBeUndefined();
    expect((await ledger.list("plans/")).objects.map(({ key }) => key)).toEqual([paths.shard(run.plan, 0)]);
  });
});
