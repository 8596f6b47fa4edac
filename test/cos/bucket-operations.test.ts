/** Listing, multipart upload and Original Image Protection, as they go over the wire. */
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBucketClient } from "../../src/cos/client.ts";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import type { Handler, TinyServer } from "../http/tiny-server.ts";
import { cosServer } from "./cos-server.ts";
import { cosErrorOf } from "./thrown-by.ts";

async function setup(handler: Handler) {
  const server = await cosServer(handler);
  const client = createBucketClient({
    bucket: "photos-1250000000",
    region: "ap-guangzhou",
    endpoint: server.origin,
    credentials: staticCredentials({ secretId: "AKIDexample", secretKey: "example-secret" }),
    clock: { now: () => Date.parse("2025-06-01T12:00:00Z") },
  });
  onTestFinished(() => client.close());
  return { server, client };
}

const parametersOf = (server: TinyServer) =>
  server.requests.map((each) => /q-url-param-list=([^&]*)/.exec(each.headers.authorization!)![1]);

test("a listing is asked for page by page, with its marker encoded and every parameter signed", async () => {
  const { server, client } = await setup((received, response) => {
    const second = received.target.includes("marker=");
    const key = second ? "b%20%26c.jpg" : "a%2Fb.jpg";
    response
      .writeHead(200, { "content-type": "application/xml", date: "Sun, 01 Jun 2025 12:00:00 GMT" })
      .end(
        `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${!second}</IsTruncated>` +
          (second ? "" : "<NextMarker>a%2Fb.jpg</NextMarker>") +
          `<Contents><Key>${key}</Key><LastModified>2025-01-02T03:04:05Z</LastModified><ETag>"e"</ETag><Size>1</Size></Contents>` +
          `</ListBucketResult>`,
      );
  });
  const first = await client.list({ prefix: "文/", maxKeys: 1 });
  const second = await client.list({ prefix: "文/", marker: first.nextMarker, maxKeys: 1 });
  expect([...first.objects, ...second.objects].map(({ key }) => key)).toEqual(["a/b.jpg", "b &c.jpg"]);
  expect(second.nextMarker).toBeUndefined();
  expect(server.requests.map((each) => each.target)).toEqual([
    "/?encoding-type=url&prefix=%E6%96%87%2F&max-keys=1",
    "/?encoding-type=url&prefix=%E6%96%87%2F&marker=a%2Fb.jpg&max-keys=1",
  ]);
  expect(parametersOf(server)).toEqual(["encoding-type;max-keys;prefix", "encoding-type;marker;max-keys;prefix"]);
  expect((await client.list()).serverTime).toBe(Date.parse("2025-06-01T12:00:00Z"));
});

describe("a copy", () => {
  test("names what is copied by the bucket's own host, with its conditions, all of it signed", async () => {
    const { server, client } = await setup((_, response) => {
      response.end(
        `<CopyObjectResult><ETag>"0123456789abcdef0123456789abcdef"</ETag><CRC64>17</CRC64><LastModified>2025-06-01T11:00:00Z</LastModified></CopyObjectResult>`,
      );
    });
    const copied = await client.copy("history/a.jpg", "文 +.jpg", {
      ifMatch: "abc",
      forbidOverwrite: true,
      headers: { "x-cos-storage-class": "ARCHIVE" },
    });
    expect(copied).toMatchObject({ etag: "0123456789abcdef0123456789abcdef", crc64: "17" });
    expect(copied.lastModified).toBe(Date.parse("2025-06-01T11:00:00Z"));
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "PUT", target: "/history/a.jpg" });
    expect(request?.headers).toMatchObject({
      "x-cos-copy-source": "photos-1250000000.cos.ap-guangzhou.myqcloud.com/%E6%96%87%20%2B.jpg",
      "x-cos-copy-source-if-match": '"abc"',
      "x-cos-forbid-overwrite": "true",
      "x-cos-storage-class": "ARCHIVE",
      "content-length": "0",
    });
    const signed = /q-header-list=([^&]*)/.exec(request?.headers.authorization ?? "")?.[1]?.split(";");
    expect(signed).toEqual(expect.arrayContaining(["x-cos-copy-source", "x-cos-copy-source-if-match"]));
  });

  test("that tells of a failure with status 200 has failed, and so has one that tells nothing", async () => {
    const { client } = await setup((_, response) => {
      response.end("<Error><Code>InternalError</Code><Message>half way</Message></Error>");
    });
    expect(await cosErrorOf(client.copy("a", "b"))).toMatchObject({ code: "InternalError", retryable: true });
    const { client: other } = await setup((_, response) => {
      response.end("<html>Welcome</html>");
    });
    expect(await cosErrorOf(other.copy("a", "b"))).toMatchObject({ code: "MalformedReply", retryable: true });
  });
});

describe("a multipart upload", () => {
  test("is created, put part by part, and completed in the order of its parts", async () => {
    const bodies: string[] = [];
    const { server, client } = await setup(async (received, response) => {
      bodies.push((await received.body()).toString());
      if (received.target.endsWith("?uploads")) {
        response.end(
          "<InitiateMultipartUploadResult><Bucket/><Key/><UploadId>up/1+</UploadId></InitiateMultipartUploadResult>",
        );
      } else if (received.method === "PUT") {
        response.writeHead(200, { etag: `"part-${received.headers["content-length"]}"` }).end();
      } else {
        response
          .writeHead(200, { "x-cos-request-id": "NjE2" })
          .end(
            "\n<CompleteMultipartUploadResult><ETag>&quot;8d777f385d3dfec8815d20f7496026dc-2&quot;</ETag><CRC64>123</CRC64></CompleteMultipartUploadResult>",
          );
      }
    });
    const uploadId = await client.createUpload("a b", {
      headers: { "content-type": "image/png", "x-cos-meta-a": "1" },
    });
    expect(uploadId).toBe("up/1+");
    async function* chunks() {
      yield Buffer.from("hel");
      yield Buffer.from("lo");
    }
    const second = await client.uploadPart("a b", uploadId, 2, Buffer.from("!"), {
      contentMd5: "kDPlfVnpN+gqe3tc4jBFHA==",
    });
    const first = await client.uploadPart("a b", uploadId, 1, chunks(), { contentLength: 5 });
    expect(first).toEqual({ partNumber: 1, etag: "part-5" });
    const result = await client.completeUpload("a b", uploadId, [second, first], { forbidOverwrite: true });
    expect(result).toEqual({ etag: "8d777f385d3dfec8815d20f7496026dc-2", crc64: "123", requestId: "NjE2" });

    expect(server.requests.map((each) => `${each.method} ${each.target}`)).toEqual([
      "POST /a%20b?uploads",
      "PUT /a%20b?partNumber=2&uploadId=up%2F1%2B",
      "PUT /a%20b?partNumber=1&uploadId=up%2F1%2B",
      "POST /a%20b?uploadId=up%2F1%2B",
    ]);
    expect(parametersOf(server)).toEqual(["uploads", "partnumber;uploadid", "partnumber;uploadid", "uploadid"]);
    expect(server.requests[0]!.headers).toMatchObject({ "content-type": "image/png", "x-cos-meta-a": "1" });
    expect(server.requests[1]!.headers["content-md5"]).toBe("kDPlfVnpN+gqe3tc4jBFHA==");
    expect(server.requests[3]!.headers["x-cos-forbid-overwrite"]).toBe("true");
    expect(bodies).toEqual([
      "",
      "!",
      "hello",
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;part-5&quot;</ETag></Part>" +
        "<Part><PartNumber>2</PartNumber><ETag>&quot;part-1&quot;</ETag></Part></CompleteMultipartUpload>",
    ]);
  });

  test("that is aborted twice is aborted", async () => {
    let asked = 0;
    const { client } = await setup((_, response) => {
      if (asked++ === 0) response.writeHead(204).end();
      else response.writeHead(404).end("<Error><Code>NoSuchUpload</Code></Error>");
    });
    await client.abortUpload("k", "id");
    await client.abortUpload("k", "id");
    expect(asked).toBe(2);
  });

  test("whose replies say nothing of use is an error", async () => {
    const { client } = await setup(async (received, response) => {
      await received.body();
      response.removeHeader("etag");
      response.end(received.target.endsWith("?uploads") ? "<InitiateMultipartUploadResult/>" : "<html/>");
    });
    for (const attempt of [
      client.createUpload("k"),
      client.uploadPart("k", "id", 1, Buffer.from("x")),
      client.completeUpload("k", "id", [{ partNumber: 1, etag: "e" }]),
    ]) {
      expect((await cosErrorOf(attempt)).code).toBe("MalformedReply");
    }
  });
});

describe("Original Image Protection", () => {
  test.each([
    ["on", true],
    ["off", false],
  ])("that is %s reads as %s, from the image host", async (text, expected) => {
    const { server, client } = await setup((_, response) =>
      response.end(`<?xml version="1.0"?><OriginProtectStatus>${text}</OriginProtectStatus>`),
    );
    expect(await client.getOriginProtect()).toBe(expected);
    expect(server.requests[0]).toMatchObject({ method: "GET", target: "/?origin-protect" });
    expect(server.requests[0]!.headers.host).toBe("photos-1250000000.pic.ap-guangzhou.myqcloud.com");
    expect(parametersOf(server)).toEqual(["origin-protect"]);
  });

  test("is set for suffixes, and taken away", async () => {
    const bodies: string[] = [];
    const { server, client } = await setup(async (received, response) => {
      bodies.push((await received.body()).toString());
      response.end();
    });
    await client.putOriginProtect(["jpg", "png"]);
    await client.deleteOriginProtect();
    expect(server.requests.map((each) => `${each.method} ${each.target}`)).toEqual([
      "PUT /?origin-protect",
      "DELETE /?origin-protect",
    ]);
    expect(bodies[0]).toBe("<Suffixs><Suffix>jpg</Suffix><Suffix>png</Suffix></Suffixs>");
    expect(server.requests[0]!.headers["content-md5"]).toBe(createHash("md5").update(bodies[0]!).digest("base64"));
  });

  test("in a reply that is neither is an error, not off", async () => {
    const { client } = await setup((_, response) => response.end("<OriginProtectStatus>maybe</OriginProtectStatus>"));
    expect((await cosErrorOf(client.getOriginProtect())).code).toBe("MalformedReply");
  });
});

test("a restore says days and tier under the MD5 of its body, and names the version", async () => {
  const statuses = [202, 200, 409];
  const bodies: string[] = [];
  const { server, client } = await setup(async (received, response) => {
    bodies.push((await received.body()).toString());
    response.writeHead(statuses.shift() ?? 500, { "x-cos-request-id": "1" }).end();
  });
  const asked = { days: 3, tier: "Bulk" } as const;
  expect(await client.restore("a b.jpg", { ...asked, versionId: "v1" })).toBe("begun");
  expect(await client.restore("a b.jpg", asked)).toBe("restored");
  const refused = await cosErrorOf(client.restore("a b.jpg", { tier: "Bulk" }));
  expect(refused).toMatchObject({ status: 409, retryable: false });
  const body = "<RestoreRequest><Days>3</Days><CASJobParameters><Tier>Bulk</Tier></CASJobParameters></RestoreRequest>";
  const [first, second] = server.requests;
  expect(first).toMatchObject({ method: "POST", target: "/a%20b.jpg?restore&versionId=v1" });
  expect(second?.target).toBe("/a%20b.jpg?restore");
  expect(bodies[0]).toBe(body);
  expect(bodies[2], "of what no copy is made").toBe(body.replace("<Days>3</Days>", ""));
  expect(first?.headers["content-md5"]).toBe(createHash("md5").update(body).digest("base64"));
  expect(parametersOf(server).slice(0, 2)).toEqual(["restore;versionid", "restore"]);
});
