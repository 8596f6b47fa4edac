/**
 * Nights with next to nothing new. Catches: an unchanged object that costs a byte of ledger, a sum that leaves it out, a deleted key that is
 * told as new twice or never, a list that is no manifest.
 */
import { describe, expect, test } from "vitest";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { readManifest } from "../../../src/manifest/read-manifest.ts";
import { summaryText } from "../../../src/report/summary-text.ts";
import { writeReport } from "../../../src/run/inspect/report.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { verifyRun } from "../../../src/run/inspect/verify.ts";
import { prepareRedrive } from "../../../src/run/work/redrive.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, sourcePlace, type World } from "../world.ts";

const HOUR = 3_600_000;
const nightly = (run: string, more: object = {}) => {
  const { keys: _, ...message } = inlineMessage([]);
  return { ...message, prefix: "photos/", run, ...more };
};
const night = async (world: World, run: string, more: object = {}) => {
  await world.clock.advance(24 * HOUR);
  world.send(nightly(run, more));
  await world.drain();
  expect(world.rejected).toEqual([]);
  return world.summary(run);
};
const ledgerOf = (world: World, run: string) =>
  world.archive.keys().filter((key) => key.startsWith(`.originals/runs/${run}/`));
const deletedCsv = (world: World, run: string): string | undefined =>
  world.archive.object(`.originals/runs/${run}/report/deleted.csv`)?.bytes.toString();
const keysOf = (csv: string | undefined) =>
  csv
    ?.trimEnd()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(",")[1]);

describe("a night with nothing new", () => {
  test("is over with its plan: one count, no shard, no line", async () => {
    const world = createWorld();
    seedPictures(world.source, 1_500);
    const first = await night(world, "first");
    expect(first).toMatchObject({ rows: 1_500, archived: 1_500 });
    expect(first.unchanged).toBeUndefined();
    const quiet = await night(world, "quiet");
    expect(quiet).toMatchObject({
      state: "complete",
      rows: 1_500,
      archived: 0,
      skipped: 1_500,
      unchanged: 1_500,
      failed: 0,
      pending: 0,
      requests: { "source.get": 0, "source.head": 0, "archive.head": 0, "archive.put": 0 },
      deletedFromSource: { count: 0, keys: [] },
    });
    expect(world.results("quiet")).toEqual([]);
    const keys = ledgerOf(world, "quiet");
    const page = keys.filter((key) => key.endsWith("report.html"));
    const weigh = (of: readonly string[]) =>
      of.reduce((sum, key) => sum + (world.archive.object(key)?.bytes.length ?? 0), 0);
    expect(keys.length).toBeLessThan(10);
    // The page is what it is however quiet the night; all else is a few kB.
    expect(weigh(keys) - weigh(page)).toBeLessThan(8 * 1024);
    expect(weigh(page)).toBeLessThan(32 * 1024);
    expect(summaryText(quiet).join("\n")).toContain(
      "1,500 of the skipped are unchanged, as listings tell, and in no CSV",
    );
  });

  test("adds up for status, report, verify and redrive, and with rows that are new beside it", async () => {
    const world = createWorld();
    seedPictures(world.source, 40);
    await night(world, "first");
    world.source.seed("photos/new.jpg", "new");
    world.source.seed("photos/other.jpg", "other");
    world.source.onRequest(({ type, key }) =>
      key === "photos/other.jpg" && type !== "list" ? refuse("NoSuchKey") : undefined,
    );
    const counts = { rows: 42, archived: 1, skipped: 40, failed: 1, pending: 0, unchanged: 40 };
    expect(await night(world, "second")).toMatchObject(counts);
    for (const full of [false, true]) {
      const { summary } = await world.done(statusOf(ledgerPlace, "second", world.surroundings, { full }));
      expect(summary).toMatchObject({ ...counts, state: "complete" });
    }
    expect((await world.done(writeReport(ledgerPlace, "second", world.surroundings))).summary).toMatchObject(counts);
    const verified = await world.done(
      verifyRun(ledgerPlace, "second", world.surroundings, { onDifference: async () => undefined }),
    );
    expect(verified).toMatchObject({ checked: 1, same: 1, rows: 42, unarchived: 41 });
    expect(await world.done(prepareRedrive(ledgerPlace, "second", world.surroundings))).toMatchObject({ rows: 1 });
    expect(world.results("second").length).toBe(2);
  });

  test.skipIf(quick)("counts its rows while it goes on, and for a percentage of failures", async () => {
    const world = createWorld();
    seedPictures(world.source, 1_200);
    await night(world, "first");
    for (let n = 0; n < 20; n++) world.source.seed(`photos/x${n}.jpg`, `${n}`);
    world.source.onRequest(({ type, key }) =>
      key.startsWith("photos/x") && type !== "list" ? refuse("NoSuchKey") : undefined,
    );
    // 20 of 1,220 rows, which is less than 5 %.
    const summary = await night(world, "second", { options: { maxFailures: "5%" } });
    expect(summary).toMatchObject({ state: "complete", rows: 1_220, skipped: 1_200, failed: 20 });
  });

  test("names each row of a manifest all the same", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 100);
    world.send(inlineMessage(keys, { run: "first" }));
    await world.drain();
    await world.clock.advance(HOUR);
    world.send(inlineMessage(keys, { run: "second" }));
    await world.drain();
    expect(world.summary("second")).toMatchObject({ rows: 100, skipped: 100 });
    expect(world.summary("second").unchanged).toBeUndefined();
    expect(world.results("second").length).toBe(100);
  });
});

describe("keys that are deleted from the source", () => {
  const nights = async () => {
    const world = createWorld();
    seedPictures(world.source, 20);
    await night(world, "n1");
    return world;
  };
  const remove = (world: World, ...numbers: readonly number[]) => {
    for (const n of numbers) world.source.removeObject(`photos/${String(n).padStart(5, "0")}.jpg`);
  };

  test("stay in the archive, and are told as new by one night only", async () => {
    const world = await nights();
    expect(deletedCsv(world, "n1")).toBe("Bucket,Key,Size,ETag\n");
    remove(world, 3, 7);
    const second = await night(world, "n2");
    expect(second.deletedFromSource).toMatchObject({ count: 2, new: 2, since: "n1" });
    expect(keysOf(deletedCsv(world, "n2"))).toEqual(["photos/00003.jpg", "photos/00007.jpg"]);
    remove(world, 5, 11);
    const third = await night(world, "n3");
    expect(third.deletedFromSource).toMatchObject({ count: 4, new: 2, since: "n2" });
    expect(keysOf(deletedCsv(world, "n3"))).toEqual(["photos/00005.jpg", "photos/00011.jpg"]);
    expect(summaryText(third).join("\n")).toContain(
      "4 in the archive are no longer in the source; nothing was deleted; 2 of them since n2, which deleted.csv lists",
    );
    const fourth = await night(world, "n4");
    expect(fourth.deletedFromSource).toMatchObject({ count: 4, new: 0, since: "n3" });
    expect(keysOf(deletedCsv(world, "n4"))).toEqual([]);
    expect(world.archive.object("photos/00003.jpg")).toBeDefined();
    // One that comes back, and goes again, is new again.
    world.source.seed("photos/00003.jpg", "back");
    expect((await night(world, "n5")).deletedFromSource).toMatchObject({ count: 3, new: 0 });
    remove(world, 3);
    await night(world, "n6");
    expect(keysOf(deletedCsv(world, "n6"))).toEqual(["photos/00003.jpg"]);
  });

  test("are listed as a manifest is", async () => {
    const world = await nights();
    remove(world, 3);
    await night(world, "n2");
    const text = (async function* () {
      yield Buffer.from(deletedCsv(world, "n2") ?? "");
    })();
    const rows: unknown[] = [];
    const reading = { name: "deleted.csv", format: "csv", sourceBucket: sourcePlace.bucket } as const;
    for await (const batch of readManifest(text, reading)) rows.push(...batch);
    expect(rows).toMatchObject([{ kind: "row", row: { key: "photos/00003.jpg", size: "picture 3".length } }]);
  });

  test("are all new where no run of the same was complete: another prefix is another run", async () => {
    const world = await nights();
    remove(world, 3);
    await night(world, "n2");
    const wider = await night(world, "wider", { prefix: "" });
    expect(wider.deletedFromSource).toMatchObject({ count: 1, new: 1 });
    expect(wider.deletedFromSource?.since).toBeUndefined();
    expect(summaryText(wider).join("\n")).toContain("nothing was deleted; deleted.csv lists them");
  });

  test("are all new where the lists of the run before are gone, and it is no reason to fail", async () => {
    const world = await nights();
    remove(world, 3, 4);
    await night(world, "n2");
    for (const key of ledgerOf(world, "n2")) world.archive.removeObject(key);
    expect((await night(world, "n3")).deletedFromSource).toMatchObject({ count: 2, new: 2 });
    for (const key of ledgerOf(world, "n3")) if (key.includes("/deleted-")) world.archive.removeObject(key);
    expect((await night(world, "n4")).deletedFromSource).toMatchObject({ count: 2, new: 2 });
  });

  test("are not told anew after a night that ended at its limit", async () => {
    const world = await nights();
    remove(world, 3, 17);
    await night(world, "n2");
    for (const n of [1, 2, 3]) world.source.seed(`photos/00010-${n}.jpg`, `new ${n}`);
    await night(world, "few", { options: { limit: 2 } });
    expect((await night(world, "n3")).deletedFromSource).toMatchObject({ count: 2, new: 0, since: "n2" });
  });

  test("are not looked for where no listings are compared, which is said", async () => {
    const world = await nights();
    remove(world, 3);
    const overwrite = await night(world, "n2", { options: { ifExists: "overwrite" } });
    expect(overwrite.deletedFromSource).toBeUndefined();
    expect(overwrite.deletedUnknown).toBe("--if-exists overwrite compares no listings");
    expect(summaryText(overwrite).join("\n")).toContain(
      "keys deleted from the source were not looked for: --if-exists overwrite compares no listings",
    );
    const template = await night(world, "n3", { options: { archiveKey: "{key}.orig" } });
    expect(template.deletedUnknown).toContain("--archive-key");
    expect(deletedCsv(world, "n3")).toBeUndefined();
  });

  test("are written the same by whoever reports the run once more", async () => {
    const world = await nights();
    remove(world, 3);
    await night(world, "n2");
    const run = await readRun(world.ledger("n2"));
    expect(run?.deletedFromSource).toMatchObject({
      count: 1,
      new: 1,
      since: "n1",
      lists: [{ plan: run?.plan, lists: 1 }],
    });
    // Whoever looks at it again writes the same.
    const before = deletedCsv(world, "n2");
    await world.done(writeReport(ledgerPlace, "n2", world.surroundings));
    expect(deletedCsv(world, "n2")).toBe(before);
  });
});
