/** The few lines people read at the end of a run. Plain text, no colour: it may end in a log. */
import { formatBytes, formatCount, formatSeconds } from "./quantity.ts";
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
    `  ${formatCount(rows)} rows = ${formatCount(archived)} archived + ${formatCount(skipped)} skipped + ${formatCount(failed)} failed + ${formatCount(pending)} pending`,
    `  ${volume(summary)}`,
  ];
  if (recovered) lines.push(`  ${formatCount(recovered)} of the archived were put by an earlier attempt and recovered`);
  const { deletedFromSource } = summary;
  if (deletedFromSource !== undefined && deletedFromSource.count > 0) {
    lines.push(
      `  ${formatCount(deletedFromSource.count)} in the archive are no longer in the source; nothing was deleted`,
    );
  }
  const proofs = counted(summary.proofs);
  if (proofs !== "") lines.push(`  proven by ${proofs}`);
  const requests = counted(summary.requests);
  if (requests !== "") {
    const retries = summary.retries ? `, of them ${formatCount(summary.retries)} retries` : "";
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
    lines.push(`  failed: ${formatCount(count)} for ${formatCount(others.length)} other reasons`);
  }
  return lines;
}

function volume({ bytes, seconds, archived }: Summary): string {
  if (seconds === null) return formatBytes(bytes);
  const text = `${formatBytes(bytes)} in ${formatSeconds(seconds)}`;
  if (seconds === 0) return text;
  return `${text}, ${formatBytes(bytes / seconds)}/s, ${formatCount(Math.round((archived / seconds) * 10) / 10)} objects/s`;
}

function counted(counts: Readonly<Record<string, number>> | null): string {
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
