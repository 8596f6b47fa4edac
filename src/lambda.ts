/** The deployed function on AWS Lambda: `dist/lambda.handler`. */

import { variableOf } from "./config/settings.ts";
import { SQSClient } from "./queue/index.ts";
import { createDeliveryHandler } from "./run/deliver/handle-delivery.ts";
import { keepFunctionWorker } from "./runtime/function/function-worker.ts";
import { createLambdaHandler } from "./runtime/function/lambda-handler.ts";
import { systemClock } from "./vocabulary/clock.ts";
import { foldRepeats } from "./vocabulary/fold-repeats.ts";
import { atLeast, jsonLog, writeToStdout } from "./vocabulary/log.ts";

export type { LambdaAnswer, LambdaContext, SqsBatchResponse } from "./runtime/function/lambda-handler.ts";

const log = foldRepeats(atLeast(jsonLog(), process.env[variableOf("logLevel")]));
const world = { environment: process.env, clock: systemClock, random: Math.random, log };

/** Takes SQS batches, EventBridge schedules, and a manifest message itself. */
export const handler = createLambdaHandler({
  ...world,
  worker: keepFunctionWorker(world, createDeliveryHandler),
  // Region and credentials are the platform's, read at each request.
  queue: new SQSClient(),
  writeMetrics: writeToStdout,
});
