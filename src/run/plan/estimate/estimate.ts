/**
 * What a run will come to, before it is begun: rows, requests, money, time. It goes through the same planning as the run
 * itself and writes nothing. It assumes that the archive holds none of the originals but those that LISTs told of, and that nothing
 * fails; what is there already is not fetched, so a second run costs less.
 */

import { metadataSample } from "../../../archive/task/metadata-trust.ts";
import type { RunRequest } from "../../../ledger/plan/request.ts";
import { type RunOptions, restoreOf } from "../../../ledger/plan/run-options.ts";
import { archiveKeyOf } from "../../../policy/archive-key.ts";
import { headsOfAList } from "../../../policy/listing.ts";
import { createRestoreEstimate, type RestoreEstimate } from "../../../policy/money/restore-price.ts";
import { sumOfRequests } from "../../../report/tally.ts";
import { isArchiveClass } from "../../../vocabulary/choices.ts";
import type { Random } from "../../../vocabulary/clock.ts";
import { keysPerPage } from "../../../vocabulary/limits.ts";
import type { Compared, LeftOut, ListedSide, PlanEntries } from "../entry.ts";
import { createGivenKeys } from "../keys/given-keys.ts";
import { mayRepeat, noCounts, type PlanCounts, type PlanRequest, planFrom } from "../shards.ts";
import { type ByFindings, createByFindings, type FoundOfSource } from "./by-findings.ts";
import { createFilling } from "./filling.ts";
import { requestsOf } from "./row-requests.ts";

export interface Sample {
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

export interface Estimate {
  readonly rows: number;
  readonly shards: number;
  /** Rows that planning alone did not settle. */
  readonly toArchive: number;
  readonly duplicates: number;
  readonly collisions: number;
  readonly invalid: number;
  /** Rows that the archive's listing already settles: neither fetched nor asked. */
  readonly unchanged: number;
  /** What was read and is not in scope, by why; null where nothing is left out. */
  readonly leftOut: LeftOut | null;
  /** Did reading stop at --limit? */
  readonly limited: boolean;
  /** Of a manifest: what LISTs told of its rows, instead of a HEAD each; null of a listing, and of a side that no row is asked for at. */
  readonly listed: {
    readonly source: Readonly<ListedSide> | null;
    readonly archive: Readonly<ListedSide> | null;
  } | null;
  /** Rows in an archive class that the run does not restore: asked by HEAD, fetched only where they are restored, and so neither counted above nor priced. */
  readonly archivedClass: number;
  /** Where such rows are restored, and so are among those to archive; null where they are not. */
  readonly restore: RestoreEstimate | null;
  /** How those were told; null where it was not looked at: no listing, or one of which every row is fetched. */
  readonly compared: Compared | null;
  /** Of a listing: what the archive holds and the source no longer does; null where that was not looked at. */
  readonly deletedFromSource: number | null;
  /**
   * Are those all the duplicates and collisions there are? So it is up to 10,000,000 rows, and of a listing of any size whose
   * archive keys differ as its keys do. Else, beyond 10,000,000 rows, they were found within a shard only.
   */
  readonly comparedExactly: boolean;
  /** Of the rows to archive. */
  readonly bytes: {
    readonly known: number;
    readonly rowsWithSize: number;
    readonly rowsWithout: number;
    /** All of them, those without a size taken for as large as the others on average; null where no row tells its size. */
    readonly estimated: number | null;
    /** Of those: by plain GETs, for which no image processing is paid. */
    readonly plain: number | null;
  };
  /** By what was found out about the source; null where nothing was said of that. */
  readonly byFindings: ByFindings | null;
  /** How the rows to archive can be proven from what the manifest tells. */
  readonly rowsThatProve: number;
  /** Of the run, its planning included: the LISTs of a listing were counted. */
  readonly requests: Readonly<
    Record<"source.get" | "source.head" | "archive.head" | "archive.put" | "ledger", number>
  > &
    Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
}

const SAMPLES = 10;
/** Of one shard: its rows written and read, open, two LISTs, end, done, and the report's reading. */
const LEDGER_A_SHARD = 8;
/** Request, run, cursors and markers, the report. */
const LEDGER_A_RUN = 12;
const OUTCOMES_A_SEGMENT = 200;

export async function estimateRun(
  entries: PlanEntries,
  request: PlanRequest & Pick<RunRequest, "rows">,
  random: Random,
  found?: FoundOfSource,
): Promise<Estimate> {
  const counts = noCounts();
  const givenKeys = mayRepeat(request) ? createGivenKeys(random) : undefined;
  const requests: Record<"source.get" | "source.head" | "archive.head" | "archive.put" | "ledger", number> &
    Record<string, number> = {
    "source.get": 0,
    "source.head": 0,
    "archive.head": 0,
    "archive.put": 0,
    ledger: LEDGER_A_RUN,
  };
  const samples: Sample[] = [];
  const restores = createRestoreEstimate(restoreOf(request.options));
  let restored = 0;
  let shards = 0;
  let toArchive = 0;
  let rowsWithSize = 0;
  let rowsThatProve = 0;
  let archivedClass = 0;
  let archivedBytes = 0;
  let plainBytes = 0;
  let plainWithout = 0;
  const byFindings = createByFindings(found);
  /** Of the counts, up to the shard before. */
  let absent = 0;
  let unchanged = 0;
  const filling = createFilling();
  for await (const { rows } of planFrom(entries, request, { counts, givenKeys, readUpTo: undefined })) {
    if (rows.length === 0) continue;
    shards++;
    const { archive, options } = request;
    // Where nothing is skipped, nothing is listed.
    const keys =
      options.ifExists === "skip"
        ? rows.flatMap((row) =>
            row.settled === undefined ? (archiveKeyOf(row, options.archiveKey, archive.prefix, request.run) ?? []) : [],
          )
        : [];
    const spared = headsSpared(rows.length, counts, { absent, unchanged, added: filling.next(keys) }, options);
    absent = counts.absent ?? 0;
    unchanged = counts.unchanged ?? 0;
    requests["archive.head"] -= spared.heads;
    if (spared.lists > 0) requests["archive.list"] = (requests["archive.list"] ?? 0) + spared.lists;
    // Written once, read again for the report.
    requests.ledger += LEDGER_A_SHARD + 2 * Math.ceil(rows.length / OUTCOMES_A_SEGMENT);
    for (const row of rows) {
      if (row.settled !== undefined) {
        const { outcome, code, message } = row.settled;
        if (outcome === "failed" && samples.length < SAMPLES) samples.push({ key: row.key, code, message });
        continue;
      }
      const isRestored = restores.add(row) === "restored";
      if (!isRestored && isArchiveClass(row.storageClass)) {
        archivedClass++;
        archivedBytes += row.size ?? 0;
        requests["source.head"]++;
        requests["archive.head"] += requestsOf(row, request.options)["archive.head"];
        continue;
      }
      toArchive++;
      if (row.size !== undefined) rowsWithSize++;
      const needs = requestsOf(row, request.options, found?.bringsMetadata === false);
      if (requestsOf(row, request.options)["source.head"] === 0) rowsThatProve++;
      const isPaid = needs["source.plain"] === 0;
      if (isPaid) byFindings.add(row, needs["source.head"] > 0);
      if (!isPaid) {
        plainBytes += row.size ?? 0;
        if (row.size === undefined) plainWithout++;
      }
      for (const [type, count] of Object.entries(needs)) if (count > 0) requests[type] = (requests[type] ?? 0) + count;
      if (isRestored) {
        restored++;
        // Looked at before it is restored, and once it is; and so is its archive key.
        requests["source.head"] += 2 - needs["source.head"];
        requests["archive.head"] += needs["archive.head"];
      }
    }
    restores.endShard();
  }
  const { rows, duplicates, collisions, invalid } = counts;
  const known = counts.bytes - archivedBytes;
  const rowsWithout = toArchive - rowsWithSize;
  const estimated =
    rowsWithout === 0 ? known : rowsWithSize === 0 ? null : Math.round((known / rowsWithSize) * toArchive);
  const plain = rowsWithSize === 0 ? 0 : Math.round(plainBytes + (known / rowsWithSize) * plainWithout);
  return {
    rows,
    shards,
    toArchive,
    duplicates,
    collisions,
    invalid,
    unchanged: counts.unchanged ?? 0,
    leftOut: counts.leftOut ?? null,
    limited: counts.limited === true,
    listed:
      counts.listed === undefined
        ? null
        : { source: sideOf(counts.listed.source), archive: sideOf(counts.listed.archive) },
    archivedClass,
    restore: restores.estimate(),
    compared: counts.compared ?? null,
    deletedFromSource: counts.compared?.by === "listing" && !counts.limited ? (counts.deleted?.count ?? 0) : null,
    comparedExactly: givenKeys?.exact() ?? true,
    bytes: { known, rowsWithSize, rowsWithout, estimated, plain: estimated === null ? null : plain },
    rowsThatProve,
    byFindings: byFindings.told(),
    requests: sumOfRequests(
      requests,
      restored === 0 ? {} : { ...restores.requests(), "source.restore": restored },
      ...counts.requests,
    ),
    samples,
  };
}

const sideOf = (side: ListedSide | undefined) => side ?? null;

/**
 * Of one shard: rows that the archive does not have need no HEAD where the worker's own LISTs tell so once more, and how many those are.
 * They span about as many of the archive's keys as planning found there, and what the run has added among them by then.
 */
function headsSpared(
  rows: number,
  counts: PlanCounts,
  before: { readonly absent: number; readonly unchanged: number; readonly added: number },
  { ifExists }: Pick<RunOptions, "ifExists">,
): { readonly heads: number; readonly lists: number } {
  const heads = (counts.absent ?? 0) - before.absent;
  const told = counts.listed?.archive;
  const there = (counts.unchanged ?? 0) - before.unchanged;
  const now = told === undefined ? there / keysPerPage : (rows * told.lists) / told.rows;
  const lists = Math.max(1, Math.ceil(now + before.added / keysPerPage));
  return ifExists === "skip" && heads >= headsOfAList * lists ? { heads, lists } : { heads: 0, lists: 0 };
}

/**
 * HEADs of the source that are sent besides at most, in each process, until it knows whether originImage brings the metadata: of rows that need none
 * for their proof, as many as show that, and those that are under way by then.
 */
export function headsAtStart(
  { requests, rowsThatProve, byFindings }: Pick<Estimate, "requests" | "rowsThatProve" | "byFindings">,
  how: { readonly atOnce: number; readonly maxInstances: number },
): number {
  // Then each row costs one anyway.
  if (byFindings?.metadataByHead === true) return 0;
  const most = (metadataSample + how.atOnce) * how.maxInstances;
  return Math.min(most, rowsThatProve, requests["source.get"]);
}

/** Of originals, by whatever GET. */
export const fetchesOf = ({ requests }: Pick<Estimate, "requests">): number =>
  requests["source.get"] + (requests["source.plain"] ?? 0);
