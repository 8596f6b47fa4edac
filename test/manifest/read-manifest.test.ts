import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { urlEncode } from "../../src/cos/signing/signature.ts";
import { csvLine } from "../../src/manifest/csv-text.ts";
import { ManifestError } from "../../src/manifest/manifest-error.ts";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { type ManifestFormat, manifestFormats, type Row } from "../../src/manifest/row.ts";
import { maxEntryBytes } from "../../src/manifest/text-lines.ts";
import { heldBytes } from "../setup/held-memory.ts";
import { quick } from "../setup/quick.ts";
import { anyCuts, anyKey, anyRow, collect, keysOf, pieces, read, rowsOf, told } from "./reading.ts";

const formats = manifestFormats.filter((format) => !format.endsWith("inventory"));
const csvOf = (rows: readonly Row[]) =>
  csvLine(["Key", "VersionId", "Size", "ETag", "Crc64", "ArchiveKey"]) +
  rows.map((row) => csvLine([row.key, row.versionId, row.size, row.etag, row.crc64, row.archiveKey])).join("");

describe("any key comes back as it went in", () => {
  const write: Record<"lines" | "json" | "jsonl" | "csv" | "csv without header", (keys: string[]) => string> = {
    lines: (keys) => keys.join("\n"),
    json: (keys) => JSON.stringify(keys, null, 1),
    jsonl: (keys) => keys.map((key) => `${JSON.stringify({ key })}\n`).join(""),
    csv: (keys) => csvOf(keys.map((key) => ({ key }))),
    "csv without header": (keys) => keys.map((key) => `source-125,${urlEncode(key)}\n`).join(""),
  };
  for (const [name, text] of Object.entries(write)) {
    const format = name.split(" ")[0] as ManifestFormat;
    // Without a LF in the file a CR ends lines.
    const lineKeys = anyKey.filter((key) => !/[\n\r]|^\ufeff/.test(key));
    // Lines that all look like something else (columns, a CSV's header) are refused (as-people-send.test.ts): here the first is a plain key.
    const keysOfIt =
      format === "lines"
        ? fc.array(lineKeys).map((keys) => ["plain.jpg", ...keys])
        : fc.array(anyKey, { minLength: 1 });
    it(`through ${name}, however the stream is cut, gzip or not`, async () => {
      await fc.assert(
        fc.asyncProperty(keysOfIt, anyCuts, fc.boolean(), async (keys, cuts, gzip) => {
          const bytes = Buffer.from(text(keys));
          // Without the bucket a first row "source-125,key" would be taken for a header.
          const options = { format, sourceBucket: "source-125" };
          expect(keysOf(await read(gzip ? gzipSync(bytes) : bytes, options, cuts))).toEqual(keys);
        }),
      );
    });
  }

  it("with all of its fields, through jsonl, json and csv", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow), anyCuts, async (rows, cuts) => {
        const lines = rows.map((row) => JSON.stringify(row));
        expect(rowsOf(await read(lines.join("\n"), { format: "jsonl" }, cuts))).toEqual(rows);
        expect(rowsOf(await read(`[${lines.join(",")}]`, { format: "json" }, cuts))).toEqual(rows);
        expect(rowsOf(await read(csvOf(rows), { format: "csv" }, cuts))).toEqual(rows);
      }),
    );
  });
});

describe("whatever is read", () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .string({ unit: fc.constantFrom(...'ab,""\n\r{}[]:%+0', "Key", "\u4e2d", '"key":', "\ud800"), maxLength: 80 })
      .map((content) => Buffer.from(content)),
    fc.string({ unit: "binary" }).map((content) => gzipSync(content)),
  );

  for (const format of manifestFormats) {
    it(`as ${format}, nothing but a ManifestError is thrown, and a cut stream reads the same`, async () => {
      const outcome = (bytes: Buffer, cuts: readonly number[]) =>
        read(bytes, { format }, cuts).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(ManifestError);
          return (thrown as ManifestError).message;
        });
      await fc.assert(
        fc.asyncProperty(text, anyCuts, async (bytes, cuts) => {
          const whole = await outcome(bytes, []);
          expect(await outcome(bytes, cuts)).toEqual(whole);
          const everywhere = Array.from(bytes, (_, offset) => offset);
          expect(await outcome(bytes, everywhere)).toEqual(whole);
        }),
      );
    });
  }

  it("a line that is too long, or not UTF-8, spoils no other line, wherever the stream is cut", async () => {
    const long = Buffer.alloc(maxEntryBytes + 1, "x");
    const bytes = Buffer.concat([
      Buffer.from("a\n"),
      long,
      Buffer.from("\nb\n\xff\xfe", "latin1"),
      Buffer.from("c\r\nd"),
    ]);
    const expected = [
      "a",
      `syntax: row 2: is longer than ${maxEntryBytes} bytes`,
      "b",
      "syntax: row 4: is not UTF-8",
      "d",
    ];
    const cutsNear = [0, 1, 2, 3, 1024, 1025, maxEntryBytes, maxEntryBytes + 1, maxEntryBytes + 2, maxEntryBytes + 3];
    for (const cut of [...cutsNear, ...Array.from({ length: 12 }, (_, back) => bytes.length - back)]) {
      const entries = await read(bytes, { format: "lines" }, [cut, cut + 1]);
      expect(told(entries)).toEqual(expected);
      expect(entries[1]).toMatchObject({ key: "x".repeat(200), at: { line: 2 } });
      expect(entries[3]).toMatchObject({ key: "\ufffd\ufffdc\r" });
    }
  });

  it("a line of exactly the limit is read, alone or beside others", async () => {
    const long = `{"key":"a","x":"${"\u4e2d".repeat(1000)}"}`.padEnd(maxEntryBytes - 2000, " ");
    expect(Buffer.byteLength(long)).toBe(maxEntryBytes);
    expect(keysOf(await read(`${long}\n"b"\n${long}`, { format: "jsonl" }))).toEqual(["a", "b", "a"]);
    const longer = told(await read(`"b"\n${long} \n"c"`, { format: "jsonl" }));
    expect(longer).toEqual(["b", `syntax: row 2: is longer than ${maxEntryBytes} bytes`, "c"]);
  });

  it.skipIf(quick)("memory holds no more than a limit of what never ends", async () => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const heads: [ManifestFormat, string][] = [
      ["lines", ""],
      ["jsonl", '"'],
      ["json", '["'],
      ["csv", 'Key\n"'],
    ];
    for (const [format, head] of heads) {
      const held: number[] = [];
      async function* endless() {
        yield Buffer.from(head);
        for (let count = 0; count < 80; count++) {
          if ([10, 45, 79].includes(count)) held.push(await heldBytes("arrayBuffers"));
          // A new buffer each time: only what the reader holds stays.
          yield Buffer.from(chunk);
        }
      }
      const outcome = await collect(readManifest(endless(), { name: "endless", format })).then(told, String);
      expect(String(outcome)).toMatch(/longer than 65536|not closed within|ends in row 1, before/);
      // Of 69 MB that passed since the first look.
      const [first = 0, ...later] = held;
      expect(later, format).toHaveLength(2);
      expect(Math.max(...later) - first, format).toBeLessThan(20 * 1024 * 1024);
    }
  });
});

describe("text", () => {
  it("may begin with a byte order mark, which is no part of the first key", async () => {
    for (const format of formats) {
      const text = { lines: "a", json: '["a"]', jsonl: '"a"', csv: "Key\na" }[format as string];
      const bytes = Buffer.from(`\ufeff${text}`);
      expect(keysOf(await read(bytes, { format }))).toEqual(["a"]);
      expect(keysOf(await read(gzipSync(bytes), { format }, [1, 2, 3]))).toEqual(["a"]);
      expect(keysOf(await read(bytes, { format }, [0, 1, 2, 3]))).toEqual(["a"]);
    }
  });

  it("may be empty: then there are no entries", async () => {
    for (const format of formats) {
      expect(await read("", { format })).toEqual([]);
      expect(await read(gzipSync(""), { format })).toEqual([]);
    }
  });

  it.each([
    ["UTF-16, little endian", Buffer.from("\ufeffa,b\n", "utf16le"), "ManifestEncoding"],
    ["UTF-16 without a mark", Buffer.from("Bucket,Key", "utf16le"), "ManifestEncoding"],
    ["UTF-16, big endian", Buffer.from("\ufeffa,b\n", "utf16le").swap16(), "ManifestEncoding"],
    ["UTF-16, big endian, without a mark", Buffer.from("a,b\n", "utf16le").swap16(), "ManifestEncoding"],
    ["a spreadsheet", Buffer.from("504b030414000600", "hex"), "ManifestBinary"],
    ["zstd", Buffer.from("28b52ffd0458", "hex"), "ManifestBinary"],
    ["Parquet", Buffer.concat([Buffer.from("PAR1"), Buffer.from("1504000015ff80", "hex")]), "ManifestBinary"],
    ["zeros", Buffer.alloc(100), "ManifestBinary"],
  ])("that is none (%s) is refused, plain or gzip", async (_what, bytes, code) => {
    for (const format of formats) {
      await expect(read(bytes, { format })).rejects.toMatchObject({
        code,
        message: expect.stringContaining("manifest"),
      });
      await expect(read(gzipSync(bytes), { format }, [1])).rejects.toMatchObject({ code });
    }
  });

  it("with a NUL in one key loses only that row", async () => {
    expect(told(await read("aaaa\nb\0b\nc", { format: "lines" }))).toEqual([
      "aaaa",
      'value: row 2: key "b\\u0000b" contains the control character 0, which COS does not take',
      "c",
    ]);
  });
});

describe("lines", () => {
  it("end with LF or CRLF, may be empty, and keep their spaces", async () => {
    expect(keysOf(await read("a\r\n\r\n  b \n\n\tc\n%20+d\r\n ", { format: "lines" }))).toEqual([
      "a",
      "  b ",
      "\tc",
      "%20+d",
      " ",
    ]);
  });

  it("are decoded where the keys are said to be URL-encoded", async () => {
    expect(keysOf(await read("a+b+c%2B", { format: "lines", keyEncoding: "url" }))).toEqual(["a b c+"]);
  });
});

describe("jsonl", () => {
  it("takes row objects and keys, numbers or strings, other spellings, and passes over unknown fields and null", async () => {
    const lines = [
      '{"key":"a","size":"12","crc64":5,"etag":null,"tag":{"x":1}}',
      "",
      '"b"',
      '{"Key":"c","ETag":"\\"D41D8CD98F00B204E9800998ECF8427E\\"","Size":3}',
      '{"key":"d","crc64":16749565679157681890,"note":"\\"crc64\\":12345678901234567890"}',
    ];
    expect(rowsOf(await read(lines.join("\r\n"), { format: "jsonl" }))).toEqual([
      { key: "a", size: 12, crc64: "5" },
      { key: "b" },
      { key: "c", size: 3, etag: "d41d8cd98f00b204e9800998ecf8427e" },
      { key: "d", crc64: "16749565679157681890" },
    ]);
  });

  it("tells a bad line from the others, with its place", async () => {
    const lines = ['{"key":"a"', "5", '{"size":1}', '{"key":5}', '{"key":"a","Key":"b"}', '{"key":"\\ud800"}', '"ok"'];
    expect(told(await read(lines.join("\n"), { format: "jsonl" }))).toEqual([
      expect.stringMatching(/^syntax: row 1(, column \d+)?: is not valid JSON$/),
      "syntax: row 2: 5 is neither a key nor a row object",
      "syntax: row 3: has no key",
      "value: row 4: key 5 is not a string",
      "value: row 5: key is given twice",
      'value: row 6: key "\ufffd" contains half of a surrogate pair',
      "ok",
    ]);
  });
});

describe("json", () => {
  it("tells a bad element from the others, with its place", async () => {
    const text = `[\n  "a",\n  nul, {"key": "b", "size": -1},\n  "${"x".repeat(maxEntryBytes)}", [1],\n"\xff", "z", ]\n`;
    expect(told(await read(Buffer.from(text, "latin1"), { format: "json" }))).toEqual([
      "a",
      expect.stringMatching(/^syntax: row 3, column \d+: is not valid JSON$/),
      'value: row 3, column 8: size "-1" is not a whole number of bytes',
      `syntax: row 4, column 3: is longer than ${maxEntryBytes} bytes`,
      `syntax: row 4, column ${maxEntryBytes + 7}: [1] is neither a key nor a row object`,
      "syntax: row 5, column 1: is not UTF-8",
      "z",
      "syntax: row 5, column 11: an element is missing beside a comma",
    ]);
  });

  it.each([
    ['{"key":"a"}', "ManifestNotArray", /--format jsonl/],
    ["a.jpg\nb.jpg", "ManifestNotArray", /not a JSON array/],
    ['["a","b"', "ManifestUnterminated", /ends in row 1/],
    ['["a",', "ManifestUnterminated", /cut off/],
    ['["a\n","b"]', "ManifestSyntax", /row 1, column 4: a string does not end/],
    ['[{"key":"a"],"b"]', "ManifestSyntax", /row 1, column 12: a \] closes no bracket/],
    ['["a"}]', "ManifestSyntax", /column 5: a \} closes/],
    ['["a"] ["b"]', "ManifestSyntax", /more behind the array/],
    [`[${"[".repeat(65)}`, "ManifestSyntax", /nests deeper than 64/],
  ])("refuses %s, which hides where rows are", async (text, code, message) => {
    await expect(read(text, { format: "json" })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("parses as JSON.parse does, however it is laid out and cut", async () => {
    const layout = fc.constantFrom("", " ", "\n", "\r\n\t");
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow), layout, anyCuts, async (rows, space, cuts) => {
        const text = `${space}[${space}${rows.map((row) => JSON.stringify(row, null, space)).join(`${space},${space}`)}${space}]${space}`;
        expect(JSON.parse(text)).toEqual(rows);
        expect(rowsOf(await read(text, { format: "json" }, cuts))).toEqual(rows);
      }),
    );
  });
});

describe("reading", () => {
  it("passes on what the source itself throws, plain or gzip", async () => {
    const failure = new Error("the network is gone");
    async function* failing(bytes: Uint8Array) {
      yield bytes;
      throw failure;
    }
    for (const bytes of [Buffer.from("a\nb\n"), gzipSync("a\nb\n"), gzipSync("a\nb\n").subarray(0, 15)]) {
      await expect(collect(readManifest(failing(bytes), { name: "x", format: "lines" }))).rejects.toBe(failure);
    }
  });

  it("closes the source when it is left early, plain or gzip", async () => {
    const content = Array.from({ length: 200_000 }, (_, index) => `key-${index}-${(index * 7919) % 1013}`).join("\n");
    for (const bytes of [Buffer.from(content), gzipSync(content)]) {
      const source = Readable.from(pieces(bytes, [10, 20_000, 40_000, 60_000, 80_000]));
      for await (const batch of readManifest(source, { name: "x", format: "lines" })) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      expect(source.destroyed).toBe(true);
    }
  });

  it("closes the source when it refuses what it reads", async () => {
    const refused: [ManifestFormat, string, string][] = [
      ["lines", "keys.txt.gz", "not gzip"],
      ["csv", "keys.csv", "PK\u0003\u0004"],
      ["csv", "keys.csv", "a,b,c,d\n"],
      ["json", "keys.json", "{}"],
    ];
    for (const [format, name, head] of refused) {
      const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(200_000, "x\n")]);
      const source = Readable.from(pieces(bytes, [1000, 2000, 3000, 4000, 5000]));
      await expect(collect(readManifest(source, { name, format }))).rejects.toBeInstanceOf(ManifestError);
      expect(source.destroyed, name).toBe(true);
    }
  });

  it("stops when its signal aborts", async () => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const batches = readManifest(pieces(Buffer.from("a\nb\nc\n"), [2, 4]), {
      name: "x",
      format: "lines",
      signal: stop.signal,
    });
    stop.abort(reason);
    await expect(collect(batches)).rejects.toBe(reason);
  });

  it("sends an inventory to its own reader", async () => {
    await expect(read("{}", { format: "cos-inventory" })).rejects.toMatchObject({ code: "ManifestFormat" });
  });
});
