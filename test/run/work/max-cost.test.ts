/**
 * --max-cost over three workers of one queue, counted where the originals are fetched. Catches: a cap that each worker keeps to by itself, one
 * that is passed by more than what a dead worker had not written down, and money left lying where rows could have been fetched for it.
 */
import { describe, expect, test } from "vitest";
import { decodeSegment } from "../../../src/ledger/shard/segment.ts";
import { costOfFetch } from "../../../src/policy/money/cap.ts";
import { usualPrices } from "../../../src/policy/money/cost.ts";
import { createMemoryQueues, SendMessageCommand, SQSClient } from "../../../src/queue/index.ts";
import { resumeRun } from "../../../src/run/reconcile/cancel-resume.ts";
import type { Surroundings } from "../../../src/run/surroundings/surroundings.ts";
import { workQueue } from "../../../src/run/work/work-queue.ts";
import { quick } from "../../setup/quick.ts";
import { type Life, mortalBucket, mortalClock } from "../../stores/mortal.ts";
import { createWorld, inlineMessage, ledgerPlace } from "../world.ts";

const ROWS = 60;
const SIZE = 50_000;
const CONCURRENCY = 4;
/** So that an original costs about a hundredth. */
const prices = { ...usualPrices, processing: 200 };
const each = costOfFetch(SIZE, prices).nano;
/** What twenty cost, and half of another. */
const cap = (20.5 * each) / 1e9;

async function capped() {
  const world = createWorld({ concurrency: CONCURRENCY, settings: { prices } });
  const keys = Array.from({ length: ROWS }, (_, n) => `photos/${n}.jpg`);
  for (const key of keys) world.source.seed(key, Buffer.alloc(SIZE, key));
  world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 1_000 } : undefined));
  const queues = createMemoryQueues({ clock: world.clock });
  const client = new SQSClient({ transport: queues });
  const queueUrl = queues.createQueue("work");
  const send = (message: object) =>
    client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
  await send(
    inlineMessage(
      keys.map((key) => ({ key, size: SIZE })),
      { run: "r", options: { shardSize: 5, maxCost: cap } },
    ),
  );
  const work = (surroundings: Surroundings) =>
    workQueue(surroundings, { queue: { kind: "memory", client, queueUrl }, visibility: 60, drain: true });
  return {
    world,
    send,
    /** Until all of them find nothing left to do. */
    work: (...surroundings: readonly Surroundings[]) => world.done(Promise.all(surroundings.map(work))),
    begin: work,
    /** In billionths, of what the source was asked for. */
    spent: () => world.source.count("original") * each,
    /** Of that, what the ledger has. */
    recorded: () =>
      world.archive
        .keys()
        .filter((key) => key.includes("/outcomes/") && key.endsWith(".jsonl.gz"))
        .reduce((sum, key) => {
          const { trailer } = decodeSegment(world.archive.object(key)?.bytes ?? Buffer.alloc(0), key);
          return sum + (trailer?.spent?.nano ?? 0);
        }, 0),
  };
}

describe("a run with --max-cost over three workers", () => {
  test.skipIf(quick)("halts within it, with no room left for another original, and goes on with more", async () => {
    const { world, work, send, spent, recorded } = await capped();
    const { surroundings } = world;
    await work(surroundings, surroundings, surroundings);
    expect(world.summary("r")).toMatchObject({ state: "halted", archived: 20, pending: ROWS - 20 });
    expect(world.summary("r").reason).toContain(`--max-cost ${cap} CNY`);
    expect([spent(), recorded()]).toEqual([20 * each, 20 * each]);

    await world.done(resumeRun(ledgerPlace, "r", surroundings, undefined, { maxCost: ((ROWS + 0.5) * each) / 1e9 }));
    await send({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    await work(surroundings, surroundings, surroundings);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: ROWS });
    expect(spent()).toBe(ROWS * each);
  });

  test.each([1, 3, 6])(
    "one of which dies at its fetch %i passes it by no more than that one had not written down",
    async (at) => {
      const { world, work, begin, spent, recorded } = await capped();
      const life: Life = { dead: false };
      let gets = 0;
      let busy = () => {};
      const isBusy = new Promise<void>((resolve) => {
        busy = resolve;
      });
      const { surroundings } = world;
      const mortal: Surroundings = {
        ...surroundings,
        clock: mortalClock(world.clock, life),
        open(role, place) {
          const bucket = mortalBucket(surroundings.open(role, place), life);
          const get: typeof bucket.get = (...request) => {
            const answer = bucket.get(...request);
            if (role === "source") gets++;
            if (gets === at) life.dead = true;
            if (gets === Math.ceil(at / 2)) busy();
            return answer;
          };
          return { ...bucket, get };
        },
      };
      void begin(mortal);
      await world.done(isBusy);
      await work(surroundings, surroundings);
      expect(life.dead).toBe(true);
      expect(world.summary("r").state).toBe("halted");
      const lost = spent() - recorded();
      const over = spent() - cap * 1e9;
      console.log(
        `--max-cost over three workers, one dead at its fetch ${at}: ${(over / each).toFixed(1)} originals over the cap, of ${lost / each} that it had not written down`,
      );
      expect(over).toBeLessThanOrEqual(lost);
      expect(lost).toBeLessThanOrEqual(at * each);
      // And no row of it is lost.
      const { archived, pending } = world.summary("r");
      expect(archived + pending).toBe(ROWS);
      expect(archived).toBeGreaterThanOrEqual(20 - lost / each);
    },
  );
});
