/**
 * A plan that takes several deliveries. Catches: a row lost or doubled where one slice ends and the next begins, duplicates that
 * are not found across them, slices of two planners mixed up, a run.json that names shards nobody wrote.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paths } from "../../../src/ledger/layout.ts";
import { furthestCursor } from "../../../src/ledger/plan/cursor.ts";
import { type DeletedKey, readDeleted } from "../../../src/ledger/plan/deleted-keys.ts";
import type { RowsSource, RunRequest } from "../../../src/ledger/plan/request.ts";
import { planOfShard, type RunDocument } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { decodeShardRows, type PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { ReadUpTo } from "../../../src/run/plan/entry.ts";
import { createGivenKeys } from "../../../src/run/plan/keys/given-keys.ts";
import { planOn, writePlan } from "../../../src/run/plan/plan.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { quick, runs } from "../../setup/quick.ts";
import { loseAnswer, refuse, reset } from "../../stores/bucket-fault.ts";
import { archivePlace, createWorld, ledgerPlace, region, sourcePlace, type World } from "../world.ts";

const request = (rows: RowsSource, options: object): RunRequest => ({
  schema: "cos-originals/request@1",
  run: "r",
  source: sourcePlace,
  archive: archivePlace,
  rows,
  options: runOptionsSchema.parse(options),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "cos-originals 0",
});

const objectRows = (key: string, etag: string, format: "lines" | "csv" | "jsonl" | "cos-inventory"): RowsSource => ({
  kind: "object",
  bucket: sourcePlace.bucket,
  region,
  key,
  etag,
  format,
});

/** Stores what lists these keys, in the way that is asked for. */
function seedRows(world: World, kind: string, keys: readonly string[]): RowsSource {
  const object = (name: string, text: string, format: "lines" | "csv" | "jsonl" | "cos-inventory") =>
    objectRows(name, world.source.seed(name, text).etag, format);
  switch (kind) {
    case "lines":
      return object("keys.txt", keys.join("\n"), "lines");
    case "csv":
      return object("keys.csv", `Key\n${keys.map((key) => `"${key}"\n`).join("")}`, "csv");
    case "jsonl":
      return object("keys.jsonl", keys.map((key) => `${JSON.stringify({ key, size: 1 })}\n`).join(""), "jsonl");
    case "inline":
      return { kind: "inline", digest: "d", keys: [...keys] };
    case "inventory": {
      const parts = [keys.slice(0, 3), [], keys.slice(3, 4), keys.slice(4)].map((part, n) => {
        const text = part.map((key) => `"photos-1250000000","${encodeURIComponent(key)}","1"\n`).join("");
        const bytes = gzipSync(text);
        world.source.seed(`inventory/${n}.csv.gz`, bytes);
        const md5Checksum = createHash("md5").update(bytes).digest("hex");
        return { key: `inventory/${n}.csv.gz`, size: String(bytes.length), md5Checksum };
      });
      const manifest = { sourceAppid: "1250000000", fileFormat: "CSV", fileSchema: "Bucket, Key, Size", files: parts };
      return object("inventory/manifest.json", JSON.stringify(manifest), "cos-inventory");
    }
    default: {
      for (const key of keys) world.source.seed(`in/${key}`, key.slice(0, 1));
      return { kind: "listing", prefix: "in/" };
    }
  }
}

async function rowsOfRun(world: World, run: RunDocument): Promise<readonly (readonly PlannedRow[])[]> {
  const ledger = world.ledger("r");
  const shards = [];
  for (let shard = 0; shard < run.shards; shard++) {
    const path = paths.shard(planOfShard(run, shard), shard);
    const bytes = await ledger.get(path);
    if (bytes === undefined) throw new Error(`${path} is not there`);
    shards.push(decodeShardRows(bytes, path));
  }
  return shards;
}

async function deletedOf(world: World, run: RunDocument): Promise<readonly DeletedKey[]> {
  const all: DeletedKey[] = [];
  for await (const one of readDeleted(world.ledger("r"), run.deletedFromSource?.lists ?? [])) all.push(one);
  return all;
}

const slice = (world: World, asked: RunRequest, seconds: number, rowsPerCursor?: number) =>
  planOn({
    ledger: world.ledger("r"),
    place: ledgerPlace,
    clock: world.clock,
    random: world.surroundings.random,
    request: asked,
    rows: (from: ReadUpTo | undefined) => rowsOf(asked, world.surroundings, { ledger: ledgerPlace, from }),
    deadline: world.clock.elapsed() + seconds * 1_000,
    ...(rowsPerCursor === undefined ? undefined : { rowsPerCursor }),
  });

async function untilWhole(world: World, asked: RunRequest, seconds: number): Promise<RunDocument> {
  for (let n = 0; n < 500; n++) {
    const run = await slice(world, asked, seconds);
    if (run !== undefined) return run;
  }
  throw new Error("it was not planned after 500 deliveries");
}

const kinds = ["lines", "csv", "jsonl", "inline", "inventory", "listing"];
const key = fc
  .array(fc.constantFrom("a", "b", "é", "\uffff", "\u{1f600}", "1", "/x"), { minLength: 1, maxLength: 3 })
  .map((parts) => `k${parts.join("")}`);

describe("a plan in slices", () => {
  test.skipIf(quick).each(kinds)("of %s is the plan that one delivery would have written", async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("{key}", "{name}", "all/{key}"),
        fc.integer({ min: 1, max: 4 }),
        async (keys, shardSize, archiveKey, seconds) => {
          const world = createWorld();
          const rows = seedRows(world, kind, keys);
          // What the archive holds: some as it is, some that the source has no more.
          for (const [n, one] of keys.entries()) {
            if (n % 3 === 0) world.archive.seed(`in/${one}`, "k", { lastModified: world.clock.now() + 3_600_000 });
            if (n % 7 === 0) world.archive.seed(`in/${one}.gone`, "k");
          }
          const asked = request(rows, { shardSize, archiveKey });
          const atOnce = createWorld();
          for (const one of world.source.keys()) {
            const object = world.source.object(one);
            if (object !== undefined) atOnce.source.seed(one, object.bytes, { lastModified: object.lastModified });
          }
          for (const one of world.archive.keys()) {
            const object = world.archive.object(one);
            if (object !== undefined) atOnce.archive.seed(one, object.bytes, { lastModified: object.lastModified });
          }
          const planner = { ledger: atOnce.ledger("r"), place: ledgerPlace, clock: atOnce.clock, random: () => 0.5 };
          const entries = rowsOf(asked, atOnce.surroundings, { ledger: ledgerPlace });
          const whole = await atOnce.done(writePlan(entries, asked, planner));
          const expected = await rowsOfRun(atOnce, whole);

          world.archive.onRequest(({ type }) => (type === "put" ? { kind: "delay", ms: 900 } : undefined));
          const run = await world.done(untilWhole(world, asked, seconds));
          world.archive.onRequest(undefined);
          const rowsAre = await rowsOfRun(world, run);
          const { plan: _, slices: __, requests: ___, plannedAt: ____, shards, deletedFromSource, ...same } = whole;
          const { lists, ...deleted } = deletedFromSource ?? {};
          expect(run).toMatchObject({
            ...same,
            ...(deletedFromSource === undefined ? {} : { deletedFromSource: deleted }),
          });
          if (lists !== undefined) {
            expect(await deletedOf(world, run)).toEqual(await deletedOf(atOnce, whole));
            expect((await deletedOf(world, run)).length).toBe(deletedFromSource?.count);
          }
          // Where rows are only counted a slice may end within a shard.
          if (whole.countedOnly !== undefined) {
            expect(rowsAre.flat()).toEqual(expected.flat());
          } else {
            expect(rowsAre).toEqual(expected);
            expect(run.shards).toBe(shards);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test.skipIf(quick)("of two planners side by side, with requests that fail, is one of theirs and whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(...kinds),
        fc.infiniteStream(fc.nat({ max: 19 })),
        fc.boolean(),
        async (keys, kind, chances, everVersioned) => {
          const world = createWorld();
          world.archive.switches.everVersioned = everVersioned;
          const asked = request(seedRows(world, kind, keys), { shardSize: 2, archiveKey: "{name}" });
          const chance = () => chances.next().value as number;
          world.archive.onRequest(({ type }) => {
            const what = chance();
            if (what === 0) return reset;
            if (what === 1) return type === "put" ? loseAnswer : reset;
            // For good, as where a process dies: the slice is given up, and another begins.
            if (what === 2 && type === "put") return refuse("AccessDenied");
            return { kind: "delay", ms: 100 * what };
          });
          const planner = async () => {
            for (let n = 0; n < 500; n++) {
              const run = await slice(world, asked, 1 + chance(), 4).catch(() => undefined);
              if (run !== undefined) return run;
            }
            throw new Error("it was not planned after 500 deliveries");
          };
          const [one, other] = await world.done(Promise.all([planner(), planner()]));
          world.archive.onRequest(undefined);
          if (!everVersioned) expect(one).toEqual(other);
          const listed = kind === "listing" ? new Set(keys).size : keys.length;
          for (const run of [one, other]) {
            const shards = await rowsOfRun(world, run);
            expect(shards.flat().length).toBe(listed);
            expect(shards.slice(0, -1).every((rows) => rows.length === 2)).toBe(true);
            const codes = shards.flat().map(({ settled }) => settled?.code);
            expect(run.settled).toMatchObject({
              duplicates: codes.filter((code) => code === "Duplicate").length,
              collisions: codes.filter((code) => code === "ArchiveKeyCollision").length,
            });
            // Of the rows that share an archive key one, and the first, is to be archived.
            const names = shards
              .flat()
              .flatMap(({ key, settled }) => (settled ? [] : [key.slice(key.lastIndexOf("/") + 1)]));
            expect(new Set(names).size).toBe(names.length);
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test("goes on from where it stood even where the listing has changed since", async () => {
    const world = createWorld();
    const keys = Array.from({ length: 100 }, (_, n) => `k${String(n).padStart(2, "0")}`);
    const asked = request(seedRows(world, "listing", keys), { shardSize: 5 });
    world.archive.onRequest(({ type }) => (type === "put" ? { kind: "delay", ms: 900 } : undefined));
    expect(await world.done(slice(world, asked, 1))).toBeUndefined();
    const cursor = await world.done(furthestCursor(world.ledger("r")));
    expect(cursor?.shards).toBeGreaterThan(0);
    expect(cursor?.rows).toBe((cursor?.shards ?? 0) * 5);
    const last = cursor?.readUpTo.key ?? "";
    world.source.seed("in/k00-late", "before the cursor");
    world.source.seed(`${last}-late`, "behind the cursor");
    world.source.removeObject("in/k99");
    const run = await world.done(untilWhole(world, asked, 1));
    expect(run.requests).toEqual({
      "source.list": world.source.count("list"),
      "archive.list": world.archive.log.filter(({ type, key }) => type === "list" && key === "in/").length,
      // But for the LIST and the GET by which the cursor was read here.
      ledger: world.archive.log.filter(({ key }) => key.startsWith(".originals/")).length - 2,
    });
    const planned = (await rowsOfRun(world, run)).flat().map((row) => row.key);
    expect(planned).toEqual([...keys.slice(0, 99).map((one) => `in/${one}`), `${last}-late`].sort());
    expect(run.slices?.length).toBeGreaterThan(1);
    expect(run.rows).toBe(100);
  });

  test("tells what was deleted behind the last key once, however little time is left then", async () => {
    const world = createWorld();
    const asked = request(seedRows(world, "listing", ["a", "b", "c"]), { shardSize: 2 });
    world.archive.seed("in/z-gone", "z");
    while ((await world.done(slice(world, asked, 0))) === undefined);
    expect(await world.done(slice(world, asked, 900))).toMatchObject({
      rows: 3,
      deletedFromSource: { count: 1, keys: ["in/z-gone"] },
    });
  });

  describe("of a listing of which nothing is new", () => {
    /** 60 keys, all of them archived, and one that is gone behind each tenth. */
    const quiet = () => {
      const world = createWorld();
      const keys = Array.from({ length: 60 }, (_, n) => `k${String(n).padStart(2, "0")}`);
      const asked = request(seedRows(world, "listing", keys), { shardSize: 2 });
      for (const [n, one] of keys.entries()) {
        world.archive.seed(`in/${one}`, one.slice(0, 1));
        if (n % 10 === 9) world.archive.seed(`in/${one}.gone`, "k");
      }
      return { world, asked };
    };
    const cursors = (world: World) => world.archive.keys().filter((key) => key.includes("/plans/cursor-"));

    test("has cursors all the same, so that it ends however short the slices are, and by whatever clock", async () => {
      const { world, asked } = quiet();
      const clocks = fc.sample(fc.integer({ min: -3_600_000, max: 3_600_000 }), { numRuns: 20, seed: 7 });
      let run: RunDocument | undefined;
      let rows = 0;
      for (const off of clocks) {
        const clock = { ...world.clock, now: () => world.clock.now() + off };
        const skewed = { ...world, clock } as World;
        run = await world.done(slice(skewed, asked, 0));
        if (run !== undefined) break;
        const cursor = await furthestCursor(world.ledger("r"));
        expect(cursor).toMatchObject({ shards: 0, needs: expect.arrayContaining(["counted-only"]) });
        expect(cursor?.rows).toBeGreaterThan(rows);
        rows = cursor?.rows ?? 0;
      }
      expect(run).toMatchObject({ shards: 0, rows: 60, countedOnly: 60, settled: { unchanged: 60 } });
      expect(run?.slices).toBeUndefined();
      expect(run?.deletedFromSource).toMatchObject({ count: 6, new: 6 });
      expect((await deletedOf(world, run as RunDocument)).map(({ key }) => key)).toEqual(
        [9, 19, 29, 39, 49, 59].map((n) => `in/k${String(n).padStart(2, "0")}.gone`),
      );
    });

    test("writes no cursor over another", async () => {
      const { world, asked } = quiet();
      const run = await world.done(slice(world, asked, 900, 15));
      expect(run).toMatchObject({ shards: 0, rows: 60, countedOnly: 60 });
      expect(cursors(world).length).toBe(
        world.archive.log.filter(({ type, key }) => type === "put" && key.includes("/plans/cursor-")).length,
      );
      expect(cursors(world).length).toBeGreaterThan(2);
      expect((await deletedOf(world, run as RunDocument)).length).toBe(6);
    });
  });

  test("writes at least one shard in each, so that it ends however short they are", async () => {
    const world = createWorld();
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    const asked = request(seedRows(world, "lines", keys), { shardSize: 1 });
    world.archive.onRequest(() => ({ kind: "delay", ms: 5_000 }));
    let slices = 1;
    while ((await world.done(slice(world, asked, 0))) === undefined) slices++;
    expect(slices).toBeLessThanOrEqual(13);
  });

  test("is gone on with after a planner that died between two cursors", async () => {
    const world = createWorld();
    const keys = Array.from({ length: 30 }, (_, n) => `k${n}`);
    const asked = request(seedRows(world, "csv", [...keys, ...keys]), { shardSize: 3 });
    let puts = 0;
    world.archive.onRequest(({ type }) => (type === "put" && ++puts > 14 ? refuse("AccessDenied") : undefined));
    await expect(world.done(slice(world, asked, 900, 6))).rejects.toMatchObject({ code: "AccessDenied" });
    world.archive.onRequest(undefined);
    const stood = await furthestCursor(world.ledger("r"));
    expect(stood?.rows).toBeGreaterThan(5);
    const run = await world.done(slice(world, asked, 900));
    expect(run).toMatchObject({ rows: 60, shards: 20, settled: { duplicates: 30 }, comparedAll: true });
    expect(run?.slices).toEqual([
      { plan: stood?.plan, from: 0 },
      { plan: run?.plan, from: stood?.shards },
    ]);
    expect((await rowsOfRun(world, run as RunDocument)).flat().map((row) => row.key)).toEqual([...keys, ...keys]);
  });

  test("does not begin anew where a cursor's fingerprints are gone, but says what is missing", async () => {
    const world = createWorld();
    const asked = request(seedRows(world, "lines", ["a", "b", "c"]), { shardSize: 1 });
    await world.done(slice(world, asked, 0));
    const cursor = await furthestCursor(world.ledger("r"));
    const part = cursor?.givenKeys?.parts[0] ?? "";
    world.archive.removeObject(`.originals/runs/r/${part}`);
    await expect(world.done(slice(world, asked, 900))).rejects.toMatchObject({
      code: "LedgerIncomplete",
      message: expect.stringContaining(part),
    });
  });

  test("keeps no fingerprints of a listing whose archive keys can't be the same", async () => {
    const world = createWorld();
    for (const [archiveKey, kept] of [
      ["{key}", false],
      ["{run}/{key}", false],
      ["{stem}", true],
      ["{dir}{key}", true],
    ] as const) {
      const asked = request(seedRows(world, "listing", ["a", "b", "c"]), { shardSize: 1, archiveKey });
      await world.done(slice(world, asked, 0));
      expect((await furthestCursor(world.ledger("r")))?.givenKeys !== undefined).toBe(kept);
      for (const one of world.archive.keys()) world.archive.removeObject(one);
    }
  });

  test("damaged, is refused by name", async () => {
    const world = createWorld();
    for (const text of ["{", '{"schema":"cos-originals/cursor@1"}']) {
      world.archive.seed(`.originals/runs/r/${paths.cursor("01ARZ3NDEKTSV4RRFFQ69G5FAV", 3)}`, text);
      await expect(furthestCursor(world.ledger("r"))).rejects.toMatchObject({ code: "LedgerUnreadable" });
    }
  });
});

describe("what was seen, taken up again", () => {
  test("is as if it had never been put down", () => {
    const sightings = fc.array(fc.tuple(fc.nat({ max: 30 }).map(String), fc.constantFrom("a", "b")), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(sightings, fc.nat({ max: 120 }), fc.integer({ min: 1, max: 25 }), (rows, cut, limit) => {
        const whole = createGivenKeys(() => 0.3, limit);
        const expected = rows.map(([one, source], n) => {
          if (n === cut) whole.nextShard();
          return whole.give(one, source);
        });
        const prints: number[] = [];
        const first = createGivenKeys(
          () => 0.3,
          limit,
          undefined,
          (...print) => prints.push(...print),
        );
        const found = rows.slice(0, cut).map(([one, source]) => first.give(one, source));
        first.nextShard();
        const bytes = Buffer.alloc(prints.length * 4);
        for (const [n, print] of prints.entries()) bytes.writeUInt32LE(print, n * 4);
        const before = { seed: first.seed, rows: first.rows(), prints: [bytes] };
        const second = createGivenKeys(() => 0.9, limit, before);
        found.push(...rows.slice(cut).map(([one, source]) => second.give(one, source)));
        expect(found).toEqual(expected);
        expect(second.exact()).toBe(whole.exact());
      }),
    );
  });
});
