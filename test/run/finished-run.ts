/** A run of which every shard is over, as its ledger says; the originals themselves are nowhere. */
import { donePath, paths } from "../../src/ledger/layout.ts";
import type { RunDocument } from "../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { encodeShardRows } from "../../src/ledger/plan/shard-rows.ts";
import { noRequests } from "../../src/ledger/shard/segment.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { ulidAt } from "../ledger/samples.ts";
import { segmentBytes } from "../ledger/shard/segment-bytes.ts";
import { archivePlace, sourcePlace, type World } from "./world.ts";

const at = "2026-01-15T12:00:00.000Z";
const run = "r";

export interface Finished {
  readonly shards: number;
  /** Of each shard. */
  readonly rows: number;
  /** What the run was asked: so many rows a shard at most. It says how many shards are a part of the report. */
  readonly shardSize: number;
  /** Every so many rows one failed. */
  readonly failEvery?: number | undefined;
  readonly segments?: number;
  /** These are not over: nothing is recorded of them. */
  readonly unworked?: readonly number[];
  readonly keyLength?: number | undefined;
}

export const keyOf = (n: number, length = 0): string => `photos/${String(n).padStart(6, "0")}`.padEnd(length, "x");

export function seedFinishedRun(
  world: World,
  { shards, rows, shardSize, failEvery, segments = 2, unworked = [], keyLength }: Finished,
): RunDocument {
  const seed = (path: string, bytes: Buffer | string) => world.archive.seed(`.originals/runs/${run}/${path}`, bytes);
  const document: RunDocument = {
    schema: "cos-originals/run@1",
    run,
    plan: ulidAt(1),
    request: {
      schema: "cos-originals/request@1",
      run,
      source: sourcePlace,
      archive: archivePlace,
      rows: { kind: "listing", prefix: "" },
      options: runOptionsSchema.parse({ shardSize }),
      askedAt: at,
      tool: "test",
    },
    shards,
    rows: shards * rows,
    bytes: 0,
    settled: { duplicates: 0, collisions: 0, invalid: 0 },
    plannedAt: at,
    tool: "test",
  };
  seed(paths.request, JSON.stringify(document.request));
  seed(paths.run, JSON.stringify(document));
  for (let shard = 0; shard < shards; shard++) {
    const planned = Array.from({ length: rows }, (_, row) => ({ key: keyOf(shard * rows + row, keyLength) }));
    seed(paths.shard(document.plan, shard), encodeShardRows(planned));
    if (unworked.includes(shard)) continue;
    const attempt = ulidAt(shard + 1);
    seed(paths.open(shard, attempt, 0), "somebody");
    const outcomes = planned.map(({ key }, row): Outcome => {
      const failed = failEvery !== undefined && (shard * rows + row) % failEvery === 0;
      return failed
        ? { row, key, outcome: "failed", code: "NoSuchKey", attempts: 1, ms: 1 }
        : { row, key, outcome: "archived", archiveKey: key, receivedSize: 7, attempts: 1, ms: 1 };
    });
    const each = Math.ceil(rows / segments);
    for (let n = 0; n < segments; n++) {
      const trailer = { requests: { ...noRequests(), "source.get": each, ledger: 2 }, retries: 0, from: at, to: at };
      seed(paths.segment(shard, attempt, n + 1), segmentBytes(outcomes.slice(n * each, (n + 1) * each), trailer));
    }
    seed(paths.end(shard, attempt), "");
    const failed = outcomes.filter(({ outcome }) => outcome === "failed").length;
    seed(donePath(shard, { archived: rows - failed, skipped: 0, failed, bytes: 7 * (rows - failed) }, attempt), "");
  }
  return document;
}

/** The keys of the results, sorted. */
export const reportedKeys = (world: World): string[] =>
  world
    .results(run)
    .map((line) => line.split(",")[1] ?? "")
    .sort();

/** The keys of the failures, sorted, and how many files there are. */
export function reportedFailures(world: World): { readonly files: number; readonly keys: string[] } {
  const files = world.failures(run);
  const lines = files.flatMap((file) => file.trimEnd().split("\n").slice(1));
  return { files: files.length, keys: lines.map((line) => line.split(",")[1] ?? "").sort() };
}
