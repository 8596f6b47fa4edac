/** The source was replaced after the manifest was made: told apart from wrong bytes, and nobody pays twice for it. */
import { describe, expect, test } from "vitest";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { bytesOf, expectArchived, key, lab, large, rowOf, small } from "./lab.ts";

const rows: readonly [string, (bytes: Buffer) => PlannedRow][] = [
  ["a row that tells all", rowOf],
  ["a row that tells size and MD5", (bytes) => ({ key, size: bytes.length, etag: digestsOf(bytes).etag })],
  ["a row that tells a CRC64", (bytes) => ({ key, size: bytes.length, crc64: digestsOf(bytes).crc64 })],
  ["a row that tells the size", (bytes) => ({ key, size: bytes.length })],
];
const olds = [
  ["of another size", (now: Buffer) => bytesOf(now.length - 5, 9)],
  ["of the same size", (now: Buffer) => bytesOf(now.length, 9)],
] as const;

describe.each([
  ["held whole", small],
  ["streamed", large],
])("a source that changed since the manifest, %s", (_, now) => {
  test.each(rows)("%s: archived as it is now, for one GET", async (says, row) => {
    for (const [size, older] of olds) {
      if (says.endsWith("the size") && size === "of the same size") continue;
      const { source, archive, outcome, asked } = lab();
      source.seed(key, now);
      const ended = await outcome(row(older(now)));
      expect(ended).toMatchObject({
        outcome: "archived",
        code: "Changed",
        expectedFrom: "head",
        expectedSize: now.length,
        expectedEtag: digestsOf(now).etag,
      });
      expect(asked()).toEqual([1, 1, 1, 1]);
      expectArchived(archive, now);
    }
  });

  test("is fetched once where the GET tells nothing and the body is held, else twice", async () => {
    for (const [, older] of olds) {
      const { source, archive, outcome } = lab({ ifExists: "overwrite" });
      Object.assign(source.switches.originalBrings, { etag: false, crc64: false, contentLength: false });
      source.seed(key, now);
      expect(await outcome(rowOf(older(now)))).toMatchObject({ outcome: "archived", code: "Changed" });
      expect(source.count("original")).toBe(now === small ? 1 : 2);
      expectArchived(archive, now);
    }
  });

  test.each(rows)("%s: with --if-changed fail it is SourceChanged and nothing is put", async (says, row) => {
    for (const expectation of ["auto", "get"] as const) {
      for (const [size, older] of olds) {
        if (says.endsWith("the size") && size === "of the same size") continue;
        const { source, archive, outcome } = lab({ ifChanged: "fail", expect: expectation });
        source.seed(key, now);
        expect(await outcome(row(older(now)))).toMatchObject({ outcome: "failed", code: "SourceChanged" });
        expect(source.count("original")).toBe(1);
        expect(archive.keys()).toEqual([]);
      }
    }
  });
});

test("a source that changes while it is fetched is archived as it came to rest", async () => {
  for (const size of [1000, large.length]) {
    const { source, archive, outcome } = lab();
    source.seed(key, bytesOf(size, 1));
    source.onRequest((request) => {
      // Between the first GET and what is asked next.
      if (request.type === "head" && request.nth === 1) source.seed(key, bytesOf(size, 2));
      return undefined;
    });
    expect(await outcome({ key })).toMatchObject({ outcome: "archived" });
    expectArchived(archive, bytesOf(size, 2));
  }
});

test("a source that keeps changing is given up as SourceChanged after a few fetches, and nothing is stored", async () => {
  for (const size of [1000, large.length]) {
    const { source, archive, outcome } = lab();
    let version = 0;
    source.onRequest((request) => {
      if (request.type === "original" || request.type === "head") source.seed(key, bytesOf(size + ++version, version));
      return undefined;
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "failed", code: "SourceChanged" });
    expect(source.count("original")).toBeLessThanOrEqual(6);
    expect(archive.keys()).toEqual([]);
  }
});

test("a source that vanished is NoSuchKey, whether the GET or the HEAD finds out", async () => {
  const gone = lab();
  expect(await gone.outcome(rowOf(small))).toMatchObject({ outcome: "failed", code: "NoSuchKey", status: 404 });
  const between = lab();
  between.source.seed(key, small);
  between.source.onRequest((request) => {
    if (request.type === "head") between.source.removeObject(key);
    return undefined;
  });
  expect(await between.outcome({ key })).toMatchObject({ outcome: "failed", code: "NoSuchKey" });
});

test("a version is asked for by its id, in GET and HEAD, and is another source than the newest", async () => {
  const { source, archive, outcome } = lab();
  source.switches.versioning = true;
  const { versionId } = source.seed(key, small);
  source.seed(key, bytesOf(500, 4));
  expect(await outcome({ key, versionId })).toMatchObject({ outcome: "archived", versionId });
  expectArchived(archive, small);
  expect(source.log.every((request) => request.versionId === versionId)).toBe(true);
});
