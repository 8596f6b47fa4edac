/** Requests where a proxy is set: which way they go, and what is said when the proxy is at fault. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProxiedHttp } from "../../src/http/proxied.ts";
import { type Environment, proxiesOf, proxiesText } from "../../src/http/proxies.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { UserError } from "../../src/vocabulary/errors.ts";
import { bytesOf, clientsOf, httpErrorOf, request, streamOf } from "./conformance/client.ts";
import { openProxy } from "./proxy-server.ts";
import { deadOrigin, rawServer } from "./raw-server.ts";
import { tinyServer } from "./tiny-server.ts";

function clientIn(environment: Environment) {
  const proxies = proxiesOf(environment);
  if (proxies === undefined) throw new Error("no proxy is set");
  return clientsOf(createProxiedHttp(proxies, createWireHttp))({ connections: 2 });
}

async function proxyTo(origin: string) {
  const proxy = await openProxy(() => new URL(origin).host);
  onTestFinished(() => proxy.close());
  return proxy;
}

const service = { origin: "http://photos-1250000000.cos.example" };

describe("where a proxy is set", () => {
  test("requests in plain http go to it in the absolute form, bodies both ways", async () => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const server = await tinyServer(async (received, response) => {
      if (received.method === "GET") return response.writeHead(200, { "content-length": body.length }).end(body);
      const bytes = await received.body();
      return response.writeHead(200, { "x-same": String(bytes.equals(body)) }).end();
    });
    const proxy = await proxyTo(server.origin);
    const http = clientIn({ HTTP_PROXY: proxy.url });
    const got = streamOf(await http.send(request(service)));
    async function* chunks() {
      for (let at = 0; at < body.length; at += 50_000) yield body.subarray(at, at + 50_000);
    }
    const put = { method: "PUT", body: chunks(), contentLength: body.length, bufferUpTo: "whole" } as const;
    expect((await buffer(got)).equals(body)).toBe(true);
    expect((await http.send(request(service, put))).headers["x-same"]).toBe("true");
    expect(proxy.asked).toEqual([`GET ${service.origin}`, `PUT ${service.origin}`]);
    expect(server.requests.map(({ target, headers }) => [target, headers.host])).toEqual([
      ["/key", "photos-1250000000.cos.ap-guangzhou.myqcloud.com"],
      ["/key", "photos-1250000000.cos.ap-guangzhou.myqcloud.com"],
    ]);
  });

  test.each(["http://127.0.0.1", "http://localhost", "http://127.9.8.7"])("%s is never proxied", async (host) => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 2 }).end("ok"));
    const http = clientIn({ HTTP_PROXY: await deadOrigin(), HTTPS_PROXY: await deadOrigin() });
    const { port } = new URL(server.origin);
    const outcome = http.send(request({ origin: `${host}:${port}` })).then(
      (reply) => bytesOf(reply).toString(),
      ({ code }) => code,
    );
    // The server listens at one of them only.
    expect(await outcome).toBe(host === "http://127.9.8.7" ? "ECONNREFUSED" : "ok");
  });

  test("a host of NO_PROXY is dialled directly", async () => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 2 }).end("ok"));
    const proxy = await proxyTo(server.origin);
    const origin = `http://0.0.0.0:${new URL(server.origin).port}`;
    for (const NO_PROXY of ["other.example,0.0.0.0", "*"]) {
      const reply = await clientIn({ HTTP_PROXY: proxy.url, NO_PROXY }).send(request({ origin }));
      expect(bytesOf(reply).toString()).toBe("ok");
    }
    expect(proxy.asked).toEqual([]);
    await clientIn({ HTTP_PROXY: proxy.url, NO_PROXY: "other.example" }).send(request({ origin }));
    expect(proxy.asked).toEqual([`GET ${origin}`]);
  });

  test("one that can't be reached is named, without its password, and not taken for the service", async () => {
    const { port } = new URL(await deadOrigin());
    const http = clientIn({ https_proxy: `http://user:hidden@127.0.0.1:${port}` });
    const error = await httpErrorOf(http.send(request({ origin: "https://photos-1250000000.cos.example" })));
    expect(error).toMatchObject({ code: "ProxyFailed", status: 0, retryable: true });
    expect(error.why).toBe(`http://127.0.0.1:${port} of https_proxy can't be reached, ECONNREFUSED`);
  });

  test.each([
    [407, "ProxyRefused", false],
    [403, "ProxyRefused", false],
    [502, "ProxyFailed", true],
  ])("one that answers CONNECT with %i fails the request: %s", async (status, code, retryable) => {
    const proxy = createServer();
    proxy.on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const http = clientIn({ HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    const error = await httpErrorOf(http.send(request({ origin: "https://photos-1250000000.cos.example" })));
    expect(error).toMatchObject({ code, retryable, why: `the proxy answered ${status}` });
  });

  test("one that hangs up on CONNECT fails the request", async () => {
    const proxy = await rawServer((socket) => socket.end());
    const http = clientIn({ HTTPS_PROXY: proxy.origin });
    const error = await httpErrorOf(http.send(request({ origin: "https://photos-1250000000.cos.example" })));
    expect(error).toMatchObject({ status: 0, retryable: true });
  });
});

describe("the environment", () => {
  const said = (environment: Environment) => {
    const proxies = proxiesOf(environment);
    return proxies === undefined ? undefined : proxiesText(proxies);
  };

  test.each<[Environment, string | undefined]>([
    [{}, undefined],
    [{ NO_PROXY: "*" }, undefined],
    [{ HTTP_PROXY: "", https_proxy: " " }, undefined],
    [
      { HTTPS_PROXY: "http://p.example:3128" },
      "A proxy is set: https goes through http://p.example:3128 (HTTPS_PROXY).",
    ],
    [
      { http_proxy: "p.example:3128", HTTP_PROXY: "http://other.example" },
      "A proxy is set: https and http go through http://p.example:3128 (http_proxy).",
    ],
    [
      { http_proxy: "", HTTP_PROXY: "http://p.example" },
      "A proxy is set: https and http go through http://p.example (HTTP_PROXY).",
    ],
    [
      { HTTPS_PROXY: "http://user:hidden@a.example:1", HTTP_PROXY: "https://b.example", no_proxy: "c.example" },
      "A proxy is set: https goes through http://a.example:1 (HTTPS_PROXY), http goes through https://b.example (HTTP_PROXY), but for the hosts of NO_PROXY.",
    ],
  ])("%j says %j", (environment, sentence) => {
    expect(said(environment)).toBe(sentence);
  });

  test.each(["ftp://user:hidden@p.example", "http://", "http://user:hidden@:80", "http://p.example:99999"])(
    "%s is refused, and not shown",
    (HTTPS_PROXY) => {
      expect(() => proxiesOf({ HTTPS_PROXY })).toThrow(UserError);
      expect(() => proxiesOf({ HTTPS_PROXY })).toThrow(/^HTTPS_PROXY is not the address of a proxy; give one such as /);
    },
  );
});
