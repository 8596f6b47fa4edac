import { expect, it } from "vitest";
import { detectFormat } from "../../src/manifest/format.ts";

it.each([
  ["keys.txt", "lines"],
  ["keys.lst.gz", "lines"],
  ["a/b.c/keys.JSON", "json"],
  ["rows.jsonl", "jsonl"],
  ["rows.ndjson.gz", "jsonl"],
  ["failures-000000.csv", "csv"],
  ["results.CSV.GZ", "csv"],
  ["cos://bucket-125/nightly/manifest.json", "json"],
  ["keys", undefined],
  ["-", undefined],
  ["csv", undefined],
  ["keys.csv.zip", undefined],
  ["keys.gz", undefined],
  ["keys.constructor", undefined],
])("%s is %s by its name", (name, format) => {
  expect(detectFormat(name)).toBe(format);
});

it.each([
  ['{"sourceAppid":"125","sourceBucket":"b"', "cos-inventory"],
  ['\ufeff \n{ "destinationAppid" : "125"', "cos-inventory"],
  ['{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::d","version":"2016-11-30"', "s3-inventory"],
  ['{"files":[{"key":"k","size":1,"MD5checksum":"', "s3-inventory"],
  ['{"key":"a"}', "json"],
  ['["sourceAppid"]', "json"],
  ['[{"key":"md5Checksum","sourceAppid":1}]', "json"],
])("a .json that begins with %s is %s", (head, format) => {
  expect(detectFormat("manifest.json", Buffer.from(head))).toBe(format);
});
