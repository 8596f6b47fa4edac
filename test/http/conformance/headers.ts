import { expect, test } from "vitest";
import type { HttpRequest } from "../../../src/http/port/http.ts";
import { rawServer } from "../raw-server.ts";
import { tinyServer } from "../tiny-server.ts";
import { httpErrorOf, type OpenClient, request } from "./client.ts";

export function headers(open: OpenClient): void {
  test("that are UTF-8 are read as such, others byte by byte, repeated ones as one, without spaces around", async () => {
    const server = await rawServer((socket) =>
      socket.end(
        Buffer.concat([
          Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-cos-meta-name: 中文\r\nx-cos-meta-old: "),
          Buffer.from([0xe9]),
          Buffer.from("\r\nx-twice: a\r\nX-Twice: é\r\nX-Spaced:  a b \r\nx-empty:\r\n\r\n"),
        ]),
      ),
    );
    const { headers: read } = await open().send(request(server));
    expect(read).toMatchObject({
      "x-cos-meta-name": "中文",
      "x-cos-meta-old": "\udce9",
      "x-twice": "a, é",
      "x-spaced": "a b",
      "x-empty": "",
    });
  });

  test("go out as given, as UTF-8, with the Host that was given, and nothing that says who is speaking", async () => {
    const server = await tinyServer((_, response) => response.end());
    const given: HttpRequest["headers"] = [
      ["host", "photos-1250000000.cos.ap-guangzhou.myqcloud.com"],
      ["x-cos-meta-name", "中文 é"],
    ];
    const sent = request(server, { method: "DELETE", headers: given, authorization: "q-sign=a", bufferUpTo: "whole" });
    await open().send(sent);
    const [received] = server.requests;
    expect([...received!.names].sort()).toEqual(["authorization", "connection", "host", "x-cos-meta-name"]);
    expect(received!.headers).toMatchObject({
      host: "photos-1250000000.cos.ap-guangzhou.myqcloud.com",
      authorization: "q-sign=a",
      "x-cos-meta-name": Buffer.from("中文 é").toString("latin1"),
    });
  });

  test.each<[string, number[]]>([
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9]],
    ["GBK", [0xd6, 0xd0, 0xce, 0xc4]],
    ["UTF-8", [...Buffer.from("中文 é 😀")]],
    ["UTF-8 that says that something was lost", [...Buffer.from("\ufffd")]],
    ["UTF-8 that broke off", [0x61, 0xe4, 0xb8]],
    ["spaces that are none of HTTP's", [...Buffer.from("\u00a0a\u3000")]],
    ["surrogates in UTF-8, which it has none of", [0xed, 0xb2, 0x80]],
  ])("in %s come in and go out as the same bytes", async (_, bytes) => {
    const value = Buffer.from(bytes);
    const server = await rawServer((socket) => {
      const head = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-cos-meta-a: ");
      socket.end(Buffer.concat([head, value, Buffer.from("\r\n\r\n")]));
    });
    const read = (await open().send(request(server))).headers["x-cos-meta-a"] ?? "";
    const receiver = await tinyServer((_, response) => response.end());
    const given: HttpRequest["headers"] = [
      ["host", "h"],
      ["x-cos-meta-a", read],
    ];
    await open().send(request(receiver, { headers: given }));
    expect(receiver.requests[0]!.headers["x-cos-meta-a"]).toBe(value.toString("latin1"));
  });

  test.each([
    ["a value that ends its line", "x-cos-meta-a", "b\r\nx-cos-acl: public-read"],
    ["a value with a NUL", "x-cos-meta-a", "b\0"],
    ["a name that is none", "x cos", "b"],
  ])("with %s are refused before anything is sent", async (_, name, value) => {
    const server = await tinyServer((_, response) => response.end());
    const given: HttpRequest["headers"] = [
      ["host", "h"],
      [name, value],
    ];
    const error = await httpErrorOf(open().send(request(server, { headers: given })));
    expect(error).toMatchObject({ code: "InvalidRequest", status: 0, retryable: false });
    expect(server.requests).toHaveLength(0);
  });

  test("of 40 KB are read, and of 80 KB are refused", async () => {
    const answering = (bytes: number) =>
      rawServer((socket) => {
        const line = `x-long: ${"a".repeat(4000)}\r\n`;
        socket.write(`HTTP/1.1 200 OK\r\n${line.repeat(bytes / 4000)}content-length: 0\r\n\r\n`);
      });
    const reply = await open().send(request(await answering(40_000)));
    expect(reply.headers["x-long"]).toHaveLength(10 * 4000 + 9 * 2);
    const error = await httpErrorOf(open().send(request(await answering(80_000))));
    expect(error).toMatchObject({ code: "MalformedHttp", retryable: true });
  });
}
