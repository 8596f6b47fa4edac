/** The pages' words in English. */
import { counted, formatCount, nounOf, verbOf } from "../../vocabulary/counted.ts";
import { formatBytes, formatMoney, formatSeconds } from "../quantity.ts";
import { restoringText } from "../restoring-text.ts";
import type { RunState, Summary } from "../summary.ts";

const count = formatCount;

export const english = {
  htmlLang: "en",
  count,
  bytes: formatBytes,
  seconds: formatSeconds,
  /** Milliseconds of one task. */
  took: (ms: number): string => (ms < 1000 ? `${count(Math.round(ms))} ms` : formatSeconds(ms / 1000)),
  perSecond: (amount: string): string => `${amount}/s`,
  money: formatMoney,
  range: (least: string, most: string): string => (least === most ? most : `${least} to ${most}`),
  utc: (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`,
  run: "Run",
  title: (state: string, run: string): string => `${state}: run ${run}`,
  states: {
    running: "Running",
    complete: "Complete",
    incomplete: "Incomplete",
    halted: "Halted",
    cancelled: "Cancelled",
  },
  headlines: {
    empty: "Complete: there was no row to archive.",
    complete: (rows: number): string =>
      rows === 1
        ? "Complete: the one row is over, and did not fail."
        : `Complete: all ${counted(rows, "row")} are over, none failed.`,
    failed: (failed: number, rows: number): string =>
      `Complete, but ${count(failed)} of ${counted(rows, "row")} failed.`,
    running: (over: number, rows: number): string => `Running: ${count(over)} of ${counted(rows, "row")} are over.`,
    incomplete: (pending: number, rows: number): string =>
      `Incomplete: ${count(pending)} of ${counted(rows, "row")} are left, and nobody works on them.`,
    halted: (pending: number, rows: number): string =>
      `Halted, with ${count(pending)} of ${counted(rows, "row")} left.`,
    cancelled: (pending: number, rows: number): string =>
      `Cancelled, with ${count(pending)} of ${counted(rows, "row")} left.`,
  },
  advice: {
    nothing: "Nothing is left to do.",
    verify: "Nothing is left to do. Whether the archive still holds all of it is asked by:",
    redrive: "See below why, mend what the advice says, then try the failed rows again:",
    continue: "Go on where it stands:",
    resume: "Mend what the reason says, then let it go on:",
    uncancel: "Let it go on when you want the rest:",
    watch: "See how it stands:",
  },
  copy: "Copy",
  copied: "Copied",
  reason: "Reason",
  facts: "What was asked",
  source: "Source",
  archive: "Archive",
  ledger: "Ledger",
  manifest: "Manifest",
  redriveOf: "Redrive of",
  started: "Began",
  ended: "Ended",
  duration: "Took",
  volume: "Archived bytes",
  rate: "On average",
  objects: (n: number): string => counted(n, "object"),
  options: "Options",
  noOptions: "as they are without any",
  askedBy: "Begun by",
  writtenBy: "Written by",
  atOnce: "At once in a process, found by trying",
  recovered: "Recovered",
  recoveredText: (n: number): string => `${count(n)} put by an earlier attempt`,
  unchanged: "Unchanged",
  unchangedText: (n: number): string => `${count(n)}, as listings tell, and in no CSV`,
  limited: "Stopped at --limit: what comes after was not looked at.",
  restoring: (state: RunState, restoring: NonNullable<Summary["restoring"]>): string =>
    `${restoringText(state, restoring)}.`,
  undelivered: (n: number): string =>
    `${counted(n, "delivery")} of events ${verbOf(n, "is", "are")} left, and kept; to try again:`,
  rows: (n: number): string => counted(n, "row"),
  outcomes: { archived: "archived", skipped: "skipped", failed: "failed", pending: "pending" },
  meanings: {
    archived: "in the archive, proven",
    skipped: "left alone",
    failed: "not archived",
    pending: "not over yet",
  },
  atLeast: "at least",
  atMost: "at most",
  sum: "adds up to",
  failures: "Failures",
  failuresIntro: (failed: number, codes: number): string =>
    `${counted(failed, "row")} failed, for ${counted(codes, "reason")}. Of each the first rows are shown; all of them, with what was expected, are in the failures CSV, which is itself a manifest.`,
  search: "Search the shown rows",
  searchHint: "key, code, status, or a word of the message",
  allCodes: "All codes",
  /** @param elsewhere rows that failed and that the page does not show, so that nobody finds them here */
  shown: (shown: number, all: number, elsewhere: number): string =>
    `${count(shown)} of ${count(all)} shown rows${elsewhere === 0 ? "" : `; ${count(elsewhere)} more are in the failures CSV alone, and not searched here`}`,
  status: "Status",
  noReply: "no reply",
  meaning: "Meaning",
  whatToDo: "What to do",
  unknownCode: "a name of the service that is in no catalogue of ours; its own words are below",
  retriedAnew: "A redrive tries these rows again.",
  leftByRedrive: "A redrive leaves these rows out: as they are, they can't succeed.",
  explain: "More about it:",
  rowNumber: (n: number): string => `row ${count(n)}`,
  requestId: "request",
  moreShown: (n: number): string => `${count(n)} more of the first rows`,
  moreRows: (n: number): string => `and ${count(n)} more, in the failures CSV`,
  overTime: "Over time",
  overTimeIntro: (width: string): string =>
    `One bar is ${width}. Times are UTC. What takes long is spread over its time.`,
  overTimeTouch: "Point at a bar for its numbers; drag over some to see them closer; Escape shows all again.",
  tooShort: (width: string): string => `All of it happened within ${width}, so there is nothing to draw.`,
  unknownRows: (n: number): string =>
    `Of ${counted(n, "row")} when they were worked, how large they were and how long they took is not known: an older version recorded them. The command report makes this anew, with what is known.`,
  untold: "Throttling is not known of what an older version recorded.",
  gap: (length: string): string => `nothing for ${length}`,
  charts: {
    objects: "Rows a second",
    bytes: "Bytes a second",
    busy: "Originals under way at once",
    retries: "Tries beyond the first, and throttled",
  },
  chartDescriptions: {
    objects: (peak: string, mean: string): string =>
      `Rows that ended, by outcome: ${peak} at most, ${mean} on average.`,
    bytes: (peak: string, mean: string): string => `Archived bytes: ${peak} at most, ${mean} on average.`,
    busy: (peak: string, mean: string): string => `${peak} at most, ${mean} on average.`,
    retries: (retries: string, throttled: string): string =>
      `Tries beyond the first in all: ${retries}. Replies that requests come too fast: ${throttled}.`,
  },
  peak: "peak",
  mean: "mean",
  retries: "retries",
  throttled: "throttled",
  asTable: "The numbers as a table",
  time: "Time",
  distributions: "Sizes and times",
  sizes: "Sizes of archived originals",
  times: "Time each took, waits included",
  percentile: {
    p50: "half are at most",
    p95: "95 % at most",
    p99: "99 % at most",
    sizes: "the largest",
    times: "the longest",
  },
  bin: (from: string, to: string): string => `${from} to ${to}`,
  share: "Share",
  amount: "Rows",
  exactness: "Percentiles are told to within an eighth.",
  slowest: "The slowest",
  largest: "The largest",
  key: "Key",
  size: "Size",
  tookHeading: "Took",
  reasons: "Left alone, and changed",
  reasonsIntro: "Why rows were skipped, and what stands beside archived ones.",
  codeHeading: "Code",
  deleted: "Deleted from the source",
  deletedText: (n: number): string =>
    `${count(n)} ${nounOf(n, "object")} in the archive ${verbOf(n, "is", "are")} no longer in the source. Nothing was deleted.`,
  deletedNew: (n: number, since: string): string => `${count(n)} of them since the run ${since}.`,
  deletedUnknown: (why: string): string => `Keys deleted from the source were not looked for: ${why}.`,
  moreKeys: (n: number): string => `and ${count(n)} more`,
  requests: "Requests and cost",
  requestType: "Request",
  requestNames: {
    "source.get": "originals fetched (paid)",
    "source.plain": "plain GETs of the source",
    "source.head": "HEADs of the source",
    "source.list": "LISTs of the source",
    "source.restore": "restores of the source",
    "archive.put": "PUTs to the archive",
    "archive.head": "HEADs of the archive",
    "archive.list": "LISTs of the archive",
    "archive.copy": "copies to the history",
    ledger: "of the ledger",
  } as Readonly<Record<string, string>>,
  planned: "Planned",
  sent: "Sent",
  ofThemRetries: "of them tries beyond the first",
  cost: "Cost",
  costOf: (date: string): string =>
    `From all of the month's free volume being left to none of it. Indicative: where nothing else was said by list prices of ${date}; traffic and storage aside.`,
  costUnplanned: "not known beforehand",
  proofs: "Proofs",
  proofsIntro: "How the archived bytes were proven to be the original's, before they were stored.",
  proofNames: {
    "content-md5": "the MD5 that the source tells; the archive refuses other bytes",
    crc64: "the CRC64 that the source tells, reckoned from the bytes",
    size: "the length alone",
  } as Readonly<Record<string, string>>,
  notPreserved: (what: readonly string[]): string => `Not preserved: ${what.join(" and ")} of the originals.`,
  files: "Files",
  filesIntro: "Beside this page:",
  fileKinds: {
    failures: "rows that failed, and why; itself a manifest",
    results: "the outcome of every row",
    deleted: "keys that the source no longer has; itself a manifest",
    summary: "this page's numbers, for scripts",
  },
  moreFiles: (n: number): string => `and ${count(n)} more of them`,
  yetMoreFiles: "There are more files than are named here.",
  leftOut: {
    filter: "by --include, --exclude or --filter",
    except: "as --except names them",
    size: "by --min-size or --max-size",
    age: "by --newer-than",
  },
  leftOutHeading: "Left out",
  index: {
    title: "Runs",
    headline: (runs: number, good: number): string =>
      good === runs
        ? `${counted(runs, "run")}, all of them complete, and no row failed.`
        : `${count(runs - good)} of ${counted(runs, "run")} did not end well.`,
    lastGood: (run: string, when: string): string => `The last that ended well is ${run}, begun ${when}.`,
    noneGood: "None of them ended well.",
    newest: (run: string): string => `The newest is ${run}:`,
    strip:
      "One block a run, the oldest first: whole where it ended well, half where rows failed, hollow where it did not end.",
    verdicts: { good: "ended well", failed: "rows failed", bad: "did not end" },
    trends: "From run to run",
    trend: { rows: "Rows", bytes: "Bytes archived", failed: "Failed", seconds: "Time it took", cost: "Cost, at most" },
    table: "All of them",
    began: "Began",
    state: "State",
    more: (n: number): string =>
      `${counted(n, "older run")} ${verbOf(n, "is", "are")} not shown; --newest N shows more.`,
    unread: "Can't be read",
    latest: "latest",
    none: "No run is recorded here.",
    written: (when: string): string => `As it was at ${when}.`,
  },
};

/** All that a page says by itself, in one language; keys, codes and what services said stand as they are. */
export type Words = typeof english;
