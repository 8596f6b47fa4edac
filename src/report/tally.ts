/**
 * What a run comes to, counted outcome by outcome. A tally of a whole is the merge of the tallies of its parts, in whatever
 * groups they are merged (merging is associative; only which sample keys are kept depends on the order).
 */
import type { Outcome, Proof } from "../vocabulary/outcome.ts";
import { addFigures, addRow, emptyFigures, type Figures, type FoundAt } from "./figures/figures.ts";
import { firstSamples, type Sample, sampleOf, withSample } from "./figures/samples.ts";

/** `queue` is always 0: what is sent to queues comes after the last that a shard writes down. Whoever reads a ledger beside this version expects it. */
export const requestTypes = ["source.get", "source.head", "archive.put", "archive.head", "ledger", "queue"] as const;
export type RequestType = (typeof requestTypes)[number];
/** Of a row too, but only where the run does so: they are counted where there are any. */
export const furtherRequestTypes = ["source.plain", "source.restore", "archive.list", "archive.copy"] as const;
export type FurtherRequestType = (typeof furtherRequestTypes)[number];

/** Requests by type. Further types (`source.list`) may be counted beside those that are always there. */
export type Requests = Record<string, number> & Record<RequestType, number>;

/** As many keys of each failure are kept as samples. */
export const SAMPLE_KEYS = 10;
/** And so many characters of what is wrong with one. */
const MESSAGE_LENGTH = 200;

export interface Failure {
  count: number;
  keys: string[];
  /** Where each row stands in its manifest, and what is wrong with it, beside `keys`: of rows that could not be read, which may have no key. */
  messages?: string[];
  /** The first of these rows, and what was said of each. Of an older version none. */
  samples?: readonly Sample[];
}

/** The fewest and the most. */
export interface AtOnce {
  readonly least: number;
  readonly most: number;
}

export interface Tally {
  archived: number;
  /** Counts among `archived`. */
  recovered: number;
  skipped: number;
  failed: number;
  pending: number;
  /** Archived bytes. */
  bytes: number;
  /** Among them: of originals that came by plain GETs, for which no image processing is paid. */
  plainBytes: number;
  readonly proofs: Record<Proof, number>;
  readonly requests: Requests;
  /** Requests beyond the first of their kind for one try of a row. */
  retries: number;
  /** How many tasks ran at once in the processes that worked it, where that was found by trying. */
  atOnce?: AtOnce | undefined;
  /** By code. */
  readonly failures: Map<string, Failure>;
  /** What a report draws from. */
  readonly figures: Figures;
}

export function emptyTally(): Tally {
  return {
    archived: 0,
    recovered: 0,
    skipped: 0,
    failed: 0,
    pending: 0,
    bytes: 0,
    plainBytes: 0,
    proofs: { "content-md5": 0, crc64: 0, size: 0 },
    requests: { "source.get": 0, "source.head": 0, "archive.put": 0, "archive.head": 0, ledger: 0, queue: 0 },
    retries: 0,
    failures: new Map(),
    figures: emptyFigures(),
  };
}

/** archived + skipped + failed + pending. */
export function rowsOf(tally: Pick<Tally, "archived" | "skipped" | "failed" | "pending">): number {
  return tally.archived + tally.skipped + tally.failed + tally.pending;
}

/** Counts one row's outcome, in place. Each row is to be counted once: after the fold. */
export function addOutcome(tally: Tally, outcome: Outcome, at: FoundAt = { first: 0 }): void {
  tally[outcome.outcome]++;
  addRow(tally.figures, outcome, at);
  if (outcome.outcome === "archived") {
    if (outcome.recovered) tally.recovered++;
    const bytes = outcome.receivedSize ?? outcome.expectedSize ?? 0;
    tally.bytes += bytes;
    if (outcome.plain) tally.plainBytes += bytes;
    if (outcome.proof !== undefined) tally.proofs[outcome.proof]++;
  } else if (outcome.outcome === "failed") {
    const messages = outcome.code === "InvalidRow" ? [(outcome.message ?? "").slice(0, MESSAGE_LENGTH)] : undefined;
    const samples = [sampleOf(outcome, at.first)];
    addFailure(tally.failures, outcome.code ?? "Unknown", { count: 1, keys: [outcome.key], messages, samples });
  }
}

/** Requests by type, of all together. */
export function sumOfRequests<R extends Record<string, number>>(
  first: Readonly<R>,
  ...others: readonly Readonly<Record<string, number>>[]
): R {
  const sum: Record<string, number> = { ...first };
  for (const requests of others) {
    for (const [type, count] of Object.entries(requests)) sum[type] = (sum[type] ?? 0) + count;
  }
  return sum as R;
}

/** Counts requests by type, and retries, in place. */
export function addRequests(tally: Tally, requests: Readonly<Record<string, number | undefined>>, retries = 0): void {
  for (const [type, count] of Object.entries(requests)) {
    if (count !== undefined) tally.requests[type] = (tally.requests[type] ?? 0) + count;
  }
  tally.retries += retries;
}

/** Takes in that so many ran at once, in place. */
export function addAtOnce(tally: Tally, least: number | undefined, most = least): void {
  if (least === undefined || most === undefined) return;
  const known = tally.atOnce ?? { least, most };
  tally.atOnce = { least: Math.min(known.least, least), most: Math.max(known.most, most) };
}

/** The tally of both together; neither is changed. */
export function mergeTally(a: Tally, b: Tally): Tally {
  const merged = emptyTally();
  for (const part of [a, b]) {
    merged.archived += part.archived;
    merged.recovered += part.recovered;
    merged.skipped += part.skipped;
    merged.failed += part.failed;
    merged.pending += part.pending;
    merged.bytes += part.bytes;
    merged.plainBytes += part.plainBytes;
    for (const [proof, count] of Object.entries(part.proofs)) merged.proofs[proof as Proof] += count;
    addRequests(merged, part.requests, part.retries);
    addAtOnce(merged, part.atOnce?.least, part.atOnce?.most);
    for (const [code, failure] of part.failures) addFailure(merged.failures, code, failure);
    addFigures(merged.figures, part.figures);
  }
  return merged;
}

function addFailure(
  failures: Map<string, Failure>,
  code: string,
  {
    count,
    keys,
    messages,
    samples = [],
  }: Readonly<Omit<Failure, "messages">> & { readonly messages?: readonly string[] | undefined },
): void {
  const failure = failures.get(code) ?? { count: 0, keys: [] };
  failures.set(code, failure);
  failure.count += count;
  const [sample, ...others] = samples;
  if (sample !== undefined) {
    const before = failure.samples ?? [];
    failure.samples = others.length === 0 ? withSample(before, sample) : firstSamples([...before, ...samples]);
  }
  // An older version's summary has none beside its keys: then there are none beside these.
  if (messages !== undefined && (failure.messages ?? []).length === failure.keys.length) {
    failure.messages = [...(failure.messages ?? []), ...messages].slice(0, SAMPLE_KEYS);
  }
  for (const key of keys) {
    if (failure.keys.length === SAMPLE_KEYS) break;
    failure.keys.push(key);
  }
}
