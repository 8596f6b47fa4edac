/** Two places, compared without a run. */
import { describe, expect, test } from "vitest";
import { certificateShape } from "../../../src/report/certificate.ts";
import { compareByHead } from "../../../src/run/check/by-head.ts";
import { compareListings } from "../../../src/run/check/by-listing.ts";
import { certificateOfCheck } from "../../../src/run/check/certificate.ts";
import { agree, type Difference, noCheckCounts, type Pair } from "../../../src/run/check/check.ts";
import { checkStillHolds } from "../../../src/run/check/still-holds.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { archivePlace, createWorld, ledgerPlace, seedPictures, sourcePlace, type World } from "../world.ts";

const places = (more: object = {}) => ({
  source: sourcePlace,
  archive: archivePlace,
  ledger: ledgerPlace,
  before: "",
  leastRows: 1,
  ...more,
});

async function check(world: World, more: object = {}, oneWay = false) {
  const counts = noCheckCounts();
  const differences: Difference[] = [];
  const onDifference = (difference: Difference) => void differences.push(difference);
  const pairs: Pair[] = [];
  const kept = {
    add: async (open: readonly Pair[]) => void pairs.push(...open),
    async *read() {
      yield pairs;
    },
  };
  const of = places(more);
  const listed = await world.done(compareListings(of, world.surroundings, { counts, kept, onDifference }));
  const headsBefore = world.source.count("head");
  await world.done(compareByHead(of, world.surroundings, { counts, kept, onDifference }));
  const endedAt = new Date(world.clock.now()).toISOString();
  const over = { places: of, archiveKey: "{key}", oneWay, counts, listed, endedAt, differences: [] };
  const kinds = Object.fromEntries(differences.map(({ kind, key }) => [key, kind]));
  return { counts, listed, kinds, headsBefore, certificate: certificateShape.parse(certificateOfCheck(over)) };
}

/** An archive that holds what the source does. */
function copied(count: number, before = ""): World {
  const world = createWorld();
  for (const key of seedPictures(world.source, count)) {
    world.archive.seed(before + key, world.source.object(key)?.bytes ?? "");
  }
  return world;
}

describe("a source and its archive", () => {
  test("agree by LISTs alone where both tell MD5s", async () => {
    const world = copied(2_500);
    const { counts, listed, certificate } = await check(world);
    expect(counts).toMatchObject({ same: 2_500, missing: 0, differs: 0, extra: 0, uncompared: 0 });
    expect(counts.proofs).toMatchObject({ "content-md5": 2_500, crc64: 0 });
    expect(listed).toMatchObject({ pairs: 0, source: { objects: 2_500 }, archive: { objects: 2_500 } });
    expect([world.source.count("head"), world.archive.count("head"), world.source.count("get")]).toEqual([0, 0, 0]);
    expect(certificate).toMatchObject({ agreed: true, by: "check", objects: 2_500, same: 2_500 });
    expect(certificate.lists.map(({ of, objects }) => [of, objects])).toEqual([
      ["source", 2_500],
      ["archive", 2_500],
    ]);
  });

  test("do not where one of them lacks an object or has another", async () => {
    const world = copied(6);
    const [gone = "", longer = "", other = ""] = seedPictures(world.source, 6);
    world.archive.removeObject(gone);
    world.archive.seed(longer, "a longer picture");
    world.archive.seed(other, "pictura 2");
    world.archive.seed("photos/extra.jpg", "picture");
    const { counts, kinds, certificate } = await check(world);
    expect(kinds).toEqual({ [gone]: "missing", [longer]: "differs", [other]: "differs", "photos/extra.jpg": "extra" });
    expect(counts).toMatchObject({ same: 3, missing: 1, differs: 2, extra: 1 });
    // The one whose MD5 is another: perhaps it is none.
    expect([world.source.count("head"), world.archive.count("head")]).toEqual([1, 1]);
    expect(certificate.agreed).toBe(false);
  });

  test("agree one way though the archive holds more", async () => {
    const world = copied(2);
    world.archive.seed("photos/deleted.jpg", "picture");
    expect((await check(world)).certificate.agreed).toBe(false);
    expect((await check(world, {}, true)).certificate).toMatchObject({ agreed: true, extra: 1, oneWay: true });
  });

  test("are asked by HEAD, of both, where an ETag is no MD5", async () => {
    const world = copied(3);
    const [parts = "", unknown = "", plain = ""] = seedPictures(world.source, 3);
    const etag = "0cc175b9c0f1b6a831c399e269772661-2";
    world.source.seed(parts, "picture 0", { etag });
    world.source.seed(unknown, "picture 1", { etag, crc64: null });
    const { counts, kinds, listed, headsBefore, certificate } = await check(world);
    expect(listed.pairs).toBe(2);
    // What HEADs cost is known before one is sent.
    expect(headsBefore).toBe(0);
    expect(counts.requests).toMatchObject({ "source.head": 2, "archive.head": 2 });
    expect(counts.proofs).toMatchObject({ "content-md5": 1, crc64: 1 });
    expect(kinds).toEqual({ [unknown]: "uncompared" });
    expect(certificate).toMatchObject({ agreed: false, uncompared: 1, same: 2 });
    expect(world.source.count("head", plain)).toBe(0);
  });

  test("are not called equal where the source refuses a HEAD", async () => {
    const world = copied(2);
    const [covered = ""] = seedPictures(world.source, 2);
    world.source.seed(covered, "picture 0", { etag: "0cc175b9c0f1b6a831c399e269772661-2" });
    world.source.onRequest(({ type }) => (type === "head" ? refuse("AccessDenied", { errNo: -154 }) : undefined));
    const { counts, kinds } = await check(world);
    expect(kinds).toEqual({ [covered]: "uncompared" });
    expect(agree(counts, true)).toBe(false);
  });

  test("are compared though one object goes meanwhile, or is put there", async () => {
    const world = copied(3);
    const [goes = "", lost = "", holds = ""] = seedPictures(world.source, 3);
    for (const key of [goes, lost, holds]) {
      world.source.seed(key, world.source.object(key)?.bytes ?? "", { etag: "0cc175b9c0f1b6a831c399e269772661-2" });
    }
    world.source.onRequest(({ type, key }) => {
      if (type === "head" && key === goes) world.source.removeObject(goes);
      if (type === "head" && key === lost) world.archive.removeObject(lost);
      return undefined;
    });
    const { counts } = await check(world);
    expect(counts).toMatchObject({ gone: 1, same: 1 });
    expect(counts.missing + counts.uncompared + counts.same + counts.gone).toBe(3);
  });

  test("are found below prefixes, ledgers left out", async () => {
    const world = copied(4, "2026/");
    world.archive.seed(".originals/runs/r/request.json", "{}");
    world.archive.seed("2026/.originals/runs/r/request.json", "{}");
    const archive = { ...archivePlace, prefix: "2026/" };
    const ledger = { ...archivePlace, prefix: "2026/.originals/" };
    const { counts } = await check(world, { archive, ledger, before: "2026/" });
    expect(counts).toMatchObject({ same: 4, extra: 0, missing: 0 });
  });

  test("are not compared where the source holds nothing", async () => {
    const world = createWorld();
    world.archive.seed("photos/00000.jpg", "picture 0");
    await expect(check(world)).rejects.toMatchObject({ code: "TooFewRows" });
    expect((await check(world, { leastRows: 0 }, true)).certificate).toMatchObject({ agreed: true, objects: 0 });
  });

  test("are not compared where one may not be listed", async () => {
    const world = copied(1);
    world.archive.onRequest(({ type }) => (type === "list" ? refuse("AccessDenied") : undefined));
    await expect(check(world)).rejects.toMatchObject({ name: "RefusedError", code: "AccessDenied" });
  });
});

describe("a check that agreed", () => {
  const later = async (world: World) => world.done(world.clock.sleep(5_000));
  const holds = (world: World, certificate: Awaited<ReturnType<typeof check>>["certificate"], source = sourcePlace) =>
    world.done(checkStillHolds(certificate, source, world.surroundings));

  async function agreed(world: World, more: object = {}) {
    await later(world);
    const { certificate } = await check(world, more);
    expect(certificate.agreed).toBe(true);
    await later(world);
    return certificate;
  }

  test("holds as long as nothing is written in the source", async () => {
    const world = copied(1_200);
    const certificate = await agreed(world);
    await holds(world, certificate);
    world.source.removeObject(seedPictures(world.source, 1)[0] ?? "");
  });

  test("holds where something was deleted since", async () => {
    const world = copied(3);
    const certificate = await agreed(world);
    world.source.removeObject("photos/00001.jpg");
    await holds(world, certificate);
  });

  test("holds of a source that was written in the very second, and not since", async () => {
    const world = copied(3);
    const { certificate } = await check(world);
    await holds(world, certificate);
    world.source.seed("photos/00000.jpg", "another 0");
    await expect(holds(world, certificate)).rejects.toMatchObject({ code: "CheckOutdated" });
  });

  test("is over once an original is new, or another", async () => {
    const world = copied(3);
    const certificate = await agreed(world);
    world.source.seed("photos/00001.jpg", "another 1");
    await expect(holds(world, certificate)).rejects.toMatchObject({
      code: "CheckOutdated",
      message: expect.stringContaining(
        '"photos/00001.jpg" was written in cos://photos-1250000000 at 2026-01-15T12:00:10',
      ),
    });
  });

  test("is over where more is there than it found, however old that says it is", async () => {
    const world = copied(3);
    const certificate = await agreed(world);
    world.source.seed("photos/parts.jpg", "picture", { lastModified: world.clock.now() - 3_600_000 });
    await expect(holds(world, certificate)).rejects.toMatchObject({ code: "CheckOutdated" });
  });

  test("of a prefix says nothing of images outside it", async () => {
    const world = copied(3);
    world.source.seed("lists/keys.txt", "photos/00000.jpg");
    const part = { source: { ...sourcePlace, prefix: "photos/" } };
    const certificate = await agreed(world, part);
    await holds(world, certificate);
    world.source.seed("other/a.JPG", "picture");
    await expect(holds(world, certificate)).rejects.toMatchObject({
      code: "CheckOutdated",
      message: expect.stringContaining('"other/a.JPG" lies outside'),
    });
  });

  test("is of its own source alone, and none where it did not agree or is none", async () => {
    const world = copied(3);
    const certificate = await agreed(world);
    const other = { ...sourcePlace, bucket: "other-1250000000" };
    await expect(holds(world, certificate, other)).rejects.toMatchObject({ code: "CheckNeeded" });
    await expect(holds(world, { ...certificate, by: "verify" })).rejects.toMatchObject({ code: "CheckNeeded" });
    const disagreed = { ...certificate, agreed: false, missing: 1 };
    await expect(holds(world, disagreed)).rejects.toMatchObject({ code: "CheckDisagreed" });
  });
});
