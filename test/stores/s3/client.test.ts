/** Catches: a reply of S3, or of somebody in its place, that is taken for another; a request that is signed with other keys, or told. */
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { awsEnvironmentCredentials } from "../../../src/credentials/aws-environment.ts";
import { s3Endpoint } from "../../../src/stores/s3/endpoint.ts";
import { cosErrorOf, userErrorOf } from "../../cos/thrown-by.ts";
import { clientOf, env, id, listing, md5OfBytes, now, refusal } from "./answers.ts";

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

  test("can't be signed where half of the keys is missing, and the sentence names it", () => {
    const get = (given: Record<string, string>) => userErrorOf(() => awsEnvironmentCredentials(given).get());
    expect(get({}).message).toContain("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    expect(get({ AWS_ACCESS_KEY_ID: "x" }).message).toContain("AWS_ACCESS_KEY_ID is set, but not its companion");
    expect(get({ TENCENTCLOUD_SECRETID: "x", TENCENTCLOUD_SECRETKEY: "y" }).code).toBe("MissingCredentials");
  });
});

describe("a refusal", () => {
  test.each([
    [
      { status: 412, headers: id, body: refusal("PreconditionFailed", "<Condition>If-None-Match</Condition>") },
      "FileAlreadyExists",
      409,
      false,
    ],
    [{ status: 412, headers: id, body: "" }, "FileAlreadyExists", 409, false],
    [
      { status: 409, headers: id, body: refusal("ConditionalRequestConflict") },
      "ConditionalRequestConflict",
      409,
      true,
    ],
    [{ status: 503, headers: id, body: refusal("SlowDown") }, "SlowDown", 503, true],
    [{ status: 400, headers: id, body: refusal("RequestTimeout") }, "RequestTimeout", 400, true],
    [{ status: 400, headers: id, body: refusal("BadDigest") }, "BadDigest", 400, false],
    [{ status: 403, headers: id, body: refusal("AccessDenied") }, "AccessDenied", 403, false],
    [{ status: 403, headers: id, body: refusal("RequestTimeTooSkewed").slice(0, 40) }, "MalformedReply", 403, true],
    [{ status: 404, headers: id, body: refusal("NoSuchBucket") }, "NoSuchBucket", 404, false],
    [{ status: 501, headers: id, body: refusal("NotImplemented") }, "NotImplemented", 501, false],
    [{ status: 200, headers: id, body: refusal("InternalError") }, "InternalError", 200, true],
  ] as const)("%j is %s", async (reply, code, status, retryable) => {
    const { client } = await clientOf(reply);
    const error = await cosErrorOf(client.put("k", Buffer.from("bytes"), { forbidOverwrite: true }));
    expect(error).toMatchObject({ code, status, retryable, throttled: code === "SlowDown" });
  });

  test("tells the region that the bucket is in", async () => {
    const body = refusal("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>");
    const { client } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(client.head("k"))).message).toContain("400");
    const { client: other } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(other.get("k"))).message).toContain("--archive-region eu-central-1");
  });

  test("keeps its name where a service escapes no ampersand in it", async () => {
    const body = refusal("InvalidArgument", "<Resource>a&b=1</Resource>");
    const { client } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(client.get("k"))).code).toBe("InvalidArgument");
  });

  test("holds nothing that it was signed with", async () => {
    const signatureOf = ({ headers }: IncomingMessage) =>
      /Signature=([0-9a-f]+)/.exec(headers.authorization ?? "")?.[1];
    const body = (request: IncomingMessage) =>
      `<Error><Code>SignatureDoesNotMatch</Code><Message>${Object.values(env).join(" ")} ${signatureOf(request)}</Message></Error>`;
    const { client, requests } = await clientOf({ status: 403, headers: id, body });
    const { message } = await cosErrorOf(client.get("k"));
    const signature = requests.map(signatureOf)[0];
    expect(signature).toHaveLength(64);
    for (const secret of [...Object.values(env), signature]) expect(message).not.toContain(secret);
  });

  test("for the clock is made good by the service's own", async () => {
    const date = new Date(now + 3_600_000).toUTCString();
    const { client, requests } = await clientOf(
      { status: 403, headers: { ...id, date }, body: refusal("RequestTimeTooSkewed") },
      { status: 200, headers: id, body: listing },
    );
    expect(await cosErrorOf(client.list())).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    await client.list();
    expect(requests.map(({ headers }) => headers["x-amz-date"])).toEqual(["20261129T120000Z", "20261129T130000Z"]);
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
      "https://{bucket}.oss-{region}.aliyuncs.com",
      "photo-archive",
      "cn-hangzhou",
      "https://photo-archive.oss-cn-hangzhou.aliyuncs.com",
      "",
    ],
    ["http://127.0.0.1:9000/{bucket}", "photo-archive", "us-east-1", "http://127.0.0.1:9000", "/photo-archive"],
  ])("%s for %s in %s: %s%s", (endpoint, bucket, region, origin, pathPrefix) => {
    expect(s3Endpoint({ bucket, region, endpoint })).toEqual({ origin, host: new URL(origin).host, pathPrefix });
  });

  test("is no plain http beyond loopback", () => {
    const refused = userErrorOf(() =>
      s3Endpoint({ bucket: "photo-archive", region: "us-east-1", endpoint: "http://s3.example.com" }),
    );
    expect(refused).toMatchObject({ code: "PlainHttpRefused" });
    expect(refused.message).toContain("--archive-endpoint");
  });
});
