/** What a worker thread runs (dist/thread.js): the ordinary worker, with connections, pace and memory of its own. */
import { parentPort, threadId, workerData } from "node:worker_threads";
import { processIdentity } from "../../run/surroundings/worker-identity.ts";
import { createOwnWorkers } from "../../run/work/workers.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { logTo, serveDeliveries, type ThreadPort } from "./serve-deliveries.ts";
import type { ThreadData } from "./workers-from-settings.ts";

if (parentPort === null) throw new Error("this file is a worker thread of cos-originals, and no program of its own");
const line = parentPort;
const port: ThreadPort = {
  post: (message) => line.postMessage(message),
  listen: (heard) => void line.on("message", heard),
};
const { values } = workerData as ThreadData;
const gone = new Set<number>();
const world = { environment: process.env, clock: systemClock, random: Math.random, log: logTo(port) };
const surroundings = surroundingsFromSettings(
  { values },
  world,
  processIdentity(process.pid, { number: threadId, gone }),
);
serveDeliveries(port, { workers: createOwnWorkers(surroundings), clock: systemClock, gone });
