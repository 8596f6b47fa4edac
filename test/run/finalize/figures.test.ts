/** What a report draws from comes out of a real run's ledger, adds up to its counts, and can be had anew of a run whose markers have none of it. */
import { describe, expect, test } from "vitest";
import { writeReport } from "../../../src/run/inspect/report.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { textOf } from "../../../src/vocabulary/codes/zh/catalogue.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { inputFor } from "../work/input.ts";
import { archivePlace, createWorld, ledgerPlace, seedPictures, sourcePlace } from "../world.ts";

const sum = (values: readonly number[] | undefined) => (values ?? []).reduce((total, value) => total + value, 0);

async function throttledRun() {
  const world = createWorld();
  const keys = seedPictures(world.source, 60);
  world.source.onRequest(({ type, nth }) =>
    type === "original" && nth === 20 ? refuse("SlowDown") : { kind: "delay", ms: 700 },
  );
  const input = inputFor([...keys, "photos/none.jpg", keys[0]!], { shardSize: 20, csvSafe: true });
  const { summary } = await world.done(runHere(input, world.surroundings));
  return { world, summary };
}

describe("a run", () => {
  test("keeps when what happened, how large and how slow it was, and what was asked", async () => {
    const { world, summary } = await throttledRun();
    const { timeline, sizes, times, largest, reasons, unknownRows } = summary.figures!;
    expect([sum(timeline.archived), sum(timeline.failed), sum(timeline.skipped)]).toEqual([60, 1, 1]);
    expect(sum(timeline.bytes)).toBe(summary.bytes);
    expect(sum(timeline.retries)).toBe(summary.retries);
    expect(sum(timeline.throttled)).toBe(1);
    expect(sum(timeline.busyMs)).toBeGreaterThanOrEqual(60 * 700);
    expect(timeline.at.length).toBeGreaterThan(2);
    expect([sizes.count, times.count, largest.length, unknownRows, timeline.untold]).toEqual([60, 60, 10, 0, 0]);
    expect(reasons).toMatchObject([{ code: "Duplicate", count: 1, samples: [{ row: 62 }] }]);
    expect(summary.failures).toMatchObject([
      {
        code: "NoSuchKey",
        samples: [{ key: "photos/none.jpg", row: 61, status: 404, message: expect.stringContaining("404") }],
      },
    ]);
    expect(summary.asked).toEqual({
      source: "cos://photos-1250000000",
      archive: "cos://archive-1250000000",
      ledger: "cos://archive-1250000000/.originals/",
      region: "ap-guangzhou",
      options: { "shard-size": "20", "csv-safe": "" },
      tool: "cos-originals 0",
    });
    const page = world.archive.object(".originals/runs/r/report/report.html")?.bytes.toString() ?? "";
    expect(page).toContain('<a href="failures-000000.csv">');
    expect(page).toContain('<a href="results-000000.csv.gz">');
    expect(page).toContain(
      "cos-originals redrive r --ledger cos://archive-1250000000/.originals/ --archive-region ap-guangzhou",
    );
  });

  test("that a worker or a function ended has its page in the language of its settings, with what the codes mean", async () => {
    const world = createWorld({ settings: { language: "zh" } });
    const keys = seedPictures(world.source, 1);
    world.send({
      v: 1,
      type: "manifest",
      run: "r",
      source: sourcePlace,
      archive: archivePlace,
      keys: [...keys, "photos/none.jpg"],
    });
    await world.drain();
    const page = world.archive.object(".originals/runs/r/report/report.html")?.bytes.toString() ?? "";
    expect(page).toContain(textOf("NoSuchKey")?.means);
  });

  test("whose markers an older version wrote has its report made anew with all of it", async () => {
    const { world, summary } = await throttledRun();
    const [marker = ""] = world.archive.keys().filter((key) => key.startsWith(".originals/runs/r/groups/"));
    const { figures: _, ...older } = JSON.parse(world.archive.object(marker)?.bytes.toString() ?? "");
    const text = Buffer.from(JSON.stringify(older));
    await world.done(world.archive.put(marker, text, { contentLength: text.length }));
    const full = await world.done(statusOf(ledgerPlace, "r", world.surroundings, { full: true }));
    expect(full.summary.figures).toMatchObject({ unknownRows: 62, timeline: { at: [] } });
    const anew = await world.done(writeReport(ledgerPlace, "r", world.surroundings));
    expect(anew.summary.figures).toEqual(summary.figures);
  });
});
