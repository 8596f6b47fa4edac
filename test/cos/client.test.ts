/** The whole client, as a server on loopback sees it; what it signed is checked with the official SDK. */
import { buffer } from "node:stream/consumers";
import COS from "cos-nodejs-sdk-v5";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type BucketClient, type BucketClientOptions, createBucketClient } from "../../src/cos/client.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { type CredentialsProvider, staticCredentials } from "../../src/credentials/credentials.ts";
import { environmentCredentials } from "../../src/credentials/environment.ts";
import { judge } from "../../src/policy/retry.ts";
import { UserError } from "../../src/vocabulary/errors.ts";
import type { Received, TinyServer } from "../http/tiny-server.ts";
import { runs } from "../setup/quick.ts";
import { cosServer } from "./cos-server.ts";
import { cosErrorOf } from "./thrown-by.ts";

const name = "photos-1250000000";
const region = "ap-guangzhou";
const host = `${name}.cos.${region}.myqcloud.com`;
const credentials: Credentials = { secretId: "AKIDexample", secretKey: "example-secret" };
const noon = Date.parse("2025-06-01T12:00:00Z");

function clientOf(server: TinyServer, over: Partial<BucketClientOptions> = {}): BucketClient {
  const client = createBucketClient({
    bucket: name,
    region,
    endpoint: server.origin,
    credentials: staticCredentials(credentials),
    clock: { now: () => noon },
    ...over,
  });
  onTestFinished(() => client.close());
  return client;
}

/** What the SDK would have put in the Authorization header for exactly what arrived, signed over the same names. */
function sdkAuthorization(received: Received, signer: Credentials = credentials): string {
  const sent = new URLSearchParams(received.headers.authorization);
  const query = received.target.includes("?") ? received.target.slice(received.target.indexOf("?") + 1) : "";
  const listed = (sent.get("q-header-list") ?? "").split(";").filter((each) => each !== "");
  return COS.getAuthorization({
    SecretId: signer.secretId,
    SecretKey: signer.secretKey,
    Method: received.method as "GET",
    Pathname: decodeURIComponent(received.target.split("?")[0]!),
    Query: Object.fromEntries(
      query
        .split("&")
        .filter((pair) => pair !== "")
        .map((pair) => pair.split("=").map((part) => decodeURIComponent(part)))
        .map(([key = "", value = ""]) => [key, value]),
    ),
    Headers: Object.fromEntries(listed.map((each) => [each, utf8(received.headers[each])])),
    KeyTime: sent.get("q-key-time") ?? "",
  });
}

/** node:http reads headers as Latin-1. */
const utf8 = (text = "") => Buffer.from(text, "latin1").toString("utf8");
const signedNames = (received: Received) =>
  /q-header-list=([^&]*)/.exec(received.headers.authorization!)![1]!.split(";");

const errorXml = (code: string, message = "") =>
  `<?xml version='1.0'?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

describe("what is sent", () => {
  const answering = () =>
    cosServer(async (received, response) => {
      await received.body();
      response.end();
    });

  test("the original is asked for with ci-process=originImage, signed for the bucket's own host", async () => {
    const server = await answering();
    await clientOf(server).get("a/b.jpg", { originImage: true });
    const [received] = server.requests;
    expect(received).toMatchObject({ method: "GET", target: "/a/b.jpg?ci-process=originImage" });
    expect(received!.headers.host).toBe(host);
    expect(received!.headers.authorization).toContain("&q-header-list=host&q-url-param-list=ci-process&");
    expect(received!.headers.authorization).toContain(`q-sign-time=${noon / 1000 - 60};`);
    expect(received!.headers.authorization).toBe(sdkAuthorization(received!));
  });

  test.each([
    ["a//b", "/a//b"],
    ["./x", "/./x"],
    ["../x", "/../x"],
    ["..", "/.."],
    ["a/../../b/./c/", "/a/../../b/./c/"],
    ["a?b#c", "/a%3Fb%23c"],
    ["%2F%20", "/%252F%2520"],
    ["a b+c&d='(1)!*\"", "/a%20b%2Bc%26d%3D%27%281%29%21%2A%22"],
    ["中文\u{1f600}.jpg", "/%E4%B8%AD%E6%96%87%F0%9F%98%80.jpg"],
    ["http://evil.example/x", "/http%3A//evil.example/x"],
    ["\r\n\0\t", "/%0D%0A%00%09"],
  ])("the key %j goes out as %s, and is signed as itself", async (key, target) => {
    const server = await answering();
    const client = clientOf(server);
    await client.get(key);
    await client.put(key, Buffer.from("x"));
    await client.head(key);
    await client.delete(key);
    expect(server.requests.map((each) => each.target)).toEqual([target, target, target, target]);
    for (const received of server.requests) expect(received.headers.authorization).toBe(sdkAuthorization(received));
  });

  test("any key, version and metadata arrive as they were given and verify", async () => {
    const server = await answering();
    const client = clientOf(server);
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 30 });
    // What a header can carry: no control characters, and no spaces around it.
    const value = text.map((each) => each.replace(/[\p{Cc}]/gu, "").trim()).filter((each) => each !== "");
    await fc.assert(
      fc.asyncProperty(text, text, value, async (key, versionId, meta) => {
        await client.get(key, { originImage: true, versionId });
        await client.put(key, Buffer.from("x"), { headers: { "x-cos-meta-name": meta, "content-disposition": meta } });
        const [got, put] = server.requests.slice(-2);
        expect(decodeURIComponent(got!.target)).toBe(`/${key}?ci-process=originImage&versionId=${versionId}`);
        expect(got!.headers.authorization).toBe(sdkAuthorization(got!));
        expect(utf8(put!.headers["x-cos-meta-name"])).toBe(meta);
        expect(put!.headers.authorization).toBe(sdkAuthorization(put!));
      }),
      { numRuns: runs(60) },
    );
  });

  test("a PUT carries, and signs, all that says what is stored and under which conditions", async () => {
    const bodies: Buffer[] = [];
    const server = await cosServer(async (received, response) => {
      bodies.push(await received.body());
      response.end();
    });
    await clientOf(server).put("k", Buffer.from("body"), {
      contentMd5: "hBotaJrYa9FhFEdFPCLG/A==",
      forbidOverwrite: true,
      headers: {
        "content-type": "image/jpeg",
        "cache-control": "max-age=60",
        "content-encoding": "gzip",
        "content-disposition": 'attachment; filename="x"',
        "content-language": "zh",
        expires: "Thu, 01 Dec 1994 16:00:00 GMT",
        "if-match": '"e"',
        "x-cos-meta-original-etag": " padded ",
        "x-cos-storage-class": "STANDARD_IA",
        host: "other.example",
        "content-length": "999",
        authorization: "mine",
      },
    });
    const [received] = server.requests;
    expect(bodies[0]!.toString()).toBe("body");
    expect(received!.headers).toMatchObject({
      host,
      "content-length": "4",
      "content-md5": "hBotaJrYa9FhFEdFPCLG/A==",
      "content-type": "image/jpeg",
      "content-language": "zh",
      "x-cos-forbid-overwrite": "true",
      "x-cos-meta-original-etag": "padded",
    });
    expect(signedNames(received!)).toEqual([
      "cache-control",
      "content-disposition",
      "content-encoding",
      "content-length",
      "content-md5",
      "content-type",
      "expires",
      "host",
      "if-match",
      "x-cos-forbid-overwrite",
      "x-cos-meta-original-etag",
      "x-cos-storage-class",
    ]);
    expect(received!.headers.authorization).toBe(sdkAuthorization(received!));
  });

  test("a PUT without a type has one all the same, and a GET passes Range and conditions on", async () => {
    const server = await answering();
    const client = clientOf(server);
    await client.put("k", Buffer.alloc(0));
    await client.get("k", { headers: { range: "bytes=0-9", "if-none-match": '"e"' } });
    expect(server.requests[0]!.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "0",
    });
    expect(signedNames(server.requests[1]!)).toEqual(["host", "if-none-match", "range"]);
  });

  test("a session token travels as x-cos-security-token, signed", async () => {
    const server = await answering();
    const temporary = { ...credentials, sessionToken: "token/with+signs==" };
    await clientOf(server, { credentials: staticCredentials(temporary) }).get("k");
    const [received] = server.requests;
    expect(received!.headers["x-cos-security-token"]).toBe(temporary.sessionToken);
    expect(signedNames(received!)).toContain("x-cos-security-token");
    expect(received!.headers.authorization).toBe(sdkAuthorization(received!));
  });

  test("an anonymous client signs nothing", async () => {
    const server = await answering();
    await clientOf(server, { credentials: undefined }).get("k");
    expect(server.requests[0]!.names).toEqual(["host", "connection"]);
  });

  test("by path the bucket is part of the target and of what is signed", async () => {
    const server = await answering();
    const client = clientOf(server, { endpoint: `${server.origin}/{bucket}` });
    await client.get("a b");
    const [received] = server.requests;
    expect(received!.target).toBe(`/${name}/a%20b`);
    expect(`http://${received!.headers.host}`).toBe(server.origin);
    expect(received!.headers.authorization).toBe(sdkAuthorization(received!));
  });

  test("credentials are asked for at each request, at send time", async () => {
    const server = await answering();
    const env: Record<string, string> = { TENCENTCLOUD_SECRETID: "AKIDone", TENCENTCLOUD_SECRETKEY: "one" };
    const { get } = environmentCredentials(env);
    const client = clientOf(server, { credentials: { get: () => get() } });
    await client.head("k");
    env.TENCENTCLOUD_SECRETID = "AKIDtwo";
    env.TENCENTCLOUD_SECRETKEY = "two";
    await client.head("k");
    const [first, second] = server.requests;
    expect(first!.headers.authorization).toBe(sdkAuthorization(first!, { secretId: "AKIDone", secretKey: "one" }));
    expect(second!.headers.authorization).toBe(sdkAuthorization(second!, { secretId: "AKIDtwo", secretKey: "two" }));
    delete env.TENCENTCLOUD_SECRETKEY;
    await expect(client.head("k")).rejects.toThrow(UserError);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ["", "InvalidObjectName"],
    ["é".repeat(426), "KeyTooLong"],
    ["x".repeat(851), "KeyTooLong"],
    ["a\ud800", "InvalidObjectName"],
  ])("a key that can't be (%j) is never sent", async (key, code) => {
    const server = await answering();
    const client = clientOf(server);
    for (const attempt of [client.get(key), client.head(key), client.put(key, Buffer.alloc(0)), client.delete(key)]) {
      expect(await cosErrorOf(attempt)).toMatchObject({ code, status: 0, retryable: false });
    }
    expect(server.requests).toHaveLength(0);
  });

  test("a key of 850 bytes is sent", async () => {
    const server = await answering();
    await clientOf(server).head("é".repeat(425));
    expect(server.requests[0]!.target).toBe(`/${"%C3%A9".repeat(425)}`);
  });

  test("a streamed body without its length is refused", async () => {
    const server = await answering();
    const error = await cosErrorOf(clientOf(server).put("k", (async function* () {})()));
    expect(error.code).toBe("MissingContentLength");
  });
});

describe("what is told of an object", () => {
  const headers = {
    "content-length": "4",
    etag: '"8d777f385d3dfec8815d20f7496026dc"',
    "x-cos-hash-crc64ecma": "16749565679157681890",
    "last-modified": "Wed, 02 Jul 2025 03:04:05 GMT",
    "x-cos-version-id": "v1",
    "x-cos-request-id": "NjE2",
    "x-errno": "0",
    connection: "keep-alive",
  };
  const told = {
    status: 200,
    size: 4,
    etag: "8d777f385d3dfec8815d20f7496026dc",
    crc64: "16749565679157681890",
    lastModified: Date.parse("2025-07-02T03:04:05Z"),
    versionId: "v1",
    requestId: "NjE2",
    errNo: 0,
  };

  test("by GET, as bytes and as a stream, and by HEAD", async () => {
    const server = await cosServer((_, response) => response.writeHead(200, headers).end("data"));
    const client = clientOf(server);
    const bytes = await client.get("k");
    expect(bytes).toMatchObject({ ...told, kind: "bytes" });
    expect(bytes.bytes?.toString()).toBe("data");
    const stream = await client.get("k", { bufferUpTo: 3 });
    expect(stream).toMatchObject({ ...told, kind: "stream" });
    expect((await buffer(stream.stream!)).toString()).toBe("data");
    expect(await client.head("k")).toMatchObject(told);
  });

  test("by PUT, whose reply has a length of its own", async () => {
    const server = await cosServer((_, response) => response.writeHead(200, { ...headers, "content-length": 0 }).end());
    expect(await clientOf(server).put("k", Buffer.from("data"))).toMatchObject({ ...told, size: undefined });
  });

  test("nothing is made up where the reply says nothing, or nonsense", async () => {
    const server = await cosServer((_, response) =>
      response
        .writeHead(200, { etag: '""', "x-cos-hash-crc64ecma": "abc", "last-modified": "then", "x-errno": "x" })
        .end("data"),
    );
    const info = await clientOf(server).get("k");
    expect(info).toMatchObject({ status: 200, size: undefined, etag: undefined, crc64: undefined });
    expect(info).toMatchObject({ lastModified: undefined, versionId: undefined, errNo: undefined });
  });
});

describe("errors", () => {
  test("carry what COS said of a GET, and nothing of a HEAD but its status", async () => {
    const server = await cosServer((_, response) =>
      response
        .writeHead(404, { "content-type": "application/xml", "x-cos-request-id": "NjE2", connection: "keep-alive" })
        .end(errorXml("NoSuchKey", "The specified key does not exist.")),
    );
    const client = clientOf(server);
    const get = await cosErrorOf(client.get("missing.jpg", { originImage: true }));
    expect(get).toMatchObject({ code: "NoSuchKey", status: 404, requestId: "NjE2", retryable: false });
    expect(get.message).toContain('GET "missing.jpg" of photos-1250000000');
    expect(get.message).not.toContain("q-s");
    expect(await cosErrorOf(client.head("missing.jpg"))).toMatchObject({ code: "NoSuchKey", status: 404 });
  });

  test("of protection say so", async () => {
    const server = await cosServer((_, response) =>
      response.writeHead(403, { "X-ErrNo": "-154" }).end(errorXml("AccessDenied", "Access Denied.")),
    );
    const error = await cosErrorOf(clientOf(server).get("k"));
    expect(error).toMatchObject({ code: "AccessDenied", errNo: -154, retryable: false });
  });

  test("are found in a 200: of PUT (a copy), of Complete, of a listing", async () => {
    const server = await cosServer(async (received, response) => {
      await received.body();
      response.end(errorXml("InternalError", "We encountered an internal error."));
    });
    const client = clientOf(server);
    const copy = { "x-cos-copy-source": `${host}/other` };
    const attempts = [
      client.put("k", Buffer.alloc(0), { headers: copy }),
      client.completeUpload("k", "id", [{ partNumber: 1, etag: "e" }]),
      client.list(),
    ];
    for (const attempt of attempts) {
      expect(await cosErrorOf(attempt)).toMatchObject({ code: "InternalError", status: 200, retryable: true });
    }
    // An object may well be an XML document of this name.
    expect((await client.get("k")).bytes?.toString()).toContain("<Error>");
  });

  test("a redirection is an error: nothing that was signed goes elsewhere", async () => {
    const server = await cosServer((_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end());
    expect(await cosErrorOf(clientOf(server).get("k"))).toMatchObject({
      code: "TemporaryRedirect",
      status: 307,
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  test("each call is one request, however retryable its failure", async () => {
    const server = await cosServer((_, response) => response.writeHead(503).end(errorXml("SlowDown")));
    expect(await cosErrorOf(clientOf(server).get("k"))).toMatchObject({ retryable: true, throttled: true });
    expect(server.requests).toHaveLength(1);
  });

  test("a DELETE of what is not there is none", async () => {
    const server = await cosServer((_, response) => response.writeHead(204).end());
    await expect(clientOf(server).delete("k")).resolves.toBeUndefined();
  });
});

describe("a clock that is wrong", () => {
  const startOf = (received: Received) => Number(/q-sign-time=(\d+)/.exec(received.headers.authorization!)![1]);

  async function serverAhead(seconds: () => number, code = "RequestTimeTooSkewed") {
    return cosServer((received, response) => {
      const theirs = noon / 1000 + seconds();
      const date = new Date(theirs * 1000).toUTCString();
      const fine = Math.abs(startOf(received) + 60 - theirs) < 900;
      if (fine) response.writeHead(200, { date }).end();
      else response.writeHead(403, { date }).end(received.method === "HEAD" ? "" : errorXml("AccessDenied", code));
    });
  }

  test.each([
    ["RequestTimeTooSkewed", "RequestTimeTooSkewed", 3600],
    ["Request has expired", "RequestExpired", -7200],
  ])("is learnt from %s, for the requests that follow", async (message, code, ahead) => {
    const server = await serverAhead(() => ahead, message);
    const client = clientOf(server);
    expect(await cosErrorOf(client.get("k"))).toMatchObject({ code, retryable: true, clockSkewMs: ahead * 1000 });
    expect(server.requests).toHaveLength(1);
    await client.get("k");
    expect(startOf(server.requests[1]!)).toBe(noon / 1000 - 60 + ahead);
  });

  test("is learnt from a HEAD as well, which has no body to say it", async () => {
    const server = await serverAhead(() => 3600);
    const client = clientOf(server);
    expect(await cosErrorOf(client.head("k"))).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    await client.head("k");
  });

  test("and is then set right is learnt anew", async () => {
    let ahead = 3600;
    const server = await serverAhead(() => ahead);
    const client = clientOf(server);
    await cosErrorOf(client.get("k"));
    ahead = 1;
    await cosErrorOf(client.get("k"));
    await client.get("k");
    expect(startOf(server.requests[2]!)).toBe(noon / 1000 - 60);
  });

  test("by less than 30 seconds is left alone", async () => {
    const date = new Date(noon + 29_000).toUTCString();
    const server = await cosServer((_, response) =>
      response.writeHead(403, { date }).end(errorXml("AccessDenied", "Request has expired")),
    );
    const client = clientOf(server);
    await cosErrorOf(client.get("k"));
    await cosErrorOf(client.get("k"));
    expect(server.requests.map(startOf)).toEqual([noon / 1000 - 60, noon / 1000 - 60]);
  });

  test("an ordinary refusal does not move it, whatever the Date", async () => {
    const server = await cosServer((_, response) =>
      response.writeHead(403, { date: new Date(noon + 3_600_000).toUTCString() }).end(errorXml("AccessDenied")),
    );
    const client = clientOf(server);
    await cosErrorOf(client.get("k"));
    await cosErrorOf(client.get("k"));
    expect(startOf(server.requests[1]!)).toBe(noon / 1000 - 60);
  });
});

describe("credentials that have ended", () => {
  /** Accepts the token "new" only. */
  const strict = (code = "ExpiredToken") =>
    cosServer((received, response) => {
      if (received.headers["x-cos-security-token"] === "new") response.end();
      else response.writeHead(400).end(errorXml(code, "The provided token has expired."));
    });

  function renewable(refreshes: () => Promise<string>) {
    let token = "old";
    let refreshed = 0;
    const provider: CredentialsProvider = {
      get: () => ({ ...credentials, sessionToken: token }),
      refresh: async () => {
        refreshed++;
        token = await refreshes();
      },
    };
    return { provider, refreshed: () => refreshed };
  }

  test.each(["ExpiredToken", "InvalidToken"])(
    "%s: refreshed once for all that wait, and nothing is sent twice",
    async (code) => {
      const server = await strict(code);
      // It takes until all of them have been refused, so that all of them wait for it.
      const { provider, refreshed } = renewable(async () => {
        for (let turns = 0; turns < 100; turns++) {
          await new Promise((turn) => setImmediate(turn));
          if (server.requests.length < 20) turns = 0;
        }
        return "new";
      });
      const client = clientOf(server, { credentials: provider });
      const errors = await Promise.all(Array.from({ length: 20 }, () => cosErrorOf(client.get("k"))));
      expect(refreshed()).toBe(1);
      expect(server.requests).toHaveLength(20);
      for (const error of errors) expect(error).toMatchObject({ code, status: 400, retryable: true });
      await client.get("k");
    },
  );

  test("an environment that has others by now is read anew, however short a time ago it was read", async () => {
    const server = await strict();
    const env: Record<string, string> = {
      TENCENTCLOUD_SECRETID: "AKIDone",
      TENCENTCLOUD_SECRETKEY: "one",
      TENCENTCLOUD_SESSIONTOKEN: "old",
    };
    const client = clientOf(server, { credentials: environmentCredentials(env) });
    expect(await cosErrorOf(client.get("k"))).toMatchObject({ code: "ExpiredToken", retryable: false });
    const failing = cosErrorOf(client.get("k"));
    env.TENCENTCLOUD_SESSIONTOKEN = "new";
    expect(await failing).toMatchObject({ code: "ExpiredToken", retryable: true });
    await client.get("k");
  });

  test("a secret key that was corrected under the same id is used: the refusal is worth another try", async () => {
    const server = await cosServer((_, response) => {
      response.writeHead(403).end(errorXml("SignatureDoesNotMatch", "The Signature you specified is invalid."));
    });
    const env: Record<string, string> = { TENCENTCLOUD_SECRETID: "AKIDone", TENCENTCLOUD_SECRETKEY: "wrong" };
    const client = clientOf(server, { credentials: environmentCredentials(env) });
    expect(await cosErrorOf(client.get("k"))).toMatchObject({ code: "SignatureDoesNotMatch", retryable: false });
    const failing = cosErrorOf(client.get("k"));
    env.TENCENTCLOUD_SECRETKEY = "right";
    const error = await failing;
    expect(error).toMatchObject({ code: "SignatureDoesNotMatch", retryable: true });
    expect(judge(error)).not.toBe("halt");
  });

  // Catches: rows that fail since keys were replaced, and the old ones ended, while their HEADs were under way.
  test("a HEAD that was refused without a reason is worth another try where the keys were replaced meanwhile, and there alone", async () => {
    const server = await cosServer((_, response) =>
      response.writeHead(403, { date: new Date(noon).toUTCString() }).end(),
    );
    const env: Record<string, string> = { TENCENTCLOUD_SECRETID: "AKIDone", TENCENTCLOUD_SECRETKEY: "one" };
    const client = clientOf(server, { credentials: environmentCredentials(env) });
    expect(await cosErrorOf(client.head("k"))).toMatchObject({ code: "AccessDenied", retryable: false });
    const failing = cosErrorOf(client.head("k"));
    Object.assign(env, { TENCENTCLOUD_SECRETID: "AKIDtwo", TENCENTCLOUD_SECRETKEY: "two" });
    const error = await failing;
    expect(error).toMatchObject({ code: "AccessDenied", retryable: true });
    expect(error.message).not.toContain("AKID");
  });

  test("a provider that has others by now is not asked to refresh", async () => {
    const server = await strict();
    let token = "old";
    const provider: CredentialsProvider = {
      get: () => {
        const given = { ...credentials, sessionToken: token };
        token = "new";
        return given;
      },
      refresh: () => Promise.reject(new Error("must not be called")),
    };
    const error = await cosErrorOf(clientOf(server, { credentials: provider }).get("k"));
    expect(error).toMatchObject({ code: "ExpiredToken", retryable: true });
  });

  test.each([
    ["a provider that can't", () => staticCredentials({ ...credentials, sessionToken: "old" }), undefined],
    ["a refresh that brings the same", () => renewable(async () => "old").provider, undefined],
    [
      "a refresh that fails",
      () => renewable(() => Promise.reject(new Error("no network"))).provider,
      "renewing them failed",
    ],
  ])("with %s the error is not retryable", async (_, provider, said) => {
    const server = await strict();
    const error = await cosErrorOf(clientOf(server, { credentials: provider() }).get("k"));
    expect(error).toMatchObject({ code: "ExpiredToken", retryable: false });
    if (said !== undefined) expect(error.message).toContain(said);
    expect(error.message).not.toContain("old");
  });
});
