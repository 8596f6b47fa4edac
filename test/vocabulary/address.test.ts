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

const every = ["cos", "s3", "file"] as const;

test.each([
  ["s3://photo-archive", { store: "s3", bucket: "photo-archive", prefix: "" }],
  ["s3://my.photos/2024/a b%20/", { store: "s3", bucket: "my.photos", prefix: "2024/a b%20/" }],
  ["file:///mnt/archive", { store: "file", bucket: "/mnt/archive", prefix: "" }],
  ["file:///mnt/my photos%20/", { store: "file", bucket: "/mnt/my photos%20", prefix: "" }],
  ["file:///D:/photos/", { store: "file", bucket: "D:/photos", prefix: "" }],
  ["cos://photos-1250000000/a", { bucket: "photos-1250000000", prefix: "a" }],
])("%s is one of another store, and is printed as the same place", (text, address) => {
  const read = parseAddress(text, "--archive", every);
  expect(read).toEqual(address);
  expect(parseAddress(printAddress(read), "--archive", every)).toEqual(address);
});

test.each([
  ["s3://", "names no bucket"],
  ["s3://ab", "3 to 63"],
  ["s3://Photos", "3 to 63"],
  ["s3://192.168.0.1/x", "3 to 63"],
  ["s3://a..b", "3 to 63"],
  ["s3://photo-archive//x", "does not begin with a slash"],
  ["file://host/share", "names no machine"],
  ["file://", "names no machine"],
  ["file:///", "names no folder"],
  ["file:///C:", "names no folder"],
  ["file:///mnt/../etc", "names no folder"],
  ["file:///mnt/./x", "names no folder"],
  ["file:///mnt//x", "names no folder"],
  ["file:///mnt/a\\..\\b", "names no folder"],
  ["gs://photos", 'begins with "cos://" or "s3://" or "file://"'],
])("%j is no place to archive to: %s", (text, why) => {
  expect(userErrorOf(() => parseAddress(text, "--archive", every)).message).toContain(why);
});

// What people write for a folder, as other tools take it.
test.each<readonly [text: string, instead: string]>([
  ["/mnt/disk/archive", "file:///mnt/disk/archive"],
  ["file:/mnt/archive", "file:///mnt/archive"],
  ["FILE:///mnt/archive", "file:///mnt/archive"],
  ["file://localhost/mnt/archive", "file:///mnt/archive"],
  ["file:///mnt/a/../b//./c/", "file:///mnt/b/c"],
  ["C:\\archive", "file:///C:/archive"],
  ["file://D:/my photos", "file:///D:/my photos"],
  ["file:///D:\\photos", "file:///D:/photos"],
  ...["./archive", "../x", ".", "~/archive", "~", "file://archive", "file://~/x", "file:///", "file:///C:", "/"].map(
    (text): [string, string] => [text, "by its whole path, as in file:///mnt/disk/archive"],
  ),
])("%j is told as a folder is written: %s", (text, instead) => {
  const { message } = userErrorOf(() => parseAddress(text, "--archive", every));
  expect(message).toMatch(/ a folder is written /);
  expect(message.endsWith(` ${instead}`)).toBe(true);
  const written = /(?<=written )file:.*$/.exec(message)?.[0];
  if (written !== undefined) expect(parseAddress(written, "--archive", every).store).toBe("file");
  // Originals are read from COS alone.
  expect(userErrorOf(() => parseAddress(text, "--source", ["cos"])).message).not.toMatch(/folder/);
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
