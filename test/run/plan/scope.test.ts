/**
 * Which rows are in scope. Catches: a row that is left out and not counted, one that is left out and fetched, a plan in slices that
 * leaves out other rows than a plan in one go, a run that is taken for the same though it was asked other rows.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RunRequest, scopeOf } from "../../../src/ledger/plan/request.ts";
import { planOfShard, readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { readShardRows } from "../../../src/ledger/plan/shard-rows.ts";
import type { PlanEntry } from "../../../src/run/plan/entry.ts";
import { createKeySet } from "../../../src/run/plan/keys/key-set.ts";
import { deriveRunId } from "../../../src/run/plan/new-request.ts";
import { planOn } from "../../../src/run/plan/plan.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { entriesInScope, outOfScope } from "../../../src/run/plan/scope.ts";
import { runs } from "../../setup/quick.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  objectMessage,
  region,
  sourcePlace,
  type World,
} from "../world.ts";

const request = (options: object, more: Partial<RunRequest> = {}): RunRequest => ({
  schema: "cos-originals/request@1",
  run: "r",
  source: sourcePlace,
  archive: archivePlace,
  rows: { kind: "listing", prefix: "" },
  options: runOptionsSchema.parse(options),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "cos-originals 0",
  needs: ["scope"],
  ...more,
});

async function read(world: World, asked: RunRequest, except?: readonly string[]) {
  const given = except && {
    except: async function* () {
      yield except.map((key, n): PlanEntry => ({ kind: "row", row: { key }, at: { line: n + 1 } }));
    },
  };
  const entries: PlanEntry[] = [];
  const reading = async () => {
    for await (const batch of entriesInScope(rowsOf(asked, world.surroundings), asked, world.surroundings, given)) {
      entries.push(...batch);
    }
  };
  await world.done(reading());
  const kept = entries.flatMap((entry) => (entry.kind === "row" || entry.kind === "unchanged" ? [entry.row.key] : []));
  const out = entries.flatMap((entry) => (entry.kind === "left-out" ? [`${entry.key} ${entry.by}`] : []));
  return { kept, out, entries };
}

describe("in scope of a listing", () => {
  const seeded = () => {
    const world = createWorld();
    world.source.seed("a/1.jpg", "x");
    world.source.seed("a/2.png", "xx");
    world.source.seed("b/3.jpg", "xxx");
    return world;
  };

  test.each<[object, readonly string[], readonly string[]]>([
    [{}, ["a/1.jpg", "a/2.png", "b/3.jpg"], []],
    [{ filter: ["- *.png"] }, ["a/1.jpg", "b/3.jpg"], ["a/2.png filter"]],
    [{ filter: ["+ /a/**", "- **"] }, ["a/1.jpg", "a/2.png"], ["b/3.jpg filter"]],
    [{ minSize: 2, maxSize: 2 }, ["a/2.png"], ["a/1.jpg size", "b/3.jpg size"]],
    [{ filter: ["- /b/**"], minSize: 2 }, ["a/2.png"], ["a/1.jpg size", "b/3.jpg filter"]],
    [{ newerThan: "2026-01-16" }, [], ["a/1.jpg age", "a/2.png age", "b/3.jpg age"]],
    [{ newerThan: "1d" }, ["a/1.jpg", "a/2.png", "b/3.jpg"], []],
  ])("%j", async (options, kept, out) => {
    const found = await read(seeded(), request(options));
    expect(found.kept).toEqual(kept);
    expect(found.out).toEqual(out);
  });

  test("are no keys of --except, which a file of the process names", async () => {
    const asked = request({}, { except: { kind: "file", name: "done.txt", digest: "d", format: "lines" } });
    const found = await read(seeded(), asked, ["a/1.jpg", "elsewhere"]);
    expect(found.kept).toEqual(["a/2.png", "b/3.jpg"]);
    expect(found.out).toEqual(["a/1.jpg except"]);
    await expect(read(seeded(), asked)).rejects.toMatchObject({ code: "ManifestElsewhere" });
  });

  test("are no keys of --except, which a bucket holds", async () => {
    const world = seeded();
    const { etag } = world.source.seed("done.csv", "Key\nb/3.jpg\n");
    const stored = {
      kind: "object",
      bucket: sourcePlace.bucket,
      region,
      key: "done.csv",
      etag,
      format: "csv",
    } as const;
    const found = await read(world, request({ filter: ["- /done.csv"] }, { except: stored }));
    expect(found.kept).toEqual(["a/1.jpg", "a/2.png"]);
    expect(found.out).toEqual(["b/3.jpg except", "done.csv filter"]);
    const broken = {
      ...stored,
      key: "done.jsonl",
      etag: world.source.seed("done.jsonl", "{}").etag,
      format: "jsonl",
    } as const;
    await expect(read(world, request({}, { except: broken }))).rejects.toMatchObject({ code: "ManifestNotAsSaid" });
  });

  test("are told of by no count of deleted keys that nobody asked for", async () => {
    const world = seeded();
    world.archive.seed("a/gone.jpg", "x");
    world.archive.seed("b/gone.jpg", "x");
    const { entries } = await read(world, request({ filter: ["- /b/**"] }));
    const deleted = entries.flatMap((entry) => (entry.kind === "deleted" ? entry.key : []));
    expect(deleted).toEqual(["a/gone.jpg"]);
  });
});

describe("in scope of a manifest that tells neither size nor time", () => {
  test("is what a HEAD finds so, and what is not there fails as a row", async () => {
    const world = createWorld();
    world.source.seed("small.jpg", "x");
    world.source.seed("large.jpg", "xxxx");
    const keys = ["small.jpg", "large.jpg", "missing.jpg"];
    await world.deliver(inlineMessage(keys, { run: "r", options: { minSize: 2 } }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({
      state: "complete",
      rows: 2,
      archived: 1,
      failed: 1,
      leftOut: { size: 1 },
      requests: { "source.get": 1 },
    });
    expect(world.fetches()).toEqual({ "large.jpg": 1 });
  });
});

describe("a run", () => {
  test("of which all is left out is complete, and says so", async () => {
    const world = createWorld();
    world.source.seed("a.jpg", "x");
    await world.deliver(inlineMessage(["a.jpg"], { run: "r", options: { filter: ["- **"] } }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 0, leftOut: { filter: 1 } });
  });

  test("by a message leaves out what its `except` names", async () => {
    const world = createWorld();
    for (const key of ["a.jpg", "b.jpg"]) world.source.seed(key, key);
    world.source.seed("keys.txt", "a.jpg\nb.jpg\n");
    world.source.seed("done.txt", "a.jpg\n");
    const except = { bucket: sourcePlace.bucket, region, key: "done.txt" };
    await world.deliver(objectMessage("keys.txt", { run: "r", except }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ rows: 1, archived: 1, leftOut: { except: 1 } });
    expect(world.fetches()).toEqual({ "b.jpg": 1 });
  });

  test("stops at its limit, which unchanged rows don't count for: the next takes the next ones", async () => {
    const world = createWorld();
    for (let n = 0; n < 7; n++) world.source.seed(`k${n}`, String(n));
    await world.clock.advance(3_600_000);
    const ask = async (run: string) => {
      const message = { v: 1, type: "manifest", source: sourcePlace, archive: archivePlace, prefix: "", run };
      await world.deliver({ ...message, options: { limit: 3 } });
      await world.drain();
      return world.summary(run);
    };
    expect(await ask("one")).toMatchObject({ rows: 3, archived: 3, limited: true });
    expect(await ask("two")).toMatchObject({ rows: 6, archived: 3, skipped: 3, limited: true });
    expect(await ask("three")).toMatchObject({ rows: 7, archived: 1, skipped: 6 });
    expect(world.summary("one").deletedFromSource).toBeUndefined();
    expect(world.summary("three").deletedFromSource).toEqual({ count: 0, keys: [] });
  });

  test("that was asked other rows is another, but for the limit", () => {
    const id = (options: object, except?: RunRequest["except"]) => deriveRunId(request(options, except && { except }));
    const plain = id({});
    const others = [
      id({ filter: ["- *.png"] }),
      id({ filter: ["+ *.png"] }),
      id({ newerThan: "2d" }),
      id({ minSize: 0 }),
      id({ maxSize: 0 }),
      id({}, { kind: "file", name: "x", digest: "d", format: "lines" }),
    ];
    expect(new Set([plain, ...others]).size).toBe(7);
    expect(id({ limit: 3 })).toBe(plain);
  });

  test("counts an age from when it was first asked for", () => {
    expect(scopeOf(request({ newerThan: "2d" }))?.since).toBe(Date.UTC(2026, 0, 13, 12));
    expect(scopeOf(request({}))).toBeUndefined();
  });
});

test("a plan in slices leaves out what a plan in one go does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 30 }),
      fc.subarray(["- /*a", "- /*b"]),
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      fc.integer({ min: 1, max: 3 }),
      async (ends, filter, shardSize, limit, seconds) => {
        const keys = ends.map((end, n) => `k${String(n).padStart(2, "0")}${end}`);
        const options = { shardSize, ...(filter.length === 0 ? {} : { filter }), ...(limit && { limit }) };
        const planned = async (slices: number | undefined) => {
          const world = createWorld();
          const { etag } = world.source.seed("keys.txt", keys.join("\n"));
          const rows = {
            kind: "object",
            bucket: sourcePlace.bucket,
            region,
            key: "keys.txt",
            etag,
            format: "lines",
          } as const;
          const asked = request(options, { rows });
          const { clock, surroundings } = world;
          const ledger = world.ledger("r");
          for (let n = 0; n < 200; n++) {
            const deadline = slices === undefined ? Number.POSITIVE_INFINITY : clock.elapsed() + slices * 1_000;
            const slice = planOn({
              ledger,
              place: ledgerPlace,
              clock,
              random: surroundings.random,
              request: asked,
              rows: (from) => entriesInScope(slow(world, rowsOf(asked, surroundings, { from })), asked, surroundings),
              deadline,
            });
            const run = await world.done(slice);
            if (run !== undefined) return { world, run, ledger };
          }
          throw new Error("it was not planned after 200 slices");
        };
        const whole = await planned(undefined);
        const sliced = await planned(seconds);
        const { rows, settled, leftOut, limited } = whole.run;
        expect(sliced.run).toMatchObject({ rows, settled });
        expect(sliced.run.leftOut).toEqual(leftOut);
        expect(sliced.run.limited).toEqual(limited);
        const keysOf = async ({ run, ledger, world }: typeof whole) => {
          const all: string[] = [];
          for (let shard = 0; shard < run.shards; shard++) {
            const those = await world.done(readShardRows(ledger, planOfShard(run, shard), shard));
            all.push(...(those ?? []).map(({ key }) => key));
          }
          return all;
        };
        const kept = keys.filter((key) => !filter.some((rule) => key.endsWith(rule.slice(-1)))).slice(0, limit);
        expect(await keysOf(whole)).toEqual(kept);
        expect(await keysOf(sliced)).toEqual(kept);
        expect(await whole.world.done(readRun(whole.ledger))).toEqual(whole.run);
      },
    ),
    { numRuns: runs(30) },
  );
});

/** Some time passes between rows, so that a slice ends among them. */
async function* slow(world: World, batches: AsyncIterable<readonly PlanEntry[]>): AsyncGenerator<readonly PlanEntry[]> {
  for await (const batch of batches) {
    for (const entry of batch) {
      await world.clock.sleep(300);
      yield [entry];
    }
  }
}

test("what nobody tells is no reason to leave anything out", () => {
  const scope = { since: 10, minSize: 2, maxSize: 4 };
  const by = (size?: number, modified?: number) => outOfScope({ size, modified }, scope);
  expect([by(), by(2, 10), by(4, 11), by(1, 11), by(5, 11), by(3, 9)]).toEqual([
    undefined,
    undefined,
    undefined,
    "size",
    "size",
    "age",
  ]);
});

test("a row of --except that names a version stands for that version alone", () => {
  const keys = createKeySet(() => 0.5, 3);
  expect(keys.add({ key: "a" })).toBe(true);
  expect(keys.add({ key: "b", versionId: "1" })).toBe(true);
  expect(keys.add({ key: "c" })).toBe(true);
  expect(keys.add({ key: "a" })).toBe(true);
  expect(keys.add({ key: "d" })).toBe(false);
  expect(keys.has({ key: "a", versionId: "9" })).toBe(true);
  expect(keys.has({ key: "b" })).toBe(false);
  expect(keys.has({ key: "b", versionId: "1" })).toBe(true);
  expect(keys.has({ key: "b", versionId: "2" })).toBe(false);
});
