/** Catches: a HEAD for each key that a LIST tells of; a row that a LIST told wrongly of, or that it settled and a HEAD would not have. */
import { setImmediate } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import type { Row } from "../../../src/manifest/row.ts";
import type { ListOptions } from "../../../src/objects/bucket.ts";
import type { Summary } from "../../../src/report/summary.ts";
import type { RunInput } from "../../../src/run/plan/begin-run.ts";
import { estimateRun } from "../../../src/run/plan/estimate/estimate.ts";
import { withListings } from "../../../src/run/plan/listed-rows.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { UserError } from "../../../src/vocabulary/errors.ts";
import { quick, runs } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import type { MemoryBucket } from "../../stores/memory-bucket.ts";
import { inputFor } from "../work/input.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const run = async (world: World, input: RunInput) => (await world.done(runHere(input, world.surroundings))).summary;
const again = (keys: readonly string[], options: object = {}) => inputFor(keys, options, { run: "r-2" });

/** A manifest of rows that say more than their keys. */
const inputOf = (rows: readonly Row[], options: object = {}, id = "r"): RunInput => ({
  ...inputFor(
    rows.map(({ key }) => key),
    options,
    { run: id },
  ),
  rows: async function* () {
    yield rows.map((row, n) => ({ kind: "row" as const, row, at: { line: n + 1 } }));
  },
});

/** Requests for originals and their copies; a look whether there is a bucket is not for any of them. */
function asked({ source, archive }: World) {
  const isOfKeys = ({ key }: { readonly key: string }) => key !== "" && !key.startsWith(ledgerPlace.prefix);
  const count = ({ log }: MemoryBucket, type: string) =>
    log.filter((request) => request.type === type && isOfKeys(request)).length;
  return {
    "source.list": count(source, "list"),
    "source.head": count(source, "head"),
    "archive.list": count(archive, "list"),
    "archive.head": count(archive, "head"),
  };
}
const codesOf = ({ failures }: Summary) => failures?.map(({ code }) => code);

function forget({ source, archive }: World) {
  source.forgetLog();
  archive.forgetLog();
}

describe("a manifest without sizes", () => {
  test("costs LISTs where its keys lie side by side, and neither side a HEAD; again, over what it archived, as well", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = seedPictures(world.source, 2_500);
    // Whether replies bring metadata is found out by twenty HEADs, once a process.
    expect(await run(world, inputFor(keys))).toMatchObject({ state: "complete", archived: 2_500 });
    expect(asked(world)).toMatchObject({ "source.list": 3, "archive.head": 0 });
    expect(asked(world)["source.head"]).toBeLessThanOrEqual(52);
    expect(asked(world)["archive.list"]).toBeLessThanOrEqual(8);
    forget(world);
    expect(await run(world, again(keys))).toMatchObject({ state: "complete", skipped: 2_500, archived: 0 });
    expect(asked(world)).toEqual({ "source.list": 3, "source.head": 0, "archive.list": 3, "archive.head": 0 });
    expect(world.source.log.length + world.archive.log.length).toBeLessThan(60);
    const ledger = world.ledger("r-2");
    expect(await world.done(readRun(ledger))).toMatchObject({
      rows: 2_500,
      shards: 1,
      settled: { unchanged: 2_500 },
      requests: { "source.list": 3, "archive.list": 3 },
    });
    expect(await world.done(readRun(ledger))).not.toHaveProperty("compared");
  });

  test.skipIf(quick)("in any order", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = seedPictures(world.source, 1_500);
    const mixed = keys.map((_, n) => keys[(n * 617) % 1_500] as string);
    await run(world, inputFor(mixed));
    expect(asked(world)).toMatchObject({ "source.list": 2, "archive.head": 0 });
    forget(world);
    expect(await run(world, again(mixed))).toMatchObject({ skipped: 1_500 });
    expect(asked(world)).toMatchObject({ "source.head": 0, "archive.head": 0 });
  });

  test.skipIf(quick)("whose keys lie far apart costs two LISTs, and a HEAD each as ever", async () => {
    const world = createWorld({ concurrency: 32 });
    const all = seedPictures(world.source, 40_000);
    const keys = all.filter((_, n) => n % 400 === 0);
    expect(await run(world, inputFor(keys, { shardSize: 10_000 }))).toMatchObject({ archived: 100 });
    expect(asked(world)["source.list"]).toBeLessThanOrEqual(2);
    expect(asked(world)["source.head"]).toBeGreaterThanOrEqual(90);
  });

  test("of fewer keys than a LIST costs sends none", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 12);
    await run(world, inputFor(keys));
    expect(asked(world)).toMatchObject({ "source.list": 0, "archive.list": 0, "archive.head": 12 });
  });

  test("whose source has others between, and keys that no LIST shows: those fail as they are, by their own request", async () => {
    const world = createWorld({ concurrency: 32 });
    const all = seedPictures(world.source, 600);
    const keys = [...all.filter((_, n) => n % 3 === 0), "photos/00000.png", "photos/99999.jpg"];
    const summary = await run(world, inputFor(keys));
    expect(summary).toMatchObject({ archived: 200, failed: 2 });
    expect(codesOf(summary)).toEqual(["NoSuchKey"]);
  });

  test("whose keys have to be encoded", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = Array.from({ length: 60 }, (_, n) => `a b+c/%2F é&=#? 中\u{1f600}/${n}'"<>.jpg`);
    for (const key of keys) world.source.seed(key, key);
    expect(await run(world, inputFor(keys))).toMatchObject({ archived: 60 });
    forget(world);
    expect(await run(world, again(keys))).toMatchObject({ skipped: 60 });
    expect(asked(world)).toEqual({ "source.list": 1, "source.head": 0, "archive.list": 1, "archive.head": 0 });
  });

  test("of uploads in parts, whose ETags are no MD5s, still costs their HEADs", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = Array.from({ length: 60 }, (_, n) => `p/${n}.jpg`);
    for (const key of keys) world.source.seed(key, key, { etag: "0123456789abcdef0123456789abcdef-2" });
    expect(await run(world, inputFor(keys))).toMatchObject({ archived: 60 });
    expect(asked(world)).toMatchObject({ "source.list": 1, "source.head": 60, "archive.head": 0 });
  });
});

describe("what is not taken from a LIST", () => {
  const seeded = () => {
    const world = createWorld({ concurrency: 32 });
    return { world, keys: seedPictures(world.source, 60) };
  };

  test("rows that name a version are asked for by HEAD: a LIST has the newest", async () => {
    const { world, keys } = seeded();
    world.source.switches.versioning = true;
    const rows = keys.map((key) => {
      const old = world.source.seed(key, `old ${key}`);
      world.source.seed(key, `new ${key}`);
      return { key, ...(old.versionId === undefined ? {} : { versionId: old.versionId }) };
    });
    expect(await run(world, inputOf(rows))).toMatchObject({ archived: 60 });
    expect(asked(world)).toMatchObject({ "source.list": 0, "source.head": 60, "archive.head": 0 });
    expect(world.archive.object(keys[0] as string)?.bytes.toString()).toBe(`old ${keys[0]}`);
  });

  test("rows that say what they are keep it, whatever a LIST says: they have changed", async () => {
    const { world, keys } = seeded();
    const rows = keys.map((key, n) => ({ key, size: n === 0 ? 1 : `picture ${n}`.length }));
    const summary = await run(world, inputOf(rows, { ifChanged: "fail" }));
    expect(summary).toMatchObject({ archived: 59, failed: 1 });
    expect(codesOf(summary)).toEqual(["SourceChanged"]);
  });

  test("a copy of other bytes is no copy, and what was put by hand under another MD5 is replaced", async () => {
    const { world, keys } = seeded();
    await run(world, inputFor(keys));
    world.archive.seed(keys[3] as string, "picture X");
    world.archive.seed(keys[4] as string, "another length altogether");
    forget(world);
    expect(await run(world, again(keys))).toMatchObject({ skipped: 58, archived: 2 });
    for (const n of [3, 4]) expect(world.archive.object(keys[n] as string)?.bytes.toString()).toBe(`picture ${n}`);
  });

  test("--if-exists keep leaves what a LIST shows, and asks for what it does not: nothing is ever written over", async () => {
    const { world, keys } = seeded();
    for (const key of keys.slice(0, 30)) world.archive.seed(key, "kept");
    expect(await run(world, inputFor(keys, { ifExists: "keep" }))).toMatchObject({ skipped: 30, archived: 30 });
    expect(asked(world)).toMatchObject({ "archive.head": 30 });
  });

  test.each(["fail", "overwrite"] as const)("--if-exists %s lists the source alone", async (ifExists) => {
    const { world, keys } = seeded();
    expect(await run(world, inputFor(keys, { ifExists }))).toMatchObject({ archived: 60 });
    expect(asked(world)).toMatchObject({ "source.list": 1, "archive.list": 0 });
  });

  test("rows outside the source prefix, duplicates and collisions end as ever", async () => {
    const { world, keys } = seeded();
    const rows = [
      ...keys.map((key) => ({ key })),
      { key: keys[0] as string },
      { key: keys[1] as string, archiveKey: keys[2] as string },
      { key: "elsewhere/1.jpg" },
    ];
    const over = { source: { ...inputFor([]).request.source, prefix: "photos/" } };
    const one = inputOf(rows);
    await run(world, { ...one, request: { ...one.request, ...over } });
    const two = inputOf(rows, {}, "r-2");
    const summary = await run(world, { ...two, request: { ...two.request, ...over } });
    expect(summary).toMatchObject({ rows: 63, archived: 0, skipped: 61, failed: 2 });
    expect(codesOf(summary)?.sort()).toEqual(["ArchiveKeyCollision", "InvalidRow"]);
  });

  test("a source that was replaced after planning is archived as it is", async () => {
    const { world, keys } = seeded();
    world.source.onRequest(({ type, key, nth }) => {
      if (type === "original" && nth === 1) world.source.seed(key, "replaced meanwhile");
      return undefined;
    });
    expect(await run(world, inputFor(keys))).toMatchObject({ archived: 60, failed: 0 });
    expect(keys.map((key) => world.archive.object(key)?.bytes.toString())).toContain("replaced meanwhile");
  });
});

describe("a bucket that may not be listed", () => {
  test.each(["source", "archive"] as const)("the %s: told in one line, and each key is asked for", async (side) => {
    const warnings: (readonly [string, unknown])[] = [];
    const log = {
      info() {},
      error() {},
      warn: (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
        void warnings.push([message, fields.bucket]),
    };
    const world = createWorld({ concurrency: 32, log });
    const keys = seedPictures(world.source, 60);
    world[side].onRequest(({ type, key }) =>
      type === "list" && !key.startsWith(ledgerPlace.prefix) ? refuse("AccessDenied") : undefined,
    );
    expect(await run(world, inputFor(keys))).toMatchObject({ archived: 60, failed: 0 });
    expect(asked(world)[`${side}.head`]).toBeGreaterThanOrEqual(60);
    const unlisted = warnings.filter(([message]) => message.startsWith("A bucket can't be listed"));
    expect(new Set(unlisted.map(([message, bucket]) => `${message} ${bucket}`)).size).toBe(1);
  });
});

describe("by queue", () => {
  test("a message's rows are told of as well, whoever plans them", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = seedPictures(world.source, 300);
    world.send(inlineMessage(keys, { run: "q", options: { shardSize: 100 } }));
    await world.drain();
    expect(world.summary("q")).toMatchObject({ state: "complete", archived: 300 });
    expect(asked(world)).toMatchObject({ "source.list": 1, "archive.head": 0 });
    forget(world);
    world.send(inlineMessage(keys, { run: "q-2", options: { shardSize: 100 } }));
    await world.drain();
    expect(world.summary("q-2")).toMatchObject({ state: "complete", skipped: 300 });
    expect(asked(world)).toEqual({ "source.list": 1, "source.head": 0, "archive.list": 1, "archive.head": 0 });
    expect(world.rejected).toEqual([]);
  });
});

describe("plan", () => {
  const estimate = (world: World, input: RunInput) =>
    world.done(
      estimateRun(
        withListings(input.rows(), input.request, world.surroundings),
        { ...input.request, ledger: ledgerPlace },
        () => 0.5,
      ),
    );

  test.skipIf(quick)("reckons with what the run will send, and says what LISTs tell", async () => {
    const world = createWorld({ concurrency: 32 });
    const keys = seedPictures(world.source, 2_500);
    const plan = await estimate(world, inputFor(keys));
    expect(plan).toMatchObject({
      toArchive: 2_500,
      bytes: { rowsWithout: 0 },
      listed: { source: { rows: 2_500, lists: 3 }, archive: { rows: 2_500, lists: 1 } },
      requests: { "source.list": 3, "source.head": 0, "archive.list": 4, "archive.head": 0, "source.get": 2_500 },
    });
    forget(world);
    const summary = await run(world, inputFor(keys));
    expect(summary.requests?.["archive.list"]).toBe(plan.requests["archive.list"]);
    expect(await estimate(world, again(keys))).toMatchObject({
      toArchive: 0,
      unchanged: 2_500,
      requests: { "source.get": 0, "archive.head": 0, "archive.list": 3 },
    });
  });

  test("ends with the sentence of an archive that can't be spoken to, while the source is still listed", async () => {
    const world = createWorld();
    const { request, rows } = inputFor(seedPictures(world.source, 60));
    const unfit = new UserError("InvalidEndpoint", "the endpoint is none");
    const surroundings: World["surroundings"] = {
      ...world.surroundings,
      open(role, place) {
        if (role === "archive") throw unfit;
        const bucket = world.surroundings.open(role, place);
        // Over a network, while the rejection would be found to be nobody's.
        const list = (options?: ListOptions) => setImmediate().then(() => bucket.list(options));
        return { ...bucket, list };
      },
    };
    const planned = estimateRun(
      withListings(rows(), request, surroundings),
      { ...request, ledger: ledgerPlace },
      () => 0.5,
    );
    await expect(world.done(planned)).rejects.toBe(unfit);
  });

  test("says that a side can't be listed", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 60);
    world.archive.onRequest(({ type }) => (type === "list" ? refuse("AccessDenied") : undefined));
    const plan = await estimate(world, inputFor(keys));
    expect(plan.listed?.archive).toMatchObject({ rows: 0, lists: 1, refused: expect.stringContaining("AccessDenied") });
    expect(plan.requests).toMatchObject({ "archive.head": 60, "archive.list": 1 });
  });
});

test.skipIf(quick)("whatever rows there are: the run ends as one that asks for each key does", async () => {
  const row = fc.record({
    n: fc.nat({ max: 80 }),
    said: fc.constantFrom("nothing" as const, "size" as const, "etag" as const, "wrong size" as const),
  });
  const state = fc.constantFrom("missing" as const, "same" as const, "other" as const, "longer" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(row, { selector: ({ n }) => n, minLength: 25, maxLength: 60 }),
      fc.array(state, { minLength: 81, maxLength: 81 }),
      fc.constantFrom("skip" as const, "keep" as const, "fail" as const, "overwrite" as const),
      fc.constantFrom("auto" as const, "get" as const),
      async (rows, states, ifExists, expectation) => {
        const outcomes = async (mayList: boolean) => {
          const world = createWorld({ concurrency: 4 });
          const keys = seedPictures(world.source, 75);
          for (const [n, key] of keys.entries()) {
            if (states[n] === "same") world.archive.seed(key, `picture ${n}`);
            if (states[n] === "other") world.archive.seed(key, `PICTURE ${n}`);
            if (states[n] === "longer") world.archive.seed(key, `picture ${n} and more`);
          }
          const isOfKeys = (key: string) => !key.startsWith(ledgerPlace.prefix);
          for (const bucket of mayList ? [] : [world.source, world.archive]) {
            bucket.onRequest(({ type, key }) =>
              type === "list" && isOfKeys(key) ? refuse("AccessDenied") : undefined,
            );
          }
          const manifest = rows.map(({ n, said }): Row => {
            const key = `photos/${String(n).padStart(5, "0")}.jpg`;
            const original = world.source.object(key);
            if (original === undefined || said === "nothing") return { key };
            if (said === "etag") return { key, size: original.bytes.length, etag: original.etag };
            return { key, size: original.bytes.length + (said === "size" ? 0 : 1) };
          });
          await run(world, inputOf(manifest, { ifExists, expect: expectation }));
          const results = (parse(world.results("r").join("\n")) as string[][]).map((columns) => {
            const [key, code, outcome] = [columns[1], columns[4], columns[7]];
            return [key, outcome, outcome === "failed" ? code : ""].join(" ");
          });
          return { results, held: keys.map((key) => world.archive.object(key)?.bytes.toString()) };
        };
        expect(await outcomes(true)).toEqual(await outcomes(false));
      },
    ),
    { numRuns: runs(40) },
  );
});
