/** Kept connections that the other side closes just as a request sets out. */
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { rawRequests } from "../raw-server.ts";
import { bytesOf, httpErrorOf, type OpenClient, request } from "./client.ts";

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const endings: readonly (readonly [string, (socket: Socket) => void])[] = [
  ["closed", (socket) => socket.end()],
  ["reset", (socket) => socket.resetAndDestroy()],
];

/** Replies once on its first connection, which ends as the second request comes. */
async function closing(end: (socket: Socket) => void) {
  const targets: string[] = [];
  const server = await rawRequests((socket, target, connection) => {
    targets.push(target);
    if (connection === 1 && targets.length > 1) end(socket);
    else socket.write(ok);
  });
  return { ...server, targets };
}

export function stale(open: OpenClient): void {
  describe.each(endings)("that is %s", (_, end) => {
    test.each([
      ["GET", {}],
      ["HEAD", {}],
      ["DELETE", {}],
      ["PUT", { body: Buffer.from("body") }],
      ["POST", { body: Buffer.from("body"), repeatable: true }],
    ] as const)("before a byte of the reply: the %s is sent again, once, over a new one", async (method, more) => {
      const server = await closing(end);
      const http = open({ connections: 1 });
      await http.send(request(server, { target: "/first" }));
      const reply = await http.send(request(server, { target: "/second", method, bufferUpTo: "whole", ...more }));
      expect(reply.status).toBe(200);
      expect(server.targets).toEqual(["/first", "/second", "/second"]);
      expect(server.connections()).toBe(2);
    });

    test("is not tried again where that could do something twice", async () => {
      const server = await closing(end);
      const http = open({ connections: 1 });
      await http.send(request(server));
      const post = { method: "POST", body: Buffer.from("body"), bufferUpTo: "whole" } as const;
      const { code } = await httpErrorOf(http.send(request(server, post)));
      expect(["ConnectionEnded", "ECONNRESET"]).toContain(code);
      expect(server.targets).toHaveLength(2);
    });

    test("is no reason to send again what a new connection lost", async () => {
      const server = await rawRequests((socket) => end(socket));
      const { code } = await httpErrorOf(open({ connections: 1 }).send(request(server)));
      expect(["ConnectionEnded", "ECONNRESET"]).toContain(code);
      expect(server.connections()).toBe(1);
    });
  });

  test("many at once, each closed after its reply, cost no request", async () => {
    const server = await rawRequests((socket, target) => {
      socket.write(ok);
      // Heard by the client about when the next request sets out.
      setTimeout(() => socket.end(), Number(target.slice(1)) % 5);
    });
    const http = open({ connections: 4 });
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) => http.send(request(server, { target: `/${n}` }))),
    );
    expect(replies.every((reply) => bytesOf(reply).toString() === "ok")).toBe(true);
  });
}
