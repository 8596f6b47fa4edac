/**
 * Where everything of a run lies, under `<ledger prefix>/runs/<run>/`. The ledger is append-only and the only truth:
 * no object is ever changed, none is ever read back to be counted upon and written again. Names are unique by attempt or
 * by plan, so nobody overwrites anybody.
 *
 *   request.json                                 what was asked
 *   plans/<plan>/shards/000000042.jsonl.gz       the rows
 *   plans/<plan>/seen-000001000.bin              fingerprints of the archive keys that its shards gave out
 *   plans/<plan>/deleted-000000.jsonl.gz         keys that the archive holds and the source no longer does
 *   plans/<plan>/plain-000001000.json            of the shards up to there: rows that go by plain GETs, and their bytes; none where absent
 *   plans/cursor-000001000~<plan>.json           where planning stands: so many shards are written
 *   run.json                                     names the plan that counts; written when that plan is whole
 *   submitted/<plan>/upto-000000042~<id>         the shards below were sent to the queue; again-000000042~<id>: that one again
 *   outcomes/000000042/<attempt>-open~<seq>      a worker looks whether the shard is its own; who, and by which plan
 *   outcomes/000000042/<attempt>-<n>.jsonl.gz    a segment of outcomes; also the heartbeat, and the sign that it is at work
 *   outcomes/000000042/<attempt>-end             it stopped cleanly: nothing of it is in flight; its size says whether its process stops too, and
 *                                                whether it hands over what is left (end-marker.ts)
 *   done/000000/000000042~a998~s1~f1~b7340~<attempt>   the shard is over; counting costs LISTs only
 *   restoring/000000042~n17~u001795999999000~<attempt>   all that is left of the shard, so many rows, are originals that are being restored;
 *                                                none is looked at before that moment (ms since the epoch, by the ledger's clock)
 *   groups/000000~a998000~s1~f1~b7340~<id>       1,000 shards are over, their parts of the report are written
 *   parts/000000/000003~a99800~s1~f1~b734~<id>   of a group that is being finalized: this part of the report is written
 *   parts/000000/000003-000000341~<id>.json      of a part that a delivery had no time to end: its shards below that one, with
 *                                                the beginnings of its files beside it: ….csv.gz and ….csv
 *   stopped/000000001/…                          the same, of the report of a run that the control of that epoch stopped;
 *                                                and `written` once that report is
 *   control/000000001-cancel.json                the highest epoch rules
 *   control/first-archived.json                  a row was archived, and which: the run is no longer on trial
 *   control/vain-0~000000042~17.json             on trial, after so many resumes, this row of that shard was fetched in vain
 *   control/share-0~000000042~3.json             on trial, after so many resumes, that shard may fetch so many rows in vain
 *   events/000000042~undelivered~120of998~<id>.json   of the shard's archived rows only so many could be told of to whom the run tells them
 *   events/000000042~delivered~<id>              they were, later: it beats those before it and after it
 *   notices/000000001-halted~undelivered~<id>.json   nobody could be told that the run ended so; …~delivered~<id>: somebody was
 *   caps/granted/000000042~1~m<nano>~b<bytes>    of a run with a cap: what that shard may spend in all, by its first grant; billionths, bytes
 *   caps/short/000000042~1~m<nano>~b<bytes>~m<nano>~b<bytes>~<attempt>   with its first grant it has spent so much, and needs at least so much more
 *   caps/over/000000042~m<nano>~b<bytes>~<attempt>   it is about to be over, and has spent so much
 *   pulse/000000170000000~<worker>~a998~f1~s…    a worker lives: what it did so far, and in which slots (of ten seconds)
 *                                                its requests last succeeded, one for each kind of a row's requests
 *   report/results-000003.csv.gz                 a part of what people read: some shards of one group, up to 100,000 rows,
 *   report/failures-000003.csv                   the same ones whoever writes it
 *   report/deleted.csv                           of the whole run: deleted keys that no earlier run had told; deleted-01.csv, …
 *   report/summary.json, report.html             of the whole run
 *
 * and beside the runs, under `<ledger prefix>/places/`:
 *
 *   <id>~<run>                                   where a run works: source and archive; <id>~<run>~ended: it is over
 *   <id>~<name>~awaits                           a scheduled run waits for another, and no queue keeps its message: this is it; <id>~<name>~ended:
 *                                                it waits no more
 *
 * and under `<ledger prefix>/compared/`:
 *
 *   <what was asked>/<id>~<run>                  a run that compared its listings is complete: the next of the same looks there
 *
 * and under `<ledger prefix>/probe/`, for as long as it is looked at:
 *
 *   <id>                                         a copy that `doctor --probe` made
 *
 * Those below caps/, pulse/, events/ and notices/ tell more than a number: caps.ts, pulse.ts and undelivered.ts make and read the rest of them.
 */

import { asFolder } from "../vocabulary/names.ts";
import type { Marker, MarkerCounts } from "./counts.ts";
import { groupOf } from "./group.ts";

const pad = (n: number, width: number) => String(n).padStart(width, "0");
const SHARD_DIGITS = 9;
const GROUP_DIGITS = 6;
const SEGMENT_DIGITS = 5;
const EPOCH_DIGITS = 9;
const PART_DIGITS = 6;
const SLOT_DIGITS = 15;
const TIME_DIGITS = 15;

/** In a ledger: below it each run has a folder of its own. */
export const runsFolder = "runs/";
/** In a ledger: where its runs work. */
export const placesFolder = "places/";
/** In a ledger: which runs have compared the same listings. */
export const comparedFolder = "compared/";
/** Of a ledger: where `doctor --probe` tries to copy an image to. */
export const probeCopyKey = (ledgerPrefix: string, id: string) => `${asFolder(ledgerPrefix)}probe/${id}`;
/** In a run: what people read, and of it what is of the whole run. */
export const reportFolder = "report/";
export const reportNames = { summary: "summary.json", page: "report.html" } as const;

/** All paths are relative to `runPrefix` (runs.ts). */
export const paths = {
  request: "request.json",
  run: "run.json",
  shard: (plan: string, shard: number) => `plans/${plan}/shards/${pad(shard, SHARD_DIGITS)}.jsonl.gz`,
  fingerprints: (plan: string, shards: number) => `plans/${plan}/seen-${pad(shards, SHARD_DIGITS)}.bin`,
  deleted: (plan: string, list: number) => `plans/${plan}/deleted-${pad(list, PART_DIGITS)}.jsonl.gz`,
  plainRows: (plan: string, shards: number) => `plans/${plan}/plain-${pad(shards, SHARD_DIGITS)}.json`,
  /** Of all plans, the one that got furthest last. */
  cursors: "plans/cursor-",
  cursor: (plan: string, shards: number) => `plans/cursor-${pad(shards, SHARD_DIGITS)}~${plan}.json`,
  submitted: (plan: string) => `submitted/${plan}/`,
  submittedUpTo: (plan: string, shard: number, id: string) =>
    `${paths.submitted(plan)}upto-${pad(shard, SHARD_DIGITS)}~${id}`,
  submittedAgain: (plan: string, shard: number, id: string) =>
    `${paths.submitted(plan)}again-${pad(shard, SHARD_DIGITS)}~${id}`,
  outcomes: (shard: number) => `outcomes/${pad(shard, SHARD_DIGITS)}/`,
  allOutcomes: "outcomes/",
  /** Of all shards of a group at once. */
  groupOutcomes: (group: number) => `outcomes/${pad(group, GROUP_DIGITS)}`,
  open: (shard: number, attempt: string, seq: number) => `${paths.outcomes(shard)}${attempt}-open~${seq}`,
  segment: (shard: number, attempt: string, n: number) =>
    `${paths.outcomes(shard)}${attempt}-${pad(n, SEGMENT_DIGITS)}.jsonl.gz`,
  end: (shard: number, attempt: string) => `${paths.outcomes(shard)}${attempt}-end`,
  doneOfGroup: (group: number) => `done/${pad(group, GROUP_DIGITS)}/`,
  doneOfShard: (shard: number) => `done/${pad(groupOf(shard), GROUP_DIGITS)}/${pad(shard, SHARD_DIGITS)}~`,
  allDone: "done/",
  restoring: "restoring/",
  restoringShard: (shard: number) => `restoring/${pad(shard, SHARD_DIGITS)}~`,
  groups: "groups/",
  control: "control/",
  controlAt: (epoch: number, kind: ControlKind) => `control/${pad(epoch, EPOCH_DIGITS)}-${kind}.json`,
  firstArchived: "control/first-archived.json",
  vain: ({ resumes, shard, row }: VainRow) => `control/vain-${resumes}~${pad(shard, SHARD_DIGITS)}~${row}.json`,
  share: ({ resumes, shard, rows }: TrialShare) => `control/share-${resumes}~${pad(shard, SHARD_DIGITS)}~${rows}.json`,
  events: "events/",
  eventsOf: (shard: number) => `events/${pad(shard, SHARD_DIGITS)}~`,
  noticesOf: (epoch: number, state: string) => `notices/${pad(epoch, EPOCH_DIGITS)}-${state}~`,
  caps: "caps/",
  grants: (shard: number) => `caps/granted/${pad(shard, SHARD_DIGITS)}~`,
  short: (shard: number) => `caps/short/${pad(shard, SHARD_DIGITS)}~`,
  spent: (shard: number) => `caps/over/${pad(shard, SHARD_DIGITS)}~`,
  pulses: "pulse/",
  pulsesOfSlot: (slot: number) => `pulse/${pad(Math.max(0, slot), SLOT_DIGITS)}`,
  /** Of a group that is being finalized: which parts are written, and how far the others are. */
  parts: (group: number) => `parts/${pad(group, GROUP_DIGITS)}/`,
  /** The same, of the report of a run that was stopped. */
  stopped: (epoch: number) => `stopped/${pad(epoch, EPOCH_DIGITS)}/`,
  stoppedReport: (epoch: number) => `${paths.stopped(epoch)}written`,
  results: (part: number) => `${reportFolder}results-${pad(part, PART_DIGITS)}.csv.gz`,
  /** One file a part, unless its failures are very many: then `-01` and so on follow. */
  failures: (part: number, file = 0) =>
    `${reportFolder}failures-${pad(part, PART_DIGITS)}${file === 0 ? "" : `-${pad(file, 2)}`}.csv`,
  deletedCsv: (file: number) => `${reportFolder}deleted${file === 0 ? "" : `-${pad(file, 2)}`}.csv`,
  summary: `${reportFolder}${reportNames.summary}`,
  /** One LIST page below and behind these tells of the summary, the request and the run document. */
  documents: { below: "r", behind: `${reportFolder}s` },
  html: `${reportFolder}${reportNames.page}`,
} as const;

const countsText = (c: MarkerCounts) => `a${c.archived}~s${c.skipped}~f${c.failed}~b${c.bytes}`;

export function donePath(shard: number, counts: MarkerCounts, attempt: string): string {
  return `${paths.doneOfShard(shard)}${countsText(counts)}~${attempt}`;
}

export function groupPath(group: number, counts: MarkerCounts, id: string): string {
  return `${paths.groups}${pad(group, GROUP_DIGITS)}~${countsText(counts)}~${id}`;
}

/** `under`: paths.parts(…) or paths.stopped(…). */
export function partPath(under: string, part: number, counts: MarkerCounts, id: string): string {
  return `${under}${pad(part, PART_DIGITS)}~${countsText(counts)}~${id}`;
}

/** What one delivery had of a part when its time was over: the shards below `next`. */
export interface Draft {
  readonly part: number;
  readonly next: number;
  readonly id: string;
}

/** Written last, and says how it stands; the other two hold what is to be in the part's files. */
export function draftPaths(under: string, { part, next, id }: Draft) {
  const base = `${under}${pad(part, PART_DIGITS)}-${pad(next, SHARD_DIGITS)}~${id}`;
  return { draft: `${base}.json`, results: `${base}.csv.gz`, failures: `${base}.csv` };
}

/** Undefined for what is no draft. */
export function parseDraft(path: string): Draft | undefined {
  const match = /\/(\d+)-(\d+)~([0-9A-Z]{26})\.json$/.exec(path);
  return match === null ? undefined : { part: Number(match[1]), next: Number(match[2]), id: match[3] as string };
}

/** Reads the last segment of such a marker's path; undefined for what is none. */
export function parseMarker(path: string): Marker | undefined {
  const match = /^(\d+)~a(\d+)~s(\d+)~f(\d+)~b(\d+)~([0-9A-Z]{26})$/.exec(path.slice(path.lastIndexOf("/") + 1));
  if (match === null) return undefined;
  const [, number, archived, skipped, failed, bytes, by] = match;
  return {
    number: Number(number),
    archived: Number(archived),
    skipped: Number(skipped),
    failed: Number(failed),
    bytes: Number(bytes),
    by: by as string,
  };
}

/** What a marker below `submitted/<plan>/` says; undefined for what is none. */
export function parseSubmitted(path: string): { readonly kind: "upTo" | "again"; readonly shard: number } | undefined {
  const match = /\/(upto|again)-(\d+)~[0-9A-Z]{26}$/.exec(path);
  return match === null ? undefined : { kind: match[1] === "upto" ? "upTo" : "again", shard: Number(match[2]) };
}

/** What is left of a shard waits for restores. */
export interface RestoringShard {
  readonly shard: number;
  readonly rows: number;
  /** ms since the epoch, by the ledger's clock. */
  readonly until: number;
}

export const restoringPath = ({ shard, rows, until }: RestoringShard, attempt: string): string =>
  `${paths.restoringShard(shard)}n${rows}~u${pad(until, TIME_DIGITS)}~${attempt}`;

/** Undefined for what is none. */
export function parseRestoring(path: string): RestoringShard | undefined {
  const match = /^restoring\/(\d+)~n(\d+)~u(\d+)~[0-9A-Z]{26}$/.exec(path);
  return match === null ? undefined : { shard: Number(match[1]), rows: Number(match[2]), until: Number(match[3]) };
}

export type AttemptObject =
  | { readonly kind: "open"; readonly attempt: string; readonly seq: number }
  | { readonly kind: "segment"; readonly attempt: string; readonly n: number }
  | { readonly kind: "end"; readonly attempt: string };

/** What an object under `outcomes/<shard>/` is, and which shard's; undefined for what is none of these. */
export function parseAttemptObject(
  path: string,
): { readonly shard: number; readonly object: AttemptObject } | undefined {
  const match = /outcomes\/(\d{9})\/([0-9A-Z]{26})-(?:open~(\d+)|(\d{5,})\.jsonl\.gz|(end))$/.exec(path);
  if (match === null) return undefined;
  const shard = Number(match[1]);
  const attempt = match[2] as string;
  if (match[3] !== undefined) return { shard, object: { kind: "open", attempt, seq: Number(match[3]) } };
  if (match[4] !== undefined) return { shard, object: { kind: "segment", attempt, n: Number(match[4]) } };
  return { shard, object: { kind: "end", attempt } };
}

export const isStoppedReport = (path: string): boolean => /^stopped\/\d+\/written$/.test(path);

/** A row that was fetched in vain while the run was on trial. */
export interface VainRow {
  /** How often the run had been resumed. */
  readonly resumes: number;
  readonly shard: number;
  /** Its position in the shard. */
  readonly row: number;
}

/** Undefined for what is none. */
export function parseVain(path: string): VainRow | undefined {
  const match = /^control\/vain-(\d+)~(\d+)~(\d+)\.json$/.exec(path);
  return match === null ? undefined : { resumes: Number(match[1]), shard: Number(match[2]), row: Number(match[3]) };
}

/** What a shard may fetch on trial where others left their share over. */
export interface TrialShare {
  readonly resumes: number;
  readonly shard: number;
  /** That may be fetched in vain, those that were included. */
  readonly rows: number;
}

/** Undefined for what is none. */
export function parseShare(path: string): TrialShare | undefined {
  const match = /^control\/share-(\d+)~(\d+)~(\d+)\.json$/.exec(path);
  return match === null ? undefined : { resumes: Number(match[1]), shard: Number(match[2]), rows: Number(match[3]) };
}

export type ControlKind = "halt" | "cancel" | "resume";

export function parseControl(path: string): { readonly epoch: number; readonly kind: ControlKind } | undefined {
  const match = /control\/(\d+)-(halt|cancel|resume)\.json$/.exec(path);
  return match === null ? undefined : { epoch: Number(match[1]), kind: match[2] as ControlKind };
}

/** Of a run in a folder of `comparedFolder`. */
export const comparedPath = (id: string, run: string): string => `${id}~${run}`;

/** The run; undefined for what is none. */
export const parseCompared = (path: string): string | undefined => /^[0-9A-Z]{26}~([^~/]+)$/.exec(path)?.[1];

/** `ended`: it is over, or waits no more. `awaits`: it is to be begun once another is over. */
export type PlaceTwin = "ended" | "awaits";

/** Of a run in `placesFolder`. */
export const placePath = ({ id, run }: { readonly id: string; readonly run: string }, twin?: PlaceTwin): string =>
  `${id}~${run}${twin === undefined ? "" : `~${twin}`}`;

/** Undefined for what is none. */
export function parsePlace(
  path: string,
): { readonly id: string; readonly run: string; readonly twin: PlaceTwin | undefined } | undefined {
  const match = /^([0-9A-Z]{26})~([^~/]+)(?:~(ended|awaits))?$/.exec(path);
  return match === null
    ? undefined
    : { id: match[1] as string, run: match[2] as string, twin: match[3] as PlaceTwin | undefined };
}
