/** Catches: an archived original that is replaced, and of which no copy stands (I13). */
import { describe, expect, test } from "vitest";
import type { RunOptions } from "../../../src/ledger/plan/run-options.ts";
import { loseAnswer, refuse, type SeenRequest } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, bytesOf, expectArchived, key, lab, large, rowOf, small } from "./lab.ts";

const before = bytesOf(900, 7);
const newer = bytesOf(800, 8);

function withHistory(options: Partial<RunOptions> = {}) {
  const its = lab({ history: "history/", ...options });
  its.source.seed(key, small);
  const kept = () => its.archive.keys().filter((name) => name.startsWith("history/"));
  return { ...its, kept };
}

const nameOf = (bytes: Buffer, at: number) =>
  `history/${archiveKey}~${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}~${digestsOf(bytes).crc64}`;

describe("what a run would replace", () => {
  test.each([
    ["a small original", small],
    ["a large one", large],
  ])("is copied first: by %s", async (_, bytes) => {
    const { archive, source, outcome, kept, clock } = withHistory();
    source.seed(key, bytes);
    archive.seed(archiveKey, before, { headers: { "x-cos-meta-mood": "blue", "content-type": "image/jpeg" } });
    const at = clock.now();
    const order: string[] = [];
    archive.onRequest(({ type }) => void order.push(type));
    expect(await outcome(rowOf(bytes))).toMatchObject({ outcome: "archived" });
    expect(order).toEqual(["head", "copy", "put"]);
    expectArchived(archive, bytes);
    expect(kept()).toEqual([nameOf(before, at)]);
    expectArchived(archive, before, nameOf(before, at));
    expect(archive.object(nameOf(before, at))?.headers).toMatchObject({ "x-cos-meta-mood": "blue" });
  });

  test("is copied before anything is paid for", async () => {
    const { archive, source, outcome } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type }) => (type === "copy" ? refuse("AccessDenied") : undefined));
    expect(await outcome()).toMatchObject({ outcome: "failed", code: "HistoryImpossible" });
    expect(source.count("original")).toBe(0);
    expect(archive.count("put")).toBe(0);
    expectArchived(archive, before);
  });

  test("is not copied where it is this original already, nor where nothing is there", async () => {
    const there = withHistory();
    there.archive.seed(archiveKey, small);
    expect(await there.outcome(rowOf(small))).toMatchObject({ outcome: "skipped", code: "AlreadyArchived" });
    const none = withHistory();
    expect(await none.outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect([there.kept(), none.kept()]).toEqual([[], []]);
  });

  test("is asked for, and copied, under --if-exists overwrite too", async () => {
    const { archive, outcome, kept } = withHistory({ ifExists: "overwrite" });
    archive.seed(archiveKey, before);
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(archive.count("head")).toBe(1);
    expect(kept()).toHaveLength(1);
  });

  test("by an original without bytes is copied as well", async () => {
    const { archive, source, outcome, kept } = withHistory();
    source.seed(key, Buffer.alloc(0));
    archive.seed(archiveKey, before);
    expect(await outcome(rowOf(Buffer.alloc(0)))).toMatchObject({ outcome: "archived" });
    expect(kept()).toHaveLength(1);
    expect(archive.object(archiveKey)?.bytes).toHaveLength(0);
  });
});

describe("where the archive changes meanwhile", () => {
  test("between HEAD and copy: it is looked at again, and what is there then is copied (412)", async () => {
    const { archive, outcome, kept } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type, nth }) => {
      if (type === "copy" && nth === 1) archive.seed(archiveKey, newer);
      return undefined;
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(kept()).toHaveLength(1);
    expectArchived(archive, newer, kept()[0]);
    expectArchived(archive, small);
  });

  test("and is gone: nothing is copied", async () => {
    const { archive, outcome, kept } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type }) => {
      if (type === "copy") archive.removeObject(archiveKey);
      return undefined;
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(kept()).toEqual([]);
  });

  test("where only a LIST says that nothing is there, what is there all the same is copied (409)", async () => {
    const { archive, outcome, kept } = withHistory();
    archive.seed(archiveKey, before);
    const puts: SeenRequest[] = [];
    archive.onRequest((request) => {
      if (request.type === "put") puts.push(request);
      return undefined;
    });
    expect(await outcome(rowOf(small), { listed: "none" })).toMatchObject({ outcome: "archived" });
    expect(puts.map(({ forbidOverwrite }) => forbidOverwrite)).toEqual([true, false]);
    expect(kept()).toHaveLength(1);
    expectArchived(archive, small);
  });

  test("and a LIST says that something else is there: a HEAD tells what, for the copy's name", async () => {
    const { archive, outcome, kept, clock } = withHistory();
    archive.seed(archiveKey, before);
    const listed = { key: archiveKey, size: before.length, etag: digestsOf(before).etag, lastModified: clock.now() };
    const at = clock.now();
    expect(await outcome(rowOf(small), { listed })).toMatchObject({ outcome: "archived" });
    expect(kept()).toEqual([nameOf(before, at)]);
  });
});

describe("a copy", () => {
  test("that fails for the moment is tried again, also where its answer was lost", async () => {
    const { archive, outcome, kept } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type, nth }) =>
      type !== "copy" ? undefined : nth === 1 ? refuse("InternalError") : nth === 2 ? loseAnswer : undefined,
    );
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(kept()).toHaveLength(1);
  });

  test("is made once, however often the put fails", async () => {
    const { archive, outcome, requests } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type, nth }) => (type === "put" && nth < 4 ? refuse("InternalError") : undefined));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
    expect(requests["archive.copy"]).toBe(1);
  });

  test.each([
    ["in an archive class", { "x-cos-storage-class": "ARCHIVE" }, "ARCHIVE"],
    ["of which the service refuses a copy", {}, "AccessDenied"],
  ])("can't be made of what is %s: the row fails, and says why", async (_, headers, why) => {
    const { archive, outcome } = withHistory();
    archive.seed(archiveKey, before, { headers });
    archive.onRequest(({ type }) => (type === "copy" ? refuse("AccessDenied") : undefined));
    const { code, message } = await outcome(rowOf(small));
    expect(code).toBe("HistoryImpossible");
    expect(message).toContain(why);
    expectArchived(archive, before);
  });

  test("that holds other bytes than it should is none", async () => {
    const { archive, outcome } = withHistory();
    archive.seed(archiveKey, before);
    archive.onRequest(({ type }) =>
      type === "copy" ? { kind: "spoil", headers: { "x-cos-hash-crc64ecma": "1" } } : undefined,
    );
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "failed", code: "HistoryImpossible" });
    expectArchived(archive, before);
  });
});
