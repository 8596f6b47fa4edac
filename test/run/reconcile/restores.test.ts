/** Shards that wait until their originals are restored: who is sent when, and what the wait costs. */
import { describe, expect, test } from "vitest";
import { readControl } from "../../../src/ledger/control.ts";
import type { RestoringShard } from "../../../src/ledger/layout.ts";
import { readRestoring } from "../../../src/ledger/shard/restoring-marker.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { cancelRun, resumeRun } from "../../../src/run/reconcile/cancel-resume.ts";
import { judgeRestores } from "../../../src/run/reconcile/restores.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
const now = Date.UTC(2026, 0, 15, 12);

describe("a shard that waits for restores", () => {
  const over = {
    counts: { archived: 0, skipped: 0, failed: 0, bytes: 0 },
    over: new Map(),
    complete: new Map(),
    done: new Set([9]),
  };
  const judged = (marker: Partial<RestoringShard>, sentAgoMs?: number) => {
    const whole = { shard: 4, rows: 7, until: now, ...marker };
    // By another clock.
    const again = new Map(sentAgoMs === undefined ? [] : [[4, 500_000 - sentAgoMs] as const]);
    const submitted = { upTo: 10, at: [{ upTo: 10, at: 0 }], again, now: 500_000 };
    const awaited = judgeRestores({ shards: new Map([[whole.shard, whole]]), now }, submitted, over);
    return { asleep: awaited.isAsleep(whole.shard), due: awaited.due, told: awaited.told };
  };
  const cases: readonly (readonly [string, ReturnType<typeof judged>, ReturnType<typeof judged>])[] = [
    [
      "sleeps until its time has come",
      judged({ until: now + HOUR }),
      { asleep: true, due: [], told: { rows: 7, nextLookMs: HOUR } },
    ],
    ["is due then", judged({ until: now - SECOND }), { asleep: true, due: [4], told: { rows: 7, nextLookMs: 0 } }],
    [
      "is due again, as it was sent for the look before this one",
      judged({ until: now - SECOND }, 6 * SECOND),
      { asleep: true, due: [4], told: { rows: 7, nextLookMs: 0 } },
    ],
    [
      "is awake once it was sent, by a store that tells whole seconds",
      judged({ until: now }, SECOND),
      { asleep: false, due: [], told: undefined },
    ],
    [
      "is awake, however long ago that was",
      judged({ until: now - HOUR }, HOUR / 2),
      { asleep: false, due: [], told: undefined },
    ],
    ["may be over by now", judged({ shard: 9, until: now - HOUR }), { asleep: false, due: [], told: undefined }],
  ];
  test.each(cases)("%s", (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});

const frozen = { headers: { "content-type": "image/jpeg", "x-cos-storage-class": "ARCHIVE" } };
const restoring = { archivedClass: "restore", restoreTier: "Standard", restoreDays: 3 } as const;

/** Pictures of which the first so many lie in an archive class. */
function seedFrozen(world: World, count: number, cold: number, told = true) {
  const keys = seedPictures(world.source, count);
  for (const [n, key] of keys.slice(0, cold).entries()) world.source.seed(key, `picture ${n}`, frozen);
  return keys.map((key, n) => (n < cold && told ? { key, storageClass: "ARCHIVE" } : { key }));
}
/** The next so many. */
async function messages(world: World, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await world.drainOne();
}
const ledgerRequests = (world: World, of = /^\.originals\//) =>
  world.archive.log.filter(({ key }) => of.test(key)).length;

describe("a run on a queue whose originals take twelve hours", () => {
  test.skipIf(quick)("looks at few of them meanwhile, and fetches each once", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = 12 * HOUR;
    world.send(inlineMessage(seedFrozen(world, 1_000, 1_000), { run: "r", options: restoring }));
    const delivered = await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 1_000, archived: 1_000, retries: 0 });
    const { source } = world;
    const heads = source.count("head");
    console.log(
      `1,000 rows, restored for 12 h: ${source.count("restore")} restores, ${heads} HEADs, ${source.count("original")} fetches, ${ledgerRequests(world)} requests to the ledger (${ledgerRequests(world, /\/(outcomes|restoring|plans)\/./)} for the shard), ${delivered.length} messages`,
    );
    expect([source.count("restore"), source.count("original")]).toEqual([1_000, 1_000]);
    // One before it is restored, one once it is, and three each time that the shard is looked at.
    expect(heads).toBeLessThanOrEqual(2_000 + 3 * 25);
    // Most are of the looks at the run, one in five minutes at the latest, whatever its rows.
    expect(ledgerRequests(world)).toBeLessThan(3_000);
    expect(ledgerRequests(world, /\/(outcomes|restoring|plans)\/./)).toBeLessThan(900);
    expect(world.summary("r").requests).toMatchObject({ "source.restore": 1_000, "source.head": heads });
  });

  test.skipIf(quick)("goes on with what is not archived at once, shard by shard", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = 12 * HOUR;
    const rows = seedFrozen(world, 60, 30);
    world.send(inlineMessage(rows, { run: "r", options: { ...restoring, shardSize: 10 } }));
    await messages(world, 40);
    expect(world.archive.count("put", rows.at(-1)?.key), "the last of them").toBe(1);
    expect(world.source.count("original")).toBe(30);
    const { summary } = await world.done(statusOf(ledgerPlace, "r", world.surroundings));
    expect(summary).toMatchObject({ state: "running", archived: 30, pending: 30 });
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 60 });
    expect(world.source.count("original")).toBe(60);
  });

  test.skipIf(quick)(
    "is decided on trial by what comes first: all are asked for, and none is fetched in vain",
    async () => {
      const world = createWorld();
      world.source.switches.restoreMs = HOUR;
      world.send(inlineMessage(seedFrozen(world, 40, 40), { run: "r", options: { ...restoring, shardSize: 2 } }));
      await world.drain();
      expect(world.summary("r")).toMatchObject({ state: "complete", archived: 40 });
      expect([world.source.count("restore"), world.source.count("original")]).toEqual([40, 40]);
      const asked = world.source.log.filter(({ type }) => type === "restore").map(({ at }) => at);
      expect((asked.at(-1) ?? 0) - (asked[0] ?? 0), "all of them long before the first is restored").toBeLessThan(
        HOUR / 2,
      );
    },
  );

  test.skipIf(quick)("finds out by a few what refuses every fetch, once they are restored", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = HOUR;
    world.source.onRequest(({ type }) => (type === "original" ? refuse("AccessDenied") : undefined));
    world.send(inlineMessage(seedFrozen(world, 40, 40), { run: "r", options: { ...restoring, shardSize: 2 } }));
    await world.drain();
    expect((await readControl(world.ledger("r")))?.kind).toBe("halt");
    expect(world.source.count("original")).toBeLessThanOrEqual(10);
  });

  test("halts where restores are refused, with the permission that it needs", async () => {
    const world = createWorld();
    world.source.onRequest(({ type }) => (type === "restore" ? refuse("AccessDenied") : undefined));
    world.send(inlineMessage(seedFrozen(world, 40, 40), { run: "r", options: restoring }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "halted", failed: 0 });
    expect(world.summary("r").reason).toContain("the restore (?restore, cos:PostObjectRestore) ends with AccessDenied");
    expect(world.source.count("restore")).toBeLessThan(20);
  });

  test("halts for that in mid-run only where a row that was archived before is refused as well", async () => {
    const world = createWorld();
    world.source.onRequest(({ type }) => (type === "restore" ? refuse("AccessDenied") : undefined));
    const rows = seedFrozen(world, 60, 30).reverse();
    world.send(inlineMessage(rows, { run: "r", options: { ...restoring, shardSize: 30 } }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "halted", archived: 30 });
    const probed = world.source.log.filter(
      ({ type, key }) => type === "restore" && rows.slice(0, 30).some((row) => row.key === key),
    );
    expect(probed.length, "asked of a row that was archived").toBe(1);
  });

  test("is cancelled and resumed while it waits", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = 12 * HOUR;
    world.send(inlineMessage(seedFrozen(world, 20, 20), { run: "r", options: { ...restoring, shardSize: 5 } }));
    await messages(world, 30);
    await world.done(cancelRun(ledgerPlace, "r", world.surroundings, "enough"));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "cancelled", archived: 0, pending: 20 });
    await world.clock.advance(14 * HOUR);
    const sender = { send: async (body: string) => world.send(JSON.parse(body)) };
    await world.done(resumeRun(ledgerPlace, "r", world.surroundings, sender));
    world.newProcess();
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 20 });
    expect([world.source.count("restore"), world.source.count("original")]).toEqual([20, 20]);
  });

  test("loses nothing where the message that woke a shard is lost", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = HOUR;
    world.send(inlineMessage(seedFrozen(world, 10, 10), { run: "r", options: { ...restoring, shardSize: 5 } }));
    let lost = 0;
    for (let n = 0; n < 400 && world.queue.length > 0; n++) {
      await world.drainOne((message) => message.type === "shard" && n > 12 && lost++ < 3);
    }
    expect(lost).toBeGreaterThanOrEqual(3);
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 10 });
  });

  test("sleeps under a name that says for how long, and how many rows", async () => {
    const world = createWorld();
    world.source.switches.restoreMs = 12 * HOUR;
    world.send(inlineMessage(seedFrozen(world, 7, 5), { run: "r", options: restoring }));
    await messages(world, 3);
    const { shards } = await world.done(readRestoring(world.ledger("r")));
    expect(shards.get(0)).toMatchObject({ shard: 0, rows: 5 });
  });
});
