import { describe, expect, test } from "vitest";
import { writeControl } from "../../../src/ledger/control.ts";
import { donePath, groupPath, paths } from "../../../src/ledger/layout.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { writeEndMarker } from "../../../src/ledger/shard/end-marker.ts";
import { parseSummary } from "../../../src/report/summary.ts";
import { summaryText } from "../../../src/report/summary-text.ts";
import { writeReport } from "../../../src/run/inspect/report.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { idleShards, sendIdle } from "../../../src/run/reconcile/idle-shards.ts";
import { ulidAt } from "../../ledger/samples.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  seedPictures,
  sourcePlace,
  type World,
} from "../world.ts";

const at = "2026-01-15T12:00:00.000Z";
const status = (world: World, full = false) => world.done(statusOf(ledgerPlace, "r", world.surroundings, { full }));

/** A run of so many shards of 1,000 rows, as its documents say; nothing else of it is there. */
async function documents(world: World, shards: number): Promise<void> {
  const request = {
    schema: "cos-originals/request@1",
    run: "r",
    source: sourcePlace,
    archive: archivePlace,
    rows: { kind: "listing", prefix: "" },
    options: runOptionsSchema.parse({}),
    askedAt: at,
    tool: "test",
  };
  const run = {
    schema: "cos-originals/run@1",
    run: "r",
    plan: ulidAt(1),
    request,
    shards,
    rows: shards * 1000,
    bytes: 0,
    settled: { duplicates: 0, collisions: 0, invalid: 0 },
    plannedAt: at,
    tool: "test",
  };
  const ledger = world.ledger("r");
  await ledger.put(paths.request, JSON.stringify(request));
  await ledger.put(paths.run, JSON.stringify(run));
}

const seedPath = (world: World, path: string) => world.archive.seed(`.originals/runs/r/${path}`, "");
const counts = { archived: 990, skipped: 5, failed: 5, bytes: 7 };

describe("the status of a run", () => {
  test("of ten million rows costs a few LISTs, and reads no outcome", async () => {
    const world = createWorld();
    await documents(world, 10_000);
    for (let group = 0; group < 8; group++) {
      seedPath(
        world,
        groupPath(group, { archived: 990_000, skipped: 5_000, failed: 5_000, bytes: 7_000 }, ulidAt(group)),
      );
    }
    for (let shard = 8_000; shard < 9_500; shard++) seedPath(world, donePath(shard, counts, ulidAt(shard)));
    world.archive.forgetLog();
    const { summary } = await status(world);
    expect(parseSummary(summary)).toMatchObject({
      rows: 10_000_000,
      archived: 9_500 * 990,
      skipped: 9_500 * 5,
      failed: 9_500 * 5,
      pending: 500_000,
      bytes: 9_500 * 7,
      recovered: null,
      proofs: null,
      requests: null,
      retries: null,
      failures: null,
    });
    const read = world.archive.log
      .filter(({ type }) => type === "get")
      .map(({ key }) => key.replace(/.*runs\/r\//, ""));
    expect(read.sort()).toEqual(["report/summary.json", "request.json", "run.json"]);
    expect(world.archive.log.length).toBeLessThan(25);
  });

  test("counts a shard that is marked twice once, and one whose group is over not again", async () => {
    const world = createWorld();
    await documents(world, 2_001);
    seedPath(world, groupPath(1, { archived: 1_000_000, skipped: 0, failed: 0, bytes: 1 }, ulidAt(1)));
    for (const shard of [0, 1_000, 2_000]) {
      seedPath(world, donePath(shard, counts, ulidAt(2)));
      seedPath(world, donePath(shard, counts, ulidAt(3)));
    }
    const { summary } = await status(world);
    expect(summary).toMatchObject({ archived: 1_000_000 + 2 * 990, pending: 999 * 1000 });
  });

  test("is running while it is planned, while a queue carries it, and complete with its report", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 6);
    await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 2 } }));
    const planning = await status(world);
    expect(planning.run).toBeUndefined();
    expect(planning.summary).toMatchObject({ state: "running", rows: 0, endedAt: null });
    await world.deliver(world.queue[0]?.message ?? {});
    expect((await status(world)).summary).toMatchObject({ state: "running", rows: 6, pending: 6 });
    // However long nobody takes them.
    await world.clock.advance(3_600_000);
    expect((await status(world)).summary.state).toBe("running");
    await world.drain();
    const { summary } = await status(world, true);
    expect(summary).toMatchObject({ state: "complete", archived: 6, pending: 0, proofs: { "content-md5": 6 } });
    expect(summary.endedAt).toBe(world.summary("r").endedAt);
    expect(summary.requests).toEqual(world.summary("r").requests);
  });

  test("with full counts the rows of shards that are not over", async () => {
    const world = createWorld({ concurrency: 1 });
    const keys = seedPictures(world.source, 4);
    await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 3 } }));
    await world.deliver(world.queue[0]?.message ?? {}, 1);
    const { run } = await status(world);
    let fetched = 0;
    const stop = new AbortController();
    world.source.onRequest(({ type }) => {
      if (type === "original" && ++fetched === 2) stop.abort();
      return undefined;
    });
    const shard = { v: 1, type: "shard", ledger: ledgerPlace, run: "r", plan: run?.plan, shard: 0, seq: 0 };
    await world.deliver(shard, 900, stop.signal);
    expect((await status(world)).summary).toMatchObject({ archived: 0, pending: 4 });
    const { summary } = await status(world, true);
    expect(summary.archived).toBeGreaterThan(0);
    expect(summary.archived + summary.pending).toBe(4);
  });

  describe("of shards that nobody works on", () => {
    /** Six shards of a queue's run, sent; no row of it was archived yet, so five are. */
    const sent = async () => {
      const world = createWorld({ concurrency: 1 });
      const keys = seedPictures(world.source, 12);
      await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 2 } }));
      await world.deliver(world.queue[0]?.message ?? {});
      const { run } = await status(world);
      const shard = (shard: number) => ({
        v: 1,
        type: "shard",
        ledger: ledgerPlace,
        run: "r",
        plan: run?.plan,
        shard,
        seq: 0,
      });
      return { world, shard };
    };

    test("names none that was sent just now, nor any while others are worked", async () => {
      const { world, shard } = await sent();
      expect((await status(world)).summary.idle).toBeUndefined();
      await world.clock.advance(60_000);
      expect((await status(world)).summary.idle).toMatchObject({ shards: 5, atLeast: false });
      // Somebody opens one of them and lives: the others wait for their turn.
      seedPath(world, paths.open(0, ulidAt(7), 0));
      seedPath(world, paths.segment(0, ulidAt(7), 1));
      expect((await status(world)).summary.idle).toBeUndefined();
      expect(shard(0).plan).toBeDefined();
    });

    test("says since when its worker is silent, and that the counts are at least those", async () => {
      const { world, shard } = await sent();
      await world.deliver(shard(1));
      const died = world.clock.now();
      seedPath(world, paths.open(2, ulidAt(7), 3));
      await world.clock.advance(29_000);
      expect((await status(world)).summary.idle).toBeUndefined();
      await world.clock.advance(10_000);
      const { summary, idle } = await status(world);
      expect(summary.idle).toMatchObject({ atLeast: false, numbers: expect.arrayContaining([2]) });
      expect(idle.shards.find(({ shard }) => shard === 2)).toEqual({ shard: 2, since: died, seq: 3 });
      expect(idle.shards.map(({ shard }) => shard)).not.toContain(1);
      expect(summary).toMatchObject({ atLeast: true, archived: 2, pending: 10 });
      expect(parseSummary(summary)).toEqual(summary);
      const text = summaryText(summary).join("\n");
      expect(text).toContain("12 rows = at least 2 archived + 0 skipped + 0 failed + at most 10 pending");
      expect(text).toMatch(/shards? \(.*2.*\) that nobody works on, .*cos-originals status r --repair takes/);
      const full = await status(world, true);
      expect(full.summary.atLeast).toBeUndefined();
    });

    test("are sent anew by a repair, once, and the run ends at once", async () => {
      const { world } = await sent();
      // The queue has lost all of its messages.
      const none = () => true;
      while (world.queue.length > 0) await world.drainOne(none);
      await world.clock.advance(60_000);
      const found = await status(world);
      const sender = { send: async (body: string) => world.send(JSON.parse(body)) };
      const repair = async () => {
        const { ledger, run, idle } = await status(world);
        if (run === undefined) throw new Error("it is planned");
        return world.done(sendIdle(ledger, { run, place: ledgerPlace }, idle.shards, sender, world.surroundings));
      };
      expect(await repair()).toBe(found.idle.shards.length);
      expect(await repair()).toBe(0);
      const begun = world.clock.now();
      world.send({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
      await world.drain();
      expect((await status(world)).summary).toMatchObject({ state: "complete", archived: 12, pending: 0 });
      expect(world.clock.now() - begun).toBeLessThan(300_000);
      expect(Object.values(world.fetches()).every((times) => times === 1)).toBe(true);
    });

    test("is no matter of a run that is over, stopped, or a process's own", async () => {
      const { world } = await sent();
      await world.clock.advance(60_000);
      await writeControl(world.ledger("r"), "cancel", "enough", at);
      expect((await status(world)).summary.idle).toBeUndefined();
    });

    test("are looked for in so many pages of what was recorded, and it is known that there may be more", async () => {
      const world = createWorld();
      await documents(world, 4);
      seedPath(world, paths.submittedUpTo(ulidAt(1), 4, ulidAt(2)));
      for (let shard = 0; shard < 4; shard++) {
        for (let n = 1; n <= 600; n++) seedPath(world, paths.segment(shard, ulidAt(shard + 1), n));
      }
      await world.clock.advance(60_000);
      const ledger = world.ledger("r");
      const run = await readRun(ledger);
      if (run === undefined) throw new Error("it is planned");
      const look = (mostLists: number) =>
        world.done(idleShards(ledger, run, { isOver: () => false, from: 0, mostLists }));
      expect(await look(1)).toMatchObject({ all: false, shards: [{ shard: 0 }] });
      expect(await look(20)).toMatchObject({ all: true, shards: { length: 4 } });
    });
  });

  test("of a process's own run is running as long as there is a sign of life, then incomplete", async () => {
    const world = createWorld();
    await documents(world, 2);
    const ledger = world.ledger("r");
    expect((await status(world)).summary.state).toBe("running");
    await ledger.put(paths.open(0, ulidAt(5), 0), "somebody");
    await world.clock.advance(29_000);
    expect((await status(world)).summary.state).toBe("running");
    await world.clock.advance(10_000);
    expect((await status(world)).summary.state).toBe("incomplete");
    // Another process takes it up.
    await ledger.put(paths.open(1, ulidAt(6), 0), "somebody else");
    expect((await status(world)).summary.state).toBe("running");
    // It gives the shard back for a while, cleanly; nobody comes back.
    await ledger.put(paths.end(1, ulidAt(6)), "");
    await ledger.put(paths.end(0, ulidAt(5)), "");
    await world.clock.advance(60_000);
    expect((await status(world)).summary.state).toBe("running");
    await world.clock.advance(16 * 60_000);
    expect((await status(world)).summary.state).toBe("incomplete");
  });

  test("of a process's own run is incomplete at once where that process stopped and said so, until somebody goes on", async () => {
    const world = createWorld();
    await documents(world, 2);
    const ledger = world.ledger("r");
    await ledger.put(paths.open(0, ulidAt(5), 0), "somebody");
    await ledger.put(paths.open(1, ulidAt(6), 0), "somebody");
    await writeEndMarker(ledger, 0, ulidAt(5), { processStops: false });
    await writeEndMarker(ledger, 1, ulidAt(6), { processStops: false });
    expect((await status(world)).summary.state).toBe("running");
    await ledger.put(paths.open(1, ulidAt(7), 0), "somebody");
    await world.clock.advance(1_000);
    await writeEndMarker(ledger, 1, ulidAt(7), { processStops: true });
    expect((await status(world)).summary.state).toBe("incomplete");
    await world.clock.advance(1_000);
    await ledger.put(paths.open(0, ulidAt(8), 0), "somebody else");
    expect((await status(world)).summary.state).toBe("running");
    await world.clock.advance(1_000);
    // It gave the shard back for a while.
    await writeEndMarker(ledger, 0, ulidAt(8));
    expect((await status(world)).summary.state).toBe("running");
  });

  test("is what the highest control says, with its reason, until it is resumed", async () => {
    const world = createWorld();
    await documents(world, 2);
    const ledger = world.ledger("r");
    await ledger.put(paths.open(0, ulidAt(5), 0), "somebody");
    await writeControl(ledger, "halt", "the account is overdue", at);
    expect((await status(world)).summary).toMatchObject({ state: "halted", reason: "the account is overdue" });
    await writeControl(ledger, "cancel", "by hand", at);
    expect((await status(world)).summary).toMatchObject({ state: "cancelled", reason: "by hand" });
    await writeControl(ledger, "resume", "", at);
    expect((await status(world)).summary).toMatchObject({ state: "running" });
    expect((await status(world)).summary.reason).toBeUndefined();
  });

  test("of a run that is not there names where it was looked for", async () => {
    const world = createWorld();
    await expect(status(world)).rejects.toMatchObject({
      code: "NoSuchRun",
      message: expect.stringContaining(".originals/runs/r/request.json"),
    });
  });
});

describe("a report written anew", () => {
  test("says of a run that is over what it said, and when it ended", async () => {
    const world = createWorld();
    await world.deliver(inlineMessage([...seedPictures(world.source, 3), "missing.jpg"], { run: "r" }));
    const before = { summary: world.summary("r"), results: world.results("r"), failures: world.failures("r") };
    await world.clock.advance(86_400_000);
    for (const key of world.archive.keys().filter((name) => name.includes("/report/results")))
      world.archive.removeObject(key);
    const { summary } = await world.done(writeReport(ledgerPlace, "r", world.surroundings));
    expect(summary).toEqual(before.summary);
    expect(world.results("r")).toEqual(before.results);
    expect(world.failures("r")).toEqual(before.failures);
  });

  test("of a run that is halfway says so, and does not keep it from its end", async () => {
    const world = createWorld();
    await world.deliver(inlineMessage(seedPictures(world.source, 4), { run: "r", options: { shardSize: 2 } }));
    await world.deliver(world.queue[0]?.message ?? {}, 1);
    const run = await readRun(world.ledger("r"));
    await world.deliver({ v: 1, type: "shard", ledger: ledgerPlace, run: "r", plan: run?.plan, shard: 0, seq: 0 });
    const { summary } = await world.done(writeReport(ledgerPlace, "r", world.surroundings));
    expect(summary).toMatchObject({ state: "running", archived: 2, pending: 2, endedAt: null });
    expect(world.results("r")).toHaveLength(2);
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 4 });
    expect(world.results("r")).toHaveLength(4);
  });
});
