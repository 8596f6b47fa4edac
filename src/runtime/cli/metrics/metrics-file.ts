/**
 * `--metrics-file FILE`: for the textfile folder of Prometheus' node_exporter, which reads it at any moment: it is written beside, and renamed. The
 * file says how the last run ended, of one that could not begin too.
 */
import { rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Summary } from "../../../report/summary.ts";
import type { Clock } from "../../../vocabulary/clock.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import type { RunMetric } from "../../../vocabulary/metrics/catalogue.ts";
import { version } from "../../../vocabulary/version.ts";
import type { ExitCode } from "../terminal/exit-codes.ts";
import { unwritable } from "../terminal/unwritable.ts";
import { codeLabel, type RunValues, runText } from "./registry.ts";

const SUFFIX = ".prom";

/** What node_exporter reads ends so. Throws UserError `InvalidSetting`. */
export function checkMetricsFile(file: string): void {
  if (file.endsWith(SUFFIX)) return;
  throw new UserError(
    "InvalidSetting",
    `--metrics-file ${quote(file)} does not end in .prom, and node_exporter reads no other; name it so.`,
  );
}

/** Throws UserError `OutUnwritable`. */
export async function writeMetricsFile(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await writeFile(aside, text);
    await rename(aside, file);
  } catch (thrown) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw unwritable(`--metrics-file ${quote(file)}`, thrown);
  }
}

/** @param summary absent of a run that could not begin */
export async function writeRunMetrics(
  file: string,
  code: ExitCode,
  summary: Summary | undefined,
  clock: Pick<Clock, "now">,
): Promise<void> {
  const endedAt = new Date(clock.now()).getTime() / 1_000;
  await writeMetricsFile(file, await runText(runValues(code, summary, endedAt), basename(file, SUFFIX)));
}

type OneMetric = readonly [RunMetric, NonNullable<ReturnType<RunValues["get"]>>];

/** @param endedAt seconds since the epoch */
export function runValues(code: ExitCode, summary: Summary | undefined, endedAt: number): RunValues {
  const always: readonly OneMetric[] = [
    ["run_exit_code", [[{}, code]]],
    ["run_end_timestamp_seconds", [[{}, endedAt]]],
  ];
  if (summary === undefined) return new Map(always);
  const { run, state, archived, skipped, failed, pending, restoring, bytes, seconds, retries, cost } = summary;
  const failures = new Map<string, number>();
  for (const each of summary.failures ?? []) {
    const label = codeLabel(each.code);
    failures.set(label, (failures.get(label) ?? 0) + each.count);
  }
  // Those of queues are counted nowhere.
  const requests = Object.entries(summary.requests ?? {}).filter(([type]) => type !== "queue");
  const rows = Object.entries({ archived, skipped, failed, pending });
  const maybe = (value: number | null | undefined) =>
    value === undefined || value === null ? [] : [[{}, value] as const];
  return new Map<RunMetric, OneMetric[1]>([
    ["run_info", [[{ run, state, version }, 1]]],
    ...always,
    ["run_duration_seconds", maybe(seconds)],
    ["run_rows", rows.map(([outcome, count]) => [{ outcome }, count] as const)],
    ["run_restoring_rows", maybe(restoring?.rows)],
    ["run_archived_bytes", [[{}, bytes]]],
    ["run_failures", [...failures].map(([code, count]) => [{ code }, count] as const)],
    ["run_requests", requests.map(([type, count]) => [{ type }, count] as const)],
    ["run_retries", maybe(retries)],
    ["run_deleted_from_source_rows", maybe(summary.deletedFromSource?.count)],
    ["run_cost_upper", cost === undefined ? [] : [[{ currency: cost.currency }, cost.spent.upTo]]],
  ]);
}
