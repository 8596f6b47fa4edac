/**
 * Every metric: /metrics of `work`, the file of `--metrics-file`, what a function writes for CloudWatch, and the table of the documents are made of it. Names
 * follow https://prometheus.io/docs/practices/naming/: base units, `_total` for counters. Labels have few values: never a key, and never a run, but in the
 * file that one run writes.
 */
import type { CloudWatchName } from "./cloudwatch.ts";
import { messageEnds, readyChecks, rowEnds, runEnds, shardEnds, workRequests } from "./measured.ts";

export interface MetricEntry {
  readonly type: "counter" | "gauge" | "histogram";
  /** What one of it is, for people. */
  readonly unit: string;
  /** By name: the values that a label can have, or what it tells where they are not listed. */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
  /** One sentence, without its full stop: help of the exposition, and the documents. */
  readonly means: string;
  /** When somebody should look, and at what. */
  readonly alert?: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const PREFIX = "cos_originals_";

/** What a process tells of itself: /metrics of `work --listen`, and the file of `work --metrics-file`. */
export const processMetrics = {
  build_info: {
    type: "gauge",
    unit: "1",
    labels: { version: "of this tool", node: "version of Node" },
    means: "Always 1: which version this is",
    alert: "Several versions for long: an update stopped half-way",
  },
  rows_total: {
    type: "counter",
    unit: "rows",
    labels: { outcome: rowEnds },
    means: "Rows that this process ended, by outcome",
    alert: "No increase while rows are under way, for 15 minutes: something is waited for; the log says what",
  },
  archived_bytes_total: { type: "counter", unit: "bytes", means: "Bytes of the originals that this process archived" },
  failures_total: {
    type: "counter",
    unit: "rows",
    labels: { code: "a code of docs/errors.md, or other" },
    means: "Rows that this process ended as failed, by code",
    alert: "More than one row in twenty: `cos-originals explain CODE` says what to do",
  },
  row_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: { outcome: rowEnds },
    means: "How long a row took, from its first request to its end, tries and waits included",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  requests_total: {
    type: "counter",
    unit: "requests",
    labels: { type: workRequests },
    means:
      "Requests that this process sent for rows and shards, by type; source.get is what image processing is paid for. Planning and reports are not among them",
    alert: "source.get far above the archived rows: originals are paid for more than once",
  },
  retries_total: { type: "counter", unit: "tries", means: "Tries of rows beyond each row's first" },
  throttled_total: {
    type: "counter",
    unit: "replies",
    means: "Replies that said that requests come too fast",
    alert: "Many for long: give `--rate`, the same for all workers, below 3,000/s",
  },
  ready: {
    type: "gauge",
    unit: "1",
    labels: { check: readyChecks },
    means:
      "1 where what it needs was there when /readyz or /metrics looked last, else 0; absent of what its settings do not name",
    alert: "0 for ten minutes: /readyz has the reason",
  },
  rows_in_progress: { type: "gauge", unit: "rows", means: "Rows under way, and those that wait for their turn" },
  concurrency: { type: "gauge", unit: "rows", means: "Rows that may be under way at once now" },
  shards_total: {
    type: "counter",
    unit: "shards",
    labels: { end: shardEnds },
    means: "Deliveries of shards that ended here, by how",
    alert: "given_back goes on for half an hour: rows are left that can't be ended; the log says why",
  },
  shard_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    means: "How long a delivery of a shard took",
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 900],
  },
  shards_taken_over_total: {
    type: "counter",
    unit: "shards",
    means: "Shards that this process took over from a worker that stopped without a word",
    alert: "More than three an hour: workers die, of memory or of a time limit; the log names them",
  },
  messages_total: {
    type: "counter",
    unit: "messages",
    labels: { end: messageEnds },
    means: "Messages of the queue that this process took, by what became of them",
    alert: "rejected or refused: the dead-letter queue and the log have the reason",
  },
  receive_failures_total: {
    type: "counter",
    unit: "requests",
    means: "Times that the queue could not be asked for a message",
    alert: "Goes on for ten minutes: the queue, or what this process may do with it",
  },
  last_receive_timestamp_seconds: {
    type: "gauge",
    unit: "seconds",
    means: "When the queue answered last, message or not, as a Unix time; 0: never yet",
  },
  queue_messages: {
    type: "gauge",
    unit: "messages",
    labels: { state: ["visible", "in_flight", "delayed"] },
    means: "Messages in the queue, as it counts them itself, approximately; absent where it can't be asked",
    alert: "visible grows for an hour while nothing is archived",
  },
  runs_ended_total: {
    type: "counter",
    unit: "runs",
    labels: { state: runEnds },
    means: "Runs whose end this process found, by how they ended; a run may be counted twice, as messages come twice",
    alert: "halted: `cos-originals status RUN` has the reason",
  },
  last_completed_run_timestamp_seconds: {
    type: "gauge",
    unit: "seconds",
    means: "When this process found a run complete last, as a Unix time; 0: never yet",
    alert: "Where a run is due each night: older than 25 hours over all workers",
  },
} as const satisfies Record<string, MetricEntry>;

/** What every metric of a run's file has: node_exporter passes over what another file has told by the same name and labels. */
export const fileLabel = "file";

/** What a run tells at its end: the file of `run --metrics-file`, which the next run writes anew. Each has `fileLabel` too. */
export const runMetrics = {
  run_info: {
    type: "gauge",
    unit: "1",
    labels: { run: "id of the run", state: "how it stands", version: "of this tool" },
    means: "Always 1: which run the file is about",
  },
  run_exit_code: {
    type: "gauge",
    unit: "1",
    means: "The exit code that the command ended with, of a run that could not begin too",
    alert: "Other than 0: 3 can wait for the morning, 4 and 6 do not mend themselves, 5 goes on with the next call",
  },
  run_end_timestamp_seconds: {
    type: "gauge",
    unit: "seconds",
    means: "When the command ended, as a Unix time",
    alert: "Older than 25 hours: the nightly line did not run at all",
  },
  run_duration_seconds: { type: "gauge", unit: "seconds", means: "From the run's begin to its end" },
  run_rows: {
    type: "gauge",
    unit: "rows",
    labels: { outcome: [...rowEnds, "pending"] },
    means: "Rows of the run, by outcome",
    alert: "archived far from that of the nights before",
  },
  run_restoring_rows: {
    type: "gauge",
    unit: "rows",
    means: "Of the pending rows, those that wait until their originals are restored from an archive class",
  },
  run_archived_bytes: { type: "gauge", unit: "bytes", means: "Bytes of the originals that the run archived" },
  run_failures: {
    type: "gauge",
    unit: "rows",
    labels: { code: "a code of docs/errors.md, or other" },
    means: "Failed rows of the run, by code",
  },
  run_requests: {
    type: "gauge",
    unit: "requests",
    labels: { type: "as requests_total" },
    means: "Requests of the run, by type",
  },
  run_retries: { type: "gauge", unit: "tries", means: "Tries of rows beyond each row's first" },
  run_deleted_from_source_rows: {
    type: "gauge",
    unit: "rows",
    means: "What the archive holds and the source no longer does, of a listing that was compared",
    alert: "A number that you don't expect: stop the nightly job, and look at the source",
  },
  run_cost_upper: {
    type: "gauge",
    unit: "of its currency",
    labels: { currency: "as the prices are in" },
    means: "What the run came to at most, by prices that are indicative",
    alert: "Twice that of the nights before",
  },
} as const satisfies Record<string, MetricEntry>;

export type ProcessMetric = keyof typeof processMetrics;
export type RunMetric = keyof typeof runMetrics;

/** `rows_total` → `cos_originals_rows_total`. */
export const nameOf = (metric: ProcessMetric | RunMetric): string => `${PREFIX}${metric}`;

/** What a function on AWS Lambda writes for CloudWatch. */
export const cloudWatchMetrics: Readonly<Record<CloudWatchName, { readonly means: string; readonly alert?: string }>> =
  {
    RowsArchived: { means: "Rows that ended as archived" },
    RowsSkipped: { means: "Rows that ended as skipped" },
    RowsFailed: { means: "Rows that ended as failed", alert: "More than one in twenty of all rows" },
    ArchivedBytes: { means: "Bytes of the originals that were archived" },
    Retries: { means: "Tries of rows beyond each row's first" },
    Throttled: { means: "Replies that said that requests come too fast", alert: "Many for long: set ORIGINALS_RATE" },
    ShardsHandedOver: { means: "Shards with rows left, of which a message is on its way for the next invocation" },
    ShardsTakenOver: {
      means: "Shards that were taken over from an invocation that died",
      alert: "More than three an hour: too little memory, or too short a time limit",
    },
    MessagesGivenBack: { means: "Messages that come again", alert: "Goes on for an hour" },
    MessagesRejected: {
      means: "Messages that can never be worked, or not by these settings",
      alert: "Any: the dead-letter queue and the log have the reason",
    },
    RunsCompleted: {
      means: "Runs that were found complete",
      alert: "None in 25 hours, where a schedule begins one each night",
    },
    RunsStopped: {
      means: "Runs that were found halted or cancelled",
      alert: "Any: `cos-originals status RUN` has the reason",
    },
  };
