/** Originals in an archive class: what is fetched, what is asked, and what the outcome says to do. */
import { describe, expect, test } from "vitest";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import { refuse } from "../../stores/bucket-fault.ts";
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

describe("--archived-class restore", () => {
  const hour = 3_600_000;
  const restoring = { ifExists: "overwrite", archivedClass: "restore", restoreTier: "Bulk" } as const;
  /** As the delivery after next finds it. */
  const later = (ended: Outcome) => ({ restore: ended.restore, charged: ended.attempts });

  test("asks for it once, waits without a charge, and archives it once it is restored", async () => {
    const { source, archive, clock, outcome, asked } = lab(restoring);
    source.switches.restoreMs = 5 * hour;
    source.seed(key, small, { headers: frozen });
    const first = await outcome(listed);
    expect(first).toMatchObject({ outcome: "pending", code: "BeingRestored", attempts: 0 });
    expect(first.message).toContain("is being restored from the archive class DEEP_ARCHIVE");
    expect(first.restore).toMatchObject({ storageClass: "DEEP_ARCHIVE", asked: 1 });
    expect(source.log.at(-1)).toMatchObject({ type: "restore", headers: { tier: "Bulk", days: "3" } });
    await clock.advance(2 * hour);
    const second = await outcome(listed, later(first));
    expect(second).toMatchObject({ outcome: "pending", code: "BeingRestored", attempts: 0 });
    expect(second.restore?.askedAt).toBe(first.restore?.askedAt);
    await clock.advance(3 * hour);
    expect(await outcome(listed, later(second))).toMatchObject({ outcome: "archived" });
    expect(asked(), "one fetch").toEqual([1, 3, 1, 0]);
    expect(source.count("restore")).toBe(1);
    expect(archive.object(`archive/${key}`)?.bytes.equals(small)).toBe(true);
  });

  test("waits for what somebody else restores, and asks for nothing", async () => {
    const { source, outcome } = lab(restoring);
    source.seed(key, small, { headers: { ...frozen, "x-cos-restore": 'ongoing-request="true"' } });
    expect(await outcome(listed)).toMatchObject({ code: "BeingRestored", restore: { asked: 0 } });
    expect(source.count("restore")).toBe(0);
  });

  test("looks again before it repeats a restore whose answer was lost", async () => {
    const { source, outcome, asked } = lab(restoring);
    source.seed(key, small, { headers: frozen });
    source.onRequest(({ type }) => (type === "restore" ? { kind: "lose-answer" } : undefined));
    expect(await outcome(listed)).toMatchObject({ outcome: "pending", code: "BeingRestored", attempts: 0 });
    expect(source.count("restore")).toBe(1);
    expect(asked()).toEqual([0, 2, 0, 0]);
  });

  const answers: readonly (readonly [code: string, kind: string, fetches: number])[] = [
    ["RestoreAlreadyInProgress", "pending", 0],
    ["RestoreNonArchiveObject", "failed", 1],
  ];
  test.each(answers)("takes %s for what it says", async (code, kind, fetches) => {
    const { source, outcome } = lab(restoring);
    source.seed(key, small, { headers: frozen });
    source.onRequest(({ type }) => (type === "restore" ? refuse(code) : undefined));
    // It says that it can be read, and then can't be: that is no reason to go round for ever.
    expect(await outcome(listed)).toMatchObject({ outcome: kind });
    expect(source.count("original")).toBe(fetches);
  });

  test("of a row that names no class: the refused fetch tells, and the HEAD beside it", async () => {
    for (const row of [rowOf(small), { key }]) {
      const { source, outcome } = lab(restoring);
      source.seed(key, small, { headers: frozen });
      expect(await outcome(row)).toMatchObject({ outcome: "pending", code: "BeingRestored" });
      expect([source.count("original"), source.count("head"), source.count("restore")]).toEqual([1, 1, 1]);
    }
  });

  test("names the row's version in all that it asks", async () => {
    const { source, clock, outcome } = lab(restoring);
    source.switches.versioning = true;
    source.switches.restoreMs = hour;
    const { versionId } = source.seed(key, small, { headers: frozen });
    source.seed(key, "a newer one");
    const row = { ...listed, versionId };
    const first = await outcome(row);
    await clock.advance(hour);
    expect(await outcome(row, later(first))).toMatchObject({ outcome: "archived" });
    expect(source.log.map((request) => request.versionId)).toEqual(Array(4).fill(versionId));
  });

  // Somebody else's copy ended while the run was stopped: nobody restores it any more, and this run has asked for nothing yet.
  test("asks for it where what somebody else restored is gone again", async () => {
    const { source, clock, outcome } = lab(restoring);
    source.seed(key, small, { headers: { ...frozen, "x-cos-restore": 'ongoing-request="true"' } });
    const first = await outcome(listed);
    await clock.advance(30 * hour);
    source.seed(key, small, { headers: frozen, lastModified: 0 });
    const second = await outcome(listed, later(first));
    expect(second).toMatchObject({ code: "BeingRestored", restore: { asked: 1 } });
    expect(source.count("restore")).toBe(1);
  });

  // The HEAD was true; while the fetch waited for its turn the copy came to its end.
  test("is restored anew where the copy ended between the HEAD and the fetch", async () => {
    const { source, clock, outcome } = lab({ ...restoring, restoreDays: 1 });
    source.switches.restoreMs = hour;
    source.seed(key, small, { headers: frozen });
    const first = await outcome(listed);
    await clock.advance(24 * hour + 30 * 60_000);
    source.onRequest(({ type }) => {
      if (type !== "original") return undefined;
      source.seed(key, small, { headers: frozen, lastModified: 0 });
      return refuse("InvalidObjectState");
    });
    const second = await outcome(listed, later(first));
    expect(second).toMatchObject({ outcome: "pending", code: "BeingRestored", restore: { asked: 2 } });
    expect([source.count("original"), source.count("restore")]).toEqual([1, 2]);
  });

  test("fails where it is refused though each HEAD says that it is restored, after two fetches", async () => {
    const { source, outcome } = lab(restoring);
    source.seed(key, small, { headers: restored });
    source.onRequest(({ type }) => (type === "original" ? refuse("InvalidObjectState") : undefined));
    expect(await outcome(listed)).toMatchObject({ outcome: "failed", code: "InvalidObjectState" });
    expect([source.count("original"), source.count("head"), source.count("restore")]).toEqual([2, 2, 0]);
  });

  describe("whose restore is refused for the state of what lies there", () => {
    const refuseRestore = (then: () => void) => (source: ReturnType<typeof lab>["source"]) =>
      source.onRequest(({ type }) => {
        if (type !== "restore") return undefined;
        then();
        return refuse("InvalidObjectState");
      });

    test("is looked at again, and fetched where it is of another class by now", async () => {
      const { source, outcome } = lab(restoring);
      source.seed(key, small, { headers: frozen });
      refuseRestore(() => source.seed(key, small))(source);
      expect(await outcome(listed)).toMatchObject({ outcome: "archived" });
      expect([source.count("restore"), source.count("original")]).toEqual([1, 1]);
    });

    test("fails where it still is archived, by what the service said", async () => {
      const { source, outcome } = lab(restoring);
      source.seed(key, small, { headers: frozen });
      refuseRestore(() => undefined)(source);
      const ended = await outcome(listed);
      expect(ended).toMatchObject({ outcome: "failed", code: "InvalidObjectState" });
      expect(ended.message).toMatch(
        /^by a HEAD the original is in the archive class DEEP_ARCHIVE and not restored, .* for it: ./,
      );
      expect(source.count("restore")).toBe(1);
    });
  });

  // A cap would be used up by what costs nothing.
  test.each([
    ["RestoreAlreadyInProgress", true],
    ["AccessDenied", true],
    ["SlowDown", true],
    ["InternalError", false],
  ])("a restore that was not begun (%s) costs the run's cap its request alone: %s", async (code, given) => {
    const paid: string[] = [];
    const purse = {
      payFetch: () => true,
      fetched: () => undefined,
      payRestore: () => paid.push("paid") > 0,
      notRestored: () => void paid.push("given back"),
    };
    const { source, end } = lab(restoring, { purse });
    source.seed(key, small, { headers: frozen });
    let refusals = 0;
    source.onRequest(({ type }) => (type === "restore" && refusals++ === 0 ? refuse(code) : undefined));
    await end(listed);
    expect(paid.slice(0, 2)).toEqual(given ? ["paid", "given back"] : paid.slice(0, 2).fill("paid"));
  });

  describe("of what INTELLIGENT_TIERING has moved to an archive tier, which no listing tells", () => {
    const tiered = { "x-cos-storage-class": "INTELLIGENT_TIERING", "x-cos-storage-tier": "DEEP_ARCHIVE" };

    test("restores it, for good: no days are asked for, and none pass", async () => {
      const { source, clock, outcome } = lab(restoring);
      source.switches.restoreMs = 5 * hour;
      source.seed(key, small, { headers: tiered });
      const first = await outcome(rowOf(small));
      expect(first).toMatchObject({ code: "BeingRestored", restore: { storageClass: "DEEP_ARCHIVE", asked: 1 } });
      expect(source.log.at(-1)).toMatchObject({ type: "restore", headers: { tier: "Bulk", days: "" } });
      await clock.advance(24 * 5 * hour);
      expect(await outcome(rowOf(small), later(first))).toMatchObject({ outcome: "archived" });
      expect([source.count("restore"), source.count("original")]).toEqual([1, 2]);
    });

    test("says of it by --archived-class fail what to do", async () => {
      const { source, outcome } = lab({ ifExists: "overwrite" });
      source.seed(key, small, { headers: tiered });
      expect(await outcome({ key })).toMatchObject({ outcome: "failed", code: "InvalidObjectState" });
    });

    test("leaves alone what is in another tier", async () => {
      const { source, outcome } = lab(restoring);
      source.seed(key, small, { headers: { ...tiered, "x-cos-storage-tier": "INFREQUENT" } });
      expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
      expect(source.count("restore")).toBe(0);
    });
  });

  test("gives it up after a week", async () => {
    const { source, clock, outcome } = lab(restoring);
    source.switches.restoreMs = 1_000 * hour;
    source.seed(key, small, { headers: frozen });
    const first = await outcome(listed);
    await clock.advance(24 * 7 * hour);
    const ended = await outcome(listed, later(first));
    expect(ended).toMatchObject({ outcome: "failed", code: "InvalidObjectState" });
    expect(ended.message).toContain("was still not restored 7 days after that was asked for");
  });

  test("a refused restore is the row's failure, and perhaps every row's", async () => {
    const { source, end } = lab(restoring);
    source.seed(key, small, { headers: frozen });
    source.onRequest(({ type }) => (type === "restore" ? refuse("AccessDenied") : undefined));
    expect(await end(listed)).toMatchObject({
      kind: "refused",
      by: "source.restore",
      outcome: { outcome: "failed", code: "AccessDenied" },
    });
  });
});
