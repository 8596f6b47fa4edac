/** The few lines people read at the end of a run. Plain text, no colour: it may end in a log. */

import { counted, formatCount, verbOf } from "../vocabulary/counted.ts";
import { leftOutText, limitedText } from "./left-out-text.ts";
import { retellCommand } from "./next-step.ts";
import { formatBytes, formatMoney, formatSeconds } from "./quantity.ts";
import { restoringText } from "./restoring-text.ts";
import type { RunState, Summary, SummaryFailure } from "./summary.ts";

const stateTexts: Readonly<Record<RunState, string>> = {
  running: "is running",
  complete: "is complete",
  incomplete: "is incomplete: rows are pending, run it again to go on",
  halted: "was halted",
  cancelled: "was cancelled",
};

/** One line each, without their ends. `failuresShown` codes are named, each with one key. */
export function summaryText(summary: Summary, failuresShown = 5): readonly string[] {
  const {
    run,
    state,
    reason,
    redriveOf,
    rows,
    archived,
    recovered,
    skipped,
    failed,
    pending,
    atLeast,
    idle,
    restoring,
  } = summary;
  const lines = [
    `run ${run} ${stateTexts[state]}${reason === undefined ? "" : `: ${reason}`}`,
    ...(redriveOf === undefined ? [] : [`  redrive of ${redriveOf}`]),
    `  ${counted(rows, "row")} = ${atLeast ? "at least " : ""}${formatCount(archived)} archived + ${formatCount(skipped)} skipped + ${formatCount(failed)} failed + ${atLeast ? "at most " : ""}${formatCount(pending)} pending`,
    `  ${volume(summary)}`,
  ];
  if (recovered)
    lines.push(
      `  ${formatCount(recovered)} of the archived ${verbOf(recovered, "was", "were")} put by an earlier attempt and recovered`,
    );
  if (idle !== undefined) lines.push(`  ${idleText(run, idle)}`);
  if (restoring !== undefined) lines.push(`  ${restoringText(state, restoring)}`);
  const { unchanged, deletedFromSource, deletedUnknown, leftOut, limited } = summary;
  const out = leftOutText(leftOut);
  if (out !== undefined) lines.push(`  ${out}`);
  if (limited) lines.push(`  ${limitedText}`);
  if (unchanged) {
    lines.push(
      `  ${formatCount(unchanged)} of the skipped ${verbOf(unchanged, "is", "are")} unchanged, as listings tell, and in no CSV`,
    );
  }
  if (deletedFromSource !== undefined && deletedFromSource.count > 0) {
    const { count, new: those, since } = deletedFromSource;
    const news =
      those === undefined
        ? ""
        : since === undefined
          ? "; deleted.csv lists them"
          : `; ${formatCount(those)} of them since ${since}${those === 0 ? "" : ", which deleted.csv lists"}`;
    lines.push(
      `  ${formatCount(count)} in the archive ${verbOf(count, "is", "are")} no longer in the source; nothing was deleted${news}`,
    );
  }
  if (deletedUnknown !== undefined) lines.push(`  keys deleted from the source were not looked for: ${deletedUnknown}`);
  const { undelivered } = summary;
  if (undelivered) {
    const what = `${counted(undelivered, "delivery")} of events ${verbOf(undelivered, "is", "are")} left`;
    lines.push(`  ${what}, and kept; to try again: ${retellCommand(summary)}`);
  }
  const proofs = listed(summary.proofs);
  if (proofs !== "") lines.push(`  proven by ${proofs}`);
  const requests = listed(summary.requests);
  if (requests !== "") {
    const retries = summary.retries ? `, of them ${counted(summary.retries, "retry")}` : "";
    lines.push(`  requests: ${requests}${retries}`);
  }
  const { atOnce, cost } = summary;
  if (cost !== undefined) lines.push(`  ${costText(cost)}`);
  if (atOnce !== undefined) {
    const { least, most } = atOnce;
    const numbers = least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`;
    lines.push(`  ${numbers} at once, found by trying`);
  }
  const failures = summary.failures ?? [];
  for (const failure of failures.slice(0, failuresShown)) lines.push(`  failed: ${failureText(failure)}`);
  const others = failures.slice(failuresShown);
  if (others.length > 0) {
    const count = others.reduce((sum, failure) => sum + failure.count, 0);
    lines.push(`  failed: ${formatCount(count)} for ${counted(others.length, "other reason")}`);
  }
  return lines;
}

function idleText(run: string, { shards, atLeast, since, numbers }: NonNullable<Summary["idle"]>): string {
  const named = `${numbers.join(", ")}${shards > numbers.length ? ", …" : ""}`;
  const longest = shards === 1 ? `since ${since}` : `the longest since ${since}`;
  return `${atLeast ? "at least " : ""}${counted(shards, "shard")} (${named}) that nobody works on, ${longest}; cos-originals status ${run} --repair takes ${verbOf(shards, "it", "them")} up now`;
}

function volume({ bytes, seconds, archived }: Summary): string {
  if (seconds === null) return formatBytes(bytes);
  const text = `${formatBytes(bytes)} in ${formatSeconds(seconds)}`;
  if (seconds === 0) return text;
  return `${text}, ${formatBytes(bytes / seconds)}/s, ${counted(Math.round((archived / seconds) * 10) / 10, "object")}/s`;
}

function costText({ currency, listPricesOf, planned, spent }: NonNullable<Summary["cost"]>): string {
  const range = ({ from, upTo }: typeof spent) => {
    const [least, most] = [formatMoney(from, currency), formatMoney(upTo, currency)];
    return least === most ? most : `${least} to ${most}`;
  };
  const before = planned === null ? "not known beforehand" : `planned ${range(planned)}`;
  return `cost: about ${range(spent)}, ${before}; where nothing else was said by list prices of ${listPricesOf}`;
}

function listed(counts: Readonly<Record<string, number>> | null): string {
  return Object.entries(counts ?? {})
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(", ");
}

function failureText({ code, count, keys, messages }: SummaryFailure): string {
  const found = `${formatCount(count)} ${code}`;
  // Where the row stands tells more than its key, which may be empty.
  const sample = messages?.[0] || keys[0];
  return sample ? `${found}, ${count === 1 ? "" : "such as "}${sample}` : found;
}
