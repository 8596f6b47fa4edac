/** The zips that people upload as functions. What other programs say of them: `unzip -t`, by hand. */
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { zip } from "../../scripts/zip.mjs";

const files = [
  { name: "lambda.cjs", bytes: Buffer.from("exports.handler = 1;\n".repeat(500)) },
  { name: "夏/empty", bytes: Buffer.alloc(0) },
  { name: "THIRD-PARTY-LICENSES.txt", bytes: Buffer.from("MIT") },
];

test("a zip holds its files, whole, in the order of their names, and is the same bytes each time, anywhere", () => {
  const bytes = zip(files);
  const found = Object.entries(unzipSync(bytes)).map(([name, content]) => ({ name, bytes: Buffer.from(content) }));
  expect(found).toEqual([files[2], files[0], files[1]]);
  expect(bytes.length).toBeLessThan(1_000);
  const zone = process.env.TZ;
  process.env.TZ = "Asia/Shanghai";
  try {
    expect(zip([...files].reverse()).equals(bytes)).toBe(true);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});
