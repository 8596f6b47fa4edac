/** What `plan` tells people. */
import type { RunRequest } from "../../../ledger/plan/request.ts";
import { headsOfAList } from "../../../policy/listing.ts";
import { leftOutText, limitedText } from "../../../report/left-out-text.ts";
import { formatBytes, formatMoney, formatSeconds } from "../../../report/quantity.ts";
import { assumedSeconds } from "../../../run/plan/estimate/time.ts";
import { counted, formatCount, verbOf } from "../../../vocabulary/counted.ts";
import type { PlanDocument } from "./plan-document.ts";

/** One line each, without their ends. */
export function planText(
  plan: PlanDocument,
  { options, rows: rowsFrom }: Pick<RunRequest, "options" | "rows">,
): readonly string[] {
  const {
    rows,
    shards,
    toArchive,
    duplicates,
    collisions,
    invalid,
    unchanged,
    archivedClass,
    compared,
    deletedFromSource,
    comparedExactly,
    bytes,
    rowsThatProve,
    requests,
  } = plan;
  const lines = [
    `plan of run ${plan.run === null ? "(named with --run)" : plan.run}: nothing is written`,
    `  ${counted(rows, "row")} in ${counted(shards, "shard")}: ${formatCount(toArchive)} to archive, ${counted(duplicates, "duplicate")}, ${counted(collisions, "collision")} of archive keys, ${formatCount(invalid)} invalid${compared?.by === "listing" || unchanged > 0 ? `, ${formatCount(unchanged)} unchanged (neither fetched nor asked)` : ""}`,
    `  ${comparedExactly ? "duplicates and collisions are exact: there are no others" : "beyond 10,000,000 rows duplicates and collisions are found within a shard only: there may be more"}`,
    ...scopeLines(plan),
    ...(archivedClass > 0
      ? [
          `  ${counted(archivedClass, "row")} ${verbOf(archivedClass, "is", "are")} in an archive class${plan.restore === null ? "" : ` that --restore-tier ${plan.restore.tier} does not restore`}: ${archivedText[options.archivedClass === "skip" ? "skip" : "fail"]}; not priced here`,
        ]
      : []),
    ...restoreLines(plan, rowsFrom),
    ...(compared?.by === "head"
      ? [`  unchanged rows are not known beforehand, and deleted keys are not looked for: ${compared.reason}`]
      : []),
    ...listedLines(plan),
    `  ${bytesText(bytes)}`,
    `  ${counted(rowsThatProve, "row")} ${verbOf(rowsThatProve, "tells", "tell")} enough to prove ${verbOf(rowsThatProve, "its original", "their originals")}; the others cost a HEAD of the source each`,
    ...findingsLines(plan),
    `  requests, where nothing fails: ${Object.entries(requests)
      .map(([type, count]) => `${type} ${type === "ledger" ? "about " : ""}${formatCount(count)}`)
      .join(", ")}`,
    ...(plan.headsAtStart > 0
      ? [
          `  and up to ${counted(plan.headsAtStart, "HEAD")} of the source more at the beginning, by which the run finds out whether originImage brings the metadata`,
        ]
      : []),
    `  ${existsText[options.ifExists]}`,
    ...replacedLines(plan),
    `  not preserved: ${plan.notPreserved.join(" and ")} of the originals`,
    ...costLines(plan),
    `  ${timeText(plan)}`,
  ];
  if (deletedFromSource !== null && deletedFromSource > 0) {
    lines.push(
      `  ${formatCount(deletedFromSource)} in the archive ${verbOf(deletedFromSource, "is", "are")} no longer in the source; nothing will be deleted`,
    );
  }
  for (const { key, code, message } of plan.samples) lines.push(`  will fail: ${code} ${key}: ${message}`);
  return lines;
}

function scopeLines({ leftOut, limited }: PlanDocument): string[] {
  const out = leftOutText(leftOut);
  return [...(out === undefined ? [] : [`  ${out}`]), ...(limited ? [`  ${limitedText}`] : [])];
}

/** What was chosen, LISTs or a HEAD a key, and what it saves. */
function listedLines({ listed }: PlanDocument): string[] {
  if (listed === null) return [];
  return (["source", "archive"] as const).flatMap((side) => {
    const told = listed[side];
    if (told === null) return [];
    if (told.refused !== undefined)
      return [`  the ${side} can't be listed, so each key is asked for by HEAD: ${told.refused}`];
    if (told.lists === 0) return [];
    const lists = told.lists === 1 ? "1 LIST" : `${formatCount(told.lists)} LISTs`;
    return told.rows >= headsOfAList
      ? [`  ${lists} of the ${side} told of ${counted(told.rows, "row")}, which spares a HEAD each`]
      : [`  the keys lie too far apart in the ${side} to be listed: each is asked for by HEAD`];
  });
}

const noneText = {
  unbound: "the bucket is not bound to Cloud Infinite",
  slimmed: "Smart Compression makes its replies smaller too",
} as const;

function findingsLines({ byFindings }: PlanDocument): string[] {
  if (byFindings === null) return [];
  const { metadataByHead, tooLarge, versions, unheard, unbrought } = byFindings;
  return [
    ...(unbrought === null
      ? []
      : [
          `  by the findings originImage brings no original, as ${noneText[unbrought.why]}: ${formatCount(unbrought.rows)} of these rows will fail`,
        ]),
    ...(unheard > 0
      ? [
          `  by the findings a HEAD of a protected image is refused, and ${formatCount(unheard)} of these rows ${verbOf(unheard, "needs", "need")} one: ${verbOf(unheard, "it", "they")} will fail; where a manifest or a listing tells size and ETag, only an empty image needs one`,
        ]
      : []),
    ...(metadataByHead
      ? ["  by the findings originImage brings no metadata: each row costs a HEAD of the source"]
      : []),
    ...(tooLarge > 0
      ? [
          `  by the findings originImage refuses what is as large as ${formatCount(tooLarge)} of these rows: ${verbOf(tooLarge, "it", "they")} will fail`,
        ]
      : []),
    ...(versions > 0
      ? [
          `  by the findings originImage does not heed a versionId: of the ${counted(versions, "row")} that ${verbOf(versions, "names", "name")} one those of older versions will fail`,
        ]
      : []),
  ];
}

const existsText: Readonly<Record<RunRequest["options"]["ifExists"], string>> = {
  skip: "--if-exists skip: what the archive holds already is not fetched, which may save any part of this",
  keep: "--if-exists keep: where the archive key is taken nothing is fetched, which may save any part of this",
  fail: "--if-exists fail: where the archive holds something else the row fails without a fetch",
  overwrite: "--if-exists overwrite: every original is fetched, whatever the archive holds",
};

function replacedLines({ replaced }: PlanDocument): string[] {
  switch (replaced.by) {
    case "history":
      return [`  what is replaced in the archive is copied to ${replaced.history} first`];
    case "versions":
      return ["  what is replaced in the archive is kept by its bucket, as a version"];
    case "nothing":
      return [
        "  what is replaced in the archive is lost: there is neither a history (--history history/) nor are there versions in its bucket",
      ];
    case "unknown":
      return [
        "  what is replaced in the archive is lost unless its bucket keeps versions, which is not known; --history history/ keeps it",
      ];
    case "never":
      return [];
  }
}

const archivedText = {
  fail: "those that are not restored will fail",
  skip: "those that are not restored are skipped",
} as const;

const DAY_SECONDS = 86_400;

function restoreLines(
  { restore, listed, time, rows: all, archivedClass }: PlanDocument,
  from: Pick<RunRequest["rows"], "kind">,
): string[] {
  if (restore === null) return [];
  const { tier, days, rows, byClass, longestSeconds } = restore;
  if (rows === 0) {
    const isTold = from.kind === "listing" || archivedClass > 0 || (listed?.source?.rows ?? 0) >= all;
    return isTold
      ? []
      : [
          "  no row tells that it is in an archive class: what turns out to be in one is restored all the same, and neither counted nor priced here; --max-cost bounds what that may come to",
        ];
  }
  const classes = byClass
    .filter((its) => its.longestSeconds !== null)
    .map(
      ({ storageClass, rows, rowsWithSize, bytes }) =>
        `${formatCount(rows)} in ${storageClass}${rowsWithSize === 0 ? " of unknown size" : ` (${formatBytes(bytes)}${rowsWithSize < rows ? ` in ${formatCount(rowsWithSize)} of them` : ""})`}`,
    );
  return [
    `  ${formatCount(rows)} of them are restored first, where they are not yet: ${classes.join(", ")}; tier ${tier}, kept for ${formatCount(days)} days`,
    `  that takes ${formatSeconds(longestSeconds)} at the longest, and the run waits for it`,
    ...(time.seconds > days * DAY_SECONDS
      ? [
          `  fetching all of it takes longer than the ${counted(days, "day")} that restored copies are kept: those that end before are restored, and paid for, once more; --restore-days ${formatCount(Math.ceil(time.seconds / DAY_SECONDS) + 1)} would do`,
        ]
      : []),
  ];
}

function bytesText({ known, rowsWithSize, rowsWithout, estimated }: PlanDocument["bytes"]): string {
  if (rowsWithout === 0) return `${formatBytes(known)} of originals`;
  if (estimated === null) return "how large the originals are is not known: the manifest tells no size";
  return `${formatBytes(known)} of originals in ${counted(rowsWithSize, "row")}; ${counted(rowsWithout, "row")} ${verbOf(rowsWithout, "tells", "tell")} no size: about ${formatBytes(estimated)} in all, if they are like the others`;
}

function costLines({ cost }: PlanDocument): string[] {
  const { prices, estimate } = cost;
  const { currency } = prices;
  const money = (amount: number) => formatMoney(amount, currency);
  const what = `indicative, at ${prices.processing} ${currency}/GB of image processing (the first ${formatCount(prices.freeProcessing)} GB of a month free) and ${prices.requests} ${currency}/10,000 requests, where nothing else was said list prices of ${cost.listPricesOf}; look at your price list`;
  if (estimate === null) return [`  cost: not known without sizes; ${what}`];
  const { from, upTo, traffic, restore } = estimate;
  const restoring =
    restore === 0
      ? []
      : [
          `  of which ${money(restore)} are for restoring, at ${prices.restoreRequests} ${currency}/10,000 restores and a price a GB by class and tier; the storage of the restored copies is not in it`,
        ];
  const range =
    money(from) === money(upTo) ? money(upTo) : `${money(from)} to ${money(upTo)}, by what is left of the free volume`;
  return [
    `  cost: ${range} (${what})`,
    ...restoring,
    `  and, outside the source's region, up to ${money(traffic)} of traffic; storage of the archive is not in it`,
  ];
}

function timeText({ time, restore }: PlanDocument): string {
  const { seconds, limitedBy, concurrency, auto, rate, maxInstances } = time;
  const processes = maxInstances === 1 ? "" : ` in each of ${counted(maxInstances, "process")}`;
  const why = {
    rate: `at --rate ${rate}/s`,
    service: "at the 3,000 requests a second that the service takes",
    concurrency: `at ${auto ? `${formatCount(concurrency)} at once` : `--concurrency ${formatCount(concurrency)}`}${processes}, if an original takes ${assumedSeconds} s`,
  } as const;
  const found =
    auto && limitedBy !== "concurrency"
      ? `; --concurrency auto finds by trying how many at once that takes${processes}, some ${formatCount(concurrency)} if an original takes ${assumedSeconds} s`
      : "";
  const about = seconds < 1 ? "less than a second" : `about ${formatSeconds(seconds)}`;
  const waits = restore === null || restore.rows === 0 ? "" : ", and the wait for what is restored";
  return `time: ${about} ${why[limitedBy]}${found}${waits}`;
}
