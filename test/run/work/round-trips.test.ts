/** What a run of one shard asks of its ledger: each wave is a way to the service and back, and in one of them all goes side by side. */
import { describe, expect, test } from "vitest";
import { nextRun } from "../../../src/run/plan/next-run.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { createWorld, ledgerPlace, seedPictures } from "../world.ts";
import { inputFor } from "./input.ts";

const WAY_MS = 50;

/** `PUT outcomes/000000000/A-open~0` */
const named = ({ type, key }: { readonly type: string; readonly key: string }) =>
  `${type} ${key
    .replace(".originals/runs/r/", "")
    .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, "ID")
    .replace(/~a\d.*$|~[as]\d.*$/, "~…")
    .replace(/^pulse\/\d+/, "pulse/N")}`;

async function wavesOf(rows: number) {
  const world = createWorld({ concurrency: 64 });
  const keys = seedPictures(world.source, rows);
  for (const bucket of [world.source, world.archive]) bucket.onRequest(() => ({ kind: "delay", ms: WAY_MS }));
  const input = inputFor(keys, { ifExists: "overwrite" });
  const begun = world.clock.now();
  const { before } = await world.done(nextRun(ledgerPlace, input.request, { kind: "given" }, world.surroundings));
  await world.done(runHere({ ...input, before }, world.surroundings));
  const waves = new Map<number, string[]>();
  for (const request of world.archive.log.filter(({ key }) => !key.startsWith("photos/"))) {
    const wave = (request.at - begun) / WAY_MS;
    waves.set(wave, [...(waves.get(wave) ?? []), named(request)].sort());
  }
  return { waves: [...waves.values()], ways: (world.clock.now() - begun) / WAY_MS };
}

describe("the ledger of a run of one shard", () => {
  test("of one row is asked for this, and in this order", async () => {
    const { waves, ways } = await wavesOf(1);
    expect(waves).toEqual([
      // Is the ledger there, and this run in it?
      ["get request.json", "list .originals/"],
      // Is the archive there, and who else is at work?
      ["list ", "list .originals/places/"],
      // The rule of opening: what counts is what is found after this run is written down.
      ["put .originals/places/ID~r"],
      ["list .originals/places/"],
      ["put request.json"],
      ["get request.json", "put plans/ID/shards/000000000.jsonl.gz"],
      // Of two plans the one that is read back rules.
      ["put run.json"],
      ["get run.json"],
      // The rule of opening, of the shard.
      ["list control/", "list done/000000/000000000~", "put outcomes/000000000/ID-open~0"],
      ["get plans/ID/shards/000000000.jsonl.gz", "list outcomes/000000000/"],
      // Every outcome is durable before anything rests on it.
      ["put control/first-archived.json", "put outcomes/000000000/ID-00001.jsonl.gz", "put pulse/N~ID~…"],
      ["put done/000000/000000000~…", "put outcomes/000000000/ID-end"],
      // The report is a fold of what is in the ledger, not of what this process remembers.
      ["list control/", "list done/", "list groups/"],
      ["list outcomes/"],
      ["get outcomes/000000000/ID-00001.jsonl.gz"],
      ["put report/failures-000000.csv", "put report/results-000000.csv.gz"],
      ["put groups/000000~…"],
      ["put report/report.html", "put report/summary.json"],
    ]);
    // And the HEAD of the source that a trial begins with, the fetch, the PUT.
    expect(ways).toBe(waves.length + 3);
  });

  test("of 400 rows is asked for no more than that", async () => {
    const [one, many] = [await wavesOf(1), await wavesOf(400)];
    const isSegment = (request: string) => /-\d{5}\.jsonl\.gz$/.test(request);
    const others = ({ waves }: typeof one) => waves.flat().filter((request) => !isSegment(request));
    expect(others(many)).toEqual(others(one));
    expect(many.waves.flat().filter(isSegment).length).toBeLessThanOrEqual(2 * 3);
  });
});
