/**
 * What is known of one row while it is worked: never written to; each step's result makes the next one (from-source.ts, from-archive.ts), and
 * the next step follows from it alone (next-step.ts).
 */
import { isNeverProtected } from "../../cos/origin-protect.ts";
import type { RunOptions } from "../../ledger/plan/run-options.ts";
import type { BodyStream, HeldBody, ObjectInfo, Standing } from "../../objects/bucket.ts";
import type { HistoryRules } from "../../policy/history.ts";
import type { Code } from "../../vocabulary/codes/catalogue.ts";
import type { Proof, RestoreWait } from "../../vocabulary/outcome.ts";
import { type Expectation, expectationOfRow, holdsOriginal, infoOfListed } from "../proof/identity.ts";
import type { Task } from "./task.ts";

export interface Knowledge {
  /** The whole key in the archive bucket. */
  readonly archiveKey: string;
  /** What the original is, as far as it is known. */
  readonly expectation: Expectation;
  /** Of which version it is, where the row names one. */
  readonly versionId: string | undefined;
  /** The newest HEAD of the source, of that version. */
  readonly head: ObjectInfo | undefined;
  /** A HEAD for its metadata was refused, as was to be expected: what the fetch tells of them is all that can be known. */
  readonly unheard: boolean;
  /** The archive class that is told of it while there is no HEAD: by the row, or by an earlier look at it. */
  readonly storageClass: string | undefined;
  /** The restore that is waited for. */
  readonly restore: RestoreWait | undefined;
  /** The source refused to give it out before it is restored, though neither row nor HEAD had told. */
  readonly frozen: boolean;
  /** By the answer to a restore it can be read at once. */
  readonly restored: boolean;
  /** The service said that what lies there is in no state to be restored, in these words. */
  readonly unrestorable: string | undefined;
  /** Is the archive to be asked before anything is fetched or put? `listed`: a LIST told what it holds. */
  readonly archive: "unasked" | "listed" | "asked";
  /** What the archive held under the key when it was asked. */
  readonly there: ObjectInfo | undefined;
  /** What of the archive was copied to the history, so that it may be replaced. */
  readonly kept: Kept | undefined;
  /** Is the next fetch a plain GET, for which nothing is paid? Until one was refused, or did not bring the original. */
  readonly plain: boolean;
  /** What a fetch brought, until it is put, or proves not to be the original. */
  readonly body: FetchedBody | undefined;
  /** Of the newest fetch, for the outcome. */
  readonly fetched: Fetched | undefined;
  /** Why what was fetched is not believed, until the source has been looked at again. */
  readonly doubt: Doubt | undefined;
  /**
   * Does the expected ETag prove the bytes? `unfit`: it is, or may be, no MD5 of them. `refused`: the archive refused bytes by it,
   * and whether it was right is not known yet.
   */
  readonly md5: "fit" | "unfit" | "refused";
  /** The source is empty: its image service said so, and a HEAD. */
  readonly empty: boolean;
  /** Wrong bytes were fetched once more. */
  readonly refetched: boolean;
  /** Of the archive's answer to the newest PUT. */
  readonly put: Standing | undefined;
  /** What this try put under the archive key was put on the word of replies that are no longer believed: it is to be replaced. */
  readonly replaces: boolean;
  /** The source was found to differ from what the manifest says. */
  readonly changed: boolean;
  /** How the row ended. */
  readonly verdict: Verdict | undefined;
  /** Tries of this delivery. */
  readonly tries: number;
  /** Tries since a request failed last: a source that changes each time it is fetched is given up. */
  readonly rounds: number;
  /** When the task began, ms by the clock's `elapsed`. */
  readonly startedAt: number;
}

/** A small body is held whole, so that no later try pays for it again; a larger one streams through once. */
export type FetchedBody =
  | {
      readonly kind: "held";
      readonly bytes: HeldBody;
      readonly reply: ObjectInfo;
      readonly lease?: { release(): void } | undefined;
    }
  | { readonly kind: "stream"; readonly stream: BodyStream; readonly reply: ObjectInfo };

/** An object of the archive of which a copy stands. */
export interface Kept {
  readonly object: ObjectInfo;
  /** Of the reply that said so. */
  readonly standing: Standing | undefined;
}

export interface Fetched {
  readonly status: number;
  readonly requestId: string | undefined;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** By a plain GET, though the run fetches by originImage. */
  readonly plain?: boolean | undefined;
  readonly standing?: Standing | undefined;
}

export type Doubt =
  /** What came differs from the expectation, in words. */
  | { readonly kind: "difference"; readonly wrong: string; readonly reply: ObjectInfo }
  /** The archive refused the bytes by their MD5. */
  | { readonly kind: "bad-digest"; readonly reply: ObjectInfo };

/** What the archive now holds, as its answer says. */
export interface Holds {
  /** Bytes. */
  readonly size: number;
  readonly etag?: string | undefined;
  readonly crc64?: string | undefined;
}

/** The same, as far as a reply tells. */
export type Received = { readonly [Field in keyof Holds]?: Holds[Field] | undefined };

export type Verdict =
  | { readonly kind: "archived"; readonly proof: Proof; readonly holds: Holds }
  /** The archive has this original: put there by this run (`ours`), or there before. */
  | { readonly kind: "already-there"; readonly there: ObjectInfo; readonly ours: boolean }
  /** The archive key is taken, and stays as it is: by `--if-exists keep`, or as a failure by `--if-exists fail`. */
  | { readonly kind: "kept" | "taken"; readonly there: ObjectInfo }
  /** The original is in an archive class and not restored, and `--archived-class skip` leaves it out. */
  | { readonly kind: "left-out"; readonly message: string }
  /** It is being restored, and is looked at again in a later delivery. */
  | { readonly kind: "waits"; readonly restore: RestoreWait }
  | {
      readonly kind: "failed";
      readonly code: Code;
      readonly message: string;
      /** What came instead of the original. */
      readonly received?: Received | undefined;
    };

/** What decides beside the knowledge of the row: the run's options, and what this process has found out about the buckets. */
export interface Rules {
  readonly options: Pick<
    RunOptions,
    | "ifExists"
    | "ifChanged"
    | "proof"
    | "expect"
    | "archivedClass"
    | "restoreTier"
    | "restoreDays"
    | "history"
    | "fromArchive"
  >;
  readonly run: string;
  /** Where what is replaced in the archive is copied first; absent where it is not. */
  readonly history?: HistoryRules | undefined;
  /** Is it sure that the archive refuses to overwrite where it is asked to? Else a HEAD has to tell that nothing is there. Absent: it is. */
  readonly forbidsOverwrite?: boolean | undefined;
  /** May an ETag that looks like an MD5 be taken for one? */
  trustsMd5(): boolean;
  /** Is a HEAD needed to know an object's metadata? */
  asksMetadata(): boolean;
  /** Is a HEAD to come before the fetch, not beside it? So it is on trial, and where money is counted. */
  readonly isOnTrial?: (() => boolean) | undefined;
  /** By the ledger's clock, ms since the epoch. */
  now(): number;
  /** Above this many bytes the upload is multipart. */
  readonly putLimit: number;
}

/** Is this row of a run of originals fetched by a plain GET first? One that restores sends no others. */
export const goesPlain = (
  { key }: { readonly key: string },
  { fromArchive }: Pick<RunOptions, "fromArchive">,
): boolean => fromArchive === undefined && isNeverProtected(key);

export function startKnowledge(task: Task, { options }: Pick<Rules, "options">, now: number): Knowledge {
  const expectation = expectationOfRow(task.planned);
  const isAsked = task.unsure || options.ifExists !== "overwrite" || options.history !== undefined;
  const listed =
    isAsked && options.ifExists === "skip"
      ? toldByListing(task, expectation, options.history !== undefined)
      : undefined;
  return {
    archiveKey: task.archiveKey,
    expectation,
    versionId: task.planned.versionId,
    head: undefined,
    unheard: false,
    storageClass: task.restore?.storageClass ?? task.planned.storageClass,
    restore: task.restore,
    frozen: false,
    restored: false,
    unrestorable: undefined,
    archive: !isAsked ? "asked" : listed === undefined ? "unasked" : "listed",
    there: listed?.there,
    kept: undefined,
    plain: goesPlain(task.planned, options),
    body: undefined,
    fetched: undefined,
    doubt: undefined,
    md5: "fit",
    empty: false,
    refetched: false,
    put: undefined,
    replaces: false,
    changed: false,
    verdict: undefined,
    tries: 0,
    rounds: 0,
    startedAt: now,
  };
}

/**
 * What the archive holds, where a listing told enough of it that a HEAD would lead to the same: nothing, this original by its MD5, or
 * something of another length. An ETag that differs does not: the listing does not tell whether it is an MD5 at all.
 *
 * @param keeps is what is replaced copied first? Then of what is there a HEAD has to tell more
 */
function toldByListing(
  { listed }: Task,
  expectation: Expectation,
  keeps: boolean,
): Pick<Knowledge, "there"> | undefined {
  if (listed === undefined) return undefined;
  if (listed === "none") return { there: undefined };
  const there = infoOfListed(listed);
  const isOther = !keeps && expectation.size !== undefined && expectation.size !== there.size;
  return isOther || holdsOriginal(expectation, there) ? { there } : undefined;
}

/** May the fetch's own reply say what the original is? Never of a version: a service that ignores versionId brings the newest, and says so rightly. */
export const trustsReply = ({ versionId }: Knowledge, { options }: Pick<Rules, "options">): boolean =>
  options.expect === "get" && versionId === undefined;

/** A try begins after none, or after one that failed: what a failed one streamed is gone, what is held stays. */
export function newTry(knowledge: Knowledge): Knowledge {
  const body = knowledge.body?.kind === "held" ? knowledge.body : undefined;
  return { ...knowledge, body, tries: knowledge.tries + 1, rounds: 1 };
}

/** Another try of the row, though no request failed. */
export function again(knowledge: Knowledge): Knowledge {
  return { ...knowledge, tries: knowledge.tries + 1, rounds: knowledge.rounds + 1 };
}

/**
 * A kept connection that brings more than was asked for takes the standing of what it brought before: that may have been the reply to
 * another request.
 */
export function isBelieved({ head, there, kept, fetched, put }: Knowledge): boolean {
  return (
    head?.standing?.believed !== false &&
    there?.standing?.believed !== false &&
    kept?.standing?.believed !== false &&
    fetched?.standing?.believed !== false &&
    put?.believed !== false
  );
}

/**
 * As if nothing had been asked yet, nor fetched: what was paid for need not be the original. What was put on the word of it is this
 * run's own and is replaced, whatever `--if-exists` says.
 */
export function startAnew(knowledge: Knowledge, task: Task, rules: Pick<Rules, "options">): Knowledge {
  const { tries, rounds, startedAt, verdict, restore, plain } = knowledge;
  const replaces = knowledge.replaces || verdict?.kind === "archived";
  const anew = startKnowledge({ ...task, listed: undefined }, rules, startedAt);
  return { ...anew, tries, rounds, restore, plain, replaces, archive: replaces ? "asked" : anew.archive };
}
