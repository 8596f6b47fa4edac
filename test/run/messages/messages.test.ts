import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMessage } from "../../../src/run/messages/messages.ts";
import { userErrorOf } from "../../cos/thrown-by.ts";
import { archivePlace, inlineMessage, ledgerPlace, objectMessage, sourcePlace } from "../world.ts";

const plan = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const shard = { v: 1, type: "shard", ledger: ledgerPlace, run: "r", plan, shard: 0, seq: 0 };
const listing = { v: 1, type: "manifest", source: sourcePlace, archive: archivePlace, prefix: "" };
const refusal = (message: unknown) =>
  userErrorOf(() => parseMessage(typeof message === "string" ? message : JSON.stringify(message)));

describe("a message", () => {
  test.each([
    ["inline keys", inlineMessage(["a.jpg", { key: "b.jpg", size: 3, archiveKey: "x" }])],
    ["a manifest object", objectMessage("keys.csv.gz", { run: "nightly-1", options: { maxFailures: "5%" } })],
    ["a listing with a run id", { ...listing, run: "r" }],
    ["a listing with a time", { ...listing, scheduledAt: "2026-01-15T02:00:00+08:00" }],
    ["a shard", shard],
    ["a reconcile", { v: 1, type: "reconcile", ledger: ledgerPlace, run: "r" }],
  ])("with %s is read", (_, message) => {
    expect(parseMessage(JSON.stringify(message))).toMatchObject(message);
  });

  const s3 = { store: "s3", bucket: "photo-archive", region: "us-east-1", prefix: "photos/" };
  const folder = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" };

  test.each([
    ["an archive in S3", { ...inlineMessage(["a.jpg"], { archive: s3 }), v: 2 }],
    ["a ledger in S3", { ...shard, v: 2, ledger: s3 }],
    ["a ledger in a folder", { v: 2, type: "reconcile", ledger: folder, run: "r" }],
  ])("with %s is of version 2, and to workers of before it is newer than they are", (_, message) => {
    expect(parseMessage(JSON.stringify(message))).toMatchObject(message);
    expect(refusal({ ...message, v: 1 }).message).toMatch(/`(archive|ledger)\.store` = "(s3|file)".*has `v` 2/);
  });

  test.each([
    ["originals anywhere but in COS", { ...inlineMessage(["a"], { source: s3 }), v: 2 }, "`source.bucket`"],
    ["another store", { ...shard, v: 2, ledger: { ...s3, store: "gs" } }, "`ledger.store`"],
    ["a bucket of S3 in COS", { ...shard, ledger: { ...ledgerPlace, bucket: "photo-archive" } }, "BUCKET-APPID"],
    ["no bucket of S3", { ...shard, v: 2, ledger: { ...s3, bucket: "Photos/x" } }, "no bucket of S3"],
    ["a folder that leads elsewhere", { ...shard, v: 2, ledger: { ...folder, bucket: "/mnt/../etc" } }, "whole path"],
    ["all of a disk", { ...shard, v: 2, ledger: { ...folder, bucket: "/" } }, "whole path"],
  ])("with %s is refused", (_, message, why) => {
    expect(refusal(message)).toMatchObject({ code: "InvalidMessage" });
    expect(refusal(message).message).toContain(why);
  });

  test("may leave out the prefix of a place", () => {
    const { prefix: _, ...source } = sourcePlace;
    expect(parseMessage(JSON.stringify(inlineMessage(["a"], { source })))).toMatchObject({ source: sourcePlace });
  });

  test.each<[string, unknown, readonly (string | RegExp)[]]>([
    ["no JSON", "{", ["{", "is not JSON"]],
    ["no object", "7", ["7", "has no type"]],
    ["an unknown type", { type: "task" }, ['"task"', '"manifest", "shard" or "reconcile"']],
    ["a version that never was", { ...shard, v: 0 }, ["`v` = 0", "1"]],
    [
      "a bucket without an APPID",
      { ...shard, ledger: { bucket: "photos", region: "x" } },
      ["`ledger.bucket`", '"photos"'],
    ],
    ["a region that is a host", { ...shard, ledger: { ...ledgerPlace, region: "evil.example" } }, ['"evil.example"']],
    ["a field that is missing", { ...shard, plan: undefined }, ["lacks `plan`"]],
    ["a plan that is a path", { ...shard, plan: "../x" }, ["`plan`", '"../x"']],
    ["a run id that is a path", { ...shard, run: "../../x" }, ["`run`", '"../../x"']],
    ["a negative shard", { ...shard, shard: -1 }, ["`shard` = -1"]],
    ["a shard that is no number", { ...shard, seq: "1" }, ['`seq` = "1"']],
    ["an endpoint of its own", { ...shard, endpoint: "http://evil.example" }, ["`endpoint`", "may not have"]],
    ["a field of a place that is unknown", { ...shard, ledger: { ...ledgerPlace, host: "h" } }, ["`ledger.host`"]],
    ["no rows", { ...inlineMessage(["a"]), keys: undefined }, ["exactly one of `manifest`, `keys` and `prefix`"]],
    ["two kinds of rows", { ...objectMessage("k"), keys: ["a"] }, ["exactly one of"]],
    ["an empty list", inlineMessage([]), ["`keys`", "empty list"]],
    ["a key that is a number", inlineMessage(["a", 7]), ["`keys.1` = 7"]],
    ["a row without a key", inlineMessage([{ size: 3 }]), ["`keys.0.key`"]],
    ["a row with an unknown field", inlineMessage([{ key: "a", Size: 3 }]), ["`keys.0.Size`"]],
    ["a row with a wrong size", inlineMessage([{ key: "a", size: -3 }]), ["`keys.0.size` = -3"]],
    ["a listing without a name", listing, ["`run` or `scheduledAt`"]],
    [
      "a time without an offset",
      { ...listing, scheduledAt: "2026-01-15 02:00" },
      ["`scheduledAt`", "2026-01-15 02:00"],
    ],
    ["an option that is unknown", inlineMessage(["a"], { options: { prove: "md5" } }), ["`options.prove`"]],
    ["an option's wrong value", inlineMessage(["a"], { options: { proof: "md5" } }), ["`options.proof`", '"md5"']],
    [
      "a budget that is none",
      inlineMessage(["a"], { options: { maxFailures: "5 %" } }),
      ["`options.maxFailures`", "5 %"],
    ],
    ["a shard size of 0", inlineMessage(["a"], { options: { shardSize: 0 } }), ["`options.shardSize` = 0"]],
  ])("with %s is refused in one sentence that names it", (_, message, parts) => {
    const error = refusal(message);
    expect(error.code).toBe("InvalidMessage");
    expect(error.message).toMatch(/^The [^\n]*\.$/);
    for (const part of parts) expect(error.message).toMatch(part instanceof RegExp ? part : new RegExp(escaped(part)));
  });

  // test/run/deliver/newer.test.ts has what becomes of it.
  test("of a later version is no invalid one, and is not quoted", () => {
    const error = refusal({ v: 3, type: "pulse", secretKey: "S3CRET" });
    expect(error.code).toBe("NewerThanTool");
    expect(error.message).toMatch(
      /^The message has `v` = 3, which is newer than this cos-originals\/[^;]*; update [^.]*\.$/,
    );
    expect(error.message).not.toContain("S3CRET");
  });

  test.each([
    ["beside the fields there are", inlineMessage(["a"], { secretKey: "S3CRET" })],
    ["in a place", { ...shard, ledger: { ...ledgerPlace, secretKey: "S3CRET" } }],
    ["in a row", inlineMessage([{ key: "a", secretKey: "S3CRET" }])],
    ["in a message of an unknown type", { type: "task", secretKey: "S3CRET" }],
    ["where a text is expected", { ...shard, run: { secretKey: "S3CRET" } }],
    ["where a number is expected", { ...shard, seq: ["S3CRET"] }],
  ])("that carries a secret %s does not bring it into the error", (_, message) => {
    expect(refusal(message).message).not.toContain("S3CRET");
  });

  test("of any JSON is read or refused as a UserError", () => {
    const almost = fc.tuple(fc.constantFrom(shard, listing, inlineMessage(["a"])), fc.string(), fc.jsonValue());
    const names = fc.constantFrom(
      "v",
      "type",
      "ledger",
      "run",
      "plan",
      "keys",
      "manifest",
      "options",
      "source",
      "prefix",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          almost.map(([base, name, value]) => ({ ...base, [name]: value })),
          fc
            .tuple(fc.constantFrom(shard, listing, inlineMessage(["a"])), names, fc.jsonValue())
            .map(([base, name, value]) => ({
              ...base,
              [name]: value,
            })),
        ),
        (value) => {
          try {
            parseMessage(JSON.stringify(value));
          } catch (error) {
            expect(error).toMatchObject({
              name: "UserError",
              code: expect.stringMatching(/^(InvalidMessage|NewerThanTool)$/),
            });
            expect((error as Error).message).not.toMatch(/undefined|\[object/);
          }
        },
      ),
    );
  });
});

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
