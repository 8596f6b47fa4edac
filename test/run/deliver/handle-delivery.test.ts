import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { parseMessage } from "../../../src/run/messages/messages.ts";
import { noQueue } from "../../../src/run/messages/queue-sender.ts";
import { RefusedError, UserError } from "../../../src/vocabulary/errors.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { quick } from "../../setup/quick.ts";
import { type OnRequest, refuse, reset } from "../../stores/bucket-fault.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  objectMessage,
  region,
  seedPictures,
  sourcePlace,
  type World,
} from "../world.ts";

const listing = { v: 1, type: "manifest", source: sourcePlace, archive: archivePlace, prefix: "photos/" } as const;
const runsOf = (world: World) => [
  ...new Set(world.archive.keys().flatMap((key) => key.match(/^\.originals\/runs\/([^/]+)\//)?.[1] ?? [])),
];
const onlyRun = (world: World): string => {
  const [run, ...others] = runsOf(world);
  if (run === undefined || others.length > 0) throw new Error(`runs: ${runsOf(world).join(", ")}`);
  return run;
};
const archived = (world: World) => world.archive.keys().filter((key) => !key.startsWith(".originals/"));
const acknowledged = { kind: "acknowledge" };

describe("a manifest message of at most one shard", () => {
  test("with inline keys is planned, archived and finalized in one delivery", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 5);
    expect(await world.deliver(inlineMessage([...keys, "photos/none.jpg"], { run: "r" }))).toEqual(acknowledged);
    expect(world.queue).toEqual([]);
    expect(archived(world)).toEqual(keys);
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 6, archived: 5, failed: 1, pending: 0 });
    expect(world.results("r").length).toBe(6);
  });

  test("that refers to an object is worked the same way, whatever its format", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    world.source.seed("lists/keys.csv.gz", gzipSync(`Key,Size\n${keys.map((key) => `${key},9`).join("\n")}\n`));
    expect(await world.deliver(objectMessage("lists/keys.csv.gz"))).toEqual(acknowledged);
    expect(world.summary(onlyRun(world))).toMatchObject({
      state: "complete",
      rows: 3,
      archived: 3,
      manifest: "cos://photos-1250000000/lists/keys.csv.gz",
    });
  });

  test("delivered again fetches nothing again, its run stays as it is, and whoever waits for its end hears of it", async () => {
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (...said: unknown[]) => void warned.push(said) };
    const world = createWorld({ log });
    const keys = seedPictures(world.source, 4);
    const message = inlineMessage(keys);
    await world.deliver(message);
    const summary = world.summary(onlyRun(world));
    expect(warned).toEqual([]);
    world.newProcess();
    for (let n = 0; n < 3; n++) expect(await world.deliver(message)).toEqual(acknowledged);
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    expect(world.summary(onlyRun(world))).toEqual(summary);
    expect(world.queue).toEqual([]);
    const { run, state, endedAt } = summary;
    const said = { run, state, endedAt, rows: 4, archived: 4, skipped: 0, failed: 0 };
    expect(warned).toEqual(
      Array.from({ length: 3 }, () => ["A message asks for a run that has ended, and begins nothing anew.", said]),
    );
  });

  test("delivered twice at once fetches each key once", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 4);
    const message = inlineMessage(keys, { run: "r" });
    const [one, other] = await Promise.all([world.deliver(message), world.deliver(message)]);
    expect([one.kind, other.kind]).toContain("acknowledge");
    world.send(message);
    await world.drain();
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 4 });
  });

  test.skipIf(quick)("that died anywhere is continued by its next delivery", async () => {
    const keys = ["photos/00000.jpg", "photos/00001.jpg", "photos/00002.jpg"];
    // The process dies with the nth request to the archive, ledger included: every request after it fails.
    for (let dies = 1; dies < 40; dies++) {
      const world = createWorld();
      seedPictures(world.source, 3);
      let requests = 0;
      const stop = new AbortController();
      const dying: OnRequest = () => (++requests >= dies ? refuse("AccessDenied") : undefined);
      world.archive.onRequest(dying);
      const first = await world.deliver(inlineMessage(keys, { run: "r" }), 900, stop.signal);
      const died = requests >= dies;
      world.archive.onRequest(undefined);
      if (first.kind === "acknowledge" && !died) break;
      await world.clock.advance(60_000);
      world.newProcess();
      world.send(inlineMessage(keys, { run: "r" }));
      await world.drain();
      expect(world.summary("r"), `died at request ${dies}`).toMatchObject({ state: "complete", rows: 3, pending: 0 });
    }
  });

  test("that asks for nothing else under a run's id is refused, and touches nothing", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2);
    await world.deliver(inlineMessage(keys, { run: "r" }));
    const before = world.archive.keys();
    const answer = await world.deliver(inlineMessage([keys[0]], { run: "r" }));
    expect(answer).toMatchObject({ kind: "reject", reason: expect.stringMatching(/"r" exists .* its manifest is/) });
    expect(world.archive.keys()).toEqual(before);
  });

  test("whose time runs out is handed over, and moved on by a reconcile message", async () => {
    const world = createWorld({ concurrency: 1 });
    const keys = seedPictures(world.source, 4);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 20_000 } : undefined));
    expect(await world.deliver(inlineMessage(keys, { run: "r" }), 60)).toEqual(acknowledged);
    expect(world.queue.map(({ message }) => [message.type, message.seq])).toEqual([
      ["shard", 1],
      ["reconcile", undefined],
    ]);
    await world.drain();
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 4 });
  });

  test("with a template that is none is rejected before anything is written", async () => {
    const world = createWorld();
    const answer = await world.deliver(inlineMessage(["a"], { options: { archiveKey: "{nmae}" } }));
    expect(answer).toMatchObject({ kind: "reject", reason: expect.stringContaining("{nmae}") });
    expect(world.archive.keys()).toEqual([]);
  });
});

describe("a larger manifest message", () => {
  test("writes its request, sends a reconcile message, and every key is fetched once", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 10);
    world.source.seed("keys.txt", keys.join("\n"));
    const message = objectMessage("keys.txt", {
      manifest: { bucket: sourcePlace.bucket, region, key: "keys.txt", format: "lines" },
      options: { shardSize: 3 },
    });
    expect(await world.deliver(message)).toEqual(acknowledged);
    const run = onlyRun(world);
    expect(world.archive.keys()).toEqual([`.originals/runs/${run}/request.json`]);
    expect(world.queue.map(({ body }) => parseMessage(body))).toEqual([
      { v: 1, type: "reconcile", ledger: ledgerPlace, run },
    ]);
    // Delivered again before and after the run is planned.
    await world.deliver(message);
    const bodies = await world.drain();
    await world.deliver(message);
    expect(world.summary(run)).toMatchObject({ state: "complete", rows: 10, archived: 10 });
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    const shards = bodies.map((body) => parseMessage(body)).filter((one) => one.type === "shard");
    expect(new Set(shards.map(({ shard }) => shard))).toEqual(new Set([0, 1, 2, 3]));
    for (const body of bodies) expect(body.length).toBeLessThan(400);
  });

  test("with more inline keys than a shard holds is planned from what it brought", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 7);
    await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 2 } }));
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 7 });
  });
});

describe("a listing", () => {
  test("is named by its time and what it lists: tonight's is another run than last night's", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    seedPictures(world.source, 1, "other/");
    await world.deliver({ ...listing, scheduledAt: "2026-01-15T02:00:00+08:00" });
    await world.deliver({ ...listing, scheduledAt: "2026-01-14T18:00:00Z" });
    expect(onlyRun(world)).toMatch(/^listing-20260114T180000Z-[0-9a-f]{8}$/);
    expect(archived(world)).toEqual(keys);
    seedPictures(world.source, 4);
    await world.deliver({ ...listing, scheduledAt: "2026-01-16T02:00:00+08:00" });
    const [first, second] = runsOf(world);
    expect(world.summary(first ?? "")).toMatchObject({
      rows: 3,
      archived: 3,
      manifest: "cos://photos-1250000000/photos/*",
    });
    expect(world.summary(second ?? "")).toMatchObject({ rows: 4, archived: 1, skipped: 3 });
  });

  test("of two sources at one time into one archive makes two runs", async () => {
    const world = createWorld();
    seedPictures(world.source, 2);
    seedPictures(world.source, 2, "other/");
    const scheduledAt = "2026-01-15T02:00:00Z";
    for (const prefix of ["photos/", "other/"]) {
      expect(await world.deliver({ ...listing, prefix, scheduledAt })).toEqual(acknowledged);
    }
    expect(runsOf(world).length).toBe(2);
    expect(archived(world).length).toBe(4);
  });

  test("that finds nothing is complete where that is allowed", async () => {
    const world = createWorld();
    await world.deliver({ ...listing, run: "empty", minRows: 0 });
    expect(world.summary("empty")).toMatchObject({ state: "complete", rows: 0 });
    expect(world.queue).toEqual([]);
  });

  test("lists within the source prefix: more of it, all of it, but nothing beside it", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2, "photos/2024/");
    seedPictures(world.source, 2, "photos/2023/");
    seedPictures(world.source, 2, "else/");
    const source = { ...sourcePlace, prefix: "photos/" };
    await world.deliver({ ...listing, source, prefix: "photos/2024/", run: "narrower" });
    expect(archived(world)).toEqual(keys);
    await world.deliver({ ...listing, source, prefix: "", run: "wider" });
    expect(world.summary("wider")).toMatchObject({ rows: 4, failed: 0 });
    const answer = await world.deliver({ ...listing, source, prefix: "2024/", run: "beside" });
    expect(answer).toMatchObject({ kind: "reject", reason: expect.stringMatching(/"2024\/".*"photos\/"/) });
  });

  test.skipIf(quick)("goes on over a LIST that failed for the moment", async () => {
    const world = createWorld();
    for (let n = 0; n < 1_500; n++) world.source.seed(`photos/${n}`, "x");
    world.source.onRequest(({ type, nth }) =>
      type === "list" && nth % 2 === 1 ? (nth % 4 === 1 ? refuse("SlowDown") : reset) : undefined,
    );
    await world.deliver({ ...listing, run: "r" });
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", rows: 1_500, archived: 1_500 });
  });
});

describe("a manifest object that can't be had", () => {
  const message = objectMessage("keys.txt", {
    manifest: { bucket: sourcePlace.bucket, region, key: "keys.txt", format: "lines" },
  });
  const answers = async (world: World, asked: object = message) => {
    const answer = await world.deliver(asked);
    expect(world.archive.keys()).toEqual([]);
    return answer;
  };

  test("missing, forbidden, frozen, of another bucket and without a format are five sentences, and none writes anything", async () => {
    const reasons: string[] = [];
    const kinds: string[] = [];
    const refusals = async (onRequest: OnRequest | undefined, asked: object = message) => {
      const world = createWorld();
      world.source.onRequest(onRequest);
      const answer = await answers(world, asked);
      if (answer.kind !== "reject" && answer.kind !== "refuse")
        throw new Error(`it was taken: ${JSON.stringify(answer)}`);
      kinds.push(answer.kind);
      expect(answer.reason).toMatch(/^The manifest "cos:\/\/[^\n]*\.$/);
      reasons.push(answer.reason);
    };
    await refusals(undefined);
    await refusals(() => refuse("AccessDenied"));
    await refusals(() => refuse("InvalidObjectState"));
    await refusals(
      undefined,
      objectMessage("keys", { manifest: { bucket: "nowhere-1250000000", region, key: "keys.txt", format: "lines" } }),
    );
    await refusals(undefined, objectMessage("keys.unknown"));
    expect(reasons.map((reason) => /\(([A-Z]\w+)\)/.exec(reason)?.[1])).toEqual([
      "NoSuchKey",
      "AccessDenied",
      "InvalidObjectState",
      "NoSuchBucket",
      undefined,
    ]);
    expect(new Set(reasons).size).toBe(5);
    // Another worker may be allowed to read it.
    expect(kinds).toEqual(["reject", "refuse", "reject", "reject", "reject"]);
  });

  test("replaced between the question and the answer is told apart from missing", async () => {
    const world = createWorld();
    world.source.seed("keys.txt", "a\n");
    world.source.onRequest(({ type, headers }) => {
      if (type !== "get") return undefined;
      const { etag } = world.source.seed("keys.txt", "b\n");
      const match = headers["if-match"] ?? `"${etag}"`;
      return match === `"${etag}"` ? undefined : refuse("PreconditionFailed", { status: 412 });
    });
    expect(await answers(world)).toMatchObject({ kind: "reject", reason: expect.stringContaining("was replaced") });
  });

  test("refused for the moment is asked for again, and given back where that does not help", async () => {
    const world = createWorld();
    world.source.seed("keys.txt", "photos/00000.jpg");
    seedPictures(world.source, 1);
    world.source.onRequest(({ type, nth }) => (type !== "original" && nth < 3 ? refuse("SlowDown") : undefined));
    expect(await world.deliver(message)).toEqual(acknowledged);
    const other = createWorld();
    other.source.onRequest(() => refuse("RequestTimeTooSkewed", { status: 403 }));
    expect(await answers(other)).toMatchObject({ kind: "give-back" });
  });

  test("not as said, empty, or not to be read at all is rejected before anything is written", async () => {
    for (const [body, words] of [
      ["", "holds no rows"],
      ["[1,2", "keys.json"],
      ['{"a":1}\n', "keys.json"],
    ] as const) {
      const world = createWorld();
      world.source.seed("keys.json", body);
      expect(await answers(world, objectMessage("keys.json"))).toMatchObject({
        kind: "reject",
        reason: expect.stringContaining(words),
      });
    }
  });
});

describe("a shard message", () => {
  const prepared = async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 4);
    await world.deliver(inlineMessage(keys, { run: "r", options: { shardSize: 2 } }));
    const reconcile = world.queue[0]?.message ?? {};
    await world.deliver(reconcile);
    const shards = world.queue.map(({ message }) => message).filter(({ type }) => type === "shard");
    return { world, keys, shard: shards[0] ?? { type: "" } };
  };

  test("of another plan is acknowledged unworked", async () => {
    const { world, shard } = await prepared();
    const before = world.archive.keys();
    expect(await world.deliver({ ...shard, plan: "01HZZZZZZZZZZZZZZZZZZZZZZZ" })).toEqual(acknowledged);
    expect(world.archive.keys()).toEqual(before);
  });

  test("of a run or a shard that does not exist is rejected", async () => {
    const { world, shard } = await prepared();
    for (const wrong of [{ run: "nobody" }, { shard: 2 }, { ledger: { ...ledgerPlace, prefix: "elsewhere/" } }]) {
      const answer = await world.deliver({ ...shard, ...wrong });
      expect(answer).toMatchObject({ kind: "reject", reason: expect.stringMatching(/no run\.json|no shard 2/) });
    }
  });

  test("without progress is given back for half a minute or more, and with some is handed over", async () => {
    const { world, keys, shard } = await prepared();
    world.source.onRequest(({ type }) => (type === "original" ? refuse("InternalError") : undefined));
    const stuck = await world.deliver(shard, 6);
    expect(stuck).toMatchObject({ kind: "give-back", reason: expect.stringContaining("2 rows of shard 0") });
    expect(stuck.kind === "give-back" && stuck.delaySeconds).toBeGreaterThanOrEqual(30);
    world.source.onRequest(({ type, key }) =>
      type === "original" && key === keys[1] ? refuse("InternalError") : undefined,
    );
    const before = world.queue.length;
    expect(await world.deliver(shard, 6)).toEqual(acknowledged);
    const handed = world.queue.slice(0, before + 1).find(({ message }) => message.seq === 1);
    expect(handed?.message).toEqual({ ...shard, seq: 1 });
    world.source.onRequest(undefined);
    await world.drain();
    expect(world.summary("r")).toMatchObject({ state: "complete", archived: 4 });
  });

  test("that is late, after a hand-over was taken up, is acknowledged unworked", async () => {
    const { world, shard } = await prepared();
    await world.deliver({ ...shard, seq: 1 }, 900);
    const fetched = world.fetches();
    expect(await world.deliver(shard)).toEqual(acknowledged);
    expect(world.fetches()).toEqual(fetched);
  });

  test("whose ledger is out of reach is given back", async () => {
    const { world, shard } = await prepared();
    world.archive.onRequest(() => refuse("ServiceUnavailable"));
    world.newProcess();
    expect(await world.deliver(shard)).toMatchObject({ kind: "give-back", delaySeconds: 30 });
  });
});

describe("a message that nobody can work", () => {
  test.each(["", "{}", "null", '{"v":1,"type":"shard"}', "[1]"])("%j is rejected with a sentence", async (body) => {
    const world = createWorld();
    expect(await world.deliver(body)).toMatchObject({ kind: "reject", reason: expect.stringMatching(/^The .*\.$/) });
  });

  // Catches: a worker without credentials that has a whole queue moved to the dead letters.
  test.each([
    ["credentials", new UserError("MissingCredentials", "set TENCENTCLOUD_SECRETID in the environment")],
    ["secret id", new UserError("MalformedSecretId", "the secret id has a character that none has")],
    ["settings", new UserError("PlainHttpRefused", "--endpoint is plain http")],
    ["permission", new RefusedError("AccessDenied", "The credentials were refused.")],
  ])("a good message is refused, not rejected, by a worker without the right %s", async (_, error) => {
    const world = createWorld();
    const open = () => {
      throw error;
    };
    const handle = createDeliveryHandler({ ...world.surroundings, open });
    const body = JSON.stringify(inlineMessage(["a"], { run: "r" }));
    const answer = await handle({ body, deadline: Number.POSITIVE_INFINITY }, noQueue);
    expect(answer).toEqual({ kind: "refuse", reason: error.message });
  });

  test("a reconcile message of no run is rejected", async () => {
    const world = createWorld();
    const answer = await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "nobody" });
    expect(answer).toMatchObject({ kind: "reject", reason: expect.stringContaining('no run "nobody"') });
  });
});
