/** Functions that live for ten seconds: a shard of many rows is cut into deliveries, and each of them uses its time. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deadlineAfter } from "../../../src/run/deliver/deliver.ts";
import { quick } from "../../setup/quick.ts";
import { type ShardLab, shardLab } from "./lab.ts";

const limitMs = 10_000;

interface Slowness {
  /** Of a fetch, and of a put, each. */
  readonly taskMs: number;
  /** Of a request to the ledger. */
  readonly ledgerMs: number;
  /** As a share of all these, up to which they vary. */
  readonly jitter?: number;
}

function slow({ source, archive, ledger }: ShardLab, { taskMs, ledgerMs, jitter = 0 }: Slowness): void {
  let chance = 0.37;
  const about = (ms: number) => {
    chance = (chance * 16_807.3) % 1;
    return { kind: "delay", ms: Math.round(ms * (1 + jitter * (2 * chance - 1))) } as const;
  };
  source.onRequest(() => about(taskMs));
  archive.onRequest(() => about(taskMs));
  ledger.onRequest(() => about(ledgerMs));
}

interface Worked {
  /** From the beginning of the function to the last put of a row. */
  readonly lastPutMs: number;
  /** Until the message was answered. */
  readonly tookMs: number;
  readonly over: boolean;
}

/** One function after the other until the shard is over; fails where one takes longer than its deadline. */
async function inFunctions(here: ShardLab): Promise<readonly Worked[]> {
  const all: Worked[] = [];
  const { clock } = here;
  for (let seq = 0; all.at(-1)?.over !== true; seq++) {
    if (seq > 60) throw new Error("it is not over after sixty functions");
    const began = clock.elapsed();
    const beganAt = clock.now();
    const deadline = deadlineAfter(began, limitMs);
    // Its time is over when its deadline and what is kept for the answer are: then it would be killed.
    const { ended, life } = here.deliver({ seq, deadline });
    const killed = clock.sleep(limitMs).then(() => "killed" as const);
    const end = await here.until(Promise.race([ended, killed]));
    if (end === "killed") life.dead = true;
    expect(end).not.toBe("killed");
    if (end === "killed") break;
    expect(["left", "over"]).toContain(end.kind);
    if (end.kind === "left") expect(end.progress).toBe(true);
    const puts = here.archive.log.filter(({ type }) => type === "put");
    all.push({
      lastPutMs: (puts.at(-1)?.at ?? beganAt) - beganAt,
      tookMs: clock.elapsed() - began,
      over: end.kind === "over",
    });
  }
  return all;
}

const rowsOfSeconds = (seconds: number, taskMs: number) => Math.ceil((8 * seconds * 1_000) / (2 * taskMs));

describe("of ten seconds a function", () => {
  test.skipIf(quick).each([
    ["as they are in one region", { taskMs: 30, ledgerMs: 20 }],
    ["with larger originals", { taskMs: 150, ledgerMs: 30 }],
    ["that take half a second", { taskMs: 250, ledgerMs: 50 }],
    ["far away", { taskMs: 100, ledgerMs: 100 }],
    ["that vary", { taskMs: 60, ledgerMs: 40, jitter: 0.5 }],
  ])("works for eight at least, on rows %s", async (_, slowness) => {
    const rows = rowsOfSeconds(21, slowness.taskMs);
    const here = shardLab(rows, {}, { concurrency: 8 });
    slow(here, slowness);
    const functions = await inFunctions(here);
    here.expectOver({ archived: rows });
    expect(here.source.count("original")).toBe(rows);
    expect(functions.length).toBeGreaterThan(1);
    for (const { lastPutMs, over } of functions) {
      if (!over) expect(lastPutMs + slowness.taskMs).toBeGreaterThanOrEqual(8_000);
    }
  });

  test.skipIf(quick)(
    "begins nothing that can't end, whatever the ledger and the rows take: none is killed",
    async () => {
      const ms = (most: number) => fc.integer({ min: 1, max: most });
      await fc.assert(
        fc.asyncProperty(
          ms(600),
          ms(250),
          fc.double({ min: 0, max: 0.5, noNaN: true }),
          async (taskMs, ledgerMs, jitter) => {
            const rows = rowsOfSeconds(11, Math.max(40, taskMs));
            const here = shardLab(rows, {}, { concurrency: 8 });
            slow(here, { taskMs, ledgerMs, jitter });
            for (const { tookMs } of await inFunctions(here)) expect(tookMs).toBeLessThanOrEqual(limitMs);
            here.expectOver({ archived: rows });
          },
        ),
        { numRuns: 12 },
      );
    },
  );
});
