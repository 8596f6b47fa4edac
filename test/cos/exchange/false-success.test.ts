/** What says success and lacks the service's marks is not the service's, whichever request it answers. */
import { describe, expect, onTestFinished, test } from "vitest";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { type Handler, tinyServer } from "../../http/tiny-server.ts";
import { cosErrorOf } from "../thrown-by.ts";

async function clientOf(handler: Handler): Promise<BucketClient> {
  const server = await tinyServer(handler);
  const client = createBucketClient({
    bucket: "photos-1250000000",
    region: "ap-guangzhou",
    endpoint: server.origin,
    credentials: staticCredentials({ secretId: "AKIDexample", secretKey: "example-secret" }),
    clock: { now: () => Date.parse("2025-06-01T12:00:00Z") },
  });
  onTestFinished(() => client.close());
  return client;
}
const answering = (status: number, headers: Record<string, string>, body = "") =>
  clientOf(async (received, response) => {
    await received.body();
    response.writeHead(status, headers).end(body);
  });

const calls: readonly (readonly [string, (client: BucketClient) => Promise<unknown>])[] = [
  ["GET", (client) => client.get("k")],
  ["GET of an original, as a stream", (client) => client.get("k", { originImage: true, bufferUpTo: 0 })],
  ["HEAD", (client) => client.head("k")],
  ["PUT", (client) => client.put("k", Buffer.from("data"))],
  ["DELETE", (client) => client.delete("k")],
  ["a listing", (client) => client.list()],
  ["the begin of an upload", (client) => client.createUpload("k")],
  ["a part", (client) => client.uploadPart("k", "id", 1, Buffer.from("data"))],
  ["the end of an upload", (client) => client.completeUpload("k", "id", [{ partNumber: 1, etag: "e" }])],
  ["the protection", (client) => client.getOriginProtect()],
];
const marks = { etag: `"${"0".repeat(32)}"`, "x-cos-hash-crc64ecma": "1" };

describe.each(calls)("%s", (_, call) => {
  test("answered 200 without a request id is not the service's", async () => {
    const client = await answering(200, { ...marks, server: "gateway", "content-type": "text/html" }, "sign in");
    const error = await cosErrorOf(call(client));
    expect(error).toMatchObject({ code: "NotTheService", status: 200, retryable: true, throttled: false });
    expect(error.message).toContain('status 200 without x-cos-request-id (Server "gateway", Content-Type "text/html")');
    expect(error.message).toContain("check the endpoint");
  });

  test.each([404, 409, 412, 304])(
    "answered %i without one says nothing of the object or the bucket",
    async (status) => {
      const foreign = await cosErrorOf(call(await answering(status, {})));
      expect(foreign).toMatchObject({ code: "NotTheService", status, retryable: true });
      const own = await cosErrorOf(call(await answering(status, { "x-cos-request-id": "NjE2" })));
      expect(own).toMatchObject({ status, retryable: false });
      expect(own.code).not.toBe("NotTheService");
    },
  );
});

test("Cloud Infinite's own name for a request is as good", async () => {
  const client = await answering(200, { "x-ci-request-id": "NjE2", ...marks }, "data");
  expect(await client.get("k")).toMatchObject({ status: 200, requestId: "NjE2" });
  expect(await client.head("k")).toMatchObject({ status: 200 });
});

test("an error document of the service is believed, whatever its headers", async () => {
  const xml = "<Error><Code>NoSuchKey</Code><Message>no</Message><RequestId>NjE2</RequestId></Error>";
  expect(await cosErrorOf((await answering(404, {}, xml)).get("k"))).toMatchObject({ code: "NoSuchKey", status: 404 });
});

test.each([
  ["HEAD", (client: BucketClient) => client.head("k")],
  ["PUT", (client: BucketClient) => client.put("k", Buffer.from("data"))],
])("the reply to %s tells ETag or CRC64, or nothing", async (_, call) => {
  const id = { "x-cos-request-id": "NjE2" };
  const bare = await cosErrorOf(call(await answering(200, { ...id, etag: '""' })));
  expect(bare).toMatchObject({ code: "BareReply", status: 200, requestId: "NjE2", retryable: true });
  expect(await call(await answering(200, { ...id, etag: '"e"' }))).toMatchObject({ etag: "e", crc64: undefined });
  expect(await call(await answering(200, { ...id, "x-cos-hash-crc64ecma": "7" }))).toMatchObject({ crc64: "7" });
});

test("a GET may tell neither: what originImage's own reply carries is not known", async () => {
  const client = await answering(200, { "x-cos-request-id": "NjE2" }, "data");
  expect(await client.get("k", { originImage: true })).toMatchObject({ status: 200, etag: undefined });
});
