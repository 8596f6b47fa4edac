/** The service's own replies that bring other bytes than the original's, and say so by a header: slimmed ones, and placeholders. */
import { describe, expect, test } from "vitest";
import { expectations, proofFloors } from "../../../src/vocabulary/choices.ts";
import { gatewayLab, isOriginal, kept, key, rowOf } from "./gateway-lab.ts";
import { bytesOf, large, small } from "./lab.ts";

const lab = gatewayLab();
const slim = Buffer.from("smaller bytes than the original, whose MD5 the ETag is");

describe.each(proofFloors)("under --proof %s", (proof) => {
  describe.each(expectations)("and --expect %s", (expect_) => {
    test.each([
      ["held whole", small],
      ["streamed", large],
    ])("what Smart Compression made of an original, %s, is never archived, and paid for once", async (_, bytes) => {
      lab.seed(bytes);
      lab.emulator().turn({ smartCompression: "every" });
      for (const row of [{ key }, { key, size: Math.floor(bytes.length / 2) }, rowOf(bytes)]) {
        const ended = await lab.archiveIt(row, { proof, expect: expect_ });
        expect(ended).toMatchObject({
          kind: "refused",
          outcome: { outcome: "failed", code: "SlimmedReply", status: 200 },
          requests: { "source.get": 1, "archive.put": 0 },
        });
        expect(ended.outcome.message).toContain("with X-SlimFlag");
        expect(ended.outcome.message).toContain("Smart Compression, or set its mode from Auto to API");
        expect(lab.archived()).toBeUndefined();
      }
    });

    test("a placeholder is never archived, paid for once, and explained by a HEAD", async () => {
      lab.seed(small);
      lab.replace(isOriginal, "get-placeholder");
      for (const row of [{ key }, { key, size: 21 }, rowOf(small)]) {
        const there = await lab.archiveIt(row, { proof, expect: expect_ });
        expect(there).toMatchObject({
          kind: "refused",
          outcome: { outcome: "failed", code: "PlaceholderReply", status: 200 },
          requests: { "source.get": 1, "source.head": 1 },
        });
        expect(there.outcome.message).toContain("set the bucket's 4xx image setting to Return code");
      }
      lab.emulator().bucket("photos-1250000000").delete(key);
      for (const row of [{ key }, { key, size: 21 }, rowOf(small)]) {
        expect(await lab.archiveIt(row, { proof, expect: expect_ })).toMatchObject({
          kind: "outcome",
          outcome: { outcome: "failed", code: "NoSuchKey", status: 404 },
          requests: { "source.get": 1, "source.head": 1 },
        });
      }
      expect(lab.archived()).toBeUndefined();
    });
  });
});

test("a slimmed reply as users have met it is none of the original's bytes either", async () => {
  lab.seed(slim);
  lab.replace(isOriginal, "get-slim");
  expect(await lab.archiveIt({ key, size: 54 }, { proof: "size", expect: "get" })).toMatchObject({
    outcome: { outcome: "failed", code: "SlimmedReply" },
  });
  await expect(lab.source().get(key, { originImage: true })).rejects.toMatchObject({
    code: "SlimmedReply",
    retryable: false,
    requestId: "EXAMPLE2",
  });
});

test("whatever asks for it is told: a plain GET of a bucket in mode Auto", async () => {
  lab.emulator().turn({ smartCompression: "plain" });
  lab.emulator().bucket(kept).put(key, bytesOf(100));
  await expect(lab.archive().get(key)).rejects.toMatchObject({ code: "SlimmedReply" });
  expect(await lab.archive().get(key, { originImage: true })).toMatchObject({ status: 200, size: 100 });
});

test("an X-SlimFlag that says the bytes were left alone is no fault: the original is archived", async () => {
  lab.seed(small);
  for (const flag of ["0", "2"]) {
    lab.emulator().faults.clear();
    lab
      .emulator()
      .faults.use((request) =>
        request.operation === "object.original" ? { kind: "headers", set: { "X-SlimFlag": flag } } : undefined,
      );
    expect(await lab.archiveIt({ key }, { ifExists: "overwrite" })).toMatchObject({ outcome: { outcome: "archived" } });
  }
  expect(lab.archived()?.equals(small)).toBe(true);
});

test("the length that a HEAD tells of a slimmed object is not the original's", async () => {
  lab.seed(small);
  const flagged = { kind: "headers", set: { "X-SlimFlag": "1", "Content-Length": "10" } } as const;
  lab.emulator().faults.use((request) => (request.operation === "object.head" ? flagged : undefined));
  expect(await lab.archiveIt({ key }, { ifExists: "overwrite" })).toMatchObject({ outcome: { outcome: "archived" } });
  expect(lab.archived()?.equals(small)).toBe(true);
});

describe("the refusal of Original Image Protection by its words alone", () => {
  test("is -154, to a plain GET as to originImage", async () => {
    lab.seed(small);
    lab.replace(() => true, "get-protected-by-words");
    for (const originImage of [false, true]) {
      await expect(lab.source().get(key, { originImage })).rejects.toMatchObject({
        code: "AccessDenied",
        errNo: -154,
        retryable: false,
        message: expect.stringContaining("as X-ErrNo -154 (Original Image Protection forbids this URL)"),
      });
    }
    lab.replace(isOriginal, "get-protected-by-words");
    expect(await lab.archiveIt(rowOf(small))).toMatchObject({ kind: "refused", requests: { "source.get": 1 } });
  });

  test("is what the embedded COS says with its switch, and no other refusal is", async () => {
    lab.seed(small);
    lab.emulator().turn({ protectionSendsErrNo: false });
    await expect(lab.source().get(key)).rejects.toMatchObject({ errNo: -154 });
    lab.emulator().faults.next(1, { kind: "error", code: "AccessDenied" });
    await expect(lab.source().get(key)).rejects.toMatchObject({ code: "AccessDenied", errNo: undefined });
  });
});
