import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listQuery, parseListing } from "../../../src/cos/listing/listing.ts";
import { urlEncode } from "../../../src/cos/signing/signature.ts";
import { cosErrorOf } from "../thrown-by.ts";

const contents = (key: string, more = "") =>
  `<Contents><Key>${urlEncode(key)}</Key><LastModified>2025-01-02T03:04:05.000Z</LastModified>` +
  `<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>5</Size>` +
  `<Owner><ID>1250000000</ID><DisplayName>1250000000</DisplayName></Owner>${more}</Contents>`;

const page = (inner: string, encoding = "url") =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>photos-1250000000</Name>` +
  `<EncodingType>${encoding}</EncodingType><Prefix/><Marker/><MaxKeys>1000</MaxKeys>${inner}</ListBucketResult>`;

const parse = (xml: string) => parseListing(xml, "photos-1250000000", 200, "Sun, 01 Jun 2025 12:00:00 GMT");

describe("one page", () => {
  test("has objects, prefixes, where to go on, and the server's time", () => {
    const xml = page(
      `<IsTruncated>true</IsTruncated><NextMarker>a%20b%2F2.jpg</NextMarker>` +
        contents("a b/1.jpg", "<StorageClass>STANDARD</StorageClass>") +
        contents("a b/2.jpg") +
        `<CommonPrefixes><Prefix>%E4%B8%AD%2F</Prefix></CommonPrefixes>`,
    );
    expect(parse(xml)).toEqual({
      objects: [
        {
          key: "a b/1.jpg",
          size: 5,
          etag: "d41d8cd98f00b204e9800998ecf8427e",
          lastModified: Date.parse("2025-01-02T03:04:05Z"),
          storageClass: "STANDARD",
        },
        {
          key: "a b/2.jpg",
          size: 5,
          etag: "d41d8cd98f00b204e9800998ecf8427e",
          lastModified: Date.parse("2025-01-02T03:04:05Z"),
          storageClass: undefined,
        },
      ],
      prefixes: ["中/"],
      nextMarker: "a b/2.jpg",
      serverTime: Date.parse("2025-06-01T12:00:00Z"),
    });
  });

  test("keeps every key as it is, whatever its characters", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), { maxLength: 5 }), (keys) => {
        expect(parse(page(keys.map((key) => contents(key)).join(""))).objects.map((each) => each.key)).toEqual(keys);
      }),
    );
  });

  test("takes a plus sign for a plus sign", () => {
    expect(parse(page(contents("x").replace("<Key>x<", "<Key>a+b<"))).objects[0]!.key).toBe("a+b");
  });

  test("leaves keys alone that the service did not encode", () => {
    expect(parse(page(contents("x").replace("<Key>x<", "<Key>100%25&amp;<"), "")).objects[0]!.key).toBe("100%25&");
  });

  test("that is truncated without saying where goes on after its last name, in the order of UTF-8 bytes", () => {
    const xml = page(
      `<IsTruncated>true</IsTruncated>${contents("b")}${contents("\uffee")}` +
        `<CommonPrefixes><Prefix>${urlEncode("\u{1f600}/")}</Prefix></CommonPrefixes>`,
    );
    expect(parse(xml).nextMarker).toBe("\u{1f600}/");
  });

  test.each([
    ["<html></html>", "not a listing"],
    ["", "not a listing"],
    ["<ListBucketResult><Contents>", "not a listing"],
    [page("<Contents><Key>a</Key></Contents>"), "lacks its Key, Size or LastModified"],
    [page(contents("a").replace("<Size>5<", "<Size>five<")), "lacks its Key, Size or LastModified"],
    [page(contents("x").replace("<Key>x<", "<Key>%ff<")), "not URL-encoded UTF-8"],
  ])("%j is refused: %s", async (xml, why) => {
    const error = await cosErrorOf((async () => parse(xml))());
    expect(error.code).toBe("MalformedReply");
    expect(error.message).toContain(why);
    expect(error.message).toContain("photos-1250000000");
  });
});

test("a query says only what was asked for, and always url encoding", () => {
  expect(listQuery({})).toEqual([["encoding-type", "url"]]);
  expect(listQuery({ prefix: "", marker: "", delimiter: "" })).toEqual([["encoding-type", "url"]]);
  expect(listQuery({ prefix: "p/", marker: "p/a", delimiter: "/", maxKeys: 7 })).toEqual([
    ["encoding-type", "url"],
    ["prefix", "p/"],
    ["marker", "p/a"],
    ["delimiter", "/"],
    ["max-keys", "7"],
  ]);
});
