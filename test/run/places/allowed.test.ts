/** Catches: a message that has a worker read, write or record where its settings do not allow it, by whichever kind of message. */
import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { createDeliveryHandler } from "../../../src/run/deliver/handle-delivery.ts";
import { allowListOf, unboundedRoles } from "../../../src/runtime/settings/allow-list.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  objectMessage,
  seedPictures,
  sourcePlace,
} from "../world.ts";

const settingsOf = (environment: Record<string, string>) =>
  readSettings({ environment: { ORIGINALS_REGION: "ap-guangzhou", ...environment } });
const own = {
  ORIGINALS_SOURCE: "cos://photos-1250000000/2026/",
  ORIGINALS_ARCHIVE: "cos://archive-1250000000/photos/",
};

function worldOf(environment: Record<string, string>) {
  const world = createWorld();
  const allow = allowListOf(settingsOf(environment));
  const handle = createDeliveryHandler({ ...world.surroundings, settings: { concurrency: 8, allow } });
  const sender = { send: async () => undefined };
  const deliver = (message: object) =>
    world.done(handle({ body: JSON.stringify(message), deadline: world.clock.now() + 900_000 }, sender));
  return { world, deliver };
}

const source = { ...sourcePlace, prefix: "2026/" };
const archive = { ...archivePlace, prefix: "photos/" };

describe("a message", () => {
  test("that names what the settings name is worked", async () => {
    const { world, deliver } = worldOf(own);
    const keys = seedPictures(world.source, 2, "2026/05/");
    expect(await deliver(inlineMessage(keys, { source, archive }))).toEqual({ kind: "acknowledge" });
    expect(Object.keys(world.fetches())).toEqual(keys);
  });

  test("names no folder that nobody allowed by name, whatever else it may name", async () => {
    const { deliver } = worldOf({});
    const folder = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" };
    const message = { ...inlineMessage(["2026/a.jpg"], { source, archive: folder as never }), v: 2 };
    expect(await deliver(message)).toMatchObject({
      reason: expect.stringMatching(
        /as its archive, and a folder may only be one that is allowed by name; where it is/,
      ),
    });
  });

  test("may keep what it replaces within its archive, and where the settings say, and nowhere else", async () => {
    const keys = ["2026/a.jpg"];
    const answer = async (history: string, more: Record<string, string> = {}) => {
      const { world, deliver } = worldOf({ ...own, ...more });
      seedPictures(world.source, 1, "2026/");
      return deliver(inlineMessage(keys, { source, archive, options: { history } }));
    };
    expect(await answer("photos/.originals/history/")).toEqual({ kind: "acknowledge" });
    expect(await answer("history/", { ORIGINALS_HISTORY: "history" })).toEqual({ kind: "acknowledge" });
    expect(await answer("history/", { ORIGINALS_ALLOW: "history=cos://archive-*/history/" })).toEqual({
      kind: "acknowledge",
    });
    expect(await answer("history/")).toEqual({
      kind: "reject",
      reason: expect.stringMatching(
        /^The message names cos:.*history\/ as its history, and here it may only be within /,
      ),
    });
  });

  test.each([
    ["source", { source: sourcePlace, archive }],
    ["archive", { source, archive: { ...archive, prefix: "private/" } }],
    ["ledger", { source, archive, ledger: { ...ledgerPlace, bucket: "elsewhere-1250000000" } }],
  ])("that names another %s is rejected, and nothing is asked of it", async (role, more) => {
    const { world, deliver } = worldOf(own);
    expect(await deliver(inlineMessage(["2026/a.jpg"], more))).toEqual({
      kind: "reject",
      reason: expect.stringMatching(
        new RegExp(
          `^The message names cos://.* as its ${role}, and here it may only be within ${role}=cos://.*ORIGINALS_ALLOW\\.$`,
        ),
      ),
    });
    expect([world.source.log, world.archive.log]).toEqual([[], []]);
  });

  test("that names another manifest is rejected where one is said", async () => {
    const { world, deliver } = worldOf({ ...own, ORIGINALS_ALLOW: "manifest=cos://photos-1250000000/lists/" });
    const keys = seedPictures(world.source, 1, "2026/");
    world.source.seed("lists/a.txt", `${keys}\n`);
    world.source.seed("secret/a.txt", "2026/secret\n");
    expect(await deliver(objectMessage("secret/a.txt", { source, archive }))).toMatchObject({
      kind: "reject",
      reason: expect.stringContaining("names cos://photos-1250000000/secret/a.txt as its manifest"),
    });
    expect(await deliver(objectMessage("lists/a.txt", { source, archive }))).toEqual({ kind: "acknowledge" });
  });

  test("of a run that another ledger asks for may not name more either", async () => {
    const { world, deliver } = worldOf({ ...own, ORIGINALS_ALLOW: "ledger=cos://archive-1250000000/" });
    seedPictures(world.source, 3, "private/");
    // Asked for by somebody who may write the ledger.
    const { keys: _, ...message } = inlineMessage([]);
    await world.deliver({ ...message, prefix: "private/", run: "r", options: { shardSize: 1 } });
    await world.deliver({ v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" });
    const shard = world.queue.find((sent) => sent.message.type === "shard")?.message;
    for (const next of [shard, { v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" }]) {
      expect(await deliver(next ?? {})).toMatchObject({
        kind: "reject",
        reason: expect.stringContaining("names cos://photos-1250000000 as its source"),
      });
    }
    expect(world.fetches()).toEqual({});
  });
});

describe("the allow-list of settings", () => {
  test("is what ORIGINALS_ALLOW says of a role, else what the settings name, the ledger below the archive", () => {
    const text = (environment: Record<string, string>) =>
      allowListOf(settingsOf(environment)).map(({ role, bucket, prefix }) => `${role} ${bucket}/${prefix}`);
    expect(text({})).toEqual([]);
    expect(text(own)).toEqual([
      "source photos-1250000000/2026/",
      "archive archive-1250000000/photos/",
      "ledger archive-1250000000/photos/.originals/",
    ]);
    expect(
      text({
        ...own,
        ORIGINALS_ALLOW: "source=cos://a-*/x, y/ source=cos://b-1250000000,manifest=cos://m-1250000000/l/",
      }),
    ).toEqual([
      "source a-*/x, y/",
      "source b-1250000000/",
      "manifest m-1250000000/l/",
      "archive archive-1250000000/photos/",
      "ledger archive-1250000000/photos/.originals/",
    ]);
    expect(text({ ORIGINALS_ALLOW: "archive=cos://archive-*/photos/" })).toEqual([
      "archive archive-*/photos/",
      "ledger archive-*/photos/",
    ]);
  });

  test("says which line to add where neither says anything", () => {
    expect(unboundedRoles(settingsOf({}))).toMatch(
      /^A message may name any place as its source, archive, ledger, manifest; .* ORIGINALS_ALLOW='source=cos:.*,manifest=cos:.*'$/,
    );
    expect(unboundedRoles(settingsOf(own))).toMatch(/^A message may name any place as its manifest; .*'manifest=cos:/);
    expect(unboundedRoles(settingsOf({ ...own, ORIGINALS_ALLOW: "manifest=cos://m-1250000000" }))).toBeUndefined();
  });
});

describe("a folder, which is one machine's", () => {
  const folder = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" };
  const asking = { ...inlineMessage(["2026/a.jpg"], { source, archive: folder }), v: 2 };

  test("is named by a message only where the worker's own settings name it", async () => {
    const { world, deliver } = worldOf({ ORIGINALS_SOURCE: own.ORIGINALS_SOURCE });
    expect(await deliver(asking)).toMatchObject({
      kind: "reject",
      reason: expect.stringContaining("file:///mnt/archive/"),
    });
    expect(world.fetches()).toEqual({});
  });

  test("is allowed by the settings, whole or in part", () => {
    const settings = settingsOf({
      ...own,
      ORIGINALS_ARCHIVE: "file:///mnt/archive",
      ORIGINALS_ALLOW: "source=cos://photos-1250000000/, ledger=file:///mnt/ledger",
    });
    expect(allowListOf(settings)).toEqual([
      { role: "source", bucket: "photos-1250000000", prefix: "" },
      { role: "ledger", store: "file", bucket: "/mnt/ledger", prefix: "" },
      { role: "archive", store: "file", bucket: "/mnt/archive", prefix: "" },
    ]);
  });
});
