/** What a function's log and its line for CloudWatch say of each invocation, by its door and its own worker. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeOpenMarker } from "../../../src/ledger/shard/open-marker.ts";
import { createMemoryQueues, SQSClient } from "../../../src/queue/index.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { embeddedMetrics } from "../../../src/runtime/function/embedded-metrics.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { atLeast, jsonLog, logLevels } from "../../../src/vocabulary/log.ts";
import { createWorld, inlineMessage, seedPictures } from "../../run/world.ts";
import { settingsOf } from "./fixtures.ts";

type Line = Readonly<Record<string, unknown>>;

/** A world whose function logs as the deployed ones do. */
function lab(rate?: number) {
  const lines: Line[] = [];
  const metrics: Line[] = [];
  let now = () => 0;
  const log = jsonLog(
    (line) => void lines.push(JSON.parse(line)),
    () => now(),
  );
  const world = createWorld({ log, settings: { rate } });
  now = world.clock.now;
  const { clock } = world;
  const queues = createMemoryQueues({ clock });
  const queueUrl = queues.createQueue("work");
  const client = new SQSClient({ transport: { ...queues, ChangeMessageVisibility: async () => ({ $metadata: {} }) } });
  const settings = settingsOf();
  const parts = { clock, random: () => 0.5, log };
  const worker = () => ({ settings, handle: createDeliveryHandler(world.surroundings) });
  const lambda = createLambdaHandler({
    ...parts,
    worker,
    queue: client,
    environment: {},
    writeMetrics: (line) => void metrics.push(JSON.parse(line)),
  });
  const scf = createScfHandler({ ...parts, worker, openQueue: () => ({ kind: "memory", client, queueUrl }) });
  let invocations = 0;
  return {
    world,
    lines,
    metrics,
    said: (message: string) => lines.filter((line) => line.message === message),
    /** A batch of one message, and a time limit in seconds. */
    lambda(body: unknown, seconds = 900) {
      const context = {
        getRemainingTimeInMillis: () => seconds * 1_000,
        functionName: "originals-dev-worker",
        awsRequestId: `request-${++invocations}`,
      };
      const record = {
        messageId: `m-${invocations}`,
        body: JSON.stringify(body),
        receiptHandle: "handle",
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:memory:000000000000:work",
      };
      return world.done(lambda({ Records: [record] }, context));
    },
    poll: (seconds = 900) =>
      world.done(
        scf(
          { Type: "Timer", Time: "2026-01-16T02:00:00Z", Message: "poll" },
          { time_limit_in_ms: seconds * 1_000, request_id: "tick" },
        ),
      ),
  };
}

describe("the log of a function", () => {
  it("tells of each invocation, each shard and each run with the request id, and of no row", async () => {
    const { world, lines, lambda } = lab();
    await lambda(inlineMessage(seedPictures(world.source, 30), { run: "r" }));
    const ofRun = { level: "info", requestId: "request-1", run: "r" };
    const ofShard = { ...ofRun, shard: 0, attempt: expect.stringMatching(/^[0-9A-Z]{26}$/) };
    expect(lines).toEqual([
      { ...ofShard, time: expect.any(String), message: "A shard is begun.", rows: 30, over: 0, earlier: 0 },
      {
        ...ofShard,
        time: expect.any(String),
        message: "A shard is over.",
        archived: 30,
        skipped: 0,
        failed: 0,
        bytes: expect.any(Number),
        seconds: expect.any(Number),
      },
      { ...ofRun, time: expect.any(String), message: "run complete", rows: 30, archived: 30, skipped: 0, failed: 0 },
      {
        time: expect.any(String),
        level: "info",
        message: "An invocation ended.",
        requestId: "request-1",
        event: "sqs",
        archived: 30,
        bytes: expect.any(Number),
        shards: 1,
        acknowledged: 1,
        runsCompleted: 1,
        seconds: expect.any(Number),
      },
    ]);
    for (const { time } of lines) expect(new Date(String(time)).toISOString()).toBe(time);
  });

  it("says that nothing was done where a timer found nothing", async () => {
    const { poll, lines } = lab();
    await poll();
    expect(lines).toEqual([
      expect.objectContaining({
        message: "An invocation ended.",
        requestId: "tick",
        event: "timer, poll",
        did: "nothing",
      }),
    ]);
  });

  it("says why an invocation failed", async () => {
    const { lines, poll } = lab();
    await expect(poll(3)).rejects.toThrow("3 s for each invocation");
    expect(lines).toMatchObject([
      { level: "error", message: "An invocation failed.", requestId: "tick", reason: expect.stringContaining("3 s") },
    ]);
  });

  it("says that a shard is handed over, with what is left of it", async () => {
    const { world, said, lambda } = lab(2);
    const keys = seedPictures(world.source, 200);
    await lambda(inlineMessage(keys, { run: "r" }), 25);
    const [{ archived, left } = {}] = said("A shard is handed over to the next delivery.");
    expect(Number(archived) + Number(left)).toBe(200);
    expect(Number(archived)).toBeGreaterThan(0);
    expect(said("An invocation ended.")).toMatchObject([{ handedOver: 1, archived }]);
  });

  // Catches: a dead worker that nobody is told of, and one that is told of again at each later delivery.
  it("names the dead worker that a shard is taken over from, once", async () => {
    const { world, said } = lab();
    const keys = seedPictures(world.source, 3);
    world.send(inlineMessage(keys, { run: "r", options: { shardSize: 2 } }));
    await world.drainOne();
    const ledger = world.ledger("r");
    const died = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const worker = JSON.stringify({ machine: "host-7 boot ns", pid: 4711 });
    await world.done(writeOpenMarker(ledger, { shard: 1, attempt: died, seq: 0 }, { worker }));
    await world.clock.advance(60_000);
    await world.drain();
    expect(said("A shard is taken over from a worker that stopped without a word.")).toMatchObject([
      { level: "warn", run: "r", shard: 1, from: "host-7, process 4711", itsAttempt: died },
    ]);
  });
});

/** As the specification prints it ("Embedded metric format JSON schema"), less its titles and examples. */
const published = z.fromJSONSchema({
  type: "object",
  required: ["_aws"],
  properties: {
    _aws: {
      type: "object",
      required: ["Timestamp", "CloudWatchMetrics"],
      properties: {
        Timestamp: { type: "integer" },
        CloudWatchMetrics: {
          type: "array",
          items: {
            type: "object",
            required: ["Namespace", "Dimensions", "Metrics"],
            properties: {
              Namespace: { type: "string", minLength: 1, maxLength: 1024 },
              Dimensions: {
                type: "array",
                minItems: 1,
                items: {
                  type: "array",
                  minItems: 1,
                  maxItems: 30,
                  items: { type: "string", minLength: 1, maxLength: 250 },
                },
              },
              Metrics: {
                type: "array",
                minItems: 1,
                maxItems: 100,
                items: {
                  type: "object",
                  required: ["Name"],
                  properties: {
                    Name: { type: "string", minLength: 1, maxLength: 1024 },
                    Unit: {
                      type: "string",
                      pattern:
                        "^(Seconds|Microseconds|Milliseconds|(Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits)(/Second)?|Percent|Count(/Second)?|None)$",
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

/** What the schema can't say: each metric and each dimension is a member of the document, a number and a string. */
function members(document: Line): void {
  const { _aws } = document as {
    _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  };
  for (const { Dimensions, Metrics } of _aws.CloudWatchMetrics) {
    for (const name of Dimensions.flat()) expect(document[name]).toEqual(expect.any(String));
    for (const { Name } of Metrics) expect(document[Name]).toEqual(expect.any(Number));
  }
}

describe("the line for CloudWatch", () => {
  it("is written once an invocation, and counts what it did", async () => {
    const { world, metrics, lambda } = lab();
    await lambda(inlineMessage([...seedPictures(world.source, 5), "none.jpg"], { run: "r" }));
    await lambda({ v: 1, type: "nonsense" });
    expect(metrics).toMatchObject([
      {
        FunctionName: "originals-dev-worker",
        requestId: "request-1",
        RowsArchived: 5,
        RowsFailed: 1,
        RunsCompleted: 1,
        MessagesRejected: 0,
      },
      { RowsArchived: 0, RunsCompleted: 0, MessagesRejected: 1 },
    ]);
    for (const line of metrics) {
      expect(published.safeParse(line).error).toBeUndefined();
      members(line);
    }
  });

  it("keeps to the published schema, whatever was counted", () => {
    const n = fc.nat();
    const names = [
      "archived",
      "skipped",
      "failed",
      "bytes",
      "retries",
      "throttled",
      "shards",
      "handedOver",
      "takenOver",
    ] as const;
    const others = ["acknowledged", "givenBack", "rejected", "runsCompleted", "runsStopped"] as const;
    const counts = fc.record(
      Object.fromEntries([...names, ...others].map((name) => [name, n])) as Record<
        (typeof names | typeof others)[number],
        typeof n
      >,
    );
    fc.assert(
      fc.property(counts, fc.nat(), (counted, now) => {
        const line = embeddedMetrics(counted, { functionName: "f", clock: { now: () => now } });
        expect(line.endsWith("}\n") && line.indexOf("\n") === line.length - 1).toBe(true);
        const document = JSON.parse(line);
        expect(published.safeParse(document).success).toBe(true);
        members(document);
      }),
    );
  });

  it("would be refused by that schema without a unit of CloudWatch's", () => {
    const counts = Object.fromEntries(["archived"].map((name) => [name, 1]));
    const document = JSON.parse(embeddedMetrics(counts as never, { functionName: "f", clock: { now: () => 1 } }));
    document._aws.CloudWatchMetrics[0].Metrics[0].Unit = "Rows";
    expect(published.safeParse(document).success).toBe(false);
  });
});

describe("a log's level", () => {
  const of = (level: string | undefined) => {
    const lines: string[] = [];
    const log = atLeast(
      jsonLog((line) => void lines.push(JSON.parse(line).level)),
      level,
    );
    for (const each of logLevels) log[each]?.("said");
    return lines;
  };
  it.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    [undefined, ["info", "warn", "error"]],
    ["loud", ["info", "warn", "error"]],
  ])("%s passes on %j", (level, passed) => expect(of(level)).toEqual(passed));
});
