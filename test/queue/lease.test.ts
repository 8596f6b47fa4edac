import { describe, expect, it } from "vitest";
import {
  createLease,
  createMemoryQueues,
  type LeaseOptions,
  type QueueClient,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  serviceException,
  type Transport,
} from "../../src/queue/index.ts";
import { type FakeClock, fakeClock, settled } from "./fake-clock.ts";

type Calls = { action: string; at: number; seconds?: number | undefined }[];

/** A real embedded queue with one message held, each call about it written down, and each open to being obstructed. */
async function held(
  more: Partial<LeaseOptions> = {},
  obstruct: (call: { action: string; n: number }) => Promise<void> | void = () => {},
) {
  const clock: FakeClock = fakeClock();
  const start = clock.now();
  const queues = createMemoryQueues({ clock });
  const url = queues.createQueue("q");
  const calls: Calls = [];
  let n = 0;
  const watched = async (action: string, seconds?: number) => {
    n += 1;
    calls.push({ action, at: (clock.now() - start) / 1_000, ...(seconds === undefined ? {} : { seconds }) });
    await obstruct({ action, n });
  };
  const transport: Transport = {
    ...queues,
    async ChangeMessageVisibility(input, options) {
      await watched("change", input.VisibilityTimeout);
      return queues.ChangeMessageVisibility(input, options);
    },
    async DeleteMessage(input, options) {
      await watched("delete");
      return queues.DeleteMessage(input, options);
    },
  };
  const client: QueueClient = new SQSClient({ transport });
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "b" }));
  const receive = async () =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl: url, VisibilityTimeout: 30 }))).Messages ?? [];
  const [message] = await receive();
  const lease = createLease({
    client,
    queueUrl: url,
    receiptHandle: message?.ReceiptHandle ?? "",
    receivedAt: clock.now(),
    visibilitySeconds: 30,
    clock,
    ...more,
  });
  return { lease, clock, calls, receive, start };
}

describe("a lease", () => {
  it("keeps the message hidden for as long as the work takes, then deletes it", async () => {
    const { lease, clock, receive, calls } = await held();
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60_000);
      expect(await receive()).toEqual([]);
    }
    expect(lease.state()).toMatchObject({ kind: "held" });
    expect(await lease.acknowledge()).toEqual({ kind: "acknowledged" });
    const before = calls.length;
    await clock.advance(3_600_000);
    expect(calls.length).toBe(before);
    expect(calls.at(-1)?.action).toBe("delete");
    expect(await receive()).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });

  // The bug of sqs-consumer: a heartbeat under way when the message is given back overwrites the back-off.
  it("awaits a heartbeat under way before it gives the message back", async () => {
    let release = () => {};
    const { lease, clock, calls, receive } = await held({}, ({ n }) =>
      n === 1
        ? new Promise<void>((resolve) => {
            release = resolve;
          })
        : undefined,
    );
    await clock.advance(10_000);
    expect(calls).toHaveLength(1);
    const givenBack = lease.giveBack(5);
    await settled();
    expect(calls).toHaveLength(1);
    release();
    expect(await givenBack).toEqual({ kind: "given-back" });
    expect(calls.map(({ seconds }) => seconds)).toEqual([30, 5]);
    await clock.advance(4_999);
    expect(await receive()).toEqual([]);
    await clock.advance(1);
    expect(await receive()).toHaveLength(1);
  });

  it("awaits a heartbeat under way before it deletes", async () => {
    let release = () => {};
    const { lease, clock, calls } = await held({}, ({ n }) =>
      n === 1
        ? new Promise<void>((resolve) => {
            release = resolve;
          })
        : undefined,
    );
    await clock.advance(10_000);
    const acknowledged = lease.acknowledge();
    await settled();
    expect(calls.map(({ action }) => action)).toEqual(["change"]);
    release();
    expect(await acknowledged).toEqual({ kind: "acknowledged" });
    expect(calls.map(({ action }) => action)).toEqual(["change", "delete"]);
  });

  it("settles once: of an acknowledge and a give-back the first counts, and both tell so", async () => {
    const { lease, calls } = await held();
    const both = await Promise.all([lease.acknowledge(), lease.giveBack(0), lease.acknowledge()]);
    expect(both).toEqual(Array.from({ length: 3 }, () => ({ kind: "acknowledged" })));
    expect(calls.map(({ action }) => action)).toEqual(["delete"]);
  });

  it("survives heartbeats that fail for a while, and extends soon after", async () => {
    const { lease, clock, calls } = await held({}, ({ n }) => {
      if (n <= 3) throw serviceException("ServiceUnavailable", "busy", { $fault: "server" });
    });
    await clock.advance(14_000);
    expect(calls.map(({ at }) => at)).toEqual([10, 11, 12, 13]);
    expect(lease.state()).toMatchObject({ kind: "held" });
    expect(lease.lost.aborted).toBe(false);
  });

  it("is lost when its visibility runs out without a heartbeat that worked, and then acknowledges nothing", async () => {
    const { lease, clock, calls } = await held({}, ({ action }) => {
      if (action === "change") throw serviceException("ServiceUnavailable", "busy", { $fault: "server" });
    });
    await clock.advance(30_000);
    expect(lease.state()).toMatchObject({ kind: "lost" });
    expect(lease.lost.aborted).toBe(true);
    expect(await lease.acknowledge()).toMatchObject({ kind: "lost" });
    expect(calls.some(({ action }) => action === "delete")).toBe(false);
  });

  it.each(["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue", "QueueDoesNotExist"])(
    "is lost at once when a heartbeat is refused with %s",
    async (refusal) => {
      const { lease, clock } = await held({}, () => {
        throw serviceException(refusal, "no");
      });
      await clock.advance(10_000);
      expect(lease.state()).toMatchObject({ kind: "lost", reason: `${refusal}: no` });
      expect(lease.lost.aborted).toBe(true);
      expect(clock.sleeping()).toBe(0);
    },
  );

  it("is lost when the deletion fails: the message will come again", async () => {
    const { lease } = await held({}, () => {
      throw serviceException("AccessDenied", "no permission");
    });
    expect(await lease.acknowledge()).toEqual({ kind: "lost", reason: "AccessDenied: no permission" });
  });

  it("extends to at most twelve hours in all", async () => {
    const { lease, clock, calls, start } = await held();
    expect(lease.deadline()).toBe(start + 43_200_000);
    await clock.advance(43_200_000);
    const changes = calls.filter(({ action }) => action === "change");
    expect(Math.max(...changes.map(({ at, seconds = 0 }) => at + seconds))).toBeLessThanOrEqual(43_200);
    expect(lease.state()).toMatchObject({ kind: "lost", reason: "its visibility ran out" });
  });

  it.each([-600_000, 600_000])("is extended as before by a process whose clock is set by %d ms", async (ms) => {
    const { lease, clock, receive } = await held();
    await clock.advance(5_000);
    clock.set(ms);
    await clock.advance(300_000);
    expect(await receive()).toEqual([]);
    expect(lease.state()).toMatchObject({ kind: "held" });
    expect(await lease.acknowledge()).toEqual({ kind: "acknowledged" });
  });

  describe("where the queue cannot extend", () => {
    it("is lost to a laptop that slept, and not for a clock that is set back", async () => {
      const { lease, clock } = await held({ extension: "fixed" });
      clock.set(-600_000);
      await clock.advance(29_000);
      expect(lease.state()).toMatchObject({ kind: "held" });
      const slept = await held({ extension: "fixed" });
      // Of its own time nothing went by; a wake-up is what lets it look.
      slept.clock.set(600_000);
      await slept.clock.advance(30_000);
      expect(slept.lease.state()).toMatchObject({ kind: "lost" });
    });

    it("has the visibility's end for its deadline, sends no heartbeat, and is lost then", async () => {
      const { lease, clock, calls, start } = await held({ extension: "fixed" });
      expect(lease.deadline()).toBe(start + 30_000);
      await clock.advance(29_999);
      expect(lease.state()).toMatchObject({ kind: "held" });
      await clock.advance(1);
      expect(lease.state()).toMatchObject({ kind: "lost" });
      expect(calls).toEqual([]);
    });

    it("finds out by itself, from the first heartbeat", async () => {
      const { lease, clock, calls, start } = await held({}, ({ action }) => {
        if (action === "change") throw serviceException("UnsupportedOperation", "no such call");
      });
      await clock.advance(20_000);
      expect(calls).toHaveLength(1);
      expect(lease.deadline()).toBe(start + 30_000);
      expect(lease.state()).toMatchObject({ kind: "held" });
      expect(await lease.acknowledge()).toEqual({ kind: "acknowledged" });
    });

    it("gives back by doing nothing: the message comes at its own time", async () => {
      const { lease, clock, calls, receive } = await held({ extension: "fixed" });
      expect(await lease.giveBack(0)).toEqual({ kind: "given-back" });
      expect(calls).toEqual([]);
      await clock.advance(30_000);
      expect(await receive()).toHaveLength(1);
    });
  });
});
