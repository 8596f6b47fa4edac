/** What follows from what the archive holds already: no second fetch of what is there, no overwriting of what is to stay. */
import { describe, expect, test } from "vitest";
import type { Task } from "../../../src/archive/task/task.ts";
import type { RunOptions } from "../../../src/ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { type Faults, loseAnswer, type SeenRequest } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, bytesOf, expectArchived, key, lab, large, rowOf, run, small } from "./lab.ts";

const other = bytesOf(small.length, 5);
const ours = { "x-cos-meta-original-run": run };
const theirs = { "x-cos-meta-original-run": "another-run" };
type IfExists = RunOptions["ifExists"];

/** What is there, and what each choice makes of it: the outcome, and whether it was fetched. */
const skipped = { outcome: "skipped", code: "AlreadyArchived" };
const recovered = { outcome: "archived", recovered: true, proof: "crc64" };
const archived = { outcome: "archived", fetchedAt: expect.any(String) };
const kept = { outcome: "skipped", code: "Kept" };
const exists = { outcome: "failed", code: "ArchiveKeyExists" };
const states: readonly [string, { bytes: Buffer; headers: Record<string, string> } | undefined, object][] = [
  ["nothing", undefined, { skip: archived, keep: archived, overwrite: archived, fail: archived }],
  [
    "this original, by another run",
    { bytes: small, headers: theirs },
    { skip: skipped, keep: kept, overwrite: archived, fail: skipped },
  ],
  [
    "this original, without provenance",
    { bytes: small, headers: {} },
    { skip: skipped, keep: kept, overwrite: archived, fail: skipped },
  ],
  [
    "this original, by this run",
    { bytes: small, headers: ours },
    { skip: recovered, keep: recovered, overwrite: archived, fail: recovered },
  ],
  ["another object", { bytes: other, headers: {} }, { skip: archived, keep: kept, overwrite: archived, fail: exists }],
  [
    "another object, by this run",
    { bytes: other, headers: ours },
    { skip: archived, keep: kept, overwrite: archived, fail: exists },
  ],
  [
    "an object of another size",
    { bytes: bytesOf(10), headers: {} },
    { skip: archived, keep: kept, overwrite: archived, fail: exists },
  ],
];

const rows: readonly [string, PlannedRow][] = [
  ["a row that tells all", rowOf(small)],
  ["a row that tells nothing", { key }],
];

describe.each(rows)("%s", (_, row) => {
  describe.each(states)("where the archive holds %s", (_, there, wanted) => {
    test.each(Object.entries(wanted) as [IfExists, { outcome: string }][])(
      "--if-exists %s",
      async (choice, expected) => {
        const { source, archive, outcome } = lab({ ifExists: choice });
        source.seed(key, small);
        if (there !== undefined) archive.seed(archiveKey, there.bytes, { headers: there.headers });
        expect(await outcome(row)).toMatchObject(expected);
        const fetched = expected === archived;
        expect(source.count("original")).toBe(fetched ? 1 : 0);
        expect(archive.count("put")).toBe(fetched ? 1 : 0);
        expect(archive.count("head")).toBe(choice === "overwrite" ? 0 : 1);
        expectArchived(archive, fetched ? small : (there?.bytes ?? small));
      },
    );
  });
});

describe("after an unclean attempt", () => {
  const unsure: Partial<Task> = { unsure: true };
  test.each(["skip", "keep", "overwrite", "fail"] as const)(
    "--if-exists %s recovers what this run put",
    async (ifExists) => {
      const { source, archive, outcome } = lab({ ifExists });
      source.seed(key, small);
      archive.seed(archiveKey, small, { headers: ours });
      expect(await outcome(rowOf(small), unsure)).toMatchObject(recovered);
      expect([source.count("original"), archive.count("head")]).toEqual([0, 1]);
    },
  );

  test("--if-exists overwrite overwrites what another put, be it the same", async () => {
    const { source, archive, outcome } = lab({ ifExists: "overwrite" });
    source.seed(key, small);
    archive.seed(archiveKey, small, { headers: theirs });
    expect(await outcome(rowOf(small), unsure)).toMatchObject(archived);
    expect(source.count("original")).toBe(1);
  });

  test("what this run put of an older source is archived anew", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    archive.seed(archiveKey, other, { headers: ours });
    expect(await outcome({ key }, unsure)).toMatchObject(archived);
    expectArchived(archive, small);
  });
});

describe("an archive that tells no MD5", () => {
  test.each([
    ["an encrypted object", { headers: { "x-cos-server-side-encryption": "AES256" }, etag: "f".repeat(32) }],
    ["a multipart upload", { etag: `${"a".repeat(32)}-7` }],
  ])("%s: the source's CRC64 is asked for before anything is fetched", async (_, seed) => {
    const { source, archive, outcome, asked } = lab();
    source.seed(key, small);
    archive.seed(archiveKey, small, seed);
    expect(await outcome({ key, size: small.length, etag: digestsOf(small).etag })).toMatchObject(skipped);
    expect(asked()).toEqual([0, 1, 0, 1]);
  });

  test("nor a CRC64, is no proof: it is fetched", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    archive.seed(archiveKey, small, { etag: `${"a".repeat(32)}-7`, crc64: null });
    expect(await outcome(rowOf(small))).toMatchObject(archived);
    expect(source.count("original")).toBe(1);
  });
});

describe("another writer comes between", () => {
  const race = (bytes: Buffer, headers: Record<string, string>) => (archive: ReturnType<typeof lab>["archive"]) => {
    archive.onRequest((request) => {
      if (request.type === "put") archive.seed(archiveKey, bytes, { headers });
      return undefined;
    });
  };
  test.each([
    ["keep", other, theirs, kept],
    ["keep", small, ours, recovered],
    ["fail", other, theirs, exists],
    ["fail", small, theirs, skipped],
    ["fail", small, ours, recovered],
  ] as const)("--if-exists %s asks the archive after a 409 (%#)", async (ifExists, bytes, headers, expected) => {
    for (const body of [small, large]) {
      const { source, archive, outcome } = lab({ ifExists });
      source.seed(key, body);
      const there = bytes === small ? body : bytes;
      race(there, headers)(archive);
      expect(await outcome(rowOf(body))).toMatchObject(expected);
      expect([source.count("original"), archive.count("put"), archive.count("head")]).toEqual([1, 1, 2]);
      expectArchived(archive, there);
    }
  });
});

describe("the answer to the PUT is lost", () => {
  const firstPut = (request: SeenRequest): Faults =>
    request.type === "put" && request.nth === 1 ? loseAnswer : undefined;

  test("a held body is put again without another fetch", async () => {
    const { source, archive, outcome, asked } = lab();
    source.seed(key, small);
    archive.onRequest(firstPut);
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 2 });
    expect(asked()).toEqual([1, 0, 2, 1]);
  });

  test.each(["keep", "fail"] as const)(
    "with --if-exists %s the 409 that follows leads to what was put",
    async (ifExists) => {
      const { source, archive, outcome, asked } = lab({ ifExists });
      source.seed(key, small);
      archive.onRequest(firstPut);
      expect(await outcome(rowOf(small))).toMatchObject(recovered);
      expect(asked()).toEqual([1, 0, 2, 2]);
    },
  );

  test.each(["skip", "keep", "overwrite", "fail"] as const)(
    "a body that streamed is found in the archive, not fetched again (--if-exists %s)",
    async (ifExists) => {
      const { source, archive, outcome } = lab({ ifExists });
      source.seed(key, large);
      archive.onRequest(firstPut);
      expect(await outcome(rowOf(large))).toMatchObject(recovered);
      expect([source.count("original"), archive.count("put")]).toEqual([1, 1]);
      expectArchived(archive, large);
    },
  );

  test("a PUT that broke off stored nothing, and what streamed is fetched again", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, large);
    archive.onRequest((request) =>
      request.type === "put" && request.nth === 1 ? { kind: "break-off", afterBytes: 100_000 } : undefined,
    );
    expect(await outcome(rowOf(large))).toMatchObject({ ...archived, attempts: 2 });
    expect(source.count("original")).toBe(2);
    expectArchived(archive, large);
  });
});
