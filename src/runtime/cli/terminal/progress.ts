/** The one line that tells how far a run has come. Pure but for the clock. */

import { formatBytes, formatWholeSeconds } from "../../../report/quantity.ts";
import type { Progress, Waiting } from "../../../run/surroundings/surroundings.ts";
import type { WorkedRows } from "../../../run/work/work-queue.ts";
import type { Clock } from "../../../vocabulary/clock.ts";
import { counted, formatCount, verbOf } from "../../../vocabulary/counted.ts";
import type { StatusPart } from "./status-line.ts";

/** Milliseconds between two lines: five a second are as many as anybody reads. */
const every = 200;
/** Speed is of the last ten seconds: the whole run's would hide that it has stalled. */
const window = 10_000;
/** Of less than this no speed is told. */
const least = 1_000;

interface Sample {
  readonly at: number;
  readonly ended: number;
  readonly bytes: number;
}

/** How fast, of late and since the first look; undefined where nobody can tell yet. */
interface Speed {
  readonly perSecond: number;
  readonly bytesPerSecond: number;
  readonly onAverage: number;
}

export interface ProgressOfCommand extends Progress {
  /** Since the run began, where that was before this command did. */
  readonly seconds?: number | null | undefined;
}

/** What is to be called with each progress, at whatever pace; it tells the parts of a line. */
export function progressParts(clock: Pick<Clock, "elapsed">): (progress: ProgressOfCommand) => readonly StatusPart[] {
  const began = clock.elapsed();
  const samples: Sample[] = [];
  let first: Sample | undefined;
  return (progress) => {
    const now = clock.elapsed();
    const done = progress.archived + progress.skipped + progress.failed;
    // What earlier attempts ended says nothing of how fast this one is.
    const { ended, bytes } = progress.here ?? { ended: done, bytes: progress.bytes };
    const sample = { at: now, ended, bytes };
    first ??= sample;
    samples.push(sample);
    while (samples.length > 2 && now - (samples[1]?.at ?? now) >= window) samples.shift();
    const goneSeconds = progress.seconds ?? (now - began) / 1_000;
    return partsOf(progress, done, speedOf(first, samples[0] ?? sample, sample), goneSeconds);
  };
}

/** Shows what it is called with, at most every 200 ms. */
export function showing(
  show: (line: readonly StatusPart[]) => void,
  clock: Pick<Clock, "elapsed">,
): (line: readonly StatusPart[]) => void {
  let shownAt = Number.NEGATIVE_INFINITY;
  return (line) => {
    const now = clock.elapsed();
    if (now - shownAt < every) return;
    shownAt = now;
    show(line);
  };
}

function speedOf(first: Sample, from: Sample, to: Sample): Speed | undefined {
  if (to.at - from.at < least) return undefined;
  const seconds = (to.at - from.at) / 1_000;
  return {
    perSecond: (to.ended - from.ended) / seconds,
    bytesPerSecond: (to.bytes - from.bytes) / seconds,
    onAverage: (to.ended - first.ended) / ((to.at - first.at) / 1_000),
  };
}

function partsOf(
  progress: Progress,
  done: number,
  speed: Speed | undefined,
  goneSeconds: number,
): readonly StatusPart[] {
  const { rows, failed, bytes, restoring, atOnce, underWay, stopping } = progress;
  const parts: StatusPart[] = [];
  const part = (matters: number, ...texts: string[]) => parts.push({ matters, texts });
  if (stopping) {
    const what = underWay === undefined ? "" : `: ${formatCount(underWay)} under way`;
    part(10, `stopping${what}`, "stopping");
  }
  const percent = rows === 0 ? 0 : Math.min(100, Math.floor((done / rows) * 100));
  const counts = `${formatCount(done)}/${formatCount(rows)}`;
  part(9, `${counts} (${percent}%)`, counts);
  if (speed !== undefined) {
    const { perSecond } = speed;
    part(5, `${counted(roughly(perSecond), "object")}/s`, `${formatCount(roughly(perSecond))}/s`);
  }
  part(
    3,
    ...(speed === undefined
      ? [formatBytes(bytes)]
      : [`${formatBytes(bytes)} at ${formatBytes(speed.bytesPerSecond)}/s`, `${formatBytes(speed.bytesPerSecond)}/s`]),
  );
  const secondsLeft = stopping ? undefined : secondsLeftOf(rows - done, speed);
  if (secondsLeft !== undefined) part(6, `${formatWholeSeconds(secondsLeft)} left`);
  part(2, `${formatWholeSeconds(Math.floor(goneSeconds))} gone`);
  if (failed > 0) part(8, `${formatCount(failed)} failed`);
  const waiting = stopping ? undefined : waitingTexts(progress, done, speed);
  if (waiting !== undefined) part(7, ...waiting);
  if (restoring !== undefined) {
    const { rows: cold, nextLookMs } = restoring;
    const seconds = formatWholeSeconds(nextLookMs / 1_000);
    part(7, `${formatCount(cold)} being restored, next look in ${seconds}`, `${formatCount(cold)} being restored`);
  }
  if (atOnce !== undefined && !stopping) part(1, `${formatCount(atOnce)} at once`);
  return parts;
}

/** The line of a worker, which knows what it did, and not how much there is. */
export function workedLine({
  messages,
  archived,
  skipped,
  failed,
  bytes,
  atOnce,
  waiting,
}: WorkedRows): readonly StatusPart[] {
  const parts: StatusPart[] = [
    { matters: 4, texts: [counted(messages, "message")] },
    { matters: 9, texts: [`${formatCount(archived)} archived`] },
    { matters: 5, texts: [`${formatCount(skipped)} skipped`] },
  ];
  if (failed > 0) parts.push({ matters: 8, texts: [`${formatCount(failed)} failed`] });
  parts.push({ matters: 3, texts: [formatBytes(bytes)] });
  if (waiting !== undefined) parts.push({ matters: 7, texts: textsOfWait(waiting) });
  if (atOnce !== undefined) parts.push({ matters: 1, texts: [`${formatCount(atOnce)} at once`] });
  return parts;
}

/** By the speed of late; where nothing moves just now, by that of the whole time. */
function secondsLeftOf(left: number, speed: Speed | undefined): number | undefined {
  if (speed === undefined || left <= 0) return undefined;
  const perSecond = speed.perSecond > 0 ? speed.perSecond : speed.onAverage;
  return perSecond > 0 ? Math.ceil(left / perSecond) : undefined;
}

function waitingTexts(
  { rows, waiting, restoring }: Progress,
  done: number,
  speed: Speed | undefined,
): readonly string[] | undefined {
  if (waiting !== undefined) return textsOfWait(waiting);
  const stalls = speed !== undefined && speed.perSecond <= 0 && done < rows && restoring === undefined;
  return stalls ? ["waiting for replies", "waiting"] : undefined;
}

function textsOfWait(wait: Waiting): readonly string[] {
  switch (wait.why) {
    case "throttled":
      return [`throttled: nothing is sent for ${inSeconds(wait.ms)}`, `throttled ${inSeconds(wait.ms)}`, "throttled"];
    case "slowed": {
      const perSecond = `${formatCount(roughly(wait.perSecond))}/s`;
      return [`throttled: ${perSecond} at most for now`, `throttled to ${perSecond}`, "throttled"];
    }
    case "rate":
      return ["held to --rate"];
    case "restores":
      return ["restores are asked for", "restoring"];
    case "bandwidth":
      return ["held to --bwlimit"];
    case "ledger":
      return [`waiting for the ledger, tried again in ${inSeconds(wait.ms)}`, "waiting for the ledger", "waiting"];
    case "others":
      return [
        `waiting for another worker of this run, next look in ${inSeconds(wait.ms)}`,
        "waiting for another worker",
        "waiting",
      ];
    case "retries": {
      const what = `${counted(wait.rows, "row")} ${verbOf(wait.rows, "waits", "wait")}`;
      return [`${what} to be tried again, in ${inSeconds(wait.ms)}`, `${what} to be tried again`, "waiting"];
    }
    case "shards":
      return [`waiting ${inSeconds(wait.ms)} before rows are tried again`, `waiting ${inSeconds(wait.ms)}`, "waiting"];
  }
}

const inSeconds = (ms: number): string => formatWholeSeconds(ms / 1_000);

/** With a decimal only where it is little: `0.4`, `12`. */
const roughly = (value: number): number => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
