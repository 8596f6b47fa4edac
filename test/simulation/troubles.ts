/**
 * What is refused to everybody, or to one worker alone, from some time on; which workers are older than the run; and who looks after it.
 * The refusals are of every key, so that sooner or later somebody has to notice.
 */
import { createHash } from "node:crypto";
import type { Random } from "../../src/vocabulary/clock.ts";
import type { RowRequest } from "../../src/vocabulary/row-request.ts";
import { calm } from "./faulty-bucket.ts";
import type { Scenario, ScenarioRow } from "./scenario.ts";

export interface Trouble {
  readonly by: RowRequest;
  /** How it is refused; a placeholder comes with status 200 instead of the original. */
  readonly how: { readonly code: string; readonly status: number } | "placeholder";
  /** ms from the beginning. */
  readonly from: number;
  readonly until: number;
  /** The only worker that meets it; everybody where absent. */
  readonly worker: number | undefined;
}

/** A worker of an earlier version, until it is brought up to date. */
export interface Older {
  readonly worker: number;
  /** It gives no pulse and marks no trial; or it can't do what the run needs. */
  readonly lacks: "pulse" | "need";
  readonly until: number;
}

export interface Troubles {
  readonly refusals: readonly Trouble[];
  readonly older: readonly Older[];
  readonly maxInstances: number;
  /** Somebody looks for a halt so often, and resumes once its cause has gone. */
  readonly looksEveryMs: number;
  /** So often it is resumed though the cause is still there. */
  readonly impatience: number;
}

/** Of a story about something else: nobody is refused, and nobody need look. */
export const noTroubles: Troubles = {
  refusals: [],
  older: [],
  maxInstances: 1,
  looksEveryMs: Number.POSITIVE_INFINITY,
  impatience: 0,
};

const ways: readonly Pick<Trouble, "by" | "how">[] = [
  { by: "source.get", how: { code: "AccessDenied", status: 403 } },
  { by: "source.get", how: { code: "UnavailableForLegalReasons", status: 451 } },
  { by: "source.get", how: { code: "InvalidAccessKeyId", status: 403 } },
  { by: "source.get", how: "placeholder" },
  { by: "source.head", how: { code: "AccessDenied", status: 403 } },
  { by: "archive.put", how: { code: "AccessDenied", status: 403 } },
  { by: "archive.put", how: { code: "NotSupportedStorageClass", status: 400 } },
  { by: "archive.put", how: { code: "PaymentRequired", status: 402 } },
  { by: "archive.head", how: { code: "AccessDenied", status: 403 } },
];

const MINUTE = 60_000;

export function troublesOf(random: Random, { workers }: Pick<Scenario, "workers">): Troubles {
  const chance = (probability: number) => random() < probability;
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const way = () => ways[between(0, ways.length - 1)] as (typeof ways)[number];
  const refusals: Trouble[] = [];
  const kind = random();
  // From before the run, or out of the middle of it.
  const begin = () => (chance(0.3) ? 0 : Math.round(random() ** 3 * 3 * MINUTE));
  if (kind < 0.55) {
    const from = begin();
    refusals.push({ ...way(), from, until: from + between(MINUTE, 120 * MINUTE), worker: undefined });
  }
  if (kind >= 0.4) {
    const from = begin();
    refusals.push({ ...way(), from, until: from + between(MINUTE, 120 * MINUTE), worker: between(0, workers - 1) });
  }
  const older: Older[] = chance(0.3)
    ? [
        {
          worker: between(0, workers - 1),
          lacks: chance(0.5) ? "pulse" : "need",
          until: between(MINUTE, 60 * MINUTE),
        },
      ]
    : [];
  return {
    refusals,
    older,
    maxInstances: [1, workers, 40, 100][between(0, 3)] as number,
    looksEveryMs: between(MINUTE, 40 * MINUTE),
    impatience: chance(0.3) ? between(1, 2) : 0,
  };
}

/** What a worker is refused by this request at this time, ms from the beginning. */
export function troubleOf(
  { refusals }: Troubles,
  by: RowRequest,
  worker: number | undefined,
  at: number,
): Trouble | undefined {
  return refusals.find(
    (one) => one.by === by && at >= one.from && at < one.until && (one.worker === undefined || one.worker === worker),
  );
}

/** Is everybody refused by something at this time? */
export const isEverybodys = ({ refusals }: Troubles, at: number): boolean =>
  refusals.some(({ from, until, worker }) => worker === undefined && at >= from && at < until);

export const olderAt = ({ older }: Troubles, worker: number | undefined, at: number): Older | undefined =>
  older.find((one) => one.worker === worker && at < one.until);

/** The same story with as many rows as refusals need to show themselves, and mostly in calm weather, so that little else explains them. */
export function troubledScenario(random: Random, base: Scenario): Scenario {
  const chance = (probability: number) => random() < probability;
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const objects = new Map<string, Buffer>();
  const rows: ScenarioRow[] = [];
  const missing = chance(0.25) ? 0.3 : 0.02;
  for (let n = between(15, 80); n > 0; n--) {
    const key = `photos/${n}.jpg`;
    const bytes = Buffer.from(`the original of ${n}, ${random()}`);
    if (!chance(missing)) objects.set(key, bytes);
    const known = { key, size: bytes.length, etag: createHash("md5").update(bytes).digest("hex") };
    rows.push(chance(0.3) ? { key } : known);
  }
  // Of most runs of a schedule nearly all is there already: then only a few rows have to show whether any can be archived.
  const copied = chance(0.25) ? 0.9 : 0;
  const copies = [...objects].filter(() => chance(copied)).map(([key, bytes]) => ({ key, bytes, laterMs: 3_600_000 }));
  const quiet = chance(0.6);
  // Slow enough for a run to last for some heartbeats.
  const latencyMs = chance(0.6) ? 2_000 : base.weather.latencyMs;
  const weather = { ...(quiet ? calm : base.weather), latencyMs };
  return {
    ...base,
    objects,
    rows,
    copies,
    weather,
    options: {
      ...base.options,
      shardSize: chance(0.5) ? between(1, 9) : between(10, 80),
      maxAttempts: 50,
      ...(missing > 0.1 && chance(0.7) ? { maxFailures: String(between(0, 8)) } : {}),
    },
    crash: quiet ? 0 : base.crash,
    replacements: [],
  };
}
