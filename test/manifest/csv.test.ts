import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CsvRecord, createCsvRecords } from "../../src/manifest/csv-records.ts";
import { csvField, csvLine } from "../../src/manifest/csv-text.ts";
import { maxEntryBytes } from "../../src/manifest/text-lines.ts";
import { runs } from "../setup/quick.ts";
import { keysOf, read, rowsOf, told } from "./reading.ts";

const csv = { format: "csv" } as const;

function records(text: string): CsvRecord[] {
  const reader = createCsvRecords();
  return [...reader.take(text.split("\n"), 1), ...reader.end()];
}

const field = fc.string({ unit: fc.constantFrom(...'ab ,"\r\n', '""', "\u4e2d", "\u{1f600}", "\ufeff"), maxLength: 8 });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** A field as a writer may write it: in quotes where it must be, or where the writer likes. */
const written = fc
  .tuple(field, fc.boolean())
  .map(([text, always]) => (always || /[",\r\n]/.test(text) ? quoted(text) : text));

describe("records", () => {
  it("are those of csv-parse, for any well-quoted text", () => {
    const record = fc.array(written, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(","));
    const end = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(
        fc.array(
          record.filter((text) => text !== ""),
          { minLength: 1 },
        ),
        end,
        fc.boolean(),
        (texts, lineEnd, lastEnd) => {
          const text = texts.join(lineEnd) + (lastEnd ? lineEnd : "");
          const expected: string[][] = parse(text, { record_delimiter: ["\r\n", "\n"], relax_column_count: true });
          expect(records(text)).toMatchObject(expected.map((fields) => ({ kind: "record", fields })));
        },
      ),
    );
  });

  // What it would catch: records that are read many at a call, and one of them that has its neighbours go with it.
  it("are the same beside any others, right or wrong, as each by itself", () => {
    const line = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'ab,""\r'), minLength: 1, maxLength: 6 }),
      fc.constantFrom('a"b,c', '"a"b', "a,b\r", '"a",b\r\r', '"a""b",c'),
    );
    // An odd number of quotes may open a field, and then the lines behind it are no longer records of their own.
    const closed = line.filter((text) => text.split('"').length % 2 === 1);
    fc.assert(
      fc.property(fc.array(closed, { minLength: 1, maxLength: 40 }), (lines) => {
        const alone = lines.flatMap((text, index) => records(text).map((record) => ({ ...record, line: index + 1 })));
        expect(records(lines.join("\n"))).toEqual(alone);
      }),
    );
  });

  it("account for every line of any text, in order, each line once", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab,"\n"\r'), maxLength: 60 });
    fc.assert(
      fc.property(text, (content) => {
        const read = records(content);
        const lines = content.split("\n");
        let next = 1;
        for (const record of read) {
          // Between one record and the next only empty lines are passed over.
          for (; next < record.line; next++) expect(lines[next - 1]?.replace(/\r$/, "")).toBe("");
          expect(record.line).toBe(next);
          // A record has as many lines as its fields have line ends, and one; a fault is one line.
          next += record.kind === "fault" ? 1 : record.fields.join("").split("\n").length;
        }
        for (; next <= lines.length; next++) expect(lines[next - 1]?.replace(/\r$/, "")).toBe("");
      }),
      { numRuns: runs(2000) },
    );
  });

  it("that are written by csvLine are read back", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 2 })), (rows) => {
        expect(records(rows.map((row) => csvLine(row)).join(""))).toMatchObject(rows.map((fields) => ({ fields })));
      }),
    );
  });
});

describe("CSV with a header", () => {
  it("finds columns by name, in any order and case, passes over others, and takes keys raw", async () => {
    const text = "etag,Note,KEY, Size ,versionid\nABC,n,a%20+b,7,v1\n,,c,,null\n";
    expect(rowsOf(await read(text, csv))).toEqual([
      { key: "a%20+b", etag: "ABC", size: 7, versionId: "v1" },
      { key: "c", versionId: "null" },
    ]);
  });

  it("takes quotes, commas and line ends in keys, and empty lines between rows", async () => {
    const text = 'Key,Size\r\n\r\n"a,b",1\r\n"c""d",2\r\n"e\r\nf",3\r\n\r\ng h ,4';
    expect(keysOf(await read(text, csv))).toEqual(["a,b", 'c"d', "e\r\nf", "g h "]);
    expect((await read(text, csv)).map(({ at }) => at.line)).toEqual([3, 4, 5, 8]);
  });

  it("is decoded where keys are said to be URL-encoded", async () => {
    const text = "Key,ArchiveKey\na+b%2Bc,%E4%B8%AD\n%zz,\n%ff,";
    expect(told(await read(text, { ...csv, keyEncoding: "url" }))).toEqual([
      "a b+c",
      expect.stringMatching(/^value: row 3, column 1: key "%zz" is not URL-encoded \(a % is not followed/),
      expect.stringMatching(/^value: row 4, column 1: key "%ff" is not URL-encoded \(its %XX do not make UTF-8/),
    ]);
    expect((await read(text, { ...csv, keyEncoding: "url" }))[0]).toMatchObject({ row: { archiveKey: "\u4e2d" } });
  });

  it("refuses a header that names a column twice", async () => {
    await expect(read("Key,key\n", csv)).rejects.toMatchObject({ code: "ManifestHeader" });
  });

  it("tells a ragged or wrongly quoted row from the others", async () => {
    const text = 'Key,Size\na,1\nb,2,3\nc\n5" screen.jpg,1\nd,4\n"e"f,5\n,6\n"g,7\nh,8\n';
    expect(told(await read(text, csv))).toEqual([
      "a",
      "syntax: row 3: it has 3 fields where 2 are expected; quote a field that contains a comma",
      "syntax: row 4: it has 1 field where 2 are expected; quote a field that contains a comma",
      "syntax: row 5, column 1: a quote stands inside a field; quote the whole field and double the quotes in it",
      "d",
      "syntax: row 7, column 1: a quote stands inside a field; quote the whole field and double the quotes in it",
      "value: row 8, column 1: key is empty",
      "syntax: row 9, column 1: a quote is opened and never closed",
      "h",
    ]);
  });

  it("reads the lines behind a quote that is closed too late, or never within the limit", async () => {
    const many = Array.from({ length: maxEntryBytes / 8 }, (_, index) => `key${String(index).padStart(6, "0")}`);
    const late = `Key\n"open\n${many.join("\n")}\nb\n`;
    expect(told(await read(late, csv, [20_000, 40_000]))).toEqual([
      `syntax: row 2, column 1: a quote is opened and not closed within ${maxEntryBytes} bytes`,
      ...many,
      "b",
    ]);
    expect(told(await read('Key\n"open\na\nb"c\n"d\ne"\n', csv))).toEqual([
      "syntax: row 2, column 1: a quote stands inside a field; quote the whole field and double the quotes in it",
      "a",
      "syntax: row 4, column 1: a quote stands inside a field; quote the whole field and double the quotes in it",
      "d\ne",
    ]);
  });

  it("reads back rows that an earlier run could not read as such, until their Code is cleared", async () => {
    const text = 'Key,Code,Message\na,NoSuchKey,gone\nb,InvalidRow,"row 17, column 2: size ""x"" is no number"\nc,,\n';
    const refused =
      'row 3, column 2: mend this row and clear its Code, it was refused before: row 17, column 2: size "x" is no number';
    const entries = await read(text, csv);
    expect(told(entries)).toEqual(["a", `value: ${refused}`, "c"]);
    const again = await read(`Key,Code,Message\nb,InvalidRow,${csvField(refused)}`, csv);
    expect(told(again)).toEqual([`value: ${refused.replace("row 3,", "row 2,")}`]);
  });
});

describe("CSV without a header", () => {
  it("is Bucket,Key[,VersionId] with URL-encoded keys, where + is a space and %2B a plus", async () => {
    const text = "source-125,photos/a+b+c%2Bd.jpg\nsource-125,%E4%B8%AD%2C%22.jpg\n";
    expect(keysOf(await read(text, { ...csv, sourceBucket: "source-125" }))).toEqual([
      "photos/a b c+d.jpg",
      '\u4e2d,".jpg',
    ]);
    expect(rowsOf(await read('"b","k","v1"\n"b","l",""', csv))).toEqual([{ key: "k", versionId: "v1" }, { key: "l" }]);
    expect(keysOf(await read("b,a%20+b", { ...csv, keyEncoding: "raw" }))).toEqual(["a%20+b"]);
  });

  it("is told from a header by its bucket, where an object is named key", async () => {
    expect(keysOf(await read("source-125,key\nsource-125,b", { ...csv, sourceBucket: "source-125" }))).toEqual([
      "key",
      "b",
    ]);
  });

  it("must have as many fields in every row", async () => {
    expect(told(await read("b,a\nb,c,d.jpg\nb,e", csv))).toEqual([
      "a",
      expect.stringMatching(/^syntax: row 2: it has 3/),
      "e",
    ]);
  });

  it.each([
    ["a.jpg\nb.jpg\n", /one field.*--format lines/],
    ["Name,Size,Date,Owner\n", /4 fields, none of them "Key"/],
    ['Bucket,"Key\na,b\n', /row 1: a quote is opened and never closed; without its first row/],
  ])("refuses %j, of which the columns are not known", async (text, message) => {
    await expect(read(text, csv)).rejects.toMatchObject({
      code: "ManifestHeader",
      message: expect.stringMatching(message),
    });
  });
});

it("a row of another bucket is invalid, and one that names none is not", async () => {
  const text = "Bucket,Key\nsource-125,a\nother-125,b\n,c\n";
  expect(told(await read(text, { ...csv, sourceBucket: "source-125" }))).toEqual([
    "a",
    'value: row 3, column 1: bucket "other-125" is not the source bucket source-125',
    "c",
  ]);
  expect(keysOf(await read(text, csv))).toEqual(["a", "b", "c"]);
});
