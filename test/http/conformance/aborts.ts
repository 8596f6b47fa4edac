import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { tinyServer } from "../tiny-server.ts";
import { gate, httpErrorOf, type OpenClient, request, streamOf } from "./client.ts";

const aborted = { code: "RequestAborted", status: 0, retryable: false };

export function aborts(open: OpenClient): void {
  test("before the request sends nothing", async () => {
    const server = await tinyServer((_, response) => response.end());
    const error = await httpErrorOf(open().send(request(server, { signal: AbortSignal.abort("why") })));
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
    expect(await httpErrorOf(open().send(request(server, { signal: controller.signal })))).toMatchObject(aborted);
    await hungUp.opened;
  });

  test("while waiting for a connection ends the request at once, it is never sent, and no connection is lost", async () => {
    const release = gate();
    const server = await tinyServer(async (received, response) => {
      if (received.target === "/first") await release.opened;
      response.writeHead(200, { "content-length": 0 }).end();
    });
    const http = open({ connections: 1 });
    const first = http.send(request(server, { target: "/first", bufferUpTo: "whole" }));
    const controller = new AbortController();
    const waiting = httpErrorOf(http.send(request(server, { target: "/waiting", signal: controller.signal })));
    controller.abort();
    expect(await waiting).toMatchObject(aborted);
    release.open();
    await first;
    await http.send(request(server, { target: "/next", bufferUpTo: "whole" }));
    expect(server.requests.map((each) => each.target)).toEqual(["/first", "/next"]);
    expect(server.connections()).toBe(1);
  });

  test("in the middle of a stream errors it", async () => {
    const controller = new AbortController();
    const server = await tinyServer((_, response) =>
      response.writeHead(200, { "content-length": 1 << 30 }).write(Buffer.alloc(1 << 16)),
    );
    const stream = streamOf(await open().send(request(server, { signal: controller.signal })));
    const read = httpErrorOf(buffer(stream));
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
    const sent = open().send(
      request(server, { method: "PUT", body: source(), contentLength: 100, signal: controller.signal }),
    );
    expect(await httpErrorOf(sent)).toMatchObject(aborted);
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
    const http = open();
    await http.send(request(server, { signal }));
    await buffer(streamOf(await http.send(request(server, { signal, bufferUpTo: 0 }))));
    await httpErrorOf(http.send(request(server, { signal, target: "/broken" })));
    expect(listening).toBe(0);
  });
}
