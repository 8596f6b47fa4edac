/**
 * summary.json, and what `run --json` and `status --json` print: schema `cos-originals/summary@1`. Fields are added to it,
 * never changed; a reader passes over those it does not know.
 */
import * as z from "zod";
import { figuresDocument, figuresOf, figuresShape, sampleShape } from "./figures/figures.ts";
import { emptyTally, type Failure, type Requests, rowsOf, sumOfRequests, type Tally } from "./tally.ts";

export const SUMMARY_SCHEMA = "cos-originals/summary@1";

export const runStates = ["running", "complete", "incomplete", "halted", "cancelled"] as const;
export type RunState = (typeof runStates)[number];

const count = z.number().int().nonnegative();
const time = z.iso.datetime({ precision: 3 }).or(z.iso.datetime({ precision: 0 }));

/** As if all of the month's free volume were left, and as if none were. */
const costRange = z.object({ from: z.number().nonnegative(), upTo: z.number().nonnegative() });

/** Fields that a LIST can't tell are null in `status` without `--full`. Made where one is read: a function that works a shard reads none. */
export const summaryShape = z.lazy(() =>
  z.looseObject({
    schema: z.literal(SUMMARY_SCHEMA),
    run: z.string(),
    state: z.enum(runStates),
    /** archived + skipped + failed + pending, always. */
    rows: count,
    archived: count,
    /** Counts among `archived`: an earlier attempt had put the bytes and could not record it. */
    recovered: count.nullable(),
    skipped: count,
    failed: count,
    pending: count,
    /** Archived bytes. */
    bytes: count,
    /** Among them: of originals that came by plain GETs, for which no image processing is paid; absent where there are none. */
    plainBytes: count.optional(),
    proofs: z.object({ "content-md5": count, crc64: count, size: count }).nullable(),
    requests: z
      .object({
        "source.get": count,
        "source.head": count,
        "archive.put": count,
        "archive.head": count,
        ledger: count,
        queue: count,
      })
      .catchall(count)
      .nullable(),
    retries: count.nullable(),
    /** How many originals were under way at once in each process, the fewest and the most, where that was found by trying (--concurrency auto). */
    atOnce: z.object({ least: count, most: count }).optional(),
    /** The most frequent first; up to ten keys of each code, and of rows that could not be read what is wrong with each. */
    failures: z
      .array(
        z.object({
          code: z.string(),
          count,
          keys: z.array(z.string()),
          messages: z.array(z.string()).optional(),
          /** The first twenty of these rows, and what was said of each. */
          samples: z.array(sampleShape).optional(),
        }),
      )
      .nullable(),
    /** In `status` without `--full`, of a run that is not over: what shards that are not over have recorded counts as pending. */
    atLeast: z.boolean().optional(),
    /** In `status`: shards that were sent and that nobody works on; `atLeast`: not all were looked at. The first ten are numbered. */
    idle: z.object({ shards: count, atLeast: z.boolean(), since: time, numbers: z.array(count) }).optional(),
    /**
     * Of a run that is not over: rows that wait until their originals are restored from an archive class, when the first of them are looked at
     * again by whoever works on it then, and for how many days the restored copies are kept. Absent where there are none.
     */
    restoring: z.object({ rows: count, lookAt: time, days: count }).optional(),
    /** ISO 8601 UTC; null before the run began. */
    startedAt: time.nullable(),
    /** Null while the run goes on. */
    endedAt: time.nullable(),
    /** From start to end, or to now. */
    seconds: z.number().nonnegative().nullable(),
    /** Why a run was halted or cancelled. */
    reason: z.string().optional(),
    /** The run whose failed rows these are. */
    redriveOf: z.string().optional(),
    /** What the rows were read from: `cos://BUCKET/KEY`, a file name, or `cos://BUCKET/PREFIX*` for a listing. */
    manifest: z.string().optional(),
    /** Among `skipped`: what listings alone told to be unchanged, and stands in no CSV. */
    unchanged: count.optional(),
    /**
     * Of a listing compared with the archive's: what the archive holds and the source no longer does. Up to a hundred keys. `new`: those that
     * the last complete run of the same, `since`, had not found, or all where there was none.
     */
    deletedFromSource: z
      .object({ count, keys: z.array(z.string()), new: count.optional(), since: z.string().optional() })
      .optional(),
    /** Of a listing: why it was not looked for what is deleted. */
    deletedUnknown: z.string().optional(),
    /** Of a run that tells others: shards whose archived rows, and whether the run's end, they could not be told of yet. */
    undelivered: count.optional(),
    /** What of the manifest or the listing is not in scope, and so among no rows, by why. */
    leftOut: z
      .object({ filter: count.optional(), except: count.optional(), size: count.optional(), age: count.optional() })
      .optional(),
    /** Planning stopped at --limit: what comes after was not looked at. */
    limited: z.boolean().optional(),
    /** What it was to cost by its plan, and what it came to, by prices that are indicative. */
    cost: z
      .object({
        currency: z.string(),
        /** The day of the list prices, which the settings of whoever wrote this may replace. */
        listPricesOf: z.string(),
        /** Null where no row told its size. */
        planned: costRange.nullable(),
        spent: costRange,
        /** By type, as far as its plan tells. */
        plannedRequests: z.record(z.string(), count).optional(),
      })
      .optional(),
    /** What was asked of it. */
    asked: z
      .object({
        source: z.string(),
        archive: z.string(),
        /** Address of the ledger, and its region, which a folder has none of. */
        ledger: z.string(),
        region: z.string().optional(),
        /** As flags say them, where they differ from what is so without them. */
        options: z.record(z.string(), z.string()),
        /** Which version began it. */
        tool: z.string(),
      })
      .optional(),
    /** Who wrote this: version and machine. */
    writtenBy: z.object({ tool: z.string(), host: z.string().optional() }).optional(),
    /** What a report draws from: when what happened, sizes, times. */
    figures: figuresShape.optional(),
  }),
);

/**
 * What became of a run: summary.json, and what `run --json` and `status --json` print. Fields are added to it, never changed; rows =
 * archived + skipped + failed + pending, always. Times are ISO 8601 UTC.
 */
export type Summary = z.infer<typeof summaryShape>;
export type SummaryFailure = NonNullable<Summary["failures"]>[number];

export interface RunFacts {
  readonly run: string;
  readonly state: RunState;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  /** For the seconds of a run that goes on. */
  readonly now?: number | undefined;
  readonly reason?: string | undefined;
  readonly redriveOf?: string | undefined;
  readonly manifest?: string | undefined;
  readonly atLeast?: boolean | undefined;
  readonly idle?: Summary["idle"];
  readonly restoring?: Summary["restoring"];
  readonly unchanged?: number | undefined;
  readonly deletedFromSource?:
    | {
        readonly count: number;
        readonly keys: readonly string[];
        readonly new?: number | undefined;
        readonly since?: string | undefined;
      }
    | undefined;
  readonly deletedUnknown?: string | undefined;
  readonly undelivered?: number | undefined;
  readonly leftOut?: Summary["leftOut"];
  readonly limited?: boolean | undefined;
  readonly cost?: Summary["cost"];
  readonly asked?: Summary["asked"];
  readonly writtenBy?: Summary["writtenBy"];
  /** Sent before there was a row to count, by planning. */
  readonly requests?: Readonly<Record<string, number>> | undefined;
}

export function tallyToSummary(tally: Tally, facts: RunFacts): Summary {
  const { run, state, startedAt, endedAt, now, reason, redriveOf, manifest, leftOut, limited, cost } = facts;
  const until = endedAt ?? now;
  const figures = figuresDocument(tally.figures, tally.archived + tally.skipped + tally.failed);
  return {
    schema: SUMMARY_SCHEMA,
    run,
    state,
    rows: rowsOf(tally),
    archived: tally.archived,
    recovered: tally.recovered,
    skipped: tally.skipped,
    failed: tally.failed,
    pending: tally.pending,
    bytes: tally.bytes,
    ...(tally.plainBytes === 0 ? {} : { plainBytes: tally.plainBytes }),
    proofs: { ...tally.proofs },
    requests: sumOfRequests(tally.requests, facts.requests ?? {}),
    retries: tally.retries,
    ...(tally.atOnce === undefined ? {} : { atOnce: tally.atOnce }),
    failures: failuresOf(tally),
    ...(facts.atLeast === undefined ? {} : { atLeast: facts.atLeast }),
    ...(facts.idle === undefined ? {} : { idle: facts.idle }),
    ...(facts.restoring === undefined ? {} : { restoring: facts.restoring }),
    startedAt: isoTime(startedAt),
    endedAt: isoTime(endedAt),
    seconds: startedAt === undefined || until === undefined ? null : Math.max(0, until - startedAt) / 1000,
    ...(reason === undefined ? {} : { reason }),
    ...(redriveOf === undefined ? {} : { redriveOf }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(facts.unchanged === undefined ? {} : { unchanged: facts.unchanged }),
    ...deletedOf(facts),
    ...(facts.undelivered === undefined ? {} : { undelivered: facts.undelivered }),
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(limited === undefined ? {} : { limited }),
    ...(cost === undefined ? {} : { cost }),
    ...(facts.asked === undefined ? {} : { asked: facts.asked }),
    ...(facts.writtenBy === undefined ? {} : { writtenBy: facts.writtenBy }),
    ...(figures === undefined ? {} : { figures }),
  };
}

function deletedOf({
  deletedFromSource,
  deletedUnknown,
}: RunFacts): Pick<Summary, "deletedFromSource" | "deletedUnknown"> {
  const unknown = deletedUnknown === undefined ? {} : { deletedUnknown };
  if (deletedFromSource === undefined) return unknown;
  const { count, keys, new: those, since } = deletedFromSource;
  const told = { ...(those === undefined ? {} : { new: those }), ...(since === undefined ? {} : { since }) };
  return { deletedFromSource: { count, keys: [...keys], ...told }, ...unknown };
}

/** What `status` can tell by LISTs alone: the counts; the rest is null. */
export function listedSummary(
  counts: Pick<Tally, "archived" | "skipped" | "failed" | "pending" | "bytes">,
  facts: RunFacts,
): Summary {
  const { figures: _, ...summary } = tallyToSummary({ ...emptyTally(), ...counts }, facts);
  return { ...summary, recovered: null, proofs: null, requests: null, retries: null, failures: null };
}

/** The tally a summary was made of, for merging the summaries of a run's parts. What is null counts as nothing. */
export function summaryToTally(summary: Summary): Tally {
  const tally = emptyTally();
  const { archived, skipped, failed, pending, bytes } = summary;
  Object.assign(tally, { archived, skipped, failed, pending, bytes });
  tally.plainBytes = summary.plainBytes ?? 0;
  tally.recovered = summary.recovered ?? 0;
  tally.retries = summary.retries ?? 0;
  tally.atOnce = summary.atOnce;
  Object.assign(tally.proofs, summary.proofs);
  Object.assign(tally.requests, summary.requests satisfies Requests | null);
  for (const { code, ...failure } of summary.failures ?? []) tally.failures.set(code, copyOf(failure));
  return { ...tally, figures: figuresOf(summary.figures, archived + skipped + failed) };
}

const summarySchema = z.lazy(() =>
  summaryShape.refine((summary) => summary.rows === rowsOf(summary), {
    path: ["rows"],
    error: "rows is not archived + skipped + failed + pending",
  }),
);

/** Reads a summary.json. Throws ZodError where it is none, or its rows do not add up. */
export const parseSummary = (value: unknown): Summary => summarySchema.parse(value);

function failuresOf(tally: Tally): SummaryFailure[] {
  return [...tally.failures]
    .map(([code, failure]) => ({ code, ...copyOf(failure) }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

const copyOf = ({ count, keys, messages, samples }: Failure | Omit<SummaryFailure, "code">) => ({
  count,
  keys: [...keys],
  ...(messages === undefined ? {} : { messages: [...messages] }),
  ...(samples === undefined ? {} : { samples: [...samples] }),
});

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
