/**
 * Does the archive still hold what the ledger says? Every archived object is asked by HEAD, or read anew, shard by shard: memory is that
 * of a few shards, however many rows there are.
 */

import { createHash } from "node:crypto";
import { createPace } from "../../archive/shard/pace/pace.ts";
import { type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { describeOutcomes } from "../../ledger/shard/listed-shards.ts";
import { whatToDo, wholeShards } from "../../ledger/shard/whole-shards.ts";
import { startsAt } from "../../policy/concurrency/auto-concurrency.ts";
import type { Summary } from "../../report/summary.ts";
import { emptyTally } from "../../report/tally.ts";
import { counted, nounOf, verbOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { CopyDifference, CopyEqualBy } from "../check/compare-copy.ts";
import { requestsAtOnce } from "../check/requests-at-once.ts";
import { resolved } from "../finalize/resolved.ts";
import { type Place, runIdSchema } from "../messages/messages.ts";
import type { LeftOut } from "../plan/entry.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { type Archived, lookByHead, lookDeep } from "./look-at-copy.ts";
import { statusOf } from "./status.ts";
import { judgeOfScope, totalLeftOut, type VerifyScope } from "./verify-scope.ts";

export interface Difference {
  /** `unread`: the bytes were to be read, and the store does not give them out (an archive class); nothing is said of them. */
  readonly kind: CopyDifference | "unread";
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
  /** `same`, by what it was found so by. */
  readonly proofs: Readonly<Record<CopyEqualBy, number>>;
  /** A later run of this ledger archived another original there, and what lies there is that one: as it should be. */
  readonly replaced: number;
  readonly differences: Readonly<Record<CopyDifference, number>>;
  /** Were the bytes read anew? */
  readonly deep: boolean;
  readonly bytesRead: number;
  /** Objects that were to be read and could not be: they are in an archive class. */
  readonly unread: number;
  /** Archived objects that are not in scope, by why; undefined where there are none. */
  readonly leftOut: LeftOut | undefined;
  /** Rows that are not archived, so there is nothing to check. */
  readonly unarchived: number;
  readonly rows: number;
  /** Of what the ledger says is archived, as far as it is in scope: objects, bytes, and the SHA-256 of one line each, as a certificate has it. */
  readonly list: { readonly objects: number; readonly bytes: number; readonly sha256: string };
  /** Sent to the archive, tries included. */
  readonly requests: Readonly<Record<"archive.head" | "archive.get", number>>;
}

export interface VerifyOptions {
  /** Read the bytes anew, and prove them, instead of asking by HEAD. */
  readonly deep?: boolean | undefined;
  /** All that the run archived, where absent. */
  readonly scope?: VerifyScope | undefined;
  /** Told before anything is asked: how the run stands, as LISTs tell it. */
  readonly onBegin?: ((summary: Summary) => void) | undefined;
  /** Called for each, in no particular order. What it returns is waited for. */
  readonly onDifference: (difference: Difference) => void | Promise<void>;
  readonly onProgress?: ((checked: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Errors: UserError `NoSuchRun`, `RunNotPlanned`, `LedgerIncomplete`, `NothingInScope`, and what is wrong with a manifest of exceptions;
 * BucketError where the archive can't be asked.
 */
export async function verifyRun(
  place: Place,
  id: string,
  surroundings: Surroundings,
  { deep = false, scope, onBegin, onDifference, onProgress, signal }: VerifyOptions,
): Promise<Verified> {
  const { ledger, run, summary } = await statusOf(place, id, surroundings);
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(id)} is still being planned: nothing is archived yet.`,
    );
  }
  const judge = scope === undefined ? undefined : await judgeOfScope(scope, run.request, surroundings, signal);
  onBegin?.(summary);
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
  const counts = { checked: 0, same: 0, replaced: 0, unread: 0, archived: 0, bytesRead: 0 };
  const proofs = { "content-md5": 0, crc64: 0, etag: 0, size: 0 };
  const differences = { missing: 0, size: 0, checksum: 0 };
  const requests = { "archive.head": 0, "archive.get": 0 };
  const leftOut: { -readonly [By in keyof LeftOut]: number } = {};
  const list = { objects: 0, bytes: 0, digest: createHash("sha256") };
  const look = deep
    ? lookDeep(
        archive,
        isLater,
        { ...surroundings, signal, onTry: () => void requests["archive.get"]++ },
        pace,
        (bytes) => {
          counts.bytesRead += bytes;
        },
      )
    : lookByHead(archive, isLater, { ...surroundings, signal, onTry: () => void requests["archive.head"]++ });
  const check = async (outcome: Archived) => {
    await pace.beforeFetch(signal);
    if (signal?.aborted) return;
    const found = await look(outcome).catch((thrown: unknown) => {
      if (signal?.aborted) return undefined;
      throw thrown;
    });
    if (found === undefined) return;
    counts.checked++;
    onProgress?.(counts.checked, summary.archived);
    switch (found.kind) {
      case "same":
        counts.same++;
        proofs[found.by]++;
        return;
      case "replaced":
        counts.replaced++;
        return;
      case "unread":
        counts.unread++;
        break;
      default:
        differences[found.kind]++;
    }
    await onDifference({ kind: found.kind, message: found.message, outcome });
  };
  const { clock, log } = surroundings;
  let lacking = 0;
  for await (const shard of wholeShards(ledger, run, { clock, log, signal, lacking: "left out" })) {
    if (signal?.aborted) break;
    lacking += shard.lacking;
    for (const folded of shard.rows.values()) {
      if (signal?.aborted) break;
      const outcome = await resolved(folded, archive, emptyTally(), surroundings);
      if (outcome.outcome === "archived") counts.archived++;
      const { archiveKey } = outcome;
      if (!holdsIt(outcome) || archiveKey === undefined) continue;
      const by = judge?.(outcome);
      if (by !== undefined) {
        leftOut[by] = (leftOut[by] ?? 0) + 1;
        continue;
      }
      list.objects++;
      list.bytes += outcome.receivedSize ?? 0;
      list.digest.update(`${lineOf({ ...outcome, archiveKey })}\n`);
      await atOnce.begin(() => check({ ...outcome, archiveKey }));
    }
  }
  await atOnce.ended();
  if (summary.state === "complete") lacking = Math.max(lacking, summary.archived - counts.archived);
  if (lacking > 0 && !signal?.aborted) {
    const { checked, same, replaced } = counts;
    const differ = checked - same - replaced;
    throw new UserError(
      "LedgerIncomplete",
      `The run ${JSON.stringify(id)} is not verified: of ${counted(lacking, "row")} that ${verbOf(lacking, "is", "are")} over no outcome is listed below ${describeOutcomes(ledger)}, so what ${verbOf(lacking, "it is", "they are")} in the archive was not looked at (of ${counted(checked, "object")} that ${verbOf(checked, "was", "were")}, ${differ} ${verbOf(differ, "is", "are")} not as the ledger says, or could not be read); ${whatToDo}`,
    );
  }
  const { archived: _, ...found } = counts;
  const { rows, state } = summary;
  const outOfScope = totalLeftOut(leftOut);
  if (outOfScope > 0 && list.objects === 0 && !signal?.aborted) throw nothingInScope(id, outOfScope);
  return {
    request: run.request,
    state,
    ...found,
    sizeOnly: proofs.size,
    proofs,
    differences,
    deep,
    leftOut: outOfScope === 0 ? undefined : leftOut,
    unarchived: rows - counts.checked - outOfScope,
    rows,
    list: { objects: list.objects, bytes: list.bytes, sha256: list.digest.digest("hex") },
    requests,
  };
}

/** That nothing differs would be no answer. */
const nothingInScope = (id: string, outOfScope: number) =>
  new UserError(
    "NothingInScope",
    `Of the ${outOfScope} ${nounOf(outOfScope, "object")} that the run ${JSON.stringify(id)} archived none is in scope, so nothing can be said of the archive; look at --include, --exclude, --filter, --except, --min-size and --max-size.`,
  );

/** Of a certificate's list. */
const lineOf = ({ archiveKey, receivedSize, receivedEtag, receivedCrc64 }: Archived): string =>
  JSON.stringify([archiveKey, receivedSize ?? null, receivedEtag ?? null, receivedCrc64 ?? null]);

/** Archived by this run, or found to be this original by it. `Kept` objects may be anything. */
function holdsIt({ outcome, code, receivedSize }: Outcome): boolean {
  return outcome === "archived" || (outcome === "skipped" && code === "AlreadyArchived" && receivedSize !== undefined);
}

/** Runs of the same ledger that were asked for after this one; each is looked up once. */
function laterRuns(
  place: Place,
  { askedAt }: RunRequest,
  surroundings: Surroundings,
): (run: string) => Promise<boolean> {
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
