/**
 * Runs with a cap, over several workers. Catches: a cap that is passed, a run that halts with room left, one that can't be resumed, a row
 * that is fetched twice for it, a crash after which what was spent is forgotten.
 */
import { describe, expect, test } from "vitest";
import { readShardCaps } from "../../../src/ledger/caps.ts";
import { readControl } from "../../../src/ledger/control.ts";
import { readRequest } from "../../../src/ledger/plan/request.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { noMarkers } from "../../../src/ledger/report/run-markers.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { openAllowances } from "../../../src/run/reconcile/allowances.ts";
import { resumeRun } from "../../../src/run/reconcile/cancel-resume.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { inputFor } from "../work/input.ts";
import { createWorld, inlineMessage, ledgerPlace, type World } from "../world.ts";

const SIZE = 1_000;

function seeded(count: number, options: { readonly tellsSizes?: boolean } = {}) {
  const world = createWorld({ concurrency: 4 });
  const keys = Array.from({ length: count }, (_, n) => `k${String(n).padStart(3, "0")}.png`);
  for (const key of keys) world.source.seed(key, key.repeat(SIZE / key.length));
  const rows = keys.map((key) => (options.tellsSizes === false ? key : { key, size: SIZE }));
  return { world, keys, rows };
}

const fetchedBytes = (world: World) => Object.values(world.fetches()).reduce((sum, n) => sum + n * SIZE, 0);
const twice = (world: World) => Object.values(world.fetches()).filter((n) => n > 1);

/** Works the queue with several processes at once until none has anything to do. */
async function workTogether(world: World, workers: number, first: readonly string[]) {
  const { clock } = world;
  const queue = first.map((body) => ({ body, at: clock.now() }));
  const send = async (body: string, delaySeconds = 0) =>
    void queue.push({ body, at: clock.now() + delaySeconds * 1_000 });
  let busy = 0;
  const work = async () => {
    const handle = createDeliveryHandler(world.surroundings);
    for (;;) {
      const next = queue.findIndex(({ at }) => at <= clock.now());
      if (next === -1) {
        if (queue.length === 0 && busy === 0) return;
        await clock.sleep(500);
        continue;
      }
      const [message] = queue.splice(next, 1);
      busy++;
      const body = message?.body ?? "";
      const answer = await handle({ body, deadline: clock.elapsed() + 900_000 }, { send });
      busy--;
      if (answer.kind === "give-back") await send(body, answer.delaySeconds);
    }
  };
  await world.done(Promise.all(Array.from({ length: workers }, work)));
}

const reconcile = JSON.stringify({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });

describe("a run with --max-bytes", () => {
  test.skipIf(quick).each([
    ["of which rows tell their sizes", true],
    ["of which none does", false],
  ])("%s stops at it over three workers, says so, and goes on with more", async (_, tellsSizes) => {
    const { world, keys, rows } = seeded(60, { tellsSizes });
    const message = inlineMessage(rows, { run: "r", options: { shardSize: 5, maxBytes: 20_500 } });
    await workTogether(world, 3, [JSON.stringify(message)]);
    expect(fetchedBytes(world)).toBe(20_000);
    expect(world.summary("r")).toMatchObject({ state: "halted", archived: 20, pending: 40 });
    expect(world.summary("r").reason).toContain("--max-bytes 20500, of which 20000 are fetched");
    expect((await readRequest(world.ledger("r")))?.needs).toEqual(["cap"]);

    await world.done(resumeRun(ledgerPlace, "r", world.surroundings, undefined, { maxBytes: 41_000 }));
    await workTogether(world, 3, [reconcile]);
    expect(fetchedBytes(world)).toBe(41_000);
    expect(world.summary("r")).toMatchObject({ state: "halted", archived: 41, pending: 19 });

    await world.done(resumeRun(ledgerPlace, "r", world.surroundings, undefined, { maxBytes: 1_000_000 }));
    await workTogether(world, 3, [reconcile]);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 60, pending: 0 });
    expect(twice(world)).toEqual([]);
    for (const key of keys) expect(world.archive.object(key)?.bytes).toEqual(world.source.object(key)?.bytes);
  });

  test("is over under it, and is not halted", async () => {
    const { world, rows } = seeded(20);
    await workTogether(world, 2, [
      JSON.stringify(inlineMessage(rows, { run: "r", options: { shardSize: 3, maxBytes: 20_000 } })),
    ]);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 20 });
  });

  test("halts again at once where it is resumed without more", async () => {
    const { world, rows } = seeded(10);
    await workTogether(world, 1, [
      JSON.stringify(inlineMessage(rows, { run: "r", options: { shardSize: 3, maxBytes: 4_000 } })),
    ]);
    await world.done(resumeRun(ledgerPlace, "r", world.surroundings));
    await workTogether(world, 1, [reconcile]);
    expect(fetchedBytes(world)).toBe(4_000);
    expect((await readControl(world.ledger("r")))?.kind).toBe("halt");
  });

  // Catches: a reconciler that passes over a shard which another has just sent, and gives what that one was given to the next.
  test("is given out once by two reconcilers that have looked at the same time, and go on with different shards", async () => {
    const { world, rows } = seeded(20);
    await world.deliver(inlineMessage(rows, { run: "r", options: { shardSize: 5, maxBytes: 6_000 } }));
    const ledger = world.ledger("r");
    let run = await readRun(ledger);
    for (; run === undefined; run = await readRun(ledger)) await world.drainOne();
    const planned = run;
    // As if none had given anything out.
    for (const key of world.archive.keys()) if (key.includes("/caps/")) world.archive.removeObject(key);
    const open = () => world.done(openAllowances(ledger, planned, noMarkers(planned)));
    const [one, other] = [await open(), await open()];
    const [first, second] = [1, 2];
    expect(await one?.admits(first)).toBe(true);
    await other?.admits(second);
    const granted = [...(await readShardCaps(ledger)).values()].map((money) => money.granted?.bytes ?? 0);
    expect(granted.reduce((sum, bytes) => sum + bytes, 0)).toBe(6_000);
  });

  // Catches: what fits is refused because something larger was, and is asked for again and again, each time in vain.
  test("passes over what is too large for it, archives what fits, and halts", async () => {
    const world = createWorld({ concurrency: 1 });
    const sizes: Readonly<Record<string, number>> = { "a.png": 9_000, "b.png": 1_000, "c.png": 1_000, "d.png": 1_000 };
    for (const [key, size] of Object.entries(sizes)) world.source.seed(key, "x".repeat(size));
    const rows = Object.entries(sizes).map(([key, size]) => ({ key, size }));
    const options = { shardSize: 2, maxBytes: 3_000 };
    await workTogether(world, 2, [JSON.stringify(inlineMessage(rows, { run: "r", options }))]);
    expect(world.summary("r")).toMatchObject({ state: "halted", archived: 3, pending: 1 });
    expect(world.fetches()["a.png"] ?? 0).toBe(0);
  });

  // Catches: a shard that has used up its tries waits for one that has no money, and that one for nobody: the run neither ends nor halts.
  test.each([0, 1, 2])(
    "does not stand still on trial, where one shard has no money and one no tries: row %i comes",
    async (good) => {
      const world = createWorld({ concurrency: 1 });
      const small = ["a0.png", "a1.png", "a2.png"];
      const large = ["b0.png", "b1.png", "b2.png"];
      for (const key of small) world.source.seed(key, "x".repeat(1_000));
      for (const key of large) world.source.seed(key, "x".repeat(9_000));
      world.source.onRequest(({ type, key }) =>
        type === "original" && key !== small[good] ? refuse("AccessDenied") : undefined,
      );
      const rows = [...small.map((key) => ({ key, size: 1_000 })), ...large.map((key) => ({ key, size: 9_000 }))];
      const options = { shardSize: 3, maxBytes: 8_000 };
      await workTogether(world, 2, [JSON.stringify(inlineMessage(rows, { run: "r", options }))]);
      expect(world.summary("r")).toMatchObject({ state: "halted", archived: 1 });
      expect(world.fetches()).not.toHaveProperty(["b0.png"]);
    },
  );

  test("of one shard stops at it as well, in one process too", async () => {
    const { world, keys } = seeded(10);
    const input = inputFor(keys, { maxBytes: 3_500 }, { prices: pricesOfRun, needs: ["cap"] });
    const { summary } = await world.done(runHere(input, world.surroundings));
    expect(summary).toMatchObject({ state: "halted", archived: 3, pending: 7 });
    expect(fetchedBytes(world)).toBe(3_000);
  });

  test("whose worker dies passes it by no more than that one had in flight", async () => {
    const { world, rows } = seeded(40);
    await world.deliver(inlineMessage(rows, { run: "r", options: { shardSize: 10, maxBytes: 25_000 } }));
    await world.drainOne();
    await world.drainOne();
    const run = await readRun(world.ledger("r"));
    const shard = world.queue.find(({ message }) => message.type === "shard")?.message;
    expect(run?.shards).toBe(4);
    // It dies while four are on their way: nothing of them is recorded.
    const dying = new AbortController();
    let puts = 0;
    world.archive.onRequest(({ type, key }) => {
      if (type !== "put" || !key.startsWith("k")) return undefined;
      if (++puts > 4) dying.abort();
      return undefined;
    });
    await world.deliver(shard ?? {}, 900, dying.signal);
    world.archive.onRequest(undefined);
    await world.clock.advance(3_600_000);
    await workTogether(world, 2, [reconcile, ...world.queue.map(({ body }) => body)]);
    expect(fetchedBytes(world)).toBeLessThanOrEqual(25_000 + 4 * SIZE);
    expect(world.summary("r").state).toBe("halted");
  });
});

const pricesOfRun = { currency: "CNY", processing: 1_000, requests: 0.01, restoreRequests: 0.5 };

describe("a run with --max-cost", () => {
  test("counts processing and requests by the prices that it was asked with", async () => {
    const { world, keys } = seeded(12);
    // A thousand bytes are 0.000931 CNY of processing, and six requests 0.000006.
    const input = inputFor(keys, { maxCost: 0.004, shardSize: 3 }, { prices: pricesOfRun, needs: ["cap"] });
    const { summary } = await world.done(runHere(input, world.surroundings));
    expect(summary).toMatchObject({ state: "halted", archived: 4 });
    expect(summary.reason).toMatch(/--max-cost 0.004 CNY, of which 0.0037\d* are spent/);
  });

  test("can't be changed while it goes on, nor where there is none", async () => {
    const { world, rows } = seeded(2);
    await world.deliver(inlineMessage(rows, { run: "r", options: { maxBytes: 10 } }));
    await expect(resumeRun(ledgerPlace, "r", world.surroundings, undefined, { maxBytes: 9 })).rejects.toMatchObject({
      code: "NotStopped",
    });
    await world.deliver(inlineMessage(rows, { run: "s" }));
    await expect(resumeRun(ledgerPlace, "s", world.surroundings, undefined, { maxBytes: 9 })).rejects.toMatchObject({
      code: "NoCap",
    });
  });
});
