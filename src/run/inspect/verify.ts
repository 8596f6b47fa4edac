/**
 * Does the archive still hold what the ledger says? Every archived object is asked by HEAD, shard by shard: memory is that of
 * a few shards, however many rows there are.
 */

import { isMd5, sameEtag } from "../../archive/proof/identity.ts";
import { createPace } from "../../archive/shard/pace/pace.ts";
import { type Provenance, provenanceOf } from "../../archive/task/archive-headers.ts";
import { groupsOf } from "../../ledger/group.ts";
import { type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { foldEach } from "../../ledger/shard/fold-shards.ts";
import { describeOutcomes, listGroup } from "../../ledger/shard/listed-shards.ts";
import type { Bucket, ObjectInfo } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { startsAt } from "../../policy/concurrency/auto-concurrency.ts";
import { emptyTally } from "../../report/tally.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { resolved } from "../finalize/resolved.ts";
import { type Place, runIdSchema } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { requestsAtOnce } from "./requests-at-once.ts";
import { statusOf } from "./status.ts";

export type DifferenceKind =
  /** There is no such object. */
  | "missing"
  /** It has another length. */
  | "size"
  /** It has the length, but other bytes, by its CRC64 or its ETag. */
  | "checksum";

export interface Difference {
  readonly kind: DifferenceKind;
  /** In words, with both values. */
  readonly message: string;
  /** What the ledger says of the row. */
  readonly outcome: Outcome;
}

export interface Verified {
  readonly request: RunRequest;
  readonly state: string;
  /** Objects asked for. */
  readonly checked: number;
  /** Of them, those as the ledger says. */
  readonly same: number;
  /** Among `same`: neither ledger nor archive tell a checksum to compare, so only the length agrees. */
  readonly sizeOnly: number;
  /** A later run of this ledger archived another original there, and what lies there is that one: as it should be. */
  readonly replaced: number;
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** Rows that are not archived, so there is nothing to check. */
  readonly unarchived: number;
  readonly rows: number;
}

export interface VerifyOptions {
  /** Called for each, in no particular order. What it returns is waited for. */
  readonly onDifference: (difference: Difference) => void | Promise<void>;
  readonly onProgress?: ((checked: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Errors: UserError `NoSuchRun`, `RunNotPlanned`, `LedgerIncomplete`; BucketError where the archive can't be asked. */
export async function verifyRun(
  place: Place,
  id: string,
  surroundings: Surroundings,
  { onDifference, onProgress, signal }: VerifyOptions,
): Promise<Verified> {
  const { ledger, run, summary } = await statusOf(place, id, surroundings);
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(id)} is still being planned: nothing is archived yet.`,
    );
  }
  const archive = surroundings.open("archive", run.request.archive);
  const pace = createPace({
    ...surroundings.settings,
    clock: surroundings.clock,
    random: surroundings.random,
    log: surroundings.log,
  });
  // HEADs are all alike: what is tried first is enough.
  const { concurrency, memory } = surroundings.settings;
  const atOnce = requestsAtOnce(memory === undefined ? concurrency : Math.min(concurrency, startsAt));
  const isLater = laterRuns(place, run.request, surroundings);
  const counts = { checked: 0, same: 0, sizeOnly: 0, replaced: 0, archived: 0 };
  const differences = { missing: 0, size: 0, checksum: 0 };
  const check = async (outcome: Outcome & { readonly archiveKey: string }) => {
    await pace.beforeFetch(signal);
    if (signal?.aborted) return;
    const found = await look(archive, outcome, isLater, surroundings);
    counts.checked++;
    onProgress?.(counts.checked, summary.archived);
    if (found.kind === "same") {
      counts.same++;
      if (found.sizeOnly) counts.sizeOnly++;
      return;
    }
    if (found.kind === "replaced") {
      counts.replaced++;
      return;
    }
    differences[found.kind]++;
    await onDifference({ kind: found.kind, message: found.message, outcome });
  };
  for (let group = 0; group < groupsOf(run) && !signal?.aborted; group++) {
    for await (const { rows } of foldEach(ledger, await listGroup(ledger, group), emptyTally())) {
      for (const folded of rows.values()) {
        if (signal?.aborted) break;
        const outcome = await resolved(folded, archive, emptyTally(), surroundings);
        if (outcome.outcome === "archived") counts.archived++;
        const { archiveKey } = outcome;
        if (holdsIt(outcome) && archiveKey !== undefined) await atOnce.begin(() => check({ ...outcome, archiveKey }));
      }
    }
  }
  await atOnce.ended();
  if (summary.state === "complete" && !signal?.aborted && counts.archived < summary.archived) {
    throw new UserError(
      "LedgerIncomplete",
      `The ledger of the run ${JSON.stringify(id)} tells of ${counts.archived} ${nounOf(counts.archived, "archived row")}, but the run ended with ${summary.archived}; something deletes below ${describeOutcomes(ledger)}.`,
    );
  }
  const { archived: _, ...found } = counts;
  const { rows, state } = summary;
  return { request: run.request, state, ...found, differences, unarchived: rows - counts.checked, rows };
}

/** Archived by this run, or found to be this original by it. `Kept` objects may be anything. */
function holdsIt({ outcome, code, receivedSize }: Outcome): boolean {
  return outcome === "archived" || (outcome === "skipped" && code === "AlreadyArchived" && receivedSize !== undefined);
}

type Look =
  | { readonly kind: "same"; readonly sizeOnly: boolean }
  | { readonly kind: DifferenceKind; readonly message: string };

type IsLater = (run: string) => Promise<boolean>;

async function look(
  archive: Bucket,
  outcome: Outcome & { readonly archiveKey: string },
  isLater: IsLater,
  surroundings: Surroundings,
): Promise<Look | { readonly kind: "replaced" }> {
  try {
    const there = await withRetries(() => archive.head(outcome.archiveKey), surroundings);
    const found = compareWithLedger(outcome, there);
    if (found.kind === "same") return found;
    const by = provenanceOf(there);
    return by !== undefined && isAsArchived(by, there) && (await isLater(by.run)) ? { kind: "replaced" } : found;
  } catch (error) {
    if (isBucketError(error) && error.status === 404 && error.code !== "NoSuchBucket") {
      return { kind: "missing", message: `there is no object ${JSON.stringify(outcome.archiveKey)} in the archive` };
    }
    throw error;
  }
}

/** Is an object the original that its provenance names? Where no checksum tells, it is not taken for it. */
export function isAsArchived(
  { etag, crc64 }: Pick<Provenance, "etag" | "crc64">,
  there: Pick<ObjectInfo, "etag" | "crc64">,
): boolean {
  if (crc64 !== undefined && there.crc64 !== undefined) return crc64 === there.crc64;
  return isMd5(etag) && isMd5(there.etag) && sameEtag(etag, there.etag);
}

/** Runs of the same ledger that were asked for after this one; each is looked up once. */
function laterRuns(place: Place, { askedAt }: RunRequest, surroundings: Surroundings): IsLater {
  const known = new Map<string, Promise<boolean>>();
  const isLater = async (id: string) => {
    if (!runIdSchema.safeParse(id).success) return false;
    const other = await readRequest(openLedger(place, id, surroundings));
    return other !== undefined && Date.parse(other.askedAt) > Date.parse(askedAt);
  };
  return (id) => {
    const found = known.get(id) ?? isLater(id);
    known.set(id, found);
    return found;
  };
}

/** A CRC64 that both tell settles it: the same bytes may have another ETag, put in other parts or encrypted. */
export function compareWithLedger(
  said: Pick<Outcome, "receivedSize" | "receivedEtag" | "receivedCrc64">,
  there: Pick<ObjectInfo, "size" | "etag" | "crc64">,
): Look {
  const { receivedSize, receivedEtag, receivedCrc64 } = said;
  if (receivedSize !== undefined && there.size !== undefined && receivedSize !== there.size) {
    return { kind: "size", message: `${there.size} ${nounOf(there.size, "byte")} instead of ${receivedSize}` };
  }
  if (receivedCrc64 !== undefined && there.crc64 !== undefined) {
    if (receivedCrc64 === there.crc64) return { kind: "same", sizeOnly: false };
    return { kind: "checksum", message: `CRC64 ${there.crc64} instead of ${receivedCrc64}` };
  }
  if (receivedEtag !== undefined && there.etag !== undefined) {
    if (receivedEtag.toLowerCase() === there.etag.toLowerCase()) return { kind: "same", sizeOnly: false };
    return { kind: "checksum", message: `ETag ${there.etag} instead of ${receivedEtag}` };
  }
  return { kind: "same", sizeOnly: true };
}
