/** Originals in an archive class: what is fetched, what is asked, and what the outcome says to do. */
import { describe, expect, test } from "vitest";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { key, lab, rowOf, small } from "./lab.ts";

const frozen = { "x-cos-storage-class": "DEEP_ARCHIVE" };
const restored = { ...frozen, "x-cos-restore": 'ongoing-request="false", expiry-date="Fri, 30 Jan 2026 00:00:00 GMT"' };
const listed: PlannedRow = { ...rowOf(small), storageClass: "DEEP_ARCHIVE" };

describe("a row that names an archive class", () => {
  test("is not fetched: a HEAD says that it is not restored, and the outcome what to do", async () => {
    const { source, outcome, asked } = lab({ ifExists: "overwrite" });
    source.seed(key, small, { headers: frozen });
    const ended = await outcome(listed);
    expect(ended).toMatchObject({ outcome: "failed", code: "InvalidObjectState", attempts: 1 });
    expect(ended.message).toBe(
      "the original is in the archive class DEEP_ARCHIVE and is not restored: restore it, then redrive the run",
    );
    expect(asked()).toEqual([0, 1, 0, 0]);
  });

  test("is skipped by --archived-class skip, which says so", async () => {
    const { source, outcome, asked } = lab({ ifExists: "overwrite", archivedClass: "skip" });
    source.seed(key, small, { headers: { ...frozen, "x-cos-restore": 'ongoing-request="true"' } });
    const ended = await outcome(listed);
    expect(ended).toMatchObject({ outcome: "skipped", code: "InvalidObjectState" });
    expect(ended.message).toContain(
      "is being restored, and --archived-class skip leaves it out: wait until that is over",
    );
    expect(asked()).toEqual([0, 1, 0, 0]);
  });

  test.each(["fail", "skip"] as const)("is archived once it is restored (%s)", async (archivedClass) => {
    const { source, outcome, asked, archive } = lab({ ifExists: "overwrite", archivedClass });
    source.seed(key, small, { headers: restored });
    expect(await outcome(listed)).toMatchObject({ outcome: "archived" });
    expect(asked()).toEqual([1, 1, 1, 0]);
    expect(archive.object(`archive/${key}`)?.headers["x-cos-restore"]).toBeUndefined();
  });

  test("costs one HEAD of the archive where that holds it already", async () => {
    const { source, archive, outcome, asked } = lab({ ifExists: "skip" });
    source.seed(key, small, { headers: frozen });
    archive.seed(`archive/${key}`, small);
    expect(await outcome(listed)).toMatchObject({ outcome: "skipped", code: "AlreadyArchived" });
    expect(asked()).toEqual([0, 0, 0, 1]);
  });
});

describe("an original of whose class nobody had told", () => {
  const rows: readonly (readonly [string, PlannedRow])[] = [
    ["a row that proves it", rowOf(small)],
    ["a row that tells its key alone", { key }],
  ];
  test.each(rows)("fails by the service's refusal, for %s", async (_, row) => {
    const { source, outcome } = lab({ ifExists: "overwrite" });
    source.seed(key, small, { headers: frozen });
    expect(await outcome(row)).toMatchObject({ outcome: "failed", code: "InvalidObjectState", status: 403 });
    expect(source.count("original")).toBe(1);
  });

  test.each(rows)("is skipped by --archived-class skip, for %s", async (_, row) => {
    const { source, outcome } = lab({ ifExists: "overwrite", archivedClass: "skip" });
    source.seed(key, small, { headers: frozen });
    const ended = await outcome(row);
    expect(ended).toMatchObject({ outcome: "skipped", code: "InvalidObjectState" });
    expect(ended.message).toContain("is not restored");
    expect(source.count("original")).toBe(1);
  });

  test("is not fetched at all where a HEAD had to be asked first", async () => {
    const { source, archive, outcome, asked } = lab({ ifExists: "skip" });
    source.seed(key, small, { headers: frozen });
    archive.seed(`archive/${key}`, "something else");
    expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "InvalidObjectState" });
    expect(asked()).toEqual([0, 1, 0, 1]);
  });
});
