/** One shard between three buckets in memory, worked by processes that may die at any request. */
import { expect } from "vitest";
import { createMd5Trust } from "../../../src/archive/proof/md5-trust.ts";
import { archiveShard, type ShardDelivery, type ShardEnd } from "../../../src/archive/shard/archive-shard.ts";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { createRunWatch } from "../../../src/archive/shard/run-watch.ts";
import { writeControl } from "../../../src/ledger/control.ts";
import { parseAttemptObject, parseMarker, paths } from "../../../src/ledger/layout.ts";
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { type RunOptions, runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { encodeShardRows, type PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { Pulse } from "../../../src/ledger/pulse.ts";
import { runPrefix } from "../../../src/ledger/runs.ts";
import { foldShard } from "../../../src/ledger/shard/fold.ts";
import { decodeSegment, type Segment } from "../../../src/ledger/shard/segment.ts";
import { createLedgerStore } from "../../../src/ledger/store.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { mortalBucket, mortalClock } from "../../stores/mortal.ts";
import { bytesOf } from "../task/lab.ts";

const run = "run-1";
const plan = "plan-1";
const prefix = runPrefix("ledger", run);
export const start = 1_700_000_000_000;
/** Sorts as a ULID does. */
export const attemptId = (n: number) => `01J${String(n).padStart(23, "0")}`;
export const keyOf = (n: number) => `photos/${String(n).padStart(4, "0")}.jpg`;

export function shardLab(
  rows: number | readonly PlannedRow[],
  given: Partial<RunOptions> = {},
  pacing: { concurrency?: number; rate?: number; limit?: number } = {},
) {
  const clock = fakeClock(start);
  const source = createMemoryBucket({ clock, name: "photos-1250000000" });
  const archive = createMemoryBucket({ clock, name: "archive-1250000000" });
  const ledger = createMemoryBucket({ clock, name: "ledger-1250000000" });
  const bytes = (n: number) => bytesOf(100 + n, n + 1);
  const planned: readonly PlannedRow[] =
    typeof rows === "number"
      ? Array.from({ length: rows }, (_, n) => ({ key: keyOf(n), size: 100 + n, ...digestsOf(bytes(n)) }))
      : rows;
  if (typeof rows === "number") for (let n = 0; n < rows; n++) source.seed(keyOf(n), bytes(n));
  ledger.seed(prefix + paths.shard(plan, 0), encodeShardRows(planned));
  const place = (bucket: { name: string; region: string }, at: string) => ({
    bucket: bucket.name,
    region: bucket.region,
    prefix: at,
  });
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run,
    source: place(source, ""),
    archive: place(archive, "kept/"),
    rows: { kind: "listing", prefix: "" },
    options: runOptionsSchema.parse(given),
    askedAt: new Date(start).toISOString(),
    tool: "test",
  };
  const random = () => 0.5;
  let attempts = 100;

  /** Begins a delivery in a process of its own. */
  function deliver(more: Partial<ShardDelivery> = {}) {
    const life = { dead: false };
    const own = mortalClock(clock, life);
    const attempt = more.attempt ?? attemptId(++attempts);
    const store = createLedgerStore({ bucket: mortalBucket(ledger, life), prefix, clock: own, random });
    const ended: Promise<ShardEnd> = archiveShard({
      ledger: store,
      request,
      plan,
      shard: 0,
      seq: 0,
      attempt,
      shards: 1,
      planRows: planned.length,
      watch: createRunWatch({ clock: own, random, limit: pacing.limit ?? 200 }),
      source: mortalBucket(source, life),
      archive: mortalBucket(archive, life),
      clock: own,
      random,
      log: silentLog,
      pace: createPace({ concurrency: pacing.concurrency ?? 8, rate: pacing.rate, clock: own, random }),
      md5Trust: createMd5Trust(),
      metadataTrust: { asks: () => false, learn() {} },
      deadline: Number.POSITIVE_INFINITY,
      worker: `worker of ${attempt}`,
      isGone: () => false,
      ...more,
    });
    ended.catch(() => undefined);
    return { attempt, life, ended };
  }

  const segments = (attempt?: string): readonly (Segment & { readonly attempt: string; readonly at: number })[] =>
    ledger.keys().flatMap((path) => {
      const object = parseAttemptObject(path)?.object;
      if (object?.kind !== "segment" || (attempt !== undefined && object.attempt !== attempt)) return [];
      const stored = ledger.object(path);
      if (stored === undefined) return [];
      return [{ ...decodeSegment(stored.bytes, path), attempt: object.attempt, at: stored.lastModified }];
    });
  const folded = () => {
    const byAttempt = new Map<string, Segment["outcomes"][number][]>();
    for (const { attempt, outcomes } of segments()) {
      byAttempt.set(attempt, [...(byAttempt.get(attempt) ?? []), ...outcomes]);
    }
    return foldShard([...byAttempt].map(([attempt, outcomes]) => ({ attempt, outcomes })));
  };
  const markers = () => ledger.keys().flatMap((path) => parseMarker(path) ?? []);

  return {
    clock,
    source,
    archive,
    ledger,
    bytes,
    planned,
    deliver,
    /** Begins a delivery and sees it to its end. */
    work: (more: Partial<ShardDelivery> = {}) => runUntilDone(clock, deliver(more).ended),
    until: <T>(work: Promise<T>) => runUntilDone(clock, work),
    segments,
    /** What is true by the ledger, by row. */
    folded,
    markers,
    control: (kind: "halt" | "cancel" | "resume") =>
      writeControl(createLedgerStore({ bucket: ledger, prefix, clock, random }), kind, "said so", ""),
    /** Paths under the run's prefix that begin so. */
    written: (below: string) =>
      ledger
        .keys()
        .filter((path) => path.startsWith(prefix + below))
        .map((path) => path.slice(prefix.length)),
    /** Writes what another attempt would have written. */
    trace: (path: string, text: Buffer | string = "", ageMs = 0) =>
      ledger.seed(prefix + path, text, { lastModified: clock.now() - ageMs }),
    /** The shard is over: every row has one outcome that is terminal, the marker adds up, archived bytes are right. */
    expectOver(counts: { archived: number; skipped?: number; failed?: number }) {
      const { archived, skipped = 0, failed = 0 } = counts;
      const rows_ = folded();
      expect([...rows_.keys()].sort((a, b) => a - b)).toEqual(planned.map((_, n) => n));
      let size = 0;
      const seen = { archived: 0, skipped: 0, failed: 0, pending: 0 };
      for (const [row, { outcome }] of rows_) {
        seen[outcome.outcome]++;
        if (outcome.outcome !== "archived") continue;
        size += outcome.receivedSize ?? 0;
        expect(archive.object(`kept/${outcome.key}`)?.bytes.equals(bytes(row))).toBe(true);
      }
      expect(seen).toEqual({ archived, skipped, failed, pending: 0 });
      expect(markers().at(-1)).toMatchObject({ number: 0, archived, skipped, failed, bytes: size });
    },
  };
}

export type ShardLab = ReturnType<typeof shardLab>;

/** Every fetch takes this long. */
export const slowly = (here: ShardLab, ms: number): void =>
  here.source.onRequest((request) => (request.type === "original" ? { kind: "delay", ms } : undefined));

/** When fetches began, ms since the epoch. */
export const fetchTimes = (here: ShardLab): readonly number[] =>
  here.source.log.filter((request) => request.type === "original").map((request) => request.at);

/** Does it once so much time has passed. */
export const later = (here: ShardLab, ms: number, act: () => unknown): Promise<unknown> =>
  here.clock.sleep(ms).then(act);

/** In a pulse: every request last succeeded in this slot. */
export const allAt = (slot: number): Pulse["succeeded"] => ({
  "source.get": slot,
  "source.head": slot,
  "archive.put": slot,
  "archive.head": slot,
  "source.restore": slot,
});
