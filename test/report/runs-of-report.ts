/** Summaries of runs as reports are made of them. */
import { addTrailer } from "../../src/report/figures/figures.ts";
import { type RunFacts, type Summary, tallyToSummary } from "../../src/report/summary.ts";
import { addOutcome, addRequests, emptyTally } from "../../src/report/tally.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { outcome } from "./outcomes.ts";

export const hostileKeys = [
  "<script>document.title='broken'</script>",
  '"><img src=x onerror="document.title=`broken`">',
  "</style></details></script><h1>broken</h1>",
  "&lt;b&gt; &amp; 'quotes' \" ` | *a* _b_ [c](d)",
  "\u202egpj.exe",
  "مرحبا/صورة.jpg",
  "a\0b\nc\u0085d",
  `${"very-long-name/".repeat(67)}${"x".repeat(14)}.jpg`,
];

const begin = Date.parse("2026-11-29T18:00:00Z");
const codes = ["NoSuchKey", "NotTheOriginal", "RetriesExhausted", "InvalidRow", "OddNameOfTheService"];

export const facts = {
  run: "nightly-2026-11-29",
  state: "complete",
  startedAt: begin,
  endedAt: begin + 5_400_000,
  manifest: "cos://photos-1250000000/2026/*",
  asked: {
    source: "cos://photos-1250000000/2026/",
    archive: "cos://archive-1250000000/photos/",
    ledger: "cos://archive-1250000000/photos/.originals/",
    region: "ap-guangzhou",
    options: { "if-exists": "overwrite", "csv-safe": "" },
    tool: "cos-originals/0.1.0",
  },
  writtenBy: { tool: "cos-originals/0.1.0", host: "batch-7" },
  deletedFromSource: { count: 212, keys: ["photos/old.jpg"], new: 3, since: "nightly-2026-11-28" },
  cost: {
    currency: "CNY",
    listPricesOf: "2026-01-13",
    planned: { from: 0.3, upTo: 5.2 },
    spent: { from: 0.28, upTo: 4.87 },
    plannedRequests: { "source.get": 1300, "archive.put": 1300 },
  },
} as const satisfies RunFacts;

/** @param failedEach every so many-th row failed; 0: none */
export function summaryOfRun(rows: number, failedEach: number, more: Partial<RunFacts> = {}): Summary {
  const tally = emptyTally();
  const msOf = (row: number) => 20 + ((row * 7919) % 900);
  for (let row = 0; row < rows; row++) {
    const recordedAt = begin + Math.floor((row / rows) * 5_400_000);
    const key = `photos/2026/IMG_${row}.jpg`;
    const failed = failedEach > 0 && row % failedEach === 0;
    const code = codes[(row / Math.max(1, failedEach)) % codes.length];
    const one: Partial<Outcome> = failed
      ? {
          outcome: "failed",
          code,
          status: 404,
          message: `GET of ${key} answered 404: The specified key does not exist.`,
        }
      : row % 11 === 0
        ? { outcome: "skipped", code: "AlreadyArchived" }
        : { receivedSize: 1000 + ((row * 104_729) % 9_000_000), proof: "content-md5" };
    addOutcome(tally, outcome({ row, key, ms: msOf(row), ...one }), { first: 0, recordedAt });
    if (row % 200 === 0)
      addTrailer(tally.figures, { to: new Date(recordedAt).toISOString(), retries: 2, throttled: 1 });
  }
  addRequests(tally, { "source.get": rows, "archive.put": tally.archived, ledger: 40 }, 12);
  return tallyToSummary(tally, { ...facts, ...more });
}

/** Of which every text that can come from elsewhere is hostile. */
export function hostileSummary(): Summary {
  const tally = emptyTally();
  hostileKeys.forEach((key, row) => {
    const at = { first: 0, recordedAt: begin + row * 3000 };
    addOutcome(tally, outcome({ row, key, receivedSize: 5, code: "Changed" }), at);
    addOutcome(tally, outcome({ row, key, outcome: "failed", code: "NoSuchKey", message: key, requestId: key }), at);
    addOutcome(tally, outcome({ row, key, outcome: "failed", code: "<b>Odd</b>", versionId: key, status: 0 }), at);
  });
  const [first = ""] = hostileKeys;
  return tallyToSummary(tally, {
    ...facts,
    run: 'nightly-<i>2026</i>"',
    state: "halted",
    reason: first,
    manifest: first,
    asked: { ...facts.asked, source: first, ledger: first, options: { filter: first } },
    writtenBy: { tool: first, host: first },
    deletedFromSource: { count: 8, keys: hostileKeys },
  });
}
