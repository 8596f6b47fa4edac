import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { decodeShardRows, type PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { ManifestEntry, Row } from "../../../src/manifest/row.ts";
import { checkManifest } from "../../../src/run/plan/check-manifest.ts";
import { createGivenKeys } from "../../../src/run/plan/keys/given-keys.ts";
import { planOn, writePlan } from "../../../src/run/plan/plan.ts";
import { noCounts, planFrom } from "../../../src/run/plan/shards.ts";
import { loseAnswer } from "../../stores/bucket-fault.ts";
import { archivePlace, createWorld, ledgerPlace, sourcePlace } from "../world.ts";

const request = (over: Partial<RunRequest> = {}, options: object = {}): RunRequest => ({
  schema: "cos-originals/request@1",
  run: "r",
  source: sourcePlace,
  archive: archivePlace,
  rows: { kind: "file", name: "keys.txt", digest: "d", format: "lines" },
  options: runOptionsSchema.parse(options),
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "cos-originals 0",
  ...over,
});

const rowOf = (row: Row, line = 1): ManifestEntry => ({ kind: "row", row, at: { line } });
const invalidOf = (fault: "syntax" | "value", message = "row 1, column 2: no"): ManifestEntry => ({
  kind: "invalid",
  key: "what",
  fault,
  message,
  at: { line: 1 },
});
const rowsOf = (...rows: (Row | string)[]): ManifestEntry[] =>
  rows.map((row, n) => rowOf(typeof row === "string" ? { key: row } : row, n + 1));

async function* inBatches(entries: readonly ManifestEntry[], size = 3) {
  for (let from = 0; from < entries.length; from += size) yield entries.slice(from, from + size);
}

const elsewhere = { ...archivePlace, bucket: "ledger-1250000000" };

async function planned(entries: readonly ManifestEntry[], asked = request(), batch = 3, ledger = elsewhere) {
  const counts = noCounts();
  const shards: (readonly PlannedRow[])[] = [];
  const progress = { counts, givenKeys: createGivenKeys(() => 0.5), readUpTo: undefined };
  for await (const { rows } of planFrom(inBatches(entries, batch), { ...asked, ledger }, progress)) shards.push(rows);
  return { shards, rows: shards.flat(), counts };
}

const codes = (rows: readonly PlannedRow[]) => rows.map(({ settled }) => settled?.code);

describe("planning", () => {
  test("keeps every entry, in order, in shards of the size that was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (n, size, batch) => {
          const keys = Array.from({ length: n }, (_, at) => `k${at}`);
          const { shards, rows, counts } = await planned(rowsOf(...keys), request({}, { shardSize: size }), batch);
          expect(rows.map(({ key }) => key)).toEqual(keys);
          expect(shards.slice(0, -1).every((shard) => shard.length === size)).toBe(true);
          expect(shards.length).toBe(Math.ceil(n / size));
          expect(counts).toMatchObject({ rows: n, duplicates: 0, collisions: 0, invalid: 0 });
        },
      ),
    );
  });

  test("tells a repeated row from one that wants another's place", async () => {
    const entries = rowsOf(
      "a.jpg",
      "a.jpg",
      { key: "b.jpg", archiveKey: "a.jpg" },
      { key: "a.jpg", versionId: "v1" },
      { key: "c.jpg", archiveKey: "d.jpg" },
      { key: "c.jpg", archiveKey: "d.jpg" },
      { key: "c.jpg" },
    );
    const { rows, counts } = await planned(entries);
    expect(codes(rows)).toEqual([
      undefined,
      "Duplicate",
      "ArchiveKeyCollision",
      "ArchiveKeyCollision",
      undefined,
      "Duplicate",
      undefined,
    ]);
    expect(rows[2]?.settled).toMatchObject({ outcome: "failed", message: expect.stringContaining("row 3") });
    expect(rows[1]?.settled).toMatchObject({ outcome: "skipped", message: expect.stringContaining("row 2") });
    expect(counts).toMatchObject({ rows: 7, duplicates: 2, collisions: 2, invalid: 0 });
  });

  test("gives versions of one key their own places where the template does", async () => {
    const versions = ["v1", "v2", undefined].map((versionId) => ({ key: "a/b.jpg", versionId }));
    const { rows } = await planned(
      rowsOf(...versions, ...versions),
      request({}, { archiveKey: "{dir}{stem}@{versionId}{ext}" }),
    );
    expect(codes(rows)).toEqual([undefined, undefined, undefined, "Duplicate", "Duplicate", "Duplicate"]);
  });

  test("finds keys that a template puts in one place", async () => {
    const { rows } = await planned(rowsOf("a/x.jpg", "b/x.jpg", "b/y.jpg"), request({}, { archiveKey: "{name}" }));
    expect(codes(rows)).toEqual([undefined, "ArchiveKeyCollision", undefined]);
  });

  test("fails rows outside the source prefix, without an archive key that can be written, or that can't be read", async () => {
    const asked = request({
      source: { ...sourcePlace, prefix: "photos/" },
      archive: { ...archivePlace, prefix: "o/" },
    });
    const { rows, counts } = await planned(
      [
        ...rowsOf("photos/a.jpg", "private/b.jpg", `photos/${"x".repeat(842)}`, `photos/${"x".repeat(841)}`),
        invalidOf("value", "row 5, column 2: size"),
      ],
      asked,
    );
    expect(codes(rows)).toEqual([undefined, "InvalidRow", "InvalidRow", undefined, "InvalidRow"]);
    expect(rows[1]?.settled?.message).toBe('row 2: the key "private/b.jpg" lies outside the source prefix "photos/"');
    expect(rows[2]?.settled?.message).toContain("851 bytes, more than 850");
    expect(rows[4]).toMatchObject({ key: "what", settled: { message: "row 5, column 2: size" } });
    expect(counts).toMatchObject({ rows: 5, invalid: 3 });
  });

  test.each([
    ["by the row's own archive key", { key: "a.jpg", archiveKey: ".originals/runs/r/run.json" }, {}],
    ["by its key", { key: ".originals/runs/r/run.json" }, {}],
    ["by the template", { key: "run.json" }, { archiveKey: ".originals/runs/{run}/{key}" }],
  ])("fails a row that would be archived in the ledger, %s", async (_, row, options) => {
    const archive = { ...archivePlace, prefix: "o/" };
    const ledger = { ...archivePlace, prefix: "o/.originals/" };
    const asked = request({ archive }, options);
    const { rows, counts } = await planned(
      [rowOf(row, 7), rowOf({ key: "b", archiveKey: "b.originals/c" })],
      asked,
      3,
      ledger,
    );
    expect(rows[0]?.settled).toEqual({
      outcome: "failed",
      code: "ArchiveKeyInLedger",
      message: expect.stringMatching(/^row 7: the archive key "o\/\.originals\/.*" lies in the ledger, .*--ledger/),
    });
    expect(codes(rows)).toEqual(["ArchiveKeyInLedger", undefined]);
    expect(counts).toMatchObject({ rows: 2, invalid: 1, bytes: 0 });
    // Another run's ledger is known by what lies in it.
    expect(codes((await planned([rowOf(row)], asked)).rows)).toEqual(["ArchiveKeyInLedger"]);
  });

  test("fails a row that would be archived over an original, whatever gives it that key", async () => {
    const source = { ...sourcePlace, prefix: "photos/" };
    const within = { ...sourcePlace, prefix: "" };
    const rows = rowsOf({ key: "photos/a.jpg", archiveKey: "photos/b.jpg" }, { key: "photos/b.jpg", archiveKey: "b" });
    const by = async (options: object) => (await planned(rows, request({ source, archive: within }, options))).rows;
    expect(codes(await by({}))).toEqual(["ArchiveKeyInSource", undefined]);
    const { rows: templated } = await planned(
      rowsOf("photos/a.png", "photos/b.png"),
      request({ source, archive: within }, { archiveKey: "{dir}{stem}.jpg" }),
    );
    expect(codes(templated)).toEqual(["ArchiveKeyInSource", "ArchiveKeyInSource"]);
    expect(templated[0]?.settled?.message).toBe(
      'row 1: the archive key "photos/a.jpg" lies in the source, whose keys begin with "photos/"',
    );
  });

  test("a run with such rows says that older versions can't work it, through every slice", async () => {
    const world = createWorld();
    const asked = request({ rows: { kind: "inline", digest: "d", keys: [] } }, { shardSize: 1 });
    const ledger = world.ledger("r");
    const { clock } = world;
    const entries = rowsOf({ key: "a.jpg", archiveKey: ".originals/runs/x/run.json" }, "b.jpg", "c.jpg");
    const slice = { ledger, place: ledgerPlace, clock, random: world.surroundings.random, request: asked };
    const rows = (from: { readonly rows: number } | undefined) => inBatches(entries.slice(from?.rows ?? 0), 1);
    let run: Awaited<ReturnType<typeof planOn>>;
    for (let n = 0; run === undefined; n++) {
      run = await world.done(planOn({ ...slice, rows, deadline: n < 2 ? clock.now() : Number.POSITIVE_INFINITY }));
    }
    expect(run.needs).toEqual(["forbidden-keys"]);
    expect(run.slices?.length).toBeGreaterThan(1);
    expect((await world.done(readRun(ledger)))?.needs).toEqual(["forbidden-keys"]);
  });

  test("of a ledger without a folder of its own, only what lies in runs/ is in its way", async () => {
    const entries = rowsOf("a.jpg", "runs/b.jpg", "runs.jpg");
    for (const prefix of ["", "o/"]) {
      const place = { ...archivePlace, prefix };
      const { rows } = await planned(entries, request({ archive: place }), 3, place);
      expect(codes(rows)).toEqual([undefined, "ArchiveKeyInLedger", undefined]);
    }
  });

  test("an archive within the ledger takes no row", async () => {
    const archive = { ...archivePlace, prefix: ".originals/runs/old/" };
    const { rows } = await planned(rowsOf("a.jpg"), request({ archive }), 3, { ...archivePlace, prefix: ".originals" });
    expect(codes(rows)).toEqual(["ArchiveKeyInLedger"]);
  });

  test("a row that failed takes no place from those after it", async () => {
    const asked = request({ source: { ...sourcePlace, prefix: "photos/" } });
    const { rows } = await planned(
      rowsOf({ key: "b.jpg", archiveKey: "x" }, { key: "photos/b.jpg", archiveKey: "x" }),
      asked,
    );
    expect(codes(rows)).toEqual(["InvalidRow", undefined]);
  });

  test("adds up the sizes of what is to be archived, where the manifest tells them", async () => {
    const { counts } = await planned(rowsOf({ key: "a", size: 5 }, { key: "a", size: 5 }, "b", { key: "c", size: 7 }));
    expect(counts.bytes).toBe(12);
  });
});

describe("a manifest", () => {
  const check = (entries: readonly ManifestEntry[], asked = request()) => checkManifest(inBatches(entries), asked);

  test("is taken where one row of its first shard can be read, or was only said wrongly", async () => {
    await check([invalidOf("syntax"), invalidOf("syntax"), rowOf({ key: "a" })]);
    await check([invalidOf("value")]);
  });

  test("is refused where not one row of its first shard can be read", async () => {
    const asked = request({}, { shardSize: 3 });
    const entries = [invalidOf("syntax", "row 1: no key"), invalidOf("syntax"), invalidOf("syntax")];
    await expect(check(entries, asked)).rejects.toMatchObject({
      code: "ManifestNotAsSaid",
      message: expect.stringMatching(/^The manifest "keys.txt" is not lines: .*row 1: no key; .*\.$/),
    });
    await expect(check([...entries, rowOf({ key: "a" })], asked)).rejects.toMatchObject({ code: "ManifestNotAsSaid" });
  });

  test("without a row is refused, a listing that found nothing is not", async () => {
    await expect(check([])).rejects.toMatchObject({
      code: "EmptyManifest",
      message: expect.stringContaining("keys.txt"),
    });
    await check([], request({ rows: { kind: "listing", prefix: "" } }));
  });
});

describe("a plan in the ledger", () => {
  const surroundings = (world: ReturnType<typeof createWorld>) => ({
    ledger: world.ledger("r"),
    place: ledgerPlace,
    clock: world.clock,
    random: world.surroundings.random,
  });
  const plans = (world: ReturnType<typeof createWorld>) =>
    new Set(world.archive.keys().flatMap((key) => key.match(/plans\/([^/]+)\//)?.[1] ?? []));

  test("holds the rows of each shard, and the run's document names it", async () => {
    const world = createWorld();
    const entries = rowsOf("a", "b", { key: "c", size: 3 }, "a", "e");
    const run = await world.done(writePlan(inBatches(entries), request({}, { shardSize: 2 }), surroundings(world)));
    expect(run).toMatchObject({
      run: "r",
      shards: 3,
      rows: 5,
      bytes: 3,
      settled: { duplicates: 1, collisions: 0, invalid: 0 },
    });
    const ledger = world.ledger("r");
    expect(await readRun(ledger)).toEqual(run);
    const keys = [];
    for (let shard = 0; shard < run.shards; shard++) {
      const path = `plans/${run.plan}/shards/00000000${shard}.jsonl.gz`;
      keys.push(decodeShardRows((await ledger.get(path)) ?? Buffer.alloc(0), path).map(({ key }) => key));
    }
    expect(keys).toEqual([["a", "b"], ["c", "a"], ["e"]]);
  });

  test("of two planners side by side one rules, and both know which", async () => {
    const world = createWorld();
    const entries = rowsOf("a", "b", "c");
    const both = [1, 2].map(() => writePlan(inBatches(entries), request({}, { shardSize: 1 }), surroundings(world)));
    const [one, other] = await world.done(Promise.all(both));
    expect(one).toEqual(other);
    expect(plans(world).size).toBe(2);
    expect(plans(world)).toContain(one?.plan);
  });

  test("of a planner that comes late is never the run's: work on the first has begun", async () => {
    const world = createWorld();
    const first = await world.done(writePlan(inBatches(rowsOf("a", "b")), request(), surroundings(world)));
    const late = await world.done(writePlan(inBatches(rowsOf("a", "b", "c")), request(), surroundings(world)));
    expect(late).toEqual(first);
    expect(await readRun(world.ledger("r"))).toEqual(first);
  });

  test("is not there, and no run either, where the manifest breaks off", async () => {
    const world = createWorld();
    async function* breaking() {
      yield rowsOf("a", "b");
      throw new Error("the manifest broke off");
    }
    await expect(world.done(writePlan(breaking(), request(), surroundings(world)))).rejects.toThrow("broke off");
    expect(await readRun(world.ledger("r"))).toBeUndefined();
  });

  test("counts where the answer to writing the run's document was lost", async () => {
    const world = createWorld();
    world.archive.onRequest(({ type, key, nth }) =>
      type === "put" && key.endsWith("run.json") && nth < 4 ? loseAnswer : undefined,
    );
    const run = await world.done(writePlan(inBatches(rowsOf("a")), request(), surroundings(world)));
    expect(await world.done(readRun(world.ledger("r")))).toEqual(run);
    expect([...plans(world)]).toEqual([run.plan]);
  });

  test("ends with the ledger's error where a shard can't be written", async () => {
    const world = createWorld();
    const { BucketError } = await import("../../../src/objects/error.ts");
    const details = { code: "AccessDenied", status: 403, retryable: false, throttled: false };
    world.archive.onRequest(({ type, key }) =>
      type === "put" && key.includes("/000000001.")
        ? { kind: "refuse", error: new BucketError("no", details) }
        : undefined,
    );
    const many = rowsOf(...Array.from({ length: 50 }, (_, n) => `k${n}`));
    const work = world.done(writePlan(inBatches(many), request({}, { shardSize: 2 }), surroundings(world)));
    await expect(work).rejects.toMatchObject({ code: "AccessDenied" });
    expect(await readRun(world.ledger("r"))).toBeUndefined();
  });

  test("damaged, is refused by name", async () => {
    const world = createWorld();
    for (const text of ["{", '{"schema":"cos-originals/run@1"}']) {
      world.archive.seed(".originals/runs/r/run.json", text);
      await expect(readRun(world.ledger("r"))).rejects.toMatchObject({
        code: "LedgerUnreadable",
        message: expect.stringContaining("cos://archive-1250000000/.originals/runs/r/run.json"),
      });
    }
  });
});
