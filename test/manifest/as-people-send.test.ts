/**
 * What people send as manifests. Would catch: rows made of what is none, a wrong key made without a word, and a file that is refused row
 * by row after its first fetch, where its first rows tell what it is.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeKey } from "../../src/cos/signing/signature.ts";
import { runs } from "../setup/quick.ts";
import { anyCuts, anyKey, keysOf, read, rowsOf, told } from "./reading.ts";

const lines = { format: "lines", sourceBucket: "photos-1250000000" } as const;
const csv = { format: "csv", sourceBucket: "photos-1250000000" } as const;
const refusal = (code: string, ...says: string[]) => ({
  code,
  message: expect.stringMatching(
    new RegExp(says.map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*"), "s"),
  ),
});

describe("rows of separators alone", () => {
  it("are no rows", async () => {
    const text = "Key,Size\nalbum/a.jpg,1200\n,\nalbum/b.jpg,900\n,\n,\n";
    expect(rowsOf(await read(text, csv))).toEqual([
      { key: "album/a.jpg", size: 1200 },
      { key: "album/b.jpg", size: 900 },
    ]);
    expect((await read(text, csv)).map(({ at }) => at.line)).toEqual([2, 4]);
    expect(keysOf(await read('\n,,\r\nKey,Size\r\n,,,\r\n"",""\r\na,1\r\n', csv))).toEqual(["a"]);
  });

  it("are told from a row that has something but no key", async () => {
    expect(told(await read("Key,Size\n,6\n", csv))).toEqual(["value: row 2, column 1: key is empty"]);
  });
});

describe("the separator", () => {
  it.each([";", ",", "\t", "|"])("may be said by a first line sep=%s", async (separator) => {
    const text = `sep=${separator}\r\nKey${separator}Size\r\nalbum/a.jpg${separator}1200\r\n"album/b${separator}""c.jpg"${separator}900\r\n${separator}\r\n`;
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const entries = await read(bytes, csv, [2, 5, 7]);
      expect(rowsOf(entries)).toEqual([
        { key: "album/a.jpg", size: 1200 },
        { key: `album/b${separator}"c.jpg`, size: 900 },
      ]);
      expect(entries.map(({ at }) => at.line)).toEqual([3, 4]);
    }
  });

  it.each([
    [";", "semicolons (;)", "sep=;"],
    ["\t", "tabs", "sep=<tab>"],
    ["|", "bars (|)", "sep=|"],
  ])("is named where it is another: %j", async (separator, spelt, line) => {
    await expect(read(`Key${separator}Size\na${separator}1\n`, csv)).rejects.toMatchObject(
      refusal("ManifestHeader", spelt, line),
    );
  });
});

describe("line ends of CR alone", () => {
  it.each([
    ["Key,Size\ralbum/a.jpg,1200\ralbum/b.jpg,900\r", csv],
    ["album/a.jpg\ralbum/b.jpg\r", lines],
    ['"album/a.jpg"\r{"key":"album/b.jpg"}\r', { format: "jsonl" } as const],
  ])("end lines where there is no LF: %j", async (text, options) => {
    const entries = await read(text, options);
    expect(keysOf(entries)).toEqual(["album/a.jpg", "album/b.jpg"]);
  });

  it("are data where LF ends lines", async () => {
    expect(keysOf(await read("a\rb\nc\n", lines))).toEqual(["a\rb", "c"]);
  });
});

describe("what is not UTF-8", () => {
  const gbk = Buffer.from(
    "4b65792c53697a650ad5d5c6ac2fb4bacccc2e6a70672c313230300ad5d5c6ac2fc4cfb7bd2e6a70672c3930300a",
    "hex",
  );

  it("is refused as perhaps GBK, with what to do", async () => {
    for (const options of [csv, lines, { format: "json" } as const]) {
      await expect(read(gbk, options)).rejects.toMatchObject(refusal("ManifestEncoding", "perhaps GBK", '"CSV UTF-8"'));
    }
  });

  it("is told so in its row where the beginning is UTF-8", async () => {
    const entries = told(await read(Buffer.concat([Buffer.from("\u7167.jpg\n"), gbk.subarray(9)]), lines));
    expect(entries).toEqual([
      "\u7167.jpg",
      expect.stringContaining("row 2: is not UTF-8, perhaps GBK; save the manifest as UTF-8"),
      expect.stringContaining("row 3: is not UTF-8, perhaps GBK"),
    ]);
  });

  it("is not taken for GBK where it is none", async () => {
    expect(told(await read(Buffer.from("caf\xe9.jpg\nb", "latin1"), lines))).toEqual([
      "syntax: row 1: is not UTF-8",
      "b",
    ]);
  });

  it("is refused as UTF-16, with or without a byte order mark, whichever way its bytes lie", async () => {
    const text = "\u7167\u7247/\u6625\u5929.jpg\r\nalbum/b.jpg\r\n";
    const little = Buffer.from(text, "utf16le");
    const big = Buffer.from(little).swap16();
    for (const bytes of [little, big, Buffer.concat([Buffer.from([0xff, 0xfe]), little])]) {
      for (const format of ["lines", "csv", "jsonl"] as const) {
        await expect(read(bytes, { format })).rejects.toMatchObject(refusal("ManifestEncoding", "UTF-16"));
      }
    }
  });

  it("no text that is UTF-8 is refused as anything else, however long", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyKey, { minLength: 1 }), fc.nat(4_200), anyCuts, async (keys, padding, cuts) => {
        const row = (key: string, note: string) => `"${key.replaceAll('"', '""')}",${note}\n`;
        const text = `Key,Note\n${keys.map((key, at) => row(key, at === 0 ? "x".repeat(padding) : "")).join("")}`;
        expect(keysOf(await read(text, csv, cuts))).toEqual(keys);
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("lines that are no keys", () => {
  it("of COS's own URLs are read as the keys of that bucket", async () => {
    const host = "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com";
    const text = `${host}/album/a.jpg\n${host}/album/b%20c+d.jpg\nhttp://other-1250000000.cos.ap-guangzhou.myqcloud.com/x.jpg\n${host}/c.jpg?q-signature=0123\nd.jpg\n`;
    const entries = await read(text.replace(/\nd\.jpg/, "\nhttps://example.com/d.jpg"), lines);
    expect(told(entries)).toEqual([
      "album/a.jpg",
      "album/b c+d.jpg",
      expect.stringContaining('row 3: bucket "other-1250000000" is not the source bucket photos-1250000000'),
      expect.stringMatching(/row 4: .*has a query or a fragment behind it/),
      expect.stringMatching(/row 5: .*is no URL of the form https:\/\/BUCKET-APPID/),
    ]);
    expect(JSON.stringify(entries)).not.toContain("0123");
  });

  it("of cos:// addresses are read as the keys of that bucket, as they are", async () => {
    const text = "cos://photos-1250000000/album/a.jpg\r\ncos://photos-1250000000/album/b c%20+.jpg\ncos://other-1/x\n";
    expect(told(await read(text, { ...lines, keyEncoding: "url" }))).toEqual([
      "album/a.jpg",
      "album/b c%20+.jpg",
      expect.stringContaining('row 3: bucket "other-1" is not the source bucket'),
    ]);
  });

  it("of URLs name any key", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyKey, { minLength: 1, maxLength: 30 }), anyCuts, async (keys, cuts) => {
        const text = keys
          .map((key) => `https://photos-1250000000.cos.ap-guangzhou.myqcloud.com/${encodeKey(key)}\n`)
          .join("");
        expect(keysOf(await read(text, lines, cuts))).toEqual(keys);
      }),
      { numRuns: runs(100) },
    );
  });

  it.each([
    ["2026-03-01 08:15:02       1200 album/a.jpg\n2026-03-01 08:15:03        900 album/b c.jpg\n", "listing", "--list"],
    ["-rw-r--r--  1 me  staff  1200 Mar  1 08:15 a.jpg\n", "listing", "keys alone"],
    ["total 8\n-rw-r--r-- 1 me me 1200 Mar  1 08:15 a.jpg\n", "listing", "--list"],
    ["                           PRE album/\n2026-03-01 08:15:02       1200 a.jpg\n", "listing", "--list"],
    ["2026-03-01 08:15:02 1200 a.jpg\n\nTotal Objects: 1\n   Total Size: 1200\n", "listing", "--list"],
    ["     1200 album/a.jpg\n      900 b.jpg\n", "listing", "--list"],
    ["     1200 2026-03-01 08:15:02.000000000 album/a.jpg\n", "listing", "--list"],
    ["  album/             DIR\n  album/a.jpg     STANDARD     1200     2026-03-01 08:15:02\n", "listing", "--list"],
    [
      "      KEY      |   TYPE   |      LAST MODIFIED       |  SIZE\n---------------+----------+--------------------------+--------\n  album/a.jpg  | STANDARD | 2026-03-01T08:15:02.000Z | 1.2 KB\n",
      "listing",
      "--list",
    ],
    ["album/a.jpg\t1200\tstandard\nalbum/b c.jpg\t900\tstandard\n", "tabs", "keys alone"],
    ["https://cdn.example.com/a.jpg\nhttps://cdn.example.com/b.jpg\n", "URL", "https://BUCKET-APPID"],
    ['{"key":"a"}\n{"key":"b"}\n', "JSON", "--format jsonl"],
    ["Key,Size\na,1\n", "header of a CSV", "--format csv"],
    ["Bucket;Key\nb;a\n", "header of a CSV", "--format csv"],
  ])("are told before a row of them is one: %j", async (text, what, instead) => {
    for (const cuts of [[], [3, 20]]) {
      await expect(read(text, lines, cuts)).rejects.toMatchObject(refusal("ManifestLooksOtherwise", what, instead));
    }
  });

  it("are keys where only some look otherwise, and in any other format", async () => {
    const odd = ["https://cdn.example.com/a.jpg", "a\tb", "2026-03-01 08:15:02       1200 album/a.jpg"];
    expect(keysOf(await read(odd.join("\n"), lines))).toEqual(odd);
    const text = odd
      .slice(0, 1)
      .map((key) => JSON.stringify(key))
      .join("\n");
    expect(keysOf(await read(text, { format: "jsonl" }))).toEqual(odd.slice(0, 1));
    expect(keysOf(await read("key\nKey, Size and more.jpg\n", lines))).toEqual(["key", "Key, Size and more.jpg"]);
  });
});

describe("+ beside %20 in one URL-encoded manifest", () => {
  it.each([
    "photos-1250000000,album/rock+roll%20live.jpg\nphotos-1250000000,album/plain.jpg\n",
    "photos-1250000000,a+b.jpg\nphotos-1250000000,c%20d.jpg\n",
    "photos-1250000000,c%20d.jpg\nphotos-1250000000,e\nphotos-1250000000,a+b.jpg\n",
  ])("is refused with the rows: %j", async (text) => {
    const plus = text.split("\n").findIndex((line) => line.includes("+")) + 1;
    const percent = text.split("\n").findIndex((line) => line.includes("%20")) + 1;
    await expect(read(text, csv)).rejects.toMatchObject(
      refusal("ManifestPlus", `row ${plus} (`, `row ${percent} (`, "%2B"),
    );
    expect(rowsOf(await read(text, { ...csv, keyEncoding: "raw" }))).not.toEqual([]);
  });

  it("each alone is a space, and %2B a plus", async () => {
    expect(keysOf(await read("b-1,a+b%2Bc\nb-1,d+e", { format: "csv" }))).toEqual(["a b+c", "d e"]);
    expect(keysOf(await read("b-1,a%20b%2Bc\nb-1,d%20e", { format: "csv" }))).toEqual(["a b+c", "d e"]);
  });
});

it("what Excel spoilt names the column and the number", async () => {
  const text = 'Key,Size,ETag,Crc64\nalbum/a.jpg,"1,200",1.2E+31,1.4506E+19\n';
  expect(told(await read(text, csv))).toEqual(['value: row 2, column 2: size "1,200" is not a whole number of bytes']);
});
