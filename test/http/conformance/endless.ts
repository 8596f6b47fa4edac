/** Servers that never stop, and never come to the point. */
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { quick } from "../../setup/quick.ts";
import { rawRequests, rawServer } from "../raw-server.ts";
import { bytesOf, httpErrorOf, type OpenClient, request, streamOf } from "./client.ts";

const timeouts = { headersMs: 100, bodyIdleMs: 100 };

/** Writes `first`, then `again` every few milliseconds, for as long as the connection stands. */
const drip = (first: string, again: string, everyMs: number) =>
  rawServer((socket: Socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(again), everyMs);
    socket.on("close", () => clearInterval(timer));
  });

export function endless(open: OpenClient): void {
  const errorOf = async (server: { readonly origin: string }, bufferUpTo = 1_000_000) =>
    httpErrorOf(
      open({ timeouts })
        .send(request(server, { bufferUpTo }))
        .then((reply) => buffer(streamOf(reply))),
    );

  test("a head that comes byte by byte must be whole in time", async () => {
    const server = await drip("HTTP/1.1 200 OK\r\nx-long: ", "a", 5);
    expect(await errorOf(server)).toMatchObject({ code: "HeadersTimeout", retryable: true });
  });

  test.each([
    ["100 Continue", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["103 Early Hints", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"],
  ])("%s without end is no reply", async (_, interim) => {
    const fast = await errorOf(await drip(interim, interim, 1));
    const slow = await errorOf(await drip(interim, interim, 60));
    // undici takes a 100 that nobody asked for as an end.
    for (const { code } of [fast, slow]) {
      expect(["MalformedHttp", "HeadersTimeout", "ConnectionEnded"]).toContain(code);
    }
  });

  test("a few interim replies are passed over", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(5);
    const server = await rawRequests((socket) =>
      socket.write(`${hints}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`),
    );
    const http = open({ connections: 1 });
    for (let n = 0; n < 3; n++) expect(bytesOf(await http.send(request(server))).toString()).toBe("ok");
    expect(server.connections()).toBe(1);
  });

  test.each([
    ["in a Buffer", 1_000_000],
    ["in a stream", 0],
  ])("a body that trickles is given up, %s", async (_, bufferUpTo) => {
    const server = await drip("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", "x", 20);
    expect(await errorOf(server, bufferUpTo)).toMatchObject({ code: "BodyTimeout", status: 0, retryable: true });
  });

  test("trailers without end are given up, slow or fast", async () => {
    const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    const codes = ["BodyTimeout", "MalformedHttp", "IncompleteBody"];
    expect(codes).toContain((await errorOf(await drip(chunked, "x-a: b\r\n", 20))).code);
    expect(codes).toContain((await errorOf(await drip(chunked, `x-a: ${"b".repeat(4000)}\r\n`, 1))).code);
  });

  test.skipIf(quick)("a slow body is no endless one", async () => {
    const server = await rawServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n");
      let left = 20;
      const timer = setInterval(() => {
        socket.write("x".repeat(1000));
        if (--left === 0) clearInterval(timer);
      }, 20);
    });
    const reply = await open({ timeouts: { bodyIdleMs: 200 } }).send(request(server, { bufferUpTo: "whole" }));
    expect(bytesOf(reply)).toHaveLength(20_000);
  });
}
