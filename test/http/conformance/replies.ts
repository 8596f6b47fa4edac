import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { rawServer } from "../raw-server.ts";
import { tinyServer } from "../tiny-server.ts";
import { bytesOf, gate, httpErrorOf, type OpenClient, request, standstill, streamOf } from "./client.ts";

const body = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
/** In five writes, each of which has left before the next is made. */
const inFive = async (write: (piece: Buffer, sent: () => void) => unknown) => {
  for (let at = 0; at < body.length; at += 1000) {
    await new Promise<void>((sent) => write(body.subarray(at, at + 1000), sent));
    await standstill(() => 0);
  }
};

export function replies(open: OpenClient): void {
  test.each([
    [5000, "bytes"],
    [4999, "stream"],
    [0, "stream"],
    ["whole" as const, "bytes"],
  ])("of 5,000 bytes with bufferUpTo %s arrives as %s", async (bufferUpTo, kind) => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 5000 }).end(body));
    const reply = await open().send(request(server, { bufferUpTo }));
    expect(reply.kind).toBe(kind);
    expect(reply.kind === "bytes" ? reply.bytes : await buffer(reply.stream)).toEqual(body);
  });

  test("that came in many pieces is one Buffer", async () => {
    const server = await tinyServer(async (_, response) => {
      response.writeHead(200, { "content-length": 5000 });
      await inFive((piece, sent) => response.write(piece, sent));
      response.end();
    });
    expect(bytesOf(await open().send(request(server, { bufferUpTo: 5000 })))).toEqual(body);
  });

  test("that came in many pieces may be left in them where that is asked, unless it is an error", async () => {
    const server = await tinyServer(async ({ target }, response) => {
      response.writeHead(target === "/error" ? 500 : 200, { "content-length": 5000 });
      await inFive((piece, sent) => response.write(piece, sent));
      response.end();
    });
    const http = open();
    const reply = await http.send(request(server, { bufferUpTo: 5000, inPieces: true }));
    const more = reply.kind === "bytes" ? (reply.more ?? []) : [];
    expect(more.length).toBeGreaterThan(0);
    expect(Buffer.concat([bytesOf(reply), ...more])).toEqual(body);
    expect(bytesOf(await http.send(request(server, { target: "/error", inPieces: true })))).toEqual(body);
  });

  test("in chunks is a stream, however small, for its length is not known", async () => {
    const server = await tinyServer((_, response) => {
      response.write("sm");
      response.end("all");
    });
    expect((await buffer(streamOf(await open().send(request(server))))).toString()).toBe("small");
  });

  test("in chunks is one Buffer where it is wanted whole", async () => {
    const server = await tinyServer(async (_, response) => {
      await inFive((piece, sent) => response.write(piece, sent));
      response.end();
    });
    expect(bytesOf(await open().send(request(server, { bufferUpTo: "whole" })))).toEqual(body);
  });

  test("without a length ends with its connection", async () => {
    const server = await rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall there is"));
    expect((await buffer(streamOf(await open().send(request(server))))).toString()).toBe("all there is");
  });

  test("that is empty, with a length, is an empty Buffer even where nothing is buffered", async () => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 0 }).end());
    expect(bytesOf(await open().send(request(server, { bufferUpTo: 0 })))).toHaveLength(0);
  });

  test("is none after a HEAD, whatever its length, nor with 204 and 304", async () => {
    const server = await tinyServer(({ method, target }, response) => {
      if (method === "HEAD") response.writeHead(200, { "content-length": 5000 }).end();
      else response.writeHead(target === "/same" ? 304 : 204).end();
    });
    const http = open();
    const head = await http.send(request(server, { method: "HEAD", bufferUpTo: 0 }));
    expect([head.status, head.headers["content-length"], bytesOf(head).length]).toEqual([200, "5000", 0]);
    const gone = await http.send(request(server, { method: "DELETE", bufferUpTo: 0 }));
    expect([gone.status, bytesOf(gone).length]).toEqual([204, 0]);
    const same = await http.send(request(server, { target: "/same" }));
    expect([same.status, bytesOf(same).length]).toEqual([304, 0]);
  });

  test("is that of the reply itself, not of hints before it", async () => {
    const server = await rawServer((socket) =>
      socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    );
    const reply = await open().send(request(server));
    expect([reply.status, reply.headers, bytesOf(reply).toString()]).toEqual([200, { "content-length": "2" }, "ok"]);
  });

  test("is that of a redirection, which is not followed", async () => {
    const server = await tinyServer((_, response) => response.writeHead(301, { location: "/elsewhere" }).end("moved"));
    const reply = await open().send(request(server));
    expect([reply.status, bytesOf(reply).toString(), server.requests.length]).toEqual([301, "moved", 1]);
  });

  test("is never decompressed", async () => {
    const zipped = gzipSync("original bytes");
    const server = await tinyServer((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip", "content-length": zipped.length }).end(zipped),
    );
    const http = open();
    const reply = await http.send(request(server));
    expect(bytesOf(reply)).toEqual(zipped);
    expect(reply.headers["content-encoding"]).toBe("gzip");
    expect(await buffer(streamOf(await http.send(request(server, { bufferUpTo: 1 }))))).toEqual(zipped);
    expect(server.requests[0]!.headers).not.toHaveProperty("accept-encoding");
  });

  test("of an error is read up to 64 KiB, the rest is let go", async () => {
    const server = await tinyServer((_, response) => response.writeHead(500).end(Buffer.alloc(10_000_000, "x")));
    const reply = await open().send(request(server, { bufferUpTo: 0 }));
    expect(reply.status).toBe(500);
    expect(bytesOf(reply).length).toBeGreaterThan(64 * 1024);
    expect(bytesOf(reply).length).toBeLessThan(256 * 1024);
  });

  test("that should be small and is huge is refused", async () => {
    const server = await tinyServer((_, response) => {
      response.writeHead(200);
      const more = () => {
        while (response.write(Buffer.alloc(1 << 20)));
      };
      response.on("drain", more);
      more();
    });
    const error = await httpErrorOf(open().send(request(server, { bufferUpTo: "whole" })));
    expect(error).toMatchObject({ code: "ReplyTooLarge", status: 200, retryable: false });
  });

  test("streamed waits in the server, not in our memory, while nobody reads", async () => {
    const size = 64 << 20;
    let sent = 0;
    const server = await tinyServer((_, response) => {
      response.writeHead(200, { "content-length": size });
      const more = () => {
        while (sent < size) {
          sent += 1 << 18;
          if (!response.write(Buffer.alloc(1 << 18))) return response.once("drain", more);
        }
        return response.end();
      };
      more();
    });
    const stream = streamOf(await open().send(request(server)));
    await standstill(() => sent);
    expect(sent).toBeLessThan(size / 2);
    let received = 0;
    for await (const chunk of stream) {
      received += chunk.length;
      stream.release?.(chunk);
    }
    expect(received).toBe(size);
  });

  test("that is no longer wanted closes its connection", async () => {
    const closed = gate();
    const server = await tinyServer((_, response) => {
      response.on("close", closed.open);
      response.writeHead(200, { "content-length": 1 << 30 }).write(Buffer.alloc(1 << 16));
    });
    const stream = streamOf(await open().send(request(server)));
    stream.destroy();
    await closed.opened;
    await expect(buffer(stream)).rejects.toThrow("destroyed before it was read to its end");
  });
}
