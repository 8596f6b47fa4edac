/** Would catch: a metric that is counted and not told, a name that Prometheus' rules forbid, a label that somebody else fills with as many values as they like. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { furtherRequestTypes, requestTypes } from "../../../../src/report/tally.ts";
import {
  checkMetricsFile,
  runValues,
  writeMetricsFile,
  writeRunMetrics,
} from "../../../../src/runtime/cli/metrics/metrics-file.ts";
import { createProcessRegistry, runText } from "../../../../src/runtime/cli/metrics/registry.ts";
import { type MetricEntry, nameOf, processMetrics, runMetrics } from "../../../../src/vocabulary/metrics/catalogue.ts";
import { workRequests } from "../../../../src/vocabulary/metrics/measured.ts";
import { finishedSummary } from "./summary.ts";

const live = {
  underWay: () => 7,
  concurrency: () => 32,
  looked: () => new Map([["queue", false] as const, ["ledger", true] as const]),
  queueCounts: () => ({ visible: 3, in_flight: 2, delayed: 1 }),
  now: () => 1_700_000_000,
};

/** As promtool's lint does: https://prometheus.io/docs/practices/naming/. */
function faults(name: string, { type, unit, means, labels = {}, buckets }: MetricEntry): string[] {
  const found: string[] = [];
  if (!/^cos_originals_[a-z][a-z0-9_]*[a-z0-9]$/.test(name)) found.push("is no name");
  if (type === "counter" && !name.endsWith("_total")) found.push("is a counter without _total");
  if (type !== "counter" && name.endsWith("_total")) found.push("is no counter, with _total");
  if (/_(ms|millis\w*|minutes|hours|kb|mb|kilobytes|percent)(_|$)/.test(name)) found.push("is in no base unit");
  if (unit === "bytes" && !name.includes("_bytes")) found.push("does not say bytes");
  if (unit === "seconds" && !/_seconds(_total)?$/.test(name)) found.push("does not say seconds");
  if (/_(count|sum|bucket|info_info)$/.test(name) || /_(counter|gauge|histogram)(_|$)/.test(name))
    found.push("has a name of its type");
  if (
    type === "histogram" &&
    (buckets === undefined || buckets.some((bound, at) => at > 0 && bound <= (buckets[at - 1] ?? 0)))
  )
    found.push("has no buckets that rise");
  if (means.length < 10 || means.endsWith(".")) found.push("has no help of a sentence without its stop");
  for (const label of Object.keys(labels))
    if (!/^[a-z]+$/.test(label) || label === "le") found.push(`has the label ${label}`);
  return found;
}

describe("the catalogue", () => {
  const all: readonly (readonly [string, MetricEntry])[] = Object.entries({ ...processMetrics, ...runMetrics }).map(
    ([name, entry]) => [nameOf(name as keyof typeof processMetrics), entry],
  );
  test("keeps Prometheus' rules of naming", () => {
    expect(all.flatMap(([name, entry]) => faults(name, entry).map((fault) => `${name} ${fault}`))).toEqual([]);
  });
  test.each([
    ["cos_originals_rows", { type: "counter", unit: "rows", means: "Rows that ended" }],
    ["cos_originals_wait_ms", { type: "gauge", unit: "seconds", means: "How long it waits" }],
    ["cos_originals_size_total", { type: "gauge", unit: "bytes", means: "How large it is" }],
  ] as const)("would not pass with %s", (name, entry) => expect(faults(name, entry)).not.toEqual([]));
});

async function told() {
  const registry = createProcessRegistry(live, "1.0.0", false);
  const { meter } = registry;
  meter({ kind: "row", outcome: "archived", bytes: 2_048, ms: 120 });
  meter({ kind: "row", outcome: "failed", code: "NoSuchKey", bytes: 0, ms: 20 });
  for (let n = 0; n < 50; n++) meter({ kind: "row", outcome: "failed", code: `Invented${n}`, bytes: 0, ms: 20 });
  meter({ kind: "requests", sent: { "source.get": 2, ledger: 5, queue: 0 }, retries: 1, throttled: 3 });
  meter({ kind: "shard-begun", takenOver: true });
  meter({ kind: "shard-ended", end: "handed_over", ms: 61_000 });
  meter({ kind: "message", end: "acknowledged" });
  meter({ kind: "received", failed: true });
  meter({ kind: "received", failed: false });
  meter({ kind: "run-ended", state: "complete" });
  return (await registry.text()).split("\n");
}

describe("what a worker tells", () => {
  test("is all that the catalogue has, each with its help and its type, and no more", async () => {
    const lines = await told();
    const types = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.slice(7));
    const expected = Object.entries(processMetrics).map(
      ([name, { type }]) => `${nameOf(name as keyof typeof processMetrics)} ${type}`,
    );
    expect(types.toSorted()).toEqual(expected.toSorted());
    for (const [name, { means }] of Object.entries(processMetrics))
      expect(lines).toContain(`# HELP ${nameOf(name as keyof typeof processMetrics)} ${means}.`);
  });

  test("counts what happened, in base units", async () => {
    const lines = await told();
    for (const line of [
      'cos_originals_rows_total{outcome="archived"} 1',
      'cos_originals_rows_total{outcome="skipped"} 0',
      "cos_originals_archived_bytes_total 2048",
      'cos_originals_failures_total{code="NoSuchKey"} 1',
      'cos_originals_failures_total{code="other"} 50',
      'cos_originals_row_duration_seconds_bucket{le="0.1",outcome="archived"} 0',
      'cos_originals_row_duration_seconds_bucket{le="0.25",outcome="archived"} 1',
      'cos_originals_requests_total{type="source.get"} 2',
      'cos_originals_requests_total{type="archive.put"} 0',
      "cos_originals_throttled_total 3",
      'cos_originals_ready{check="queue"} 0',
      'cos_originals_ready{check="ledger"} 1',
      'cos_originals_shards_total{end="handed_over"} 1',
      "cos_originals_shards_taken_over_total 1",
      'cos_originals_messages_total{end="acknowledged"} 1',
      "cos_originals_receive_failures_total 1",
      "cos_originals_last_receive_timestamp_seconds 1700000000",
      'cos_originals_queue_messages{state="visible"} 3',
      'cos_originals_runs_ended_total{state="complete"} 1',
      'cos_originals_runs_ended_total{state="halted"} 0',
      "cos_originals_last_completed_run_timestamp_seconds 1700000000",
      "cos_originals_rows_in_progress 7",
      "cos_originals_concurrency 32",
    ])
      expect(lines).toContain(line);
    // Of what nobody counts there would always be 0.
    expect(lines.filter((line) => line.includes('"queue"') && line.includes("requests_total"))).toEqual([]);
  });

  test("knows each type of request that a shard's summary counts, but for the queue's, which none does", () => {
    const types: string[] = [...requestTypes, ...furtherRequestTypes].filter((type) => type !== "queue");
    expect([...workRequests].toSorted()).toEqual(types.toSorted());
  });
});

describe("the file of a run", () => {
  test("tells of the run all that the catalogue has", async () => {
    const values = runValues(3, finishedSummary, 1_700_000_000);
    expect([...values.keys()].toSorted()).toEqual(Object.keys(runMetrics).toSorted());
    const text = await runText(values, "photos");
    for (const line of [
      'cos_originals_run_exit_code{file="photos"} 3',
      'cos_originals_run_end_timestamp_seconds{file="photos"} 1700000000',
      'cos_originals_run_rows{outcome="archived",file="photos"} 2',
      'cos_originals_run_failures{code="NoSuchKey",file="photos"} 1',
      'cos_originals_run_duration_seconds{file="photos"} 10',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).not.toContain('type="queue"');
    expect(text).toMatch(/cos_originals_run_info\{run="nightly",state="complete",version="[^"]+",file="photos"\} 1\n/);
  });

  test("is put in its place whole, says how a run ended that could not begin, and leaves nothing beside it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "originals-prom-"));
    try {
      const file = join(folder, "x.prom");
      await writeMetricsFile(file, "before\n");
      await writeRunMetrics(file, 6, undefined, { now: () => 1_000 });
      const text = await readFile(file, "utf8");
      // Of two lines of cron on one machine node_exporter would tell the first alone, were their labels the same.
      expect(text).toContain('cos_originals_run_exit_code{file="x"} 6\n');
      expect(text).not.toContain("run_rows");
      expect(await readdir(folder)).toEqual(["x.prom"]);
      await expect(writeMetricsFile(join(folder, "none", "x.prom"), "")).rejects.toThrow(
        /^--metrics-file ".*x\.prom" can't be written: the folder that it is to lie in is not there; make it first\.$/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("is one that node_exporter reads", () => {
    expect(() => checkMetricsFile("/var/lib/x.prom")).not.toThrow();
    expect(() => checkMetricsFile("x.txt")).toThrow('--metrics-file "x.txt" does not end in .prom');
  });
});
