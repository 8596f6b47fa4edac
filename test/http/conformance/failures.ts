import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { local } from "../../runtime/cli/certificates.ts";
import { deadOrigin, rawServer } from "../raw-server.ts";
import { gate, httpErrorOf, type OpenClient, request, streamOf } from "./client.ts";

const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";

export function failures(open: OpenClient): void {
  const streamed = async (server: { readonly origin: string }, bufferUpTo = 0) =>
    buffer(streamOf(await open().send(request(server, { bufferUpTo }))));

  test("is ECONNRESET where the reply is a reset, and may be tried again", async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    const error = await httpErrorOf(open().send(request(server)));
    expect(error).toMatchObject({ code: "ECONNRESET", status: 0, retryable: true, happened: "no reply arrived" });
  });

  test("is ConnectionEnded where there is none", async () => {
    const server = await rawServer((socket) => socket.end());
    const error = await httpErrorOf(open().send(request(server)));
    expect(error).toMatchObject({ code: "ConnectionEnded", happened: "no reply arrived", retryable: true });
  });

  test("is ECONNREFUSED where nothing listens", async () => {
    const error = await httpErrorOf(open().send(request({ origin: await deadOrigin() })));
    expect(error).toMatchObject({ code: "ECONNREFUSED", status: 0, retryable: true });
  });

  test("is MalformedHttp where the other side speaks something else", async () => {
    const server = await rawServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    const error = await httpErrorOf(open().send(request(server)));
    expect(error).toMatchObject({ code: "MalformedHttp", status: 0, retryable: true });
  });

  test.each([
    ["in a Buffer", 1000],
    ["in a stream", 10],
  ])("is IncompleteBody where a body ends early, %s", async (_, bufferUpTo) => {
    const server = await rawServer((socket) => socket.end(`${head}${"x".repeat(300)}`));
    const error = await httpErrorOf(
      open()
        .send(request(server, { bufferUpTo }))
        .then((reply) => buffer(streamOf(reply))),
    );
    expect(error).toMatchObject({ code: "IncompleteBody", status: 0, retryable: true });
    expect(error.happened).toBe("the body ended after 300 of 1000 bytes");
  });

  test("is IncompleteBody too where the connection was to be closed anyway", async () => {
    const text = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n${"x".repeat(300)}`;
    const server = await rawServer((socket) => socket.end(text));
    expect((await httpErrorOf(open().send(request(server)))).code).toBe("IncompleteBody");
  });

  test("is IncompleteBody too where chunks lack their last", async () => {
    const text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    const server = await rawServer((socket) => socket.end(text));
    expect((await httpErrorOf(streamed(server))).code).toBe("IncompleteBody");
  });

  test("errors the stream where a reset comes in the middle of it", async () => {
    const server = await rawServer((socket) => {
      socket.write(`${head}${"x".repeat(300)}`);
      setImmediate(() => socket.resetAndDestroy());
    });
    const error = await httpErrorOf(streamed(server));
    expect(["ECONNRESET", "IncompleteBody"]).toContain(error.code);
    expect(error).toMatchObject({ status: 0, retryable: true });
  });

  test("is told to whoever reads a stream that broke before anybody did", async () => {
    const hungUp = gate();
    const server = await rawServer((socket) => {
      socket.on("close", hungUp.open);
      socket.end(`${head}${"x".repeat(300)}`);
    });
    const stream = streamOf(await open().send(request(server, { bufferUpTo: 0 })));
    // The server's socket is closed once ours is.
    await hungUp.opened;
    expect(await httpErrorOf(buffer(stream))).toMatchObject({ code: "IncompleteBody", retryable: true });
  });

  test("is a timeout where a server says nothing, and where it stops in the middle", async () => {
    const silent = await rawServer(() => {});
    const stalling = await rawServer((socket) => socket.write(`${head}x`));
    const http = open({ timeouts: { headersMs: 50, bodyIdleMs: 50 } });
    const [first, second, third] = await Promise.all([
      httpErrorOf(http.send(request(silent))),
      httpErrorOf(http.send(request(stalling, { bufferUpTo: 1000 }))),
      httpErrorOf(http.send(request(stalling, { bufferUpTo: 0 })).then((reply) => buffer(streamOf(reply)))),
    ]);
    expect(first).toMatchObject({ code: "HeadersTimeout", status: 0, retryable: true });
    expect(second).toMatchObject({ code: "BodyTimeout", status: 0, retryable: true });
    expect(third).toMatchObject({ code: "BodyTimeout", happened: "the reply broke off after 1 of 1000 bytes" });
  });

  test("is a certificate that nobody trusts, to whom nothing is sent, and no retry would help", async () => {
    const { key, cert } = local;
    let requests = 0;
    const server = createServer({ key, cert }, (_, response) => {
      requests++;
      response.end();
    }).listen(0, "127.0.0.1");
    server.on("tlsClientError", () => {});
    await new Promise((listening) => server.once("listening", listening));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const error = await httpErrorOf(open().send(request({ origin: `https://127.0.0.1:${port}` })));
    expect(error).toMatchObject({ code: "UntrustedCertificate", status: 0, retryable: false });
    expect(requests).toBe(0);
  });
}
