/** Catches: a run that ends because a page, or changed bytes, came once instead of a segment, or of the rows of a shard. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodeShardRows, packedShardRows } from "../../src/ledger/plan/shard-rows.ts";
import { readSegment } from "../../src/ledger/shard/segment.ts";

const packed = gzipSync("");
const answering = (...answers: readonly Buffer[]) => {
  let asked = 0;
  return {
    get: async () => answers[Math.min(asked++, answers.length - 1)],
    describe: (path: string) => `cos://l/${path}`,
  };
};

test("a segment is read once more where something else came instead", async () => {
  expect(await readSegment(answering(Buffer.from("<html>"), packed), "s.gz")).toEqual({
    outcomes: [],
    trailer: undefined,
  });
  await expect(readSegment(answering(Buffer.from("<html>")), "s.gz")).rejects.toMatchObject({
    code: "LedgerUnreadable",
    message: expect.stringContaining("cos://l/s.gz"),
  });
});

test("a shard's own rows are read once more where something else came instead", async () => {
  const rows = encodeShardRows([{ key: "a.jpg" }]);
  const unpack = await packedShardRows(answering(Buffer.from("<html>"), rows), "p", 0);
  expect(await unpack?.()).toEqual([{ key: "a.jpg" }]);
  const never = await packedShardRows(answering(Buffer.from("<html>")), "p", 0);
  await expect(never?.()).rejects.toMatchObject({ code: "LedgerUnreadable" });
});
