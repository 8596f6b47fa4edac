/** Catches: a run that ends because a page, or changed bytes, came once instead of a segment. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
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
