import { describe, expect, it } from "vitest";
import { formatBytes, formatSeconds, formatWholeSeconds } from "../../src/report/quantity.ts";
import { listedSummary, parseSummary, summaryToTally, tallyToSummary } from "../../src/report/summary.ts";
import { summaryText } from "../../src/report/summary-text.ts";
import { addAtOnce, addOutcome, addRequests, emptyTally, mergeTally } from "../../src/report/tally.ts";
import { formatCount } from "../../src/vocabulary/counted.ts";
import { outcome } from "./outcomes.ts";

describe("the last lines of a run", () => {
  it("say what became of the rows, what it took, and why rows failed", () => {
    const tally = emptyTally();
    for (let row = 0; row < 1200; row++)
      addOutcome(tally, outcome({ receivedSize: 1024 * 1024, proof: "content-md5" }));
    addOutcome(tally, outcome({ recovered: true, receivedSize: 0, proof: "crc64" }));
    addOutcome(tally, outcome({ outcome: "skipped", code: "Duplicate" }));
    for (const code of ["A", "B", "C", "D", "D", "D"])
      addOutcome(tally, outcome({ outcome: "failed", code, key: `${code}.jpg` }));
    addRequests(tally, { "source.get": 1207, "archive.put": 1201 }, 3);
    const summary = tallyToSummary(tally, {
      run: "nightly",
      state: "halted",
      reason: "the failure budget is spent",
      redriveOf: "before",
      startedAt: 0,
      endedAt: 60_000,
    });
    expect(summaryText(summary, 3)).toEqual([
      "run nightly was halted: the failure budget is spent",
      "  redrive of before",
      "  1,208 rows = 1,201 archived + 1 skipped + 6 failed + 0 pending",
      "  1.2 GiB in 1 min 0 s, 20 MiB/s, 20 objects/s",
      "  1 of the archived was put by an earlier attempt and recovered",
      "  proven by content-md5 1,200, crc64 1",
      "  requests: source.get 1,207, archive.put 1,201, of them 3 retries",
      "  failed: 3 D, such as D.jpg",
      "  failed: 1 A, A.jpg",
      "  failed: 1 B, B.jpg",
      "  failed: 1 for 1 other reason",
    ]);
  });

  it("say between which numbers were at once, where those were found by trying", () => {
    const [a, b] = [emptyTally(), emptyTally()];
    const last = () => summaryText(tallyToSummary(mergeTally(a, b), { run: "r", state: "complete" })).at(-1);
    expect(last()).not.toContain("at once");
    addAtOnce(a, 32);
    expect(last()).toBe("  32 at once, found by trying");
    addAtOnce(a, 512);
    addAtOnce(b, 1_000);
    addAtOnce(b, undefined);
    expect(last()).toBe("  32 to 1,000 at once, found by trying");
    const summary = parseSummary(tallyToSummary(mergeTally(a, b), { run: "r", state: "complete" }));
    expect(summaryToTally(summary).atOnce).toEqual({ least: 32, most: 1_000 });
  });

  it("leave out what is not known", () => {
    const summary = listedSummary(
      { archived: 1, skipped: 0, failed: 1, pending: 2, bytes: 10 },
      { run: "r", state: "running" },
    );
    expect(summaryText(summary)).toEqual([
      "run r is running",
      "  4 rows = 1 archived + 0 skipped + 1 failed + 2 pending",
      "  10 B",
    ]);
  });

  it("say where a row stands that could not be read, whether or not it has a key", () => {
    const tally = emptyTally();
    const invalid = (key: string, message: string | undefined) =>
      addOutcome(tally, outcome({ outcome: "failed", code: "InvalidRow", key, message }));
    invalid("", "row 3, column 1: key is empty");
    const of = () => summaryText(tallyToSummary(tally, { run: "r", state: "complete" })).at(-1);
    expect(of()).toBe("  failed: 1 InvalidRow, row 3, column 1: key is empty");
    invalid("b", "row 7: too long");
    expect(of()).toBe("  failed: 2 InvalidRow, such as row 3, column 1: key is empty");
    const [failure] = tallyToSummary(tally, { run: "r", state: "complete" }).failures ?? [];
    expect(failure).toMatchObject({
      code: "InvalidRow",
      count: 2,
      keys: ["", "b"],
      messages: ["row 3, column 1: key is empty", "row 7: too long"],
    });
  });

  it("end in no comma where a failure has neither a key nor a message", () => {
    const tally = emptyTally();
    addOutcome(tally, outcome({ outcome: "failed", code: "InvalidRow", key: "", message: undefined }));
    const text = summaryText(tallyToSummary(tally, { run: "r", state: "complete" }));
    expect(text.at(-1)).toBe("  failed: 1 InvalidRow");
  });
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 KiB"],
  [1536, "1.5 KiB"],
  [102_297, "99.9 KiB"],
  [102_400, "100 KiB"],
  [1024 ** 3 * 12, "12 GiB"],
  [1024 ** 4 * 1.25, "1.3 TiB"],
])("%d bytes read %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, "0.0 s"],
  [0.44, "0.4 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 0 s"],
  [725, "12 min 5 s"],
  [3599.7, "1 h 0 min"],
  [12_000, "3 h 20 min"],
  [7199, "2 h 0 min"],
])("%d seconds read %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it.each([
  [0, "0 s"],
  [3.2, "4 s"],
  [59.01, "1 min 0 s"],
  [125, "2 min 5 s"],
  [7500, "2 h 5 min"],
])("%d seconds read %s in whole units", (seconds, text) => {
  expect(formatWholeSeconds(seconds)).toBe(text);
});

it("counts are grouped by thousands", () => {
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});
