/** The one line that tells how far a run has come. Pure but for the clock and the line it is given to. */

import { formatBytes, formatSeconds } from "../../../report/quantity.ts";
import type { Progress } from "../../../run/surroundings/surroundings.ts";
import type { Clock } from "../../../vocabulary/clock.ts";
import { counted, formatCount } from "../../../vocabulary/counted.ts";

/** Milliseconds between two lines: five a second are as many as anybody reads. */
const every = 200;
/** Speed is of the last ten seconds: the whole run's would hide that it has stalled. */
const window = 10_000;

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly bytes: number;
}

/** Returns what to call with each progress; it calls `show` with a line, at most every 200 ms. */
export function progressLine(
  show: (line: string) => void,
  clock: Pick<Clock, "elapsed">,
): (progress: Progress) => void {
  const samples: Sample[] = [];
  let shownAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = clock.elapsed();
    if (now - shownAt < every) return;
    shownAt = now;
    const done = progress.archived + progress.skipped + progress.failed;
    samples.push({ at: now, done, bytes: progress.bytes });
    while (samples.length > 2 && now - (samples[1]?.at ?? now) >= window) samples.shift();
    show(lineOf(progress, done, samples));
  };
}

function lineOf(
  { rows, failed, bytes, restoring, atOnce }: Progress,
  done: number,
  samples: readonly Sample[],
): string {
  const percent = rows === 0 ? 0 : Math.min(100, Math.floor((done / rows) * 100));
  const parts = [`${formatCount(done)}/${formatCount(rows)} (${percent}%)`];
  const first = samples[0];
  const last = samples.at(-1);
  if (first !== undefined && last !== undefined && last.at > first.at) {
    const seconds = (last.at - first.at) / 1000;
    const perSecond = (last.done - first.done) / seconds;
    parts.push(
      `${counted(Math.round(perSecond), "object")}/s`,
      `${formatBytes((last.bytes - first.bytes) / seconds)}/s`,
    );
    if (done < rows)
      parts.push(perSecond > 0 ? `${formatSeconds(Math.ceil((rows - done) / perSecond))} left` : "waiting");
  } else parts.push(formatBytes(bytes));
  if (restoring !== undefined) {
    parts.push(
      `${formatCount(restoring.rows)} being restored, next look in ${formatSeconds(Math.ceil(restoring.nextLookMs / 1000))}`,
    );
  }
  if (atOnce !== undefined) parts.push(`${formatCount(atOnce)} at once`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.join("  ");
}
