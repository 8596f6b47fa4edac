/** Catches: a reply of S3, or of somebody in its place, that is taken for another; a request that is signed with other keys, or told. */
import { describe, expect, test } from "vitest";
import { awsEnvironmentCredentials } from "../../../src/credentials/aws-environment.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { HttpError } from "../../../src/http/port/error.ts";
import { createS3Client } from "../../../src/stores/s3/client.ts";
import { s3Endpoint } from "../../../src/stores/s3/endpoint.ts";
import { cosErrorOf, userErrorOf } from "../../cos/thrown-by.ts";
import { clientOf, id, listing, md5OfBytes, now } from "./answers.ts";

describe("a request", () => {
  test("is signed by the keys of its own environment, for its region, with a token in it", async () => {
    const { client, requests } = await clientOf({ status: 200, headers: { ...id, etag: `"${md5OfBytes}"` } });
    await client.put("a b+.jpg", Buffer.from("bytes"), {
      headers: { "x-cos-meta-owner": "me" },
      forbidOverwrite: true,
    });
    const [request] = requests;
    expect(request?.url).toBe("/photo-archive/a%20b%2B.jpg");
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/20261129\/eu-west-1\/s3\/aws4_request, SignedHeaders=[a-z0-9;-]*x-amz-meta-owner;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(request?.headers).toMatchObject({
      "x-amz-date": "20261129T120000Z",
      "x-amz-security-token": "a-token",
      "x-amz-meta-owner": "me",
      "if-none-match": "*",
      "content-md5": Buffer.from(md5OfBytes, "hex").toString("base64"),
    });
  });

  test("goes out with a value beyond ASCII unsigned, as it is: what its characters are is not agreed on", async () => {
    const { client, requests } = await clientOf({ status: 200, headers: { ...id, etag: `"${md5OfBytes}"` } });
    const headers = { "content-disposition": 'inline; filename="caf\udce9 夏.jpg"', "cache-control": "private" };
    await client.put("k", Buffer.from("bytes"), { headers });
    const [request] = requests;
    const signed = /SignedHeaders=([^,]*)/.exec(request?.headers.authorization ?? "")?.[1]?.split(";");
    expect(signed).toContain("cache-control");
    expect(signed).not.toContain("content-disposition");
    expect(Buffer.from(request?.headers["content-disposition"] ?? "", "latin1")).toEqual(
      Buffer.concat([Buffer.from('inline; filename="caf'), Buffer.from([0xe9]), Buffer.from(' 夏.jpg"')]),
    );
  });

  test("can't be signed where half of the keys is missing, and the sentence names it", () => {
    const get = (given: Record<string, string>) => userErrorOf(() => awsEnvironmentCredentials(given).get());
    expect(get({}).message).toContain("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    expect(get({ AWS_ACCESS_KEY_ID: "x" }).message).toContain("AWS_ACCESS_KEY_ID is set, but not its companion");
    expect(get({ TENCENTCLOUD_SECRETID: "x", TENCENTCLOUD_SECRETKEY: "y" }).code).toBe("MissingCredentials");
  });
});

describe("a success that is none", () => {
  test("names no request, though the service did before", async () => {
    const { client } = await clientOf(
      { status: 200, headers: id, body: listing },
      { status: 200, headers: { etag: '"x"' } },
    );
    await client.list();
    expect(await cosErrorOf(client.put("k", Buffer.from("bytes")))).toMatchObject({
      code: "NotTheService",
      retryable: true,
    });
    expect(await cosErrorOf(client.head("k"))).toMatchObject({ code: "NotTheService" });
  });

  test("is believed of a service that names none, where it tells an ETag", async () => {
    const { client } = await clientOf(
      { status: 200, body: listing },
      { status: 200, headers: { etag: `"${md5OfBytes}"` } },
    );
    await client.list();
    expect((await client.put("k", Buffer.from("bytes"))).etag).toBe(md5OfBytes);
  });

  test("tells nothing of what it stored, or the ETag of other bytes", async () => {
    const { client } = await clientOf({ status: 200, headers: id });
    expect(await cosErrorOf(client.put("k", Buffer.from("bytes")))).toMatchObject({ code: "BareReply" });
    const { client: other } = await clientOf({ status: 200, headers: { ...id, etag: `"${"0".repeat(32)}"` } });
    expect(await cosErrorOf(other.put("k", Buffer.from("bytes")))).toMatchObject({
      code: "StoredOtherBytes",
      retryable: true,
    });
    async function* stream() {
      yield Buffer.from("bytes");
    }
    expect(await cosErrorOf(other.put("k", stream(), { contentLength: 5 }))).toMatchObject({
      code: "StoredOtherBytes",
    });
  });

  test("is none of these under keys of a key service, whose ETag is no MD5", async () => {
    const headers = { ...id, etag: `"${"0".repeat(32)}"`, "x-amz-server-side-encryption": "aws:kms" };
    const { client } = await clientOf({ status: 200, headers });
    const put = await client.put("k", Buffer.from("bytes"));
    expect(put.headers["x-cos-server-side-encryption"]).toBe("aws:kms");
    // S3's own keys change nothing about the ETag.
    const own = { ...id, etag: `"${md5OfBytes}"`, "x-amz-server-side-encryption": "AES256" };
    const { client: plain } = await clientOf({ status: 200, headers: own });
    expect((await plain.put("k", Buffer.from("bytes"))).headers["x-cos-server-side-encryption"]).toBeUndefined();
  });
});

describe("what is dialled", () => {
  test.each([
    [undefined, "photo-archive", "us-east-1", "https://photo-archive.s3.us-east-1.amazonaws.com", ""],
    [undefined, "my.photos", "us-east-1", "https://s3.us-east-1.amazonaws.com", "/my.photos"],
    [undefined, "photo-archive", "cn-north-1", "https://photo-archive.s3.cn-north-1.amazonaws.com.cn", ""],
    [
      "https://abc.r2.cloudflarestorage.com",
      "photo-archive",
      "auto",
      "https://abc.r2.cloudflarestorage.com",
      "/photo-archive",
    ],
    [
      "https://{bucket}.s3.oss-{region}.aliyuncs.com",
      "photo-archive",
      "cn-hangzhou",
      "https://photo-archive.s3.oss-cn-hangzhou.aliyuncs.com",
      "",
    ],
    ["http://127.0.0.1:9000/{bucket}", "photo-archive", "us-east-1", "http://127.0.0.1:9000", "/photo-archive"],
  ])("%s for %s in %s: %s%s", (endpoint, bucket, region, origin, pathPrefix) => {
    expect(s3Endpoint({ bucket, region, endpoint })).toEqual({ origin, host: new URL(origin).host, pathPrefix });
  });

  test.each([
    ["https://photo-archive.s3.eu-west-1.amazonaws.com", "https://{bucket}.s3.eu-west-1.amazonaws.com"],
    ["https://photo-archive.oss-cn-hangzhou.aliyuncs.com:8443/", "https://{bucket}.oss-cn-hangzhou.aliyuncs.com:8443"],
    ["http://photo-archive:9000", "http://photo-archive:9000/{bucket}"],
  ])("%s has the bucket's name in its host, and would have it in each key as well", (endpoint, said) => {
    const settings = { bucket: "photo-archive", region: "eu-west-1", endpoint, allowHttp: ["photo-archive"] };
    const refused = userErrorOf(() => s3Endpoint(settings));
    expect(refused).toMatchObject({ code: "InvalidEndpoint" });
    expect(refused.message).toContain(said);
    // What the sentence says will do.
    expect(s3Endpoint({ ...settings, endpoint: said }).host).toBe(new URL(endpoint).host);
  });

  test("is no directory bucket, whose listings have no order", () => {
    const refused = userErrorOf(() => s3Endpoint({ bucket: "photos--use1-az5--x-s3", region: "us-east-1" }));
    expect(refused).toMatchObject({ code: "InvalidBucket" });
    expect(refused.message).toContain("S3 Express One Zone");
  });

  test.each([
    ["https://{bucket}.s3.example.com", true],
    ["https://s3.example.com/{bucket}", false],
  ])("%s, with dots in the bucket's name, and a certificate that is another host's", async (endpoint, told) => {
    const failed = new HttpError({ code: "UntrustedCertificate", happened: "no connection" });
    const client = createS3Client({
      bucket: "my.photos",
      region: "us-east-1",
      endpoint,
      credentials: staticCredentials({ secretId: "id", secretKey: "key" }),
      clock: { now: () => now },
      createHttp: () => ({ send: (_, { onError }) => onError(failed), close: async () => undefined }),
    });
    const error = await cosErrorOf(client.head("k"));
    expect(error.code).toBe("UntrustedCertificate");
    expect(error.message.includes("let {bucket} stand in the path")).toBe(told);
  });

  test("is said by AWS's variables too, and then a sentence about it names them", () => {
    const refused = userErrorOf(() =>
      s3Endpoint({ bucket: "b-1", region: "r", endpoint: "https://a.example/b-1", endpointFrom: "AWS_ENDPOINT_URL" }),
    );
    expect(refused.message).toContain('AWS_ENDPOINT_URL is "https://a.example/b-1": it has a path');
  });

  test("is no plain http beyond loopback", () => {
    const refused = userErrorOf(() =>
      s3Endpoint({ bucket: "photo-archive", region: "us-east-1", endpoint: "http://s3.example.com" }),
    );
    expect(refused).toMatchObject({ code: "PlainHttpRefused" });
    expect(refused.message).toContain("--archive-endpoint");
  });
});
