import { describe, expect, test } from "vitest";
import { provenanceRun } from "../../../src/archive/task/archive-headers.ts";
import { type Difference, verifyRun } from "../../../src/run/inspect/verify.ts";
import { certificateOfVerify } from "../../../src/run/inspect/verify-certificate.ts";
import type { VerifyScope } from "../../../src/run/inspect/verify-scope.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { listsLate } from "../lists-late.ts";
import { createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

async function verify(world: World, deep = false, scope?: VerifyScope) {
  const differences: Difference[] = [];
  world.archive.forgetLog();
  const verified = await world.done(
    verifyRun(ledgerPlace, "r", world.surroundings, {
      deep,
      scope,
      onDifference: (difference) => void differences.push(difference),
    }),
  );
  return { verified, differences };
}
async function ended(keys: (world: World) => readonly string[], options: object = {}): Promise<World> {
  const world = createWorld();
  await world.deliver(inlineMessage(keys(world), { run: "r", options }));
  await world.drain();
  return world;
}

describe("verifying a run", () => {
  test("asks for each archived object once, and for nothing else of the archive", async () => {
    const world = await ended((w) => [...seedPictures(w.source, 25), "missing.jpg"], { shardSize: 10 });
    const { verified, differences } = await verify(world);
    expect(verified).toMatchObject({ checked: 25, same: 25, unarchived: 1, rows: 26, state: "complete", sizeOnly: 0 });
    expect(differences).toEqual([]);
    expect(world.archive.count("head")).toBe(25);
    expect(world.archive.count("put")).toBe(0);
  });

  test("tells what is missing or altered, by the key that the source had", async () => {
    const world = await ended((w) => seedPictures(w.source, 5));
    const [gone = "", longer = "", other = ""] = seedPictures(world.source, 5);
    world.archive.removeObject(gone);
    world.archive.seed(longer, "a longer picture 1");
    world.archive.seed(other, "picture X");
    const { verified, differences } = await verify(world);
    expect(verified).toMatchObject({ checked: 5, same: 2, differences: { missing: 1, size: 1, checksum: 1 } });
    expect(new Map(differences.map(({ kind, outcome }) => [outcome.key, kind]))).toEqual(
      new Map([
        [gone, "missing"],
        [longer, "size"],
        [other, "checksum"],
      ]),
    );
  });

  test("reads no faster than --bwlimit says, where bytes are read at all", async () => {
    const world = await ended((w) => seedPictures(w.source, 5));
    const secondsOf = async (deep: boolean) => {
      const begun = world.clock.elapsed();
      const { verified } = await verify({ ...world, surroundings: slow }, deep);
      expect(verified).toMatchObject({ checked: 5, same: 5 });
      return [(world.clock.elapsed() - begun) / 1000, verified.bytesRead] as const;
    };
    const { settings } = world.surroundings;
    const slow = { ...world.surroundings, settings: { ...settings, bandwidth: 2 } };
    const [byHead] = await secondsOf(false);
    const [deep, bytes] = await secondsOf(true);
    expect(byHead).toBeLessThan(1);
    expect(Math.abs(deep - bytes / 2)).toBeLessThan(2);
  });

  // What it would catch: one file where a folder should be ended the whole verification, with nothing said of all the others.
  test("takes what can't be where something else lies for missing, and looks at the others", async () => {
    for (const deep of [false, true]) {
      const world = await ended((w) => seedPictures(w.source, 5));
      const [gone = ""] = seedPictures(world.source, 5);
      world.archive.onRequest(({ type, key }) =>
        key === gone && (type === "head" || type === "get") ? refuse("FolderObstructed") : undefined,
      );
      const { verified, differences } = await verify(world, deep);
      expect(verified).toMatchObject({ checked: 5, same: 4, differences: { missing: 1 } });
      expect(differences).toMatchObject([{ kind: "missing", message: expect.stringMatching(/FolderObstructed/) }]);
    }
  });

  test("takes what a later run archived in an object's place for what should be there, and nothing else", async () => {
    const world = await ended((w) => seedPictures(w.source, 6), { ifExists: "overwrite" });
    const [changed = "", damaged = "", foreign = "", unknown = "", earlier = "", gone = ""] = seedPictures(
      world.source,
      6,
    );
    await world.done(world.clock.sleep(1_000));
    for (const key of [changed, damaged, gone]) world.source.seed(key, `another picture ${key}`);
    await world.deliver(inlineMessage([changed, damaged, gone], { run: "r2", options: { ifExists: "overwrite" } }));
    await world.drain();
    const { headers = {} } = world.archive.object(changed) ?? {};
    // Its provenance says r2's, its bytes do not.
    world.archive.seed(damaged, "another picture, damage", { headers });
    world.archive.seed(foreign, "picture X");
    world.archive.seed(unknown, `another picture ${changed}`, { headers: { ...headers, [provenanceRun]: "r3" } });
    world.archive.seed(earlier, `another picture ${changed}`, { headers: { ...headers, [provenanceRun]: "r" } });
    world.archive.removeObject(gone);
    const { verified, differences } = await verify(world);
    expect(verified).toMatchObject({ checked: 6, same: 0, replaced: 1 });
    expect(differences.map(({ outcome }) => outcome.key).sort()).toEqual(
      [damaged, foreign, unknown, earlier, gone].sort(),
    );
  });

  test("looks after what was found in the archive as well, but not after what was only kept", async () => {
    const found = await ended((w) => {
      const keys = seedPictures(w.source, 2);
      w.archive.seed(keys[0] ?? "", "picture 0");
      return keys;
    });
    expect((await verify(found)).verified).toMatchObject({ checked: 2, unarchived: 0 });
    const kept = await ended(
      (w) => {
        const keys = seedPictures(w.source, 2);
        w.archive.seed(keys[0] ?? "", "something else");
        return keys;
      },
      { ifExists: "keep" },
    );
    expect((await verify(kept)).verified).toMatchObject({ checked: 1, unarchived: 1 });
  });

  test("rides out what fails for the moment, and ends where the archive refuses", async () => {
    const world = await ended((w) => seedPictures(w.source, 3));
    let failures = 2;
    world.archive.onRequest(({ type }) => (type === "head" && failures-- > 0 ? refuse("InternalError") : undefined));
    expect((await verify(world)).verified).toMatchObject({ checked: 3, same: 3 });
    world.archive.onRequest(({ type }) => (type === "head" ? refuse("AccessDenied") : undefined));
    await expect(verify(world)).rejects.toMatchObject({ code: "AccessDenied" });
  });

  test("does not take a ledger that lost outcomes for one that had none", async () => {
    const world = await ended((w) => seedPictures(w.source, 3));
    for (const key of world.archive.keys()) if (/outcomes\/.*jsonl/.test(key)) world.archive.removeObject(key);
    await expect(verify(world)).rejects.toMatchObject({ code: "LedgerIncomplete" });
  });

  // Catches: a LIST that came too early, believed. What it lacked was not looked at, and the archive was as the ledger says.
  test("looks at what is listed late, and says how many rows it could not look at where they are gone", async () => {
    const world = await ended((w) => seedPictures(w.source, 6), { shardSize: 2 });
    const [, , gone = ""] = seedPictures(world.source, 6);
    world.archive.removeObject(gone);
    // A run that goes on: nothing but the markers of its shards tells how many rows there are.
    for (const key of world.archive.keys()) if (/\/(report|groups)\//.test(key)) world.archive.removeObject(key);
    listsLate(world, 30_000, [0, ""], [1, ".gz"]);
    expect((await verify(world)).verified).toMatchObject({ checked: 6, same: 5, differences: { missing: 1 } });
    listsLate(world, 3_600_000, [0, ""]);
    await expect(verify(world)).rejects.toMatchObject({
      code: "LedgerIncomplete",
      message: expect.stringMatching(
        /of 2 rows that are over no outcome is listed .*\(of 4 objects that were, 1 is not .*try again/,
      ),
    });
  });

  test("reads every archived object anew where that is asked, and asks by no HEAD", async () => {
    const world = await ended((w) => [...seedPictures(w.source, 5), "missing.jpg"]);
    const { verified, differences } = await verify(world, true);
    expect(verified).toMatchObject({ checked: 5, same: 5, bytesRead: 45, unread: 0, proofs: { crc64: 5, size: 0 } });
    expect(differences).toEqual([]);
    expect([world.archive.count("head"), world.archive.count("put")]).toEqual([0, 0]);
  });

  test("finds bytes that no HEAD tells of when it reads them, and what is missing or another's", async () => {
    const world = await ended((w) => seedPictures(w.source, 5));
    const [rotten = "", gone = "", cold = "", changed = ""] = seedPictures(world.source, 5);
    const { etag = "", crc64 = "", headers = {} } = world.archive.object(rotten) ?? {};
    // The store's own records are those of the bytes that it was given.
    world.archive.seed(rotten, "pictura 0", { headers, etag, crc64 });
    const byHead = await verify(world);
    expect(byHead.verified).toMatchObject({ checked: 5, same: 5 });
    world.archive.removeObject(gone);
    world.archive.seed(cold, "picture 2", { headers: { "x-cos-storage-class": "ARCHIVE" } });
    await world.done(world.clock.sleep(1_000));
    world.source.seed(changed, "another picture");
    await world.deliver(inlineMessage([changed], { run: "r2", options: { ifExists: "overwrite" } }));
    await world.drain();
    const { verified, differences } = await verify(world, true);
    expect(verified).toMatchObject({
      checked: 5,
      same: 1,
      replaced: 1,
      unread: 1,
      differences: { missing: 1, size: 0, checksum: 1 },
    });
    expect(new Map(differences.map(({ kind, outcome }) => [outcome.key, kind]))).toEqual(
      new Map([
        [rotten, "checksum"],
        [gone, "missing"],
        [cold, "unread"],
      ]),
    );
    const certificate = certificateOfVerify({
      run: "r",
      ledger: ledgerPlace,
      verified,
      beganAt: "2026-01-15T12:00:00.000Z",
      endedAt: "2026-01-15T12:00:01.000Z",
      differences: [],
    });
    expect(certificate).toMatchObject({ agreed: false, missing: 1, differs: 1, uncompared: 1, replaced: 1, same: 1 });
  });

  test("gives one digest to one ledger, whichever way it is verified", async () => {
    const world = await ended((w) => seedPictures(w.source, 25), { shardSize: 10 });
    const [byHead, deep] = [(await verify(world)).verified, (await verify(world, true)).verified];
    expect(byHead.list).toMatchObject({ objects: 25, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(deep.list).toEqual(byHead.list);
    const other = await ended((w) => seedPictures(w.source, 24), { shardSize: 10 });
    expect((await verify(other)).verified.list.sha256).not.toBe(byHead.list.sha256);
  });

  test("of a part of it asks for that part alone, and says of how many it says nothing, in the certificate too", async () => {
    const world = await ended((w) => [...seedPictures(w.source, 12), "missing.jpg"], { shardSize: 5 });
    const [first = "", second = "", third = ""] = seedPictures(world.source, 12);
    world.archive.removeObject(first);
    world.archive.seed("lists/done.txt", `${second}\n${first}\n`);
    const object = { bucket: world.archive.name, region: "ap-guangzhou", key: "lists/done.txt" };
    const etag = world.archive.object(object.key)?.etag ?? "";
    const scope: VerifyScope = {
      filter: [`- ${third}`],
      // "picture 10" and "picture 11" are longer than the others.
      maxSize: "picture 1".length,
      except: { source: { kind: "object", ...object, etag, format: "lines" }, rows: undefined },
    };
    const { verified, differences } = await verify(world, false, scope);
    expect(differences).toEqual([]);
    expect(verified).toMatchObject({ checked: 7, same: 7, leftOut: { filter: 1, except: 2, size: 2 }, unarchived: 1 });
    expect(world.archive.count("head")).toBe(7);
    expect(verified.list.objects).toBe(7);
    const over = { run: "r", ledger: ledgerPlace, verified, scope, beganAt: "", endedAt: "", differences: [] };
    expect(certificateOfVerify(over)).toMatchObject({
      agreed: true,
      objects: 7,
      scope: { filter: [`- ${third}`], maxSize: 9, except: "cos://archive-1250000000/lists/done.txt", leftOut: 5 },
    });
    expect((await verify(world)).verified).toMatchObject({ leftOut: undefined, differences: { missing: 1 } });
    await expect(verify(world, false, { filter: ["- **"] })).rejects.toMatchObject({ code: "NothingInScope" });
  });
});
