import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { HttpRequest } from "../../../src/http/port/http.ts";
import { createWireHttp } from "../../../src/http/wire/client.ts";
import { local } from "../../runtime/cli/certificates.ts";
import { bytesOf, clientsOf, gate, request } from "../conformance/client.ts";
import { answersTwice, hundredReplies } from "../conformance/surplus.ts";
import { conformance } from "../conformance.ts";
import { deadOrigin, rawRequests, rawServer } from "../raw-server.ts";

conformance("connections of our own", createWireHttp);

test("a server that replies twice, 1 to 10 ms late, never has its second reply taken", async () => {
  const { replies, wrong } = await hundredReplies(clientsOf(createWireHttp), await answersTwice());
  expect(replies).toHaveLength(100);
  expect(wrong).toEqual([]);
});

// Catches: a connection that is used again by a late timer, before what came meanwhile was read.
test("a second reply that came while the process was busy, for longer than connections rest, is not taken", async () => {
  const sockets: Socket[] = [];
  const server = await rawRequests((socket, target) => {
    sockets.push(socket);
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${target.length}\r\n\r\n${target}`);
  });
  const http = clientsOf(createWireHttp)({ connections: 1 });
  const first = await http.send(request(server, { target: "/1" }));
  const second = http.send(request(server, { target: "/2" }));
  sockets[0]?.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
  const begun = performance.now();
  while (performance.now() - begun < 60);
  expect(bytesOf(first).toString()).toBe("/1");
  expect(bytesOf(await second).toString()).toBe("/2");
  expect(server.connections()).toBe(2);
});

/** A client whose connections to `origin` rest no longer after a reply: nothing has ever come after one. */
async function settledClient(origin: { readonly origin: string }) {
  const http = clientsOf(createWireHttp)({ connections: 32 });
  for (let round = 0; round < 3; round++) {
    // Each has rested by the time it carries the next.
    await Promise.all(Array.from({ length: 32 }, () => http.send(request(origin, { target: "/warm" }))));
  }
  return http;
}

test("a request that is given up in the turn in which it began is never sent, over whatever connection", async () => {
  const seen: string[] = [];
  const server = await rawRequests((socket, target) => {
    seen.push(target);
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  const http = await settledClient(server);
  const controller = new AbortController();
  const sent = http.send(request(server, { target: "/paid", signal: controller.signal }));
  controller.abort();
  await expect(sent).rejects.toMatchObject({ code: "RequestAborted" });
  await http.send(request(server, { target: "/last" }));
  expect(seen.filter((target) => target !== "/warm")).toEqual(["/last"]);
});

// Catches: the first bytes after a reply, in the same read of TLS, taken for the reply to a request that has not even left.
test("a second reply in a record of its own, right behind the first, is not taken for that of a request that waits to leave", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  vi.spyOn(process, "emitWarning").mockReturnValue();
  const reply = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  /** A record is full with it, what follows is in the next (RFC 8446, 5.1). */
  const full = (target: string) => reply(target.padEnd(16_342, "."));
  const sockets: TLSSocket[] = [];
  const server = createTlsServer(local, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (head: Buffer) => {
      const target = head.toString("latin1").split(" ")[1] ?? "";
      socket.write(target === "/7" ? full(target) + reply("evil") : reply(target));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    vi.unstubAllEnvs();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const origin = { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const http = await settledClient(origin);
  const targets = Array.from({ length: 64 }, (_, n) => `/${n}`);
  const replies = await Promise.all(
    targets.map((target) => http.send(request(origin, { target, bufferUpTo: "whole" }))),
  );
  expect(replies.map((each) => bytesOf(each).toString().replaceAll(".", ""))).toEqual(targets);
  expect(sockets.length).toBeGreaterThan(32);
});

// Catches: each request over TLS on a connection of its own, and a handshake for each.
test("over TLS a connection is used again though its reply was there before it was told that all had been sent", async () => {
  /** Replies, and connections, so far. */
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const server = new Worker(
    `const { parentPort, workerData: { key, cert, counts } } = require("node:worker_threads");
    const server = require("node:tls").createServer({ key, cert }, (socket) => {
      Atomics.add(counts, 1, 1);
      socket.on("error", () => {});
      socket.on("data", () => {
        socket.write("HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n");
        Atomics.add(counts, 0, 1);
        Atomics.notify(counts, 0);
      });
    }).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: { ...local, counts } },
  );
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await server.terminate();
  });
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  vi.spyOn(process, "emitWarning").mockReturnValue();
  const [port] = (await once(server, "message")) as [number];
  const origin = { origin: `https://127.0.0.1:${port}` };
  const http = await settledClient(origin);
  const opened = Atomics.load(counts, 1);
  for (let n = 0; n < 8; n++) {
    const answered = Atomics.load(counts, 0);
    const reply = http.send(request(origin));
    // It has left by then; its reply is there before anything else happens here.
    setImmediate(() => Atomics.wait(counts, 0, answered, 10_000));
    await reply;
  }
  expect(Atomics.load(counts, 1)).toBe(opened);
});

test("what can't be sent again goes over a new connection, once a kept one was found closed", async () => {
  const server = await rawRequests((socket, target, connection) => {
    if (connection === 1 && target === "/lost") socket.end();
    // A body may come by itself, and is no request.
    else if (target.startsWith("/")) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${connection}`);
  });
  const http = clientsOf(createWireHttp)({ connections: 1 });
  const over = async (target: string, more: Partial<HttpRequest> = {}) =>
    bytesOf(await http.send(request(server, { target, bufferUpTo: "whole", ...more }))).toString();
  async function* source() {
    yield Buffer.from(".");
  }
  const streamed = () => ({ method: "PUT", body: source(), contentLength: 1 }) as const;
  expect(await over("/kept")).toBe("1");
  expect(await over("/lost")).toBe("2");
  expect(await over("/kept")).toBe("2");
  expect(await over("/put", streamed())).toBe("3");
  expect(await over("/kept")).toBe("3");
});

describe("a connection that was opened for what is soon to come", () => {
  const connectionOf = async (http: ReturnType<typeof createWireHttp>, server: { readonly origin: string }) =>
    bytesOf(
      await new Promise((onReply, onError) =>
        http.send(request(server, { bufferUpTo: "whole" }), { onReply, onError }),
      ),
    ).toString();
  const numbered = (socket: Socket, _: string, connection: number) =>
    void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${connection}`);

  test("carries the first request, whether it stands by then or not, and is the only one", async () => {
    for (const waits of [false, true]) {
      const server = await rawRequests(numbered);
      const http = createWireHttp({ connections: 4 });
      onTestFinished(() => http.close());
      http.prepare?.(server.origin);
      http.prepare?.(server.origin);
      if (waits) await vi.waitFor(() => expect(server.connections()).toBe(1));
      expect(await connectionOf(http, server)).toBe("1");
      expect(server.connections()).toBe(1);
    }
  });

  test("and could not be is told to nobody: the request tries anew", async () => {
    const origin = await deadOrigin();
    const http = createWireHttp({ connections: 1 });
    onTestFinished(() => http.close());
    http.prepare?.(origin);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(connectionOf(http, { origin })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await http.close();
    http.prepare?.(origin);
  });
});

describe("a process", () => {
  /** Who looks after connections: as long as one carries an exchange, it keeps the process alive. */
  function watchers() {
    const all: NodeJS.Timeout[] = [];
    const set = globalThis.setInterval;
    const spied = vi.spyOn(globalThis, "setInterval").mockImplementation(((...args: Parameters<typeof set>) => {
      const timer = set(...args);
      all.push(timer);
      return timer;
    }) as typeof set);
    onTestFinished(() => spied.mockRestore());
    return { keepAlive: () => all.filter((timer) => timer.hasRef()).length };
  }
  const whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  let giveUp = new AbortController();

  test.each<[string, (socket: Socket) => void, string]>([
    ["has its reply", (socket) => socket.write(whole), "ok"],
    ["has a reply that ends with its connection", (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nok"), "ok"],
    ["has its last", (socket) => socket.write(whole.replace("\r\n", "\r\nconnection: close\r\n")), "ok"],
    [
      "is told that the other side closes soon",
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
    const watching = watchers();
    const http = clientsOf(createWireHttp)();
    const { signal } = giveUp;
    const sent = [1, 2].map(() =>
      http.send(request(server, { signal })).then(
        async (reply) => (reply.kind === "bytes" ? reply.bytes : await buffer(reply.stream)).toString(),
        ({ code }) => code,
      ),
    );
    await asked.opened;
    expect(watching.keepAlive()).toBe(1);
    go.open();
    expect(await Promise.all(sent)).toEqual([outcome, outcome]);
    expect(watching.keepAlive()).toBe(0);
  });
});
