/** Catches: a direct or a scheduled call that ends without a word of what became of its run. */
import { describe, expect, it } from "vitest";
import { createMemoryQueues, SQSClient } from "../../../src/queue/index.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { archivePlace, createWorld, inlineMessage, seedPictures, sourcePlace } from "../../run/world.ts";
import { notingLog, settingsOf } from "./fixtures.ts";

const queueUrl = "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/work";
const places = { ORIGINALS_SOURCE: `cos://${sourcePlace.bucket}`, ORIGINALS_ARCHIVE: `cos://${archivePlace.bucket}` };

function doors(queue?: string) {
  const world = createWorld();
  const settings = settingsOf({ ...places, ...(queue === undefined ? {} : { ORIGINALS_QUEUE: queue }) });
  const queues = createMemoryQueues({ clock: world.clock });
  const url = queues.createQueue("work");
  const SendMessage: typeof queues.SendMessage = (input, options) =>
    queues.SendMessage({ ...input, QueueUrl: url }, options);
  const client = new SQSClient({ transport: { ...queues, SendMessage } });
  const parts = {
    worker: () => ({ settings, handle: createDeliveryHandler(world.surroundings) }),
    clock: world.clock,
    random: () => 0.5,
    log: notingLog(),
  };
  const lambda = createLambdaHandler({ ...parts, queue: client, environment: {} });
  const openQueue = () => (queue === undefined ? undefined : ({ kind: "memory", client, queueUrl: url } as const));
  const scf = createScfHandler({ ...parts, openQueue });
  const context = { getRemainingTimeInMillis: () => 900_000, invokedFunctionArn: "arn:aws:lambda:r:1:function:f" };
  return {
    world,
    onLambda: (event: unknown) => world.done(lambda(event, context)),
    onScf: (event: unknown) => world.done(scf(event, { time_limit_in_ms: 900_000 })),
  };
}

const report = `cos://${archivePlace.bucket}/.originals/runs/r/report/`;

describe("a call of the function", () => {
  it("with a message returns the summary of its run, now and when it is over", async () => {
    const { world, onLambda } = doors();
    const keys = seedPictures(world.source, 3);
    const message = inlineMessage([...keys, "none.jpg"], { run: "r" });
    const summary = await onLambda(message);
    expect(summary).toEqual({ ...world.summary("r"), report });
    expect(summary).toMatchObject({ state: "complete", rows: 4, archived: 3, failed: 1 });
    expect(await onLambda(message)).toEqual(summary);
  });

  it("by a schedule does so too", async () => {
    const { world, onLambda } = doors();
    seedPictures(world.source, 2);
    const event = { "detail-type": "Scheduled Event", time: "2026-01-15T12:00:00Z", source: "aws.events" };
    expect(await onLambda(event)).toMatchObject({ state: "complete", rows: 2, archived: 2 });
  });

  it("of more than one shard returns how the run stands when it is handed on", async () => {
    const { world, onLambda } = doors(queueUrl);
    const keys = seedPictures(world.source, 4);
    const message = inlineMessage(keys, { run: "r", options: { shardSize: 2 } });
    const running = { schema: "cos-originals/summary@1", run: "r", state: "running" };
    expect(await onLambda(message)).toMatchObject({ ...running, report });
    const { world: other, onScf } = doors(queueUrl);
    seedPictures(other.source, 4);
    expect(await onScf(message)).toMatchObject({ acknowledged: 1, summary: running, report });
  });

  it("that is refused fails with the reason, and returns nothing", async () => {
    const { onLambda } = doors();
    await expect(onLambda(inlineMessage(["a"], { options: { archiveKey: "{nmae}" } }))).rejects.toThrow("{nmae}");
  });

  it.each([undefined, queueUrl])(
    "on SCF returns it beside what it says of messages, with a queue and without",
    async (queue) => {
      const { world, onScf } = doors(queue);
      const keys = seedPictures(world.source, 2);
      expect(await onScf(inlineMessage(keys, { run: "r" }))).toEqual({
        acknowledged: 1,
        rejected: 0,
        summary: world.summary("r"),
        report,
      });
      const timer = { Type: "Timer", Time: "2026-01-15T12:00:00Z", Message: "list" };
      expect(await onScf(timer)).toMatchObject({ acknowledged: 1, summary: { state: "complete", skipped: 2 } });
    },
  );
});
