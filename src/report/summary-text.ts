/** The few lines people read at the end of a run. Plain text, no colour: it may end in a log. */

import { counted, formatCount, verbOf } from "../vocabulary/counted.ts";
import { formatBytes, formatSeconds } from "./quantity.ts";
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
  const { run, state, reason, redriveOf, rows, archived, recovered, skipped, failed, pending } = summary;
  const lines = [
    `run ${run} ${stateTexts[state]}${reason === undefined ? "" : `: ${reason}`}`,
    ...(redriveOf === undefined ? [] : [`  redrive of ${redriveOf}`]),
    `  ${counted(rows, "row")} = ${formatCount(archived)} archived + ${formatCount(skipped)} skipped + ${formatCount(failed)} failed + ${formatCount(pending)} pending`,
    `  ${volume(summary)}`,
  ];
  if (recovered)
    lines.push(
      `  ${formatCount(recovered)} of the archived ${verbOf(recovered, "was", "were")} put by an earlier attempt and recovered`,
    );
  const { deletedFromSource } = summary;
  if (deletedFromSource !== undefined && deletedFromSource.count > 0) {
    lines.push(
      `  ${formatCount(deletedFromSource.count)} in the archive ${verbOf(deletedFromSource.count, "is", "are")} no longer in the source; nothing was deleted`,
    );
  }
  const proofs = listed(summary.proofs);
  if (proofs !== "") lines.push(`  proven by ${proofs}`);
  const requests = listed(summary.requests);
  if (requests !== "") {
    const retries = summary.retries ? `, of them ${counted(summary.retries, "retry")}` : "";
    lines.push(`  requests: ${requests}${retries}`);
  }
  const { atOnce } = summary;
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

function volume({ bytes, seconds, archived }: Summary): string {
  if (seconds === null) return formatBytes(bytes);
  const text = `${formatBytes(bytes)} in ${formatSeconds(seconds)}`;
  if (seconds === 0) return text;
  return `${text}, ${formatBytes(bytes / seconds)}/s, ${counted(Math.round((archived / seconds) * 10) / 10, "object")}/s`;
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
