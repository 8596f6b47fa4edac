/** A source, an archive that holds the ledger, and a queue, all in memory and by a fake clock; workers are as real as anywhere. */
import { gunzipSync } from "node:zlib";
import { createLedgerStore, type LedgerStore } from "../../src/ledger/store.ts";
import type { Bucket } from "../../src/objects/bucket.ts";
import { parseSummary, type Summary } from "../../src/report/summary.ts";
import { createDeliveryHandler } from "../../src/run/deliver/handle-delivery.ts";
import type { Answer } from "../../src/run/messages/delivery.ts";
import type { Surroundings } from "../../src/run/surroundings/surroundings.ts";
import { type Log, silentLog } from "../../src/vocabulary/log.ts";
import { refuse } from "../stores/bucket-fault.ts";
import { type FakeClock, fakeClock, runUntilDone } from "../stores/fake-clock.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";
import type { MemoryBucket } from "../stores/memory-bucket-types.ts";
import { anonymousWorker } from "./anonymous-worker.ts";

export const region = "ap-guangzhou";
export const sourcePlace = { bucket: "photos-1250000000", region, prefix: "" };
export const archivePlace = { bucket: "archive-1250000000", region, prefix: "" };
export const ledgerPlace = { ...archivePlace, prefix: ".originals/" };

/** Seconds, or as long as nothing limits it. */
const LONG = 900;

export interface Sent {
  readonly body: string;
  readonly message: { readonly type: string; readonly [field: string]: unknown };
  readonly at: number;
}

export interface World {
  readonly clock: FakeClock;
  readonly source: MemoryBucket;
  readonly archive: MemoryBucket;
  readonly surroundings: Surroundings;
  /** Messages on the queue, the next first. */
  readonly queue: readonly Sent[];
  readonly rejected: readonly string[];
  send(message: object): void;
  /** One delivery, by a worker that has `seconds` for it; nothing becomes of its answer. */
  deliver(message: object | string, seconds?: number, signal?: AbortSignal): Promise<Answer>;
  /** Delivers what is on the queue, one message after the other, until none is left; resolves with the bodies delivered. */
  drain(most?: number): Promise<readonly string[]>;
  /** The next message alone; of one that is `lost` nothing becomes, as if it had been acknowledged. */
  drainOne(lost?: (message: Sent["message"]) => boolean): Promise<void>;
  /** The worker's process ends and another begins. */
  newProcess(): void;
  ledger(run: string): LedgerStore;
  /** Fetches of originals, by key. */
  fetches(): Readonly<Record<string, number>>;
  summary(run: string): Summary;
  /** Lines of the results of all groups, headers left out. */
  results(run: string): string[];
  /** The failures.csv of each group. */
  failures(run: string): string[];
  done<T>(work: Promise<T>): Promise<T>;
}

export interface WorldOptions {
  readonly concurrency?: number;
  readonly log?: Log;
  readonly settings?: Partial<Surroundings["settings"]>;
  /** Where events go; absent: nowhere. */
  readonly openSink?: Surroundings["openSink"];
}

export function createWorld(options: WorldOptions = {}): World {
  const clock = fakeClock(Date.UTC(2026, 0, 15, 12));
  const source = createMemoryBucket({ clock, name: sourcePlace.bucket, region });
  const archive = createMemoryBucket({ clock, name: archivePlace.bucket, region });
  const nowhere = createMemoryBucket({ clock, name: "nowhere-1250000000", onRequest: () => refuse("NoSuchBucket") });
  const buckets = new Map<string, Bucket>([source, archive].map((bucket) => [bucket.name, bucket]));
  let chance = 0.123;
  const random = () => {
    chance = (chance * 16_807.3) % 1;
    return chance;
  };
  const surroundings: Surroundings = {
    clock,
    random,
    log: options.log ?? silentLog,
    open: (_, { bucket }) => buckets.get(bucket) ?? nowhere,
    openSink: options.openSink,
    settings: { concurrency: options.concurrency ?? 8, ...options.settings },
    worker: anonymousWorker,
  };
  let handle = createDeliveryHandler(surroundings);
  let queue: Sent[] = [];
  const rejected: string[] = [];
  const put = (body: string, delaySeconds = 0) => {
    queue.push({ body, message: JSON.parse(body), at: clock.now() + delaySeconds * 1_000 });
    queue.sort((a, b) => a.at - b.at);
  };
  const sender = { send: async (body: string, delaySeconds?: number) => put(body, delaySeconds) };
  const done = <T>(work: Promise<T>) => runUntilDone(clock, work);
  const deliver: World["deliver"] = (message, seconds = LONG, signal) => {
    const body = typeof message === "string" ? message : JSON.stringify(message);
    return done(handle({ body, deadline: clock.elapsed() + seconds * 1_000, signal }, sender));
  };
  const deliverNext = async (next: Sent, isLost = false): Promise<void> => {
    queue = queue.slice(1);
    if (next.at > clock.now()) await clock.advance(next.at - clock.now());
    if (isLost) return;
    const answer = await deliver(next.body);
    if (answer.kind === "give-back") put(next.body, answer.delaySeconds);
    if (answer.kind === "reject" || answer.kind === "refuse") rejected.push(answer.reason);
  };
  const textOf = (key: string) => archive.object(key)?.bytes ?? Buffer.alloc(0);
  const reports = (run: string, kind: string) =>
    archive.keys().filter((key) => key.startsWith(`.originals/runs/${run}/report/${kind}-`));

  return {
    clock,
    source,
    archive,
    surroundings,
    get queue() {
      return queue;
    },
    rejected,
    send: (message) => put(JSON.stringify(message)),
    deliver,
    done,
    async drain(most = 5_000) {
      const delivered: string[] = [];
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        if (delivered.length === most) throw new Error(`${most} messages were delivered, and the queue is not empty`);
        delivered.push(next.body);
        await deliverNext(next);
      }
      return delivered;
    },
    async drainOne(lost = () => false) {
      const next = queue[0];
      if (next !== undefined) await deliverNext(next, lost(next.message));
    },
    newProcess() {
      handle = createDeliveryHandler(surroundings);
    },
    ledger: (run) => createLedgerStore({ bucket: archive, prefix: `.originals/runs/${run}/`, clock, random }),
    fetches() {
      const counts: Record<string, number> = {};
      for (const { type, key } of source.log) if (type === "original") counts[key] = (counts[key] ?? 0) + 1;
      return counts;
    },
    summary: (run) => parseSummary(JSON.parse(textOf(`.originals/runs/${run}/report/summary.json`).toString())),
    results: (run) =>
      reports(run, "results").flatMap((key) => gunzipSync(textOf(key)).toString().trimEnd().split(/\r?\n/).slice(1)),
    failures: (run) => reports(run, "failures").map((key) => textOf(key).toString()),
  };
}

/** Seeds `count` pictures, and resolves with their keys. */
export function seedPictures(source: MemoryBucket, count: number, prefix = "photos/"): string[] {
  return Array.from({ length: count }, (_, n) => {
    const key = `${prefix}${String(n).padStart(5, "0")}.jpg`;
    source.seed(key, `picture ${n}`, { headers: { "content-type": "image/jpeg" } });
    return key;
  });
}

/** A manifest message with inline keys. */
export function inlineMessage(keys: readonly unknown[], more: object = {}) {
  return { v: 1, type: "manifest", source: sourcePlace, archive: archivePlace, keys, ...more } as const;
}

/** A manifest message that refers to an object of the source bucket. */
export function objectMessage(key: string, more: object = {}) {
  const manifest = { bucket: sourcePlace.bucket, region, key };
  return { v: 1, type: "manifest", source: sourcePlace, archive: archivePlace, manifest, ...more } as const;
}
