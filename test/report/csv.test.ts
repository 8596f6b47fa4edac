import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../src/manifest/row.ts";
import { type FailedRow, failuresHeader, failuresLine } from "../../src/report/failures-csv.ts";
import { resultsHeader, resultsLine } from "../../src/report/results-csv.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { anyCuts, anyRow, read, rowsOf, told } from "../manifest/reading.ts";
import { anyOutcome, outcome } from "./outcomes.ts";

const bucket = "source-1250000000";

const failuresCsv = (rows: readonly FailedRow[]) =>
  failuresHeader + rows.map((row) => failuresLine(bucket, row)).join("");
const resultsCsv = (outcomes: readonly Outcome[]) =>
  resultsHeader + outcomes.map((each) => resultsLine(bucket, each)).join("");

/** As a spreadsheet takes a text apart: a quote means something at the beginning of a cell alone, and no quote must be closed. */
function cellsOf(text: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell: string | undefined;
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (inQuotes && sign === '"' && text[at + 1] === '"') cell += text[++at] ?? "";
    else if (inQuotes && sign === '"') inQuotes = false;
    else if (inQuotes) cell += sign;
    else if (sign === '"' && cell === undefined) [cell, inQuotes] = ["", true];
    else if (sign === delimiter || sign === "\r" || sign === "\n") {
      cells.push(cell ?? "");
      cell = undefined;
    } else cell = (cell ?? "") + sign;
  }
  return [...cells, cell ?? ""];
}

/** What becomes of a row that fails: its expectations are the row's. */
const failed = (row: Row, fields: Partial<Outcome> = {}) => ({
  archiveKey: row.archiveKey,
  storageClass: row.storageClass,
  outcome: outcome({
    key: row.key,
    versionId: row.versionId,
    expectedSize: row.size,
    expectedEtag: row.etag,
    expectedCrc64: row.crc64,
    expectedFrom: "row",
    archiveKey: `archive/${row.archiveKey ?? row.key}`,
    outcome: "failed",
    code: "NoSuchKey",
    ...fields,
  }),
});

describe("failures.csv", () => {
  it("is a manifest: any row that failed is read back as it was, whatever the message says", async () => {
    const message = fc.string({ unit: fc.constantFrom(...'ab ",\r\n;=', "\u4e2d") });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyRow, message)), anyCuts, async (rows, cuts) => {
        const batch = rows.map(([row, text]) => failed(row, { message: text, status: 404, requestId: "NjY=" }));
        const csv = failuresCsv(batch);
        const entries = await read(csv, { format: "csv", sourceBucket: bucket }, cuts);
        expect(rowsOf(entries)).toEqual(rows.map(([row]) => row));
      }),
    );
  });

  it("holds failed rows only", () => {
    const kinds = ["archived", "skipped", "failed", "pending"] as const;
    const batch = kinds.map((kind) => failed({ key: kind }, { outcome: kind }));
    const csv = failuresCsv(batch);
    expect(csv).toBe(
      "Bucket,Key,VersionId,Size,ETag,Crc64,ArchiveKey,Code,Status,Message,Attempts,RequestId,StorageClass\n" +
        "source-1250000000,failed,,,,,,NoSuchKey,,,1,,\n",
    );
  });

  it("does not pass on what a HEAD or a GET told, which may be what was wrong", () => {
    for (const expectedFrom of ["head", "get"] as const) {
      const row = failed({ key: "a", size: 5, etag: "x", crc64: "7" }, { expectedFrom });
      expect(failuresLine(bucket, row)).toBe("source-1250000000,a,,,,,,NoSuchKey,,,1,,\n");
    }
  });

  it("passes on that a row is in an archive class, so that it is asked about and not fetched the next time either", async () => {
    const row: Row = { key: "a", size: 5, etag: "0cc175b9c0f1b6a831c399e269772661", storageClass: "DEEP_ARCHIVE" };
    const csv = failuresCsv([failed(row, { code: "InvalidObjectState" }), failed({ key: "b" })]);
    expect(rowsOf(await read(csv, { format: "csv", sourceBucket: bucket }))).toEqual([row, { key: "b" }]);
  });

  it("never turns a row that could not be read into one that can", async () => {
    const message = 'row 17, column 2: size "abc" is not a whole number of bytes';
    const bad = failed({ key: 'photos/a,"b' }, { code: "InvalidRow", message });
    const csv = failuresCsv([bad]);
    const entries = await read(csv, { format: "csv", sourceBucket: bucket });
    expect(told(entries)).toEqual([expect.stringMatching(/^value: row 2, column 8: .*row 17, column 2: size "abc"/)]);
    expect(entries[0]).toMatchObject({ kind: "invalid", key: 'photos/a,"b' });
  });

  it("does not alter a key that a spreadsheet would take for a formula", () => {
    expect(failuresLine(bucket, failed({ key: "=1+1" }))).toContain(",=1+1,");
  });
});

describe("the results CSV", () => {
  it("begins with the seven columns of the S3 Batch report", () => {
    const csv = resultsCsv([
      outcome({
        status: 200,
        archiveKey: "archive/photos/a.jpg",
        expectedSize: 16,
        receivedSize: 16,
        proof: "crc64",
      }),
      outcome({ key: 'b,"c', outcome: "skipped", code: "Duplicate", message: "two rows,\none key" }),
      outcome({ key: "d", outcome: "failed", code: "NoSuchKey", status: 404, message: "gone", versionId: "v1" }),
      outcome({ key: "e", outcome: "pending" }),
    ]);
    const [header, ...rows] = parse(csv) as string[][];
    expect(header?.slice(0, 8)).toEqual(
      "Bucket,Key,VersionId,TaskStatus,ErrorCode,HTTPStatusCode,ResultMessage,Outcome".split(","),
    );
    expect(rows.map((row) => row.slice(0, 8))).toEqual([
      [bucket, "photos/a.jpg", "", "succeeded", "", "200", "", "archived"],
      [bucket, 'b,"c', "", "succeeded", "Duplicate", "", "two rows,\none key", "skipped"],
      [bucket, "d", "v1", "failed", "NoSuchKey", "404", "gone", "failed"],
      [bucket, "e", "", "failed", "", "", "", "pending"],
    ]);
  });

  it("holds every field of any outcome, each in its column", () => {
    const columns: readonly (readonly [string, keyof Outcome])[] = [
      ["Key", "key"],
      ["VersionId", "versionId"],
      ["ErrorCode", "code"],
      ["HTTPStatusCode", "status"],
      ["ResultMessage", "message"],
      ["Outcome", "outcome"],
      ["ArchivedAs", "archiveKey"],
      ["ExpectedSize", "expectedSize"],
      ["ExpectedETag", "expectedEtag"],
      ["ExpectedCrc64", "expectedCrc64"],
      ["ReceivedSize", "receivedSize"],
      ["ReceivedETag", "receivedEtag"],
      ["ReceivedCrc64", "receivedCrc64"],
      ["Proof", "proof"],
      ["ExpectedFrom", "expectedFrom"],
      ["Attempts", "attempts"],
      ["Milliseconds", "ms"],
      ["RequestId", "requestId"],
      ["FetchedAt", "fetchedAt"],
    ];
    fc.assert(
      fc.property(fc.array(anyOutcome, { minLength: 1 }), (outcomes) => {
        const csv = resultsCsv(outcomes);
        const records: Record<string, string>[] = parse(csv, { columns: true });
        expect(records.length).toBe(outcomes.length);
        outcomes.forEach((each, index) => {
          for (const [column, field] of columns) expect(records[index]?.[column]).toBe(String(each[field] ?? ""));
          expect(records[index]?.Recovered).toBe(each.recovered ? "true" : "");
        });
      }),
    );
  });

  it("is one line end an outcome where nothing is quoted", () => {
    expect(resultsLine(bucket, outcome()).endsWith("\n")).toBe(true);
    expect(resultsLine(bucket, outcome()).split(",")).toHaveLength(22);
  });

  it("does not alter a key that a spreadsheet would take for a formula, unless that is asked for", () => {
    const evil = outcome({ key: '=HYPERLINK("http://x/","y")', message: "@SUM(1)", archiveKey: "-2+3" });
    expect(resultsLine(bucket, evil)).toContain(',"=HYPERLINK(""http://x/"",""y"")",');
    expect(resultsLine(bucket, evil, true)).toContain(`,"'=HYPERLINK(""http://x/"",""y"")",`);
    expect(resultsLine(bucket, evil, true)).toContain(",'@SUM(1),");
    expect(resultsLine(bucket, evil, true)).toContain(",'-2+3,");
    expect(resultsLine(bucket, outcome(), true)).toBe(resultsLine(bucket, outcome()));
  });

  it.each([",", ";", "\t"])(
    "has no cell that is a formula, where that is asked for, read with cells separated by %j",
    (delimiter) => {
      const evil = fc.string({
        unit: fc.constantFrom(...'=+-@;,"', "\t", "\r", "\n", "a", "\uFF1D", "'"),
        maxLength: 8,
      });
      const any = fc
        .record({ key: evil, archiveKey: evil, message: evil, requestId: evil })
        .map((fields) => outcome(fields));
      fc.assert(
        fc.property(any, (each) => {
          for (const cell of cellsOf(resultsLine(bucket, each, true), delimiter)) {
            expect(cell).not.toMatch(/^[=+\-@\t\r\n\uFF1D]/);
          }
        }),
      );
    },
  );
});
