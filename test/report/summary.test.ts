import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listedSummary, parseSummary, summaryToTally, tallyToSummary } from "../../src/report/summary.ts";
import {
  addOutcome,
  addRequests,
  emptyTally,
  mergeTally,
  rowsOf,
  SAMPLE_KEYS,
  type Tally,
} from "../../src/report/tally.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { anyOutcome, outcome } from "./outcomes.ts";

function tallyOf(outcomes: readonly Outcome[]): Tally {
  const tally = emptyTally();
  for (const each of outcomes) addOutcome(tally, each);
  return tally;
}

const facts = { run: "nightly", state: "complete", startedAt: 1_714_521_600_000, endedAt: 1_714_521_661_500 } as const;
const requests = fc.dictionary(fc.constantFrom("source.get", "source.list", "ledger", "queue"), fc.nat({ max: 1e6 }));
const anyTally = fc.tuple(fc.array(anyOutcome), requests, fc.nat({ max: 1e6 })).map(([outcomes, counts, retries]) => {
  const tally = tallyOf(outcomes);
  addRequests(tally, counts, retries);
  return tally;
});

describe("a tally", () => {
  it("counts every outcome once: rows are archived, skipped, failed and pending together", () => {
    fc.assert(
      fc.property(fc.array(anyOutcome), (outcomes) => {
        const tally = tallyOf(outcomes);
        expect(rowsOf(tally)).toBe(outcomes.length);
        const failed = [...tally.failures.values()].reduce((sum, { count }) => sum + count, 0);
        expect(failed).toBe(tally.failed);
        expect(tally.recovered).toBeLessThanOrEqual(tally.archived);
      }),
    );
  });

  it("of a whole is the merge of its parts, wherever they are cut and however they are merged", () => {
    fc.assert(
      fc.property(fc.array(anyOutcome), fc.nat(), fc.nat(), (outcomes, cut1, cut2) => {
        const [first = 0, second = 0] = [cut1, cut2].map((cut) => cut % (outcomes.length + 1)).sort((a, b) => a - b);
        const [a, b, c] = [outcomes.slice(0, first), outcomes.slice(first, second), outcomes.slice(second)].map(
          tallyOf,
        ) as [Tally, Tally, Tally];
        const whole = tallyOf(outcomes);
        expect(mergeTally(mergeTally(a, b), c)).toEqual(whole);
        expect(mergeTally(a, mergeTally(b, c))).toEqual(whole);
      }),
    );
  });

  it("merged with an empty one is the same, and neither is changed", () => {
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const before = structuredClone([a, b]);
        expect(mergeTally(a, emptyTally())).toEqual(a);
        expect(mergeTally(emptyTally(), a)).toEqual(a);
        mergeTally(a, b);
        expect([a, b]).toEqual(before);
      }),
    );
  });

  it("keeps ten keys of each failure, and counts the others", () => {
    const outcomes = Array.from({ length: 25 }, (_, row) =>
      outcome({ row, key: `k${row}`, outcome: "failed", code: "NoSuchKey" }),
    );
    expect(tallyOf(outcomes).failures.get("NoSuchKey")).toMatchObject({
      count: 25,
      keys: Array.from({ length: SAMPLE_KEYS }, (_, row) => `k${row}`),
    });
  });

  it("counts bytes, proofs and recovery of what is archived only", () => {
    const tally = tallyOf([
      outcome({ receivedSize: 5, expectedSize: 7, proof: "content-md5" }),
      outcome({ expectedSize: 7, proof: "crc64", recovered: true }),
      outcome({ outcome: "skipped", expectedSize: 100, proof: "crc64" }),
      outcome({ outcome: "failed", receivedSize: 100 }),
    ]);
    expect(tally).toMatchObject({ bytes: 12, recovered: 1, proofs: { "content-md5": 1, crc64: 1, size: 0 } });
    expect([...tally.failures]).toMatchObject([["Unknown", { count: 1, keys: ["photos/a.jpg"] }]]);
  });
});

const sample = (key: string) => ({ key, row: 1 });

describe("summary.json", () => {
  it("is what the contract says, field for field", () => {
    const tally = tallyOf([
      outcome({ receivedSize: 16, proof: "crc64" }),
      outcome({ outcome: "skipped", code: "Duplicate" }),
      outcome({ outcome: "failed", code: "SlowDown", key: "s" }),
      outcome({ outcome: "failed", code: "NoSuchKey", key: "b" }),
      outcome({ outcome: "failed", code: "NoSuchKey", key: "a" }),
      outcome({ outcome: "failed", code: "NotTheOriginal", key: "n" }),
    ]);
    addRequests(tally, { "source.get": 4, "source.list": 1 }, 2);
    expect(JSON.parse(JSON.stringify(tallyToSummary(tally, facts)))).toStrictEqual({
      schema: "cos-originals/summary@1",
      run: "nightly",
      state: "complete",
      rows: 6,
      archived: 1,
      recovered: 0,
      skipped: 1,
      failed: 4,
      pending: 0,
      bytes: 16,
      proofs: { "content-md5": 0, crc64: 1, size: 0 },
      requests: {
        "source.get": 4,
        "source.head": 0,
        "archive.put": 0,
        "archive.head": 0,
        ledger: 0,
        queue: 0,
        "source.list": 1,
      },
      retries: 2,
      failures: [
        { code: "NoSuchKey", count: 2, keys: ["b", "a"], samples: [sample("a"), sample("b")] },
        { code: "NotTheOriginal", count: 1, keys: ["n"], samples: [sample("n")] },
        { code: "SlowDown", count: 1, keys: ["s"], samples: [sample("s")] },
      ],
      startedAt: "2024-05-01T00:00:00.000Z",
      endedAt: "2024-05-01T00:01:01.500Z",
      seconds: 61.5,
      figures: {
        unknownRows: 0,
        timeline: {
          seconds: 1,
          at: [],
          archived: [],
          skipped: [],
          failed: [],
          bytes: [],
          retries: [],
          throttled: [],
          busyMs: [],
          untold: 0,
        },
        sizes: { count: 1, max: 16, p50: 16, p95: 16, p99: 16, from: [16], counts: [1] },
        times: { count: 1, max: 12, p50: 12, p95: 12, p99: 12, from: [12], counts: [1] },
        slowest: [{ key: "photos/a.jpg", bytes: 16, ms: 12 }],
        largest: [{ key: "photos/a.jpg", bytes: 16, ms: 12 }],
        reasons: [{ code: "Duplicate", count: 1, samples: [sample("photos/a.jpg")] }],
      },
    });
  });

  it("is read back, and merged again from the summaries of parts", () => {
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const stored = (tally: Tally) => parseSummary(JSON.parse(JSON.stringify(tallyToSummary(tally, facts))));
        expect(stored(a)).toEqual(tallyToSummary(a, facts));
        const merged = mergeTally(summaryToTally(stored(a)), summaryToTally(stored(b)));
        expect(tallyToSummary(merged, facts)).toEqual(tallyToSummary(mergeTally(a, b), facts));
      }),
    );
  });

  it("is refused where its rows do not add up, or it is none; fields of a later version pass", () => {
    const good = tallyToSummary(tallyOf([outcome()]), {
      ...facts,
      reason: "stopped",
      redriveOf: "r",
      manifest: "m.csv",
    });
    expect(parseSummary({ ...good, later: 1 })).toEqual({ ...good, later: 1 });
    expect(() => parseSummary({ ...good, rows: 2 })).toThrow(/rows is not archived/);
    for (const bad of [
      { schema: "cos-originals/summary@2" },
      { failed: -1 },
      { state: "done" },
      { startedAt: "yesterday" },
    ]) {
      expect(() => parseSummary({ ...good, ...bad })).toThrow();
    }
    expect(() => parseSummary(null)).toThrow();
  });

  it("of LISTs alone is null where they do not tell", () => {
    const counts = { archived: 3, skipped: 1, failed: 1, pending: 5, bytes: 9 };
    const { startedAt } = facts;
    const summary = listedSummary(counts, { run: "r", state: "running", startedAt, now: startedAt + 2500 });
    expect(parseSummary(summary)).toMatchObject({ ...counts, rows: 10, seconds: 2.5, endedAt: null });
    const { recovered, proofs, requests: byType, retries, failures } = summary;
    expect([recovered, proofs, byType, retries, failures]).toEqual([null, null, null, null, null]);
  });
});
