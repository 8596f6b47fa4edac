/** Catches: an archived object that nobody is told of, a receiver that is away and costs a row, and a message that has others told where it likes. */
import { describe, expect, test } from "vitest";
import { parseTold } from "../../../src/ledger/undelivered.ts";
import { cancelRun, resumeRun } from "../../../src/run/reconcile/cancel-resume.ts";
import { unfinishedRuns } from "../../../src/run/reconcile/unfinished-runs.ts";
import { cancelAndTell } from "../../../src/run/work/cancel.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { sendEvents } from "../../../src/run/work/send-events.ts";
import { away, type MemorySinks, memorySinks } from "../../events/memory-sink.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { listsLate } from "../lists-late.ts";
import { inputFor } from "../work/input.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const hook = "https://hooks.example.com/pictures";
const ops = "https://hooks.example.com/ops";
const day = 24 * 3_600_000;

function openWorld(own: { readonly notify?: string } = {}): World & { readonly sinks: MemorySinks } {
  const sinks = memorySinks();
  const allowTargets = [
    { role: "events", text: hook, is: "exact" },
    { role: "notify", text: ops, is: "exact" },
  ] as const;
  return Object.assign(createWorld({ openSink: sinks.openSink, settings: { allowTargets, ...own } }), { sinks });
}

const told = ({ sinks }: { readonly sinks: MemorySinks }) => sinks.taken.filter(({ to }) => to === `events ${hook}`);
const subjects = (world: { readonly sinks: MemorySinks }) => told(world).map(({ subject }) => subject);
const notices = ({ sinks }: { readonly sinks: MemorySinks }) =>
  sinks.taken.filter(({ to }) => to === `notify ${ops}`).map(({ data }) => data.state);
const markers = (world: World, below: string) =>
  world.archive.keys().flatMap((key) => (key.startsWith(`.originals/runs/r/${below}`) ? key.split("/").at(-1) : []));
const message = (keys: readonly string[], options: object) => inlineMessage(keys, { run: "r", options });

describe("archived objects", () => {
  test("are told of, each once, and others are not; the ledger of a run that could tell keeps nothing of it", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 5);
    await world.deliver(message([...keys, "photos/none.jpg"], { events: hook }));
    expect(subjects(world)).toEqual(keys);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 5, failed: 1, undelivered: 0 });
    expect([markers(world, "events/"), markers(world, "notices/")]).toEqual([[], []]);
    world.newProcess();
    await world.deliver(message([...keys, "photos/none.jpg"], { events: hook }));
    expect(subjects(world)).toEqual(keys);
  });

  test("are told of before their shard is marked as done, and after they are recorded", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 3);
    world.sinks.answer = (events) => {
      const segments = markers(world, "outcomes/").filter((name) => name?.endsWith(".jsonl.gz"));
      expect([events.length, segments.length > 0, markers(world, "done/")]).toEqual([3, true, []]);
      return undefined;
    };
    await world.deliver(message(keys, { events: hook }));
    expect(world.sinks.asks()).toBe(1);
  });

  test("of a run that asks for no events are told of to nobody, and nothing of it is in its documents", async () => {
    const world = openWorld();
    await world.deliver(message(seedPictures(world.source, 2), {}));
    expect(world.sinks.taken).toEqual([]);
    expect(world.summary("r")).not.toHaveProperty("undelivered");
    const request = world.archive.object(".originals/runs/r/request.json")?.bytes.toString();
    expect(JSON.parse(request ?? "")).not.toHaveProperty("needs");
  });

  test("make a run that older tools leave alone", async () => {
    const world = openWorld();
    await world.deliver(message(seedPictures(world.source, 1), { events: hook, notify: ops }));
    const request = world.archive.object(".originals/runs/r/request.json")?.bytes.toString();
    expect(JSON.parse(request ?? "")).toMatchObject({ needs: ["events", "notify"], options: { events: hook } });
  });
});

describe("who takes nothing", () => {
  test("costs no row: the run is complete, and says what is left; the next night's reminder has it told, once", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 5);
    world.sinks.answer = () => away;
    expect(await world.deliver(message(keys, { events: hook }))).toEqual({ kind: "acknowledge" });
    expect(world.queue).toEqual([]);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 5, undelivered: 1 });
    expect(markers(world, "events/").map((name) => parseTold(`events/${name}`))).toEqual([
      { shard: 0, taken: 0, of: 5, told: false },
    ]);
    const { endedAt } = world.summary("r");
    await world.clock.advance(day);
    world.sinks.answer = undefined;
    expect(await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY))).toMatchObject({
      runs: ["r"],
    });
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(subjects(world)).toEqual(keys);
    expect(world.summary("r")).toMatchObject({ undelivered: 0, endedAt });
    expect(await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY))).toMatchObject({
      runs: [],
    });
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(told(world).length).toBe(5);
  });

  test("for more than a week is reminded of no longer", async () => {
    const world = openWorld();
    world.sinks.answer = () => away;
    await world.deliver(message(seedPictures(world.source, 1), { events: hook }));
    await world.clock.advance(8 * day);
    const { runs } = await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY));
    expect(runs).toEqual([]);
  });

  test("for a while is told by the end of the run, from where it left off", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 5);
    world.sinks.answer = (_, ask) => (ask === 1 ? { ...away, taken: 2 } : undefined);
    await world.deliver(message(keys, { events: hook }));
    expect(subjects(world)).toEqual(keys);
    expect(world.summary("r")).toMatchObject({ undelivered: 0 });
  });

  test("is asked once for all shards that wait, not once for each", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 12);
    world.sinks.answer = () => away;
    world.send(message(keys, { events: hook, shardSize: 3 }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 12, undelivered: 4 });
    const before = world.sinks.asks();
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(world.sinks.asks() - before).toBe(1);
    world.sinks.answer = undefined;
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(subjects(world).sort()).toEqual(keys);
  });
});

describe("a delivery that has no time left for them", () => {
  const stopped = { kind: "stopped", taken: 0 } as const;

  test("hands the shard on, and the next tells of it before it is done", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 3);
    world.sinks.answer = (_, ask) => (ask === 1 ? stopped : undefined);
    await world.deliver(message(keys, { events: hook }));
    expect([markers(world, "done/"), told(world)]).toEqual([[], []]);
    expect(world.queue.map(({ message: { type, seq } }) => [type, seq])).toEqual([
      ["shard", 1],
      ["reconcile", undefined],
    ]);
    await world.drain();
    expect(subjects(world)).toEqual(keys);
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 3, undelivered: 0 });
  });

  test("and a next that has none either leaves them to the ledger: it goes round for ever for nobody", async () => {
    const world = openWorld();
    world.sinks.answer = () => stopped;
    world.send(message(seedPictures(world.source, 3), { events: hook }));
    const delivered = await world.drain();
    expect(delivered.length).toBeLessThan(6);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 3, undelivered: 1 });
  });
});

describe("a process that dies", () => {
  test("anywhere leaves no object that nobody is told of", async () => {
    const keys = ["photos/00000.jpg", "photos/00001.jpg", "photos/00002.jpg"];
    let duplicates = 0;
    for (let dies = 1; dies < 60; dies += quick ? 4 : 1) {
      const world = openWorld();
      seedPictures(world.source, 3);
      let requests = 0;
      world.archive.onRequest(() => (++requests >= dies ? refuse("AccessDenied") : undefined));
      const first = await world.deliver(message(keys, { events: hook, notify: ops }));
      const died = requests >= dies;
      world.archive.onRequest(undefined);
      if (first.kind === "acknowledge" && !died) break;
      await world.clock.advance(60_000);
      world.newProcess();
      world.send(message(keys, { events: hook, notify: ops }));
      await world.drain();
      await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
      expect([...new Set(subjects(world))].sort(), `died at request ${dies}`).toEqual(keys);
      expect(notices(world), `died at request ${dies}`).toContain("complete");
      duplicates += told(world).length - keys.length;
      expect(new Set(told(world).map(({ id }) => id)).size).toBe(keys.length);
    }
    expect(duplicates).toBeGreaterThan(0);
  });
});

describe("that a run ended", () => {
  test("is told once when it is complete, with its counts", async () => {
    const world = openWorld();
    await world.deliver(message(seedPictures(world.source, 2), { notify: ops }));
    expect(world.sinks.taken).toMatchObject([
      { id: "r:complete:0", to: `notify ${ops}`, data: { run: "r", state: "complete", rows: 2, archived: 2 } },
    ]);
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(notices(world)).toEqual(["complete"]);
    expect(world.summary("r")).toMatchObject({ undelivered: 0 });
  });

  test("is told later where nobody took it, and the summary says that it is not told yet", async () => {
    const world = openWorld();
    world.sinks.answer = () => away;
    await world.deliver(message(seedPictures(world.source, 1), { notify: ops }));
    expect(world.summary("r")).toMatchObject({ state: "complete", undelivered: 1 });
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(markers(world, "notices/").length).toBe(1);
    world.sinks.answer = undefined;
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(notices(world)).toEqual(["complete"]);
    expect(world.summary("r")).toMatchObject({ undelivered: 0 });
  });

  test("is told when it is cancelled, again when it is cancelled anew, and when it comes to its end", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 6);
    world.send(message(keys, { notify: ops, shardSize: 2 }));
    await world.drainOne();
    for (let n = 0; n < 2; n++) {
      await world.done(cancelRun(ledgerPlace, "r", world.surroundings, "by hand"));
      world.send({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
      await world.drain();
      await world.done(resumeRun(ledgerPlace, "r", world.surroundings));
    }
    world.send({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    await world.drain();
    expect(notices(world)).toEqual(["cancelled", "cancelled", "complete"]);
    expect(new Set(world.sinks.taken.map(({ id }) => id)).size).toBe(3);
  });

  /** Its process ended in the middle, and nobody works it. */
  async function leftAlone(): Promise<World & { readonly sinks: MemorySinks }> {
    const world = openWorld();
    const keys = seedPictures(world.source, 6);
    const left = new AbortController();
    world.source.onRequest(({ type }) => {
      if (type === "original") left.abort();
      return undefined;
    });
    const input = inputFor(keys, { notify: ops, shardSize: 2 });
    const { summary } = await world.done(runHere(input, world.surroundings, { signal: left.signal }));
    expect(summary.state).toBe("incomplete");
    expect(notices(world)).toEqual([]);
    return world;
  }
  const cancel = (world: World) => world.done(cancelAndTell(ledgerPlace, "r", world.surroundings, "by hand"));
  const reminded = async (world: World): Promise<void> => {
    const { runs } = await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY));
    for (const run of runs) world.send({ v: 1, type: "reconcile", ledger: ledgerPlace, run });
    await world.drain();
  };

  test("is told by whoever cancels it where nobody works it any more, once, and its report says so", async () => {
    const world = await leftAlone();
    expect(await cancel(world)).toMatchObject({ kind: "cancelled", told: { state: "cancelled", undelivered: 0 } });
    expect(notices(world)).toEqual(["cancelled"]);
    expect(world.summary("r")).toMatchObject({ state: "cancelled", reason: "by hand", rows: 6 });
    await cancel(world);
    await reminded(world);
    expect(notices(world)).toEqual(["cancelled"]);
  });

  test("is told by its queue where that carries it, and not by whoever cancels it", async () => {
    const world = openWorld();
    world.send(message(seedPictures(world.source, 6), { notify: ops, shardSize: 2 }));
    await world.drainOne();
    expect(await cancel(world)).toEqual({ kind: "cancelled", told: undefined });
    expect(notices(world)).toEqual([]);
    await world.drain();
    expect(notices(world)).toEqual(["cancelled"]);
  });

  test("that nobody took as it was cancelled is told by the next night's reminder, or by the command", async () => {
    for (const again of ["reminder", "command"]) {
      const world = await leftAlone();
      world.sinks.answer = () => away;
      expect(await cancel(world)).toMatchObject({ told: { undelivered: 1 } });
      world.sinks.answer = undefined;
      const send = () =>
        world.done(sendEvents(ledgerPlace, "r", world.surroundings, { replay: false, check: async () => undefined }));
      if (again === "command") expect(await send()).toMatchObject({ undelivered: 0 });
      else await reminded(world);
      expect(notices(world)).toEqual(["cancelled"]);
    }
  });

  test("of which a cancel's own process died before it told anybody is told by the reminder, or by the command", async () => {
    for (const again of ["reminder", "command"]) {
      const world = await leftAlone();
      await world.done(cancelRun(ledgerPlace, "r", world.surroundings, "by hand"));
      await world.done(world.clock.sleep(60_000));
      const send = () =>
        world.done(sendEvents(ledgerPlace, "r", world.surroundings, { replay: false, check: async () => undefined }));
      if (again === "command") expect(await send()).toMatchObject({ undelivered: 0 });
      else await reminded(world);
      expect(notices(world)).toEqual(["cancelled"]);
    }
  });

  test("is told when it is halted", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 4);
    world.source.onRequest(({ type }) => (type === "original" ? refuse("AccessDenied") : undefined));
    world.send(message(keys, { notify: ops, maxFailures: "0" }));
    await world.drain();
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    expect(notices(world)).toEqual(["halted"]);
  });

  test("is told of a message that is refused, once however often it comes; and of one whose run had ended", async () => {
    const world = openWorld({ notify: ops });
    const keys = seedPictures(world.source, 1);
    await world.deliver(message(keys, { notify: ops, archiveKey: "{nmae}" }));
    expect(world.sinks.taken).toMatchObject([
      { to: `notify ${ops}`, data: { run: "r", state: "refused", code: "InvalidArchiveKey" } },
    ]);
    await world.deliver(message(keys, { notify: ops }));
    await world.deliver(message(keys, { notify: ops }));
    expect(notices(world)).toEqual(["refused", "complete", "complete"]);
    expect(world.sinks.taken.at(-1)?.data).toMatchObject({ askedAgain: true });
  });

  test("in this process alone is told as well, and what could not be is tried by the command", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 4);
    world.sinks.answer = () => away;
    const { summary } = await world.done(runHere(inputFor(keys, { events: hook, notify: ops }), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 4, undelivered: 2 });
    world.sinks.answer = undefined;
    const send = (options: object = {}) =>
      world.done(
        sendEvents(ledgerPlace, "r", world.surroundings, {
          replay: false,
          check: async () => undefined,
          ...options,
        }),
      );
    expect(await send()).toMatchObject({ sent: 4, undelivered: 0 });
    expect([subjects(world).sort(), notices(world)]).toEqual([keys, ["complete"]]);
    expect(world.summary("r")).toMatchObject({ undelivered: 0 });
    expect(await send()).toMatchObject({ sent: 0, undelivered: 0 });
    expect(await send({ replay: true })).toMatchObject({ sent: 4, undelivered: 0 });
    expect(await send({ replay: true, to: "https://hooks.example.com/new" })).toMatchObject({ sent: 4 });
    expect(new Set(world.sinks.taken.filter(({ type }) => type.endsWith("archived")).map(({ id }) => id)).size).toBe(4);
  });

  // Catches: a LIST that came too early, believed. Fewer were told of, and it said that all were.
  test.each([
    [0, ""],
    [1, ".gz"],
  ])(
    "and whose outcomes are listed late is replayed whole; where they are gone that is said, and others are told of (%i%s)",
    async (...late) => {
      const world = openWorld();
      world.send(message(seedPictures(world.source, 6), { events: hook, shardSize: 2 }));
      await world.drain();
      const send = () =>
        world.done(sendEvents(ledgerPlace, "r", world.surroundings, { replay: true, check: async () => undefined }));
      listsLate(world, 30_000, late);
      expect(await send()).toEqual({ sent: 6, undelivered: 0, to: expect.any(String) });
      listsLate(world, 3_600_000, late);
      const why = expect.stringMatching(/^of 2 rows that are over .*; try again/);
      expect(await send()).toMatchObject({ sent: 4, why });
    },
  );

  test("by a halt does not hold back a replay of what was archived", async () => {
    const world = openWorld();
    const keys = seedPictures(world.source, 6);
    world.source.onRequest(({ type, key }) =>
      type === "original" && key > "photos/00002.jpg" ? refuse("AccessDenied") : undefined,
    );
    world.send(message(keys, { events: hook, maxFailures: "0", shardSize: 6 }));
    await world.drain();
    expect(world.summary("r").state).toBe("halted");
    const archived = world.archive.keys().filter((key) => key.startsWith("photos/"));
    world.sinks.taken.length = 0;
    await world.done(
      sendEvents(ledgerPlace, "r", world.surroundings, {
        replay: true,
        check: async () => undefined,
      }),
    );
    expect(archived.length).toBeGreaterThan(0);
    expect(subjects(world).sort()).toEqual(archived);
  });
});

describe("a message", () => {
  test.each([
    ["events", { events: "https://elsewhere.example.net/" }],
    ["notify", { notify: "https://elsewhere.example.net/SECRET" }],
    ["events", { events: ops }],
  ])("that has its %s sent where the worker's settings do not allow is refused, whole", async (role, options) => {
    const world = openWorld({ notify: ops });
    const answer = await world.deliver(message(seedPictures(world.source, 1), options));
    expect(answer).toMatchObject({
      kind: "reject",
      reason: expect.stringMatching(`^The message has its ${role} sent to https://`),
    });
    expect(JSON.stringify(answer)).not.toContain("SECRET");
    expect(world.archive.keys()).toEqual([]);
    // Its own settings say who is told.
    expect(world.sinks.taken).toMatchObject([
      { to: `notify ${ops}`, data: { state: "refused", code: "PlaceNotAllowed" } },
    ]);
  });

  test("of a run whose target is no longer allowed has its rows worked, and nobody told", async () => {
    const sinks = memorySinks();
    const world = createWorld({ openSink: sinks.openSink });
    const keys = seedPictures(world.source, 2);
    const input = inputFor(keys, { events: hook });
    world.archive.seed(
      ".originals/runs/r/request.json",
      JSON.stringify({ ...input.request, rows: { kind: "inline", digest: "d", keys } }),
    );
    world.send({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 2, undelivered: 1 });
    expect(sinks.taken).toEqual([]);
  });
});
