import { once } from "node:events";
import { expect, test } from "vitest";
import { quick } from "../../setup/quick.ts";
import { rawServer } from "../raw-server.ts";
import { tinyServer } from "../tiny-server.ts";
import { bytesOf, gate, httpErrorOf, type OpenClient, request } from "./client.ts";

export function connections(open: OpenClient): void {
  test("are kept from request to request, HEAD and DELETE included", async () => {
    const server = await tinyServer(async (received, response) => {
      await received.body();
      if (received.method === "DELETE") response.writeHead(204).end();
      else response.writeHead(200, { "content-length": 2, connection: "keep-alive" }).end("ok");
    });
    const http = open({ connections: 1 });
    for (const method of ["GET", "HEAD", "HEAD", "DELETE", "GET"] as const) {
      await http.send(request(server, { method, bufferUpTo: "whole" }));
    }
    await http.send(request(server, { method: "PUT", body: Buffer.from("x"), bufferUpTo: "whole" }));
    expect(server.requests).toHaveLength(6);
    expect(server.connections()).toBe(1);
  });

  test.skipIf(quick)("carry hundreds of requests one after the other, bodies both ways, each its own", async () => {
    const server = await tinyServer(async (received, response) => {
      const body = await received.body();
      const bytes = Buffer.concat([Buffer.from(received.target), body]);
      response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    });
    const http = open({ connections: 2 });
    for (let n = 0; n < 300; n++) {
      const put = n % 3 === 0 ? ({ method: "PUT", body: Buffer.from(`body ${n}`) } as const) : {};
      const reply = await http.send(request(server, { target: `/${n}`, ...put }));
      expect(bytesOf(reply).toString()).toBe(n % 3 === 0 ? `/${n}body ${n}` : `/${n}`);
    }
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test("are at most as many as was said; further requests wait for one", async () => {
    let under = 0;
    let most = 0;
    const server = await tinyServer((_, response) => {
      most = Math.max(most, ++under);
      setImmediate(() => {
        under--;
        response.end("done");
      });
    });
    const http = open({ connections: 3 });
    await Promise.all(Array.from({ length: 20 }, () => http.send(request(server, { bufferUpTo: "whole" }))));
    expect(server.requests).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(3);
  });

  const whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  test.each([
    ["whose reply says so", whole.replace("\r\n", "\r\nconnection: close\r\n")],
    ["that brought bytes after the reply's end", `${whole}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`],
  ])("%s carry no other request", async (_, answer) => {
    const server = await rawServer((socket) => socket.write(answer));
    const http = open({ connections: 1 });
    for (let n = 0; n < 2; n++) expect(bytesOf(await http.send(request(server))).toString()).toBe("ok");
    expect(server.connections()).toBe(2);
  });

  test("that the server closed while nothing was on them are not used again", async () => {
    const closed = gate();
    const server = await rawServer((socket, connection) => {
      socket.write(whole);
      if (connection === 1) once(socket, "close").then(closed.open);
      if (connection === 1) socket.end();
    });
    const http = open({ connections: 1 });
    await http.send(request(server));
    // The server's side is closed once ours is.
    await closed.opened;
    expect(bytesOf(await http.send(request(server))).toString()).toBe("ok");
    expect(server.connections()).toBe(2);
  });

  test("of a client that was closed are gone, with what they carried, and no retry would help", async () => {
    const [asked, hungUp] = [gate(), gate()];
    const server = await tinyServer((_, response) => {
      response.on("close", hungUp.open);
      asked.open();
    });
    const http = open();
    const under = httpErrorOf(http.send(request(server)));
    await asked.opened;
    await http.close();
    await hungUp.opened;
    expect(await under).toMatchObject({ code: "ClientClosed", retryable: false });
    expect(await httpErrorOf(http.send(request(server)))).toMatchObject({ code: "ClientClosed", retryable: false });
  });
}
