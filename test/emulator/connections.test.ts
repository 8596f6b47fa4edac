/** What no HTTP client library would send: raw sockets. And every way of addressing a bucket. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorization, encodeKey } from "../../src/cos/signing/signature.ts";
import { parseAddress } from "../../src/emulator/protocol/address.ts";
import { credentials, elementOf, host, type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
const bucket = () => lab.emulator.bucket(photos);

/** Sends `text`, half-closes where `end`, and resolves with all that comes until the server closes. */
function raw(text: string, end = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(lab.emulator.port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString();
    });
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
    if (end) socket.end(text);
    else socket.write(text);
  });
}

function head(method: string, path: string, headers: readonly string[], target = encodeKey(path), at = host): string {
  const now = Math.floor(lab.clock.now() / 1000);
  const signed = { method, path, query: [], headers: [["host", at]] as const };
  const signature = authorization(signed, credentials, `${now};${now + 60}`);
  return `${[`${method} ${target} HTTP/1.1`, `Host: ${at}`, `Authorization: ${signature}`, ...headers].join("\r\n")}\r\n\r\n`;
}

describe("a request body", () => {
  test("without any length is refused with 411", async () => {
    const reply = await raw(head("PUT", "/x", ["Connection: close"]));
    expect(reply).toMatch(/^HTTP\/1\.1 411 /);
    expect(elementOf(reply, "Code")).toBe("MissingContentLength");
  });
  test("of more than 5 GB is refused before it is sent", async () => {
    const reply = await raw(head("PUT", "/x", ["Content-Length: 5368709121", "Expect: 100-continue"]));
    expect(elementOf(reply, "Code")).toBe("EntityTooLarge");
    expect(reply).not.toContain("100 Continue");
  });
  test("is asked for by 100 Continue once the head is found good", async () => {
    const text = head("PUT", "/continued", ["Content-Length: 2", "Expect: 100-continue", "Connection: close"]);
    const reply = await raw(`${text}ok`);
    expect(reply).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(bucket().get("continued")?.bytes.toString()).toBe("ok");
  });
  test.each([10, 3 * 1024 * 1024])(
    "that ends early, of %i bytes, is refused as IncompleteBody and stores nothing",
    async (length) => {
      const reply = await raw(`${head("PUT", "/short", [`Content-Length: ${length}`])}${"x".repeat(length - 1)}`, true);
      expect(elementOf(reply, "Code")).toBe("IncompleteBody");
      expect(reply).toMatch(/^HTTP\/1\.1 400 /);
      expect(bucket().head("short")).toBeUndefined();
    },
  );
  test("that is longer than announced is cut: the object has Content-Length bytes", async () => {
    const reply = await raw(`${head("PUT", "/long", ["Content-Length: 4"])}1234and more that is no request`);
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply.match(/HTTP\/1\.1/g)?.length).toBe(1);
    expect(bucket().get("long")?.bytes.toString()).toBe("1234");
  });
  test("overwriting while the old bytes are being read does not mix the two", async () => {
    const old = Buffer.alloc(4 * 1024 * 1024, "old");
    bucket().put("swap", old);
    const reading = lab.ask({ key: "swap" });
    while (lab.emulator.requests()["object.get"] === 0) await new Promise((resolve) => setImmediate(resolve));
    bucket().put("swap", Buffer.alloc(4 * 1024 * 1024, "new"));
    expect((await reading).body.equals(old)).toBe(true);
    expect((await lab.ask({ key: "swap" })).body.subarray(0, 3).toString()).toBe("new");
  });
});

test("a key that appears while a PUT that forbids overwriting is under way stays as it is", async () => {
  const begun = lab.emulator.requests()["object.put"];
  const socket = connect(lab.emulator.port, "127.0.0.1");
  const headers = ["Content-Length: 4", "x-cos-forbid-overwrite: true", "Connection: close"];
  socket.write(`${head("PUT", "/contested", headers)}la`);
  while (lab.emulator.requests()["object.put"] === begun) await new Promise((resolve) => setImmediate(resolve));
  bucket().put("contested", Buffer.from("first"));
  socket.write("te");
  let reply = "";
  for await (const chunk of socket) reply += chunk;
  expect(elementOf(reply, "Code")).toBe("FileAlreadyExists");
  expect(bucket().get("contested")?.bytes.toString()).toBe("first");
});

describe("a connection", () => {
  test("that speaks no HTTP gets an error document", async () => {
    expect(elementOf(await raw("EHLO example.com\r\n\r\n"), "Code")).toBe("InvalidRequest");
  });
  test("that wants a tunnel is told why there is none", async () => {
    const reply = await raw(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 501 /);
    expect(elementOf(reply, "Message")).toContain("cannot tunnel");
  });
  test("may address the emulator as a proxy, by absolute targets", async () => {
    bucket().put("via proxy", Buffer.from("proxied"));
    const reply = await raw(head("GET", "/via proxy", ["Connection: close"], `http://${host}/via%20proxy`));
    expect(reply).toContain("\r\n\r\nproxied");
  });
  test("may address a bucket by path, under an address, signing the whole path", async () => {
    bucket().put("dir/a b", Buffer.from("by path"));
    const at = `127.0.0.1:${lab.emulator.port}`;
    const target = `/${photos}/dir/a%20b`;
    const reply = await raw(head("GET", `/${photos}/dir/a b`, ["Connection: close"], target, at));
    expect(reply).toContain("\r\n\r\nby path");
  });
});

describe("an address", () => {
  test.each([
    ["/k", "b-12345.cos.ap-guangzhou.myqcloud.com", "b-12345", "ap-guangzhou", "k"],
    ["/k", "B-12345.COS.ap-guangzhou.myqcloud.com:8080", "b-12345", "ap-guangzhou", "k"],
    ["/k", "b-12345.cos-internal.ap-guangzhou.tencentcos.cn", "b-12345", "ap-guangzhou", "k"],
    ["/?x", "b-12345.pic.ap-beijing.myqcloud.com", "b-12345", "ap-beijing", ""],
    ["/k", "b-12345.ci.ap-beijing.tencentci.cn", "b-12345", "ap-beijing", "k"],
    ["/k", "b-12345.picsh.myqcloud.com", "b-12345", undefined, "k"],
    ["/k", "b-12345.storage.example", "b-12345", undefined, "k"],
    ["/b-12345/k/l", "cos.ap-guangzhou.myqcloud.com", "b-12345", "ap-guangzhou", "k/l"],
    ["/b-12345/k", "127.0.0.1:9000", "b-12345", undefined, "k"],
    ["/b-12345/k", "[::1]:9000", "b-12345", undefined, "k"],
    ["/b-12345", "localhost:9000", "b-12345", undefined, ""],
    ["/b-12345//k", "localhost", "b-12345", undefined, "/k"],
    ["/", "service.cos.myqcloud.com", undefined, undefined, ""],
    ["/", "127.0.0.1:9000", undefined, undefined, ""],
    ["http://b-12345.cos.r.myqcloud.com/a%2Fb", "elsewhere:1", "b-12345", "r", "a/b"],
    ["http://b-12345.cos.r.myqcloud.com?prefix=x", "elsewhere:1", "b-12345", "r", ""],
  ])("%s at %s", (target, at, name, region, key) => {
    expect(parseAddress(target, at, true)).toMatchObject({ bucket: name, region, key });
  });
  test("of another region is another bucket's, where the bucket has one", async () => {
    lab.emulator.createBucket({ name: "placed-1250000000", region: "ap-nanjing" });
    const at = (region: string) => lab.ask({ method: "HEAD", host: `placed-1250000000.cos.${region}.myqcloud.com` });
    expect((await at("ap-nanjing")).status).toBe(200);
    expect((await at("ap-beijing")).status).toBe(404);
    const accelerated = `${photos}.cos.accelerate.myqcloud.com`;
    expect((await lab.ask({ host: accelerated })).code).toBe("BucketAccelerateNotEnabled");
  });
});
