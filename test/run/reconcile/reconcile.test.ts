import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readControl, writeControl } from "../../../src/ledger/control.ts";
import { donePath, paths } from "../../../src/ledger/layout.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { readFirstArchived, writeFirstArchived } from "../../../src/ledger/trial.ts";
import { readManifest } from "../../../src/manifest/read-manifest.ts";
import { rowsOf } from "../../../src/report/tally.ts";
import type { Submissions } from "../../../src/run/messages/delivery.ts";
import type { ReconcileOptions } from "../../../src/run/reconcile/look.ts";
import { reconcile } from "../../../src/run/reconcile/reconcile.ts";
import { ledgerSubmissions } from "../../../src/run/reconcile/submissions.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import { outcomeOf, trailer, ulidAt } from "../../ledger/samples.ts";
import { segmentBytes } from "../../ledger/shard/segment-bytes.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const at = "2026-01-15T12:00:00.000Z";
const hiddenMs = 60_000;

/** A planned run, nothing of it submitted yet. It is on trial only where that is said. */
async function planned(rows: number, shardSize: number, options: object = {}, onTrial = false) {
  const world = createWorld();
  const keys = seedPictures(world.source, rows);
  await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize, ...options } }));
  const message = world.queue[0]?.message ?? {};
  // A delivery with hardly any time plans the run, and sends nothing yet.
  await world.deliver(message, 1);
  const run = await readRun(world.ledger("r"));
  if (run === undefined) throw new Error("it is not planned");
  if (!onTrial) await world.done(writeFirstArchived(world.ledger("r"), { key: keys[0] ?? "", archiveKey: "" }));
  const sent: { shard: number; seq: number }[] = [];
  const step = (over: Partial<ReconcileOptions> = {}) => {
    const { clock, surroundings } = world;
    const ledger = world.ledger("r");
    const submissions: Submissions = ledgerSubmissions(ledger, run.plan, clock, surroundings.random);
    const sender = { send: async (body: string) => void sent.push(JSON.parse(body)) };
    const deadline = Number.POSITIVE_INFINITY;
    const given = {
      ledger,
      place: ledgerPlace,
      run,
      surroundings,
      submissions,
      sender,
      submitAhead: 10,
      hiddenMs,
      deadline,
    };
    return world.done(reconcile({ ...given, ...over }));
  };
  const shardMessage = (shard: number, seq = 0) => ({
    v: 1,
    type: "shard",
    ledger: ledgerPlace,
    run: "r",
    plan: run.plan,
    shard,
    seq,
  });
  return { world, keys, run, sent, step, shardMessage, reconcileMessage: message };
}

const shardsOf = (sent: readonly { shard: number }[]) => sent.map(({ shard }) => shard);
const wait = (world: World, ms: number) => world.clock.advance(ms);

describe("a run on trial", () => {
  const trial = (rows: number, shardSize = 1) => planned(rows, shardSize, {}, true);

  test("is sent five shards, from all over the plan, and no more until a row is archived", async () => {
    const { world, sent, step } = await trial(100);
    await step();
    const first = shardsOf(sent);
    expect(first).toHaveLength(5);
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(50);
    expect(await step()).toMatchObject({ moved: false });
    await world.done(writeFirstArchived(world.ledger("r"), { key: "k", archiveKey: "k" }));
    await step({ submitAhead: 1_000 });
    expect(new Set(shardsOf(sent)).size).toBe(100);
    expect(sent).toHaveLength(100);
  });

  test("is sent another shard for each that is over and has cost nothing", async () => {
    const { world, sent, step, shardMessage } = await trial(100);
    world.source.onRequest(() => refuse("NoSuchKey"));
    for (let n = 0; n < 3; n++) {
      await step();
      for (const { shard } of sent.slice(-5)) await world.deliver(shardMessage(shard));
    }
    expect(new Set(shardsOf(sent)).size).toBe(15);
  });

  test("fetches at most ten rows in vain, however many shards there are, and is halted", async () => {
    const { world, sent, step, shardMessage } = await trial(300, 10);
    world.archive.onRequest(({ type, key }) =>
      type === "put" && !key.startsWith(".originals/") ? refuse("AccessDenied") : undefined,
    );
    for (let n = 0; n < 4; n++) {
      await step();
      for (const { shard } of [...sent]) await world.deliver(shardMessage(shard));
      await wait(world, 60_000);
    }
    expect(await step()).toMatchObject({ kind: "stopped", state: "halted" });
    expect(world.source.count("original")).toBe(5);
  });

  test("of an older version, whose archived rows left a count and no mark, is none", async () => {
    const { world, sent, step, run } = await trial(20);
    const marker = donePath(0, { archived: 1, skipped: 0, failed: 0, bytes: 1 }, "01J00000000000000000000001");
    await world.done(world.ledger("r").put(marker, ""));
    await step({ submitAhead: 100 });
    expect(sent).toHaveLength(run.shards - 1);
  });

  test("of which a worker archived a row without a mark ends all the same: the others know by the mark alone", async () => {
    const { world, keys, step, shardMessage } = await trial(20);
    await step();
    await world.deliver(shardMessage(0));
    world.archive.removeObject(".originals/runs/r/control/first-archived.json");
    await step();
    expect(await world.done(readFirstArchived(world.ledger("r")))).toMatchObject({ key: keys[0], archiveKey: keys[0] });
    const written = world.archive.count("put");
    await step();
    expect(world.archive.count("put")).toBe(written);
  });

  test("sends what was lost on the way again, like any other shard", async () => {
    const { world, sent, step } = await trial(20);
    await step();
    await wait(world, hiddenMs + 1_000);
    await step();
    expect(sent).toHaveLength(10);
  });
});

describe("submitting", () => {
  test("sends as many shards as the window allows beyond those that are over, each once", async () => {
    const { world, sent, step, shardMessage } = await planned(10, 1);
    expect(await step({ submitAhead: 3 })).toMatchObject({ kind: "again", moved: true });
    expect(shardsOf(sent)).toEqual([0, 1, 2]);
    expect(await step({ submitAhead: 3 })).toMatchObject({ kind: "again", moved: false });
    for (const shard of [2, 0]) await world.deliver(shardMessage(shard));
    await step({ submitAhead: 3 });
    expect(shardsOf(sent)).toEqual([0, 1, 2, 3, 4]);
    expect((await step()).kind === "again" && shardsOf(sent)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("that breaks off knows what it sent, and goes on from there", async () => {
    const { sent, step } = await planned(10, 1);
    let left = 4;
    const sender = {
      async send(body: string) {
        if (left-- <= 0) throw new Error("the queue is gone");
        sent.push(JSON.parse(body));
      },
    };
    await expect(step({ sender })).rejects.toThrow("the queue is gone");
    await step();
    expect(shardsOf(sent)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("stops before its time is over, and goes on in the next delivery", async () => {
    const { world, sent, step } = await planned(100, 1);
    const slow = {
      async send(body: string) {
        sent.push(JSON.parse(body));
        await world.clock.sleep(1_000);
      },
    };
    await step({ submitAhead: 100, sender: slow, deadline: world.clock.elapsed() + 6_000 });
    const first = sent.length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(100);
    await step({ submitAhead: 100, deadline: world.clock.elapsed() + 100_000 });
    expect(shardsOf(sent)).toEqual(Array.from({ length: 100 }, (_, shard) => shard));
  });

  test("passes over shards that are over though nobody submitted them", async () => {
    const { world, sent, step, shardMessage } = await planned(4, 1);
    await world.deliver(shardMessage(1));
    await step();
    expect(shardsOf(sent)).toEqual([0, 2, 3]);
  });
});

describe("sweeping", () => {
  test("sends again what gave no sign of life for longer than the queue could hide it, and only that", async () => {
    const { world, sent, step, shardMessage } = await planned(3, 1);
    await step();
    await wait(world, 30_000);
    await world.deliver(shardMessage(0));
    world.source.onRequest(({ type }) => (type === "original" ? refuse("InternalError") : undefined));
    await world.deliver(shardMessage(1, 4), 6);
    sent.length = 0;
    await wait(world, hiddenMs - 31_000);
    expect(await step()).toMatchObject({ moved: false });
    await wait(world, 2_000);
    // Shard 0 is over; 1 showed itself half a minute ago; 2 never did.
    expect(await step()).toMatchObject({ moved: true });
    expect(sent).toMatchObject([{ shard: 2, seq: 0 }]);
    await wait(world, hiddenMs + 1_000);
    await step();
    // With the hand-over it had come to, so that no late copy of an earlier one takes its place.
    expect(sent.slice(1)).toMatchObject([
      { shard: 1, seq: 4 },
      { shard: 2, seq: 0 },
    ]);
  });

  test("sends a shard again once for each silence", async () => {
    const { world, sent, step } = await planned(2, 1);
    await step();
    await wait(world, hiddenMs + 1_000);
    await step();
    await step();
    await wait(world, hiddenMs / 2);
    await step();
    expect(shardsOf(sent)).toEqual([0, 1, 0, 1]);
  });

  test("sends again at once what workers dropped while the run was stopped", async () => {
    const { world, sent, step, shardMessage } = await planned(2, 1);
    await step();
    const ledger = world.ledger("r");
    await writeControl(ledger, "cancel", "wait", at);
    for (const shard of [0, 1]) expect(await world.deliver(shardMessage(shard))).toEqual({ kind: "acknowledge" });
    expect(await step()).toMatchObject({ kind: "stopped", state: "cancelled" });
    await wait(world, 5_000);
    await writeControl(ledger, "resume", "go on", at);
    await wait(world, 5_000);
    await step();
    await wait(world, 5_000);
    await step();
    expect(shardsOf(sent)).toEqual([0, 1, 0, 1]);
    expect(world.fetches()).toEqual({});
  });

  test("compares ages, so that a worker whose clock is wrong does not send everything again and again", async () => {
    const { world, sent, step } = await planned(2, 1);
    const ledger = world.ledger("r");
    await writeControl(ledger, "cancel", "wait", at);
    await wait(world, 10_000);
    await writeControl(ledger, "resume", "go on", at);
    // This process's own queue, by a clock that is an hour behind the store's.
    const late = { ...world.clock, now: () => world.clock.now() - 3_600_000 };
    const { processSubmissions } = await import("../../../src/run/reconcile/submissions.ts");
    const submissions = processSubmissions(late);
    await wait(world, 10_000);
    for (let n = 0; n < 5; n++) await step({ submissions, hiddenMs: Number.POSITIVE_INFINITY });
    expect(shardsOf(sent)).toEqual([0, 1]);
  });

  test("stops before its time is over", async () => {
    const { world, sent, step } = await planned(8, 1);
    await step();
    await wait(world, hiddenMs + 1_000);
    const slow = {
      async send(body: string) {
        sent.push(JSON.parse(body));
        await world.clock.sleep(5_000);
      },
    };
    expect(await step({ sender: slow, deadline: world.clock.elapsed() + 30_000 })).toMatchObject({
      kind: "again",
      moved: true,
    });
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.length).toBeLessThan(16);
  });
});

describe("the failure budget", () => {
  const failing = async (options: object) => {
    const run = await planned(10, 1, options);
    for (const key of run.keys.slice(0, 3)) run.world.source.removeObject(key);
    await run.step();
    return run;
  };

  test("halts the run with its reason once more rows failed than it allows", async () => {
    const { world, step, shardMessage } = await failing({ maxFailures: "2" });
    for (const shard of [0, 1]) await world.deliver(shardMessage(shard));
    expect((await step()).kind).toBe("again");
    await world.deliver(shardMessage(2));
    expect(await step()).toMatchObject({ kind: "stopped", state: "halted", counts: { failed: 3 } });
    const control = await readControl(world.ledger("r"));
    expect(control?.kind).toBe("halt");
    const document = world.archive.object(".originals/runs/r/control/000000001-halt.json")?.bytes.toString();
    expect(document).toContain("3 of 3 rows failed, more than --max-failures 2 allows");
    expect(await world.deliver(shardMessage(5))).toEqual({ kind: "acknowledge" });
    expect(Object.keys(world.fetches()).length).toBe(3);
  });

  test("as a percentage is judged for a small run once all its rows are over", async () => {
    const { world, step, shardMessage } = await failing({ maxFailures: "25%" });
    for (let shard = 0; shard < 9; shard++) await world.deliver(shardMessage(shard));
    expect((await step()).kind).toBe("again");
    await world.deliver(shardMessage(9));
    expect(await step()).toMatchObject({ kind: "stopped", state: "halted" });
  });

  test("lets a run that was resumed in spite of it come to its end", async () => {
    const { world, step, shardMessage, reconcileMessage } = await failing({ maxFailures: "2" });
    for (const shard of [0, 1, 2]) await world.deliver(shardMessage(shard));
    await step();
    await writeControl(world.ledger("r"), "resume", "they are known to be gone", at);
    await wait(world, 2_000);
    world.send(reconcileMessage);
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 7, failed: 3, pending: 0 });
  });
});

describe("a run that is over", () => {
  test("has a summary that adds up, results of every row, and failures that are a manifest of the failed rows", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 9);
    const rows = [
      ...keys.slice(0, 7),
      keys[0],
      { key: 'gone/a,b "quoted".jpg', size: 5, archiveKey: "kept/there.jpg" },
      { key: "gone/ü.jpg", etag: "0123456789abcdef0123456789abcdef" },
      { key: "x.jpg", archiveKey: keys[1] },
      ...keys.slice(7),
    ];
    await world.deliver(inlineMessage(rows, { run: "r", options: { shardSize: 4 } }));
    await world.drain();
    const summary = world.summary("r");
    expect(summary).toMatchObject({
      state: "complete",
      rows: 13,
      archived: 9,
      skipped: 1,
      failed: 3,
      pending: 0,
      requests: { "source.get": 11 },
      failures: [
        { code: "NoSuchKey", count: 2 },
        { code: "ArchiveKeyCollision", count: 1 },
      ],
    });
    expect(rowsOf(summary)).toBe(13);
    expect(world.results("r").length).toBe(13);
    const [failures = ""] = world.failures("r");
    const entries = [];
    for await (const batch of readManifest(Readable.from([Buffer.from(failures)]), {
      name: "failures.csv",
      format: "csv",
      sourceBucket: "photos-1250000000",
    })) {
      entries.push(...batch);
    }
    expect(entries.map((entry) => (entry.kind === "row" ? entry.row : entry))).toEqual([
      { key: 'gone/a,b "quoted".jpg', size: 5, archiveKey: "kept/there.jpg" },
      { key: "gone/ü.jpg", etag: "0123456789abcdef0123456789abcdef" },
      { key: "x.jpg", archiveKey: keys[1] },
    ]);
  });

  test.skipIf(quick)(
    "of more than a group has parts for each, and each is written once its shards are over",
    async () => {
      const { world, step, shardMessage, reconcileMessage } = await planned(1_003, 1);
      for (let shard = 0; shard < 1_000; shard++) await world.deliver(shardMessage(shard));
      expect(await step()).toMatchObject({ kind: "again", counts: { rows: 1_003, archived: 1_000 } });
      const groups = () => world.archive.keys().filter((key) => key.includes("/groups/"));
      expect(groups().length).toBe(1);
      expect(await step()).toMatchObject({ kind: "again", counts: { archived: 1_000 } });
      expect(groups().length).toBe(1);
      world.archive.forgetLog();
      await step();
      // Counting a group that is over costs its marker, not its thousand shards.
      expect(world.archive.count("list")).toBeLessThan(12);
      world.send(reconcileMessage);
      await world.drain();
      expect(groups().length).toBe(2);
      expect(world.summary("r")).toMatchObject({ state: "complete", rows: 1_003, archived: 1_003, pending: 0 });
      expect(world.results("r").length).toBe(1_003);
      expect(world.failures("r").length).toBe(2);
    },
  );

  test("is written once more by whoever looks at it again, and says the same", async () => {
    const { world, step, shardMessage } = await planned(3, 2);
    for (const shard of [0, 1]) await world.deliver(shardMessage(shard));
    const [one, other] = await Promise.all([step(), step()]);
    expect([one.kind, other.kind]).toEqual(["over", "over"]);
    const before = world.summary("r");
    await step();
    const { endedAt: _, seconds: __, ...same } = before;
    expect(world.summary("r")).toMatchObject(same);
  });

  test("is not called complete where its ledger does not add up", async () => {
    const { world, step, shardMessage } = await planned(3, 2);
    for (const shard of [0, 1]) await world.deliver(shardMessage(shard));
    for (const key of world.archive.keys()) {
      if (key.includes("/outcomes/000000001/") && key.endsWith(".gz")) world.archive.removeObject(key);
    }
    await expect(step()).rejects.toMatchObject({
      code: "LedgerIncomplete",
      message: expect.stringMatching(/its shard 1 is marked as done, but there are outcomes of 0 of its 1 row/),
    });
    expect(world.archive.keys().some((key) => key.endsWith("summary.json"))).toBe(false);
  });

  test("counts a shard once that two attempts marked as done", async () => {
    const { world, step, shardMessage } = await planned(2, 1);
    await world.deliver(shardMessage(0));
    await world.ledger("r").put(donePath(0, { archived: 1, skipped: 0, failed: 0, bytes: 9 }, ulidAt(1)), "");
    expect(await step()).toMatchObject({ kind: "again", counts: { rows: 2, archived: 1 } });
    await world.deliver(shardMessage(1));
    expect(await step()).toMatchObject({ kind: "over", summary: { rows: 2, archived: 2, pending: 0 } });
  });

  test("is told apart from one whose group markers are damaged", async () => {
    const { world, step, shardMessage } = await planned(3, 2);
    for (const shard of [0, 1]) await world.deliver(shardMessage(shard));
    await step();
    const marker = world.archive.keys().find((key) => key.includes("/groups/")) ?? "";
    world.archive.seed(marker, "{");
    await expect(step()).rejects.toMatchObject({ code: "LedgerUnreadable", message: expect.stringContaining(marker) });
  });
});

describe("two attempts that archived different bytes under one key", () => {
  /** The end of a run of which attempts recorded these outcomes of its first row, and the archive holds that now. */
  const written = async (records: (archiveKey: string) => readonly Partial<Outcome>[], holds: string | undefined) => {
    const { world, keys, step } = await planned(2, 1);
    const archiveKey = keys[0] ?? "";
    const ledger = world.ledger("r");
    for (const [n, record] of records(archiveKey).entries()) {
      const attempt = ulidAt(n + 1);
      const outcome = outcomeOf({ key: archiveKey, archiveKey, ...record });
      await ledger.put(paths.open(0, attempt, n), "");
      await ledger.put(paths.segment(0, attempt, 1), segmentBytes([outcome], trailer));
      await ledger.put(paths.end(0, attempt), "");
    }
    const counts = { archived: 1, skipped: 0, failed: 0, bytes: 5 };
    await ledger.put(donePath(0, counts, ulidAt(2)), "");
    const other = outcomeOf({ key: keys[1] ?? "", outcome: "skipped" });
    await ledger.put(paths.segment(1, ulidAt(9), 1), segmentBytes([other], trailer));
    await ledger.put(donePath(1, { ...counts, archived: 0, skipped: 1, bytes: 0 }, ulidAt(9)), "");
    if (holds !== undefined) world.archive.seed(archiveKey, holds);
    const end = await step();
    if (end.kind !== "over") throw new Error(`it is not over: ${end.kind}`);
    return { summary: end.summary, line: world.results("r")[0] ?? "", heads: world.archive.count("head", archiveKey) };
  };
  const { etag: etagOfOld } = createWorld().source.seed("k", "old bytes");
  const { etag: etagOfNew } = createWorld().source.seed("k", "newer bytes");
  const both = (archiveKey: string) => [
    { archiveKey, receivedSize: 9, receivedEtag: etagOfOld, code: "First" },
    { archiveKey, receivedSize: 11, receivedEtag: etagOfNew, code: "Second" },
  ];

  test.each([
    ["old bytes", etagOfOld, 9],
    ["newer bytes", etagOfNew, 11],
    ["bytes of neither", createWorld().source.seed("k", "bytes of neither").etag, 16],
  ])("are settled by what the archive holds: %s", async (holds, etag, bytes) => {
    const { summary, line, heads } = await written(both, holds);
    expect(heads).toBe(1);
    expect(summary).toMatchObject({ archived: 1, skipped: 1, bytes });
    expect(summary.requests?.["archive.head"]).toBe(1);
    expect(line).toContain(etag);
  });

  test("are a failure where the archive holds nothing any more", async () => {
    const { summary } = await written(both, undefined);
    expect(summary).toMatchObject({ archived: 0, failed: 1, failures: [{ code: "ArchiveMissing" }] });
  });

  test("are no conflict where they agree, and nothing is asked", async () => {
    const { summary, heads } = await written((key) => [both(key)[0] ?? {}, both(key)[0] ?? {}], "old bytes");
    expect(heads).toBe(0);
    expect(summary).toMatchObject({ archived: 1, skipped: 1, bytes: 9 });
  });
});

describe("a reconcile message", () => {
  test("goes round until the run is over, slower while nothing moves", async () => {
    const { world, reconcileMessage } = await planned(2, 1);
    const delays: number[] = [];
    const next = async () => {
      const before = world.clock.now();
      await world.deliver(reconcileMessage);
      const round = world.queue.filter(({ message }) => message.type === "reconcile").at(-1);
      delays.push(((round?.at ?? 0) - before) / 1_000);
    };
    await next();
    await next();
    await wait(world, 3_600_000);
    await next();
    await wait(world, 36_000_000);
    await next();
    expect(delays[0]).toBeCloseTo(5, 0);
    expect(delays[1]).toBeCloseTo(5, 0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(300.1);
    await world.drain();
    expect(world.summary("r").state).toBe("complete");
    expect(world.queue).toEqual([]);
  });

  test.each([
    ["halt", "halted"],
    ["cancel", "cancelled"],
  ] as const)(
    "of a run that was stopped (%s) goes round until that is reported, and is sent by nobody again",
    async (kind, state) => {
      const { world, reconcileMessage } = await planned(2, 1);
      await writeControl(world.ledger("r"), kind, "enough", at);
      expect(await world.deliver(reconcileMessage)).toEqual({ kind: "acknowledge" });
      await world.drain();
      expect(world.summary("r")).toMatchObject({ state, reason: "enough", rows: 2, pending: 2 });
      expect(await world.deliver(reconcileMessage)).toEqual({ kind: "acknowledge" });
      expect(world.queue).toEqual([]);
    },
  );
});
