/** Actions of access managements are spelt in one place, and told of the store that they are of. */
import { describe, expect, test } from "vitest";
import { printAddress, storeOf } from "../../src/vocabulary/address.ts";
import { actionsOf, needOf } from "../../src/vocabulary/permissions.ts";
import { readSources } from "../architecture/house.ts";

describe("what must be allowed", () => {
  test.each([
    ["cos", "cos:HeadObject and cos:GetBucket"],
    ["s3", "s3:GetObject and s3:ListBucket"],
    ["file", undefined],
  ] as const)("of %s has its own names", (store, need) => {
    expect(needOf(store, "head", "list")).toBe(need);
  });

  test("is named once where requests share it", () => {
    expect(actionsOf("s3", ["get", "head"])).toEqual(["s3:GetObject"]);
    expect(actionsOf("s3", ["put", "createUpload", "uploadPart", "completeUpload", "abortUpload"])).toEqual([
      "s3:PutObject",
      "s3:AbortMultipartUpload",
    ]);
    expect(actionsOf("file", ["put"])).toEqual([]);
  });

  test.each([
    [{ bucket: "archive-1250000000", prefix: "a/" }, "cos"],
    [{ store: "s3", bucket: "photo-archive", prefix: "" }, "s3"],
    [{ store: "file", bucket: "/mnt/archive", prefix: "" }, "file"],
  ] as const)("is asked of the store that an address names", (place, store) => {
    expect(storeOf(printAddress(place))).toBe(store);
  });

  test("is spelt nowhere else", () => {
    const spelling = [...readSources()].filter(
      ([path, { text }]) =>
        path !== "vocabulary/permissions.ts" &&
        /\b(cos|s3):(Get|Put|Head|List|Post|Abort|Initiate|Delete|Restore)[A-Z]/.test(text),
    );
    expect(spelling.map(([path]) => path)).toEqual([]);
  });
});
