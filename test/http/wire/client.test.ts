import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createWireHttp } from "../../../src/http/wire/client.ts";
import { clientsOf, gate, request } from "../conformance/client.ts";
import { conformance } from "../conformance.ts";
import { rawServer } from "../raw-server.ts";

conformance("connections of our own", createWireHttp);

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
