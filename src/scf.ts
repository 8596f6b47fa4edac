/** The deployed function on Tencent SCF: `index.main_handler` of dist/scf. */

import type { Settings } from "./config/read.ts";
import { flagOf, variableOf } from "./config/settings.ts";
import { queueFromUrl } from "./queue/index.ts";
import { createDeliveryHandler } from "./run/deliver/handle-delivery.ts";
import { keepFunctionWorker } from "./runtime/function/function-worker.ts";
import { keepInUse } from "./runtime/function/kept-in-use.ts";
import { createScfHandler } from "./runtime/function/scf-handler.ts";
import type { KeptQueue } from "./runtime/function/work-here.ts";
import { systemClock } from "./vocabulary/clock.ts";
import { foldRepeats } from "./vocabulary/fold-repeats.ts";
import { atLeast, jsonLog, writeToStdout } from "./vocabulary/log.ts";

export type { Polled } from "./run/work/poll-queue.ts";
export type { Ticked } from "./run/work/tick.ts";
export type { ScfContext, ScfResult } from "./runtime/function/scf-handler.ts";

/** What SCF takes for its log is standard output (document 583/60336), and nothing is said of the other. */
const write = process.env.TENCENTCLOUD_RUNENV === "SCF" ? writeToStdout : undefined;
const log = foldRepeats(atLeast(jsonLog(write), process.env[variableOf("logLevel")]));
const world = { environment: process.env, clock: systemClock, random: Math.random, log };

/** Connections are kept while the settings of the queue are the same; credentials are read at each request. */
function keepQueue(setting: "queue" | "deadLetterQueue"): (settings: Settings) => KeptQueue | undefined {
  const take = keepInUse<KeptQueue>(({ client }) => client.destroy());
  return ({ values, given }) => {
    const { [setting]: text, allowHttp } = values;
    if (!given(setting) || text === undefined || text.startsWith("memory:")) return undefined;
    const { clock, random, log, environment: env } = world;
    return take(JSON.stringify([text, allowHttp]), (done) => ({
      ...queueFromUrl(text, { clock, random, log, env, allowHttp, setting: flagOf(setting) }),
      done,
    }));
  };
}

/** Takes timer, CKafka, CMQ, EventBridge and COS events, and a message itself. */
export const main_handler = createScfHandler({
  ...world,
  worker: keepFunctionWorker(world, createDeliveryHandler),
  openQueue: keepQueue("queue"),
  openDeadLetterQueue: keepQueue("deadLetterQueue"),
});
