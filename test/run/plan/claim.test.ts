import { describe, expect, test } from "vitest";
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { sameRun } from "../../../src/run/plan/claim.ts";
import { deriveRunId, digestOf } from "../../../src/run/plan/new-request.ts";
import { userErrorOf } from "../../cos/thrown-by.ts";
import { archivePlace, region, sourcePlace } from "../world.ts";

const rows = { kind: "object", bucket: "m-1250000000", region, key: "keys.csv", etag: "e1", format: "csv" } as const;
const asked = { source: sourcePlace, archive: archivePlace, rows, options: runOptionsSchema.parse({}) };
const request = (over: Partial<RunRequest> = {}): RunRequest => ({
  schema: "cos-originals/request@1",
  run: "r",
  ...asked,
  askedAt: "2026-01-15T12:00:00.000Z",
  tool: "cos-originals 0",
  ...over,
});
const options = (over: object) => ({ options: runOptionsSchema.parse(over) });

const otherThings: readonly (readonly [string, Partial<RunRequest>])[] = [
  ["source", { source: { ...sourcePlace, bucket: "other-1250000000" } }],
  ["source", { source: { ...sourcePlace, prefix: "2024/" } }],
  ["archive", { archive: { ...archivePlace, region: "ap-beijing" } }],
  ["manifest", { rows: { ...rows, etag: "e2" } }],
  ["manifest", { rows: { ...rows, format: "lines" } }],
  ["manifest", { rows: { ...rows, keyEncoding: "url" } }],
  ["manifest", { rows: { kind: "listing", prefix: "" } }],
  ["manifest", { rows: { kind: "inline", digest: "d", keys: [] } }],
  ["archive-key", options({ archiveKey: "x/{key}" })],
  ["proof", options({ proof: "crc64" })],
  ["expect", options({ expect: "get" })],
  ["if-exists", options({ ifExists: "overwrite" })],
  ["if-changed", options({ ifChanged: "fail" })],
  ["archived-class", options({ archivedClass: "skip" })],
];
const sameRuns: readonly (readonly [string, Partial<RunRequest>])[] = [
  ["when it is asked", { askedAt: "2027-01-01T00:00:00.000Z" }],
  ["by which version", { tool: "cos-originals 9" }],
  ["where the manifest of the same bytes lies", { rows: { ...rows, bucket: "n-1250000000", key: "copy.csv" } }],
  ["how many tries a row has", options({ maxAttempts: 9 })],
  ["the failure budget", options({ maxFailures: "1%" })],
  ["the shard size", options({ shardSize: 5 })],
  ["that the default was said", options({ archivedClass: "fail" })],
];

describe("a run id that nobody gave", () => {
  test("is a valid run id, and the same for the same thing", () => {
    expect(deriveRunId(asked)).toMatch(/^m-[0-9a-f]{20}$/);
    for (const [, over] of sameRuns) expect(deriveRunId(request(over))).toBe(deriveRunId(asked));
  });

  test("is another for each other thing", () => {
    const ids = otherThings.map(([, over]) => deriveRunId(request(over)));
    expect(new Set([deriveRunId(asked), ...ids]).size).toBe(otherThings.length + 1);
  });

  test("of inline rows follows from the rows and their order", () => {
    expect(digestOf(["a", "b"])).toBe(digestOf(["a", "b"]));
    expect(new Set([["a", "b"], ["b", "a"], ["ab"], [{ key: "a" }, "b"]].map(digestOf)).size).toBe(4);
  });
});

describe("a run that was asked before", () => {
  test.each(sameRuns)("is continued, whatever %s", (_, over) => {
    const before = request();
    expect(sameRun(before, request(over))).toBe(before);
  });

  test.each(otherThings)("is refused another %s, which the sentence names with both values", (field, over) => {
    const error = userErrorOf(() => sameRun(request(), request(over)));
    expect(error.code).toBe("RunDiffers");
    expect(error.message).toMatch(new RegExp(`^The run "r" exists .*: its ${field} is ".*", now it is ".*"; .*\\.$`));
  });
});
