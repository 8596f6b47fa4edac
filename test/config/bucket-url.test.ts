/** A place by the URL that the console shows is the same place by its address. Would catch: a prefix that is decoded twice, a region that is passed over. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBucketUrl } from "../../src/config/bucket-url.ts";
import { readSettings } from "../../src/config/read.ts";
import { archivePlace, destinationPlace, manifestObject, sourcePlace } from "../../src/runtime/settings/places.ts";

const host = "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com";
const asked = (flags: Parameters<typeof readSettings>[0]["flags"] = {}) => readSettings({ flags });

describe("a URL", () => {
  test.each([
    [host, "cos://photos-1250000000", "ap-guangzhou"],
    [`${host}/`, "cos://photos-1250000000", "ap-guangzhou"],
    [`${host}/a%20b/+%2B%25/`, "cos://photos-1250000000/a b/++%/", "ap-guangzhou"],
    ["https://Photos-1250000000.COS.ap-guangzhou.myqcloud.com/x", "cos://photos-1250000000/x", "ap-guangzhou"],
    ["https://photos-1250000000.cos.na-ashburn.tencentcos.cn/x", "cos://photos-1250000000/x", "na-ashburn"],
    ["https://photos-1250000000.cos-internal.ap-tokyo.tencentcos.cn", "cos://photos-1250000000", "ap-tokyo"],
    ["https://photos-1250000000.cos.accelerate.myqcloud.com/x/", "cos://photos-1250000000/x/", undefined],
    ["https://cos.ap-guangzhou.myqcloud.com/photos-1250000000/x/y", "cos://photos-1250000000/x/y", "ap-guangzhou"],
  ])("%s is %s in %s", (url, address, region) => {
    expect(readBucketUrl(url)).toEqual({ address, region });
  });

  test.each([
    "https://images.example.com/x",
    "https://photos.cos.ap-guangzhou.myqcloud.com",
    "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com.example.com/x",
    "https://user@photos-1250000000.cos.ap-guangzhou.myqcloud.com/",
    "cos://photos-1250000000",
  ])("%s is none of a bucket", (text) => {
    expect(readBucketUrl(text)).toBeUndefined();
  });

  test.each([
    [host.replace("https", "http"), "begins with http://"],
    [`${host}/x?q-sign-algorithm=sha1`, "has a query"],
    [`${host}/%ff`, "is not URL-encoded UTF-8"],
  ])("%s is refused", (url, why) => {
    expect((readBucketUrl(url) as { fault: string }).fault).toContain(why);
  });

  test("of any prefix is that prefix", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (prefix) => {
        const url = `${host}/${encodeURIComponent(prefix)}`;
        expect(readBucketUrl(url)).toMatchObject({
          address: prefix === "" ? "cos://photos-1250000000" : `cos://photos-1250000000/${prefix}`,
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe("settings", () => {
  test("take bucket, prefix and region from it, each of its own place", () => {
    const settings = asked({
      source: `${host}/2026/`,
      archive: "https://archive-1250000000.cos.ap-singapore.myqcloud.com/photos/",
      manifest: "https://lists-1250000000.cos.ap-tokyo.myqcloud.com/keys.csv",
    });
    expect(sourcePlace(settings)).toEqual({ bucket: "photos-1250000000", prefix: "2026/", region: "ap-guangzhou" });
    expect(archivePlace(settings)).toEqual({ bucket: "archive-1250000000", prefix: "photos/", region: "ap-singapore" });
    expect(manifestObject(settings)).toEqual({ bucket: "lists-1250000000", key: "keys.csv", region: "ap-tokyo" });
    expect(settings.values.source).toBe("cos://photos-1250000000/2026/");
  });

  test("say the region of one before that of all", () => {
    expect(sourcePlace(asked({ source: host, region: "ap-tokyo" })).region).toBe("ap-guangzhou");
    expect(sourcePlace(asked({ source: host, sourceRegion: "ap-guangzhou" })).region).toBe("ap-guangzhou");
    const accelerated = { source: "https://photos-1250000000.cos.accelerate.myqcloud.com" };
    expect(sourcePlace(asked({ ...accelerated, region: "ap-tokyo" })).region).toBe("ap-tokyo");
    expect(() => sourcePlace(asked(accelerated))).toThrow("The region of --source");
  });

  test("are refused where they say two regions of one place, whatever they are said by", () => {
    expect(() => asked({ source: host, sourceRegion: "ap-tokyo" })).toThrow(
      `--source "${host}" is in ap-guangzhou, and --source-region "ap-tokyo" says otherwise; leave out one of the two.`,
    );
    const environment = { ORIGINALS_ARCHIVE: host, ORIGINALS_ARCHIVE_REGION: "ap-tokyo" };
    expect(() => readSettings({ environment })).toThrow('and ORIGINALS_ARCHIVE_REGION "ap-tokyo" says otherwise');
  });

  test("never show what a URL was signed with", () => {
    for (const name of ["source", "archive", "manifest"] as const) {
      const read = () => asked({ [name]: `${host}/x?q-sign-algorithm=sha1&q-ak=AKID&q-signature=beef` });
      expect(read).toThrow(`--${name} "${host}/x?…" has a query`);
    }
    expect(() => destinationPlace(asked(), `${host}/x?q-signature=beef`, "--to")).toThrow(
      /^--to "[^"]*x\?…" has a query/,
    );
  });

  test("take a URL that is no bucket's for a file's name, of a manifest alone", () => {
    expect(asked({ manifest: "https://lists.example.com/keys.csv" }).values.manifest).toBe(
      "https://lists.example.com/keys.csv",
    );
    expect(() => asked({ source: "https://images.example.com" })).toThrow("is not an address of the form cos://");
  });
});

test("restore goes to a URL's bucket, in its region", () => {
  const settings = asked({ region: "ap-tokyo" });
  expect(destinationPlace(settings, `${host}/back/`, "--to")).toEqual({
    bucket: "photos-1250000000",
    prefix: "back/",
    region: "ap-guangzhou",
  });
});
