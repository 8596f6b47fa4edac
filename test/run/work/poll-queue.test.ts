import { describe, expect, it } from "vitest";
import {
  createMemoryQueues,
  QueueConnectionError,
  SendMessageCommand,
  SQSClient,
  serviceException,
} from "../../../src/queue/index.ts";
import { noQueue } from "../../../src/run/messages/queue-sender.ts";
import { pollQueue } from "../../../src/run/work/poll-queue.ts";
import { acknowledge, notingHandler, notingLog } from "../../runtime/function/fixtures.ts";
import { idleClock } from "../../runtime/function/idle-clock.ts";

function setUp(receiveFails: (call: number) => Error | undefined = () => undefined) {
  const clock = idleClock();
  const queues = createMemoryQueues({ clock });
  const queueUrl = queues.createQueue("work");
  let calls = 0;
  const client = new SQSClient({
    transport: {
      ...queues,
      ReceiveMessage: (input, options) => {
        const error = receiveFails(calls++);
        return error === undefined ? queues.ReceiveMessage(input, options) : Promise.reject(error);
      },
    },
  });
  const { handle, handled } = notingHandler(() => acknowledge);
  const log = notingLog();
  const options = {
    queue: { kind: "memory", client, queueUrl },
    handle,
    sender: noQueue,
    visibility: 300,
    clock,
    log,
  } as const;
  const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  return { options, handled, log, clock, send };
}

describe("polling a queue", () => {
  it("goes on after a receive that failed for a passing reason", async () => {
    const { options, handled, log, clock, send } = setUp((call) =>
      call < 3 ? new QueueConnectionError("ECONNRESET", "The queue hung up.") : undefined,
    );
    await send("a");
    await pollQueue({ ...options, deadline: clock.elapsed() + 900_000, idle: 30_000 });
    expect(handled.map((delivery) => delivery.body)).toEqual(["a"]);
    expect(log.entries.filter((entry) => entry.level === "warn")).toHaveLength(3);
  });

  it("throws what is wrong with the queue for good", async () => {
    const { options, clock } = setUp(() => serviceException("QueueDoesNotExist", "There is no such queue."));
    await expect(pollQueue({ ...options, deadline: clock.elapsed() + 900_000, idle: 30_000 })).rejects.toThrow(
      "There is no such queue.",
    );
  });

  it("ends at once when it is asked to stop, though the wait for a message was long", async () => {
    const { options, clock } = setUp();
    const stop = new AbortController();
    const polling = pollQueue({
      ...options,
      deadline: Number.POSITIVE_INFINITY,
      idle: Number.POSITIVE_INFINITY,
      signal: stop.signal,
    });
    const begun = clock.now();
    stop.abort();
    expect(await polling).toEqual({ acknowledged: 0, givenBack: 0, rejected: 0 });
    expect(clock.now() - begun).toBeLessThan(20_000);
  });

  it("passes the wish to stop on to the message at hand", async () => {
    const { options, send } = setUp();
    const stop = new AbortController();
    await send("a");
    let stopped: boolean | undefined;
    await pollQueue({
      ...options,
      deadline: Number.POSITIVE_INFINITY,
      idle: Number.POSITIVE_INFINITY,
      signal: stop.signal,
      handle: async (delivery) => {
        stop.abort();
        stopped = delivery.signal?.aborted;
        return acknowledge;
      },
    });
    expect(stopped).toBe(true);
  });

  // Catches: what this process hands over as it stops goes to its own receive that is given up just then, and is hidden for five minutes.
  it("gives back at once what a receive brings that is let go on after the wish to stop", async () => {
    const { options, handled, send, clock } = setUp();
    const forEver = { deadline: Number.POSITIVE_INFINITY, idle: Number.POSITIVE_INFINITY };
    const stop = new AbortController();
    const receiving = new AbortController().signal;
    const polling = pollQueue({ ...options, ...forEver, signal: stop.signal, receiving });
    stop.abort();
    await send("a");
    const begun = clock.now();
    expect(await polling).toEqual({ acknowledged: 0, givenBack: 1, rejected: 0 });
    expect(handled).toEqual([]);
    await pollQueue({ ...options, deadline: clock.elapsed() + 900_000, idle: 5_000 });
    expect(handled.map(({ body }) => body)).toEqual(["a"]);
    expect(clock.now() - begun).toBeLessThan(60_000);
  });
});
