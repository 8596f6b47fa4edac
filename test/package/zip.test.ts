/** The zips that people upload as functions. What other programs say of them: `unzip -t`, by hand. */
import { crc32, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { type ZippedFile, zip } from "../../scripts/zip.mjs";

/** By the central directory, as any reader does. */
function unzip(bytes: Buffer): readonly ZippedFile[] {
  const end = bytes.length - 22;
  expect(bytes.subarray(end, end + 4).toString("latin1")).toBe("PK\x05\x06");
  const files: ZippedFile[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let n = 0; n < bytes.readUInt16LE(end + 10); n++) {
    expect(bytes.subarray(at, at + 4).toString("latin1")).toBe("PK\x01\x02");
    const [sum, packed, size] = [16, 20, 24].map((offset) => bytes.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.subarray(at + 46, at + 46 + nameLength).toString();
    const local = bytes.readUInt32LE(at + 42);
    expect(bytes.subarray(local + 30, local + 30 + nameLength).toString()).toBe(name);
    const start = local + 30 + nameLength;
    const content = inflateRawSync(bytes.subarray(start, start + packed));
    expect([crc32(content), content.length]).toEqual([sum, size]);
    files.push({ name, bytes: content });
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return files;
}

const files = [
  { name: "lambda.cjs", bytes: Buffer.from("exports.handler = 1;\n".repeat(500)) },
  { name: "夏/empty", bytes: Buffer.alloc(0) },
  { name: "THIRD-PARTY-LICENSES.txt", bytes: Buffer.from("MIT") },
];

test("a zip holds its files, whole, in the order of their names, and is the same bytes each time", () => {
  const bytes = zip(files);
  expect(unzip(bytes)).toEqual([files[2], files[0], files[1]]);
  expect(bytes.length).toBeLessThan(1_000);
  expect(zip([...files].reverse()).equals(bytes)).toBe(true);
});
