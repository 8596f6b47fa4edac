/**
 * What a worker's process counts, as Prometheus reads it, by prom-client. The names are those of the catalogue (vocabulary/metrics/catalogue.ts). Read
 * only where somebody is to read it.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { entryOf } from "../../../vocabulary/codes/catalogue.ts";
import {
  fileLabel,
  type MetricEntry,
  nameOf,
  type ProcessMetric,
  processMetrics,
  type RunMetric,
  runMetrics,
} from "../../../vocabulary/metrics/catalogue.ts";
import type { Meter, ReadyCheck } from "../../../vocabulary/metrics/measured.ts";
import type { QueueCounts } from "./worker-checks.ts";

/** Read when somebody asks. */
export interface LiveValues {
  readonly underWay: () => number;
  readonly concurrency: () => number;
  /** Was there what it needs, when that was looked at last? */
  readonly looked: () => ReadonlyMap<ReadyCheck, boolean>;
  /** Undefined where the queue can't be asked. */
  readonly queueCounts: () => QueueCounts | undefined;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

export interface ProcessRegistry {
  readonly meter: Meter;
  readonly contentType: string;
  text(): Promise<string>;
}

/** Of a code that the catalogue does not know there may be as many as somebody invents. */
export const codeLabel = (code: string | undefined): string =>
  code !== undefined && entryOf(code) !== undefined ? code : "other";

const labelsOf = ({ labels = {} }: MetricEntry) => Object.keys(labels);

/** @param defaults Node's own too: memory, event loop, garbage collection */
export function createProcessRegistry(live: LiveValues, version: string, defaults: boolean): ProcessRegistry {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const entry = (name: ProcessMetric): MetricEntry => processMetrics[name];
  const told = (name: ProcessMetric) => ({
    name: nameOf(name),
    help: `${entry(name).means}.`,
    labelNames: labelsOf(entry(name)),
    registers: [registry],
  });
  const counter = (name: ProcessMetric) => {
    const made = new Counter(told(name));
    // Whoever reckons how much it rose needs the 0 that it rose from.
    for (const labels of knownLabels(entry(name))) made.inc(labels, 0);
    return made;
  };
  const gauge = (name: ProcessMetric, collect?: (self: Gauge) => void) =>
    new Gauge({
      ...told(name),
      ...(collect && {
        collect() {
          collect(this);
        },
      }),
    });
  const histogram = (name: ProcessMetric) =>
    new Histogram({ ...told(name), buckets: [...(entry(name).buckets ?? [])] });

  gauge("build_info").set({ version, node: process.versions.node }, 1);
  const rows = counter("rows_total");
  const bytes = counter("archived_bytes_total");
  const failures = counter("failures_total");
  const rowSeconds = histogram("row_duration_seconds");
  const requests = counter("requests_total");
  const retries = counter("retries_total");
  const throttled = counter("throttled_total");
  gauge("ready", (self) => {
    for (const [check, there] of live.looked()) self.set({ check }, there ? 1 : 0);
  });
  gauge("rows_in_progress", (self) => self.set(live.underWay()));
  gauge("concurrency", (self) => self.set(live.concurrency()));
  const shards = counter("shards_total");
  const shardSeconds = histogram("shard_duration_seconds");
  const takenOver = counter("shards_taken_over_total");
  const messages = counter("messages_total");
  const receiveFailures = counter("receive_failures_total");
  const lastReceive = gauge("last_receive_timestamp_seconds");
  gauge("queue_messages", (self) => {
    self.reset();
    for (const [state, count] of Object.entries(live.queueCounts() ?? {})) self.set({ state }, count);
  });
  const runs = counter("runs_ended_total");
  const lastRun = gauge("last_completed_run_timestamp_seconds");
  lastReceive.set(0);
  lastRun.set(0);

  return {
    meter(measured) {
      switch (measured.kind) {
        case "row": {
          const { outcome } = measured;
          rows.inc({ outcome });
          bytes.inc(measured.bytes);
          rowSeconds.observe({ outcome }, measured.ms / 1_000);
          if (outcome === "failed") failures.inc({ code: codeLabel(measured.code) });
          return;
        }
        case "requests":
          for (const [type, count = 0] of Object.entries(measured.sent)) if (count > 0) requests.inc({ type }, count);
          retries.inc(measured.retries);
          throttled.inc(measured.throttled);
          return;
        case "shard-begun":
          if (measured.takenOver) takenOver.inc();
          return;
        case "shard-ended":
          shards.inc({ end: measured.end });
          shardSeconds.observe(measured.ms / 1_000);
          return;
        case "message":
          messages.inc({ end: measured.end });
          return;
        case "received":
          if (measured.failed) receiveFailures.inc();
          else lastReceive.set(live.now());
          return;
        case "run-ended":
          runs.inc({ state: measured.state });
          if (measured.state === "complete") lastRun.set(live.now());
      }
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** Of labels whose values are all known: each of them; none where there is no label. */
function knownLabels({ labels = {} }: MetricEntry): readonly Readonly<Record<string, string>>[] {
  const [only] = Object.entries(labels);
  if (only === undefined) return [{}];
  const [label, values] = only;
  return typeof values === "string" ? [] : values.map((value) => ({ [label]: value }));
}

/** Gauges of one run, by their name in the catalogue: each value with its labels. */
export type RunValues = ReadonlyMap<
  RunMetric,
  readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
>;

/** @param file its name, without `.prom` */
export async function runText(values: RunValues, file: string): Promise<string> {
  const registry = new Registry();
  registry.setDefaultLabels({ [fileLabel]: file });
  for (const [name, all] of values) {
    const entry: MetricEntry = runMetrics[name];
    const gauge = new Gauge({
      name: nameOf(name),
      help: `${entry.means}.`,
      labelNames: labelsOf(entry),
      registers: [registry],
    });
    for (const [labels, value] of all) gauge.set(labels, value);
  }
  return registry.metrics();
}
