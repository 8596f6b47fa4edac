import { expect, test } from "vitest";
import type { Body } from "../../../src/http/port/http.ts";
import { quick } from "../../setup/quick.ts";
import { rawServer } from "../raw-server.ts";
import { tinyServer } from "../tiny-server.ts";
import { bytesOf, gate, httpErrorOf, type OpenClient, request, standstill } from "./client.ts";

async function* chunks(parts: readonly (string | Error)[]) {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}
const put = (body: Body, contentLength?: number) =>
  ({ method: "PUT", body, contentLength, bufferUpTo: "whole" }) as const;
const pieces = (...parts: readonly string[]) => parts.map((part) => Buffer.from(part));

export function uploads(open: OpenClient): void {
  test("is sent whole, from a Buffer, from several and from a source of chunks, with its Content-Length", async () => {
    const got: string[] = [];
    const server = await tinyServer(async (received, response) => {
      got.push((await received.body()).toString());
      response.end();
    });
    const http = open();
    await http.send(request(server, put(Buffer.from("from a buffer"))));
    await http.send(request(server, put(chunks(["from ", "", "chunks"]), 11)));
    await http.send(request(server, put(Buffer.alloc(0))));
    await http.send(request(server, put(pieces("in ", "", "pieces"), 9)));
    await http.send(request(server, put(pieces(""), 0)));
    await http.send(request(server, put(chunks([]), 0)));
    expect(got).toEqual(["from a buffer", "from chunks", "", "in pieces", "", ""]);
    expect(server.requests.map((each) => each.headers["content-length"])).toEqual(["13", "11", "0", "9", "0", "0"]);
    expect(server.requests.some((each) => "transfer-encoding" in each.headers)).toBe(false);
  });

  test.skipIf(quick)("is pulled no faster than the server takes it", async () => {
    let pulled = 0;
    const size = 64 << 20;
    async function* source() {
      while (pulled < size) {
        pulled += 1 << 18;
        yield Buffer.alloc(1 << 18);
      }
    }
    let untaken = 0;
    const server = await tinyServer(async (received, response) => {
      await standstill(() => pulled);
      untaken = size - pulled;
      response.writeHead(200, { "x-taken": String((await received.body()).length) }).end();
    });
    const reply = await open().send(request(server, put(source(), size)));
    expect(untaken).toBeGreaterThan(size / 2);
    expect(reply.headers["x-taken"]).toBe(String(size));
  });

  test("that fails fails the request with its own error, and the server sees that it is not whole", async () => {
    const unfinished = gate();
    const server = await tinyServer((received) => received.body().catch(unfinished.open));
    const fault = new Error("the source broke");
    await expect(open().send(request(server, put(chunks(["half", fault]), 8)))).rejects.toBe(fault);
    await unfinished.opened;
  });

  test.each([
    ["shorter", ["abc"], 8],
    ["longer", ["abcd", "efghi"], 8],
    ["nothing, and so shorter", [], 8],
  ])("that is %s than was said is our own fault, and never looks whole", async (_, parts, length) => {
    const whole: Buffer[] = [];
    const server = await tinyServer((received, response) =>
      received.body().then(
        (body) => {
          whole.push(body);
          response.end();
        },
        () => {},
      ),
    );
    const http = open();
    const error = await httpErrorOf(http.send(request(server, put(chunks(parts), length))));
    expect(error).toMatchObject({ code: "LengthMismatch", retryable: false });
    expect(error.message).toContain("not as long as was announced");
    await http.send(request(server, put(Buffer.from("next"))));
    expect(whole).toEqual([Buffer.from("next")]);
  });

  const denied = "HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\nconnection: close\r\n\r\ndenied";

  test("is let go as soon as the server refuses it, even while the source is being waited for", async () => {
    const returned = gate();
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]() {
        let first = true;
        return {
          next: () => {
            if (!first) return new Promise(() => {});
            first = false;
            return Promise.resolve({ done: false, value: Buffer.from("begin") });
          },
          return: () => {
            returned.open();
            return Promise.resolve({ done: true, value: undefined });
          },
        };
      },
    };
    const server = await rawServer((socket) => socket.write(denied));
    const reply = await open().send(request(server, put(body, 1 << 20)));
    expect([reply.status, bytesOf(reply).toString()]).toEqual([403, "denied"]);
    await returned.opened;
  });

  test.each([
    ["a Buffer", () => Buffer.alloc(32 << 20)],
    [
      "chunks",
      async function* () {
        for (let sent = 0; sent < 512; sent++) yield Buffer.alloc(1 << 16);
      },
    ],
  ])("of %s that the server refuses half-way, hanging up: its answer wins", async (_, body) => {
    const server = await rawServer((socket) => {
      // It reads no more, and is gone once the answer is out.
      socket.write(denied, () => socket.destroy());
    });
    const reply = await open().send(request(server, put(body(), 32 << 20)));
    expect([reply.status, bytesOf(reply).toString()]).toEqual([403, "denied"]);
  });

  test("has its answer's status even where that is cut short by the hang-up", async () => {
    const server = await rawServer((socket) => {
      socket.write("HTTP/1.1 503 Slow\r\ncontent-length: 600\r\n\r\n<Error><Code>Slow", () => socket.destroy());
    });
    const reply = await open().send(request(server, put(Buffer.alloc(32 << 20))));
    expect(reply.status).toBe(503);
  });

  test("has no 200 that is believed before the whole of it was sent", async () => {
    const server = await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    async function* slow() {
      yield Buffer.from("begin");
      await new Promise(() => {});
    }
    const error = await httpErrorOf(open().send(request(server, put(slow(), 100))));
    expect(error).toMatchObject({ code: "IncompleteBody", retryable: true });
    expect(error.message).toContain("answered 200 before it had the whole body");
  });
}
