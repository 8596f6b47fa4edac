/** A message that a platform received: hidden for two minutes at a time while it is worked, so that a process that dies lets go of it soon. */
import { describe, expect, test } from "vitest";
import {
  ChangeMessageVisibilityCommand,
  createMemoryQueues,
  type QueueClient,
  QueueConnectionError,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  UnsupportedOperation,
} from "../../src/queue/index.ts";
import { holdShort } from "../../src/queue/short-hold.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import { fakeClock, settled } from "./fake-clock.ts";

/** As Lambda's queue has to be. */
const visibility = 5_400;

/** One message, received as a platform does, and what of the queue's answers is `instead`. */
async function received(limitMs: number, instead?: (tried: number) => Error | undefined) {
  const clock = fakeClock();
  const queues = createMemoryQueues({ clock });
  const real = new SQSClient({ transport: queues });
  const queueUrl = queues.createQueue("work", { VisibilityTimeout: String(visibility) });
  await real.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
  const receive = async () => (await real.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }))).Messages?.[0];
  const { ReceiptHandle: receiptHandle = "" } = (await receive()) ?? {};
  let tried = 0;
  const said: number[] = [];
  const client: QueueClient = {
    async send(command, options) {
      tried += 1;
      const error = instead?.(tried - 1);
      if (error !== undefined) throw error;
      if (command instanceof ChangeMessageVisibilityCommand) said.push(command.input.VisibilityTimeout ?? -1);
      return real.send(command, options);
    },
    destroy() {},
  };
  const refused: string[] = [];
  const deadline = clock.elapsed() + limitMs;
  const onRefused = (reason: string) => void refused.push(reason);
  const hold = (own: Clock = clock) => holdShort({ client, queueUrl, receiptHandle, deadline, clock: own, onRefused });
  /** Seconds after which it can be received again, from now; -1 for not within the queue's own time. */
  const backAfter = async () => {
    for (let gone = 0; gone <= visibility; gone++) {
      if ((await receive()) !== undefined) return gone;
      await clock.advance(1_000);
    }
    return -1;
  };
  return { clock, hold, receive, backAfter, said, refused, tries: () => tried };
}

describe("a message that is held", () => {
  test("is never given to another while it is worked, for as long as the function may work", async () => {
    const { clock, hold, receive, said } = await received(895_000);
    const held = hold();
    for (let gone = 0; gone < 895; gone += 5) {
      await clock.advance(5_000);
      expect(await receive(), `after ${gone + 5} s`).toBeUndefined();
    }
    await held.end();
    expect(said[0]).toBe(120);
    expect(clock.sleeping()).toBe(0);
  });

  test.each([0, 39_000, 41_000, 500_000])(
    "is back within two minutes of its process's death after %i ms",
    async (lived) => {
      const { clock, hold, backAfter } = await received(895_000);
      const death = clock.elapsed() + lived;
      // Who is dead wakes no more.
      hold({ ...clock, sleep: (ms) => clock.sleep(clock.elapsed() + ms > death ? 1e9 : ms) });
      await clock.advance(lived);
      const after = await backAfter();
      expect(after).toBeGreaterThan(0);
      expect(after).toBeLessThanOrEqual(120);
    },
  );

  test("is hidden for what the function has left, and half a minute for its answer to arrive", async () => {
    const { clock, hold, said } = await received(50_000);
    const held = hold();
    await clock.advance(49_000);
    await held.end();
    expect(said).toEqual([80, 40]);
  });

  test("stays hidden for a while after its end, in which it is deleted", async () => {
    const { clock, hold, receive } = await received(895_000);
    const held = hold();
    await clock.advance(39_999);
    await held.end();
    await clock.advance(79_000);
    expect(await receive()).toBeUndefined();
  });

  test("has nothing said of it once its hold has ended, so that no delay is overwritten", async () => {
    const { clock, hold, tries } = await received(895_000);
    const held = hold();
    await settled();
    await held.end();
    await clock.advance(800_000);
    expect(tries()).toBe(1);
  });
});

describe("where it can't be held", () => {
  test("it is hidden as its queue says, which is told once", async () => {
    const cant = new UnsupportedOperation({ message: "there is no such operation", $metadata: {} });
    const { clock, hold, refused, tries, backAfter } = await received(895_000, () => cant);
    hold();
    await clock.advance(200_000);
    expect([refused, tries()]).toEqual([["there is no such operation"], 1]);
    expect(await backAfter()).toBeGreaterThan(5_000);
  });

  test("for a moment only, it is tried again", async () => {
    const away = new QueueConnectionError("ECONNRESET", "the queue could not be reached");
    const { clock, hold, refused, said } = await received(895_000, (tried) => (tried < 2 ? away : undefined));
    hold();
    await clock.advance(9_000);
    expect(said).toEqual([]);
    await clock.advance(1_000);
    expect([said, refused]).toEqual([[120], []]);
  });

  // Catches: one odd failure in the middle, after which a message that is worked comes to another two minutes later.
  test("any more, though it was, it is tried until it is: two minutes are short", async () => {
    const odd = new Error("socket hang up");
    const { clock, hold, receive, refused } = await received(895_000, (tried) =>
      tried > 0 && tried < 10 ? odd : undefined,
    );
    hold();
    for (let gone = 0; gone < 300; gone++) {
      await clock.advance(1_000);
      expect(await receive(), `after ${gone} s`).toBeUndefined();
    }
    expect(refused).toEqual([]);
  });
});
