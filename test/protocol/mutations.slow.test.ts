/** What the search is worth: the real code with one thing broken at a time, and each must be found. */
import { afterEach, expect, it, vi } from "vitest";
import { replay, search } from "./search.ts";
import { type Bounds, nothingWrong, storyOf } from "./story.ts";
import "../setup/long.ts";

const broken = vi.hoisted(() => ({ thing: "" }));
afterEach(() => {
  broken.thing = "";
});

vi.mock("../../src/ledger/shard/segment-writer.ts", async (original) => {
  const real = await original<typeof import("../../src/ledger/shard/segment-writer.ts")>();
  const createSegmentWriter: typeof real.createSegmentWriter = (options) => {
    const writer = real.createSegmentWriter(options);
    const close = async () => {
      writer.close().catch(() => undefined);
    };
    return broken.thing === "flush" ? { ...writer, close } : writer;
  };
  return { ...real, createSegmentWriter };
});

vi.mock("../../src/archive/shard/open-shard.ts", async (original) => {
  const real = await original<typeof import("../../src/archive/shard/open-shard.ts")>();
  const openShard: typeof real.openShard = async (options) => {
    const { ledger } = options;
    const listPage: typeof ledger.listPage = async (prefix, after) => {
      const page = await ledger.listPage(prefix, after);
      return prefix.startsWith("done/") ? { ...page, objects: [] } : page;
    };
    if (broken.thing !== "done marker" && broken.thing !== "past") return real.openShard(options);
    const opening = await real.openShard({ ...options, ledger: { ...ledger, listPage } });
    return opening.kind === "open" && broken.thing === "past" ? { ...opening, past: new Map() } : opening;
  };
  return { ...real, openShard };
});

vi.mock("../../src/archive/shard/refusals.ts", async (original) => {
  const real = await original<typeof import("../../src/archive/shard/refusals.ts")>();
  const createRefusals: typeof real.createRefusals = (options) => {
    const refusals = real.createRefusals(options);
    return broken.thing === "refused" ? { ...refusals, rest: () => refusals.rest(true) } : refusals;
  };
  return { ...real, createRefusals };
});

vi.mock("../../src/ledger/shard/attempts.ts", async (original) => {
  const real = await original<typeof import("../../src/ledger/shard/attempts.ts")>();
  const claimOf: typeof real.claimOf = (...of) => {
    const claim = real.claimOf(...of);
    if (claim.kind !== "contested") return claim;
    return broken.thing === "yield" ? { ...claim, kind: "taken" } : broken.thing === "wait" ? { kind: "free" } : claim;
  };
  return { ...real, claimOf };
});

vi.mock("../../src/run/deliver/work-shard.ts", async (original) => {
  const real = await original<typeof import("../../src/run/deliver/work-shard.ts")>();
  const workShard: typeof real.workShard = (message, delivery, sender, worker) =>
    real.workShard(message, delivery, broken.thing === "hand-over" ? { send: async () => undefined } : sender, worker);
  return { ...real, workShard };
});

vi.mock("../../src/ledger/group.ts", async (original) => {
  const real = await original<typeof import("../../src/ledger/group.ts")>();
  const shardsIn: typeof real.shardsIn = (run, group) =>
    broken.thing === "group" ? Math.min(1, real.shardsIn(run, group)) : real.shardsIn(run, group);
  return { ...real, shardsIn };
});

vi.mock("../../src/ledger/shard/done-marker.ts", async (original) => {
  const real = await original<typeof import("../../src/ledger/shard/done-marker.ts")>();
  async function* doneMarkers(...of: Parameters<typeof real.doneMarkers>) {
    if (broken.thing !== "reconcile") yield* real.doneMarkers(...of);
  }
  return { ...real, doneMarkers };
});

vi.mock("../../src/ledger/shard/restoring-marker.ts", async (original) => {
  const real = await original<typeof import("../../src/ledger/shard/restoring-marker.ts")>();
  const writeRestoringMarker: typeof real.writeRestoringMarker = async (...of) => {
    if (broken.thing !== "sleep") await real.writeRestoringMarker(...of);
  };
  return { ...real, writeRestoringMarker };
});

vi.mock("../../src/run/reconcile/restores.ts", async (original) => {
  const real = await original<typeof import("../../src/run/reconcile/restores.ts")>();
  const awaitedRestores: typeof real.awaitedRestores = async (...of) => {
    const awaited = await real.awaitedRestores(...of);
    return broken.thing === "wake" ? { ...awaited, due: [], told: undefined } : awaited;
  };
  return { ...real, awaitedRestores };
});

vi.mock("../../src/cos/exchange/restored.ts", async (original) => {
  const real = await original<typeof import("../../src/cos/exchange/restored.ts")>();
  const readable: typeof real.readable = (...of) => {
    const state = real.readable(...of);
    if (broken.thing === "thawed" && state === "being-restored") return "yes";
    return broken.thing === "look" && state === "unasked" ? "yes" : state;
  };
  return { ...real, readable };
});

const crash: Bounds = { ...nothingWrong, crashes: 1 };
const duplicate: Bounds = { ...nothingWrong, duplicates: 1 };
const oneShard = "one shard, reconciled in time";
const onTrial = "two shards of one row, on trial";
const restored = "one shard, of which one row is restored";
const byTheLedger = "one shard, row by row, by the ledger alone";

it.each([
  ["a done marker before the outcomes are durable", "flush", oneShard, nothingWrong, /^I6: shard 0 is marked as done/],
  ["rows that are over are worked once more", "past", byTheLedger, duplicate, /^I5/],
  ["of two attempts both yield", "yield", oneShard, duplicate, /yielded too/],
  ["an opener that does not wait for a larger one", "wait", byTheLedger, duplicate, /^I5/],
  ["a row refused on trial that begins anew each time", "refused", onTrial, nothingWrong, /^I5/],
  ["a hand-over that is not sent", "hand-over", "one shard, handed over", nothingWrong, /^I6: shard 0\.0#0 is ack/],
  ["a group that is over with its first shard", "group", "two shards of one row", nothingWrong, /^I3/],
  ["a reconcile that sees no done marker", "reconcile", oneShard, nothingWrong, /^I9/],
  ["a shard that sleeps without a marker", "sleep", restored, nothingWrong, /^I6: .* nor does it sleep$/],
  ["a reconcile that wakes nobody", "wake", restored, nothingWrong, /^I9/],
  [
    "a fetch of what is still being restored",
    "thawed",
    restored,
    nothingWrong,
    /^b.png is fetched, and is being restored/,
  ],
  [
    "a fetch of what the row says is archived, without a look",
    "look",
    restored,
    nothingWrong,
    /^b.png is fetched, and is archived/,
  ],
])("finds %s", async (_, thing, name, bounds, violation) => {
  const story = storyOf(name);
  expect(await search(story, nothingWrong)).toHaveProperty("found", undefined);
  broken.thing = thing;
  const { found } = await search(story, bounds, { order: "breadth" });
  expect(found?.violation).toMatch(violation);
  // And the path that it prints leads there again.
  expect((await replay(story, bounds, found?.choices ?? [])).at(-1)).toBe(found?.violation);
});

it("an attempt that sees no done marker finds all over in the outcomes: that marker only saves reading them", async () => {
  broken.thing = "done marker";
  for (const bounds of [crash, duplicate]) {
    expect(await search(storyOf(byTheLedger), bounds)).toHaveProperty("found", undefined);
  }
});
