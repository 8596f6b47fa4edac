/** What is counted and told of a worker whom somebody watches. Read only with --listen or --metrics-file. */
import type { Settings } from "../../../config/read.ts";
import type { QueueFromUrl } from "../../../queue/index.ts";
import type { WorkedRows } from "../../../run/work/work-queue.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import type { Meter } from "../../../vocabulary/metrics/measured.ts";
import { version } from "../../../vocabulary/version.ts";
import type { OpenedSurroundings } from "../../settings/surroundings-from-settings.ts";
import { checkMetricsFile, writeMetricsFile } from "./metrics-file.ts";
import { createProbes } from "./probes.ts";
import { createProcessRegistry } from "./registry.ts";
import { workerChecks } from "./worker-checks.ts";
import { startWorkerServer, type WorkerServer } from "./worker-server.ts";

export interface WatchedWorker {
  readonly meter: Meter;
  progress(worked: WorkedRows): void;
  /** Resolves with where it listens. Throws UserError `PortInUse`. */
  listen(): Promise<string | undefined>;
  /** It is to end, and not ready from now on. */
  stopping(): void;
  /** Writes the file, where one is asked for. */
  close(): Promise<void>;
}

export function watchWorker({
  settings,
  surroundings,
  queue,
}: {
  readonly settings: Settings;
  readonly surroundings: OpenedSurroundings;
  readonly queue: QueueFromUrl;
}): WatchedWorker {
  const { listen, metricsFile } = settings.values;
  if (metricsFile !== undefined) checkMetricsFile(metricsFile);
  let worked: WorkedRows | undefined;
  let isReceiving = true;
  const underWay = () => worked?.underWay ?? 0;
  const receiving = () => (isReceiving ? undefined : "the last request for a message failed");
  const { checks, queueCounts } = workerChecks(settings, surroundings, queue, receiving);
  const probes = createProbes({ checks, clock: systemClock, version, underWay });
  const live = {
    underWay,
    concurrency: () => worked?.concurrency ?? surroundings.settings.concurrency,
    looked: probes.looked,
    queueCounts,
    now: () => systemClock.now() / 1_000,
  };
  const registry = createProcessRegistry(live, version, listen !== undefined);
  let server: WorkerServer | undefined;
  return {
    meter(measured) {
      registry.meter(measured);
      if (measured.kind !== "received") return;
      isReceiving = !measured.failed;
      // Also of one that failed: it is the polling that lives.
      probes.received();
    },
    progress(now) {
      worked = now;
    },
    async listen() {
      if (listen === undefined) return undefined;
      server = await startWorkerServer(listen, probes, registry, systemClock);
      return server.address;
    },
    stopping: probes.stopping,
    async close() {
      await server?.close();
      if (metricsFile !== undefined) await writeMetricsFile(metricsFile, await registry.text());
    },
  };
}
