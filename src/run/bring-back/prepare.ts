/**
 * A run that brings keys back from an archive: its source is the archive, read by plain GETs, and what it archives to is where the keys go.
 * All else is as of any run; its ledger lies with the archive.
 */
import { createHash } from "node:crypto";
import type { RowsSource } from "../../ledger/plan/request.ts";
import type { RunOptions } from "../../ledger/plan/run-options.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { printAddress, sameBucket } from "../../vocabulary/address.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { checkPlacesApart } from "../places/places-apart.ts";
import { versioningOf } from "../places/replaced.ts";
import type { RunInput } from "../plan/begin-run.ts";
import { isRow, type PlanEntries } from "../plan/entry.ts";
import { newRequest } from "../plan/new-request.ts";
import { type NextRun, nextRun } from "../plan/next-run.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { allRows, beforeKey, namedRows, type Wanted } from "./rows.ts";

/** What is to be brought back, and where to. */
export interface BringBack extends Omit<Wanted, "by"> {
  readonly to: Place;
  /** Where in the archive's bucket replaced objects were kept. */
  readonly history: string | undefined;
  /** Keys of the source, where only some are wanted. */
  readonly manifest: { readonly source: RowsSource; readonly entries: () => PlanEntries } | undefined;
  readonly options: RunOptions;
  /** Id of the run; derived from what is asked where absent. */
  readonly run: string | undefined;
  readonly beside: boolean | undefined;
}

export interface Prepared {
  readonly input: RunInput;
  readonly after: NextRun["after"];
  /** Keys in the archive of some of what is brought back. */
  readonly samples: readonly string[];
}

/**
 * Throws UserError `HistoryMissing`, `TooFewRows`, `PlacesOverlap`, `InvalidSetting` and what nextRun throws; BucketError.
 *
 * @param surroundings whose source is the archive (`turned`)
 */
export async function prepareBringBack(
  asked: BringBack,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { archive, to, ledger, at, history, prefix, manifest, beside } = asked;
  const bucket = surroundings.open("source", archive);
  if (manifest === undefined) beforeKey(asked);
  const by = at === undefined ? "now" : history === undefined ? await versionsOrRefuse(bucket, archive) : { history };
  const wanted: Wanted = { ...asked, by };
  const options: RunOptions = {
    ...asked.options,
    // Newer bytes are not what is asked for.
    ifChanged: "fail",
    fromArchive: {
      ...(at === undefined ? undefined : { at: isoTime(at) }),
      ...(typeof by === "object" ? { history: by.history } : undefined),
      ...(prefix === "" ? undefined : { prefix }),
    },
  };
  checkPlacesApart({ source: archive, archive: to, ledger, options });
  const when = at === undefined ? "" : ` as of ${isoTime(at)}`;
  const name = `${printAddress({ ...archive, prefix: archive.prefix + prefix })}*${when}`;
  const digest = createHash("sha256")
    .update(JSON.stringify([manifest?.source ?? null, asked.archiveKey]))
    .digest("hex");
  const rowsSource = { kind: "file", name, digest, format: "jsonl" } as const;
  const rows = (): PlanEntries =>
    manifest === undefined
      ? allRows(wanted, bucket, surroundings, signal)
      : namedRows(manifest.entries(), wanted, bucket, surroundings, signal);
  const samples = await samplesOf(rows(), name);
  const description = { source: archive, archive: to, rows: rowsSource, options };
  const naming = asked.run === undefined ? ({ kind: "derived", again: true } as const) : ({ kind: "given" } as const);
  const { request, after, before } = await nextRun(
    ledger,
    newRequest(description, asked.run, surroundings),
    naming,
    surroundings,
  );
  return { input: { ledger, request, rows, beside, before }, after, samples };
}

async function versionsOrRefuse(bucket: Bucket, archive: Place): Promise<"versions"> {
  const versioning = await versioningOf(bucket, archive.prefix);
  if (bucket.listVersions !== undefined && (versioning === "on" || versioning === "suspended")) return "versions";
  const why =
    versioning === undefined
      ? `whether ${bucket.address} keeps versions may not be asked`
      : `${bucket.address} keeps no versions`;
  throw new UserError(
    "HistoryMissing",
    `What the archive held at another time is told by its history or its versions, and no --history is given, and ${why}; say the --history that the runs had, or leave out --at.`,
  );
}

const SAMPLES = 5;

async function samplesOf(rows: PlanEntries, name: string): Promise<readonly string[]> {
  for await (const batch of rows) {
    const found = batch.flatMap((entry) => (isRow(entry) ? [entry] : []));
    if (found.length === 0) continue;
    return found.flatMap((entry) => (entry.kind === "row" ? entry.row.key : [])).slice(0, SAMPLES);
  }
  throw new UserError(
    "TooFewRows",
    `There is nothing to bring back of ${name}, so nothing was begun; check --prefix and --at.`,
  );
}

/** What is told before anything is written there. */
export interface Destination {
  readonly isEmpty: boolean;
  /** Is it where the archived originals came from? */
  readonly isSource: boolean;
}

/** @param said the source that the settings name */
export async function lookAtDestination(
  { archive, to }: Pick<BringBack, "archive" | "to">,
  { samples }: Pick<Prepared, "samples">,
  said: Place | undefined,
  surroundings: Surroundings,
): Promise<Destination> {
  const there = surroundings.open("archive", to);
  const first = await withRetries(() => there.list({ prefix: to.prefix, maxKeys: 1 }), surroundings);
  const isEmpty = first.objects.length + first.prefixes.length === 0;
  if (said !== undefined && sameBucket(said, to)) return { isEmpty, isSource: true };
  const kept = surroundings.open("source", archive);
  for (const key of samples) {
    const bucket = await originOf(kept, key, surroundings);
    if (bucket !== undefined) return { isEmpty, isSource: to.store === undefined && bucket === to.bucket };
  }
  return { isEmpty, isSource: false };
}

/** Which bucket a run says that it archived an object from; undefined where nothing says so. */
async function originOf(archive: Bucket, key: string, surroundings: Surroundings): Promise<string | undefined> {
  try {
    return (await withRetries(() => archive.head(key), surroundings)).headers["x-cos-meta-original-bucket"];
  } catch (error) {
    if (isBucketError(error)) return undefined;
    throw error;
  }
}
