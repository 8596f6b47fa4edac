/** Catches: a storage class that the store would refuse for every row, after each was paid for. */
import { expect, test } from "vitest";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { checkStoreWords } from "../../../src/run/places/store-words.ts";
import { userErrorOf } from "../../cos/thrown-by.ts";

const cos = { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "" };
const s3 = { store: "s3", bucket: "photo-archive", region: "us-east-1", prefix: "" } as const;
const folder = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" } as const;

test.each([
  [cos, { storageClass: "MAZ_STANDARD", encryption: "cos/kms" }],
  [s3, { storageClass: "GLACIER_IR", encryption: "aws:kms" }],
  [s3, { storageClass: "STANDARD_IA", encryption: "AES256" }],
  [folder, {}],
])("%j takes %j", (archive, options) => {
  expect(() => checkStoreWords({ archive, options: runOptionsSchema.parse(options) })).not.toThrow();
});

test.each(["ARCHIVE", "DEEP_ARCHIVE", "MAZ_ARCHIVE"])("%s and a history exclude each other", (storageClass) => {
  const options = runOptionsSchema.parse({ storageClass, history: "history/" });
  expect(userErrorOf(() => checkStoreWords({ archive: cos, options })).code).toBe("HistoryUnsafe");
});

test.each([
  [cos, { storageClass: "GLACIER_IR" }, "there it is one of STANDARD, "],
  [s3, { storageClass: "ARCHIVE" }, "GLACIER_IR, GLACIER, DEEP_ARCHIVE"],
  [s3, { encryption: "cos/kms" }, "there it is one of AES256, aws:kms"],
  [folder, { storageClass: "STANDARD" }, "it has no storage class"],
  [folder, { encryption: "AES256" }, "it has no encryption"],
])("%j refuses %j: %s", (archive, options, why) => {
  const error = userErrorOf(() => checkStoreWords({ archive, options: runOptionsSchema.parse(options) }));
  expect(error.code).toBe("InvalidSetting");
  expect(error.message).toContain(why);
});
