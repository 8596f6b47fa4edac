/** Catches: another run's ledger taken for originals or written over, and originals left out for a name that looks like one. */
import { describe, expect, test } from "vitest";
import { donePath, draftPaths, groupPath, partPath, paths, restoringPath } from "../../src/ledger/layout.ts";
import { createLedgerFinder, ledgerRanges, mayBeLedgerKey } from "../../src/ledger/own-keys.ts";

const id = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const counts = { archived: 1, skipped: 0, failed: 0, bytes: 7 };
const draft = draftPaths(paths.parts(0), { part: 1, next: 2, id });

/** Every object of a run. */
const objects = [
  paths.request,
  paths.run,
  paths.shard(id, 42),
  paths.fingerprints(id, 1000),
  paths.deleted(id, 0),
  paths.cursor(id, 1000),
  paths.submittedUpTo(id, 42, id),
  paths.submittedAgain(id, 42, id),
  paths.open(42, id, 0),
  paths.segment(42, id, 1),
  paths.end(42, id),
  donePath(42, counts, id),
  groupPath(0, counts, id),
  restoringPath({ shard: 42, rows: 7, until: 1_795_999_999_000 }, id),
  partPath(paths.parts(0), 1, counts, id),
  partPath(paths.stopped(1), 1, counts, id),
  draft.draft,
  draft.results,
  draft.failures,
  paths.stoppedReport(1),
  paths.controlAt(1, "cancel"),
  paths.results(3),
  paths.failures(3),
  paths.failures(3, 1),
  paths.deletedCsv(0),
  paths.deletedCsv(1),
  paths.summary,
  paths.html,
];

const notOurs = [
  "runs/2026/race.jpg",
  "photos/runs/request.jpg",
  "runs/a/b/run.json",
  "runs/done/1.jpg",
  "runs/x/plans/floor.png",
  "runs/x/outcomes/000000042/a.jpg",
  "x.originals/runs/y.jpg",
  ".originals/photo.jpg",
  "overruns/r/report/summary.json",
];

describe("somebody's ledger", () => {
  test.each(["", "o/", "a b/夏天/", ".originals/", "o/.originals/"])(
    "below %j: nothing is written over what lies in it",
    (folder) => {
      for (const path of objects) expect(mayBeLedgerKey(`${folder}runs/nightly-1/${path}`), path).toBe(true);
    },
  );

  test.each(["", "o/", "o/.originals/"])("below %j is left out of a listing, whole", (folder) => {
    const ledgerOf = createLedgerFinder();
    const keys = objects.map((path) => `${folder}runs/nightly-1/${path}`).sort();
    expect(keys.filter((key) => ledgerOf(key) === undefined)).toEqual([]);
  });

  test.each(notOurs)("has no key like %s", (key) => {
    expect(mayBeLedgerKey(key)).toBe(false);
    expect(createLedgerFinder()(key)).toBeUndefined();
  });

  test("leaves a run.json that could be anybody's in a listing, where nothing else of a run is", () => {
    const ledgerOf = createLedgerFinder();
    expect(["runs/x/report/summary.json", "runs/x/request.json", "runs/x/run.json"].map(ledgerOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("does not hide what comes after it", () => {
    const ledgerOf = createLedgerFinder();
    expect(ledgerOf(`o/runs/r/${paths.shard(id, 1)}`)).toBe("o/runs/r/");
    expect(ledgerOf("o/runs/r/run.json")).toBe("o/runs/r/");
    expect(ledgerOf("o/runs/r2/run.json")).toBeUndefined();
    expect(ledgerOf("o/s.jpg")).toBeUndefined();
  });

  test("writes below its folder, whether that ends in a slash or not", () => {
    const bucket = "archive-1250000000";
    for (const prefix of ["o", "o/"])
      expect(ledgerRanges({ bucket, prefix })).toContainEqual({ bucket, prefix: "o/runs/" });
  });
});
