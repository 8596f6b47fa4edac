import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddress, printAddress } from "../../src/vocabulary/address.ts";
import { isBucketName } from "../../src/vocabulary/names.ts";
import { userErrorOf } from "../cos/thrown-by.ts";

test.each([
  ["cos://photos-1250000000", "photos-1250000000", ""],
  ["cos://photos-1250000000/", "photos-1250000000", ""],
  ["cos://photos-1250000000/2024", "photos-1250000000", "2024"],
  ["cos://photos-1250000000/2024/", "photos-1250000000", "2024/"],
  ["cos://a-b-c-1234/a//b c%20+?#中", "a-b-c-1234", "a//b c%20+?#中"],
  ["cos://1-1234/./..", "1-1234", "./.."],
])("%s is bucket %s, prefix %j, exactly as written", (text, bucket, prefix) => {
  expect(parseAddress(text, "--source")).toEqual({ bucket, prefix });
});

test.each([
  ["photos-1250000000", 'an address begins with "cos://"'],
  ["COS://photos-1250000000", 'an address begins with "cos://"'],
  ["s3://photos-1250000000", 'an address begins with "cos://"'],
  ["cos://", "names no bucket"],
  ["cos:///key", "names no bucket"],
  ["cos://photos", "NAME-APPID"],
  ["cos://photos-", "NAME-APPID"],
  ["cos://-1250000000", "NAME-APPID"],
  ["cos://Photos-1250000000", "NAME-APPID"],
  ["cos://photos_1-1250000000", "NAME-APPID"],
  ["cos://photos.x-1250000000/k", "NAME-APPID"],
  [`cos://${"a".repeat(60)}-1250000000`, "at most 63"],
  ["cos://photos-1250000000//2024", "does not begin with a slash"],
  ["cos://photos-1250000000/\\2024", "does not begin with a slash or a backslash"],
  ["cos://photos-1250000000/\ud800", "not well-formed Unicode"],
  [`cos://photos-1250000000/${"é".repeat(426)}`, "852 bytes"],
])("%j is refused: %s", (text, why) => {
  const error = userErrorOf(() => parseAddress(text, "--archive"));
  expect(error.code).toBe("InvalidAddress");
  expect(error.message).toContain("--archive is ");
  expect(error.message).toContain(why);
  expect(error.message).toContain("write cos://BUCKET-APPID");
});

test("an address printed reads back as the same", () => {
  const prefix = fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !/^[/\\]/.test(text));
  const bucket = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?-[0-9]{4,10}$/).filter(isBucketName);
  fc.assert(
    fc.property(fc.record({ bucket, prefix }), (address) => {
      expect(parseAddress(printAddress(address), "--source")).toEqual(address);
    }),
  );
});
