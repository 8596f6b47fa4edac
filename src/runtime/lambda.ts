/** The deployed function on AWS Lambda: `dist/lambda.handler`. */
import { systemClock } from "../clock.ts";
import { jsonLog } from "../log.ts";
import { SQSClient } from "../queue/index.ts";
import { createDeliveryHandler } from "../run/handle-delivery.ts";
import { keepFunctionWorker } from "./function-worker.ts";
import { createLambdaHandler } from "./lambda-handler.ts";

const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };

/** Takes SQS batches, EventBridge schedules, and a manifest message itself. */
export const handler = createLambdaHandler({
  ...world,
  worker: keepFunctionWorker(world, createDeliveryHandler),
  // Region and credentials are the platform's, read at each request.
  queue: new SQSClient(),
});
