/** archiveManifest, over stores of one's own in memory: what its reader is told, and when; how it is stopped and gone on with. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { foldShards } from "../../../src/ledger/shard/fold-shards.ts";
import { type ArchiveRun, archiveManifest, type RowOutcome } from "../../../src/runtime/library/archive-manifest.ts";
import type { ArchiveOptions } from "../../../src/runtime/library/archive-options.ts";
import { settingsOfOptions } from "../../../src/runtime/library/settings-of-options.ts";
import { root } from "../../papers/papers.ts";
import { createWorld, seedPictures, sourcePlace, type World } from "../../run/world.ts";
import { refuse } from "../../stores/bucket-fault.ts";

const credentials = { secretId: "AKIDlibrary", secretKey: "a-secret" };

const begin = (world: World, options: Partial<ArchiveOptions>): ArchiveRun =>
  archiveManifest({
    source: `cos://${sourcePlace.bucket}`,
    archive: "cos://archive-1250000000",
    region: "ap-guangzhou",
    run: "r",
    concurrency: 4,
    credentials,
    environment: {},
    clock: world.clock,
    random: () => 0.5,
    open: (role, place) => world.surroundings.open(role, place),
    ...options,
  });

async function all(run: AsyncIterable<RowOutcome>): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for await (const outcome of run) outcomes.push(outcome);
  return outcomes;
}
const keysOf = (outcomes: readonly RowOutcome[]) => outcomes.map(({ key }) => key).sort();

/** Keys whose outcomes the ledger holds just now. */
async function recorded(world: World): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { rows } of foldShards(world.ledger("r"), 0, 1_000)) {
    for (const { outcome } of rows.values()) if (outcome.outcome !== "pending") keys.add(outcome.key);
  }
  return keys;
}

describe("a run that is read", () => {
  test("brings the outcome of each row once, and none before it is durable", async () => {
    const world = createWorld();
    const keys = [...seedPictures(world.source, 11), "photos/none.jpg"];
    async function* rows() {
      for (const key of keys) yield { key };
    }
    const run = begin(world, { rows: rows(), shardSize: 5 });
    const outcomes: RowOutcome[] = [];
    const early: string[] = [];
    const read = async () => {
      for await (const outcome of run) {
        outcomes.push(outcome);
        if (!(await recorded(world)).has(outcome.key)) early.push(outcome.key);
      }
      return run.summary;
    };
    expect(await world.done(read())).toMatchObject({ state: "complete", rows: 12, archived: 11, failed: 1 });
    expect(early).toEqual([]);
    expect(keysOf(outcomes)).toEqual(keys.toSorted());
    expect(outcomes.find(({ key }) => key === "photos/none.jpg")).toMatchObject({
      outcome: "failed",
      code: "NoSuchKey",
    });
    expect(outcomes[0]).toMatchObject({ outcome: "archived", archiveKey: outcomes[0]?.key, proof: "content-md5" });
    expect(Object.keys(outcomes[0] ?? {})).not.toContain("row");
  });

  test("that a signal stops ends what is under way, and the same call goes on with it, fetching nothing twice", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    const stop = new AbortController();
    const read = async (run: ArchiveRun) => {
      const outcomes: RowOutcome[] = [];
      for await (const outcome of run) {
        outcomes.push(outcome);
        if (outcomes.length === 3) stop.abort();
      }
      return { outcomes, summary: await run.summary };
    };
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 700 } : undefined));
    const first = await world.done(read(begin(world, { rows: keys, signal: stop.signal })));
    expect(first.summary).toMatchObject({ state: "incomplete", archived: first.outcomes.length });
    expect(first.outcomes.length).toBeLessThan(30);
    const second = begin(world, { rows: keys });
    const outcomes = await world.done(all(second));
    expect(await second.summary).toMatchObject({ state: "complete", archived: 30 });
    expect(keysOf(outcomes)).toEqual(keys);
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
  });

  test("no further stops as by a signal", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 30);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 700 } : undefined));
    const run = begin(world, { rows: keys });
    const read = async () => {
      for await (const _ of run) break;
      return run.summary;
    };
    const summary = await world.done(read());
    expect(summary).toMatchObject({ state: "incomplete", rows: 30 });
    expect(summary.pending).toBeGreaterThan(0);
  });

  test("only when it is over brings all of it, from the ledger", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 7);
    const run = begin(world, { rows: keys, shardSize: 3 });
    expect(await world.done(run.summary)).toMatchObject({ state: "complete" });
    expect(keysOf(await world.done(all(run)))).toEqual(keys);
  });

  test("by a second reader is refused", () => {
    const run = begin(createWorld(), { rows: [] });
    run.summary.catch(() => undefined);
    run[Symbol.asyncIterator]();
    expect(() => run[Symbol.asyncIterator]()).toThrow("by one reader");
  });
});

describe("what a program has of its own", () => {
  test("a logger is told what a command line would say", async () => {
    const world = createWorld();
    seedPictures(world.source, 1);
    world.archive.onRequest(({ type, key }) =>
      type === "put" && key.includes("/request.json") ? refuse("SlowDown", { status: 503 }) : undefined,
    );
    const told: string[] = [];
    const tell = (message: string) => void told.push(message);
    const run = begin(world, { rows: ["photos/00000.jpg"], log: { info: tell, warn: tell, error: tell } });
    await expect(world.done(run.summary)).rejects.toMatchObject({ code: "SlowDown" });
    expect(told.length).toBeGreaterThan(0);
  });

  test("rows that throw end it with what they threw, whoever hears of it, and nothing was begun", async () => {
    const world = createWorld();
    const gone = new Error("the database is gone");
    async function* rows() {
      yield "photos/00000.jpg";
      throw gone;
    }
    const run = begin(world, { rows: rows() });
    const both = await world.done(Promise.allSettled([all(run), run.summary]));
    expect(both).toEqual([
      { status: "rejected", reason: gone },
      { status: "rejected", reason: gone },
    ]);
    expect(world.archive.keys()).toEqual([]);
  });
});

describe("options", () => {
  const refusal = (options: object) =>
    createWorld().done(
      begin(createWorld(), options).summary.then(String, (error) => `${error.code}: ${error.message}`),
    );

  test.each<[object, string]>([
    [{}, "MissingSetting: What to archive is missing; say it as one of rows, manifest and list."],
    [
      { rows: [], manifest: "keys.txt" },
      "InvalidSetting: rows and manifest are both given; a run archives one or the other: leave out all but one.",
    ],
    [{ list: true, run: undefined }, "MissingSetting: A listing has nothing to derive a run id from, and needs run:"],
    [
      { rows: [], format: "csv" },
      'InvalidSetting: format "csv" is given, and rows are no text that has one: leave it out.',
    ],
    [
      { rows: [], concurrency: 0 },
      'InvalidSetting: concurrency 0 is not a whole number from 1 to 1000, nor auto; concurrency: "32" would do.',
    ],
    [
      { rows: [], sorce: "cos://a" },
      'InvalidSetting: Of the options of archiveManifest "sorce" is none; perhaps source is meant.',
    ],
    [{ rows: [], queue: "memory:" }, 'InvalidSetting: Of the options of archiveManifest "queue" is a setting that'],
    [{ rows: [] }, 'EmptyManifest: The manifest "rows" is empty: there is nothing to archive.'],
  ])("%j are refused in a sentence", async (options, sentence) => {
    expect(await refusal(options)).toContain(sentence);
  });

  test("are the settings of a run, all of them, by their names", () => {
    const text = readFileSync(`${root}/src/runtime/library/archive-options.ts`, "utf8");
    const row = text.indexOf("export interface ArchiveRows");
    const told = [...text.slice(row).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name);
    const ports = ["rows", "signal", "log", "onProgress", "credentials", "archiveCredentials", "open"];
    expect(told.toSorted()).toEqual([...settingsOfOptions, ...ports, "environment", "clock", "random"].toSorted());
  });
});
