/** Catches: an object of the ledger that is written under another name than it is read by, or in another form; bytes that older tools know. */
import { describe, expect, test } from "vitest";
import { documentsPresent } from "../../src/ledger/documents-present.ts";
import { furthestCursor, type PlanCursor, writeCursor } from "../../src/ledger/plan/cursor.ts";
import { readFingerprints, writeFingerprints } from "../../src/ledger/plan/fingerprints.ts";
import { createRequest, type RunRequest, readRequest } from "../../src/ledger/plan/request.ts";
import { createRun, type RunDocument, readRun } from "../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { readShardRows, writeShardRows } from "../../src/ledger/plan/shard-rows.ts";
import {
  isSubmitted,
  readSubmitted,
  writeSubmittedAgain,
  writeSubmittedUpTo,
} from "../../src/ledger/plan/submitted.ts";
import { readDraft, writeDraft, writeDraftFiles } from "../../src/ledger/report/draft.ts";
import { reportFiles } from "../../src/ledger/report/files.ts";
import { writeFailures, writeResults } from "../../src/ledger/report/part-files.ts";
import {
  progressOfGroup,
  progressOfStopped,
  readProgress,
  writeStoppedReported,
} from "../../src/ledger/report/progress.ts";
import { readSummary, summaryWrittenAt, writeSummaryFiles } from "../../src/ledger/report/summary.ts";
import { groupMarkers, readTally, writeGroupMarker, writePartMarker } from "../../src/ledger/report/tally-markers.ts";
import { listRuns, runPrefix } from "../../src/ledger/runs.ts";
import { doneMarkers, doneShards, isDone, writeDoneMarker } from "../../src/ledger/shard/done-marker.ts";
import { writeEndMarker } from "../../src/ledger/shard/end-marker.ts";
import { isAnyAlive, listGroup, listShard, listShards, nextRecorded } from "../../src/ledger/shard/listed-shards.ts";
import { readOpenMarker, writeOpenMarker } from "../../src/ledger/shard/open-marker.ts";
import { outcomeLine, readSegment, writeSegment } from "../../src/ledger/shard/segment.ts";
import { createLedgerStore } from "../../src/ledger/store.ts";
import { tallyToSummary } from "../../src/report/summary.ts";
import { emptyTally } from "../../src/report/tally.ts";
import { fakeClock } from "../stores/fake-clock.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";
import { outcomeOf, trailer, ulidAt } from "./samples.ts";

const place = { bucket: "photos-1250000000", region: "ap-guangzhou", prefix: "" };
const at = "2026-01-15T12:00:00.000Z";
const plan = ulidAt(1);
const id = ulidAt(2);

const request: RunRequest = {
  schema: "cos-originals/request@1",
  run: "r",
  source: place,
  archive: { ...place, bucket: "archive-1250000000" },
  rows: { kind: "listing", prefix: "" },
  options: runOptionsSchema.parse({}),
  askedAt: at,
  tool: "test",
};

const run: RunDocument = {
  schema: "cos-originals/run@1",
  run: "r",
  plan,
  request,
  shards: 2_500,
  rows: 2,
  bytes: 0,
  settled: { duplicates: 0, collisions: 0, invalid: 0 },
  plannedAt: at,
  tool: "test",
};

const cursor: PlanCursor = {
  schema: "cos-originals/cursor@1",
  plan,
  shards: 1_000,
  slices: [{ plan, from: 0 }],
  rows: 1,
  bytes: 0,
  settled: { duplicates: 0, collisions: 0, invalid: 0 },
  readUpTo: { part: 0, rows: 1, key: "a.jpg" },
  requests: { ledger: 3 },
  givenKeys: { seed: 7, rows: 1, parts: [`plans/${plan}/seen-000001000.bin`] },
};

const tally = { ...emptyTally(), archived: 3, failed: 1, bytes: 21 };
const counts = { archived: 3, skipped: 0, failed: 1, bytes: 21 };

const summaryOf = (state: "running" | "complete") => tallyToSummary(emptyTally(), { run: "r", state });

function lab() {
  const clock = fakeClock();
  const bucket = createMemoryBucket({ clock });
  const ledger = createLedgerStore({ bucket, prefix: runPrefix("l", "r"), clock, random: () => 0.5 });
  const prefix = "l/runs/r/";
  return {
    clock,
    bucket,
    ledger,
    names: () => bucket.keys().map((key) => key.slice(prefix.length)),
    text: (path: string) => bucket.object(prefix + path)?.bytes.toString(),
    seed: (path: string, text: string) => bucket.seed(prefix + path, text),
  };
}

async function all<T>(of: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of of) list.push(each);
  return list;
}

describe("what a run was asked and how it is planned", () => {
  test("reads back as it was written, the first that was there", async () => {
    const { ledger, names, text } = lab();
    expect([await readRequest(ledger), await readRun(ledger)]).toEqual([undefined, undefined]);
    expect(await createRequest(ledger, request)).toEqual(request);
    expect(await createRequest(ledger, { ...request, tool: "later" })).toEqual(request);
    expect(await createRun(ledger, run)).toEqual(run);
    expect(await createRun(ledger, { ...run, plan: ulidAt(9) })).toEqual(run);
    expect([await readRequest(ledger), await readRun(ledger)]).toEqual([request, run]);
    expect(names()).toEqual(["request.json", "run.json"]);
    expect(text("request.json")).toBe(`${JSON.stringify(request)}\n`);
  });

  test("has cursors, of which the one that got furthest counts, and in which given keys are `seen`", async () => {
    const { ledger, names, text } = lab();
    expect(await furthestCursor(ledger)).toBeUndefined();
    await writeCursor(ledger, cursor);
    await writeCursor(ledger, { ...cursor, shards: 999 });
    expect(await furthestCursor(ledger)).toEqual(cursor);
    expect(names().at(-1)).toBe(`plans/cursor-000001000~${plan}.json`);
    const { givenKeys, ...rest } = cursor;
    expect(text(`plans/cursor-000001000~${plan}.json`)).toBe(`${JSON.stringify({ ...rest, seen: givenKeys })}\n`);
  });

  test("has the rows of each shard, and fingerprints that a cursor names", async () => {
    const { ledger, names } = lab();
    const rows = [{ key: "a.jpg", size: 3 }, { key: "b.jpg" }];
    await writeShardRows(ledger, plan, 42, rows);
    expect(await readShardRows(ledger, plan, 42)).toEqual(rows);
    expect(await readShardRows(ledger, plan, 43)).toBeUndefined();
    const path = await writeFingerprints(ledger, plan, 1_000, Buffer.from("twelve bytes"));
    expect((await readFingerprints(ledger, path)).toString()).toBe("twelve bytes");
    expect(names()).toEqual([`plans/${plan}/seen-000001000.bin`, `plans/${plan}/shards/000000042.jsonl.gz`]);
    await expect(readFingerprints(ledger, `${path}x`)).rejects.toMatchObject({ code: "LedgerIncomplete" });
  });

  test("has markers of what was sent, and when", async () => {
    const { ledger, names, clock } = lab();
    expect(await isSubmitted(ledger, plan)).toBe(false);
    const sent: number[] = [];
    for (const upTo of [64, 100]) {
      sent.push(clock.now());
      await writeSubmittedUpTo(ledger, plan, upTo, ulidAt(upTo));
      await clock.advance(60_000);
    }
    await writeSubmittedAgain(ledger, plan, 7, ulidAt(8));
    expect(await readSubmitted(ledger, plan)).toEqual({
      upTo: 100,
      at: [
        { upTo: 64, at: sent[0] },
        { upTo: 100, at: sent[1] },
      ],
      again: new Map([[7, clock.now()]]),
      now: clock.now(),
    });
    expect(await isSubmitted(ledger, plan)).toBe(true);
    expect(await isSubmitted(ledger, ulidAt(9))).toBe(false);
    expect(names()).toContain(`submitted/${plan}/again-000000007~${ulidAt(8)}`);
    expect(names()).toContain(`submitted/${plan}/upto-000000064~${ulidAt(64)}`);
  });

  test("is found by one LIST, the summary too", async () => {
    const { ledger, bucket } = lab();
    expect(await documentsPresent(ledger)).toMatchObject({ request: false, run: false, summary: false });
    await createRequest(ledger, request);
    for (let part = 0; part < 1_200; part++) await writeResults(ledger, part, Buffer.alloc(1));
    expect(await documentsPresent(ledger)).toMatchObject({ request: true, run: false, summary: false });
    await createRun(ledger, run);
    await writeSummaryFiles(ledger, summaryOf("complete"));
    bucket.forgetLog();
    expect(await documentsPresent(ledger)).toMatchObject({ request: true, run: true, summary: true });
    expect(bucket.log.map(({ type }) => type)).toEqual(["list"]);
  });
});

describe("what a shard's attempts write", () => {
  test("is listed with the shard, and read back", async () => {
    const { ledger, names, clock } = lab();
    const attempt = ulidAt(5);
    const marker = { worker: "somebody", plan };
    await writeOpenMarker(ledger, { shard: 42, attempt, seq: 3 }, marker);
    expect(await isAnyAlive(ledger, 0, 100)).toBe(true);
    expect(await nextRecorded(ledger, 0, 100)).toBeUndefined();
    await writeSegment(ledger, { shard: 42, attempt, n: 1 }, outcomeLine(outcomeOf({})), trailer);
    const [shard] = await all(listShards(ledger, 0, 100));
    const segment = `outcomes/000000042/${attempt}-00001.jsonl.gz`;
    expect(shard).toEqual({
      shard: 42,
      attempts: [{ id: attempt, seq: 3, segments: [segment], ended: false, lastSign: clock.now() }],
      serverTime: clock.now(),
    });
    expect([await listShard(ledger, 42), await listGroup(ledger, 0)]).toEqual([shard, [shard]]);
    expect(await readSegment(ledger, segment)).toEqual({ outcomes: [outcomeOf({})], trailer });
    expect(await readOpenMarker(ledger, 42, { id: attempt, seq: 3 })).toEqual(marker);
    expect(await readOpenMarker(ledger, 42, { id: attempt, seq: 4 })).toBeUndefined();
    await writeEndMarker(ledger, 42, attempt);
    expect((await listShard(ledger, 42)).attempts.map(({ handedOver }) => handedOver)).toEqual([undefined]);
    await writeEndMarker(ledger, 42, attempt, { handsOver: true });
    const [{ handedOver, processStopped } = {}] = (await listShard(ledger, 42)).attempts;
    expect({ handedOver, processStopped }).toEqual({ handedOver: true });
    expect((await listShard(ledger, 42)).attempts[0]?.ended).toBe(true);
    expect(await isAnyAlive(ledger, 0, 100)).toBe(false);
    expect([await nextRecorded(ledger, 0, 42), await nextRecorded(ledger, 42, 43)]).toEqual([undefined, 42]);
    expect(names()).toEqual([segment, `outcomes/000000042/${attempt}-end`, `outcomes/000000042/${attempt}-open~3`]);
  });

  test("and can't be understood, an open marker is nobody's that is known", async () => {
    const { ledger, seed } = lab();
    seed(`outcomes/000000000/${id}-open~0`, "{");
    expect(await readOpenMarker(ledger, 0, { id, seq: undefined })).toEqual({ worker: "" });
  });

  test("says that a shard is over, and what it came to", async () => {
    const { ledger, names } = lab();
    expect(await isDone(ledger, 999)).toBe(false);
    for (const shard of [998, 999, 1_000, 2_001]) await writeDoneMarker(ledger, shard, counts, ulidAt(shard));
    expect([await isDone(ledger, 999), await isDone(ledger, 99)]).toEqual([true, false]);
    expect((await all(doneMarkers(ledger))).map(({ number }) => number)).toEqual([998, 999, 1_000, 2_001]);
    const writtenAt = expect.any(Number);
    expect(await all(doneMarkers(ledger, 2))).toEqual([{ number: 2_001, by: ulidAt(2_001), writtenAt, ...counts }]);
    await writeDoneMarker(ledger, 1_000, counts, ulidAt(7));
    expect(await doneShards(ledger, 999, 2_001)).toEqual({
      markers: 3,
      over: new Map([999, 1_000].map((shard) => [shard, { rows: 4, writtenAt }])),
    });
    expect(await doneShards(ledger, 1_001, 2_000)).toEqual({ markers: 0, over: new Map() });
    expect(names()[0]).toBe(`done/000000/000000998~a3~s0~f1~b21~${ulidAt(998)}`);
  });
});

describe("what is written of the report", () => {
  test.each([
    ["a group", progressOfGroup(1), "parts/000001/"],
    ["a run that was stopped", progressOfStopped(1), "stopped/000000001/"],
  ])("of %s is known by its markers and drafts", async (_, under, folder) => {
    const { ledger, names } = lab();
    const marker = await writePartMarker(ledger, "r", under, 10, tally, id);
    expect(marker.path).toBe(`${folder}000010~a3~s0~f1~b21~${id}`);
    const results = Buffer.from("packed");
    for (const next of [5, 7, 6]) {
      const draft = { part: 11, next, id: ulidAt(next) };
      await writeDraftFiles(ledger, under, draft, { results, failures: "key\n" });
      await writeDraft(ledger, under, draft, "r", { tally, failuresFiles: 1 });
    }
    const { written, drafts, reported } = await readProgress(ledger, under);
    expect([...written]).toEqual([[10, marker]]);
    expect(reported).toBe(false);
    expect(await readTally(ledger, marker)).toEqual(tally);
    const furthest = { part: 11, next: 7, id: ulidAt(7) };
    expect([...drafts]).toEqual([[11, [7, 6, 5].map((next) => ({ part: 11, next, id: ulidAt(next) }))]]);
    expect(await readDraft(ledger, under, furthest)).toEqual({ tally, results, failures: "key\n", failuresFiles: 1 });
    expect(names().filter((name) => name.includes("-000000007~"))).toEqual(
      [".csv", ".csv.gz", ".json"].map((ending) => `${folder}000011-000000007~${ulidAt(7)}${ending}`),
    );
  });

  test("of a run that was stopped is marked as written in the end", async () => {
    const { ledger, names } = lab();
    await writeStoppedReported(ledger, 2);
    expect((await readProgress(ledger, progressOfStopped(2))).reported).toBe(true);
    expect((await readProgress(ledger, progressOfStopped(1))).reported).toBe(false);
    expect(names()).toEqual(["stopped/000000002/written"]);
  });

  test("has a marker for each group that is finalized, which holds its tally", async () => {
    const { ledger, names } = lab();
    await writeGroupMarker(ledger, "r", 2, tally, id);
    const groups = await groupMarkers(ledger);
    const path = `groups/000002~a3~s0~f1~b21~${id}`;
    expect([...groups]).toEqual([[2, { number: 2, by: id, ...counts, path }]]);
    expect(await readTally(ledger, { number: 2, by: id, ...counts, path })).toEqual(tally);
    expect(names()).toEqual([path]);
  });

  test("is what people read, file by file", async () => {
    const { ledger, names, clock } = lab();
    expect([await readSummary(ledger), await summaryWrittenAt(ledger)]).toEqual([undefined, undefined]);
    await writeResults(ledger, 3, Buffer.from("r"));
    await writeFailures(ledger, 3, 0, "f");
    await writeFailures(ledger, 3, 1, "g");
    await writeSummaryFiles(ledger, summaryOf("running"));
    expect(await readSummary(ledger)).toEqual(summaryOf("running"));
    expect(await summaryWrittenAt(ledger)).toBe(clock.now());
    const files = await reportFiles(ledger);
    const listed = [
      "failures-000003-01.csv",
      "failures-000003.csv",
      "report.html",
      "results-000003.csv.gz",
      "summary.json",
    ];
    expect(files.map(({ name }) => name)).toEqual(listed);
    expect(names()).toEqual(listed.map((name) => `report/${name}`));
    expect((await files[0]?.read())?.toString()).toBe("g");
  });
});

describe("a document that is not as it was written", () => {
  const documents = [
    ["run request", "request.json", readRequest],
    ["run document", "run.json", readRun],
    ["cursor", `plans/cursor-000000001~${plan}.json`, furthestCursor],
    ["summary", "report/summary.json", readSummary],
  ] as const;

  test.each(documents)("is told by name: a %s", async (what, path, read) => {
    const { ledger, seed, bucket } = lab();
    const damaged = async (text: string) => {
      seed(path, text);
      return read(ledger).then(
        () => "read",
        (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
      );
    };
    const where = `LedgerUnreadable: The ledger object cos://${bucket.name}/l/runs/r/${path}`;
    expect(await damaged("{")).toBe(`${where} is not JSON; nothing but cos-originals should write there.`);
    expect(await damaged("{}")).toBe(
      `${where} is no ${what} of this version; nothing but cos-originals should write there.`,
    );
  });

  test("is told by name: what a marker or a draft holds, and where it is gone", async () => {
    const { ledger, seed } = lab();
    const draft = { part: 1, next: 2, id };
    const under = progressOfGroup(0);
    const marker = { number: 0, by: id, ...counts, path: `groups/000000~a3~s0~f1~b21~${id}` };
    await expect(readTally(ledger, marker)).rejects.toThrow(/groups\/000000~.* was listed but is gone\.$/);
    await expect(readDraft(ledger, under, draft)).rejects.toThrow(
      /parts\/000000\/000001-.* was written but is gone\.$/,
    );
    seed(marker.path, "{}");
    await expect(readTally(ledger, marker)).rejects.toThrow(/ is no summary of this version;/);
    await writeDraftFiles(ledger, under, draft, { results: Buffer.alloc(0), failures: "" });
    seed(`parts/000000/000001-000000002~${id}.json`, '{"tally":{},"failuresFiles":0}');
    await expect(readDraft(ledger, under, draft)).rejects.toThrow(/ is no draft of this version;/);
  });
});

test("the runs of a ledger are listed by their names, page by page", async () => {
  const { bucket, clock } = lab();
  for (let n = 0; n < 1_100; n++) bucket.seed(`l/runs/r${String(n).padStart(4, "0")}/request.json`, "{}");
  bucket.seed("l/other/x", "");
  const pages = await all(listRuns(bucket, "l/", { clock, random: () => 0.5 }));
  expect(pages.map((page) => page.length)).toEqual([1_000, 100]);
  expect(pages[1]?.at(-1)).toBe("r1099");
});
