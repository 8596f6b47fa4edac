import { describe, expect, test } from "vitest";
import { resolveEndpoint, resolveImageEndpoint } from "../../../src/cos/address/endpoint.ts";
import { userErrorOf } from "../thrown-by.ts";

const bucket = "photos-1250000000";
const region = "ap-guangzhou";
const own = "photos-1250000000.cos.ap-guangzhou.myqcloud.com";
const pic = "photos-1250000000.pic.ap-guangzhou.myqcloud.com";

describe("every form of endpoint", () => {
  test.each([
    [undefined, `https://${own}`, own, "", `https://${pic}`],
    ["https://{bucket}.cos.{region}.myqcloud.com", `https://${own}`, own, "", `https://${pic}`],
    ["https://{bucket}.cos.{region}.myqcloud.com/", `https://${own}`, own, "", `https://${pic}`],
    [
      "https://{bucket}.cos.{region}.tencentcos.cn",
      "https://photos-1250000000.cos.ap-guangzhou.tencentcos.cn",
      "photos-1250000000.cos.ap-guangzhou.tencentcos.cn",
      "",
      `https://${pic}`,
    ],
    [
      "https://{bucket}.cos-internal.{region}.tencentcos.cn",
      "https://photos-1250000000.cos-internal.ap-guangzhou.tencentcos.cn",
      "photos-1250000000.cos-internal.ap-guangzhou.tencentcos.cn",
      "",
      `https://${pic}`,
    ],
    [
      "https://{bucket}.cos.accelerate.myqcloud.com",
      "https://photos-1250000000.cos.accelerate.myqcloud.com",
      "photos-1250000000.cos.accelerate.myqcloud.com",
      "",
      `https://${pic}`,
    ],
    [
      "https://cos.{region}.myqcloud.com/{bucket}",
      "https://cos.ap-guangzhou.myqcloud.com",
      "cos.ap-guangzhou.myqcloud.com",
      "/photos-1250000000",
      `https://${pic}`,
    ],
    [
      "https://store.example:8443/cos/{bucket}/",
      "https://store.example:8443",
      "store.example:8443",
      "/cos/photos-1250000000",
      "https://store.example:8443",
    ],
    [
      "https://{bucket}.store.example:443",
      "https://photos-1250000000.store.example",
      "photos-1250000000.store.example",
      "",
      "https://photos-1250000000.store.example",
    ],
    ["https://gateway.example", "https://gateway.example", own, "", "https://gateway.example"],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000", own, "", "http://127.0.0.1:9000"],
    ["http://127.1.2.3", "http://127.1.2.3", own, "", "http://127.1.2.3"],
    ["http://[::1]:9000", "http://[::1]:9000", own, "", "http://[::1]:9000"],
    ["http://localhost:9000", "http://localhost:9000", own, "", "http://localhost:9000"],
    ["HTTP://LOCALHOST:9000", "http://localhost:9000", own, "", "http://localhost:9000"],
    [
      "http://127.0.0.1:9000/{bucket}",
      "http://127.0.0.1:9000",
      "127.0.0.1:9000",
      "/photos-1250000000",
      "http://127.0.0.1:9000",
    ],
  ])("%s dials %s with Host %s and path prefix %j; image settings dial %s", (endpoint, origin, host, prefix, image) => {
    expect(resolveEndpoint({ bucket, region, endpoint })).toEqual({ origin, host, pathPrefix: prefix });
    expect(resolveImageEndpoint({ bucket, region, endpoint })).toEqual({ origin: image, host: pic, pathPrefix: "" });
  });
});

describe("plain http", () => {
  test.each([
    "http://10.0.0.5:9000",
    "http://{bucket}.cos.{region}.myqcloud.com",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://128.0.0.1",
    "http://[::2]",
    "http://store.example/{bucket}",
  ])("to %s is refused, with both settings named", (endpoint) => {
    const error = userErrorOf(() => resolveEndpoint({ bucket, region, endpoint, allowHttp: ["other.example"] }));
    expect(error.code).toBe("PlainHttpRefused");
    expect(error.message).toContain("--endpoint");
    expect(error.message).toContain("--allow-http");
    expect(userErrorOf(() => resolveImageEndpoint({ bucket, region, endpoint })).code).toBe("PlainHttpRefused");
  });

  test.each([
    ["http://10.0.0.5:9000", "10.0.0.5", "http://10.0.0.5:9000"],
    ["http://10.0.0.5:9000", "10.0.0.5:9000", "http://10.0.0.5:9000"],
    ["http://Store.Example", "STORE.example", "http://store.example"],
    ["http://{bucket}.cos.{region}.myqcloud.com", own, `http://${own}`],
  ])("to %s is spoken where --allow-http %s names it", (endpoint, allowed, origin) => {
    expect(resolveEndpoint({ bucket, region, endpoint, allowHttp: [allowed] }).origin).toBe(origin);
  });

  test("allowed on one port is not allowed on another", () => {
    const settings = { bucket, region, endpoint: "http://10.0.0.5:9001", allowHttp: ["10.0.0.5:9000"] };
    expect(userErrorOf(() => resolveEndpoint(settings)).code).toBe("PlainHttpRefused");
  });
});

test.each([
  ["127.0.0.1:9000", "must begin with https://"],
  ["ftp://{bucket}.example", "must begin with https://"],
  ["https://", "not an address"],
  ["https://{bucket}.cos.{zone}.example", '"{zone}" is neither'],
  ["https://{bucket.example", "is neither {bucket} nor {region}"],
  ["https://user:pass@{bucket}.example", "credentials do not belong in it"],
  ["https://{bucket}.example/?x=1", "query or a fragment"],
  ["https://{bucket}.example/#x", "query or a fragment"],
  ["https://gateway.example/cos", "only be there to hold {bucket}"],
  ["https://{bucket}.example/cos", "only be there to hold {bucket}"],
  ["https://gateway.example/a b/{bucket}", "need encoding"],
])("the endpoint %s is refused: %s", (endpoint, why) => {
  const error = userErrorOf(() => resolveEndpoint({ bucket, region, endpoint }));
  expect(error.code).toBe("InvalidEndpoint");
  expect(error.message).toContain("--endpoint is ");
  expect(error.message).toContain(why);
});

test.each(["", "ap guangzhou", "ap-guangzhou.evil.example/", "AP-GUANGZHOU", "-x"])(
  "the region %j is refused",
  (wrong) => {
    const error = userErrorOf(() => resolveEndpoint({ bucket, region: wrong }));
    expect(error.code).toBe("InvalidRegion");
    expect(error.message).toContain("--region");
  },
);

test("a bucket without its APPID is refused", () => {
  expect(userErrorOf(() => resolveEndpoint({ bucket: "photos", region })).code).toBe("InvalidBucket");
});
