/** The transport, against a real server on loopback that misbehaves as servers do. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttp, type Http, type HttpReply, type HttpRequest, type Timeouts } from "../../src/http/wire/client.ts";
import type { Body } from "../../src/objects/bucket.ts";
import { cosErrorOf } from "../cos/thrown-by.ts";
import { type TinyServer, tinyServer } from "./tiny-server.ts";

interface Client {
  send(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

function client(timeouts?: Timeouts, connections?: number): Client {
  return promising(createHttp({ timeouts, connections }));
}

function promising(http: Http): Client {
  onTestFinished(() => http.close());
  return {
    send: (request) =>
      new Promise((onReply, onError) => {
        http.send(request, { onReply, onError, what: () => 'GET "key" of photos-1250000000' });
      }),
    close: () => http.close(),
  };
}

function request(server: Pick<TinyServer, "origin">, over: Partial<HttpRequest> = {}): HttpRequest {
  const headers: [string, string][] = [["host", "photos-1250000000.cos.ap-guangzhou.myqcloud.com"]];
  const { contentLength, body } = over;
  const length = contentLength ?? (Buffer.isBuffer(body) ? body.length : undefined);
  if (length !== undefined) headers.push(["content-length", String(length)]);
  return {
    origin: server.origin,
    method: "GET",
    target: "/key",
    headers,
    bufferUpTo: 1024,
    ...over,
  };
}

function bytesOf(reply: HttpReply): Buffer {
  if (reply.kind === "bytes") return reply.bytes;
  throw new Error("the reply is a stream");
}

function streamOf(reply: HttpReply) {
  if (reply.kind === "stream") return reply.stream;
  throw new Error("the reply is not a stream");
}

const gate = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

/** Resolves once `value` has not changed for many turns of the event loop, which both ends share. */
async function standstill(value: () => number): Promise<void> {
  for (let turns = 0, last = value(); turns < 500; turns++) {
    await new Promise((turn) => setImmediate(turn));
    if (value() !== last) {
      last = value();
      turns = 0;
    }
  }
}

describe("a body", () => {
  const body = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

  test.each([
    [5000, "bytes"],
    [4999, "stream"],
    [0, "stream"],
    ["whole" as const, "bytes"],
  ])("of 5,000 bytes with bufferUpTo %s arrives as %s", async (bufferUpTo, kind) => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 5000 }).end(body));
    const reply = await client().send(request(server, { bufferUpTo }));
    expect(reply.kind).toBe(kind);
    expect(reply.kind === "bytes" ? reply.bytes : await buffer(reply.stream)).toEqual(body);
  });

  test("that came in many pieces is one Buffer", async () => {
    const server = await tinyServer(async (_, response) => {
      response.writeHead(200, { "content-length": 5000 });
      for (let at = 0; at < 5000; at += 1000) {
        await new Promise((sent) => response.write(body.subarray(at, at + 1000), sent));
      }
      response.end();
    });
    expect(bytesOf(await client().send(request(server, { bufferUpTo: 5000 })))).toEqual(body);
  });

  test("that came in many pieces is left in them where that is asked, unless it is an error", async () => {
    const server = await tinyServer(async ({ target }, response) => {
      response.writeHead(target === "/error" ? 500 : 200, { "content-length": 5000 });
      for (let at = 0; at < 5000; at += 1000) {
        await new Promise((sent) => response.write(body.subarray(at, at + 1000), sent));
        await standstill(() => 0);
      }
      response.end();
    });
    const http = client();
    const reply = await http.send(request(server, { bufferUpTo: 5000, inPieces: true }));
    const more = reply.kind === "bytes" ? (reply.more ?? []) : [];
    expect(more.length).toBeGreaterThan(0);
    expect(Buffer.concat([bytesOf(reply), ...more])).toEqual(body);
    expect(bytesOf(await http.send(request(server, { target: "/error", inPieces: true })))).toEqual(body);
  });

  test("of unknown length is a stream, however small", async () => {
    const server = await tinyServer((_, response) => {
      response.write("sm");
      response.end("all");
    });
    expect((await buffer(streamOf(await client().send(request(server))))).toString()).toBe("small");
  });

  test("that is empty, with a length, is an empty Buffer even where nothing is buffered", async () => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 0 }).end());
    expect(bytesOf(await client().send(request(server, { bufferUpTo: 0 })))).toHaveLength(0);
  });

  test("is never decompressed", async () => {
    const zipped = gzipSync("original bytes");
    const server = await tinyServer((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip", "content-length": zipped.length }).end(zipped),
    );
    const http = client();
    const reply = await http.send(request(server));
    expect(bytesOf(reply)).toEqual(zipped);
    expect(reply.headers["content-encoding"]).toBe("gzip");
    expect(await buffer(streamOf(await http.send(request(server, { bufferUpTo: 1 }))))).toEqual(zipped);
    expect(server.requests[0]!.headers).not.toHaveProperty("accept-encoding");
  });

  test("of an error is read up to 64 KiB, the rest is let go", async () => {
    const server = await tinyServer((_, response) => response.writeHead(500).end(Buffer.alloc(10_000_000, "x")));
    const reply = await client().send(request(server, { bufferUpTo: 0 }));
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
    const error = await cosErrorOf(client().send(request(server, { bufferUpTo: "whole" })));
    expect(error).toMatchObject({ code: "ReplyTooLarge", retryable: false });
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
    const stream = streamOf(await client().send(request(server)));
    await standstill(() => sent);
    expect(sent).toBeLessThan(size / 2);
    let received = 0;
    for await (const chunk of stream) received += (chunk as Buffer).length;
    expect(received).toBe(size);
  });

  test("that is no longer wanted closes its connection", async () => {
    const closed = gate();
    const server = await tinyServer((_, response) => {
      response.on("close", closed.open);
      response.writeHead(200, { "content-length": 1 << 30 }).write(Buffer.alloc(1 << 16));
    });
    const stream = streamOf(await client().send(request(server)));
    stream.destroy();
    await closed.opened;
    await expect(buffer(stream)).rejects.toThrow("destroyed before it was read to its end");
  });
});

describe("headers", () => {
  test("that are UTF-8 are read as such, others as Latin-1, repeated ones as one", async () => {
    const server = await rawServer((socket) =>
      socket.end(
        Buffer.concat([
          Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-cos-meta-name: 中文\r\nx-cos-meta-old: "),
          Buffer.from([0xe9]),
          Buffer.from("\r\nx-twice: a\r\nX-Twice: b\r\n\r\n"),
        ]),
      ),
    );
    const { headers } = await client().send(request(server));
    expect(headers).toMatchObject({ "x-cos-meta-name": "中文", "x-cos-meta-old": "é", "x-twice": "a, b" });
  });

  test("go out as given, with the Host of the bucket, and nothing that says who we are talking to", async () => {
    const server = await tinyServer((_, response) => response.end());
    await client().send(request(server, { method: "DELETE", bufferUpTo: "whole" }));
    expect(server.requests[0]!.names).toEqual(["host", "connection"]);
    expect(server.requests[0]!.headers.host).toBe("photos-1250000000.cos.ap-guangzhou.myqcloud.com");
  });

  test("with a line feed are refused before anything is sent", async () => {
    const server = await tinyServer((_, response) => response.end());
    const headers: HttpRequest["headers"] = [
      ["host", "h"],
      ["x-cos-meta-a", "b\r\nx-cos-acl: public-read"],
    ];
    const error = await cosErrorOf(client().send(request(server, { headers })));
    expect(error).toMatchObject({ code: "InvalidRequest", status: 0, retryable: false });
    expect(server.requests).toHaveLength(0);
  });
});

describe("connections", () => {
  test("are kept from request to request, HEAD and DELETE included", async () => {
    const server = await tinyServer(async (received, response) => {
      await received.body();
      if (received.method === "DELETE") response.writeHead(204).end();
      else response.writeHead(200, { "content-length": 2, connection: "keep-alive" }).end("ok");
    });
    const http = client(undefined, 1);
    for (const method of ["GET", "HEAD", "HEAD", "DELETE", "GET"] as const) {
      await http.send(request(server, { method, bufferUpTo: "whole" }));
    }
    await http.send(request(server, { method: "PUT", body: Buffer.from("x"), bufferUpTo: "whole" }));
    expect(server.requests).toHaveLength(6);
    expect(server.connections()).toBe(1);
  });

  test("are at most as many as was said; further requests wait their turn", async () => {
    let open = 0;
    let most = 0;
    const server = await tinyServer((_, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.end("done");
      });
    });
    const http = client(undefined, 3);
    await Promise.all(Array.from({ length: 20 }, () => http.send(request(server, { bufferUpTo: "whole" }))));
    expect(server.requests).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(3);
  });
});

async function rawServer(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as import("node:net").AddressInfo).port}` };
}

describe("what goes wrong on the way", () => {
  test("a reset before the reply is an error that may be tried again", async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    const error = await cosErrorOf(client().send(request(server)));
    expect(error).toMatchObject({ code: "ECONNRESET", status: 0, retryable: true, throttled: false });
    expect(error.message).toContain('GET "key" of photos-1250000000: no reply arrived (ECONNRESET');
  });

  test("a connection closed before the reply likewise", async () => {
    const server = await rawServer((socket) => socket.end());
    expect(await cosErrorOf(client().send(request(server)))).toMatchObject({
      code: "ConnectionEnded",
      retryable: true,
    });
  });

  test("nothing listening likewise, and it says so", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as import("node:net").AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await cosErrorOf(client().send(request({ origin: `http://127.0.0.1:${port}` })));
    expect(error).toMatchObject({ code: "ECONNREFUSED", retryable: true });
    expect(error.message).toContain("check the endpoint");
  });

  test("a reply that is no HTTP likewise", async () => {
    const server = await rawServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    const error = await cosErrorOf(client().send(request(server)));
    expect(error).toMatchObject({ code: "MalformedHttp", status: 0, retryable: true });
  });

  const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";

  test.each([
    ["in a Buffer", 1000],
    ["in a stream", 10],
  ])("a body that ends early, %s, is IncompleteBody", async (_, bufferUpTo) => {
    const server = await rawServer((socket) => socket.end(`${head}${"x".repeat(300)}`));
    const error = await cosErrorOf(
      client()
        .send(request(server, { bufferUpTo }))
        .then((reply) => buffer(streamOf(reply))),
    );
    expect(error).toMatchObject({ code: "IncompleteBody", status: 0, retryable: true });
    expect(error.message).toContain("after 300 of 1000 bytes");
  });

  test("so is one whose connection was to be closed anyway", async () => {
    const text = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n${"x".repeat(300)}`;
    const server = await rawServer((socket) => socket.end(text));
    expect((await cosErrorOf(client().send(request(server)))).code).toBe("IncompleteBody");
  });

  test("so is one in chunks that lacks its last", async () => {
    const text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    const server = await rawServer((socket) => socket.end(text));
    const error = await cosErrorOf(
      client()
        .send(request(server))
        .then((reply) => buffer(streamOf(reply))),
    );
    expect(error.code).toBe("IncompleteBody");
  });

  test("a reset in the middle of a body errors the stream", async () => {
    const server = await rawServer((socket) => {
      socket.write(`${head}${"x".repeat(300)}`);
      setImmediate(() => socket.resetAndDestroy());
    });
    const error = await cosErrorOf(
      client()
        .send(request(server, { bufferUpTo: 0 }))
        .then((reply) => buffer(streamOf(reply))),
    );
    expect(["ECONNRESET", "IncompleteBody"]).toContain(error.code);
    expect(error).toMatchObject({ status: 0, retryable: true });
  });

  test("a stream that breaks before anybody reads it tells whoever does", async () => {
    const hungUp = gate();
    const server = await rawServer((socket) => {
      socket.on("close", hungUp.open);
      socket.end(`${head}${"x".repeat(300)}`);
    });
    const stream = streamOf(await client().send(request(server, { bufferUpTo: 0 })));
    // The server's socket is closed once ours is.
    await hungUp.opened;
    expect(await cosErrorOf(buffer(stream))).toMatchObject({ code: "IncompleteBody", retryable: true });
  });

  test("a server that says nothing, and one that stops in the middle, run into their timeouts", async () => {
    const silent = await rawServer(() => {});
    const stalling = await rawServer((socket) => socket.write(`${head}x`));
    const http = client({ headersMs: 50, bodyIdleMs: 50 });
    const [first, second] = await Promise.all([
      cosErrorOf(http.send(request(silent))),
      cosErrorOf(http.send(request(stalling, { bufferUpTo: 1000 }))),
    ]);
    expect(first).toMatchObject({ code: "HeadersTimeout", status: 0, retryable: true });
    expect(second).toMatchObject({ code: "BodyTimeout", status: 0, retryable: true });
  });

  test("a client that was closed does not pretend that a retry would help", async () => {
    const server = await tinyServer((_, response) => response.end());
    const http = client();
    await http.send(request(server, { bufferUpTo: "whole" }));
    await http.close();
    expect(await cosErrorOf(http.send(request(server)))).toMatchObject({ code: "ClientClosed", retryable: false });
  });
});

describe("a process", () => {
  /** Timers that keep it alive; its sockets here are the server's as well. */
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  test.each<[string, (socket: Socket) => void, string]>([
    ["has its reply", (socket) => socket.write(whole), "ok"],
    ["has a reply that ends with its connection", (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nok"), "ok"],
    ["has its last", (socket) => socket.write(whole.replace("\r\n", "\r\nconnection: close\r\n")), "ok"],
    [
      "is told of a short patience",
      (socket) => socket.write(whole.replace("\r\n", "\r\nkeep-alive: timeout=1\r\n")),
      "ok",
    ],
    ["has broken in the middle", (socket) => socket.end(whole.slice(0, -1)), "IncompleteBody"],
    ["has something else for a reply", (socket) => socket.write("SSH-2.0-OpenSSH\r\n"), "MalformedHttp"],
    ["was given up", () => giveUp.abort(), "RequestAborted"],
  ])("is kept alive until an exchange %s, and not by idle connections", async (_, answer, outcome) => {
    giveUp = new AbortController();
    const [asked, go] = [gate(), gate()];
    const server = await rawServer((socket) => {
      asked.open();
      go.opened.then(() => answer(socket));
    });
    const http = client();
    const before = timers();
    const { signal } = giveUp;
    const sent = [1, 2].map(() =>
      http.send(request(server, { signal })).then(
        async (reply) => (reply.kind === "bytes" ? reply.bytes : await buffer(reply.stream)).toString(),
        ({ code }) => code,
      ),
    );
    await asked.opened;
    expect(timers()).toBe(before + 1);
    go.open();
    expect(await Promise.all(sent)).toEqual([outcome, outcome]);
    expect(timers()).toBe(before);
  });
  let giveUp = new AbortController();
});

describe("a request's body", () => {
  async function* chunks(parts: readonly (string | Error)[]) {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  }
  const put = (body: Body, contentLength?: number) =>
    ({ method: "PUT", body, contentLength, bufferUpTo: "whole" }) as const;

  test("is sent whole, from a Buffer and from a source of chunks, with its Content-Length", async () => {
    const got: string[] = [];
    const server = await tinyServer(async (received, response) => {
      got.push((await received.body()).toString());
      response.end();
    });
    const http = client();
    await http.send(request(server, put(Buffer.from("from a buffer"))));
    await http.send(request(server, put(chunks(["from ", "", "chunks"]), 11)));
    await http.send(request(server, put(Buffer.alloc(0))));
    await http.send(
      request(
        server,
        put(
          ["in ", "", "pieces"].map((piece) => Buffer.from(piece)),
          9,
        ),
      ),
    );
    expect(got).toEqual(["from a buffer", "from chunks", "", "in pieces"]);
    expect(server.requests.map((each) => each.headers["content-length"])).toEqual(["13", "11", "0", "9"]);
    expect(server.requests.some((each) => "transfer-encoding" in each.headers)).toBe(false);
  });

  test("is pulled no faster than the server takes it", async () => {
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
    const reply = await client().send(request(server, put(source(), size)));
    expect(untaken).toBeGreaterThan(size / 2);
    expect(reply.headers["x-taken"]).toBe(String(size));
  });

  test("that fails fails the request with its own error, and nothing is stored", async () => {
    const hungUp = gate();
    const server = await tinyServer((received) => received.body().catch(hungUp.open));
    const fault = new Error("the source broke");
    await expect(client().send(request(server, put(chunks(["half", fault]), 8)))).rejects.toBe(fault);
    await hungUp.opened;
  });

  test.each([
    ["shorter", ["abc"], 8],
    ["longer", ["abcdefgh", "i"], 8],
  ])("that is %s than was said is our own fault", async (_, parts, length) => {
    const server = await tinyServer((received) => received.body().catch(() => {}));
    const error = await cosErrorOf(client().send(request(server, put(chunks(parts), length))));
    expect(error).toMatchObject({ code: "LengthMismatch", retryable: false });
    expect(error.message).toContain("not as long as was announced");
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
    const reply = await client().send(request(server, put(body, 1 << 20)));
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
    const reply = await client().send(request(server, put(body(), 32 << 20)));
    expect([reply.status, bytesOf(reply).toString()]).toEqual([403, "denied"]);
  });

  test("an answer cut short by the hang-up still has its status", async () => {
    const server = await rawServer((socket) => {
      socket.write("HTTP/1.1 503 Slow\r\ncontent-length: 600\r\n\r\n<Error><Code>Slow", () => socket.destroy());
    });
    const reply = await client().send(request(server, put(Buffer.alloc(32 << 20))));
    expect(reply.status).toBe(503);
  });

  test("a 200 that comes before the whole body was sent is not believed", async () => {
    const server = await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    async function* slow() {
      yield Buffer.from("begin");
      await new Promise(() => {});
    }
    const error = await cosErrorOf(client().send(request(server, put(slow(), 100))));
    expect(error).toMatchObject({ code: "IncompleteBody", retryable: true });
    expect(error.message).toContain("answered 200 before it had the whole body");
  });
});

describe("an abort", () => {
  const aborted = { code: "RequestAborted", status: 0, retryable: false, throttled: false };

  test("before the request sends nothing", async () => {
    const server = await tinyServer((_, response) => response.end());
    const error = await cosErrorOf(client().send(request(server, { signal: AbortSignal.abort("why") })));
    expect(error).toMatchObject({ ...aborted, cause: "why" });
    expect(server.connections()).toBe(0);
  });

  test("while waiting for the reply ends the request and its connection", async () => {
    const hungUp = gate();
    const controller = new AbortController();
    const server = await tinyServer((_, response) => {
      response.on("close", hungUp.open);
      controller.abort();
    });
    expect(await cosErrorOf(client().send(request(server, { signal: controller.signal })))).toMatchObject(aborted);
    await hungUp.opened;
  });

  test("while waiting for a connection ends the request at once, and it is never sent", async () => {
    const release = gate();
    const server = await tinyServer(async (received, response) => {
      if (received.target === "/first") await release.opened;
      response.end();
    });
    const http = client(undefined, 1);
    const first = http.send(request(server, { target: "/first", bufferUpTo: "whole" }));
    const controller = new AbortController();
    const waiting = cosErrorOf(http.send(request(server, { target: "/waiting", signal: controller.signal })));
    controller.abort();
    expect(await waiting).toMatchObject(aborted);
    release.open();
    await first;
    await http.send(request(server, { target: "/next", bufferUpTo: "whole" }));
    expect(server.requests.map((each) => each.target)).toEqual(["/first", "/next"]);
  });

  test("in the middle of a stream errors it", async () => {
    const controller = new AbortController();
    const server = await tinyServer((_, response) =>
      response.writeHead(200, { "content-length": 1 << 30 }).write(Buffer.alloc(1 << 16)),
    );
    const stream = streamOf(await client().send(request(server, { signal: controller.signal })));
    const read = cosErrorOf(buffer(stream));
    controller.abort();
    expect(await read).toMatchObject(aborted);
  });

  test("in the middle of a PUT lets the source go", async () => {
    const controller = new AbortController();
    const released = gate();
    async function* source() {
      try {
        yield Buffer.from("begin");
        yield Buffer.from("more");
        controller.abort();
        yield Buffer.from("never sent");
      } finally {
        released.open();
      }
    }
    const server = await tinyServer((received) => received.body().catch(() => {}));
    const sent = client().send(
      request(server, { method: "PUT", body: source(), contentLength: 100, signal: controller.signal }),
    );
    expect(await cosErrorOf(sent)).toMatchObject(aborted);
    await released.opened;
  });

  test("leaves no listener behind, whichever way requests end", async () => {
    const server = await tinyServer((received, response) => {
      if (received.target === "/broken") response.destroy();
      else response.writeHead(200, { "content-length": 5 }).end("whole");
    });
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening--;
      remove(...args);
    };
    const http = client();
    await http.send(request(server, { signal }));
    await buffer(streamOf(await http.send(request(server, { signal, bufferUpTo: 0 }))));
    await cosErrorOf(http.send(request(server, { signal, target: "/broken" })));
    expect(listening).toBe(0);
  });
});
