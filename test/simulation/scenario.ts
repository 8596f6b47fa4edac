/** What one seed's story is about: rows, workers, weather, and what people do in the meantime. */
import { createHash } from "node:crypto";
import { crc64 } from "../../src/checksum/crc64.ts";
import type { Random } from "../../src/vocabulary/clock.ts";
import { calm, type Weather } from "./faulty-bucket.ts";

export interface ScenarioRow {
  readonly key: string;
  readonly size?: number;
  readonly etag?: string;
  readonly crc64?: string;
  readonly storageClass?: string;
}

/** How the rows are asked for: given with the message, or by a listing of the source beside that of the archive. */
export type Asking = "keys" | "listing";

/** What the archive holds before the run. */
export interface Copy {
  readonly key: string;
  readonly bytes: Buffer;
  /** Milliseconds from the source's Last-Modified to the copy's. */
  readonly laterMs: number;
}

export interface Scenario {
  readonly asking: Asking;
  /** Originals that lie in an archive class, and how long it takes to restore one. */
  readonly frozen?: { readonly classes: ReadonlyMap<string, string>; readonly restoreMs: number };
  readonly copies: readonly Copy[];
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly rows: readonly ScenarioRow[];
  readonly options: {
    readonly shardSize: number;
    readonly ifExists: "skip" | "overwrite" | "keep";
    readonly proof: "auto" | "crc64";
    readonly maxAttempts: number;
    readonly maxFailures?: string;
    readonly archivedClass?: "restore";
    readonly restoreTier?: "Bulk";
    readonly history?: string;
    readonly maxCost?: number;
    readonly events?: string;
  };
  /** Of a run with a cap: somebody looks for a halt, and gives it more; and how often who is told refuses, while the weather is bad. */
  readonly cap?: { readonly moreEachTime: number; readonly looksEveryMs: number; readonly refusedEvents: number };
  readonly brings: {
    readonly etag: boolean;
    readonly crc64: boolean;
    readonly meta: boolean;
    readonly lastModified: boolean;
    readonly contentLength: boolean;
  };
  readonly versionedLedger: boolean;
  readonly workers: number;
  readonly concurrency: number;
  /** Manifest messages sent at the start. */
  readonly planners: number;
  readonly limitMs: number;
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
  readonly crash: number;
  readonly duplicates: number;
  readonly skewMs: number;
  readonly weather: Weather;
  readonly stormMs: number;
  readonly replacements: readonly { readonly at: number; readonly key: string; readonly bytes: Buffer }[];
  readonly cancelAt: number | undefined;
  readonly cancelledMs: number;
}

export function scenarioOf(random: Random, asking: Asking = "keys"): Scenario {
  const chance = (probability: number) => random() < probability;
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const some = (probability: number, most: number) => (chance(probability) ? random() * most : 0);
  const bytesOf = (size: number) => {
    const bytes = Buffer.alloc(size, between(0, 255));
    bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), 0);
    return bytes;
  };
  const count = between(1, asking === "listing" ? 30 : 12);
  const objects = new Map<string, Buffer>();
  const rows: ScenarioRow[] = [];
  const large = chance(0.15);
  for (let n = 0; n < count; n++) {
    const key = `photos/${n} ü+%.jpg`;
    const bytes =
      n === 0 && large
        ? bytesOf(1024 * 1024 + between(1, 5000))
        : chance(0.05)
          ? Buffer.alloc(0)
          : bytesOf(between(4, 2000));
    if (!chance(0.06)) objects.set(key, bytes);
    const known = random();
    rows.push(
      known < 0.4
        ? { key }
        : known < 0.7
          ? { key, size: bytes.length, etag: createHash("md5").update(bytes).digest("hex") }
          : known < 0.85
            ? { key, size: bytes.length, crc64: crc64(bytes) }
            : { key, size: bytes.length },
    );
    if (chance(0.05)) rows.push({ key });
  }
  const limitMs = chance(0.3) ? 30_000 : 900_000;
  const keys = [...objects.keys()];
  const storm = chance(0.15) ? 0 : 1;
  const stormMs = between(60_000, 3_600_000);
  const scenario: Scenario = {
    asking,
    copies: [],
    objects,
    rows,
    options: {
      shardSize: between(1, 5),
      ifExists: chance(0.7) ? "skip" : chance(0.7) ? "overwrite" : "keep",
      proof: chance(0.8) ? "auto" : "crc64",
      maxAttempts: chance(0.2) ? 2 : 50,
    },
    brings: {
      etag: chance(0.7),
      crc64: chance(0.7),
      meta: chance(0.7),
      lastModified: chance(0.7),
      contentLength: chance(0.8),
    },
    versionedLedger: chance(0.2),
    workers: between(2, 4),
    concurrency: between(1, 4),
    planners: chance(0.4) ? 2 : 1,
    limitMs,
    visibilitySeconds: chance(0.25) ? between(1, 60) : Math.ceil((6 * limitMs) / 1000),
    maxReceives: chance(0.3) ? 3 : 1000,
    crash: storm * some(0.7, 0.9),
    duplicates: some(0.5, 0.5),
    skewMs: some(0.3, 120_000),
    weather: {
      ...calm,
      latencyMs: chance(0.2) ? 2_000 : 20,
      resetBefore: storm * some(0.5, 0.2),
      resetAfter: storm * some(0.5, 0.2),
      slowDown: storm * some(0.4, 0.5),
      serverError: storm * some(0.4, 0.3),
      skewed: storm * some(0.2, 0.05),
      truncated: storm * some(0.4, 0.3),
      flipped: storm * some(0.4, 0.3),
      placeholder: storm * some(0.4, 0.3),
      errorDocument: storm * some(0.3, 0.2),
      listLagMs: storm * some(0.2, 5_000),
    },
    stormMs,
    replacements:
      keys.length > 0 && chance(0.3)
        ? [
            {
              at: between(1, stormMs),
              key: keys[between(0, keys.length - 1)] as string,
              bytes: bytesOf(between(4, 2000)),
            },
          ]
        : [],
    cancelAt: chance(0.3) ? between(1, 120_000) : undefined,
    cancelledMs: between(1_000, 3_600_000),
  };
  if (asking === "keys") return scenario;
  const copies: Copy[] = [];
  for (const [key, bytes] of objects) {
    if (chance(0.4)) continue;
    const stale = chance(0.2);
    copies.push({
      key,
      bytes: stale ? bytesOf(Math.max(4, bytes.length)) : bytes,
      laterMs: stale ? -between(1, 3_600_000) : chance(0.3) ? between(0, 899_000) : between(900_000, 3_600_000),
    });
  }
  for (let n = between(0, 3); n > 0; n--) copies.push({ key: `photos/${n} gone.jpg`, bytes: bytesOf(8), laterMs: 0 });
  return {
    ...scenario,
    copies,
    rows: keys.sort().map((key) => ({ key })),
    limitMs: chance(0.3) ? 12_000 : limitMs,
  };
}

/** Where copies of replaced objects are kept: what a listing of the archive leaves out. */
export const historyOf = ".originals/history/";

/** The same, but much of what the archive holds is something else, which is copied before it is replaced. */
export function historyScenario(random: Random, usual: Scenario): Scenario {
  const copies = usual.copies.map((copy) => {
    if (random() < 0.5) return copy;
    const bytes = Buffer.from(`an earlier ${copy.key} ${Math.floor(random() * 1e6)}`);
    return { ...copy, bytes, laterMs: -1 - Math.floor(random() * 3_600_000) };
  });
  const ifExists = usual.options.ifExists === "keep" ? "skip" : usual.options.ifExists;
  return { ...usual, copies, options: { ...usual.options, ifExists, history: historyOf } };
}

/** The same, but some originals, or all, lie in an archive class, as their rows say or not. */
export function frozenScenario(random: Random, usual: Scenario): Scenario {
  const share = random() < 0.3 ? 1 : random();
  const classes = new Map<string, string>();
  for (const key of usual.objects.keys()) {
    if (random() < share) classes.set(key, random() < 0.5 ? "ARCHIVE" : "DEEP_ARCHIVE");
  }
  const rows = usual.rows.map((row) => {
    const storageClass = classes.get(row.key);
    return storageClass === undefined || random() < 0.3 ? row : { ...row, storageClass };
  });
  const restoreMs = Math.round(random() < 0.3 ? random() * 60_000 : random() * 6 * 3_600_000);
  return {
    ...usual,
    rows,
    frozen: { classes, restoreMs },
    options: { ...usual.options, archivedClass: "restore", restoreTier: "Bulk" },
  };
}
