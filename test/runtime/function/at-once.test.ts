/**
 * Several calls at once in one process, as on Lambda Managed Instances: none closes what another works with, and each answers, logs and counts for
 * itself alone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { createMemoryQueues, SQSClient } from "../../../src/queue/index.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { keepFunctionWorker } from "../../../src/runtime/function/function-worker.ts";
import { createLambdaHandler } from "../../../src/runtime/function/lambda-handler.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { jsonLog } from "../../../src/vocabulary/log.ts";
import { inlineMessage } from "../../run/world.ts";
import { acknowledge, environment, notingHandler, notingLog, settingsOf } from "./fixtures.ts";

type Line = Readonly<Record<string, unknown>>;

const former = { secretId: "AKIDtest", secretKey: "test-key" };
const renewed = { secretId: "AKIDrenewed", secretKey: "renewed-key" };

let folder = "";
let cos: Emulator;
/** Lets go the fetches that the store holds back. */
let letGo: () => void;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "at-once-"));
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  cos = await startEmulator({
    dataDir: folder,
    credentials: [former],
    buckets: [{ name: "photos-1250000000", protect: "all" }, { name: "archive-1250000000" }],
    clock: { ...systemClock, sleep: () => gone },
  });
});
afterEach(async () => {
  letGo();
  await cos.close();
  rmSync(folder, { recursive: true });
});

function functionOf(variables: Record<string, string | undefined>) {
  const lines: Line[] = [];
  const metrics: Line[] = [];
  const world = {
    environment: variables,
    clock: systemClock,
    random: Math.random,
    log: jsonLog((line) => void lines.push(JSON.parse(line))),
  };
  const queues = createMemoryQueues({ clock: systemClock });
  queues.createQueue("work");
  const ChangeMessageVisibility = async () => ({ $metadata: {} });
  const handler = createLambdaHandler({
    ...world,
    worker: keepFunctionWorker(world, createDeliveryHandler),
    queue: new SQSClient({ transport: { ...queues, ChangeMessageVisibility } }),
    writeMetrics: (line) => void metrics.push(JSON.parse(line)),
  });
  /** One call, with messages of the queue by their ids. */
  const call = (awsRequestId: string, bodies: Readonly<Record<string, unknown>>, seconds = 900) => {
    const Records = Object.entries(bodies).map(([messageId, body]) => ({
      messageId,
      body: typeof body === "string" ? body : JSON.stringify(body),
      receiptHandle: messageId,
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:memory:000000000000:work",
    }));
    const getRemainingTimeInMillis = () => seconds * 1_000;
    return handler({ Records }, { awsRequestId, functionName: "originals", getRemainingTimeInMillis });
  };
  return { call, lines, metrics };
}

function pictures(folder: string, count: number): string[] {
  const keys = Array.from({ length: count }, (_, n) => `${folder}/${n}.jpg`);
  for (const key of keys) cos.bucket("photos-1250000000").put(key, Buffer.from(`picture ${key}`));
  return keys;
}

describe("several calls at once in one process", () => {
  it("each end their own messages, though settings and credentials change while one is in the middle of a shard", async () => {
    const variables: Record<string, string | undefined> = {
      ...environment,
      ORIGINALS_SOURCE: "cos://photos-1250000000",
      ORIGINALS_ARCHIVE: "cos://archive-1250000000",
      ORIGINALS_ENDPOINT: cos.url,
    };
    const { call, lines, metrics } = functionOf(variables);
    let held = 0;
    cos.faults.use(({ operation, key }) => {
      if (operation !== "object.original" || !key.startsWith("slow/")) return undefined;
      held++;
      return { kind: "delay", ms: 1 };
    });
    const message = (run: string, count: number) => inlineMessage(pictures(run, count), { run });
    const slow = call("slow", { s: message("slow", 4), p: "no JSON" });
    await vi.waitFor(() => expect(held, JSON.stringify(lines)).toBeGreaterThan(0), { timeout: 600_000, interval: 5 });
    cos.setCredentials([renewed]);
    Object.assign(variables, {
      TENCENTCLOUD_SECRETID: renewed.secretId,
      TENCENTCLOUD_SECRETKEY: renewed.secretKey,
      ORIGINALS_CONCURRENCY: "3",
    });
    const others = Promise.all([
      call("first", { f: message("first", 5) }),
      call("mixed", { q: "no JSON", m: message("mixed", 3), r: { v: 1, type: "shard" } }),
      // Their time is their own: of one that has none left the message comes again.
      call("late", { l: message("late", 2) }, 2),
      call("second", { g: message("second", 6) }),
    ]);
    expect(await others).toEqual([
      { batchItemFailures: [] },
      { batchItemFailures: [{ itemIdentifier: "q" }, { itemIdentifier: "r" }] },
      { batchItemFailures: [{ itemIdentifier: "l" }] },
      { batchItemFailures: [] },
    ]);
    letGo();
    expect(await slow).toEqual({ batchItemFailures: [{ itemIdentifier: "p" }] });

    const archived = { slow: 4, first: 5, mixed: 3, second: 6, late: 0 };
    for (const [requestId, count] of Object.entries(archived)) {
      const own = lines.filter((line) => line.requestId === requestId);
      expect(own.filter(({ message }) => message === "An invocation ended.")).toEqual([
        expect.objectContaining(count === 0 ? { givenBack: 1 } : { archived: count, shards: 1, runsCompleted: 1 }),
      ]);
      expect([...new Set(own.flatMap(({ run }) => (run === undefined ? [] : [run])))]).toEqual(
        count === 0 ? [] : [requestId],
      );
      expect(metrics.filter((line) => line.requestId === requestId)).toMatchObject([{ RowsArchived: count }]);
      for (let n = 0; n < count; n++) {
        const key = `${requestId}/${n}.jpg`;
        expect(cos.bucket("archive-1250000000").get(key)?.bytes, key).toEqual(Buffer.from(`picture ${key}`));
      }
    }
    // What is of one run or one message alone is of one call.
    expect(lines.filter((line) => line.requestId === undefined && (line.run ?? line.messageId) !== undefined)).toEqual(
      [],
    );
  });
});

describe("what a call of SCF has taken", () => {
  it.each([60_000, 0])("is given back once the call is over, with a time limit of %i ms", async (time_limit_in_ms) => {
    const queues = createMemoryQueues({ clock: systemClock });
    const client = new SQSClient({ transport: queues });
    const over: string[] = [];
    const queue = (name: string) => ({
      kind: "memory" as const,
      client,
      queueUrl: queues.createQueue(name),
      done: () => void over.push(name),
    });
    const { handle, handled } = notingHandler(() => acknowledge);
    const handler = createScfHandler({
      clock: systemClock,
      random: () => 0.5,
      log: notingLog(),
      worker: () => ({ settings: settingsOf(), handle, done: () => void over.push("worker") }),
      openQueue: () => queue("work"),
      openDeadLetterQueue: () => queue("dead"),
    });
    const called = handler({ v: 1, type: "reconcile", run: "r" }, { time_limit_in_ms });
    if (time_limit_in_ms === 0) {
      await expect(called).rejects.toThrow("is no time limit");
      expect(over).toEqual(["worker"]);
      return;
    }
    expect(over).toEqual([]);
    await called;
    expect([handled.length, over]).toEqual([1, ["worker", "work", "dead"]]);
  });
});
