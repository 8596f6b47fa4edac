/** The schedule of each platform, from the event that it sends to the reconcile message of a run that was forgotten. */
import { describe, expect, it } from "vitest";
import { createMemoryQueues, ReceiveMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { ledgerPlace as ledgerOf } from "../../../src/runtime/settings/places.ts";
import { archivePlace, createWorld, inlineMessage, sourcePlace } from "../../run/world.ts";
import { notingLog, settingsOf } from "./fixtures.ts";

const settings = settingsOf({
  ORIGINALS_SOURCE: `cos://${sourcePlace.bucket}`,
  ORIGINALS_ARCHIVE: `cos://${archivePlace.bucket}`,
  ORIGINALS_QUEUE: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/work",
});

/** A world in which a run of two shards was planned, and every message of it was lost. */
async function forgotten() {
  const world = createWorld();
  for (const key of ["a.jpg", "b.jpg"]) world.source.seed(key, key);
  await world.deliver(
    inlineMessage(["a.jpg", "b.jpg"], { run: "forgotten", ledger: ledgerOf(settings), options: { shardSize: 1 } }),
  );
  const { clock } = world;
  const queues = createMemoryQueues({ clock });
  const queueUrl = queues.createQueue("work");
  // Whatever URL the settings name, there is one queue.
  const here = {
    ...queues,
    SendMessage: ((input, options) =>
      queues.SendMessage({ ...input, QueueUrl: queueUrl }, options)) as typeof queues.SendMessage,
  };
  const client = new SQSClient({ transport: here });
  const waiting = async () => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
    );
    return Messages.map(({ Body }) => JSON.parse(Body ?? "{}") as { type: string; run?: string });
  };
  const worker = () => ({ settings, handle: createDeliveryHandler(world.surroundings) });
  return { world, client, queueUrl, waiting, worker };
}

const reconcile = expect.objectContaining({ type: "reconcile", run: "forgotten", ledger: ledgerOf(settings) });

describe("the nightly schedule", () => {
  it("of EventBridge starts a listing of the source, and reminds of the run that was forgotten", async () => {
    const { world, client, waiting, worker } = await forgotten();
    const { clock } = world;
    const handler = createLambdaHandler({
      worker,
      queue: client,
      environment: {},
      clock,
      random: () => 0.5,
      log: notingLog(),
    });
    const context = { getRemainingTimeInMillis: () => 900_000, invokedFunctionArn: "arn:aws:lambda:r:1:function:f" };
    const event = { "detail-type": "Scheduled Event", time: "2026-01-16T02:00:00Z", source: "aws.events" };
    await world.done(handler(event, context));
    expect(await waiting()).toContainEqual(reconcile);
    const listing = world.archive.keys().filter((key) => /runs\/listing-[^/]+\/request\.json$/.test(key));
    expect(listing.length).toBe(1);
  });

  it("of a timer on SCF does the same, and what it reminded of is worked by the next that polls", async () => {
    const { world, client, queueUrl, waiting, worker } = await forgotten();
    const { clock } = world;
    const handler = createScfHandler({
      worker,
      openQueue: () => ({ kind: "memory", client, queueUrl }),
      clock,
      random: () => 0.5,
      log: notingLog(),
    });
    const timer = (text: string) => ({ Type: "Timer", Time: "2026-01-16T02:00:00Z", Message: text });
    const context = { time_limit_in_ms: 60_000 };
    expect(await world.done(handler(timer("list"), context))).toMatchObject({
      acknowledged: 1,
      summary: { state: "complete", rows: 2 },
    });
    expect(await waiting()).toContainEqual(reconcile);
    await clock.advance(2_000);
    await world.done(handler(timer("poll"), { time_limit_in_ms: 900_000 }));
    expect(world.archive.keys()).toContain(".originals/runs/forgotten/report/summary.json");
    expect(world.archive.object("a.jpg")?.bytes.toString()).toBe("a.jpg");
  });
});
