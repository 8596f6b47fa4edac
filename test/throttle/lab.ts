/** Shards worked by one process against a service that throttles, in virtual time: the same seed is the same story. */
import { archiveShard } from "../../src/archive/shard/archive-shard.ts";
import { createPace } from "../../src/archive/shard/pace/pace.ts";
import { parseAttemptObject, paths } from "../../src/ledger/layout.ts";
import type { RunRequest } from "../../src/ledger/plan/request.ts";
import { type RunOptions, runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { encodeShardRows } from "../../src/ledger/plan/shard-rows.ts";
import { runPrefix } from "../../src/ledger/runs.ts";
import { foldShard } from "../../src/ledger/shard/fold.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { createLedgerStore } from "../../src/ledger/store.ts";
import type { Bucket } from "../../src/objects/bucket.ts";
import { createShardWorker } from "../../src/run/deliver/handle-delivery.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { anonymousWorker } from "../run/anonymous-worker.ts";
import { createWorld, seededRandom } from "../simulation/world.ts";
import { type Fault, type RequestType, refuse } from "../stores/bucket-fault.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";
import { digestsOf } from "../stores/memory-objects.ts";
import type { Throttle } from "./throttles.ts";

export interface Scenario {
  readonly seed: number;
  readonly rows: number;
  readonly shardSize?: number;
  readonly concurrency: number;
  /** Of each request, there and back, in milliseconds; each takes up to a fifth more or less. */
  readonly latencyMs: number;
  readonly throttle: Throttle;
  /** Which requests the service counts. */
  readonly counts: "originals" | "source" | "archive";
  /** Seconds, on each refusal. */
  readonly retryAfter?: number;
  /** The refusal: 503 SlowDown, or X-ErrNo -29214 under whatever status. */
  readonly errNo?: number;
  /** Rows tell no ETag, so that each fetch has a HEAD beside it. */
  readonly bareRows?: boolean;
  /** What else goes wrong with a request; `at` in milliseconds from the beginning. */
  readonly weather?: (
    side: "source" | "archive",
    type: RequestType,
    random: () => number,
    at: number,
  ) => Fault | undefined;
  readonly options?: Partial<RunOptions>;
}

export interface Story {
  /** Counted requests that were let through, and refused, by whole second from the beginning. */
  readonly passed: readonly number[];
  readonly refused: readonly number[];
  readonly seconds: number;
  /** Rows by their outcome, as the ledger has them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of each row: how it ended, the tries that the ledger charges it with, and the fetches that the source saw. */
  readonly rows: readonly { readonly outcome: Outcome; readonly charged: number; readonly fetches: number }[];
  /** The archive holds the bytes of each key that is said to be archived, and nothing else. */
  readonly whole: boolean;
}

const START = Date.UTC(2026, 10, 22);
const run = "throttled";
const prefix = runPrefix("ledger", run);
const keyOf = (n: number) => `photos/${String(n).padStart(7, "0")}.jpg`;

export async function tell(scenario: Scenario): Promise<Story> {
  const { rows, shardSize = 1_000, concurrency, latencyMs, counts, throttle, seed } = scenario;
  const world = createWorld(seed, START + (seed % 1_000));
  const { clock } = world;
  const beganAt = clock.now();
  const random = seededRandom(seed + 1);
  const weather = seededRandom(seed + 2);
  const passed: number[] = [];
  const refused: number[] = [];
  const count = (counter: number[]) => {
    const second = Math.floor((clock.now() - beganAt) / 1_000);
    while (counter.length <= second) counter.push(0);
    counter[second] = (counter[second] ?? 0) + 1;
  };
  const isCounted = (side: "source" | "archive", type: RequestType) =>
    counts === "originals" ? type === "original" : counts === side;
  const hook =
    (side: "source" | "archive") =>
    async ({ type }: { readonly type: RequestType }): Promise<readonly Fault[]> => {
      const wayMs = (latencyMs / 2) * (0.8 + weather() * 0.4);
      await clock.sleep(wayMs);
      const back: Fault = { kind: "delay", ms: wayMs };
      const fault = scenario.weather?.(side, type, weather, clock.now() - beganAt);
      if (fault !== undefined) return [back, fault];
      if (!isCounted(side, type)) return [back];
      const allowed = throttle(clock.now() - beganAt + (seed % 1_000));
      count(allowed ? passed : refused);
      if (allowed) return [back];
      const { retryAfter, errNo } = scenario;
      return [
        back,
        refuse("SlowDown", {
          ...(retryAfter === undefined ? undefined : { retryAfterMs: retryAfter * 1_000 }),
          ...(errNo === undefined ? undefined : { errNo, status: 500 }),
        }),
      ];
    };
  const bytes = Buffer.from("a small picture");
  const source = createMemoryBucket({ clock, name: "photos-1250000000", onRequest: hook("source") });
  const archive = createMemoryBucket({ clock, name: "archive-1250000000", onRequest: hook("archive") });
  const ledger = createMemoryBucket({ clock, name: "ledger-1250000000" });
  const known = { size: bytes.length, ...digestsOf(bytes) };
  for (let n = 0; n < rows; n++) source.seed(keyOf(n), bytes, known);
  const shards = Math.ceil(rows / shardSize);
  for (let shard = 0; shard < shards; shard++) {
    const first = shard * shardSize;
    const planned = Array.from({ length: Math.min(shardSize, rows - first) }, (_, n) => ({
      key: keyOf(first + n),
      ...(scenario.bareRows ? undefined : known),
    }));
    ledger.seed(prefix + paths.shard("plan", shard), encodeShardRows(planned));
  }
  const place = ({ name, region }: Bucket, at = "") => ({ bucket: name, region, prefix: at });
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run,
    source: place(source),
    archive: place(archive),
    rows: { kind: "listing", prefix: "" },
    options: runOptionsSchema.parse(scenario.options ?? {}),
    askedAt: new Date(START).toISOString(),
    tool: "test",
  };
  const surroundings = {
    clock,
    random,
    log: silentLog,
    open: () => source,
    settings: { concurrency },
    worker: anonymousWorker,
  };
  const shardWorker = createShardWorker(surroundings);
  const trust = shardWorker.trust(source.name);
  const watch = shardWorker.watch("run");
  const pace = createPace({ concurrency, clock, random });

  let next = 0;
  let attempts = 0;
  const worker = async () => {
    while (next < shards) {
      const shard = next++;
      for (let seq = 0; ; seq++) {
        const end = await archiveShard({
          ledger: createLedgerStore({ bucket: ledger, prefix, clock, random }),
          request,
          plan: "plan",
          shard,
          seq,
          attempt: `01J${String(++attempts).padStart(23, "0")}`,
          source,
          archive,
          clock,
          random,
          log: silentLog,
          pace,
          shards,
          planRows: shards * 1_000,
          watch,
          ...trust,
          deadline: Number.POSITIVE_INFINITY,
          worker: "",
          isGone: () => false,
        });
        if (end.kind !== "left") break;
      }
    }
  };
  let over = false;
  let fault: unknown;
  // As on a laptop: a shard begins while another ends, so that there is always something to do.
  const work = Promise.all([worker(), worker()])
    .catch((thrown: unknown) => {
      fault = thrown;
    })
    .finally(() => {
      over = true;
    });
  if (!(await world.run(() => over, 24 * 3_600_000))) throw new Error("it was not over after a day of virtual time");
  await work;
  if (fault !== undefined) throw fault;

  const byShard = new Map<number, { readonly attempt: string; readonly outcomes: readonly Outcome[] }[]>();
  for (const path of ledger.keys()) {
    const named = parseAttemptObject(path);
    const stored = ledger.object(path);
    if (named?.object.kind !== "segment" || stored === undefined) continue;
    const records = byShard.get(named.shard) ?? [];
    records.push({ attempt: named.object.attempt, outcomes: decodeSegment(stored.bytes, path).outcomes });
    byShard.set(named.shard, records);
  }
  const fetches = new Map<string, number>();
  for (const { type, key } of source.log) if (type === "original") fetches.set(key, (fetches.get(key) ?? 0) + 1);
  const final = [...byShard.values()].flatMap((records) =>
    [...foldShard(records).values()].map((row) => ({ ...row, fetches: fetches.get(row.outcome.key) ?? 0 })),
  );
  const outcomes: Record<string, number> = {};
  for (const { outcome } of final) outcomes[outcome.outcome] = (outcomes[outcome.outcome] ?? 0) + 1;
  return {
    passed,
    refused,
    seconds: (clock.now() - beganAt) / 1_000,
    outcomes,
    rows: final,
    whole:
      archive.keys().length === (outcomes.archived ?? 0) &&
      final.every(
        ({ outcome }) => outcome.outcome !== "archived" || archive.object(outcome.key)?.bytes.equals(bytes) === true,
      ),
  };
}

/** What settles once `warmUp` seconds are over; the last seconds, in which the work runs out, are left out too. */
export function settled({ passed, refused }: Story, warmUp: number) {
  const until = passed.length - 2;
  const sum = (counter: readonly number[], from: number, to: number) =>
    counter.slice(from, to).reduce((total, n) => total + n, 0);
  const through = sum(passed, warmUp, until);
  const turnedAway = sum(refused, warmUp, until);
  const all = sum(refused, 0, refused.length);
  return {
    seconds: until - warmUp,
    perSecond: through / (until - warmUp),
    refused: turnedAway / (through + turnedAway),
    refusedOfAll: all / (all + sum(passed, 0, passed.length)),
  };
}
