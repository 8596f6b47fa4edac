import { describe, expect, it } from "vitest";
import {
  createMemoryQueues,
  type QueueFromUrl,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  serviceException,
} from "../../../src/queue/index.ts";
import type { Answer, Delivery } from "../../../src/run/messages/delivery.ts";
import { createScfHandler } from "../../../src/runtime/function/scf-handler.ts";
import { UserError } from "../../../src/vocabulary/errors.ts";
import { acknowledge, eventOf, giveBack, notingHandler, notingLog, reject, settingsOf } from "./fixtures.ts";
import { idleClock } from "./idle-clock.ts";

const context = { time_limit_in_ms: 900_000 };

function setUp(
  answerTo: (delivery: Delivery, index: number) => Answer | Promise<Answer>,
  more: {
    queue?: "none" | "broken";
    /** Whether a dead-letter queue is set, or named by the queue's redrive policy. */
    deadLetters?: "set" | "named";
    sends?: "fail" | "too long";
    environment?: Record<string, string>;
    kind?: QueueFromUrl["kind"];
    checkCredentials?: () => undefined;
  } = {},
) {
  const clock = idleClock();
  const log = notingLog();
  const queues = createMemoryQueues({ clock });
  const dead = queues.createQueue("dead");
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: "arn:aws:sqs:memory:000000000000:dead",
    maxReceiveCount: 10,
  });
  const queueUrl = queues.createQueue("work", {
    VisibilityTimeout: "300",
    ...(more.deadLetters === "named" ? { RedrivePolicy } : {}),
  });
  const refused =
    more.sends === "too long"
      ? () => serviceException("InvalidParameterValue", "Message must be shorter than 1048576 bytes.")
      : () => serviceException("AccessDenied", "You may not send.");
  const transport =
    more.queue === "broken" || more.sends !== undefined
      ? { ...queues, SendMessage: () => Promise.reject(refused()) }
      : queues;
  const client = new SQSClient({ transport });
  const { handle, handled } = notingHandler(answerTo);
  const platforms: unknown[] = [];
  const handler = createScfHandler({
    worker: (platform) => {
      platforms.push(platform);
      return { settings: settingsOf(more.environment), handle, checkCredentials: more.checkCredentials };
    },
    openQueue: () => (more.queue === "none" ? undefined : { kind: more.kind ?? "memory", client, queueUrl }),
    openDeadLetterQueue: () => (more.deadLetters === "set" ? { kind: "memory", client, queueUrl: dead } : undefined),
    clock,
    random: () => 0.5,
    log,
  });
  const send = (body: string) => client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  /** What lies visible in the queue now. */
  const waiting = async () => {
    const all: string[] = [];
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
      );
      if (Messages.length === 0) return all;
      all.push(...Messages.map((message) => message.Body ?? ""));
    }
  };
  /** Bodies and reasons of the dead letters. */
  const letters = async () => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: dead, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    return Messages.map(({ Body, MessageAttributes = {} }) => [
      Body,
      MessageAttributes.OriginalsReason?.StringValue,
      MessageAttributes.OriginalsMessageId?.StringValue,
    ]);
  };
  return { handler, handled, platforms, clock, log, send, waiting, letters };
}

describe("a timer", () => {
  it("works what the queue holds, deletes it, and ends when nothing more comes", async () => {
    const { handler, handled, clock, send, waiting } = setUp(() => acknowledge);
    for (const body of ["1", "2", "3"]) await send(body);
    const before = clock.now();
    expect(await handler(eventOf("scf-timer"), context)).toEqual({ acknowledged: 3, givenBack: 0, rejected: 0 });
    expect(handled.map((delivery) => delivery.body)).toEqual(["1", "2", "3"]);
    expect(clock.now() - before).toBeLessThan(60_000);
    clock.advance(3_600_000);
    expect(await waiting()).toEqual([]);
  });

  // Catches: a timer of each minute that is paid for half of it, though nothing is to be done.
  it("holds the function for two seconds where the queue is empty, and for ten after its last message", async () => {
    const { handler, handled, clock, send } = setUp(() => acknowledge);
    const begun = clock.now();
    expect(await handler(eventOf("scf-timer"), context)).toEqual({ acknowledged: 0, givenBack: 0, rejected: 0 });
    expect(clock.now() - begun).toBeGreaterThanOrEqual(1_000);
    expect(clock.now() - begun).toBeLessThanOrEqual(2_500);
    await send("1");
    const again = clock.now();
    const polling = handler(eventOf("scf-timer"), context);
    await clock.sleep(7_000);
    await send("2");
    expect(await polling).toMatchObject({ acknowledged: 2 });
    expect(handled.map(({ body }) => body)).toEqual(["1", "2"]);
    expect(clock.now() - again).toBeLessThanOrEqual(18_500);
  });

  it("leaves what was given back in the queue, hidden for as long as the run asked", async () => {
    const { handler, clock, send, waiting } = setUp((_, index) => (index === 0 ? giveBack(600) : acknowledge));
    await send("slow");
    const begun = clock.now();
    expect(await handler(eventOf("scf-timer"), context)).toMatchObject({ acknowledged: 0, givenBack: 1 });
    expect(await waiting()).toEqual([]);
    clock.advance(begun + 600_000 - clock.now());
    expect(await waiting()).toEqual(["slow"]);
  });

  it("tells how much memory its process may use, as each invocation says", async () => {
    const { handler, platforms } = setUp(() => acknowledge);
    await handler(eventOf("scf-timer"), { ...context, memory_limit_in_mb: 128 });
    await handler(eventOf("scf-timer"), context);
    expect(platforms).toEqual([{ memory: 128 * 1024 * 1024 }, { memory: undefined }]);
  });

  // Catches: a function that is killed at each poll, and rows that are charged for it until they have failed.
  it("says that in SCF's default limit of 3 s no message can be worked, and receives none", async () => {
    const { handler, handled, clock, send, waiting } = setUp(() => acknowledge);
    await send("1");
    const begun = clock.now();
    await expect(handler(eventOf("scf-timer"), { time_limit_in_ms: 3_000 })).rejects.toMatchObject({
      code: "TimeLimitTooShort",
      message: expect.stringMatching(/^The function has 3 s for each invocation, .*; give it a time limit of 900 s\.$/),
    });
    expect(clock.now()).toBe(begun);
    expect(handled).toEqual([]);
    expect(await waiting()).toEqual(["1"]);
  });

  it("receives nothing that it could not give up in time, and says that its time is little", async () => {
    const { handler, handled, clock, log, send } = setUp(() => {
      clock.advance(3_000);
      return acknowledge;
    });
    for (let i = 0; i < 5; i++) await send(String(i));
    const begun = clock.now();
    await handler(eventOf("scf-timer"), { time_limit_in_ms: 12_000 });
    expect(handled.map((delivery) => delivery.deadline - begun)).toEqual([11_400, 11_400, 11_400]);
    // A fourth would begin with less than 3 s left.
    expect(clock.now() - begun).toBe(9_000);
    expect(log.entries).toMatchObject([{ level: "warn", fields: { seconds: 12 } }]);
  });

  it("fails before it receives anything where requests to buckets can't be signed", async () => {
    const { handler, handled, send, waiting } = setUp(() => acknowledge, {
      checkCredentials: () => {
        throw new UserError("MissingCredentials", "set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY");
      },
    });
    await send("1");
    await expect(handler(eventOf("scf-timer"), context)).rejects.toThrow(/TENCENTCLOUD_SECRETID/);
    expect(handled).toEqual([]);
    expect(await waiting()).toEqual(["1"]);
  });

  it("fails where what can't be worked stays in the queue, since no dead-letter queue takes it", async () => {
    const { handler, clock, send, waiting, handled } = setUp(({ body }) => (body === "poison" ? reject : acknowledge));
    await send("poison");
    await send("good");
    await expect(handler(eventOf("scf-timer"), { time_limit_in_ms: 60_000 })).rejects.toThrow(
      /^1 of 2 messages can't be worked, and no dead-letter queue took them: The message is not JSON\.$/,
    );
    expect(handled.map(({ body }) => body)).toEqual(["poison", "good"]);
    clock.advance(60_000);
    expect(await waiting()).toEqual(["poison"]);
  });

  it.each(["set", "named"] as const)(
    "moves it there itself, with the reason, where those are %s",
    async (deadLetters) => {
      const { handler, clock, send, waiting, letters } = setUp((_, index) => (index === 0 ? reject : acknowledge), {
        deadLetters,
      });
      const { MessageId } = await send("poison");
      await send("good");
      expect(await handler(eventOf("scf-timer"), context)).toEqual({ acknowledged: 1, givenBack: 0, rejected: 1 });
      expect(await letters()).toEqual([["poison", "The message is not JSON.", MessageId]]);
      clock.advance(3_600_000);
      expect(await waiting()).toEqual([]);
    },
  );

  it("takes no further message when its time is nearly over", async () => {
    const { handler, handled, clock, send } = setUp(() => {
      clock.advance(400_000);
      return acknowledge;
    });
    for (let i = 0; i < 5; i++) await send(String(i));
    const begun = clock.now();
    await handler(eventOf("scf-timer"), context);
    expect(handled).toHaveLength(3);
    expect(handled.map((delivery) => delivery.deadline - begun)).toEqual([895_000, 895_000, 895_000]);
  });

  it("keeps a message hidden for as long as it is worked, longer than its first visibility", async () => {
    const { handler, clock, send, waiting } = setUp(async () => {
      await clock.sleep(800_000);
      seenMeanwhile = await waiting();
      return acknowledge;
    });
    let seenMeanwhile: string[] | undefined;
    await send("long");
    expect(await handler(eventOf("scf-timer"), context)).toMatchObject({ acknowledged: 1 });
    expect(seenMeanwhile).toEqual([]);
  });

  it("ends the work before the lease does, where the queue can't extend it", async () => {
    const { handler, handled, clock, send } = setUp(() => acknowledge, {
      kind: "tdmq",
      environment: { ORIGINALS_VISIBILITY: "120" },
    });
    await send("a");
    const begun = clock.now();
    await handler(eventOf("scf-timer"), context);
    expect(handled[0]?.deadline).toBe(begun + 120_000 - 5_000);
  });

  it("without a queue says which setting is missing", async () => {
    const { handler } = setUp(() => acknowledge, { queue: "none" });
    await expect(handler(eventOf("scf-timer"), context)).rejects.toThrow("set ORIGINALS_QUEUE to sqs:URL or tdmq:URL");
  });

  const scheduled = { type: "manifest", scheduledAt: "2026-11-22T02:00:00Z", prefix: "2026/" };

  it('with the text "list" begins the scheduled run, with the queue to send to', async () => {
    const { handler, handled, waiting } = setUp(() => acknowledge);
    expect(await handler(eventOf("scf-timer-list"), context)).toEqual({ acknowledged: 1, rejected: 0 });
    expect(handled.map(({ body }) => JSON.parse(body))).toMatchObject([scheduled]);
    await handled[0]?.sender.send("the next look");
    expect(await waiting()).toEqual(["the next look"]);
  });

  // Catches: a night that is lost because something was away when its timer ticked.
  it.each([giveBack(0), { kind: "refuse", reason: "the store is slow" } as const])(
    "whose run can't be begun now has it wait in the queue, and says why: %j",
    async (answer) => {
      const { handler, waiting } = setUp(() => answer);
      const result = await handler(eventOf("scf-timer-list"), context);
      expect(result).toEqual({ sent: 1, reason: "the store is slow" });
      expect((await waiting()).map((body) => JSON.parse(body))).toMatchObject([scheduled]);
    },
  );

  it("whose run can never be begun fails, or leaves it to the dead-letter queue", async () => {
    await expect(setUp(() => reject).handler(eventOf("scf-timer-list"), context)).rejects.toThrow("is not JSON");
    const { handler, letters } = setUp(() => reject, { deadLetters: "set" });
    expect(await handler(eventOf("scf-timer-list"), context)).toEqual({ acknowledged: 0, rejected: 1 });
    expect(await letters()).toMatchObject([[expect.any(String), "The message is not JSON.", expect.any(String)]]);
  });
});

describe.each(["scf-ckafka", "scf-cmq", "scf-cmq-tag-string", "scf-ckafka-partition-misspelt", "scf-eventbridge"])(
  "%s",
  (name) => {
    it("is sent to the queue message by message, and the event is over", async () => {
      const { handler, handled, waiting } = setUp(() => acknowledge);
      const result = await handler(eventOf(name), context);
      const sent = await waiting();
      expect(result).toEqual({ sent: sent.length });
      expect(sent.length).toBeGreaterThan(0);
      for (const body of sent) expect(JSON.parse(body)).toHaveProperty("v", 1);
      expect(handled).toEqual([]);
    });

    it("is thrown for where it can't be sent, so that it comes again", async () => {
      const { handler } = setUp(() => acknowledge, { queue: "broken" });
      await expect(handler(eventOf(name), context)).rejects.toThrow("You may not send.");
    });

    // Catches: a partition that stands still for ever behind a message that its queue does not take.
    it("is worked at once, with the queue to send to, where it is longer than that takes", async () => {
      const { handler, handled, log } = setUp(() => acknowledge, { sends: "too long" });
      expect(await handler(eventOf(name), context)).toEqual({ sent: 0, acknowledged: handled.length, rejected: 0 });
      expect(handled.length).toBeGreaterThan(0);
      await expect(handled[0]?.sender.send("the next look")).rejects.toThrow("Message must be shorter");
      expect(log.entries).toEqual([]);
    });

    it("is worked at once where no queue is set", async () => {
      const { handler, handled } = setUp(() => acknowledge, { queue: "none" });
      expect(await handler(eventOf(name), context)).toEqual({ acknowledged: handled.length, rejected: 0 });
      expect(handled.length).toBeGreaterThan(0);
    });

    it("is thrown for where no queue is set and a message must come again", async () => {
      const { handler } = setUp((_, index) => (index === 0 ? giveBack(30) : acknowledge), { queue: "none" });
      await expect(handler(eventOf(name), context)).rejects.toThrow(
        /^1 of (1 message|\d messages) must be delivered again: the store is slow\.$/,
      );
    });
  },
);

describe("an event of messages", () => {
  // Catches: a manifest that is lost by a function that says it succeeded.
  it.each([
    ["never be worked", reject, "The message is not JSON"],
    [
      "not be worked by this function",
      { kind: "refuse", reason: "set ORIGINALS_QUEUE." } as Answer,
      "set ORIGINALS_QUEUE",
    ],
  ])("fails with the reason where one of them can %s and nobody holds it", async (_, answer, reason) => {
    const { handler, log } = setUp((_, index) => (index === 0 ? answer : acknowledge), { queue: "none" });
    await expect(handler(eventOf("scf-ckafka"), context)).rejects.toThrow(
      new RegExp(`^1 of 2 messages can't be worked, and no dead-letter queue took them: ${reason}\\.$`),
    );
    expect(log.entries).toMatchObject([
      { level: "error", fields: { messageId: "originals/1/36", reason: expect.stringContaining(reason) } },
    ]);
  });
});

describe("an event of messages of which one can never be worked, where no queue is set", () => {
  it("is over, and the message is in the dead-letter queue that is set", async () => {
    const { handler, letters } = setUp((_, index) => (index === 0 ? reject : acknowledge), {
      queue: "none",
      deadLetters: "set",
    });
    expect(await handler(eventOf("scf-ckafka"), context)).toEqual({ acknowledged: 1, rejected: 1 });
    expect(await letters()).toEqual([[expect.any(String), "The message is not JSON.", "originals/1/36"]]);
  });

  // Catches: an event that is over although its dead letter is nowhere.
  it("comes again where the dead letter can't be sent", async () => {
    const { handler } = setUp((_, index) => (index === 0 ? reject : acknowledge), {
      queue: "none",
      deadLetters: "set",
      sends: "fail",
    });
    await expect(handler(eventOf("scf-ckafka"), context)).rejects.toThrow(
      /^1 of 2 messages must be delivered again: it can't be worked, .* failed: AccessDenied: You may not send\.$/,
    );
  });
});

describe("a stored manifest", () => {
  it("starts a run of it", async () => {
    const { handler, waiting } = setUp(() => acknowledge, { environment: { ORIGINALS_FORMAT: "csv" } });
    expect(await handler(eventOf("scf-cos"), context)).toEqual({ sent: 1 });
    expect((await waiting()).map((body) => JSON.parse(body))).toEqual([
      {
        v: 1,
        type: "manifest",
        source: { bucket: "demo-1250000000", region: "ap-guangzhou", prefix: "2026/" },
        archive: { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/" },
        ledger: { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/.originals/" },
        manifest: {
          bucket: "manifests-1250000000",
          region: "ap-guangzhou",
          key: "inbox/2026-11-22.csv",
          format: "csv",
        },
        options: expect.objectContaining({ archiveKey: "{key}" }),
      },
    ]);
  });

  // Catches: a trigger on the archive bucket whose run writes failures.csv, which starts a run, and so on.
  it("that a run itself wrote starts nothing", async () => {
    const environment = { ORIGINALS_LEDGER: "cos://manifests-1250000000/inbox/" };
    const { handler, waiting } = setUp(() => acknowledge, { environment });
    expect(await handler(eventOf("scf-cos"), context)).toEqual({ sent: 0 });
    expect(await waiting()).toEqual([]);
  });

  it("that was deleted starts nothing", async () => {
    const event = structuredClone(eventOf("scf-cos")) as { Records: { event: { eventName: string } }[] };
    for (const record of event.Records) record.event.eventName = "cos:ObjectRemove:Delete";
    const { handler } = setUp(() => acknowledge);
    expect(await handler(event, context)).toEqual({ sent: 0 });
  });
});

describe("an invocation", () => {
  it.each([undefined, {}, { time_limit_in_ms: "900" }, { time_limit_in_ms: 0 }])(
    "without a time limit is refused: %j",
    async (wrong) => {
      const { handler } = setUp(() => acknowledge);
      await expect(handler(eventOf("scf-timer"), wrong as never)).rejects.toThrow(
        /time_limit_in_ms = .*, which is no time limit\.$/,
      );
    },
  );
});
