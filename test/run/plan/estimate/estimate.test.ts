import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RunOptions, runOptionsSchema } from "../../../../src/ledger/plan/run-options.ts";
import type { ManifestEntry, Row } from "../../../../src/manifest/row.ts";
import { costOf } from "../../../../src/policy/money/cost.ts";
import type { FoundOfSource } from "../../../../src/run/plan/estimate/by-findings.ts";
import { type Estimate, estimateRun, headsAtStart } from "../../../../src/run/plan/estimate/estimate.ts";
import { requestsOf } from "../../../../src/run/plan/estimate/row-requests.ts";
import { assumedSeconds, expectedAtOnce, timeOf } from "../../../../src/run/plan/estimate/time.ts";
import { withListings } from "../../../../src/run/plan/listed-rows.ts";
import { quick } from "../../../setup/quick.ts";
import { createWorld, inlineMessage, seedPictures } from "../../world.ts";

const inCos = { archive: {}, ledger: {} };
const region = "ap-guangzhou";
const md5 = "0cc175b9c0f1b6a831c399e269772661";
const GB = 1024 ** 3;
const prices = {
  currency: "CNY",
  processing: 0.025,
  freeProcessing: 10,
  requests: 0.01,
  restoreRequests: 0.5,
  traffic: 0.5,
};

function asked(options: Partial<RunOptions> = {}) {
  return {
    run: "r",
    source: { bucket: "photos-1250000000", region, prefix: "" },
    archive: { bucket: "archive-1250000000", region, prefix: "" },
    ledger: { bucket: "archive-1250000000", region, prefix: ".originals/" },
    rows: { kind: "inline" as const, digest: "", keys: [] },
    options: runOptionsSchema.parse(options),
  };
}
async function* entries(rows: readonly Row[]): AsyncGenerator<readonly ManifestEntry[]> {
  yield rows.map((row, n) => ({ kind: "row", row, at: { line: n + 1 } }));
}
const estimate = (rows: readonly Row[], options: Partial<RunOptions> = {}) =>
  estimateRun(entries(rows), asked(options), () => 0.5);

describe("what was found out about the source", () => {
  const rows: Row[] = [
    { key: "a.jpg", size: 9, etag: md5 },
    { key: "b.jpg", size: 99, etag: md5, versionId: "v" },
  ];
  const by = (found?: FoundOfSource) => estimateRun(entries(rows), asked(), () => 0.5, found);
  test("is reckoned with", async () => {
    expect(await by()).toMatchObject({ byFindings: null, requests: { "source.head": 0 } });
    expect(await by({ bringsMetadata: true })).toMatchObject({
      byFindings: { metadataByHead: false, tooLarge: 0, versions: 0, unheard: 0, unbrought: null },
      requests: { "source.head": 0 },
    });
    expect(await by({ bringsMetadata: false, largestOriginal: 50, heedsVersions: false })).toMatchObject({
      byFindings: { metadataByHead: true, tooLarge: 1, versions: 1 },
      rowsThatProve: 2,
      requests: { "source.head": 2 },
    });
  });

  test("tells what will fail: where a HEAD is refused what needs one, and all where nothing comes", async () => {
    const bare: Row[] = [{ key: "c.jpg" }, { key: "empty.jpg", size: 0, etag: md5 }];
    const of = (found: FoundOfSource) => estimateRun(entries([...rows, ...bare]), asked(), () => 0.5, found);
    expect(await of({ refusesHead: true })).toMatchObject({ byFindings: { unheard: 2, unbrought: null } });
    expect(await of({ bringsNone: "unbound" })).toMatchObject({
      byFindings: { unheard: 0, unbrought: { rows: 3, why: "unbound" } },
    });
  });

  test("says nothing of what goes by plain GETs", async () => {
    const papers = rows.map((row) => ({ ...row, key: `${row.key}.pdf` }));
    const found = { bringsMetadata: false, largestOriginal: 50, heedsVersions: false };
    expect(await estimateRun(entries(papers), asked(), () => 0.5, found)).toMatchObject({
      byFindings: { tooLarge: 0, versions: 0 },
      requests: { "source.plain": 2, "source.get": 0, "source.head": 0 },
    });
  });
});

describe("the requests of a row", () => {
  const skip = { ifExists: "skip", expect: "auto", proof: "auto" } as const;
  const needs = (row: Partial<Row>, options: Partial<RunOptions> = {}) => {
    const all = requestsOf({ key: "a.jpg", ...row }, { ...skip, ...options });
    // What can't be protected costs the same, but for how it is fetched.
    const plain = requestsOf({ key: "a.pdf", ...row }, { ...skip, ...options });
    expect(plain).toEqual({ ...all, "source.get": 0, "source.plain": all["source.get"] });
    return [all["source.get"], all["source.head"], all["archive.head"], all["archive.put"]];
  };
  test.each<[string, Partial<Row>, Partial<RunOptions>, number[]]>([
    ["nothing known", {}, {}, [1, 1, 1, 1]],
    ["a size alone proves nothing", { size: 3 }, {}, [1, 1, 1, 1]],
    ["an MD5", { etag: md5 }, {}, [1, 0, 1, 1]],
    ["the ETag of a multipart upload", { etag: `${md5}-2` }, {}, [1, 1, 1, 1]],
    ["a CRC64", { crc64: "1" }, {}, [1, 0, 1, 1]],
    ["a CRC64 where an MD5 is asked for", { crc64: "1" }, { proof: "content-md5" }, [1, 1, 1, 1]],
    ["a size where it will do", { size: 3 }, { proof: "size" }, [1, 0, 1, 1]],
    ["the GET is trusted", {}, { expect: "get" }, [1, 0, 1, 1]],
    ["a version's GET is never trusted", { versionId: "v" }, { expect: "get" }, [1, 1, 1, 1]],
    ["nobody asks the archive", { etag: md5 }, { ifExists: "overwrite" }, [1, 0, 0, 1]],
    ["keep asks it", { etag: md5 }, { ifExists: "keep" }, [1, 0, 1, 1]],
    ["fail asks it", { etag: md5 }, { ifExists: "fail" }, [1, 0, 1, 1]],
    ["an empty original is not fetched", { size: 0, etag: md5 }, {}, [0, 1, 1, 1]],
    ["6 GB in parts of 64 MiB, which no MD5 covers", { size: 6 * GB, etag: md5 }, {}, [1, 1, 1, 98]],
  ])("%s", (_, row, options, expected) => {
    expect(needs(row, options)).toEqual(expected);
  });
});

describe("the HEADs of a beginning", () => {
  type Asked = Pick<Estimate, "requests" | "rowsThatProve" | "byFindings">;
  const of = (fetches: number) => ({ "source.get": fetches }) as Estimate["requests"];
  const all: Asked = { requests: of(1_000), rowsThatProve: 900, byFindings: null };
  const lacking = { metadataByHead: true, tooLarge: 0, versions: 0, unheard: 0, unbrought: null };
  const one = { atOnce: 32, maxInstances: 1 };
  test.each<[string, Partial<Asked>, typeof one, number]>([
    ["a sample, and what is under way by then", {}, one, 52],
    ["in each process", {}, { ...one, maxInstances: 3 }, 156],
    ["no more than rows that cost none anyway", { rowsThatProve: 31 }, one, 31],
    ["no more than originals that are paid for", { requests: of(7) }, one, 7],
    ["none where each row costs one", { byFindings: lacking }, one, 0],
  ])("%s", (_, estimate, how, expected) => {
    expect(headsAtStart({ ...all, ...estimate }, how)).toBe(expected);
  });
});

describe("an estimate", () => {
  // Said 44 LISTs of the archive for 40,000 keys in mixed order, of which the run sent 690.
  test.skipIf(quick).each([
    ["their order", 1, 9, 9],
    ["mixed order", 1_009, 15, 12],
  ])("of keys in %s reckons with what the run itself adds among them", async (_, stride, lists, least) => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2_400);
    const order = keys.map((_, n) => ({ key: keys[(n * stride) % keys.length] as string }));
    const options = { shardSize: 300 };
    const { requests } = await estimateRun(
      withListings(entries(order), asked(options), world.surroundings),
      asked(options),
      () => 0.5,
    );
    await world.deliver(inlineMessage(order, { run: "r", options }));
    await world.drain();
    const { requests: done, archived } = world.summary("r");
    expect(archived).toBe(2_400);
    expect(requests["archive.list"]).toBe(lists);
    expect(done?.["archive.list"]).toBeGreaterThanOrEqual(least);
    expect(done?.["archive.list"]).toBeLessThanOrEqual(lists);
  });

  test("says what a run then does, request by request", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    const rows = keys.map((key, n) => ({ key, ...(n % 3 === 0 ? { etag: world.source.object(key)?.etag } : {}) }));
    const { requests, rowsThatProve } = await estimateRun(
      withListings(entries(rows), asked(), world.surroundings),
      asked(),
      () => 0.5,
    );
    // The others by one LIST of the source, and what the archive holds by one now and one of the worker's.
    expect(rowsThatProve).toBe(30);
    expect(requests).toMatchObject({ "source.list": 1, "source.head": 0, "archive.list": 2, "archive.head": 0 });
    await world.deliver(inlineMessage(rows, { run: "r" }));
    const { requests: done, archived } = world.summary("r");
    expect(archived).toBe(30);
    const { ledger: _, "source.head": heads, ...estimated } = requests;
    expect(done).toMatchObject(estimated);
    // At its beginning a process also asks for metadata, until it knows whether the replies bring it: once a row at most.
    expect(done?.["source.head"]).toBeGreaterThanOrEqual(heads);
    expect(done?.["source.head"]).toBeLessThanOrEqual(heads + rowsThatProve);
    const more = headsAtStart({ requests, rowsThatProve, byFindings: null }, { atOnce: 4, maxInstances: 1 });
    expect(more).toBe(24);
    expect(done?.["source.head"]).toBeLessThanOrEqual(heads + more);
  });

  test("adds up: every row is to archive, a duplicate, a collision, or invalid", async () => {
    const row = fc.record({
      key: fc.constantFrom("a", "b", "c", "/x", ""),
      size: fc.option(fc.nat(), { nil: undefined }),
      archiveKey: fc.option(fc.constantFrom("a", "z", "/bad"), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const e = await estimate(rows, { shardSize: 7 });
        expect(e.toArchive + e.duplicates + e.collisions + e.invalid + e.unchanged + e.archivedClass).toBe(rows.length);
        expect(e.shards).toBe(Math.ceil(rows.length / 7));
        expect(e.bytes.rowsWithSize + e.bytes.rowsWithout).toBe(e.toArchive);
        expect(e.requests["archive.put"]).toBe(e.toArchive);
        expect(e.comparedExactly).toBe(true);
      }),
    );
  });

  test("takes rows without a size for as large as the others, and says nothing where none tells one", async () => {
    expect((await estimate([{ key: "a", size: 10 }, { key: "b", size: 20 }, { key: "c" }])).bytes).toEqual({
      known: 30,
      rowsWithSize: 2,
      rowsWithout: 1,
      estimated: 45,
      plain: 45,
    });
    const unknown = await estimate([{ key: "a" }]);
    expect(unknown.bytes.estimated).toBeNull();
    expect(costOf(unknown, prices, inCos)).toBeNull();
  });

  test("names ten rows that will fail, no more", async () => {
    const rows = Array.from({ length: 25 }, () => ({ key: "/bad" }));
    const { samples, invalid } = await estimate(rows);
    expect(invalid).toBe(25);
    expect(samples).toHaveLength(10);
    expect(samples[0]).toMatchObject({ key: "/bad", code: "InvalidRow" });
  });
});

describe("money and time", () => {
  const requests = { "source.get": 10_000, "source.head": 0, "archive.head": 10_000, "archive.put": 10_000, ledger: 0 };
  const bytes = (gigabytes: number) => ({ known: 0, rowsWithSize: 0, rowsWithout: 0, estimated: gigabytes * GB });

  test("cost lies between the whole free volume left and none of it", () => {
    const cost = costOf({ bytes: bytes(110), requests }, prices, inCos);
    expect(cost).toMatchObject({ currency: "CNY", requests: expect.closeTo(0.03), traffic: 55 });
    expect(cost?.from).toBeCloseTo(100 * 0.025 + 0.03);
    expect(cost?.upTo).toBeCloseTo(110 * 0.025 + 0.03);
    expect(costOf({ bytes: bytes(4), requests }, prices, inCos)?.processing.from).toBe(0);
  });

  test("cost leaves out requests to what is no COS", () => {
    const places = { archive: { store: "file" }, ledger: {} } as const;
    expect(costOf({ bytes: bytes(110), requests }, prices, places)?.requests).toBeCloseTo(0.01);
  });

  test.each([
    [{ maxInstances: 1 }, 750],
    [{ maxInstances: 10 }, 75],
    [{ rate: 100, maxInstances: 1 }, 25],
    [{ rate: 1, maxInstances: 100 }, 1],
    [{ rate: 30_000, maxInstances: 1 }, 750],
  ])("with %j --concurrency auto may come to %i", (how, atOnce) => {
    expect(expectedAtOnce(how)).toBe(atOnce);
  });

  test.each([
    [
      { concurrency: 10, maxInstances: 1 },
      { limitedBy: "concurrency", seconds: 100 * assumedSeconds },
    ],
    [
      { concurrency: 10, maxInstances: 10 },
      { limitedBy: "concurrency", seconds: 10 * assumedSeconds },
    ],
    [
      { concurrency: 1000, rate: 100, maxInstances: 10 },
      { limitedBy: "rate", seconds: 10 },
    ],
    [
      { concurrency: 1000, rate: 10_000, maxInstances: 10 },
      { limitedBy: "service", seconds: 1000 / 3000 },
    ],
  ])("with %j the time is limited by what is slowest", (how, expected) => {
    expect(timeOf(1000, how)).toEqual(expected);
  });
});

describe("originals in an archive class", () => {
  const rows = [
    { key: "a.jpg", size: GB, storageClass: "ARCHIVE" },
    { key: "b.jpg", storageClass: "DEEP_ARCHIVE" },
    { key: "c.jpg", size: 10, etag: "0123456789abcdef0123456789abcdef" },
  ];

  test("are priced where they are restored: they are among those to archive", async () => {
    const found = await estimate(rows, { archivedClass: "restore", ifExists: "overwrite" });
    expect(found).toMatchObject({ toArchive: 3, archivedClass: 0, restore: { tier: "Standard", days: 3, rows: 2 } });
    expect(found.requests).toMatchObject({ "source.get": 3, "source.restore": 2, "archive.put": 3 });
    const without = await estimate(rows, { ifExists: "overwrite" });
    expect(without).toMatchObject({ toArchive: 1, archivedClass: 2, restore: null });
    expect(without.requests).not.toHaveProperty("source.restore");
    const [cost, plain] = [costOf(found, prices, inCos), costOf(without, prices, inCos)];
    // One GB of ARCHIVE, and half as much on average of what tells no size.
    expect(cost?.restore).toBeCloseTo(0.06 + 0.14 * 0.5 + 2 * (0.5 / 10_000), 4);
    expect(plain?.restore).toBe(0);
  });
});
