/** Catches: an original that changed and is taken for unchanged; an unchanged one that costs a request; a key lost at a boundary. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ledgerWithin } from "../../../src/ledger/own-keys.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { ListedObject } from "../../../src/objects/bucket.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import { listWithout } from "../../../src/run/places/without-ledgers.ts";
import type { PlanEntry } from "../../../src/run/plan/entry.ts";
import { comparisonOf, listedRow, mergeListings, settledAfterMs } from "../../../src/run/plan/incremental.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { runs } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { archivePlace, createWorld, inlineMessage, ledgerPlace, sourcePlace, type World } from "../world.ts";

const HOUR = 3_600_000;

async function* inPages(objects: readonly ListedObject[], size: number) {
  for (let from = 0; from < objects.length; from += size) yield objects.slice(from, from + size);
}

async function collected<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

const at = (key: string, size: number, lastModified: number): ListedObject => ({ key, size, lastModified, etag: "" });

describe("two listings side by side", () => {
  const key = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", "/", "\uffff", "\u{1f600}", "é"), minLength: 1, maxLength: 4 }),
    fc.nat({ max: 60 }).map(String),
  );
  const object = fc.record({ key, size: fc.nat({ max: 2 }), lastModified: fc.nat({ max: 4 }).map((n) => n * 450_000) });
  const objects = fc
    .uniqueArray(object, { selector: ({ key }) => key, maxLength: 60 })
    .map((all) => all.map((one) => ({ ...one, etag: "" })).sort((a, b) => compareKeys(a.key, b.key)));

  test("tell of each key what a map of both would", async () => {
    await fc.assert(
      fc.asyncProperty(
        objects,
        objects,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("", "p/", "\u{1f600}"),
        fc.constantFrom("skip" as const, "keep" as const),
        async (source, copies, size, before, ifExists) => {
          const archive = copies.map((copy) => ({ ...copy, key: before + copy.key }));
          const options = { before, ifExists, line: 7 };
          const entries = await collected(mergeListings(inPages(source, size), inPages(archive, size + 1), options));
          const byKey = new Map(copies.map((copy) => [copy.key, copy]));
          const expected = source.map(({ key, size, lastModified }) => {
            const copy = byKey.get(key);
            const same = copy !== undefined && copy.size === size && copy.lastModified - lastModified >= 900_000;
            const kept = copy !== undefined && ifExists === "keep";
            return [kept || same ? "unchanged" : "row", key];
          });
          const rows = entries.flatMap((entry) => ("row" in entry ? [[entry.kind, entry.row.key]] : []));
          expect(rows).toEqual(expected);
          const sources = new Set(source.map(({ key }) => key));
          const deleted = entries.flatMap((entry) => (entry.kind === "deleted" ? [entry.key] : []));
          expect(deleted).toEqual(copies.map(({ key }) => key).filter((key) => !sources.has(key)));
          const lines = entries.flatMap((entry) => ("at" in entry ? [entry.at.line] : []));
          expect(lines).toEqual(source.map((_, n) => 8 + n));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("call unchanged what was put exactly fifteen minutes after the source, and no earlier", async () => {
    const kinds = async (later: number, size = 5) => {
      const entries = mergeListings(inPages([at("a", 5, HOUR)], 1), inPages([at("a", size, HOUR + later)], 1), {
        before: "",
        ifExists: "skip",
        line: 0,
      });
      return (await collected(entries)).map(({ kind }) => kind);
    };
    expect(await kinds(settledAfterMs)).toEqual(["unchanged"]);
    expect(await kinds(settledAfterMs - 1)).toEqual(["row"]);
    expect(await kinds(-HOUR)).toEqual(["row"]);
    expect(await kinds(10 * HOUR, 6)).toEqual(["row"]);
  });

  test("call unchanged, however young the copy, what has the same MD5 in both, and nothing else for its ETag", async () => {
    const md5 = "0123456789abcdef0123456789abcdef";
    const kind = async (etags: readonly [string, string], size = 5) => {
      const [source, copy] = [
        { ...at("a", 5, HOUR), etag: etags[0] },
        { ...at("a", size, HOUR + 1), etag: etags[1] },
      ];
      const entries = mergeListings(inPages([source], 1), inPages([copy], 1), {
        before: "",
        ifExists: "skip",
        line: 0,
      });
      return (await collected(entries))[0]?.kind;
    };
    expect(await kind([md5, md5])).toBe("unchanged");
    expect(await kind([md5, md5.toUpperCase()])).toBe("unchanged");
    expect(await kind([md5, md5], 6)).toBe("row");
    expect(await kind([md5, md5.replace("0", "1")])).toBe("row");
    expect(await kind([`${md5}-2`, `${md5}-2`])).toBe("row");
    expect(await kind(["opaque", "opaque"])).toBe("row");
    expect(await kind(["", ""])).toBe("row");
  });

  test("name the class of a row where it is an archive class", () => {
    const row = (storageClass: string | undefined) => listedRow({ ...at("a", 1, 0), storageClass }).storageClass;
    expect(["ARCHIVE", "DEEP_ARCHIVE", "MAZ_ARCHIVE", "STANDARD", "COLD", undefined].map(row)).toEqual([
      "ARCHIVE",
      "DEEP_ARCHIVE",
      "MAZ_ARCHIVE",
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("bring an etag only where it is an MD5 of the object, or of its parts", () => {
    const md5 = "0123456789abcdef0123456789ABCDEF";
    const row = (etag: string) => listedRow({ ...at("a", 1, 0), etag }).etag;
    expect([md5, `${md5}-12`, "", "opaque", `${md5}0`].map(row)).toEqual([
      md5.toLowerCase(),
      `${md5.toLowerCase()}-12`,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("the ledger within the archive", () => {
  const place = (prefix: string, bucket = archivePlace.bucket) => ({ ...archivePlace, bucket, prefix });

  test.each([
    ["", ".originals/", ".originals/"],
    ["photos/", "photos/.originals/", "photos/.originals/"],
    ["photos/", "photos/.originals", "photos/.originals/"],
    ["photos/", ".originals/", undefined],
    ["", "", "runs/"],
    ["photos/", "photos/", "photos/runs/"],
    ["photos/2026/", "photos/", undefined],
  ])("of an archive at %j and a ledger at %j is %j", (archive, ledger, jumped) => {
    expect(ledgerWithin(place(archive), place(ledger))).toBe(jumped);
    expect(ledgerWithin(place(archive), place(ledger, "elsewhere-1250000000"))).toBeUndefined();
  });

  test("is left out, and nothing around it", async () => {
    const name = fc.string({
      unit: fc.constantFrom(".", "o", "/", "0", "a", "\u{10ffff}", "~"),
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 60 }),
        fc.constantFrom(".o/", "o/", "a"),
        fc.option(name, { nil: undefined }),
        async (names, jumped, after) => {
          const keys = [...names].sort(compareKeys);
          const asked: (string | undefined)[] = [];
          const list = ({
            after,
            upTo,
          }: {
            readonly after?: string | undefined;
            readonly upTo?: string | undefined;
          }) => {
            asked.push(after);
            const within = keys
              .filter((key) => after === undefined || compareKeys(key, after) > 0)
              .filter((key) => upTo === undefined || compareKeys(key, upTo) <= 0);
            return inPages(
              within.map((key) => at(key, 1, 0)),
              3,
            );
          };
          const listed = (await collected(listWithout(list, jumped, after))).map(({ key }) => key);
          expect(listed).toEqual(
            keys.filter((key) => !key.startsWith(jumped) && (after === undefined || compareKeys(key, after) > 0)),
          );
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

describe("what is compared", () => {
  const asked = (options: object, prefix = "o/") => ({
    run: "r",
    archive: { ...archivePlace, prefix },
    options: runOptionsSchema.parse(options),
  });

  test.each([
    [{}, "o/"],
    [{ archiveKey: "copies/{key}" }, "o/copies/"],
    [{ archiveKey: "{run}/{key}" }, "o/r/"],
    [{ ifExists: "keep" }, "o/"],
  ])("with %j is what lies below %j", (options, before) => {
    expect(comparisonOf(asked(options))).toEqual({ by: "listing", before });
  });

  test.each(["{name}", "{key}.orig", "{dir}{stem}{ext}", "{versionId}/{key}"])(
    "with the template %j is asked by HEAD, and it is said why",
    (archiveKey) => {
      expect(comparisonOf(asked({ archiveKey }))).toEqual({ by: "head", reason: expect.stringContaining(archiveKey) });
    },
  );

  test.each(["overwrite", "fail"])("with --if-exists %s is nothing", (ifExists) => {
    expect(comparisonOf(asked({ ifExists }))).toBeUndefined();
  });
});

describe("an incremental run", () => {
  const now = (world: World) => world.clock.now();
  /** Twelve pictures archived last night; since then one was replaced, one grew, one came, one went. */
  const lastNight = () => {
    const world = createWorld();
    const yesterday = now(world) - 24 * HOUR;
    for (let n = 0; n < 12; n++) {
      const key = `photos/${n}.jpg`;
      world.source.seed(key, `picture ${n}`, { lastModified: yesterday - HOUR });
      world.archive.seed(key, `picture ${n}`, { lastModified: yesterday });
    }
    world.source.seed("photos/3.jpg", "PICTURE 3", { lastModified: now(world) - HOUR });
    world.source.seed("photos/4.jpg", "a larger picture 4", { lastModified: yesterday - HOUR });
    world.source.seed("photos/new.jpg", "new", { lastModified: now(world) - HOUR });
    world.source.removeObject("photos/5.jpg");
    for (let n = 0; n < 30; n++) world.archive.seed(`.originals/runs/older/outcomes/${n}`, "");
    return world;
  };
  const nightly = (more: object = {}) => {
    const { keys: _, ...message } = inlineMessage([]);
    return { ...message, prefix: "", run: "tonight", ...more };
  };

  test("costs an unchanged key neither a fetch nor a HEAD, and deletes nothing", async () => {
    const world = lastNight();
    world.send(nightly());
    await world.drain();
    expect(world.summary("tonight")).toMatchObject({
      state: "complete",
      rows: 12,
      archived: 3,
      skipped: 9,
      failed: 0,
      deletedFromSource: { count: 1, keys: ["photos/5.jpg"], new: 1 },
      requests: {
        "source.get": 3,
        "archive.head": 3,
        // One more told that there is something to list.
        "source.list": world.source.count("list") - 1,
        "archive.list": world.archive.log.filter(({ type, key }) => type === "list" && key === "").length,
      },
    });
    expect(Object.keys(world.fetches()).sort()).toEqual(["photos/3.jpg", "photos/4.jpg", "photos/new.jpg"]);
    expect(
      world.archive.log
        .filter(({ type }) => type === "head")
        .map(({ key }) => key)
        .sort(),
    ).toEqual(["photos/3.jpg", "photos/4.jpg", "photos/new.jpg"]);
    // What a reply does not bring may be asked of a fetched key, never of another.
    expect(world.source.log.filter(({ type, key }) => type === "head" && !(key in world.fetches()))).toEqual([]);
    expect(world.archive.object("photos/5.jpg")).toBeDefined();
    expect(world.archive.object("photos/3.jpg")?.bytes.toString()).toBe("PICTURE 3");
    expect(await readRun(world.ledger("tonight"))).toMatchObject({
      shards: 1,
      settled: { unchanged: 9 },
      countedOnly: 9,
      needs: ["counted-only", "deleted-keys"],
      compared: { by: "listing" },
      comparedAll: true,
      deletedFromSource: { count: 1 },
    });
    // Nobody named them, and nothing is recorded of each.
    expect(world.results("tonight").length).toBe(3);
    expect(world.summary("tonight").unchanged).toBe(9);
  });

  test("asks of what was archived within fifteen minutes by HEAD, and fetches nothing that is there", async () => {
    const world = createWorld();
    const time = now(world) - HOUR;
    // Put in parts, so that the listings' ETags say nothing of the bytes.
    const etag = `${"0".repeat(32)}-2`;
    world.source.seed("a.jpg", "a picture", { lastModified: time, etag });
    world.archive.seed("a.jpg", "a picture", { lastModified: time + 14 * 60_000 });
    world.send(nightly());
    await world.drain();
    expect(world.summary("tonight")).toMatchObject({ skipped: 1, requests: { "source.get": 0, "archive.head": 1 } });
  });

  test("asks each key by HEAD where the archive may not be listed, and says so", async () => {
    const world = lastNight();
    const ledger = (key: string) => key.startsWith(".originals/");
    world.archive.onRequest(({ type, key }) => (type === "list" && !ledger(key) ? refuse("AccessDenied") : undefined));
    world.send(nightly());
    await world.drain();
    const run = await readRun(world.ledger("tonight"));
    expect(run?.compared).toEqual({ by: "head", reason: expect.stringContaining("AccessDenied") });
    expect(run?.deletedFromSource).toBeUndefined();
    const summary = world.summary("tonight");
    expect(summary).toMatchObject({ rows: 12, archived: 3, skipped: 9, requests: { "archive.head": 12 } });
    expect(summary.deletedFromSource).toBeUndefined();
  });

  test("archives below a prefix and a template that goes before the key, and finds it there the next night", async () => {
    const world = createWorld();
    for (const key of ["a/1.jpg", "a/\uffff.jpg", "a/\u{1f600}.jpg", "b/1.jpg"]) {
      world.source.seed(key, key, { lastModified: now(world) - HOUR });
    }
    const message = nightly({
      prefix: "a/",
      archive: { ...archivePlace, prefix: "vault/" },
      ledger: { ...ledgerPlace, prefix: "vault/.originals/" },
      options: { archiveKey: "copies/{key}" },
    });
    world.send(message);
    await world.drain();
    expect(world.archive.keys().filter((key) => key.startsWith("vault/copies/")).length).toBe(3);
    await world.clock.advance(HOUR);
    const before = Object.keys(world.fetches()).length;
    world.send({ ...message, run: "next" });
    await world.drain();
    expect(Object.keys(world.fetches()).length).toBe(before);
    const bytes = world.archive.object("vault/.originals/runs/next/report/summary.json")?.bytes.toString() ?? "{}";
    expect(JSON.parse(bytes)).toMatchObject({ rows: 3, skipped: 3, deletedFromSource: { count: 0 } });
  });

  test("takes no part of another run's ledger for an original, nor for a copy, and says that it lies there", async () => {
    const notes: unknown[] = [];
    const world = createWorld({ log: { ...silentLog, warn: (_, fields) => notes.push(fields) } });
    const keys = [".a.jpg", "copies/.originals.jpg", "d/e.jpg", "runs/2026/race.jpg", "z/runs/run.json"];
    for (const key of keys) world.source.seed(key, key);
    const id = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
    for (const bucket of [world.source, world.archive]) {
      for (let n = 0; n < 2_000; n++) bucket.seed(`copies/.originals/runs/older/outcomes/${n}`, "");
      for (const path of [
        "control/000000001-halt.json",
        `plans/${id}/shards/000000000.jsonl.gz`,
        "request.json",
        "run.json",
      ]) {
        bucket.seed(`ledgers/runs/old/${path}`, "{}");
      }
    }
    world.send(nightly());
    await world.drain();
    const fetched = world.source.log.filter(({ type }) => type === "original" || type === "get");
    expect(fetched.map(({ key }) => key).sort()).toEqual(keys);
    expect(world.summary("tonight")).toMatchObject({ rows: keys.length, deletedFromSource: { count: 0 } });
    expect(notes).toEqual([
      { ledger: "cos://photos-1250000000/copies/.originals/" },
      { ledger: "cos://photos-1250000000/ledgers/runs/old/" },
    ]);
  });

  test("never lists the ledger, however much lies in it", async () => {
    const world = lastNight();
    for (let n = 0; n < 5_000; n++) world.archive.seed(`.originals/runs/other/outcomes/${n}`, "");
    world.archive.forgetLog();
    const request = {
      run: "r",
      source: sourcePlace,
      archive: archivePlace,
      rows: { kind: "listing", prefix: "" } as const,
      options: runOptionsSchema.parse({}),
    };
    const entries: PlanEntry[] = [];
    await world.done(
      (async () => {
        for await (const batch of rowsOf(request, world.surroundings, { ledger: ledgerPlace })) entries.push(...batch);
      })(),
    );
    expect(world.archive.count("list")).toBeLessThan(4);
    expect(entries.filter(({ kind }) => kind === "deleted")).toMatchObject([
      { kind: "deleted", key: "photos/5.jpg", size: "picture 5".length, isNew: true },
    ]);
  });
});
