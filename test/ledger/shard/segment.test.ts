import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeShardRows, encodeShardRows } from "../../../src/ledger/plan/shard-rows.ts";
import { decodeSegment } from "../../../src/ledger/shard/segment.ts";
import { UserError } from "../../../src/vocabulary/errors.ts";
import { anyRow } from "../../manifest/reading.ts";
import { anyOutcome, outcomeOf, trailer } from "../samples.ts";
import { segmentBytes } from "./segment-bytes.ts";

const where = "cos://ledger-1250000000/runs/r/outcomes/000000042/x-00001.jsonl.gz";

function refusalOf(read: () => unknown): UserError {
  try {
    read();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a segment", () => {
  test("reads back as it was written", () => {
    fc.assert(
      fc.property(fc.array(anyOutcome(), { maxLength: 20 }), (outcomes) => {
        expect(decodeSegment(segmentBytes(outcomes, trailer), where)).toEqual({ outcomes, trailer });
      }),
    );
  });

  // Catches: a clock that was set back by 200 ms made a ledger that nobody could read any more.
  test("of a version whose durations were by a clock that was set back is read, and took no time", () => {
    const text = [outcomeOf({ row: 0, ms: -200 }), outcomeOf({ row: 1, ms: 40 })].map((o) => `${JSON.stringify(o)}\n`);
    const { outcomes } = decodeSegment(gzipSync(text.join("")), where);
    expect(outcomes.map(({ row, ms }) => [row, ms])).toEqual([
      [0, 0],
      [1, 40],
    ]);
  });

  test("of outcomes takes at most a fifth of their text", () => {
    const outcomes = Array.from({ length: 200 }, (_, row) =>
      outcomeOf({
        row,
        key: `photos/2024/${row}.jpg`,
        archiveKey: `photos/2024/${row}.jpg`,
        expectedSize: row * 1_000,
      }),
    );
    expect(segmentBytes(outcomes, trailer).length).toBeLessThan(JSON.stringify(outcomes).length / 5);
  });

  test.each([
    ["cut short", () => segmentBytes([outcomeOf({})], trailer).subarray(0, 40)],
    ["no gzip", () => Buffer.from('{"row":0}\n')],
    ["empty", () => Buffer.alloc(0)],
    ["no JSON", () => gzipSync("{row:0}\n")],
    ["JSON, but no outcome", () => gzipSync('{"row":-1,"key":"a","outcome":"archived","attempts":1,"ms":1}\n')],
    ["of an outcome that nobody knows", () => gzipSync(`${JSON.stringify({ ...outcomeOf({}), outcome: "lost" })}\n`)],
    ["a list", () => gzipSync("[]\n")],
  ])("that is %s is refused in a sentence that names it", (_, bytes) => {
    const error = refusalOf(() => decodeSegment(bytes(), where));
    expect(error.code).toBe("LedgerUnreadable");
    expect(error.message).toContain(where);
    expect(error.message).toMatch(/^The ledger object [^\n]*\.$/);
  });

  test("with any of its bytes changed is refused, or reads as it was", () => {
    const outcomes = [outcomeOf({ key: "photos/a.jpg" }), outcomeOf({ row: 1, outcome: "failed", code: "NoSuchKey" })];
    const bytes = segmentBytes(outcomes, trailer);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ flip;
        let read: unknown;
        try {
          read = decodeSegment(damaged, where);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        // Only gzip's own time, flags and system are not covered by its checksum.
        expect(read).toEqual({ outcomes, trailer });
      }),
    );
  });
});

describe("a shard's rows", () => {
  test("read back as they were planned", () => {
    const settled = fc.option(
      fc.record({
        outcome: fc.constantFrom("failed" as const, "skipped" as const),
        code: fc.constantFrom("InvalidRow" as const, "Duplicate" as const, "ArchiveKeyCollision" as const),
        message: fc.string(),
      }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRow, settled), { maxLength: 20 }), (pairs) => {
        const rows = pairs.map(([row, decided]) => (decided === undefined ? row : { ...row, settled: decided }));
        expect(decodeShardRows(encodeShardRows(rows), where)).toEqual(rows);
      }),
    );
  });

  test.each([
    ["no gzip", Buffer.from("nothing")],
    ["no row", gzipSync('{"key":7}\n')],
  ])("that are %s are refused in a sentence that names the object", (_, bytes) => {
    const error = refusalOf(() => decodeShardRows(bytes, where));
    expect(error).toMatchObject({ code: "LedgerUnreadable" });
    expect(error.message).toContain(where);
  });
});
