/** Catches: a run that archives its own copies, writes over an original, or records itself among the originals. */
import { describe, expect, test } from "vitest";
import { readControl } from "../../../src/ledger/control.ts";
import { createRequest, type RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { checkPlacesApart, placesFault } from "../../../src/run/places/places-apart.ts";
import { writePlan } from "../../../src/run/plan/plan.ts";
import { defaultLedger } from "../../../src/run/surroundings/open-ledger.ts";
import { archivePlace, createWorld, inlineMessage, region, seedPictures, sourcePlace } from "../world.ts";

const bucket = "photos-1250000000";
const at = (prefix: string, name = bucket) => ({ bucket: name, region, prefix });
const elsewhere = at("", "archive-1250000000");

describe("source, archive and ledger", () => {
  test.each([
    ["one place", "", "", undefined, /^The source and the archive are one place, cos:\/\/photos-1250000000, /],
    [
      "an archive below the source",
      "",
      "copies/",
      undefined,
      /^The archive cos:\/\/photos-1250000000\/copies\/ lies within the source cos:\/\/photos-1250000000, /,
    ],
    [
      "one that is no folder",
      "photos",
      "photos-old/",
      undefined,
      /^The archive .*photos-old\/ lies within the source .*\/photos, /,
    ],
    [
      "a source below the archive",
      "photos/2026/",
      "photos/",
      undefined,
      /^The source .*photos\/2026\/ lies within the archive .*\/photos\/, /,
    ],
    [
      "a ledger below the source",
      "photos/",
      undefined,
      "photos/.originals/",
      /^The ledger .*\.originals\/ and the source .* share keys, /,
    ],
    ["a source among a ledger's runs", "runs/old/", undefined, "", /^The ledger .* and the source .* share keys, /],
  ])("that are %s are refused, both named", (_, source, archive, ledger, sentence) => {
    const places = {
      source: at(source),
      archive: archive === undefined ? elsewhere : at(archive),
      ledger: ledger === undefined ? defaultLedger(archive === undefined ? elsewhere : at(archive)) : at(ledger),
    };
    expect(placesFault(places)).toMatch(sentence);
    expect(() => checkPlacesApart(places)).toThrow(expect.objectContaining({ code: "PlacesOverlap" }));
    // Another region or endpoint makes no other bucket of it.
    expect(placesFault({ ...places, source: { ...places.source, region: "ap-beijing" } as never })).toMatch(sentence);
  });

  test.each([
    ["in other buckets", at(""), elsewhere, defaultLedger(elsewhere)],
    ["beside each other", at("photos/"), at("copies/"), defaultLedger(at("copies/"))],
    ["a ledger whose folder holds the source beside its runs", at("photos/"), elsewhere, at("")],
  ])("that are %s are as they should be", (_, source, archive, ledger) => {
    expect(placesFault({ source, archive, ledger })).toBeUndefined();
  });
});

describe("a history", () => {
  const fault = (history: string, archive = at("photos/", elsewhere.bucket), source = at("")) =>
    placesFault({ source, archive, ledger: defaultLedger(archive), options: { history } });

  test.each([
    ["beside the archive", "history/"],
    ["within it, where a ledger's folder is", "photos/.originals/history/"],
  ])("%s is as it should be", (_, history) => {
    expect(fault(history)).toBeUndefined();
  });

  test.each([
    [
      "within the archive",
      "photos/history/",
      /^The history .*photos\/history\/ and the archive .* share keys, .* in cos:.*photos\/\.originals\/history\/\.$/,
    ],
    ["that holds the archive", "photos/", /^The history .* and the archive .* share keys, /],
    ["in the ledger", "photos/.originals/runs/", /^The history .* share keys/],
  ])("%s is refused", (_, history, sentence) => {
    expect(fault(history)).toMatch(sentence);
  });

  test("among the originals is refused", () => {
    expect(fault("photos/old/", at("copies/"), at("photos/"))).toMatch(
      /^The history .* and the source .* share keys, /,
    );
  });

  test("of a folder lies in a folder within it", () => {
    const archive = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" } as const;
    const its = (history: string) =>
      placesFault({ source: at(""), archive, ledger: defaultLedger(archive), options: { history } });
    expect(its(".originals/history/")).toBeUndefined();
    expect(its("history/")).toMatch(/share keys, .* in file:\/\/\/mnt\/archive\/\.originals\/history\/\.$/);
  });
});

describe("a run that brings keys back", () => {
  const archive = at("photos/", elsewhere.bucket);
  const ledger = defaultLedger(archive);
  const fault = (to: { bucket: string; region: string; prefix: string }, history?: string) =>
    placesFault({ source: archive, archive: to, ledger, options: { fromArchive: { history } } });

  test("may have its ledger in the archive, which is its source", () => {
    expect(fault(at(""))).toBeUndefined();
    expect(fault(at("back/", elsewhere.bucket), "history/")).toBeUndefined();
  });

  test("writes neither into the archive, nor its history, nor its ledger", () => {
    expect(fault(at("photos/back/", elsewhere.bucket))).toMatch(/lies within the source/);
    expect(fault(at("history/", elsewhere.bucket), "history/")).toMatch(
      /^The history .* and the destination .* share keys/,
    );
    const elsewhereLedger = { ...at("ledgers/", elsewhere.bucket) };
    const places = { source: archive, archive: at("", elsewhere.bucket), ledger: elsewhereLedger };
    expect(placesFault({ ...places, options: { fromArchive: {} } })).toMatch(/lies within the archive/);
  });
});

describe("a message whose places share keys", () => {
  test("is rejected, and nothing is written", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2);
    const before = world.source.keys();
    const message = inlineMessage(keys, { archive: { ...sourcePlace, prefix: "copies/" } });
    expect(await world.deliver(message)).toEqual({
      kind: "reject",
      reason: expect.stringMatching(/^The archive cos:\/\/photos-1250000000\/copies\/ lies within the source /),
    });
    expect(world.source.keys()).toEqual(before);
    expect(world.fetches()).toEqual({});
  });

  test("of a run that an older version began halts it, before a row is fetched", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2);
    const ledger = { ...archivePlace, prefix: ".originals/" };
    const request: RunRequest = {
      schema: "cos-originals/request@1",
      run: "r",
      source: sourcePlace,
      archive: { ...sourcePlace, prefix: "copies/" },
      rows: { kind: "inline", digest: "d", keys },
      options: runOptionsSchema.parse({}),
      askedAt: "2026-01-15T12:00:00.000Z",
      tool: "cos-originals 0",
    };
    const store = world.ledger("r");
    const { clock, random } = world.surroundings;
    await world.done(createRequest(store, request));
    async function* rows() {
      yield keys.map((key, n) => ({ kind: "row", row: { key }, at: { line: n + 1 } }) as const);
    }
    const run = await world.done(writePlan(rows(), request, { ledger: store, place: ledger, clock, random }));
    const shard = { v: 1, type: "shard", ledger, run: "r", plan: run.plan, shard: 0, seq: 0 };
    expect(await world.deliver(shard)).toEqual({ kind: "acknowledge" });
    expect(await world.done(readControl(store))).toMatchObject({ kind: "halt" });
    world.send({ v: 1, type: "reconcile", ledger, run: "r" });
    await world.drain();
    expect(world.summary("r")).toMatchObject({
      state: "halted",
      reason: expect.stringContaining("lies within the source"),
    });
    expect(world.fetches()).toEqual({});
    expect(world.source.keys()).toEqual(keys);
  });
});
