import { parseSummary } from "../../../../src/report/summary.ts";

/** Of a run that has all that a file of metrics can tell. */
export const finishedSummary = parseSummary({
  schema: "cos-originals/summary@1",
  run: "nightly",
  state: "complete",
  rows: 3,
  archived: 2,
  recovered: 0,
  skipped: 0,
  failed: 1,
  pending: 0,
  bytes: 4_096,
  proofs: { "content-md5": 2, crc64: 0, size: 0 },
  requests: { "source.get": 3, "source.head": 0, "archive.put": 2, "archive.head": 0, ledger: 9, queue: 0 },
  retries: 1,
  failures: [{ code: "NoSuchKey", count: 1, keys: ["a"] }],
  startedAt: "2026-01-15T12:00:00.000Z",
  endedAt: "2026-01-15T12:00:10.000Z",
  seconds: 10,
  deletedFromSource: { count: 4, keys: [] },
  cost: {
    currency: "CNY",
    listPricesOf: "2026-01-01",
    planned: null,
    spent: { from: 0, upTo: 1.5 },
  },
});
